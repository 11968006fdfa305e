#ifndef RESTANTE_MAILSTORE_SERVICE_RPC_MAILBOX_SERVICE_H_
#define RESTANTE_MAILSTORE_SERVICE_RPC_MAILBOX_SERVICE_H_

#include <grpcpp/grpcpp.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "common/log/logger.h"
#include "common/rpc/worker_pool.h"
#include "mailstore-service/store/mailstore.h"
#include "restante/mailstore/v1/mailbox_service.grpc.pb.h"

namespace restante::mailstore {

// restante.mailstore.v1.MailboxService, for operators.
class MailboxService : public v1::MailboxService::CallbackService {
 public:
  // All outlive it.
  MailboxService(Mailstore& store, rpc::WorkerPool& workers, const log::Logger& logger)
      : store_(store), workers_(workers), logger_(logger) {}

  grpc::ServerUnaryReactor* GetMailbox(grpc::CallbackServerContext* context,
                                       const v1::GetMailboxRequest* request,
                                       v1::Mailbox* response) override;
  grpc::ServerUnaryReactor* ListMailboxes(grpc::CallbackServerContext* context,
                                          const v1::ListMailboxesRequest* request,
                                          v1::ListMailboxesResponse* response) override;
  grpc::ServerUnaryReactor* ListMessages(grpc::CallbackServerContext* context,
                                         const v1::ListMessagesRequest* request,
                                         v1::ListMessagesResponse* response) override;
  grpc::ServerUnaryReactor* UpdateMailbox(grpc::CallbackServerContext* context,
                                          const v1::UpdateMailboxRequest* request,
                                          v1::Mailbox* response) override;
  grpc::ServerUnaryReactor* BatchDeleteMessages(grpc::CallbackServerContext* context,
                                                const v1::BatchDeleteMessagesRequest* request,
                                                v1::BatchDeleteMessagesResponse* response) override;
  grpc::ServerUnaryReactor* ListDeletedMessages(grpc::CallbackServerContext* context,
                                                const v1::ListDeletedMessagesRequest* request,
                                                v1::ListDeletedMessagesResponse* response) override;
  grpc::ServerUnaryReactor* BatchUndeleteMessages(
      grpc::CallbackServerContext* context, const v1::BatchUndeleteMessagesRequest* request,
      v1::BatchUndeleteMessagesResponse* response) override;
  grpc::ServerUnaryReactor* PurgeDeletedMessages(
      grpc::CallbackServerContext* context, const v1::PurgeDeletedMessagesRequest* request,
      v1::PurgeDeletedMessagesResponse* response) override;
  grpc::ServerUnaryReactor* BreakLease(grpc::CallbackServerContext* context,
                                       const v1::BreakLeaseRequest* request,
                                       v1::BreakLeaseResponse* response) override;

 private:
  absl::Status Get(const v1::GetMailboxRequest& request, v1::Mailbox* response) const;
  absl::Status List(const v1::ListMailboxesRequest& request,
                    v1::ListMailboxesResponse* response) const;
  absl::Status Messages(const v1::ListMessagesRequest& request,
                        v1::ListMessagesResponse* response) const;

  absl::Status Update(const v1::UpdateMailboxRequest& request, v1::Mailbox* response) const;
  absl::Status DeletedMessages(const v1::ListDeletedMessagesRequest& request,
                               v1::ListDeletedMessagesResponse* response) const;
  // What `change` makes of the messages that the request names; logged with its caller.
  template <typename Request>
  grpc::ServerUnaryReactor* ChangeMessages(
      grpc::CallbackServerContext* context, const char* method, const Request& request,
      std::function<absl::StatusOr<int64_t>(const std::string& mailbox_id,
                                            const std::vector<uint64_t>& message_ids)>
          change,
      std::function<void(int64_t)> set_count);
  void Record(const char* method, const std::string& mailbox, const std::string& caller,
              int64_t count, const absl::Status& status) const;

  Mailstore& store_;
  rpc::WorkerPool& workers_;
  const log::Logger& logger_;
};

}  // namespace restante::mailstore

#endif  // RESTANTE_MAILSTORE_SERVICE_RPC_MAILBOX_SERVICE_H_
