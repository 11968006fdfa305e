// The client's last NTLM message against a challenge and a password that no corpus entry was made
// with: it is read or refused, and never accepted. The input's first octet chooses the charset of
// the challenge.
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"
#include "auth-service/ntlm/messages.h"
#include "auth-service/ntlm/verify.h"
#include "common/base/check.h"

namespace {

using namespace restante::ntlm;
using restante::Secret;

constexpr size_t kMaxInputOctets = 9217;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  absl::string_view input(reinterpret_cast<const char*>(data), size);
  if (input.empty() || input.size() > kMaxInputOctets) return 0;
  uint32_t charset = (input.front() & 1) != 0 ? kUnicode : kOem;
  input.remove_prefix(1);

  static const Secret* const nt_hash = new Secret(NtHash(Secret::CopyOf("no client's password")));
  const ServerNames names = {"CORP", "MAIL", "corp.example", "mail.corp.example", "corp.example"};
  Conversation conversation;
  conversation.challenge =
      BuildChallenge({.flags = charset | kExtendedSessionSecurity}, names, "12345678", 0);
  conversation.authenticate = std::string(input);
  const Exchange exchange(std::move(conversation));
  // Every form is allowed, so that nothing but the proof itself refuses.
  Rules rules;
  rules.policy.weakest_response = WeakestResponse::kNtlmV1;
  rules.policy.weak_responses_without_tls = true;
  rules.policy.allow_lmv2 = true;
  RESTANTE_CHECK(exchange.Judge(exchange.MatchWith(*nt_hash), rules) != Verdict::kAccepted);
  return 0;
}
