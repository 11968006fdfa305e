#include "tools/restantectl/mailboxes.h"

#include <algorithm>
#include <limits>
#include <optional>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
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

// What was typed of a limit; no value: the store's.
struct Limit {
  bool given = false;
  std::optional<int64_t> value;
};

absl::StatusOr<Limit> ParseLimit(absl::string_view option, absl::string_view text) {
  Limit limit{!text.empty(), std::nullopt};
  if (text.empty() || text == "default") return limit;
  limit.value = 0;
  if (text == "none") return limit;
  constexpr int64_t kKilo = 1024;
  int64_t factor = 1;
  if (absl::ConsumeSuffix(&text, "K")) factor = kKilo;
  if (absl::ConsumeSuffix(&text, "M")) factor = kKilo * kKilo;
  if (absl::ConsumeSuffix(&text, "G")) factor = kKilo * kKilo * kKilo;
  int64_t number = 0;
  if (!absl::SimpleAtoi(text, &number) || number < 1 ||
      number > std::numeric_limits<int64_t>::max() / factor) {
    return UsageError(absl::StrCat(option, " takes a number such as 500M, none or default"));
  }
  limit.value = number * factor;
  return limit;
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

std::string ToTable(const mailstore::v1::BreakLeaseResponse& response) {
  if (!response.has_session()) return "Nobody had the mailbox open.\n";
  return Fields({{"Taken from session", Printable(response.session().session_id())},
                 {"Client address", Printable(response.session().client_address())},
                 {"Front end", Printable(response.session().frontend())}});
}

absl::Status GetMailbox(Session& session, const std::string& id) {
  RESTANTE_ASSIGN_OR_RETURN(Mailboxes * mailboxes, session.services.Mailboxes());
  mailstore::v1::GetMailboxRequest request;
  request.set_name(ResourceName("mailboxes", id));
  mailstore::v1::Mailbox mailbox;
  RESTANTE_RETURN_IF_ERROR(Call(session, mailboxes, &Mailboxes::GetMailbox, request, &mailbox));
  Print(mailbox, session.format, session.console.out());
  return absl::OkStatus();
}

absl::Status UpdateMailbox(Session& session, const QuotaChanges& changes) {
  RESTANTE_ASSIGN_OR_RETURN(Mailboxes * mailboxes, session.services.Mailboxes());
  mailstore::v1::UpdateMailboxRequest request;
  request.mutable_mailbox()->set_name(ResourceName("mailboxes", changes.mailbox_id));
  request.set_allow_missing(changes.create);
  mailstore::v1::MailboxQuota& quota = *request.mutable_mailbox()->mutable_quota();
  RESTANTE_ASSIGN_OR_RETURN(const Limit octets, ParseLimit("--max-octets", changes.max_octets));
  RESTANTE_ASSIGN_OR_RETURN(const Limit messages,
                            ParseLimit("--max-messages", changes.max_messages));
  if (octets.given) request.mutable_update_mask()->add_paths("quota.max_octets");
  if (octets.value) quota.set_max_octets(*octets.value);
  if (messages.given) request.mutable_update_mask()->add_paths("quota.max_messages");
  if (messages.value) quota.set_max_messages(*messages.value);
  if (request.update_mask().paths().empty()) return UsageError("nothing to change was given");
  mailstore::v1::Mailbox mailbox;
  RESTANTE_RETURN_IF_ERROR(Call(session, mailboxes, &Mailboxes::UpdateMailbox, request, &mailbox));
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

absl::Status BreakLease(Session& session, const std::string& mailbox_id) {
  RESTANTE_ASSIGN_OR_RETURN(Mailboxes * mailboxes, session.services.Mailboxes());
  mailstore::v1::BreakLeaseRequest request;
  request.set_name(ResourceName("mailboxes", mailbox_id));
  mailstore::v1::BreakLeaseResponse response;
  RESTANTE_RETURN_IF_ERROR(Call(session, mailboxes, &Mailboxes::BreakLease, request, &response));
  Print(response, session.format, session.console.out());
  return absl::OkStatus();
}

}  // namespace restante::ctl
