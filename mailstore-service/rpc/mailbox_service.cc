#include "mailstore-service/rpc/mailbox_service.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "mailstore-service/rpc/convert.h"
#include "mailstore-service/rpc/page_token.h"
#include "mailstore-service/rpc/unary_call.h"

namespace restante::mailstore {
namespace {

constexpr int32_t kStandardPage = 100;
constexpr int32_t kMaxPage = 1'000;

v1::Message ToMessage(const std::string& mailbox, const MessageSummary& message) {
  v1::Message proto;
  proto.set_name(absl::StrCat(mailbox, "/messages/", message.message_id));
  proto.set_size_octets(message.size_octets);
  proto.set_uidl(message.uidl);
  const absl::Duration since_epoch = message.delivery_time - absl::UnixEpoch();
  const int64_t seconds = absl::ToUnixSeconds(message.delivery_time);
  proto.mutable_delivery_time()->set_seconds(seconds);
  proto.mutable_delivery_time()->set_nanos(
      static_cast<int32_t>(absl::ToInt64Nanoseconds(since_epoch - absl::Seconds(seconds))));
  return proto;
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

absl::Status MailboxService::Get(const v1::GetMailboxRequest& request,
                                 v1::Mailbox* response) const {
  RESTANTE_ASSIGN_OR_RETURN(const std::string id, ParseMailboxName("name", request.name()));
  RESTANTE_ASSIGN_OR_RETURN(const MailboxInfo mailbox, store_.GetMailbox(id));
  *response = ToProto(mailbox);
  return absl::OkStatus();
}

// Both listings ask for one row more than the page has: it tells whether another page follows.

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
  RESTANTE_ASSIGN_OR_RETURN(const std::string id, ParseMailboxName("parent", request.parent()));
  RESTANTE_ASSIGN_OR_RETURN(const size_t page_size,
                            PageSize(request.page_size(), kStandardPage, kMaxPage));
  uint64_t after = 0;
  if (!request.page_token().empty()) {
    RESTANTE_ASSIGN_OR_RETURN(after, DecodeMessagePageToken(id, request.page_token()));
  }
  RESTANTE_ASSIGN_OR_RETURN(const std::vector<MessageSummary> messages,
                            store_.ListMessages(id, after, page_size + 1));
  for (const MessageSummary& message : messages) {
    if (static_cast<size_t>(response->messages_size()) == page_size) {
      response->set_next_page_token(EncodeMessagePageToken(id, after));
      break;
    }
    *response->add_messages() = ToMessage(request.parent(), message);
    after = message.message_id;
  }
  return absl::OkStatus();
}

}  // namespace restante::mailstore
