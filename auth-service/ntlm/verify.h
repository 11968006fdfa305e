#ifndef RESTANTE_AUTH_SERVICE_NTLM_VERIFY_H_
#define RESTANTE_AUTH_SERVICE_NTLM_VERIFY_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "auth-service/ntlm/messages.h"
#include "auth-service/ntlm/policy.h"
#include "auth-service/ntlm/responses.h"
#include "common/base/secret.h"

// Whether an AUTHENTICATE message was made with a given password, and is good enough otherwise.
// Pure, thread-safe.
namespace restante::ntlm {

enum class ChannelBindingPolicy {
  kNone,     // not looked at
  kAllow,    // none or all zeros is accepted, a wrong one is not
  kRequire,  // must be there and right
};

enum class Verdict {
  kAccepted,
  kWrongPassword,
  kMalformed,
  kAnonymous,
  kNtlmV1NotAllowed,
  kNtlm2SessionNotAllowed,
  kLmNotAllowed,
  kWeakResponseWithoutTls,
  kNtlmV1Downgraded,
  kMicWrong,
  kMicMissing,
  kChannelBindingWrong,
  kChannelBindingMissing,
  kTimestampChanged,
  kTargetNameNotAccepted,
};

// "WRONG_PASSWORD" and so on, for logs and ExplainLogon.
absl::string_view VerdictName(Verdict verdict);

// One whole conversation, as octets.
struct Conversation {
  std::string negotiate;
  std::string challenge;
  std::string authenticate;
};

// Values are the 16 octets of [MS-NLMP] 2.2.2.1, from ChannelBindingHash.
struct ChannelBindingRules {
  ChannelBindingPolicy policy = ChannelBindingPolicy::kAllow;
  // Of the certificate that this connection was shown; nullopt without TLS, and when it is not
  // known: kAllow has nothing to compare with then and accepts, kRequire refuses.
  std::optional<std::string> own;
  // Of certificates of load balancers that end TLS in front of us. Right whether the connection
  // itself has TLS or not: the client had.
  std::vector<std::string> load_balancers;
};

struct Rules {
  Policy policy;
  bool tls = false;
  ChannelBindingRules channel_bindings;
};

// How one password fares.
struct Match {
  bool right = false;
  // The domain that the proof was made with; for forms that cover none, the one that was sent. Set
  // when it is right.
  std::string domain;
  // Made with this password for our challenge read three octets late: a known fault of mail
  // programs in Java. Not right.
  bool challenge_read_late = false;
  // NTLMv2 alone: what the session's keys are derived from.
  Secret key;
};

// A conversation taken apart, to be held against any number of passwords.
//
// A wrong password costs as much as a right one, and a form that will be refused as much as one
// that will not: what follows from the octets that a client sent may be seen in the time it takes,
// what follows from a password or an account may not.
class Exchange {
 public:
  // Of any octets; a malformed conversation has its verdict.
  explicit Exchange(Conversation conversation);
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  ResponseForm form() const { return form_; }

  // Clients disagree about the domain in the proof: it may be the one that was sent, as it is or in
  // upper case, our own NetBIOS domain likewise, or empty. With `domain`, only those that are the
  // same name. Each is tried with the hash, so that none weakens the check.
  Match MatchWith(const Secret& nt_hash, std::optional<absl::string_view> domain = {}) const;

  // Everything that `rules` ask for, given how the password fared. A form that is not allowed is
  // named whether the password was right or not.
  Verdict Judge(const Match& match, const Rules& rules) const;

  // The response was made with the text "[object Promise]" in the password's place: a known fault
  // of a mail client.
  bool MadeWithoutPassword() const;

 private:
  Match MatchHmac(const Secret& nt_hash, std::optional<absl::string_view> domain,
                  absl::string_view proof, absl::string_view covered) const;
  Match MatchDes(const Secret& nt_hash, std::optional<absl::string_view> domain) const;
  Verdict CheckForm(const Rules& rules) const;
  Verdict CheckPairs(const Match& match, const Rules& rules) const;
  bool MicIsRight(const Secret& key) const;

  const Conversation conversation_;
  ChallengeMessage challenge_;
  AuthenticateMessage message_;
  ResponseForm form_ = ResponseForm::kUnknown;
  // For NTLMv2; absent when it is malformed. Views into message_.
  std::optional<NtlmV2Response> ntlm_v2_;
};

}  // namespace restante::ntlm

#endif  // RESTANTE_AUTH_SERVICE_NTLM_VERIFY_H_
