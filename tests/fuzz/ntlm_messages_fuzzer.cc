// The NTLM messages that a server reads, and the lists of pairs in them, as structures: each is
// read or refused, and a challenge can be made for every NEGOTIATE that is read.
#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"
#include "auth-service/ntlm/messages.h"
#include "common/base/check.h"

using namespace restante::ntlm;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  absl::string_view input(reinterpret_cast<const char*>(data), size);
  const ServerNames names = {"CORP", "MAIL", "corp.example", "mail.corp.example", "corp.example"};
  auto negotiate = ParseNegotiate(input);
  if (negotiate.ok()) {
    RESTANTE_CHECK(ParseChallenge(BuildChallenge(*negotiate, names, "12345678", 0)).ok());
  }
  (void)ParseChallenge(input).ok();
  (void)ParseAvPairs(input).has_value();
  return 0;
}
