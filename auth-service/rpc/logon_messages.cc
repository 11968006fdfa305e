#include "auth-service/rpc/logon_messages.h"

#include <optional>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "auth-service/directory/account.h"
#include "auth-service/rpc/directory_messages.h"
#include "auth-service/rpc/request_limits.h"
#include "common/base/error_reason.h"
#include "common/base/ids.h"
#include "common/base/status_macros.h"
#include "common/rpc/time_messages.h"

namespace restante::rpc {
namespace {

constexpr size_t kMaxMessageOctets = 9216;
constexpr size_t kMaxSealedStateOctets = 16384;
constexpr size_t kMaxTlsVersionOctets = 16;
constexpr size_t kMinEndPointOctets = 20;
constexpr size_t kMaxEndPointOctets = 64;
constexpr size_t kExporterOctets = 32;
constexpr int kMaxCertificateNames = 16;
constexpr int kMaxRecipients = 1000;
constexpr size_t kMaxRecipientOctets = 320;

absl::Status CheckId(absl::string_view field, absl::string_view id) {
  if (IsId(id)) return absl::OkStatus();
  return InvalidField(field, "must be 32 lower-case hexadecimal digits");
}

absl::StatusOr<logon::TlsFacts> ToTlsFacts(const auth::v1::TlsChannel& tls) {
  RESTANTE_RETURN_IF_ERROR(CheckSize("channel.tls.version", tls.version(), kMaxTlsVersionOctets));
  const size_t end_point = tls.server_end_point().size();
  if (end_point != 0 && (end_point < kMinEndPointOctets || end_point > kMaxEndPointOctets)) {
    return InvalidField("channel.tls.server_end_point", "must be 20 to 64 octets, or empty");
  }
  if (!tls.exporter().empty() && tls.exporter().size() != kExporterOctets) {
    return InvalidField("channel.tls.exporter", "must be 32 octets, or empty");
  }
  const auto& names = tls.client_certificate_names();
  if (names.size() > kMaxCertificateNames) {
    return InvalidField("channel.tls.client_certificate_names", "must be at most 16");
  }
  for (const std::string& name : names) {
    RESTANTE_RETURN_IF_ERROR(CheckSize("channel.tls.client_certificate_names", name,
                                       directory::kMaxCertificateNameOctets));
  }
  return logon::TlsFacts{
      tls.version(), tls.server_end_point(), tls.exporter(), {names.begin(), names.end()}};
}

absl::StatusOr<logon::Channel> ToChannel(const auth::v1::Channel& channel) {
  if (channel.protocol().empty() || channel.protocol().size() > kMaxProtocolOctets) {
    return InvalidField("channel.protocol", "must be 1 to 16 octets");
  }
  const std::optional<logon::IpAddress> client = logon::IpAddress::Parse(channel.client_address());
  if (!client) return InvalidField("channel.client_address", "must be an IP address");
  if (channel.client_port() > 65535) {
    return InvalidField("channel.client_port", "must be at most 65535");
  }
  RESTANTE_RETURN_IF_ERROR(CheckId("channel.connection_id", channel.connection_id()));
  logon::Channel result;
  result.protocol = channel.protocol();
  result.client_address = channel.client_address();
  result.client = *client;
  result.client_port = channel.client_port();
  result.connection_id = channel.connection_id();
  if (channel.has_tls()) {
    RESTANTE_ASSIGN_OR_RETURN(result.tls, ToTlsFacts(channel.tls()));
  }
  return result;
}

auth::v1::PublicReason ToProto(logon::PublicReason reason) {
  switch (reason) {
    case logon::PublicReason::kCredentials:
      return auth::v1::PUBLIC_REASON_CREDENTIALS;
    case logon::PublicReason::kMechanismUnknown:
      return auth::v1::PUBLIC_REASON_MECHANISM_UNKNOWN;
    case logon::PublicReason::kMechanismDisabled:
      return auth::v1::PUBLIC_REASON_MECHANISM_DISABLED;
    case logon::PublicReason::kTlsRequired:
      return auth::v1::PUBLIC_REASON_TLS_REQUIRED;
  }
  return auth::v1::PUBLIC_REASON_CREDENTIALS;
}

void FillIdentity(const logon::Identity& identity, auth::v1::Identity* message) {
  message->set_account(absl::StrCat("accounts/", identity.account_id));
  message->set_alias(identity.alias);
  message->set_mailbox_id(identity.mailbox_id);
  message->set_placement(identity.placement);
  message->set_maildrop_grant(identity.maildrop_grant);
  *message->mutable_grant_expire_time() = ToTimestamp(identity.grant_expire_time);
  message->set_session_id(identity.session_id);
  message->set_access(ToMailboxAccess(identity.may_delete));
  if (identity.delay > absl::ZeroDuration()) {
    *message->mutable_delay() = ToDurationMessage(identity.delay);
  }
}

// Both responses have the same outcomes.
template <typename Response>
void FillOutcome(const logon::Answer& answer, Response* response) {
  if (const auto* challenge = std::get_if<logon::ChallengeAnswer>(&answer)) {
    response->mutable_challenge()->set_server_message(challenge->server_message);
    response->mutable_challenge()->set_sealed_state(challenge->sealed_state);
    if (challenge->delay > absl::ZeroDuration()) {
      *response->mutable_challenge()->mutable_delay() = ToDurationMessage(challenge->delay);
    }
  } else if (const auto* identity = std::get_if<logon::Identity>(&answer)) {
    FillIdentity(*identity, response->mutable_accepted());
  } else {
    const auto& rejection = std::get<logon::Rejection>(answer);
    response->mutable_rejected()->set_public_reason(ToProto(rejection.public_reason));
    *response->mutable_rejected()->mutable_delay() = ToDurationMessage(rejection.delay);
  }
}

}  // namespace

absl::StatusOr<logon::BeginRequest> ToBeginRequest(const auth::v1::BeginLogonRequest& request,
                                                   const std::string& caller) {
  RESTANTE_RETURN_IF_ERROR(CheckId("attempt_id", request.attempt_id()));
  RESTANTE_RETURN_IF_ERROR(CheckId("session_id", request.session_id()));
  if (request.mechanism().empty() || request.mechanism().size() > kMaxMechanismOctets) {
    return InvalidField("mechanism", "must be 1 to 20 octets");
  }
  RESTANTE_RETURN_IF_ERROR(
      CheckSize("initial_response", request.initial_response(), kMaxMessageOctets));
  logon::BeginRequest result;
  RESTANTE_ASSIGN_OR_RETURN(result.channel, ToChannel(request.channel()));
  result.attempt_id = request.attempt_id();
  result.mechanism = request.mechanism();
  if (request.has_initial_response()) {
    result.initial_response = Secret::CopyOf(request.initial_response());
  }
  result.session_id = request.session_id();
  result.caller_identity = caller;
  return result;
}

absl::StatusOr<logon::ContinueRequest> ToContinueRequest(
    const auth::v1::ContinueLogonRequest& request, const std::string& caller) {
  RESTANTE_RETURN_IF_ERROR(CheckId("attempt_id", request.attempt_id()));
  RESTANTE_RETURN_IF_ERROR(
      CheckSize("sealed_state", request.sealed_state(), kMaxSealedStateOctets));
  RESTANTE_RETURN_IF_ERROR(CheckSize("response", request.response(), kMaxMessageOctets));
  logon::ContinueRequest result;
  RESTANTE_ASSIGN_OR_RETURN(result.channel, ToChannel(request.channel()));
  result.attempt_id = request.attempt_id();
  result.sealed_state = request.sealed_state();
  result.response = Secret::CopyOf(request.response());
  result.caller_identity = caller;
  return result;
}

void FromAnswer(const logon::Answer& answer, auth::v1::BeginLogonResponse* response) {
  FillOutcome(answer, response);
}

void FromAnswer(const logon::Answer& answer, auth::v1::ContinueLogonResponse* response) {
  FillOutcome(answer, response);
}

absl::Status CheckResolveRequest(const auth::v1::ResolveRecipientsRequest& request) {
  if (request.addresses_size() > kMaxRecipients) {
    return InvalidField("addresses", "must be at most 1,000");
  }
  for (int i = 0; i < request.addresses_size(); ++i) {
    RESTANTE_RETURN_IF_ERROR(
        CheckSize(absl::StrCat("addresses[", i, "]"), request.addresses(i), kMaxRecipientOctets));
  }
  return absl::OkStatus();
}

}  // namespace restante::rpc
