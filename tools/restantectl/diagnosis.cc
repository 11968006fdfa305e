#include "tools/restantectl/diagnosis.h"

#include <google/protobuf/util/time_util.h>

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "restante/auth/v1/directory_service.grpc.pb.h"
#include "restante/mailstore/v1/mailbox_service.grpc.pb.h"
#include "tools/restantectl/output.h"
#include "tools/restantectl/table.h"

namespace restante::ctl {
namespace {

std::string DaysAgo(int64_t days) {
  return days == 1 ? "1 day ago" : absl::StrCat(days, " days ago");
}

using Directory = auth::v1::DirectoryService::StubInterface;
using Mailboxes = mailstore::v1::MailboxService::StubInterface;

template <typename Events>
std::string EventTable(const Events& events, bool wide = false) {
  std::vector<Row> rows = {
      {"TIME", "OUTCOME", "MECHANISM", "NTLM", "TLS", "CLIENT", "NAME", "ACCOUNT", "REFERENCE"}};
  if (wide) {
    for (const char* title : {"ALIAS", "MAILBOX", "PLACEMENT", "ATTEMPT"}) {
      rows.front().emplace_back(title);
    }
  }
  for (const auth::v1::LogonEvent& event : events) {
    rows.push_back({TimeOf(event.time(), event.has_time()), Printable(event.outcome()),
                    Printable(event.mechanism()), OrDash(Printable(event.ntlm_form())),
                    event.tls() ? "yes" : "no", Printable(event.client_address()),
                    OrDash(Printable(event.client_name())), OrDash(LastPart(event.account())),
                    Printable(event.reference())});
    if (!wide) continue;
    for (const std::string* cell :
         {&event.alias(), &event.mailbox_id(), &event.placement(), &event.attempt_id()}) {
      rows.back().push_back(OrDash(Printable(*cell)));
    }
  }
  return Columns(rows);
}

std::string ObstacleList(const auth::v1::DiagnoseLogonResponse& diagnosis) {
  if (diagnosis.obstacles().empty()) {
    return "Nothing is known to stand in the way: the right password is let in.\n";
  }
  std::string text;
  for (int i = 0; i < diagnosis.obstacles_size(); ++i) {
    const auth::v1::LogonObstacle& obstacle = diagnosis.obstacles(i);
    absl::StrAppend(&text, i + 1, ". ", Printable(obstacle.cause()),
                    obstacle.certain() ? "" : " (seen, or possible)", ": ",
                    Printable(obstacle.finding()), "\n");
    if (!obstacle.next_step().empty()) {
      absl::StrAppend(&text, "   next: ", Printable(obstacle.next_step()), "\n");
    }
  }
  return text;
}

std::string CredentialTable(const auth::v1::DiagnoseLogonResponse& diagnosis) {
  if (diagnosis.credentials().empty()) return "";
  std::vector<Row> rows = {{"CREDENTIAL", "SET", "SEALED UNDER", "USABLE"}};
  for (const auth::v1::CredentialState& credential : diagnosis.credentials()) {
    rows.push_back({OrDash(Printable(credential.kind())),
                    credential.has_age() ? DaysAgo(credential.age().seconds() / 86'400) : "-",
                    OrDash(Printable(credential.key_id())), credential.usable() ? "yes" : "no"});
  }
  return "\n" + Columns(rows);
}

std::string ThrottleTable(const auth::v1::DiagnoseLogonResponse& diagnosis) {
  if (diagnosis.throttles().empty()) return "";
  std::vector<Row> rows = {{"CLIENT", "FAILURES OF THE NAME", "OF THE CLIENT", "NEXT DELAY"}};
  for (const auth::v1::ThrottleState& state : diagnosis.throttles()) {
    rows.push_back({Printable(state.client_address()), absl::StrCat(state.name_failures()),
                    absl::StrCat(state.source_failures()),
                    google::protobuf::util::TimeUtil::ToString(state.next_delay())});
  }
  return "\n" + Columns(rows);
}

std::string StepTable(const auth::v1::DiagnoseLogonResponse& diagnosis) {
  if (diagnosis.steps().empty()) return "";
  std::vector<Row> rows = {{"RULE", "FINDING"}};
  for (const auth::v1::LogonStep& step : diagnosis.steps()) {
    rows.push_back({Printable(step.rule()), Printable(step.finding())});
  }
  return "\n" + Columns(rows);
}

// What the mailstore that restantectl is told of says of the mailbox; empty when it is told of
// none.
std::string MailboxLine(Session& session, const std::string& mailbox_id) {
  if (mailbox_id.empty()) return "";
  const absl::StatusOr<Mailboxes*> mailboxes = session.services.Mailboxes();
  if (!mailboxes.ok()) return "";
  mailstore::v1::GetMailboxRequest request;
  request.set_name(ResourceName("mailboxes", mailbox_id));
  mailstore::v1::Mailbox mailbox;
  const absl::Status status = Call(session, *mailboxes, &Mailboxes::GetMailbox, request, &mailbox);
  std::string text = "\nIn the mailstore: ";
  if (absl::IsNotFound(status)) {
    return text + "nothing yet; a mailbox comes to be at its first delivery or logon\n";
  }
  if (!status.ok()) {
    return absl::StrCat(text, "it does not answer, and without it nobody logs on: ",
                        Printable(status.message()), "\n");
  }
  absl::StrAppend(&text, mailbox.message_count(), " messages, ", mailbox.total_size_octets(),
                  " octets; ");
  if (!mailbox.has_session()) return text + "not open\n";
  return absl::StrCat(text, "open from ", Printable(mailbox.session().client_address()),
                      ", and for others in use as long as that lasts (session ",
                      Printable(mailbox.session().session_id()), ")\n");
}

}  // namespace

std::string ToTable(const auth::v1::DiagnoseLogonResponse& diagnosis) {
  const std::string account = LastPart(diagnosis.account());
  std::string text = Fields({
      {"Account", account.empty() ? "none" : account},
      {"Found by", Printable(diagnosis.matched_by())},
      {"Alias", Printable(diagnosis.alias())},
      {"Mailbox", Printable(diagnosis.mailbox_id())},
      {"Placement", Printable(diagnosis.placement())},
  });
  absl::StrAppend(&text, "\n", ObstacleList(diagnosis), CredentialTable(diagnosis));
  if (!diagnosis.attempts().empty()) {
    absl::StrAppend(&text, "\n", EventTable(diagnosis.attempts()));
  }
  absl::StrAppend(&text, ThrottleTable(diagnosis), StepTable(diagnosis));
  return text;
}

std::string ToTable(const auth::v1::ListLogonEventsResponse& events) {
  return EventTable(events.events());
}

template <>
std::string ToWideTable(const auth::v1::ListLogonEventsResponse& events) {
  return EventTable(events.events(), /*wide=*/true);
}

absl::Status DiagnoseLogon(Session& session, const LogonQuestion& question) {
  auth::v1::DiagnoseLogonRequest request;
  request.set_name(question.name);
  request.set_mechanism(question.mechanism);
  request.set_client_address(question.client_address);
  request.set_tls(question.tls);
  RESTANTE_ASSIGN_OR_RETURN(Directory * directory, session.services.Directory());
  auth::v1::DiagnoseLogonResponse response;
  RESTANTE_RETURN_IF_ERROR(Call(session, directory, &Directory::DiagnoseLogon, request, &response));
  Print(response, session.format, session.console.out());
  if (IsForPeople(session.format)) {
    session.console.out() << MailboxLine(session, response.mailbox_id());
  }
  return absl::OkStatus();
}

absl::Status ListLogons(Session& session, const std::string& filter, int limit) {
  RESTANTE_ASSIGN_OR_RETURN(Directory * directory, session.services.Directory());
  auth::v1::ListLogonEventsRequest request;
  request.set_filter(filter);
  RESTANTE_ASSIGN_OR_RETURN(
      const auth::v1::ListLogonEventsResponse all,
      CallForPages(session, directory, &Directory::ListLogonEvents, request, limit,
                   [](const auto& events) { return events.events_size(); }));
  Print(all, session.format, session.console.out());
  return absl::OkStatus();
}

}  // namespace restante::ctl
