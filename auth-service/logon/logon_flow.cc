#include "auth-service/logon/logon_flow.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "auth-service/logon/claim_readings.h"
#include "auth-service/logon/ntlm_evidence.h"
#include "auth-service/logon/proven_name.h"
#include "auth-service/sasl/sealed_state.h"
#include "common/base/byte_reader.h"
#include "common/base/byte_writer.h"
#include "common/base/check.h"
#include "common/base/error_reason.h"
#include "common/base/escape.h"
#include "common/base/status_macros.h"
#include "common/base/unicode.h"
#include "common/crypto/maildrop_grant.h"

namespace restante::logon {
namespace {

using authority::Refusal;

constexpr size_t kMaxIdOctets = 64;
// No message of a mechanism is longer.
constexpr size_t kMaxAuthorizationIdOctets = 9216;

// What sealed state must not be used without.
std::string BindingOf(absl::string_view attempt_id, const Channel& channel) {
  ByteWriter writer;
  writer.LengthPrefixed(attempt_id)
      .LengthPrefixed(channel.protocol)
      .LengthPrefixed(channel.client_address)
      .U32Be(channel.client_port)
      .LengthPrefixed(channel.connection_id)
      .U8(channel.tls ? 1 : 0);
  if (channel.tls) {
    writer.LengthPrefixed(channel.tls->version)
        .LengthPrefixed(channel.tls->server_end_point)
        .LengthPrefixed(channel.tls->exporter);
    for (const std::string& name : channel.tls->certificate_names) writer.LengthPrefixed(name);
  }
  return writer.Take();
}

PublicReason PublicReasonOf(Refusal refusal) {
  if (refusal == Refusal::kMechanismUnknown) return PublicReason::kMechanismUnknown;
  if (refusal == Refusal::kMechanismDisabled) return PublicReason::kMechanismDisabled;
  if (refusal == Refusal::kTlsRequired) return PublicReason::kTlsRequired;
  return PublicReason::kCredentials;
}

const directory::NamePolicy* NamesOf(const directory::ProtocolPolicy& policy) {
  return policy.names ? &*policy.names : nullptr;
}

void NoteEvidence(const sasl::NtlmClaim& claim, Attempt* attempt) {
  NtlmEvidence evidence = EvidenceOf(claim);
  attempt->trace.push_back({"ntlm-client", evidence.text});
  attempt->ntlm_form = std::move(evidence.form);
  attempt->ntlm_evidence = std::move(evidence.text);
}

// Which forms of response an account's client may speak.
TraceStep NtlmStep(const ntlm::Policy& policy, const directory::Account& account) {
  const auto weakest = account.weakest_ntlm_response.value_or(policy.weakest_response);
  std::string finding = absl::StrCat(
      "accepted: ", ntlm::WeakestResponseText(weakest),
      account.weakest_ntlm_response ? ", by the account's own setting" : ", by the policy");
  const bool only_tls =
      weakest != ntlm::WeakestResponse::kNtlmV2 && !policy.weak_responses_without_tls;
  if (only_tls) absl::StrAppend(&finding, "; what is weaker than NTLMv2 over TLS only");
  return {"ntlm-policy", std::move(finding)};
}

void SetFound(const Decision& decision, Attempt* attempt) {
  for (const TraceStep& step : decision.trace) attempt->trace.push_back(step);
  if (decision.account == nullptr) return;
  attempt->account_id = decision.account->id;
  const directory::Account& owner = decision.owner ? *decision.owner : *decision.account;
  attempt->alias = owner.alias;
  attempt->mailbox_id = owner.mailbox_id;
  attempt->placement = owner.placement;
}

}  // namespace

// What is known of one attempt while it is decided.
struct LogonFlow::Course {
  Attempt attempt;
  const Channel* channel = nullptr;
  directory::ProtocolPolicy policy;
  std::string session_id;
  std::string caller_identity;
  // The user part of the claimed name, for the throttle; empty until there is one.
  std::string throttled_user;
};

LogonFlow::LogonFlow(FlowParts parts, FlowSettings settings)
    : parts_(parts), settings_(std::move(settings)) {}

absl::StatusOr<Answer> LogonFlow::Begin(const BeginRequest& request) const {
  Course course;
  course.attempt.attempt_id = request.attempt_id;
  course.attempt.time = parts_.clock.WallNow();
  course.attempt.protocol = request.channel.protocol;
  course.attempt.client_address = request.channel.client_address;
  course.attempt.tls = request.channel.tls.has_value();
  course.attempt.mechanism = absl::AsciiStrToUpper(request.mechanism);
  course.channel = &request.channel;
  course.session_id = request.session_id;
  course.caller_identity = request.caller_identity;
  RESTANTE_ASSIGN_OR_RETURN(course.policy, parts_.directory.GetPolicy(request.channel.protocol));
  const std::optional<Refusal> refusal =
      CheckPolicy(course.policy, course.attempt.mechanism, request.channel.tls.has_value(),
                  request.channel.client, &course.attempt);
  if (refusal) return Refuse(*refusal, &course);
  const sasl::Mechanism* mechanism =
      sasl::FindMechanism(parts_.mechanisms, course.attempt.mechanism);
  RESTANTE_CHECK(mechanism != nullptr);
  return OnStep(mechanism->Begin(ConnectionOf(course), request.initial_response), &course);
}

absl::StatusOr<Answer> LogonFlow::Continue(const ContinueRequest& request) const {
  Course course;
  course.attempt.attempt_id = request.attempt_id;
  course.attempt.time = parts_.clock.WallNow();
  course.attempt.protocol = request.channel.protocol;
  course.attempt.client_address = request.channel.client_address;
  course.attempt.tls = request.channel.tls.has_value();
  course.channel = &request.channel;
  course.caller_identity = request.caller_identity;
  const auto opened =
      sasl::OpenLogonState(request.sealed_state, BindingOf(request.attempt_id, request.channel),
                           parts_.state_keys, course.attempt.time);
  if (std::holds_alternative<sasl::StateExpired>(opened)) {
    return Refuse(Refusal::kChallengeExpired, &course);
  }
  const auto* state = std::get_if<sasl::LogonState>(&opened);
  const sasl::Mechanism* mechanism =
      state ? sasl::FindMechanism(parts_.mechanisms, state->mechanism) : nullptr;
  if (mechanism == nullptr) {
    return MakeError(absl::StatusCode::kInvalidArgument, ErrorReason::kSealedStateInvalid,
                     "the state was not sealed for this attempt and channel");
  }
  course.attempt.mechanism = state->mechanism;
  ByteReader reader(state->state);
  const auto session_id = reader.ReadLengthPrefixed(kMaxIdOctets);
  RESTANTE_CHECK(session_id.has_value());  // sealed by OnStep
  course.session_id = std::string(*session_id);
  // Once more: an operator may have switched the mechanism off meanwhile.
  RESTANTE_ASSIGN_OR_RETURN(course.policy, parts_.directory.GetPolicy(request.channel.protocol));
  const std::optional<Refusal> refusal =
      CheckPolicy(course.policy, course.attempt.mechanism, request.channel.tls.has_value(),
                  request.channel.client, &course.attempt);
  if (refusal) return Refuse(*refusal, &course);
  const std::optional<uint8_t> stage = reader.ReadU8();
  if (stage == kProven) return OnAcknowledged(reader.rest(), request.response, &course);
  return OnStep(mechanism->Continue(ConnectionOf(course), reader.rest(), request.response),
                &course);
}

absl::StatusOr<Attempt> LogonFlow::Explain(const HypotheticalLogon& logon) const {
  Attempt attempt;
  attempt.time = parts_.clock.WallNow();
  attempt.protocol = logon.protocol;
  attempt.client_address = logon.client_address;
  attempt.tls = logon.tls;
  attempt.mechanism = logon.mechanism;
  attempt.client_name = logon.client_name.substr(0, kMaxClientNameOctets);
  RESTANTE_ASSIGN_OR_RETURN(const directory::ProtocolPolicy policy,
                            parts_.directory.GetPolicy(logon.protocol));
  attempt.refusal = CheckPolicy(policy, logon.mechanism, logon.tls, logon.client, &attempt);
  const Decision decision = parts_.decider.Decide(
      ParseName(logon.client_name), {logon.mechanism, "", attempt.time, NamesOf(policy)});
  SetFound(decision, &attempt);
  if (attempt.refusal) return attempt;
  attempt.refusal = decision.refusal;
  if (decision.account == nullptr) return attempt;
  if (logon.mechanism == "NTLM") attempt.trace.push_back(NtlmStep(policy.ntlm, *decision.account));
  const sasl::Mechanism* mechanism = sasl::FindMechanism(parts_.mechanisms, logon.mechanism);
  if (mechanism == nullptr || mechanism->is_vouched_for()) return attempt;
  const auto foreseen = parts_.authority.Foresee(*decision.account, logon.mechanism);
  if (!foreseen) return attempt;
  attempt.trace.push_back({"authority", foreseen->finding});
  if (!attempt.refusal) attempt.refusal = foreseen->refusal;
  return attempt;
}

absl::StatusOr<Answer> LogonFlow::OnStep(sasl::Step step, Course* course) const {
  if (auto* challenge = std::get_if<sasl::Challenge>(&step)) {
    return Ask(std::move(challenge->server_message), kInDialogue, challenge->state, *course);
  }
  if (const auto* malformed = std::get_if<sasl::Malformed>(&step)) {
    course->attempt.trace.push_back({"dialogue", EscapeForLog(malformed->reason, 256)});
    return Refuse(Refusal::kMessageMalformed, course);
  }
  if (const auto* failed = std::get_if<sasl::Failed>(&step)) {
    course->attempt.client_name = failed->client_name.substr(0, kMaxClientNameOctets);
    course->attempt.trace.push_back({"dialogue", EscapeForLog(failed->finding, 256)});
    return Refuse(failed->refusal, course);
  }
  if (const auto* undecided = std::get_if<absl::Status>(&step)) {
    return Undecided(*undecided, course);
  }
  return OnClaim(std::get<sasl::Claim>(step), course);
}

ChallengeAnswer LogonFlow::Ask(std::string server_message, Stage stage, absl::string_view state,
                               const Course& course) const {
  const sasl::LogonState sealed{
      course.attempt.mechanism,
      ByteWriter().LengthPrefixed(course.session_id).U8(stage).Bytes(state).Take()};
  return ChallengeAnswer{
      std::move(server_message),
      sasl::SealLogonState(sealed, BindingOf(course.attempt.attempt_id, *course.channel),
                           parts_.state_keys, parts_.clock.WallNow(), parts_.random)};
}

sasl::Connection LogonFlow::ConnectionOf(const Course& course) {
  const Channel& channel = *course.channel;
  sasl::Connection connection;
  connection.protocol = channel.protocol;
  if (!channel.tls) return connection;
  connection.tls = true;
  connection.server_end_point = channel.tls->server_end_point;
  connection.exporter = channel.tls->exporter;
  connection.certificate_names = channel.tls->certificate_names;
  connection.channel_binding_offered =
      std::any_of(course.policy.mechanisms.begin(), course.policy.mechanisms.end(),
                  [](const auto& one) { return one.enabled && one.needs_channel_binding; });
  return connection;
}

absl::StatusOr<Answer> LogonFlow::OnClaim(const authority::Claim& claim, Course* course) const {
  Attempt& attempt = course->attempt;
  attempt.client_name = ClientNameOf(claim);
  const std::vector<Reading> readings = ReadingsOf(
      claim, parts_.decider,
      {attempt.mechanism, AuthorizationIdOf(claim), attempt.time, NamesOf(course->policy)},
      settings_.netbios_domain);
  // The same for every spelling of a name, whether it exists or not.
  const auto* ntlm_claim = std::get_if<sasl::NtlmClaim>(&claim);
  const auto name = ntlm_claim ? ParseNtlmName(ntlm_claim->message.domain, ntlm_claim->message.user)
                               : ParseName(attempt.client_name);
  if (name && !IsAsserted(claim)) course->throttled_user = name->user;
  if (ntlm_claim) NoteEvidence(*ntlm_claim, &attempt);

  authority::TlsBinding binding;
  binding.tls = course->channel->tls.has_value();
  if (binding.tls) binding.server_end_point = course->channel->tls->server_end_point;
  const absl::StatusOr<authority::Verdict> verdict =
      parts_.authority.Validate(claim, binding, course->policy.ntlm, CandidatesOf(readings));
  if (!verdict.ok()) {
    SetFound(MostTelling(readings), &attempt);
    return Undecided(verdict.status(), course);
  }
  if (const auto* refused = std::get_if<authority::Refused>(&*verdict)) {
    const Decision& decision = MostTelling(readings);
    SetFound(decision, &attempt);
    attempt.trace.push_back({"authority", refused->finding});
    // A name that leads nowhere has a reason of its own: malformed, ambiguous or unknown.
    const bool is_nobody = refused->refusal == Refusal::kUnknownName && decision.account == nullptr;
    return Refuse(is_nobody ? *decision.refusal : refused->refusal, course);
  }
  const auto& validated = std::get<authority::Validated>(*verdict);
  const Decision& decision = readings[validated.candidate].decision;
  SetFound(decision, &attempt);
  attempt.trace.push_back({"authority", validated.finding});
  if (decision.refusal) return Refuse(*decision.refusal, course);
  if (validated.server_message.empty()) return Accept(decision, course);
  // The client is let in once it has seen the server's own proof.
  const std::string proven = ByteWriter()
                                 .LengthPrefixed(decision.account->id)
                                 .LengthPrefixed(attempt.client_name)
                                 .LengthPrefixed(AuthorizationIdOf(claim))
                                 .Take();
  ChallengeAnswer proof = Ask(validated.server_message, kProven, proven, *course);
  // It tells that the client's proof was right.
  proof.delay = parts_.throttle.Pending(course->throttled_user, course->channel->client);
  return proof;
}

absl::StatusOr<Answer> LogonFlow::OnAcknowledged(absl::string_view proven, const Secret& response,
                                                 Course* course) const {
  ByteReader reader(proven);
  const auto account_id = reader.ReadLengthPrefixed(directory::kMaxAccountIdOctets);
  const auto client_name = reader.ReadLengthPrefixed(kMaxClientNameOctets);
  // Missing from what a program of before delegates has sealed.
  const absl::string_view authorization_id =
      reader.ReadLengthPrefixed(kMaxAuthorizationIdOctets).value_or("");
  RESTANTE_CHECK(account_id && client_name);  // sealed by OnClaim
  Attempt& attempt = course->attempt;
  attempt.client_name = std::string(*client_name);
  const auto name = ParseName(attempt.client_name);
  if (name) course->throttled_user = name->user;
  // Once more: the account may have been changed meanwhile.
  const Decision decision = parts_.decider.Decide(
      name, {attempt.mechanism, authorization_id, attempt.time, NamesOf(course->policy)});
  SetFound(decision, &attempt);
  if (!response.empty()) {
    attempt.trace.push_back({"dialogue", "the client's last response is not empty"});
    return Refuse(Refusal::kMessageMalformed, course);
  }
  if (decision.refusal) return Refuse(*decision.refusal, course);
  if (decision.account->id != *account_id) return Refuse(Refusal::kUnknownName, course);
  attempt.trace.push_back({"authority", "proven before the server's own proof"});
  return Accept(decision, course);
}

absl::StatusOr<Answer> LogonFlow::Accept(const Decision& decision, Course* course) const {
  const directory::Account& owner = *decision.owner;
  const auto keys = parts_.grant_keys.find(owner.placement);
  if (keys == parts_.grant_keys.end()) {
    return Undecided(absl::FailedPreconditionError(
                         absl::StrCat("there is no grant key for placement ", owner.placement,
                                      "; add it to grant_keys in auth's configuration")),
                     course);
  }
  MaildropGrant grant;
  grant.mailbox_id = owner.mailbox_id;
  grant.placement = owner.placement;
  grant.session_id = course->session_id;
  grant.frontend_identity = course->caller_identity;
  grant.rights = MaildropGrant::kRead | (decision.may_delete ? MaildropGrant::kDelete : 0);
  grant.expire_time = parts_.clock.WallNow() + kGrantLifetime;
  Identity identity;
  identity.account_id = decision.account->id;
  identity.alias = owner.alias;
  identity.mailbox_id = owner.mailbox_id;
  identity.placement = owner.placement;
  identity.may_delete = decision.may_delete;
  identity.session_id = course->session_id;
  identity.maildrop_grant = SealGrant(grant, keys->second);
  identity.grant_expire_time = grant.expire_time;
  identity.delay = parts_.throttle.OnSuccess(course->throttled_user, course->channel->client);
  parts_.observer.OnAttempt(course->attempt);
  return identity;
}

Answer LogonFlow::Refuse(Refusal refusal, Course* course) const {
  course->attempt.refusal = refusal;
  Rejection rejection;
  rejection.public_reason = PublicReasonOf(refusal);
  if (rejection.public_reason == PublicReason::kCredentials) {
    rejection.delay = parts_.throttle.OnFailure(course->throttled_user, course->channel->client);
  }
  parts_.observer.OnAttempt(course->attempt);
  return rejection;
}

absl::Status LogonFlow::Undecided(absl::Status status, Course* course) const {
  course->attempt.undecided = status;
  parts_.observer.OnAttempt(course->attempt);
  return status;
}

std::optional<Refusal> LogonFlow::CheckPolicy(const directory::ProtocolPolicy& policy,
                                              absl::string_view mechanism, bool tls,
                                              const std::optional<IpAddress>& client,
                                              Attempt* attempt) const {
  const auto note = [attempt](absl::string_view rule, std::string finding) {
    attempt->trace.push_back({std::string(rule), std::move(finding)});
  };
  const directory::MechanismSetting* setting = directory::FindMechanism(policy, mechanism);
  if (setting == nullptr) {
    note("protocol-policy", absl::StrCat(EscapeForLog(mechanism), " is not a known mechanism"));
    return Refusal::kMechanismUnknown;
  }
  if (!setting->enabled) {
    note("protocol-policy", absl::StrCat(setting->mechanism, " is disabled for ", policy.protocol));
    return Refusal::kMechanismDisabled;
  }
  note("protocol-policy", absl::StrCat(setting->mechanism, " is enabled for ", policy.protocol));
  if (tls || !setting->NeedsTls()) return std::nullopt;
  if (!setting->needs_channel_binding && settings_.development_mode && client &&
      client->IsLoopback()) {
    note("tls", "no TLS, permitted from loopback in development mode");
    return std::nullopt;
  }
  note("tls", absl::StrCat(setting->mechanism, " needs TLS, and the client has none"));
  return Refusal::kTlsRequired;
}

}  // namespace restante::logon
