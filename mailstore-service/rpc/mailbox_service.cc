#include "mailstore-service/rpc/mailbox_service.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "common/base/error_reason.h"
#include "common/base/escape.h"
#include "common/base/status_macros.h"
#include "common/operations/job_progress.h"
#include "common/rpc/unary_call.h"
#include "mailstore-service/rpc/convert.h"
#include "mailstore-service/rpc/page_token.h"
#include "mailstore-service/store/mailbox_rules.h"
#include "restante/mailstore/v1/mailbox_job.pb.h"

namespace restante::mailstore {
namespace {

constexpr int32_t kStandardPage = 100;
constexpr int32_t kMaxPage = 1'000;
constexpr int kMaxPaths = 8;
constexpr size_t kPurgedAtOnce = 1'000;

// Puts what `path` of an update mask names from `wanted` into `settings`; false for no such path.
bool Replace(absl::string_view path, const MailboxSettings& wanted, MailboxSettings* settings) {
  const auto names = [path](absl::string_view whole, absl::string_view part) {
    return path == whole || path == part;
  };
  bool known = false;
  const auto replace = [&known](bool named, const auto& from, auto* to) {
    if (named) *to = from;
    known = known || named;
  };
  replace(names("quota", "quota.max_octets"), wanted.quota.max_octets, &settings->quota.max_octets);
  replace(names("quota", "quota.max_messages"), wanted.quota.max_messages,
          &settings->quota.max_messages);
  replace(names("retention", "retention.after_delivery_days"), wanted.retention.after_delivery,
          &settings->retention.after_delivery);
  replace(names("retention", "retention.after_read_days"), wanted.retention.after_read,
          &settings->retention.after_read);
  return known;
}

absl::StatusOr<MailboxSettings> ChangedSettings(const v1::UpdateMailboxRequest& request,
                                                MailboxSettings settings) {
  RESTANTE_ASSIGN_OR_RETURN(const MailboxSettings wanted, SettingsOf(request.mailbox()));
  const auto& paths = request.update_mask().paths();
  if (paths.empty() || paths.size() > kMaxPaths) {
    return InvalidField("update_mask", "must name what changes, in 1 to 8 paths");
  }
  for (const std::string& path : paths) {
    if (!Replace(path, wanted, &settings)) {
      return InvalidField("update_mask", "may name quota, retention and their fields");
    }
  }
  return settings;
}

}  // namespace

grpc::ServerUnaryReactor* MailboxService::GetMailbox(grpc::CallbackServerContext* context,
                                                     const v1::GetMailboxRequest* request,
                                                     v1::Mailbox* response) {
  return rpc::Answer(workers_, context,
                     [this, request, response] { return Get(*request, response); });
}

grpc::ServerUnaryReactor* MailboxService::ListMailboxes(grpc::CallbackServerContext* context,
                                                        const v1::ListMailboxesRequest* request,
                                                        v1::ListMailboxesResponse* response) {
  return rpc::Answer(workers_, context,
                     [this, request, response] { return List(*request, response); });
}

grpc::ServerUnaryReactor* MailboxService::UpdateMailbox(grpc::CallbackServerContext* context,
                                                        const v1::UpdateMailboxRequest* request,
                                                        v1::Mailbox* response) {
  return rpc::Answer(workers_, context,
                     [this, request, response, author = rpc::AuthorOf(*context, "UpdateMailbox")] {
                       const absl::Status status = Update(author, *request, response);
                       Record(author, request->mailbox().name(), 1, status);
                       return status;
                     });
}

grpc::ServerUnaryReactor* MailboxService::ChangeMailbox(grpc::CallbackServerContext* context,
                                                        const char* method, const std::string& name,
                                                        MailboxChange change,
                                                        v1::Mailbox* response) {
  const auto run = [this, &name, response, change](const audit::Author& author) -> absl::Status {
    RESTANTE_ASSIGN_OR_RETURN(const std::string id, ParseMailboxName("name", name));
    RESTANTE_RETURN_IF_ERROR((store_.*change)(id, author));
    RESTANTE_ASSIGN_OR_RETURN(const MailboxInfo changed, store_.GetMailbox(id));
    *response = ToProto(changed);
    return absl::OkStatus();
  };
  return rpc::Answer(workers_, context,
                     [this, &name, run, author = rpc::AuthorOf(*context, method)] {
                       const absl::Status status = run(author);
                       Record(author, name, 1, status);
                       return status;
                     });
}

grpc::ServerUnaryReactor* MailboxService::CreateMailbox(grpc::CallbackServerContext* context,
                                                        const v1::CreateMailboxRequest* request,
                                                        v1::Mailbox* response) {
  const auto run = [this, request, response](const audit::Author& author) -> absl::Status {
    RESTANTE_ASSIGN_OR_RETURN(const MailboxSettings settings, SettingsOf(request->mailbox()));
    RESTANTE_RETURN_IF_ERROR(store_.CreateMailbox(request->mailbox_id(), settings, author));
    RESTANTE_ASSIGN_OR_RETURN(const MailboxInfo made, store_.GetMailbox(request->mailbox_id()));
    *response = ToProto(made);
    return absl::OkStatus();
  };
  return rpc::Answer(workers_, context,
                     [this, request, run, author = rpc::AuthorOf(*context, "CreateMailbox")] {
                       const absl::Status status = run(author);
                       Record(author, MailboxName(request->mailbox_id()), 1, status);
                       return status;
                     });
}

grpc::ServerUnaryReactor* MailboxService::DeleteMailbox(grpc::CallbackServerContext* context,
                                                        const v1::DeleteMailboxRequest* request,
                                                        v1::Mailbox* response) {
  return ChangeMailbox(context, "DeleteMailbox", request->name(), &Mailstore::DeleteMailbox,
                       response);
}

grpc::ServerUnaryReactor* MailboxService::UndeleteMailbox(grpc::CallbackServerContext* context,
                                                          const v1::UndeleteMailboxRequest* request,
                                                          v1::Mailbox* response) {
  return ChangeMailbox(context, "UndeleteMailbox", request->name(), &Mailstore::UndeleteMailbox,
                       response);
}

grpc::ServerUnaryReactor* MailboxService::PurgeMailbox(grpc::CallbackServerContext* context,
                                                       const v1::PurgeMailboxRequest* request,
                                                       v1::PurgeMailboxResponse* /*response*/) {
  return rpc::Answer(workers_, context,
                     [this, request, context, author = rpc::AuthorOf(*context, "PurgeMailbox")] {
                       const absl::Status status = Purge(author, *context, request->name());
                       Record(author, request->name(), 1, status);
                       return status;
                     });
}

absl::Status MailboxService::Purge(const audit::Author& author,
                                   const grpc::CallbackServerContext& context,
                                   const std::string& name) const {
  RESTANTE_ASSIGN_OR_RETURN(const std::string id, ParseMailboxName("name", name));
  bool done = false;
  while (!done && !context.IsCancelled()) {
    RESTANTE_ASSIGN_OR_RETURN(done, store_.PurgeMailbox(id, kPurgedAtOnce, author));
  }
  return done ? absl::OkStatus() : absl::CancelledError("the caller has gone");
}

absl::Status MailboxService::CheckScope(const std::string& name) const {
  if (name.empty()) return absl::OkStatus();
  RESTANTE_ASSIGN_OR_RETURN(const std::string id, ParseMailboxName("name", name));
  return store_.GetMailbox(id).status();
}

template <typename Request, typename Metadata>
grpc::ServerUnaryReactor* MailboxService::Begin(grpc::CallbackServerContext* context,
                                                const char* method, const Request& request,
                                                std::function<absl::Status()> check,
                                                Metadata metadata,
                                                google::longrunning::Operation* response) {
  return rpc::Answer(workers_, context,
                     [this, &request, check = std::move(check), metadata, response,
                      author = rpc::AuthorOf(*context, method)] {
                       absl::Status status = check();
                       if (status.ok()) {
                         status = operations::BeginJob(operations_,
                                                       {author.caller, request.request_id()},
                                                       clock_.WallNow(), metadata, response);
                       }
                       Record(author, "", 1, status);
                       return status;
                     });
}

grpc::ServerUnaryReactor* MailboxService::ApplyRetention(grpc::CallbackServerContext* context,
                                                         const v1::ApplyRetentionRequest* request,
                                                         google::longrunning::Operation* response) {
  v1::ApplyRetentionMetadata metadata;
  metadata.set_name(request->name());
  metadata.set_validate_only(request->validate_only());
  return Begin(
      context, "ApplyRetention", *request, [this, request] { return CheckScope(request->name()); },
      std::move(metadata), response);
}

grpc::ServerUnaryReactor* MailboxService::VerifyMailboxes(
    grpc::CallbackServerContext* context, const v1::VerifyMailboxesRequest* request,
    google::longrunning::Operation* response) {
  v1::VerifyMailboxesMetadata metadata;
  metadata.set_name(request->name());
  return Begin(
      context, "VerifyMailboxes", *request, [this, request] { return CheckScope(request->name()); },
      std::move(metadata), response);
}

grpc::ServerUnaryReactor* MailboxService::BackupMailboxes(
    grpc::CallbackServerContext* context, const v1::BackupMailboxesRequest* request,
    google::longrunning::Operation* response) {
  const auto check = [this] {
    return has_backups_
               ? absl::OkStatus()
               : MakeError(absl::StatusCode::kFailedPrecondition, ErrorReason::kBackupNotConfigured,
                           "the mailstore's configuration says no backup_directory; set one "
                           "and restart");
  };
  return Begin(context, "BackupMailboxes", *request, check, v1::BackupMailboxesMetadata(),
               response);
}

grpc::ServerUnaryReactor* MailboxService::BreakLease(grpc::CallbackServerContext* context,
                                                     const v1::BreakLeaseRequest* request,
                                                     v1::BreakLeaseResponse* response) {
  const auto run =
      [this, request](const audit::Author& author) -> absl::StatusOr<std::optional<SessionInfo>> {
    RESTANTE_ASSIGN_OR_RETURN(const std::string id, ParseMailboxName("name", request->name()));
    return store_.BreakLease(id, author);
  };
  return rpc::Answer(
      workers_, context,
      [this, request, response, run, author = rpc::AuthorOf(*context, "BreakLease")] {
        const absl::StatusOr<std::optional<SessionInfo>> session = run(author);
        const bool broken = session.ok() && session->has_value();
        if (broken) *response->mutable_session() = ToProto(**session);
        Record(author, request->name(), broken ? 1 : 0, session.status());
        return session.status();
      });
}

void MailboxService::Record(const audit::Author& author, const std::string& mailbox, int64_t count,
                            const absl::Status& status) const {
  logger_.Info("mailbox_write", {{"method", author.method},
                                 {"mailbox", EscapeForLog(mailbox)},
                                 {"caller", author.caller},
                                 {"count", count},
                                 {"code", absl::StatusCodeToString(status.code())},
                                 {"reason", ErrorReasonName(GetErrorReason(status))}});
}

absl::Status MailboxService::Get(const v1::GetMailboxRequest& request,
                                 v1::Mailbox* response) const {
  RESTANTE_ASSIGN_OR_RETURN(const std::string id, ParseMailboxName("name", request.name()));
  RESTANTE_ASSIGN_OR_RETURN(const MailboxInfo mailbox, store_.GetMailbox(id));
  *response = ToProto(mailbox);
  return absl::OkStatus();
}

// It asks for one row more than the page has: that tells whether another follows.

absl::Status MailboxService::List(const v1::ListMailboxesRequest& request,
                                  v1::ListMailboxesResponse* response) const {
  RESTANTE_ASSIGN_OR_RETURN(const size_t page_size,
                            PageSize(request.page_size(), kStandardPage, kMaxPage));
  std::string after;
  if (!request.page_token().empty()) {
    RESTANTE_ASSIGN_OR_RETURN(after, DecodeMailboxPageToken(request.page_token()));
  }
  RESTANTE_ASSIGN_OR_RETURN(const std::vector<MailboxInfo> mailboxes,
                            store_.ListMailboxes(after, page_size + 1, request.show_deleted()));
  for (const MailboxInfo& mailbox : mailboxes) {
    if (static_cast<size_t>(response->mailboxes_size()) == page_size) {
      response->set_next_page_token(EncodeMailboxPageToken(after));
      break;
    }
    *response->add_mailboxes() = ToProto(mailbox);
    after = mailbox.mailbox_id;
  }
  return absl::OkStatus();
}

absl::Status MailboxService::Update(const audit::Author& author,
                                    const v1::UpdateMailboxRequest& request,
                                    v1::Mailbox* response) const {
  RESTANTE_ASSIGN_OR_RETURN(const std::string id,
                            ParseMailboxName("mailbox.name", request.mailbox().name()));
  const absl::StatusOr<MailboxInfo> present = store_.GetMailbox(id);
  const bool is_missing = absl::IsNotFound(present.status());
  if (!present.ok() && !(request.allow_missing() && is_missing)) return present.status();
  RESTANTE_ASSIGN_OR_RETURN(
      const MailboxSettings settings,
      ChangedSettings(request, is_missing ? MailboxSettings() : present->settings));
  const std::string& etag = request.mailbox().etag();
  if (!etag.empty() && (is_missing || etag != EtagOf(present->revision))) return MailboxChanged();
  RESTANTE_RETURN_IF_ERROR(is_missing
                               ? store_.CreateMailbox(id, settings, author)
                               : store_.UpdateMailbox(id, present->revision, settings, author));
  RESTANTE_ASSIGN_OR_RETURN(const MailboxInfo changed, store_.GetMailbox(id));
  *response = ToProto(changed);
  return absl::OkStatus();
}

}  // namespace restante::mailstore
