#ifndef RESTANTE_MAILSTORE_SERVICE_RPC_MAILDROP_SERVICE_H_
#define RESTANTE_MAILSTORE_SERVICE_RPC_MAILDROP_SERVICE_H_

#include <grpcpp/grpcpp.h>

#include <string>

#include "common/base/clock.h"
#include "common/crypto/key_ring.h"
#include "common/crypto/maildrop_grant.h"
#include "common/log/logger.h"
#include "common/rpc/worker_pool.h"
#include "mailstore-service/rpc/service_metrics.h"
#include "mailstore-service/rpc/tenant_pace.h"
#include "mailstore-service/store/mailstore.h"
#include "restante/mailstore/v1/maildrop_service.grpc.pb.h"

namespace restante::mailstore {

// What a MaildropService is made of. Everything outlives it.
struct MaildropServiceParts {
  Mailstore& store;
  // Of this placement alone.
  const KeyRing& grant_keys;
  rpc::WorkerPool& workers;
  const ServiceMetrics& metrics;
  const log::Logger& logger;
  const Clock& clock;
};

// restante.mailstore.v1.MaildropService. The access table says that the caller is a front end; the
// grant says which maildrop it may open, and every lease is worth something to that caller alone.
class MaildropService : public v1::MaildropService::CallbackService {
 public:
  MaildropService(MaildropServiceParts parts, std::string placement)
      : parts_(parts), placement_(std::move(placement)), pace_(parts.clock) {}

  grpc::ServerUnaryReactor* OpenMaildrop(grpc::CallbackServerContext* context,
                                         const v1::OpenMaildropRequest* request,
                                         v1::OpenMaildropResponse* response) override;
  grpc::ServerUnaryReactor* RenewLeases(grpc::CallbackServerContext* context,
                                        const v1::RenewLeasesRequest* request,
                                        v1::RenewLeasesResponse* response) override;
  grpc::ServerWriteReactor<v1::ReadMessagesResponse>* ReadMessages(
      grpc::CallbackServerContext* context, const v1::ReadMessagesRequest* request) override;
  grpc::ServerUnaryReactor* CloseMaildrop(grpc::CallbackServerContext* context,
                                          const v1::CloseMaildropRequest* request,
                                          v1::CloseMaildropResponse* response) override;

 private:
  absl::StatusOr<MaildropGrant> CheckGrant(const v1::OpenMaildropRequest& request,
                                           const std::string& frontend) const;
  absl::Status Open(const v1::OpenMaildropRequest& request, const std::string& frontend,
                    v1::OpenMaildropResponse* response) const;
  grpc::ServerUnaryReactor* AnswerNextPage(grpc::CallbackServerContext* context,
                                           const v1::OpenMaildropRequest* request,
                                           v1::OpenMaildropResponse* response);
  absl::Status NextPage(const v1::OpenMaildropRequest& request, const std::string& frontend,
                        v1::OpenMaildropResponse* response) const;
  absl::Status Renew(const v1::RenewLeasesRequest& request, const std::string& frontend,
                     v1::RenewLeasesResponse* response) const;
  absl::Status Close(const v1::CloseMaildropRequest& request, const std::string& frontend,
                     v1::CloseMaildropResponse* response) const;

  const MaildropServiceParts parts_;
  const std::string placement_;
  TenantPace pace_;
};

}  // namespace restante::mailstore

#endif  // RESTANTE_MAILSTORE_SERVICE_RPC_MAILDROP_SERVICE_H_
