#include "tools/restantectl/mailboxes.h"

#include "common/base/status_macros.h"

namespace restante::ctl {
namespace {

using Mailboxes = mailstore::v1::MailboxService::StubInterface;

constexpr int kMaxPages = 100'000;
constexpr int kPageSize = 1000;

}  // namespace

absl::Status GetMailbox(Session& session, const std::string& id) {
  RESTANTE_ASSIGN_OR_RETURN(Mailboxes * mailboxes, session.services.Mailboxes());
  mailstore::v1::GetMailboxRequest request;
  request.set_name(ResourceName("mailboxes", id));
  mailstore::v1::Mailbox mailbox;
  RESTANTE_RETURN_IF_ERROR(Call(session, mailboxes, &Mailboxes::GetMailbox, request, &mailbox));
  Print(mailbox, session.format, session.console.out());
  return absl::OkStatus();
}

absl::Status ListMailboxes(Session& session) {
  RESTANTE_ASSIGN_OR_RETURN(Mailboxes * mailboxes, session.services.Mailboxes());
  mailstore::v1::ListMailboxesResponse all;
  mailstore::v1::ListMailboxesRequest request;
  request.set_page_size(kPageSize);
  for (int page = 0; page < kMaxPages; ++page) {
    mailstore::v1::ListMailboxesResponse response;
    RESTANTE_RETURN_IF_ERROR(
        Call(session, mailboxes, &Mailboxes::ListMailboxes, request, &response));
    all.mutable_mailboxes()->MergeFrom(response.mailboxes());
    request.set_page_token(response.next_page_token());
    if (response.next_page_token().empty()) break;
  }
  Print(all, session.format, session.console.out());
  return absl::OkStatus();
}

absl::Status ListMessages(Session& session, const std::string& mailbox_id) {
  RESTANTE_ASSIGN_OR_RETURN(Mailboxes * mailboxes, session.services.Mailboxes());
  mailstore::v1::ListMessagesResponse all;
  mailstore::v1::ListMessagesRequest request;
  request.set_parent(ResourceName("mailboxes", mailbox_id));
  request.set_page_size(kPageSize);
  for (int page = 0; page < kMaxPages; ++page) {
    mailstore::v1::ListMessagesResponse response;
    RESTANTE_RETURN_IF_ERROR(
        Call(session, mailboxes, &Mailboxes::ListMessages, request, &response));
    all.mutable_messages()->MergeFrom(response.messages());
    request.set_page_token(response.next_page_token());
    if (response.next_page_token().empty()) break;
  }
  Print(all, session.format, session.console.out());
  return absl::OkStatus();
}

}  // namespace restante::ctl
