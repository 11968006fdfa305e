#include "tools/restantectl/logons.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/error_reason.h"
#include "common/base/ids.h"
#include "common/base/status_macros.h"
#include "tools/restantectl/errors.h"

namespace restante::ctl {
namespace {

using auth::v1::MechanismSetting;
using auth::v1::NtlmSettings;
using auth::v1::ProtocolPolicy;
using Directory = auth::v1::DirectoryService::StubInterface;

// What is wanted of one switch, by mechanism in upper case.
using Wanted = std::map<std::string, bool>;

absl::StatusOr<Wanted> Collect(const std::vector<std::string>& on,
                               const std::vector<std::string>& off) {
  Wanted wanted;
  for (const std::string& mechanism : on) wanted[absl::AsciiStrToUpper(mechanism)] = true;
  for (const std::string& mechanism : off) {
    const auto [entry, fresh] = wanted.emplace(absl::AsciiStrToUpper(mechanism), false);
    if (!fresh && entry->second) {
      return UsageError(absl::StrCat(mechanism, " is asked for both ways"));
    }
  }
  return wanted;
}

absl::Status RequireKnown(const Wanted& wanted, const std::vector<std::string>& known) {
  for (const auto& [mechanism, value] : wanted) {
    if (std::find(known.begin(), known.end(), mechanism) != known.end()) continue;
    return UsageError(absl::StrCat("auth knows no mechanism ", mechanism,
                                   "; it knows: ", absl::StrJoin(known, ", ")));
  }
  return absl::OkStatus();
}

absl::StatusOr<ProtocolPolicy> FetchPolicy(Session& session, Directory* directory,
                                           const std::string& protocol) {
  auth::v1::GetProtocolPolicyRequest request;
  request.set_name(ResourceName("protocolPolicies", protocol));
  ProtocolPolicy policy;
  RESTANTE_RETURN_IF_ERROR(
      Call(session, directory, &Directory::GetProtocolPolicy, request, &policy));
  return policy;
}

absl::StatusOr<ProtocolPolicy> TryUpdate(Session& session, Directory* directory,
                                         const PolicyChanges& changes) {
  auth::v1::UpdateProtocolPolicyRequest request;
  RESTANTE_ASSIGN_OR_RETURN(*request.mutable_policy(),
                            FetchPolicy(session, directory, changes.protocol));
  RESTANTE_ASSIGN_OR_RETURN(const std::vector<std::string> paths,
                            ApplyChanges(changes, request.mutable_policy()));
  for (const std::string& path : paths) request.mutable_update_mask()->add_paths(path);
  request.set_request_id(NewId(session.random));
  ProtocolPolicy policy;
  RESTANTE_RETURN_IF_ERROR(
      Call(session, directory, &Directory::UpdateProtocolPolicy, request, &policy));
  return policy;
}

// Whether any switch changes.
absl::StatusOr<bool> ApplySwitches(const PolicyChanges& changes, ProtocolPolicy* policy) {
  RESTANTE_ASSIGN_OR_RETURN(const Wanted enabled, Collect(changes.enable, changes.disable));
  RESTANTE_ASSIGN_OR_RETURN(const Wanted require_tls,
                            Collect(changes.require_tls, changes.no_require_tls));
  std::vector<std::string> known;
  google::protobuf::RepeatedPtrField<MechanismSetting> changed;
  for (const MechanismSetting& setting : policy->mechanisms()) {
    known.push_back(setting.mechanism());
    const auto enable = enabled.find(setting.mechanism());
    const auto require = require_tls.find(setting.mechanism());
    if (enable == enabled.end() && require == require_tls.end()) continue;
    MechanismSetting& change = *changed.Add();
    change = setting;
    if (enable != enabled.end()) change.set_enabled(enable->second);
    if (require != require_tls.end()) change.set_require_tls(require->second);
  }
  RESTANTE_RETURN_IF_ERROR(RequireKnown(enabled, known));
  RESTANTE_RETURN_IF_ERROR(RequireKnown(require_tls, known));
  policy->mutable_mechanisms()->Swap(&changed);
  return !policy->mechanisms().empty();
}

absl::Status ChangeTargetNames(const NtlmChanges& changes, NtlmSettings* settings) {
  auto& names = *settings->mutable_accepted_target_names();
  const auto find = [&names](const std::string& name) {
    return std::find_if(names.begin(), names.end(), [&name](const std::string& held) {
      return absl::EqualsIgnoreCase(held, name);
    });
  };
  for (const std::string& name : changes.remove_target_names) {
    const auto found = find(name);
    if (found == names.end()) {
      return UsageError(absl::StrCat("the policy has no NTLM target name ", name, "; it has: ",
                                     names.empty() ? "none" : absl::StrJoin(names, ", ")));
    }
    names.erase(found);
  }
  for (const std::string& name : changes.add_target_names) {
    if (find(name) == names.end()) *names.Add() = name;
  }
  return absl::OkStatus();
}

// Whether any setting changes.
absl::StatusOr<bool> ApplyNtlm(const NtlmChanges& changes, NtlmSettings* settings) {
  RESTANTE_RETURN_IF_ERROR(ChangeTargetNames(changes, settings));
  if (changes.weakest_response) settings->set_weakest_response(*changes.weakest_response);
  if (changes.weak_responses_without_tls) {
    settings->set_weak_responses_without_tls(*changes.weak_responses_without_tls);
  }
  if (changes.allow_lmv2) settings->set_allow_lmv2(*changes.allow_lmv2);
  if (changes.require_mic) settings->set_require_mic(*changes.require_mic);
  return changes.weakest_response || changes.weak_responses_without_tls || changes.allow_lmv2 ||
         changes.require_mic || !changes.add_target_names.empty() ||
         !changes.remove_target_names.empty();
}

}  // namespace

absl::StatusOr<std::vector<std::string>> ApplyChanges(const PolicyChanges& changes,
                                                      ProtocolPolicy* policy) {
  RESTANTE_ASSIGN_OR_RETURN(const bool switches, ApplySwitches(changes, policy));
  RESTANTE_ASSIGN_OR_RETURN(const bool ntlm, ApplyNtlm(changes.ntlm, policy->mutable_ntlm()));
  std::vector<std::string> paths;
  if (switches) paths.emplace_back("mechanisms");
  if (ntlm) paths.emplace_back("ntlm");
  RESTANTE_ASSIGN_OR_RETURN(const bool names, ApplyNames(changes.names, policy));
  if (names) paths.emplace_back("names");
  if (paths.empty()) return UsageError("nothing to change was given");
  return paths;
}

absl::Status ExplainLogon(Session& session, const LogonQuestion& question) {
  auth::v1::ExplainLogonRequest request;
  if (!question.reference.empty()) {
    request.set_reference(question.reference);
  } else {
    auth::v1::HypotheticalLogon& logon = *request.mutable_hypothetical();
    logon.set_client_name(question.name);
    logon.set_mechanism(question.mechanism);
    logon.set_client_address(question.client_address);
    logon.set_tls(question.tls);
  }
  RESTANTE_ASSIGN_OR_RETURN(Directory * directory, session.services.Directory());
  auth::v1::ExplainLogonResponse response;
  RESTANTE_RETURN_IF_ERROR(Call(session, directory, &Directory::ExplainLogon, request, &response));
  Print(response, session.format, session.console.out());
  return absl::OkStatus();
}

absl::Status GetPolicy(Session& session, const std::string& protocol) {
  RESTANTE_ASSIGN_OR_RETURN(Directory * directory, session.services.Directory());
  RESTANTE_ASSIGN_OR_RETURN(const ProtocolPolicy policy, FetchPolicy(session, directory, protocol));
  Print(policy, session.format, session.console.out());
  return absl::OkStatus();
}

absl::Status UpdatePolicy(Session& session, const PolicyChanges& changes) {
  constexpr int kMaxTries = 3;
  RESTANTE_ASSIGN_OR_RETURN(Directory * directory, session.services.Directory());
  absl::StatusOr<ProtocolPolicy> policy = TryUpdate(session, directory, changes);
  for (int i = 1; i < kMaxTries; ++i) {
    if (GetErrorReason(policy.status()) != ErrorReason::kEtagMismatch) break;
    policy = TryUpdate(session, directory, changes);
  }
  if (!policy.ok()) return policy.status();
  Print(*policy, session.format, session.console.out());
  return absl::OkStatus();
}

}  // namespace restante::ctl
