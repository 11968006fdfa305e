#ifndef RESTANTE_AUTH_SERVICE_NTLM_RESPONSES_H_
#define RESTANTE_AUTH_SERVICE_NTLM_RESPONSES_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "auth-service/ntlm/messages.h"
#include "auth-service/ntlm/policy.h"
#include "common/base/secret.h"

// The responses of [MS-NLMP] 2.2.2 and 3.3 as octets, and the computations that they are made by.
// Pure functions, thread-safe.
namespace restante::ntlm {

// MD4 of the password as UTF-16LE: NTOWFv1 of [MS-NLMP] 3.3.1. Password-equivalent. An invalid
// UTF-8 password has each octet widened, as clients without a charset do.
Secret NtHash(const Secret& password_utf8);

// What goes into NTOWFv2 beside the hash ([MS-NLMP] 3.3.2): UTF-16LE of user, in upper case, and
// domain, in the spellings that clients use for one name, without duplicates. One for ASCII; beyond
// it some leave other letters in the case they are in, or, where names are not UTF-16 on the wire
// (`unicode` false), widen each octet of UTF-8 to 16 bits.
std::vector<std::string> NtlmV2Identities(absl::string_view user, absl::string_view domain,
                                          bool unicode);

// NTOWFv2 of [MS-NLMP] 3.3.2.
Secret NtlmV2Key(const Secret& nt_hash, absl::string_view identity);

// What NTLM2 session puts in the server challenge's place ([MS-NLMP] 3.3.1): eight octets.
std::string SessionChallenge(absl::string_view server_challenge,
                             absl::string_view client_challenge);

// MD5 over the gss_channel_bindings_struct of [MS-NLMP] 2.2.2.1 for tls-server-end-point, from the
// certificate's hash (RFC 5929 section 4). 16 octets.
std::string ChannelBindingHash(absl::string_view server_end_point);

// `challenge_flags` are those of our CHALLENGE.
ResponseForm FormOf(const AuthenticateMessage& message, uint32_t challenge_flags);

// An NTLMv2 response taken apart ([MS-NLMP] 2.2.2.7 and 2.2.2.8). Views into the response.
struct NtlmV2Response {
  absl::string_view proof;
  absl::string_view temp;  // exactly as sent: the proof covers it
  uint64_t filetime = 0;   // by the client's clock, or an echo of ours
  AvPairs pairs;
};

// nullopt when it is malformed.
std::optional<NtlmV2Response> ParseNtlmV2(absl::string_view response);

}  // namespace restante::ntlm

#endif  // RESTANTE_AUTH_SERVICE_NTLM_RESPONSES_H_
