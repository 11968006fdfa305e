#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/base/error_reason.h"
#include "common/base/status_macros.h"
#include "common/rpc/peer_identity.h"
#include "common/rpc/time_messages.h"
#include "common/rpc/unary_call.h"
#include "mailstore-service/rpc/convert.h"
#include "mailstore-service/rpc/export_stream.h"
#include "mailstore-service/rpc/import_stream.h"
#include "mailstore-service/rpc/mailbox_service.h"
#include "mailstore-service/rpc/page_token.h"

namespace restante::mailstore {
namespace {

constexpr int32_t kStandardPage = 100;
constexpr int32_t kMaxPage = 1'000;
constexpr int kMaxNames = 1'000;

v1::Message ToMessage(const std::string& mailbox, const MessageSummary& message) {
  v1::Message proto;
  proto.set_name(absl::StrCat(mailbox, "/messages/", message.message_id));
  proto.set_size_octets(message.size_octets);
  proto.set_uidl(message.uidl);
  *proto.mutable_delivery_time() = rpc::ToTimestamp(message.delivery_time);
  if (message.read_time) *proto.mutable_read_time() = rpc::ToTimestamp(*message.read_time);
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

grpc::ServerUnaryReactor* MailboxService::ListMessages(grpc::CallbackServerContext* context,
                                                       const v1::ListMessagesRequest* request,
                                                       v1::ListMessagesResponse* response) {
  return rpc::Answer(workers_, context,
                     [this, request, response] { return Messages(*request, response); });
}

grpc::ServerUnaryReactor* MailboxService::ListDeletedMessages(
    grpc::CallbackServerContext* context, const v1::ListDeletedMessagesRequest* request,
    v1::ListDeletedMessagesResponse* response) {
  return rpc::Answer(workers_, context,
                     [this, request, response] { return DeletedMessages(*request, response); });
}

template <typename Request>
grpc::ServerUnaryReactor* MailboxService::ChangeMessages(
    grpc::CallbackServerContext* context, const char* method, const Request& request,
    MessagesVerb change, const std::function<void(int64_t)>& set_count) {
  const auto run = [this, &request,
                    change](const audit::Author& author) -> absl::StatusOr<int64_t> {
    RESTANTE_ASSIGN_OR_RETURN(const std::string id, ParseMailboxName("parent", request.parent()));
    RESTANTE_ASSIGN_OR_RETURN(const std::vector<uint64_t> ids,
                              ParseMessageNames(request.parent(), request.names()));
    return (store_.*change)(id, ids, author);
  };
  return rpc::Answer(workers_, context,
                     [this, &request, run, set_count, author = rpc::AuthorOf(*context, method)] {
                       const absl::StatusOr<int64_t> count = run(author);
                       if (count.ok()) set_count(*count);
                       Record(author, request.parent(), count.value_or(0), count.status());
                       return count.status();
                     });
}

grpc::ServerUnaryReactor* MailboxService::BatchDeleteMessages(
    grpc::CallbackServerContext* context, const v1::BatchDeleteMessagesRequest* request,
    v1::BatchDeleteMessagesResponse* response) {
  return ChangeMessages(context, "BatchDeleteMessages", *request, &Mailstore::DeleteMessages,
                        [response](int64_t count) { response->set_deleted_count(count); });
}

grpc::ServerUnaryReactor* MailboxService::BatchUndeleteMessages(
    grpc::CallbackServerContext* context, const v1::BatchUndeleteMessagesRequest* request,
    v1::BatchUndeleteMessagesResponse* response) {
  return ChangeMessages(context, "BatchUndeleteMessages", *request, &Mailstore::UndeleteMessages,
                        [response](int64_t count) { response->set_undeleted_count(count); });
}

grpc::ServerUnaryReactor* MailboxService::PurgeDeletedMessages(
    grpc::CallbackServerContext* context, const v1::PurgeDeletedMessagesRequest* request,
    v1::PurgeDeletedMessagesResponse* response) {
  return ChangeMessages(context, "PurgeDeletedMessages", *request, &Mailstore::PurgeDeletedMessages,
                        [response](int64_t count) { response->set_purged_count(count); });
}

grpc::ServerBidiReactor<v1::ImportMessagesRequest, v1::ImportMessagesResponse>*
MailboxService::ImportMessages(grpc::CallbackServerContext* context) {
  return new ImportStream({store_, workers_, operations_, clock_, logger_}, context,
                          rpc::GetPeerIdentity(*context).uri);
}

grpc::ServerWriteReactor<v1::ExportMessagesResponse>* MailboxService::ExportMessages(
    grpc::CallbackServerContext* context, const v1::ExportMessagesRequest* request) {
  return new ExportStream({store_, workers_, operations_, logger_}, context, *request,
                          rpc::GetPeerIdentity(*context).uri);
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
