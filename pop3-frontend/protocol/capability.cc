#include "pop3-frontend/protocol/capability.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace restante::pop3 {
namespace {

constexpr absl::string_view kAlways =
    "TOP\r\nUIDL\r\nRESP-CODES\r\nAUTH-RESP-CODE\r\nPIPELINING\r\nLOGIN-DELAY 0\r\nLANG\r\n";

}  // namespace

const MechanismPolicy::Mechanism* FindMechanism(const MechanismPolicy* policy,
                                                absl::string_view name) {
  if (policy == nullptr) return nullptr;
  for (const MechanismPolicy::Mechanism& mechanism : policy->mechanisms) {
    if (absl::EqualsIgnoreCase(mechanism.name, name)) return &mechanism;
  }
  return nullptr;
}

bool IsUsable(const MechanismPolicy::Mechanism& mechanism, const SessionOptions& options) {
  if (!mechanism.enabled) return false;
  if (mechanism.needs_certificate && !options.has_certificate) return false;
  if (options.tls) return true;
  return !mechanism.needs_channel_binding && (options.logon_without_tls || !mechanism.require_tls);
}

std::vector<std::string> UsableMechanisms(const MechanismPolicy* policy,
                                          const SessionOptions& options) {
  std::vector<std::string> names;
  if (policy == nullptr) return names;
  for (const MechanismPolicy::Mechanism& mechanism : policy->mechanisms) {
    if (IsUsable(mechanism, options)) names.push_back(mechanism.name);
  }
  return names;
}

std::string CapabilityLines(const MechanismPolicy* policy, const SessionOptions& options) {
  std::string lines(kAlways);
  const MechanismPolicy::Mechanism* plain = FindMechanism(policy, "PLAIN");
  const bool user = plain != nullptr && IsUsable(*plain, options);
  // With USER: names and passwords are UTF-8 anyway.
  lines += user ? "UTF8 USER\r\nUSER\r\n" : "UTF8\r\n";
  if (options.stls_available && !options.tls) lines += "STLS\r\n";
  const std::vector<std::string> mechanisms = UsableMechanisms(policy, options);
  if (!mechanisms.empty()) absl::StrAppend(&lines, "SASL ", absl::StrJoin(mechanisms, " "), "\r\n");
  return lines + "IMPLEMENTATION Restante\r\n";
}

std::string CapabilityLinesAfterLogon(std::optional<int32_t> retention_days) {
  const std::string expire = retention_days ? absl::StrCat(*retention_days) : "NEVER";
  return absl::StrCat(kAlways, "EXPIRE ", expire, "\r\nUTF8\r\nIMPLEMENTATION Restante\r\n");
}

}  // namespace restante::pop3
