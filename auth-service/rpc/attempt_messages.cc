#include "auth-service/rpc/attempt_messages.h"

#include <limits>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "auth-service/logon/proven_name.h"
#include "auth-service/rpc/request_limits.h"
#include "common/base/error_reason.h"
#include "common/base/escape.h"
#include "common/base/ids.h"
#include "common/base/status_macros.h"
#include "common/rpc/time_messages.h"

namespace restante::rpc {
namespace {

// `prefix` is the field that the logon stands in, with its dot.
template <typename Message>
absl::StatusOr<logon::HypotheticalLogon> ToLogon(const Message& message, const std::string& prefix,
                                                 absl::string_view name_field,
                                                 const std::string& name) {
  const auto check = [&prefix](absl::string_view field, absl::string_view octets, size_t most) {
    return CheckSize(absl::StrCat(prefix, field), octets, most);
  };
  RESTANTE_RETURN_IF_ERROR(check(name_field, name, logon::kMaxClientNameOctets));
  RESTANTE_RETURN_IF_ERROR(check("mechanism", message.mechanism(), kMaxMechanismOctets));
  RESTANTE_RETURN_IF_ERROR(check("protocol", message.protocol(), kMaxProtocolOctets));
  logon::HypotheticalLogon result;
  result.client_name = name;
  result.mechanism =
      message.mechanism().empty() ? "NTLM" : absl::AsciiStrToUpper(message.mechanism());
  result.protocol = message.protocol().empty() ? "pop3" : message.protocol();
  if (!message.client_address().empty()) {
    result.client = logon::IpAddress::Parse(message.client_address());
    if (!result.client) {
      return InvalidField(absl::StrCat(prefix, "client_address"), "must be an IP address");
    }
    result.client_address = message.client_address();
  }
  result.tls = !message.has_tls() || message.tls();
  return result;
}

// What ExplainLogonResponse and LogonEvent both say.
template <typename Message>
void FillCommon(const logon::Attempt& attempt, Message* message) {
  if (!attempt.account_id.empty()) {
    message->set_account(absl::StrCat("accounts/", attempt.account_id));
  }
  message->set_alias(attempt.alias);
  message->set_mailbox_id(attempt.mailbox_id);
  message->set_placement(attempt.placement);
  message->set_mechanism(EscapeForLog(attempt.mechanism));
  message->set_client_name(EscapeForLog(attempt.client_name, logon::kMaxClientNameOctets));
  message->set_next_step(logon::NextStepOf(attempt));
}

// The steps of a message that has them.
template <typename Message>
void FillSteps(const logon::Trace& trace, Message* message) {
  for (const logon::TraceStep& step : trace) {
    auto* added = message->add_steps();
    added->set_rule(step.rule);
    added->set_finding(step.finding);
  }
}

auth::v1::ThrottleState ToProto(const logon::SlowedAddress& slowed) {
  auth::v1::ThrottleState message;
  message.set_client_address(slowed.client_address);
  message.set_name_failures(static_cast<int32_t>(slowed.slowing.name_failures));
  message.set_source_failures(static_cast<int32_t>(slowed.slowing.source_failures));
  *message.mutable_next_delay() = ToDurationMessage(slowed.slowing.next_delay);
  return message;
}

}  // namespace

absl::StatusOr<logon::HypotheticalLogon> ToHypotheticalLogon(
    const auth::v1::HypotheticalLogon& logon) {
  return ToLogon(logon, "hypothetical.", "client_name", logon.client_name());
}

absl::StatusOr<logon::HypotheticalLogon> ToHypotheticalLogon(
    const auth::v1::DiagnoseLogonRequest& request) {
  if (request.name().empty()) return InvalidField("name", "must be 1 to 512 octets");
  return ToLogon(request, "", "name", request.name());
}

void FromAttempt(const logon::Attempt& attempt, auth::v1::ExplainLogonResponse* response) {
  response->set_accepted(attempt.accepted());
  response->set_reason(std::string(logon::ReasonOf(attempt)));
  FillSteps(attempt.trace, response);
  FillCommon(attempt, response);
  if (!attempt.attempt_id.empty()) {
    response->set_attempt_id(attempt.attempt_id);
    *response->mutable_attempt_time() = ToTimestamp(attempt.time);
    response->set_client_address(attempt.client_address);
  }
}

auth::v1::LogonEvent ToEvent(const logon::Attempt& attempt) {
  auth::v1::LogonEvent event;
  FillCommon(attempt, &event);
  event.set_attempt_id(attempt.attempt_id);
  event.set_reference(AttemptReference(attempt.attempt_id));
  *event.mutable_time() = ToTimestamp(attempt.time);
  event.set_outcome(std::string(logon::ReasonOf(attempt)));
  event.set_protocol(attempt.protocol);
  event.set_client_address(attempt.client_address);
  event.set_ntlm_form(attempt.ntlm_form);
  event.set_tls(attempt.tls);
  return event;
}

void FromDiagnosis(const logon::Diagnosis& diagnosis, auth::v1::DiagnoseLogonResponse* response) {
  for (const logon::Obstacle& obstacle : diagnosis.obstacles) {
    auth::v1::LogonObstacle* message = response->add_obstacles();
    message->set_cause(obstacle.cause);
    message->set_finding(obstacle.finding);
    message->set_next_step(obstacle.next_step);
    message->set_certain(obstacle.certain);
  }
  response->set_matched_by(diagnosis.matched_by);
  FillSteps(diagnosis.explained.trace, response);
  for (const auto& attempt : diagnosis.attempts) *response->add_attempts() = ToEvent(*attempt);
  for (const logon::SlowedAddress& slowed : diagnosis.slowed) {
    *response->add_throttles() = ToProto(slowed);
  }
  if (diagnosis.account == nullptr) return;
  response->set_account(absl::StrCat("accounts/", diagnosis.account->id));
  // Of another account's mailbox, where the name asks for one.
  const bool explained = !diagnosis.explained.mailbox_id.empty();
  response->set_alias(explained ? diagnosis.explained.alias : diagnosis.account->alias);
  response->set_mailbox_id(explained ? diagnosis.explained.mailbox_id
                                     : diagnosis.account->mailbox_id);
  response->set_placement(explained ? diagnosis.explained.placement : diagnosis.account->placement);
  response->set_placement_known(diagnosis.placement_known);
}

}  // namespace restante::rpc
