#include "tools/restantectl/mailboxes.h"

#include <limits>
#include <optional>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/base/status_macros.h"
#include "tools/restantectl/errors.h"
#include "tools/restantectl/table.h"

namespace restante::ctl {
namespace {

using Mailboxes = mailstore::v1::MailboxService::StubInterface;

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

absl::StatusOr<Limit> ParseDays(absl::string_view option, absl::string_view text) {
  Limit limit{!text.empty(), std::nullopt};
  if (text.empty() || text == "default") return limit;
  limit.value = 0;
  if (text == "ever") return limit;
  absl::ConsumeSuffix(&text, "d");
  constexpr int64_t kMaxDays = 36'500;
  int64_t days = 0;
  if (!absl::SimpleAtoi(text, &days) || days < 1 || days > kMaxDays) {
    return UsageError(absl::StrCat(option, " takes a number of days such as 90, ever or default"));
  }
  limit.value = days;
  return limit;
}

// Puts what was typed into `mailbox`, and what that changes into `mask`.
absl::Status Fill(const MailboxChanges& changes, mailstore::v1::Mailbox* mailbox,
                  google::protobuf::FieldMask* mask) {
  RESTANTE_ASSIGN_OR_RETURN(const Limit octets, ParseLimit("--max-octets", changes.max_octets));
  RESTANTE_ASSIGN_OR_RETURN(const Limit messages,
                            ParseLimit("--max-messages", changes.max_messages));
  RESTANTE_ASSIGN_OR_RETURN(const Limit keep, ParseDays("--keep", changes.keep));
  RESTANTE_ASSIGN_OR_RETURN(const Limit keep_read, ParseDays("--keep-read", changes.keep_read));
  if (octets.given) mask->add_paths("quota.max_octets");
  if (octets.value) mailbox->mutable_quota()->set_max_octets(*octets.value);
  if (messages.given) mask->add_paths("quota.max_messages");
  if (messages.value) mailbox->mutable_quota()->set_max_messages(*messages.value);
  mailstore::v1::MailboxRetention* const retention = mailbox->mutable_retention();
  if (keep.given) mask->add_paths("retention.after_delivery_days");
  if (keep.value) retention->set_after_delivery_days(static_cast<int32_t>(*keep.value));
  if (keep_read.given) mask->add_paths("retention.after_read_days");
  if (keep_read.value) retention->set_after_read_days(static_cast<int32_t>(*keep_read.value));
  return absl::OkStatus();
}

// Calls the method for the one mailbox, and prints what became of it.
template <typename Request>
absl::Status ChangeMailbox(Session& session, const std::string& id,
                           grpc::Status (Mailboxes::*method)(grpc::ClientContext*, const Request&,
                                                             mailstore::v1::Mailbox*)) {
  RESTANTE_ASSIGN_OR_RETURN(Mailboxes * mailboxes, session.services.Mailboxes());
  Request request;
  request.set_name(ResourceName("mailboxes", id));
  mailstore::v1::Mailbox mailbox;
  RESTANTE_RETURN_IF_ERROR(Call(session, mailboxes, method, request, &mailbox));
  Print(mailbox, session.format, session.console.out());
  return absl::OkStatus();
}

}  // namespace

std::string ToTable(const mailstore::v1::BreakLeaseResponse& response) {
  if (!response.has_session()) return "Nobody had the mailbox open.\n";
  return Fields({{"Taken from session", Printable(response.session().session_id())},
                 {"Client address", Printable(response.session().client_address())},
                 {"Front end", Printable(response.session().frontend())}});
}

absl::Status GetMailbox(Session& session, const std::string& id) {
  return ChangeMailbox<mailstore::v1::GetMailboxRequest>(session, id, &Mailboxes::GetMailbox);
}

absl::Status ListMailboxes(Session& session, bool show_deleted) {
  RESTANTE_ASSIGN_OR_RETURN(Mailboxes * mailboxes, session.services.Mailboxes());
  mailstore::v1::ListMailboxesRequest request;
  request.set_show_deleted(show_deleted);
  RESTANTE_ASSIGN_OR_RETURN(
      const mailstore::v1::ListMailboxesResponse all,
      CallForPages(session, mailboxes, &Mailboxes::ListMailboxes, request, /*limit=*/0,
                   [](const auto& listed) { return listed.mailboxes_size(); }));
  Print(all, session.format, session.console.out());
  return absl::OkStatus();
}

absl::Status CreateMailbox(Session& session, const MailboxChanges& changes) {
  RESTANTE_ASSIGN_OR_RETURN(Mailboxes * mailboxes, session.services.Mailboxes());
  mailstore::v1::CreateMailboxRequest request;
  request.set_mailbox_id(std::string(LastPart(changes.mailbox_id)));
  google::protobuf::FieldMask mask;
  RESTANTE_RETURN_IF_ERROR(Fill(changes, request.mutable_mailbox(), &mask));
  mailstore::v1::Mailbox mailbox;
  RESTANTE_RETURN_IF_ERROR(Call(session, mailboxes, &Mailboxes::CreateMailbox, request, &mailbox));
  Print(mailbox, session.format, session.console.out());
  return absl::OkStatus();
}

absl::Status UpdateMailbox(Session& session, const MailboxChanges& changes) {
  RESTANTE_ASSIGN_OR_RETURN(Mailboxes * mailboxes, session.services.Mailboxes());
  mailstore::v1::UpdateMailboxRequest request;
  request.mutable_mailbox()->set_name(ResourceName("mailboxes", changes.mailbox_id));
  RESTANTE_RETURN_IF_ERROR(Fill(changes, request.mutable_mailbox(), request.mutable_update_mask()));
  if (request.update_mask().paths().empty()) return UsageError("nothing to change was given");
  mailstore::v1::Mailbox mailbox;
  RESTANTE_RETURN_IF_ERROR(Call(session, mailboxes, &Mailboxes::UpdateMailbox, request, &mailbox));
  Print(mailbox, session.format, session.console.out());
  return absl::OkStatus();
}

absl::Status DeleteMailbox(Session& session, const std::string& id) {
  return ChangeMailbox<mailstore::v1::DeleteMailboxRequest>(session, id, &Mailboxes::DeleteMailbox);
}

absl::Status UndeleteMailbox(Session& session, const std::string& id) {
  return ChangeMailbox<mailstore::v1::UndeleteMailboxRequest>(session, id,
                                                              &Mailboxes::UndeleteMailbox);
}

absl::Status PurgeMailbox(Session& session, const std::string& id) {
  RESTANTE_ASSIGN_OR_RETURN(Mailboxes * mailboxes, session.services.Mailboxes());
  mailstore::v1::PurgeMailboxRequest request;
  request.set_name(ResourceName("mailboxes", id));
  mailstore::v1::PurgeMailboxResponse response;
  RESTANTE_RETURN_IF_ERROR(Call(session, mailboxes, &Mailboxes::PurgeMailbox, request, &response));
  session.console.out() << Printable(request.name()) << " is gone.\n";
  return absl::OkStatus();
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
