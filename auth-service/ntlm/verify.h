#ifndef RESTANTE_AUTH_SERVICE_NTLM_VERIFY_H_
#define RESTANTE_AUTH_SERVICE_NTLM_VERIFY_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "auth-service/ntlm/messages.h"
#include "common/base/secret.h"

// Whether an AUTHENTICATE message was made with a given password. Pure functions, thread-safe.
namespace restante::ntlm {

// MD4 of the password as UTF-16LE: NTOWFv1 of [MS-NLMP] 3.3.1. Password-equivalent. An invalid
// UTF-8 password has each octet widened, as clients without a charset do.
Secret NtHash(const Secret& password_utf8);

// What the client speaks, by the shape of its responses ([MS-NLMP] 3.3).
enum class ResponseForm { kNtlmV2, kNtlm2Session, kNtlmV1, kLmOnly, kAnonymous, kUnknown };

// "NTLMv2" and so on, for logs.
absl::string_view ResponseFormName(ResponseForm form);

// `challenge_flags` are those of our CHALLENGE.
ResponseForm FormOf(const AuthenticateMessage& message, uint32_t challenge_flags);

enum class ChannelBindingPolicy {
  kNone,     // not looked at
  kAllow,    // none or all zeros is accepted, a wrong one is not
  kRequire,  // must be there and right, on TLS
};

enum class Verdict {
  kAccepted,
  kWrongPassword,
  kMalformed,
  kAnonymous,
  kNtlmV1NotAllowed,
  kNtlm2SessionNotAllowed,
  kLmNotAllowed,
  kMicWrong,
  kChannelBindingWrong,
  kChannelBindingMissing,
  kTimestampChanged,
};

// "WRONG_PASSWORD" and so on, for logs and ExplainLogon.
absl::string_view VerdictName(Verdict verdict);

// One whole conversation, as octets.
struct Conversation {
  std::string negotiate;
  std::string challenge;
  std::string authenticate;
};

struct ChannelBindingRules {
  ChannelBindingPolicy policy = ChannelBindingPolicy::kAllow;
  bool tls = false;
  // The 16-octet values of [MS-NLMP] 2.2.2.1 that are right on this connection: ChannelBindingHash
  // of the certificate shown, and of a load balancer's where one ends TLS. Empty when it is not
  // known: kAllow has nothing to compare with then and accepts, kRequire refuses.
  std::vector<std::string> accepted;
};

struct Verification {
  Verdict verdict = Verdict::kMalformed;
  ResponseForm form = ResponseForm::kUnknown;
  // The domain that the proof was made with; set when the password was right.
  std::string verified_domain;
  // The response was made with the text "[object Promise]" in the password's place, and that is
  // not the password: a known fault of a mail client, worth a line in the operator's log. The
  // verdict is kWrongPassword.
  bool made_without_password = false;
};

// Checks `conversation` against `nt_hash`. Only NTLMv2 can be accepted; the older forms get their
// own verdict. For an unknown user call it with a hash of random octets: the work is the same.
//
// The domain in the proof is tried as sent, in upper case, as our own NetBIOS domain (as
// configured, and in upper case as the target name shows it) and empty, as clients disagree; each
// try needs the hash, so that none weakens the check.
Verification Verify(const Conversation& conversation, const Secret& nt_hash,
                    const ChannelBindingRules& channel_bindings);

// MD5 over the gss_channel_bindings_struct of [MS-NLMP] 2.2.2.1 for tls-server-end-point, from the
// certificate's hash (RFC 5929 section 4). 16 octets.
std::string ChannelBindingHash(absl::string_view server_end_point);

// NTOWFv2 of [MS-NLMP] 3.3.2: HMAC-MD5(NT hash, UTF-16LE(upper(user) + domain)).
Secret NtlmV2Key(const Secret& nt_hash, absl::string_view user, absl::string_view domain);

}  // namespace restante::ntlm

#endif  // RESTANTE_AUTH_SERVICE_NTLM_VERIFY_H_
