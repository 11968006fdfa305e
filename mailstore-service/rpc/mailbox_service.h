#ifndef RESTANTE_MAILSTORE_SERVICE_RPC_MAILBOX_SERVICE_H_
#define RESTANTE_MAILSTORE_SERVICE_RPC_MAILBOX_SERVICE_H_

#include <grpcpp/grpcpp.h>

#include "common/rpc/worker_pool.h"
#include "mailstore-service/store/mailstore.h"
#include "restante/mailstore/v1/mailbox_service.grpc.pb.h"

namespace restante::mailstore {

// restante.mailstore.v1.MailboxService, for operators.
class MailboxService : public v1::MailboxService::CallbackService {
 public:
  // Both outlive it.
  MailboxService(Mailstore& store, rpc::WorkerPool& workers) : store_(store), workers_(workers) {}

  grpc::ServerUnaryReactor* GetMailbox(grpc::CallbackServerContext* context,
                                       const v1::GetMailboxRequest* request,
                                       v1::Mailbox* response) override;
  grpc::ServerUnaryReactor* ListMailboxes(grpc::CallbackServerContext* context,
                                          const v1::ListMailboxesRequest* request,
                                          v1::ListMailboxesResponse* response) override;
  grpc::ServerUnaryReactor* ListMessages(grpc::CallbackServerContext* context,
                                         const v1::ListMessagesRequest* request,
                                         v1::ListMessagesResponse* response) override;

 private:
  absl::Status Get(const v1::GetMailboxRequest& request, v1::Mailbox* response) const;
  absl::Status List(const v1::ListMailboxesRequest& request,
                    v1::ListMailboxesResponse* response) const;
  absl::Status Messages(const v1::ListMessagesRequest& request,
                        v1::ListMessagesResponse* response) const;

  Mailstore& store_;
  rpc::WorkerPool& workers_;
};

}  // namespace restante::mailstore

#endif  // RESTANTE_MAILSTORE_SERVICE_RPC_MAILBOX_SERVICE_H_
