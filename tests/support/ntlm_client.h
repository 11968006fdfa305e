#ifndef RESTANTE_TESTS_SUPPORT_NTLM_CLIENT_H_
#define RESTANTE_TESTS_SUPPORT_NTLM_CLIENT_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace restante {

// The client's side of NTLM, well-behaved or not, for tests of the server's side.
struct NtlmClient {
  std::string user = "User";
  std::string domain = "Domain";
  std::string workstation = "COMPUTER";
  std::string password = "Password";
  bool unicode = true;
  bool send_mic = false;
  bool exchange_key = false;
  bool spoil_mic = false;
  bool echo_timestamp = true;
  std::string channel_bindings;  // 16 octets, or empty for none
  std::string client_challenge = std::string(8, '\xaa');
  // Which domain goes into the proof, when it is another than the one sent.
  const char* proof_domain = nullptr;

  enum class Form { kNtlmV2, kNtlm2Session, kNtlmV1, kLmOnly, kAnonymous };
  Form form = Form::kNtlmV2;

  std::string Negotiate() const;
  // The AUTHENTICATE message that answers `challenge`.
  std::string Authenticate(absl::string_view negotiate, absl::string_view challenge) const;
};

}  // namespace restante

#endif  // RESTANTE_TESTS_SUPPORT_NTLM_CLIENT_H_
