#include "auth-service/rpc/faults.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"

namespace restante::rpc {
namespace {

void FindKeyFaults(const directory::Directory& directory, const directory::CredentialVault& vault,
                   std::vector<ServerFinding>* faults) {
  size_t old = 0;
  for (const auto& [key_id, count] : directory::CountCredentialsByKey(directory)) {
    if (!vault.HasKey(key_id)) {
      faults->push_back({"CREDENTIAL_KEY_MISSING",
                         absl::StrCat(count, " accounts cannot log on: the key ", key_id,
                                      " of their credentials is not loaded"),
                         "put it back into the directory of credential_keys and restart auth, or "
                         "set these accounts' credentials anew",
                         true});
    } else if (key_id != vault.active_key_id()) {
      old += count;
    }
  }
  if (old == 0) return;
  faults->push_back({"CREDENTIALS_UNDER_OLD_KEY",
                     absl::StrCat(old,
                                  " credentials are sealed under another key than the active "
                                  "one, ",
                                  vault.active_key_id()),
                     "run: restantectl credentials rewrap"});
}

void FindPolicyFaults(const directory::ProtocolPolicy& policy, std::vector<ServerFinding>* faults) {
  const auto enabled = [](const directory::MechanismSetting& setting) { return setting.enabled; };
  if (std::none_of(policy.mechanisms.begin(), policy.mechanisms.end(), enabled)) {
    faults->push_back({"NO_MECHANISM",
                       absl::StrCat("nobody can log on by ", policy.protocol,
                                    ": every mechanism is switched off"),
                       "run: restantectl policy update pop3 --enable NTLM", true});
  }
  for (const directory::MechanismSetting& setting : policy.mechanisms) {
    if (!setting.enabled || setting.NeedsTls()) continue;
    faults->push_back({"MECHANISM_WITHOUT_TLS",
                       absl::StrCat(setting.mechanism, " is accepted without TLS by ",
                                    policy.protocol, ", where others can read and change it"),
                       absl::StrCat("where no client needs that: restantectl policy update pop3 "
                                    "--require-tls ",
                                    setting.mechanism)});
  }
}

}  // namespace

std::vector<ServerFinding> FindFaults(const directory::Directory& directory,
                                      const directory::CredentialVault& vault,
                                      bool development_mode) {
  std::vector<ServerFinding> faults;
  FindKeyFaults(directory, vault, &faults);
  const absl::StatusOr<directory::ProtocolPolicy> policy = directory.GetPolicy("pop3");
  if (policy.ok()) FindPolicyFaults(*policy, &faults);
  if (development_mode) {
    faults.push_back(
        {"DEVELOPMENT_MODE",
         "clients on the loopback interface may log on to auth's front ends without TLS",
         "take development_mode out of auth's configuration and restart it"});
  }
  return faults;
}

}  // namespace restante::rpc
