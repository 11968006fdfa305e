#include "auth-service/rpc/directory_messages.h"

#include <algorithm>
#include <limits>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "auth-service/directory/validation.h"
#include "auth-service/rpc/request_limits.h"
#include "common/base/error_reason.h"
#include "common/base/escape.h"
#include "common/base/status_macros.h"
#include "common/rpc/pages.h"
#include "common/rpc/time_messages.h"

namespace restante::rpc {
namespace {

constexpr char kAccountPrefix[] = "accounts/";
constexpr char kPolicyPrefix[] = "protocolPolicies/";
constexpr char kPageTokenPrefix[] = "1:";
constexpr int kMaxMechanisms = 32;
constexpr size_t kEtagDigits = 16;
// No account or policy gets this far.
constexpr uint64_t kNoRevision = std::numeric_limits<uint64_t>::max();

std::string EtagOf(uint64_t revision) {
  return absl::StrCat(absl::Hex(revision, absl::kZeroPad16));
}

uint64_t RevisionOf(absl::string_view etag) {
  uint64_t revision = 0;
  if (etag.size() != kEtagDigits || !absl::SimpleHexAtoi(etag, &revision)) return kNoRevision;
  return revision;
}

auth::v1::NtlmResponseForm ToProto(ntlm::WeakestResponse weakest) {
  switch (weakest) {
    case ntlm::WeakestResponse::kNtlmV2:
      return auth::v1::NTLM_RESPONSE_FORM_NTLMV2;
    case ntlm::WeakestResponse::kNtlm2Session:
      return auth::v1::NTLM_RESPONSE_FORM_NTLM2_SESSION;
    case ntlm::WeakestResponse::kNtlmV1:
      return auth::v1::NTLM_RESPONSE_FORM_NTLMV1;
  }
  return auth::v1::NTLM_RESPONSE_FORM_NTLMV2;
}

// nullopt for an unspecified one.
absl::StatusOr<std::optional<ntlm::WeakestResponse>> ToWeakestResponse(
    absl::string_view field, auth::v1::NtlmResponseForm form) {
  if (form == auth::v1::NTLM_RESPONSE_FORM_UNSPECIFIED) return std::nullopt;
  if (form == auth::v1::NTLM_RESPONSE_FORM_NTLMV2) return ntlm::WeakestResponse::kNtlmV2;
  if (form == auth::v1::NTLM_RESPONSE_FORM_NTLMV1) return ntlm::WeakestResponse::kNtlmV1;
  if (form == auth::v1::NTLM_RESPONSE_FORM_NTLM2_SESSION) {
    return ntlm::WeakestResponse::kNtlm2Session;
  }
  return InvalidField(field, "is not a known form of response");
}

template <typename Repeated>
std::vector<std::string> ToVector(const Repeated& repeated) {
  return {repeated.begin(), repeated.end()};
}

auth::v1::NtlmSettings ToProto(const ntlm::Policy& policy) {
  auth::v1::NtlmSettings message;
  message.set_weakest_response(ToProto(policy.weakest_response));
  message.set_weak_responses_without_tls(policy.weak_responses_without_tls);
  message.set_allow_lmv2(policy.allow_lmv2);
  message.set_require_mic(policy.require_mic);
  for (const std::string& name : policy.accepted_target_names) {
    message.add_accepted_target_names(name);
  }
  return message;
}

absl::StatusOr<ntlm::Policy> ToNtlmPolicy(const auth::v1::NtlmSettings& settings) {
  RESTANTE_ASSIGN_OR_RETURN(
      const std::optional<ntlm::WeakestResponse> weakest,
      ToWeakestResponse("policy.ntlm.weakest_response", settings.weakest_response()));
  ntlm::Policy policy;
  policy.weakest_response = weakest.value_or(ntlm::WeakestResponse::kNtlmV2);
  policy.weak_responses_without_tls = settings.weak_responses_without_tls();
  policy.allow_lmv2 = settings.allow_lmv2();
  policy.require_mic = settings.require_mic();
  policy.accepted_target_names = ToVector(settings.accepted_target_names());
  return policy;
}

auth::v1::NameCase ToProto(directory::NameCase name_case) {
  return name_case == directory::NameCase::kExact ? auth::v1::NAME_CASE_EXACT
                                                  : auth::v1::NAME_CASE_INSENSITIVE;
}

auth::v1::NameSettings ToProto(const directory::NamePolicy& policy) {
  auth::v1::NameSettings message;
  message.set_default_domain(policy.default_domain);
  // The values are the contract's.
  message.set_empty_domain(static_cast<auth::v1::EmptyDomain>(policy.empty_domain));
  message.set_foreign_domain(static_cast<auth::v1::ForeignDomain>(policy.foreign_domain));
  message.set_user_case(ToProto(policy.user_case));
  for (const directory::Realm& realm : policy.realms) {
    auth::v1::Realm* added = message.add_realms();
    added->set_name(realm.name);
    added->set_windows_domain(realm.windows_domain);
    if (realm.user_case) added->set_user_case(ToProto(*realm.user_case));
  }
  return message;
}

// nullopt for an unspecified one.
template <typename Domain, typename Proto>
absl::StatusOr<std::optional<Domain>> ToEnum(absl::string_view field, Proto value, Domain last) {
  if (value == 0) return std::optional<Domain>();
  if (value < 0 || static_cast<int>(value) > static_cast<int>(last)) {
    return InvalidField(field, "is not a known value");
  }
  return std::optional<Domain>(static_cast<Domain>(value));
}

absl::StatusOr<directory::NamePolicy> ToNamePolicy(const auth::v1::NameSettings& settings) {
  using directory::NameCase;
  directory::NamePolicy policy;
  policy.default_domain = settings.default_domain();
  RESTANTE_ASSIGN_OR_RETURN(const auto empty_domain,
                            ToEnum("policy.names.empty_domain", settings.empty_domain(),
                                   directory::EmptyDomain::kRefuse));
  RESTANTE_ASSIGN_OR_RETURN(const auto foreign_domain,
                            ToEnum("policy.names.foreign_domain", settings.foreign_domain(),
                                   directory::ForeignDomain::kIgnore));
  RESTANTE_ASSIGN_OR_RETURN(const auto user_case, ToEnum("policy.names.user_case",
                                                         settings.user_case(), NameCase::kExact));
  policy.empty_domain = empty_domain.value_or(policy.empty_domain);
  policy.foreign_domain = foreign_domain.value_or(policy.foreign_domain);
  policy.user_case = user_case.value_or(policy.user_case);
  for (const auth::v1::Realm& realm : settings.realms()) {
    RESTANTE_ASSIGN_OR_RETURN(const auto realm_case, ToEnum("policy.names.realms.user_case",
                                                            realm.user_case(), NameCase::kExact));
    policy.realms.push_back({realm.name(), realm.windows_domain(), realm_case});
  }
  return policy;
}

absl::StatusOr<std::vector<directory::MechanismChange>> ToMechanismChanges(
    const auth::v1::ProtocolPolicy& policy) {
  if (policy.mechanisms_size() > kMaxMechanisms) {
    return InvalidField("policy.mechanisms", "must be at most 32");
  }
  std::vector<directory::MechanismChange> changes;
  for (const auth::v1::MechanismSetting& setting : policy.mechanisms()) {
    changes.push_back({setting.mechanism(), setting.enabled(), setting.require_tls()});
  }
  return changes;
}

auth::v1::Delegate ToProto(const directory::Delegate& delegate) {
  auth::v1::Delegate message;
  message.set_account(absl::StrCat(kAccountPrefix, delegate.account_id));
  message.set_access(ToMailboxAccess(delegate.may_delete));
  if (delegate.expire_time != absl::InfiniteFuture()) {
    *message.mutable_expire_time() = ToTimestamp(delegate.expire_time);
  }
  return message;
}

}  // namespace

auth::v1::MailboxAccess ToMailboxAccess(bool may_delete) {
  return may_delete ? auth::v1::MAILBOX_ACCESS_READ_AND_DELETE : auth::v1::MAILBOX_ACCESS_READ;
}

auth::v1::Account ToProto(const directory::Account& account) {
  auth::v1::Account message;
  message.set_name(absl::StrCat(kAccountPrefix, account.id));
  for (const std::string& name : account.windows_names) message.add_windows_names(name);
  for (const std::string& name : account.principal_names) message.add_principal_names(name);
  message.set_alias(account.alias);
  for (const std::string& address : account.addresses) message.add_addresses(address);
  for (const std::string& name : account.certificate_names) message.add_certificate_names(name);
  for (const std::string& subject : account.token_subjects) message.add_token_subjects(subject);
  message.set_mailbox_id(account.mailbox_id);
  message.set_placement(account.placement);
  message.set_disabled(account.disabled);
  for (const std::string& mechanism : account.disabled_mechanisms) {
    message.add_disabled_mechanisms(mechanism);
  }
  for (const directory::Delegate& delegate : account.delegates) {
    *message.add_delegates() = ToProto(delegate);
  }
  message.set_etag(EtagOf(account.revision));
  *message.mutable_create_time() = ToTimestamp(account.create_time);
  *message.mutable_update_time() = ToTimestamp(account.update_time);
  message.set_has_credential(account.credential.has_value());
  if (account.deletion) {
    *message.mutable_delete_time() = ToTimestamp(account.deletion->delete_time);
    *message.mutable_expire_time() = ToTimestamp(account.deletion->expire_time);
  }
  if (account.weakest_ntlm_response) {
    message.set_weakest_ntlm_response(ToProto(*account.weakest_ntlm_response));
  }
  return message;
}

auth::v1::ProtocolPolicy ToProto(const directory::ProtocolPolicy& policy) {
  auth::v1::ProtocolPolicy message;
  message.set_name(absl::StrCat(kPolicyPrefix, policy.protocol));
  for (const directory::MechanismSetting& setting : policy.mechanisms) {
    auth::v1::MechanismSetting* mechanism = message.add_mechanisms();
    mechanism->set_mechanism(setting.mechanism);
    mechanism->set_enabled(setting.enabled);
    mechanism->set_require_tls(setting.require_tls);
    mechanism->set_client_first(setting.client_first);
    mechanism->set_needs_channel_binding(setting.needs_channel_binding);
    mechanism->set_needs_certificate(setting.needs_certificate);
  }
  *message.mutable_ntlm() = ToProto(policy.ntlm);
  if (policy.names) *message.mutable_names() = ToProto(*policy.names);
  message.set_etag(EtagOf(policy.revision));
  if (policy.revision != 0) *message.mutable_update_time() = ToTimestamp(policy.update_time);
  return message;
}

absl::StatusOr<std::string> ParseAccountName(absl::string_view field, absl::string_view name) {
  if (absl::ConsumePrefix(&name, kAccountPrefix) && directory::IsAccountId(name)) {
    return std::string(name);
  }
  return InvalidField(field, "must be accounts/ID");
}

absl::StatusOr<std::string> ParsePolicyName(absl::string_view field, absl::string_view name) {
  if (absl::ConsumePrefix(&name, kPolicyPrefix) && !name.empty() &&
      name.size() <= kMaxProtocolOctets) {
    return std::string(name);
  }
  return InvalidField(field, "must be protocolPolicies/PROTOCOL");
}

directory::WriteOptions ToWriteOptions(const std::string& etag, const std::string& request_id) {
  directory::WriteOptions options;
  if (!etag.empty()) options.expected_revision = RevisionOf(etag);
  options.request_id = request_id;
  return options;
}

absl::StatusOr<directory::NewAccount> ToNewAccount(const auth::v1::CreateAccountRequest& request,
                                                   const std::string& default_placement) {
  const auth::v1::Account& account = request.account();
  directory::NewAccount result;
  result.id = request.account_id();
  result.windows_names = ToVector(account.windows_names());
  result.principal_names = ToVector(account.principal_names());
  result.alias = account.alias();
  result.addresses = ToVector(account.addresses());
  result.certificate_names = ToVector(account.certificate_names());
  result.token_subjects = ToVector(account.token_subjects());
  result.placement = account.placement().empty() ? default_placement : account.placement();
  result.disabled = account.disabled();
  result.disabled_mechanisms = ToVector(account.disabled_mechanisms());
  RESTANTE_ASSIGN_OR_RETURN(
      result.weakest_ntlm_response,
      ToWeakestResponse("account.weakest_ntlm_response", account.weakest_ntlm_response()));
  return result;
}

absl::StatusOr<directory::AccountChange> ToAccountChange(
    const auth::v1::UpdateAccountRequest& request) {
  if (request.update_mask().paths().empty()) {
    return InvalidField("update_mask", "must name at least one field");
  }
  const auth::v1::Account& account = request.account();
  directory::AccountChange change;
  for (const std::string& path : request.update_mask().paths()) {
    if (path == "windows_names") {
      change.windows_names = ToVector(account.windows_names());
    } else if (path == "principal_names") {
      change.principal_names = ToVector(account.principal_names());
    } else if (path == "alias") {
      change.alias = account.alias();
    } else if (path == "addresses") {
      change.addresses = ToVector(account.addresses());
    } else if (path == "certificate_names") {
      change.certificate_names = ToVector(account.certificate_names());
    } else if (path == "token_subjects") {
      change.token_subjects = ToVector(account.token_subjects());
    } else if (path == "disabled") {
      change.disabled = account.disabled();
    } else if (path == "disabled_mechanisms") {
      change.disabled_mechanisms = ToVector(account.disabled_mechanisms());
    } else if (path == "weakest_ntlm_response") {
      RESTANTE_ASSIGN_OR_RETURN(
          change.weakest_ntlm_response,
          ToWeakestResponse("account.weakest_ntlm_response", account.weakest_ntlm_response()));
    } else {
      return InvalidField("update_mask",
                          absl::StrCat(EscapeForLog(path), " is not a field that can be changed"));
    }
  }
  return change;
}

absl::StatusOr<directory::DelegateGrant> ToDelegateGrant(const auth::v1::Delegate& delegate) {
  directory::DelegateGrant grant;
  RESTANTE_ASSIGN_OR_RETURN(grant.account_id,
                            ParseAccountName("delegate.account", delegate.account()));
  if (delegate.access() == auth::v1::MAILBOX_ACCESS_READ_AND_DELETE) {
    grant.may_delete = true;
  } else if (delegate.access() != auth::v1::MAILBOX_ACCESS_READ &&
             delegate.access() != auth::v1::MAILBOX_ACCESS_UNSPECIFIED) {
    return InvalidField("delegate.access", "is not a known access");
  }
  if (!delegate.has_expire_time()) return grant;
  const std::optional<absl::Time> end = FromTimestamp(delegate.expire_time());
  if (!end) return InvalidField("delegate.expire_time", "is no time of the years 1 to 9999");
  grant.expire_time = *end;
  return grant;
}

absl::StatusOr<directory::PolicyChange> ToPolicyChange(
    const auth::v1::UpdateProtocolPolicyRequest& request) {
  directory::PolicyChange change;
  if (request.update_mask().paths().empty()) {
    return InvalidField("update_mask", "must name at least one field");
  }
  for (const std::string& path : request.update_mask().paths()) {
    if (path == "mechanisms") {
      RESTANTE_ASSIGN_OR_RETURN(change.mechanisms, ToMechanismChanges(request.policy()));
    } else if (path == "ntlm") {
      RESTANTE_ASSIGN_OR_RETURN(change.ntlm, ToNtlmPolicy(request.policy().ntlm()));
    } else if (path == "names") {
      change.names.emplace();
      if (!request.policy().has_names()) continue;
      RESTANTE_ASSIGN_OR_RETURN(*change.names, ToNamePolicy(request.policy().names()));
    } else {
      return InvalidField("update_mask",
                          absl::StrCat(EscapeForLog(path), " is not a field that can be changed"));
    }
  }
  return change;
}

std::string MakePageToken(absl::string_view id) {
  return absl::WebSafeBase64Escape(absl::StrCat(kPageTokenPrefix, id));
}

absl::StatusOr<std::string> ParsePageToken(const std::string& token) {
  if (token.empty()) return std::string();
  std::string text;
  absl::string_view id;
  if (token.size() <= 2 * directory::kMaxAccountIdOctets &&
      absl::WebSafeBase64Unescape(token, &text)) {
    id = text;
  }
  if (absl::ConsumePrefix(&id, kPageTokenPrefix) && directory::IsAccountId(id)) {
    return std::string(id);
  }
  return WrongPageToken();
}

}  // namespace restante::rpc
