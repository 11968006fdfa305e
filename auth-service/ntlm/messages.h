#ifndef RESTANTE_AUTH_SERVICE_NTLM_MESSAGES_H_
#define RESTANTE_AUTH_SERVICE_NTLM_MESSAGES_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

// The three messages of [MS-NLMP] 2.2.1 as octets and as structs. Nothing here knows a password.
// Pure functions, thread-safe. All text in structs is UTF-8.
namespace restante::ntlm {

// NEGOTIATE flags of [MS-NLMP] 2.2.2.5 that this server reads or sets.
enum Flag : uint32_t {
  kUnicode = 0x00000001,
  kOem = 0x00000002,
  kRequestTarget = 0x00000004,
  kSign = 0x00000010,
  kSeal = 0x00000020,
  kNtlm = 0x00000200,
  kAnonymous = 0x00000800,
  kAlwaysSign = 0x00008000,
  kTargetTypeDomain = 0x00010000,
  kTargetTypeServer = 0x00020000,
  kExtendedSessionSecurity = 0x00080000,
  kTargetInfo = 0x00800000,
  kVersion = 0x02000000,
  k128Bit = 0x20000000,
  kKeyExchange = 0x40000000,
  k56Bit = 0x80000000,
};

// AV_PAIR ids of [MS-NLMP] 2.2.2.1.
enum class AvId : uint16_t {
  kEnd = 0,
  kNetbiosComputer = 1,
  kNetbiosDomain = 2,
  kDnsComputer = 3,
  kDnsDomain = 4,
  kDnsTree = 5,
  kFlags = 6,
  kTimestamp = 7,
  kTargetName = 9,
  kChannelBindings = 10,
};

// What the server says of itself. Each at most 255 octets; DNS names that are empty are not said.
struct ServerNames {
  std::string netbios_domain;
  std::string netbios_computer;
  std::string dns_domain;
  std::string dns_computer;
  std::string dns_tree;
};

struct NegotiateMessage {
  // 0 when the message ends before them.
  uint32_t flags = 0;
};

// Reads signature, type and flags, and passes over the rest: real clients put nonsense there.
// INVALID_ARGUMENT says, for a log, what is wrong.
absl::StatusOr<NegotiateMessage> ParseNegotiate(absl::string_view message);

struct ChallengeMessage {
  uint32_t flags = 0;
  std::string server_challenge;  // 8 octets
  std::string netbios_domain;    // from the target info; empty when it has none
  std::string timestamp;         // FILETIME, 8 octets, from the target info; empty when it has none
};

// The CHALLENGE that suits `negotiate`: always with target info and timestamp, whatever the client
// asked for, since NTLMv2 needs the one and a MIC the other. `server_challenge` is 8 octets, fresh
// for each logon. `filetime` counts 100 ns since 1601. `names` must be valid UTF-8.
std::string BuildChallenge(const NegotiateMessage& negotiate, const ServerNames& names,
                           absl::string_view server_challenge, uint64_t filetime);

absl::StatusOr<ChallengeMessage> ParseChallenge(absl::string_view message);

struct AuthenticateMessage {
  std::string lm_response;
  std::string nt_response;
  std::string domain;
  std::string user;
  std::string workstation;
  std::string encrypted_session_key;
  // Absent when the payload begins where they would be.
  std::optional<uint32_t> flags;
  // Whether the names were UTF-16 on the wire.
  bool unicode = true;
};

// Reads the fields as [MS-NLMP] 2.2.1.3 lays them out: each must lie inside the message, in any
// order. The charset is the message's own when it says one, else that of `challenge_flags`.
// INVALID_ARGUMENT says, for a log, what is wrong: a field outside, text that is not text, a NUL.
absl::StatusOr<AuthenticateMessage> ParseAuthenticate(absl::string_view message,
                                                      uint32_t challenge_flags);

// Where the MIC stands in an AUTHENTICATE message whose AvFlags promise one.
inline constexpr size_t kMicOffset = 72;
inline constexpr size_t kMicOctets = 16;

// The bit of AvPairs::flags that promises one.
inline constexpr uint32_t kAvFlagMic = 2;

// The AV pairs of a target info or of an NTLMv2 response. Values are views into the input.
struct AvPairs {
  std::optional<uint32_t> flags;
  std::optional<absl::string_view> timestamp;         // 8 octets
  std::optional<absl::string_view> channel_bindings;  // 16 octets
  std::optional<absl::string_view> netbios_domain;    // UTF-16LE
  std::optional<absl::string_view> target_name;       // UTF-16LE
};

// nullopt when a pair runs over the end, a known one has the wrong length, or the end is missing.
std::optional<AvPairs> ParseAvPairs(absl::string_view octets);

}  // namespace restante::ntlm

#endif  // RESTANTE_AUTH_SERVICE_NTLM_MESSAGES_H_
