#ifndef RESTANTE_TESTS_SUPPORT_NTLM_CLIENT_H_
#define RESTANTE_TESTS_SUPPORT_NTLM_CLIENT_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace restante {

// The client's side of NTLM, well-behaved or not, for tests of the server's side. Every form that
// clients speak, and the faults that they have or that an attacker would try.
struct NtlmClient {
  std::string user = "User";
  std::string domain = "Domain";
  std::string workstation = "COMPUTER";
  std::string password = "Password";

  enum class Form { kNtlmV2, kNtlm2Session, kNtlmV1, kLmV2, kLmOnly, kAnonymous };
  Form form = Form::kNtlmV2;

  // How names go over the wire: UTF-16, or the octets of their UTF-8.
  bool unicode = true;
  // Widens each octet of its UTF-8 to 16 bits, as clients without a charset do: in names that go
  // over the wire as UTF-16, and in everything that is hashed, whose letters it makes upper case
  // only where they are ASCII.
  bool widen_utf8 = false;
  // Offer extended session security; absent: when the form can use it.
  std::optional<bool> session_security;
  std::string client_challenge = std::string(8, '\xaa');

  // NTLMv2 alone.
  bool echo_target_info = true;  // the server's AV pairs, in front of our own
  bool echo_timestamp = true;    // otherwise another one
  uint64_t filetime = 0;         // by this client's clock
  bool send_lmv2 = false;        // in the LM field, whose 24 octets are zero otherwise
  bool send_mic = false;
  bool exchange_key = false;
  std::string channel_bindings;  // 16 octets, or empty for none
  std::string target_name;       // "pop/mail.example"; empty for none

  // Faults.
  const char* proof_domain = nullptr;  // in the proof, when it is another than the one sent
  bool spoil_mic = false;
  bool read_challenge_late = false;  // by three octets, as Java Mail does
  size_t cut_nt_response = 0;        // octets that are missing at its end

  // Where the payload begins: 88 with version and MIC, 72 with version, 64 with flags, 52 with
  // neither flags nor session key.
  size_t payload_offset = 88;

  std::string Negotiate() const;
  // The AUTHENTICATE message that answers `challenge`; answering another one than was sent last is
  // the caller's to do.
  std::string Authenticate(absl::string_view negotiate, absl::string_view challenge) const;
};

}  // namespace restante

#endif  // RESTANTE_TESTS_SUPPORT_NTLM_CLIENT_H_
