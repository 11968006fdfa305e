#include "tools/restantectl/mailboxes.h"

#include "common/base/status_macros.h"

namespace restante::ctl {
namespace {

using Mailboxes = mailstore::v1::MailboxService::StubInterface;

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
  RESTANTE_ASSIGN_OR_RETURN(
      const mailstore::v1::ListMailboxesResponse all,
      CallForPages(session, mailboxes, &Mailboxes::ListMailboxes,
                   mailstore::v1::ListMailboxesRequest(), /*limit=*/0,
                   [](const auto& listed) { return listed.mailboxes_size(); }));
  Print(all, session.format, session.console.out());
  return absl::OkStatus();
}

absl::Status ListMessages(Session& session, const std::string& mailbox_id) {
  RESTANTE_ASSIGN_OR_RETURN(Mailboxes * mailboxes, session.services.Mailboxes());
  mailstore::v1::ListMessagesRequest request;
  request.set_parent(ResourceName("mailboxes", mailbox_id));
  RESTANTE_ASSIGN_OR_RETURN(
      const mailstore::v1::ListMessagesResponse all,
      CallForPages(session, mailboxes, &Mailboxes::ListMessages, request, /*limit=*/0,
                   [](const auto& listed) { return listed.messages_size(); }));
  Print(all, session.format, session.console.out());
  return absl::OkStatus();
}

}  // namespace restante::ctl
