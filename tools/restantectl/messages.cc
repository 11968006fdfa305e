#include "tools/restantectl/messages.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "tools/restantectl/errors.h"
#include "tools/restantectl/table.h"

namespace restante::ctl {
namespace {

using Mailboxes = mailstore::v1::MailboxService::StubInterface;
using mailstore::v1::ListDeletedMessagesResponse;

constexpr size_t kNamesAtOnce = 1'000;

absl::StatusOr<ListDeletedMessagesResponse> FetchDeleted(Session& session,
                                                         const std::string& mailbox_id) {
  RESTANTE_ASSIGN_OR_RETURN(Mailboxes * mailboxes, session.services.Mailboxes());
  mailstore::v1::ListDeletedMessagesRequest request;
  request.set_parent(ResourceName("mailboxes", mailbox_id));
  return CallForPages(session, mailboxes, &Mailboxes::ListDeletedMessages, request, /*limit=*/0,
                      [](const auto& listed) { return listed.messages_size(); });
}

// The full names of the messages that are meant.
absl::StatusOr<std::vector<std::string>> NamesOf(Session& session, const MessageChoice& choice) {
  std::vector<std::string> names;
  if (choice.all == !choice.messages.empty()) {
    return UsageError("give the messages that are meant, or --all");
  }
  const std::string prefix =
      absl::StrCat(ResourceName("mailboxes", choice.mailbox_id), "/messages/");
  for (const std::string& message : choice.messages) {
    names.push_back(absl::StartsWith(message, prefix) ? message : absl::StrCat(prefix, message));
  }
  if (!choice.all) return names;
  RESTANTE_ASSIGN_OR_RETURN(const ListDeletedMessagesResponse deleted,
                            FetchDeleted(session, choice.mailbox_id));
  for (const auto& message : deleted.messages()) names.push_back(message.message().name());
  return names;
}

// Calls the method for as many messages as it takes at a time, and says what came of it.
template <typename Request, typename Response, typename Count>
absl::Status Change(Session& session, const MessageChoice& choice,
                    grpc::Status (Mailboxes::*method)(grpc::ClientContext*, const Request&,
                                                      Response*),
                    const Count& count, absl::string_view done) {
  RESTANTE_ASSIGN_OR_RETURN(Mailboxes * mailboxes, session.services.Mailboxes());
  RESTANTE_ASSIGN_OR_RETURN(const std::vector<std::string> names, NamesOf(session, choice));
  int64_t changed = 0;
  for (size_t begin = 0; begin < names.size(); begin += kNamesAtOnce) {
    Request request;
    request.set_parent(ResourceName("mailboxes", choice.mailbox_id));
    for (size_t i = begin; i < std::min(names.size(), begin + kNamesAtOnce); ++i) {
      request.add_names(names[i]);
    }
    Response response;
    RESTANTE_RETURN_IF_ERROR(Call(session, mailboxes, method, request, &response));
    changed += count(response);
  }
  session.console.out() << changed << " messages " << done << ".\n";
  return absl::OkStatus();
}

}  // namespace

std::string ToTable(const ListDeletedMessagesResponse& messages) {
  std::vector<Row> rows = {
      {"MESSAGE", "UIDL", "OCTETS", "DELETED", "KEPT UNTIL", "FROM", "BY", "SESSION"}};
  for (const mailstore::v1::DeletedMessage& deleted : messages.messages()) {
    rows.push_back({LastPart(deleted.message().name()), Printable(deleted.message().uidl()),
                    absl::StrCat(deleted.message().size_octets()),
                    OrDash(TimeOf(deleted.delete_time(), deleted.has_delete_time())),
                    OrDash(TimeOf(deleted.expire_time(), deleted.has_expire_time())),
                    OrDash(Printable(deleted.client_address())),
                    OrDash(Printable(deleted.caller())), OrDash(Printable(deleted.session_id()))});
  }
  return Columns(rows);
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

absl::Status ListDeletedMessages(Session& session, const std::string& mailbox_id) {
  RESTANTE_ASSIGN_OR_RETURN(const ListDeletedMessagesResponse all,
                            FetchDeleted(session, mailbox_id));
  Print(all, session.format, session.console.out());
  return absl::OkStatus();
}

absl::Status DeleteMessages(Session& session, const MessageChoice& choice) {
  return Change<mailstore::v1::BatchDeleteMessagesRequest>(
      session, choice, &Mailboxes::BatchDeleteMessages,
      [](const auto& response) { return response.deleted_count(); }, "deleted");
}

absl::Status UndeleteMessages(Session& session, const MessageChoice& choice) {
  return Change<mailstore::v1::BatchUndeleteMessagesRequest>(
      session, choice, &Mailboxes::BatchUndeleteMessages,
      [](const auto& response) { return response.undeleted_count(); }, "brought back");
}

absl::Status PurgeDeletedMessages(Session& session, const MessageChoice& choice) {
  return Change<mailstore::v1::PurgeDeletedMessagesRequest>(
      session, choice, &Mailboxes::PurgeDeletedMessages,
      [](const auto& response) { return response.purged_count(); }, "removed for good");
}

}  // namespace restante::ctl
