#ifndef RESTANTE_MAILSTORE_SERVICE_RPC_MAILBOX_SERVICE_H_
#define RESTANTE_MAILSTORE_SERVICE_RPC_MAILBOX_SERVICE_H_

#include <grpcpp/grpcpp.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "common/audit/entry.h"
#include "common/base/clock.h"
#include "common/log/logger.h"
#include "common/operations/operations.h"
#include "common/rpc/worker_pool.h"
#include "mailstore-service/store/mailstore.h"
#include "restante/mailstore/v1/mailbox_service.grpc.pb.h"

namespace restante::mailstore {

struct MailboxServiceParts {
  Mailstore& store;
  rpc::WorkerPool& workers;
  operations::Operations& operations;
  const Clock& clock;
  const log::Logger& logger;
};

// restante.mailstore.v1.MailboxService, for operators: what is about mailboxes and jobs in
// mailbox_service.cc, what is about messages in mailbox_messages.cc.
class MailboxService : public v1::MailboxService::CallbackService {
 public:
  // The parts outlive it. `has_backups`: the configuration says where they go.
  MailboxService(const MailboxServiceParts& parts, bool has_backups)
      : store_(parts.store),
        workers_(parts.workers),
        operations_(parts.operations),
        clock_(parts.clock),
        logger_(parts.logger),
        has_backups_(has_backups) {}

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
  grpc::ServerUnaryReactor* CreateMailbox(grpc::CallbackServerContext* context,
                                          const v1::CreateMailboxRequest* request,
                                          v1::Mailbox* response) override;
  grpc::ServerUnaryReactor* DeleteMailbox(grpc::CallbackServerContext* context,
                                          const v1::DeleteMailboxRequest* request,
                                          v1::Mailbox* response) override;
  grpc::ServerUnaryReactor* UndeleteMailbox(grpc::CallbackServerContext* context,
                                            const v1::UndeleteMailboxRequest* request,
                                            v1::Mailbox* response) override;
  grpc::ServerUnaryReactor* PurgeMailbox(grpc::CallbackServerContext* context,
                                         const v1::PurgeMailboxRequest* request,
                                         v1::PurgeMailboxResponse* response) override;
  grpc::ServerUnaryReactor* ApplyRetention(grpc::CallbackServerContext* context,
                                           const v1::ApplyRetentionRequest* request,
                                           google::longrunning::Operation* response) override;
  grpc::ServerUnaryReactor* VerifyMailboxes(grpc::CallbackServerContext* context,
                                            const v1::VerifyMailboxesRequest* request,
                                            google::longrunning::Operation* response) override;
  grpc::ServerUnaryReactor* BackupMailboxes(grpc::CallbackServerContext* context,
                                            const v1::BackupMailboxesRequest* request,
                                            google::longrunning::Operation* response) override;

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
  grpc::ServerBidiReactor<v1::ImportMessagesRequest, v1::ImportMessagesResponse>* ImportMessages(
      grpc::CallbackServerContext* context) override;
  grpc::ServerWriteReactor<v1::ExportMessagesResponse>* ExportMessages(
      grpc::CallbackServerContext* context, const v1::ExportMessagesRequest* request) override;
  grpc::ServerUnaryReactor* BreakLease(grpc::CallbackServerContext* context,
                                       const v1::BreakLeaseRequest* request,
                                       v1::BreakLeaseResponse* response) override;

 private:
  absl::Status Get(const v1::GetMailboxRequest& request, v1::Mailbox* response) const;
  absl::Status List(const v1::ListMailboxesRequest& request,
                    v1::ListMailboxesResponse* response) const;
  absl::Status Messages(const v1::ListMessagesRequest& request,
                        v1::ListMessagesResponse* response) const;

  absl::Status Update(const audit::Author& author, const v1::UpdateMailboxRequest& request,
                      v1::Mailbox* response) const;
  absl::Status Purge(const audit::Author& author, const grpc::CallbackServerContext& context,
                     const std::string& id) const;
  // Answers with what became of the mailbox, once `change` has changed it; logged with its caller.
  using MailboxChange = absl::Status (Mailstore::*)(const std::string& mailbox_id,
                                                    const audit::Author& author);
  grpc::ServerUnaryReactor* ChangeMailbox(grpc::CallbackServerContext* context, const char* method,
                                          const std::string& name, MailboxChange change,
                                          v1::Mailbox* response);
  // Whether there is what a job's request names.
  absl::Status CheckScope(const std::string& name) const;
  // Begins the job that `metadata` describes, if `check` allows it; logged with its caller.
  template <typename Request, typename Metadata>
  grpc::ServerUnaryReactor* Begin(grpc::CallbackServerContext* context, const char* method,
                                  const Request& request, std::function<absl::Status()> check,
                                  Metadata metadata, google::longrunning::Operation* response);
  absl::Status DeletedMessages(const v1::ListDeletedMessagesRequest& request,
                               v1::ListDeletedMessagesResponse* response) const;
  // What `change` makes of the messages that the request names; logged with its caller.
  using MessagesVerb = absl::StatusOr<int64_t> (Mailstore::*)(
      const std::string& mailbox_id, const std::vector<uint64_t>& message_ids,
      const audit::Author& author);
  template <typename Request>
  grpc::ServerUnaryReactor* ChangeMessages(grpc::CallbackServerContext* context, const char* method,
                                           const Request& request, MessagesVerb change,
                                           const std::function<void(int64_t)>& set_count);
  void Record(const audit::Author& author, const std::string& mailbox, int64_t count,
              const absl::Status& status) const;

  Mailstore& store_;
  rpc::WorkerPool& workers_;
  operations::Operations& operations_;
  const Clock& clock_;
  const log::Logger& logger_;
  const bool has_backups_;
};

}  // namespace restante::mailstore

#endif  // RESTANTE_MAILSTORE_SERVICE_RPC_MAILBOX_SERVICE_H_
