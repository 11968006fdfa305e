#include "mailstore-service/rpc/mailbox_service.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/base/error_reason.h"
#include "common/base/escape.h"
#include "common/base/status_macros.h"
#include "common/rpc/peer_identity.h"
#include "common/rpc/time_messages.h"
#include "mailstore-service/rpc/convert.h"
#include "mailstore-service/rpc/page_token.h"
#include "mailstore-service/rpc/unary_call.h"

namespace restante::mailstore {
namespace {

constexpr int32_t kStandardPage = 100;
constexpr int32_t kMaxPage = 1'000;
constexpr int kMaxNames = 1'000;
constexpr int kMaxPaths = 8;

v1::Message ToMessage(const std::string& mailbox, const MessageSummary& message) {
  v1::Message proto;
  proto.set_name(absl::StrCat(mailbox, "/messages/", message.message_id));
  proto.set_size_octets(message.size_octets);
  proto.set_uidl(message.uidl);
  *proto.mutable_delivery_time() = rpc::ToTimestamp(message.delivery_time);
  return proto;
}

v1::DeletedMessage ToDeletedMessage(const std::string& mailbox, const DeletedMessage& message) {
  v1::DeletedMessage proto;
  *proto.mutable_message() = ToMessage(mailbox, message.summary);
  *proto.mutable_delete_time() = rpc::ToTimestamp(message.deletion.delete_time);
  *proto.mutable_expire_time() = rpc::ToTimestamp(message.expire_time);
  proto.set_session_id(message.deletion.session_id);
  proto.set_client_address(message.deletion.client_address);
  proto.set_caller(message.deletion.caller);
  return proto;
}

// A page of one mailbox's messages of some kind: `list` gives those behind an id, `id_of` says the
// id of one, and `to_proto` makes it a row.
template <typename Request, typename Response, typename List, typename IdOf, typename ToProto>
absl::Status FillPage(const Request& request, Response* response, const List& list,
                      const IdOf& id_of, const ToProto& to_proto) {
  RESTANTE_ASSIGN_OR_RETURN(const std::string id, ParseMailboxName("parent", request.parent()));
  RESTANTE_ASSIGN_OR_RETURN(const size_t page_size,
                            PageSize(request.page_size(), kStandardPage, kMaxPage));
  uint64_t after = 0;
  if (!request.page_token().empty()) {
    RESTANTE_ASSIGN_OR_RETURN(after, DecodeMessagePageToken(id, request.page_token()));
  }
  RESTANTE_ASSIGN_OR_RETURN(const auto messages, list(id, after, page_size + 1));
  for (const auto& message : messages) {
    if (static_cast<size_t>(response->messages_size()) == page_size) {
      response->set_next_page_token(EncodeMessagePageToken(id, after));
      break;
    }
    *response->add_messages() = to_proto(message);
    after = id_of(message);
  }
  return absl::OkStatus();
}

absl::StatusOr<MailboxQuota> ChangedQuota(const v1::UpdateMailboxRequest& request,
                                          MailboxQuota quota) {
  const v1::MailboxQuota& wanted = request.mailbox().quota();
  if (request.update_mask().paths().empty() || request.update_mask().paths_size() > kMaxPaths) {
    return InvalidField("update_mask", "must name what changes");
  }
  for (const std::string& path : request.update_mask().paths()) {
    const bool octets = path == "quota" || path == "quota.max_octets";
    const bool messages = path == "quota" || path == "quota.max_messages";
    if (!octets && !messages) {
      return InvalidField("update_mask", "may name quota, quota.max_octets and quota.max_messages");
    }
    if (octets) quota.max_octets.reset();
    if (octets && wanted.has_max_octets()) quota.max_octets = wanted.max_octets();
    if (messages) quota.max_messages.reset();
    if (messages && wanted.has_max_messages()) quota.max_messages = wanted.max_messages();
  }
  return quota;
}

// The ids in "mailboxes/{mailbox}/messages/{id}", each of this mailbox.
template <typename Names>
absl::StatusOr<std::vector<uint64_t>> ParseMessageNames(const std::string& mailbox,
                                                        const Names& names) {
  if (names.empty() || names.size() > kMaxNames) return InvalidField("names", "must be 1 to 1,000");
  const std::string prefix = absl::StrCat(mailbox, "/messages/");
  std::vector<uint64_t> ids;
  for (const std::string& name : names) {
    absl::string_view digits = name;
    uint64_t id = 0;
    if (!absl::ConsumePrefix(&digits, prefix) || !absl::SimpleAtoi(digits, &id)) {
      return InvalidField("names",
                          absl::StrCat("must each be \"", mailbox, "/messages/{message_id}\""));
    }
    ids.push_back(id);
  }
  return ids;
}

}  // namespace

grpc::ServerUnaryReactor* MailboxService::GetMailbox(grpc::CallbackServerContext* context,
                                                     const v1::GetMailboxRequest* request,
                                                     v1::Mailbox* response) {
  return Answer(workers_, context, [this, request, response] { return Get(*request, response); });
}

grpc::ServerUnaryReactor* MailboxService::ListMailboxes(grpc::CallbackServerContext* context,
                                                        const v1::ListMailboxesRequest* request,
                                                        v1::ListMailboxesResponse* response) {
  return Answer(workers_, context, [this, request, response] { return List(*request, response); });
}

grpc::ServerUnaryReactor* MailboxService::ListMessages(grpc::CallbackServerContext* context,
                                                       const v1::ListMessagesRequest* request,
                                                       v1::ListMessagesResponse* response) {
  return Answer(workers_, context,
                [this, request, response] { return Messages(*request, response); });
}

grpc::ServerUnaryReactor* MailboxService::UpdateMailbox(grpc::CallbackServerContext* context,
                                                        const v1::UpdateMailboxRequest* request,
                                                        v1::Mailbox* response) {
  return Answer(workers_, context,
                [this, request, response, caller = rpc::GetPeerIdentity(*context).uri] {
                  const absl::Status status = Update(*request, response);
                  Record("UpdateMailbox", request->mailbox().name(), caller, 1, status);
                  return status;
                });
}

grpc::ServerUnaryReactor* MailboxService::ListDeletedMessages(
    grpc::CallbackServerContext* context, const v1::ListDeletedMessagesRequest* request,
    v1::ListDeletedMessagesResponse* response) {
  return Answer(workers_, context,
                [this, request, response] { return DeletedMessages(*request, response); });
}

template <typename Request>
grpc::ServerUnaryReactor* MailboxService::ChangeMessages(
    grpc::CallbackServerContext* context, const char* method, const Request& request,
    std::function<absl::StatusOr<int64_t>(const std::string& mailbox_id,
                                          const std::vector<uint64_t>& message_ids)>
        change,
    std::function<void(int64_t)> set_count) {
  const std::string caller = rpc::GetPeerIdentity(*context).uri;
  const auto run = [&request, change = std::move(change)]() -> absl::StatusOr<int64_t> {
    RESTANTE_ASSIGN_OR_RETURN(const std::string id, ParseMailboxName("parent", request.parent()));
    RESTANTE_ASSIGN_OR_RETURN(const std::vector<uint64_t> ids,
                              ParseMessageNames(request.parent(), request.names()));
    return change(id, ids);
  };
  return Answer(workers_, context, [this, method, &request, caller, run, set_count] {
    const absl::StatusOr<int64_t> count = run();
    if (count.ok()) set_count(*count);
    Record(method, request.parent(), caller, count.value_or(0), count.status());
    return count.status();
  });
}

grpc::ServerUnaryReactor* MailboxService::BatchDeleteMessages(
    grpc::CallbackServerContext* context, const v1::BatchDeleteMessagesRequest* request,
    v1::BatchDeleteMessagesResponse* response) {
  return ChangeMessages(
      context, "BatchDeleteMessages", *request,
      [this, caller = rpc::GetPeerIdentity(*context).uri](const auto& id, const auto& ids) {
        return store_.DeleteMessages(id, ids, caller);
      },
      [response](int64_t count) { response->set_deleted_count(count); });
}

grpc::ServerUnaryReactor* MailboxService::BatchUndeleteMessages(
    grpc::CallbackServerContext* context, const v1::BatchUndeleteMessagesRequest* request,
    v1::BatchUndeleteMessagesResponse* response) {
  return ChangeMessages(
      context, "BatchUndeleteMessages", *request,
      [this](const auto& id, const auto& ids) { return store_.UndeleteMessages(id, ids); },
      [response](int64_t count) { response->set_undeleted_count(count); });
}

grpc::ServerUnaryReactor* MailboxService::PurgeDeletedMessages(
    grpc::CallbackServerContext* context, const v1::PurgeDeletedMessagesRequest* request,
    v1::PurgeDeletedMessagesResponse* response) {
  return ChangeMessages(
      context, "PurgeDeletedMessages", *request,
      [this](const auto& id, const auto& ids) { return store_.PurgeDeletedMessages(id, ids); },
      [response](int64_t count) { response->set_purged_count(count); });
}

grpc::ServerUnaryReactor* MailboxService::BreakLease(grpc::CallbackServerContext* context,
                                                     const v1::BreakLeaseRequest* request,
                                                     v1::BreakLeaseResponse* response) {
  const auto run = [this, request]() -> absl::StatusOr<std::optional<SessionInfo>> {
    RESTANTE_ASSIGN_OR_RETURN(const std::string id, ParseMailboxName("name", request->name()));
    return store_.BreakLease(id);
  };
  return Answer(workers_, context,
                [this, request, response, run, caller = rpc::GetPeerIdentity(*context).uri] {
                  const absl::StatusOr<std::optional<SessionInfo>> session = run();
                  const bool broken = session.ok() && session->has_value();
                  if (broken) *response->mutable_session() = ToProto(**session);
                  Record("BreakLease", request->name(), caller, broken ? 1 : 0, session.status());
                  return session.status();
                });
}

void MailboxService::Record(const char* method, const std::string& mailbox,
                            const std::string& caller, int64_t count,
                            const absl::Status& status) const {
  logger_.Info("mailbox_write", {{"method", method},
                                 {"mailbox", EscapeForLog(mailbox)},
                                 {"caller", caller},
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

// As FillPage, it asks for one row more than the page has: that tells whether another follows.

absl::Status MailboxService::List(const v1::ListMailboxesRequest& request,
                                  v1::ListMailboxesResponse* response) const {
  RESTANTE_ASSIGN_OR_RETURN(const size_t page_size,
                            PageSize(request.page_size(), kStandardPage, kMaxPage));
  std::string after;
  if (!request.page_token().empty()) {
    RESTANTE_ASSIGN_OR_RETURN(after, DecodeMailboxPageToken(request.page_token()));
  }
  RESTANTE_ASSIGN_OR_RETURN(const std::vector<MailboxInfo> mailboxes,
                            store_.ListMailboxes(after, page_size + 1));
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

absl::Status MailboxService::Messages(const v1::ListMessagesRequest& request,
                                      v1::ListMessagesResponse* response) const {
  return FillPage(
      request, response,
      [this](const std::string& id, uint64_t after, size_t limit) {
        return store_.ListMessages(id, after, limit);
      },
      [](const MessageSummary& message) { return message.message_id; },
      [&request](const MessageSummary& message) { return ToMessage(request.parent(), message); });
}

absl::Status MailboxService::Update(const v1::UpdateMailboxRequest& request,
                                    v1::Mailbox* response) const {
  RESTANTE_ASSIGN_OR_RETURN(const std::string id,
                            ParseMailboxName("mailbox.name", request.mailbox().name()));
  const absl::StatusOr<MailboxInfo> present = store_.GetMailbox(id);
  if (!present.ok() && !(request.allow_missing() && absl::IsNotFound(present.status()))) {
    return present.status();
  }
  RESTANTE_ASSIGN_OR_RETURN(const MailboxQuota quota,
                            ChangedQuota(request, present.ok() ? present->quota : MailboxQuota()));
  RESTANTE_RETURN_IF_ERROR(store_.SetQuota(id, quota));
  RESTANTE_ASSIGN_OR_RETURN(const MailboxInfo changed, store_.GetMailbox(id));
  *response = ToProto(changed);
  return absl::OkStatus();
}

absl::Status MailboxService::DeletedMessages(const v1::ListDeletedMessagesRequest& request,
                                             v1::ListDeletedMessagesResponse* response) const {
  return FillPage(
      request, response,
      [this](const std::string& id, uint64_t after, size_t limit) {
        return store_.ListDeletedMessages(id, after, limit);
      },
      [](const DeletedMessage& message) { return message.summary.message_id; },
      [&request](const DeletedMessage& message) {
        return ToDeletedMessage(request.parent(), message);
      });
}

}  // namespace restante::mailstore
