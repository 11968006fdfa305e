#include "mailstore-service/rpc/maildrop_service.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/error_reason.h"
#include "common/base/ids.h"
#include "common/base/status_macros.h"
#include "common/crypto/maildrop_grant.h"
#include "common/rpc/peer_identity.h"
#include "common/rpc/unary_call.h"
#include "mailstore-service/rpc/convert.h"
#include "mailstore-service/rpc/message_stream.h"
#include "mailstore-service/rpc/page_token.h"
#include "mailstore-service/store/mailbox_id.h"
#include "mailstore-service/store/message_id.h"

namespace restante::mailstore {
namespace {

constexpr int32_t kStandardPage = 1'000;
constexpr int32_t kMaxPage = 10'000;
constexpr size_t kMaxGrantOctets = 1'024;
constexpr size_t kMaxAddressOctets = 45;
constexpr int kMaxLeases = 10'000;
constexpr int kMaxIds = 200'000;

std::string CallerOf(const grpc::CallbackServerContext& context) {
  return rpc::GetPeerIdentity(context).uri;
}

absl::Status CheckOpening(const v1::OpenMaildropRequest& request) {
  RESTANTE_RETURN_IF_ERROR(CheckMailboxId(request.mailbox_id()));
  if (!IsId(request.session_id())) {
    return InvalidField("session_id", "must be 32 lower-case hexadecimal digits");
  }
  if (request.maildrop_grant().size() > kMaxGrantOctets) {
    return InvalidField("maildrop_grant", "must be at most 1,024 octets");
  }
  if (request.client_address().size() > kMaxAddressOctets) {
    return InvalidField("client_address", "must be at most 45 octets");
  }
  return absl::OkStatus();
}

// Takes off UIDLs that need not be said. Whether none is left.
bool DropOwnUidls(uint32_t store_id, std::vector<MessageSummary>* messages) {
  bool all = true;
  for (MessageSummary& message : *messages) {
    const bool own = IsUidlFor(store_id, message.message_id, message.uidl);
    if (own) message.uidl.clear();
    all = all && own;
  }
  return all;
}

// Each message by itself costs several times what its two numbers do, on both sides.
void ListAsNumbers(const std::vector<MessageSummary>& messages,
                   v1::OpenMaildropResponse* response) {
  const auto count = static_cast<int>(messages.size());
  response->mutable_message_ids()->Reserve(count);
  response->mutable_sizes_octets()->Reserve(count);
  for (const MessageSummary& message : messages) {
    response->add_message_ids(message.message_id);
    response->add_sizes_octets(message.size_octets);
  }
}

// Lists `messages`, the part of the maildrop behind the token's `after`, up to a page, and says how
// to go on.
void FillPage(std::vector<MessageSummary> messages, uint32_t store_id, size_t page_size,
              MaildropPageToken token, v1::OpenMaildropResponse* response) {
  *response->mutable_lease() = ToProto(token.lease);
  response->mutable_lease_ttl()->set_seconds(absl::ToInt64Seconds(Mailstore::kLeaseTtl));
  response->set_message_count(token.message_count);
  response->set_total_size_octets(token.total_size_octets);
  response->set_uidl_prefix(UidlPrefixFor(store_id));
  // What was delivered since the opening is not in it.
  while (!messages.empty() && messages.back().message_id > token.last) messages.pop_back();
  if (messages.size() > page_size) {
    messages.resize(page_size);
    token.after = messages.back().message_id;
    response->set_next_page_token(EncodePageToken(token));
  }
  if (DropOwnUidls(store_id, &messages)) return ListAsNumbers(messages, response);
  response->mutable_messages()->Reserve(static_cast<int>(messages.size()));
  for (MessageSummary& message : messages) ToProto(std::move(message), response->add_messages());
}

}  // namespace

grpc::ServerUnaryReactor* MaildropService::OpenMaildrop(grpc::CallbackServerContext* context,
                                                        const v1::OpenMaildropRequest* request,
                                                        v1::OpenMaildropResponse* response) {
  if (!request->page_token().empty()) return AnswerNextPage(context, request, response);
  pace_.Show(request->mailbox_id());
  return rpc::Answer(parts_.workers, request->mailbox_id(), context,
                     [this, request, response, frontend = CallerOf(*context)] {
                       absl::Status status = Open(*request, frontend, response);
                       parts_.metrics.Opened(status);
                       parts_.logger.Info(status.ok() ? "maildrop_opened" : "maildrop_not_opened",
                                          {{"session_id", request->session_id()},
                                           {"mailbox_id", request->mailbox_id()},
                                           {"frontend", frontend},
                                           {"client_address", request->client_address()},
                                           {"messages", response->message_count()},
                                           {"error", status.ok() ? "" : status.ToString()}});
                       return status;
                     });
}

grpc::ServerUnaryReactor* MaildropService::RenewLeases(grpc::CallbackServerContext* context,
                                                       const v1::RenewLeasesRequest* request,
                                                       v1::RenewLeasesResponse* response) {
  return rpc::Answer(parts_.workers, context,
                     [this, request, response, frontend = CallerOf(*context)] {
                       return Renew(*request, frontend, response);
                     });
}

grpc::ServerWriteReactor<v1::ReadMessagesResponse>* MaildropService::ReadMessages(
    grpc::CallbackServerContext* context, const v1::ReadMessagesRequest* request) {
  return MessageStream::Begin({parts_.store, parts_.workers, pace_, parts_.metrics, parts_.logger},
                              context, *request, CallerOf(*context));
}

grpc::ServerUnaryReactor* MaildropService::CloseMaildrop(grpc::CallbackServerContext* context,
                                                         const v1::CloseMaildropRequest* request,
                                                         v1::CloseMaildropResponse* response) {
  return rpc::Answer(parts_.workers, request->lease().mailbox_id(), context,
                     [this, request, response, frontend = CallerOf(*context)] {
                       absl::Status status = Close(*request, frontend, response);
                       parts_.metrics.Closed(status, response->deleted_count());
                       parts_.logger.Info(status.ok() ? "maildrop_closed" : "maildrop_not_closed",
                                          {{"session_id", request->lease().session_id()},
                                           {"mailbox_id", request->lease().mailbox_id()},
                                           {"to_delete", request->delete_message_ids_size()},
                                           {"deleted", response->deleted_count()},
                                           {"error", status.ok() ? "" : status.ToString()}});
                       return status;
                     });
}

absl::StatusOr<MaildropGrant> MaildropService::CheckGrant(const v1::OpenMaildropRequest& request,
                                                          const std::string& frontend) const {
  RESTANTE_ASSIGN_OR_RETURN(
      MaildropGrant grant,
      OpenGrant(request.maildrop_grant(), parts_.grant_keys, parts_.clock.WallNow()));
  absl::string_view wrong;
  if (grant.placement != placement_) wrong = "placement";
  if (grant.mailbox_id != request.mailbox_id()) wrong = "mailbox";
  if (grant.session_id != request.session_id()) wrong = "session";
  if (grant.frontend_identity != frontend) wrong = "caller";
  if ((grant.rights & MaildropGrant::kRead) == 0) wrong = "set of rights";
  if (wrong.empty()) return grant;
  return MakeError(absl::StatusCode::kPermissionDenied, ErrorReason::kGrantInvalid,
                   absl::StrCat("the grant is for another ", wrong));
}

absl::Status MaildropService::Open(const v1::OpenMaildropRequest& request,
                                   const std::string& frontend,
                                   v1::OpenMaildropResponse* response) const {
  RESTANTE_RETURN_IF_ERROR(CheckOpening(request));
  RESTANTE_ASSIGN_OR_RETURN(const size_t page_size,
                            PageSize(request.page_size(), kStandardPage, kMaxPage));
  RESTANTE_ASSIGN_OR_RETURN(const MaildropGrant grant, CheckGrant(request, frontend));
  RESTANTE_ASSIGN_OR_RETURN(
      OpenedMaildrop opened,
      // One more than a page, which tells whether there is another.
      parts_.store.Open(request.mailbox_id(),
                        {request.session_id(), request.client_address(), frontend,
                         (grant.rights & MaildropGrant::kDelete) != 0},
                        page_size + 1));
  MaildropPageToken token;
  token.lease = opened.lease;
  token.message_count = opened.message_count;
  token.total_size_octets = opened.total_size_octets;
  token.last = opened.last_message_id;
  FillPage(std::move(opened.messages), parts_.store.store_id(), page_size, std::move(token),
           response);
  if (opened.kept_at_least) response->set_retention_days(WholeDays(*opened.kept_at_least));
  return absl::OkStatus();
}

grpc::ServerUnaryReactor* MaildropService::AnswerNextPage(grpc::CallbackServerContext* context,
                                                          const v1::OpenMaildropRequest* request,
                                                          v1::OpenMaildropResponse* response) {
  const absl::Duration pause = pace_.PauseBefore(request->mailbox_id());
  parts_.metrics.Paused(pause);
  return rpc::AnswerAfter(pause, parts_.workers, request->mailbox_id(), context,
                          [this, request, response, frontend = CallerOf(*context)] {
                            return NextPage(*request, frontend, response);
                          });
}

absl::Status MaildropService::NextPage(const v1::OpenMaildropRequest& request,
                                       const std::string& frontend,
                                       v1::OpenMaildropResponse* response) const {
  RESTANTE_RETURN_IF_ERROR(CheckOpening(request));
  RESTANTE_ASSIGN_OR_RETURN(const size_t page_size,
                            PageSize(request.page_size(), kStandardPage, kMaxPage));
  RESTANTE_ASSIGN_OR_RETURN(MaildropPageToken token, DecodeMaildropPageToken(request.page_token()));
  if (token.lease.mailbox_id != request.mailbox_id() ||
      token.lease.session_id != request.session_id()) {
    return MakeError(absl::StatusCode::kInvalidArgument, ErrorReason::kPageTokenInvalid,
                     "page_token: of another mailbox or session");
  }
  // The token only names the lease; that it is good, and this caller's, is the store's to say.
  token.lease.frontend = frontend;
  RESTANTE_RETURN_IF_ERROR(parts_.store.Renew(token.lease));
  RESTANTE_ASSIGN_OR_RETURN(
      std::vector<MessageSummary> messages,
      parts_.store.ListMessages(token.lease.mailbox_id, token.after, page_size + 1));
  FillPage(std::move(messages), parts_.store.store_id(), page_size, std::move(token), response);
  return absl::OkStatus();
}

absl::Status MaildropService::Renew(const v1::RenewLeasesRequest& request,
                                    const std::string& frontend,
                                    v1::RenewLeasesResponse* response) const {
  if (request.leases_size() > kMaxLeases) {
    return InvalidField("leases", "must be at most 10,000");
  }
  for (const v1::Lease& proto : request.leases()) {
    const absl::StatusOr<Lease> lease = FromProto(proto, frontend);
    const bool renewed = lease.ok() && parts_.store.Renew(*lease).ok();
    response->add_leases()->set_renewed(renewed);
    parts_.metrics.Renewed(renewed);
  }
  return absl::OkStatus();
}

absl::Status MaildropService::Close(const v1::CloseMaildropRequest& request,
                                    const std::string& frontend,
                                    v1::CloseMaildropResponse* response) const {
  RESTANTE_ASSIGN_OR_RETURN(const Lease lease, FromProto(request.lease(), frontend));
  if (request.delete_message_ids_size() > kMaxIds) {
    return InvalidField("delete_message_ids", "must be at most 200,000");
  }
  if (request.read_message_ids_size() > kMaxIds) {
    return InvalidField("read_message_ids", "must be at most 200,000");
  }
  RESTANTE_ASSIGN_OR_RETURN(
      const int64_t deleted,
      parts_.store.Close(
          lease, {{request.delete_message_ids().begin(), request.delete_message_ids().end()},
                  {request.read_message_ids().begin(), request.read_message_ids().end()}}));
  response->set_deleted_count(deleted);
  return absl::OkStatus();
}

}  // namespace restante::mailstore
