#include <utility>

#include "absl/status/statusor.h"
#include "auth-service/sasl/mechanism.h"
#include "common/base/byte_reader.h"
#include "common/base/byte_writer.h"

namespace restante::sasl {
namespace {

// State is empty while the NEGOTIATE is still to come, and both messages after it, exactly as they
// went over the wire: the MIC covers them.
constexpr size_t kMaxMessageOctets = 9216;
constexpr size_t kServerChallengeOctets = 8;

// 100 ns since 1601 ([MS-DTYP] 2.3.3).
uint64_t ToFiletime(absl::Time time) {
  constexpr int64_t kUnixEpochInSeconds = 11'644'473'600;
  return static_cast<uint64_t>(absl::ToUnixMicros(time) * 10 + kUnixEpochInSeconds * 10'000'000);
}

class NtlmMechanism : public Mechanism {
 public:
  NtlmMechanism(ntlm::ServerNames names, const Clock& clock, Random& random)
      : names_(std::move(names)), clock_(clock), random_(random) {}

  absl::string_view name() const override { return "NTLM"; }
  bool client_first() const override { return true; }

  Step Begin(const Connection& /*connection*/,
             const std::optional<Secret>& initial_response) const override {
    if (!initial_response) return Challenge{};
    return OnNegotiate(initial_response->view());
  }

  Step Continue(const Connection& /*connection*/, absl::string_view state,
                const Secret& response) const override {
    if (state.empty()) return OnNegotiate(response.view());
    ByteReader reader(state);
    std::optional<absl::string_view> negotiate = reader.ReadLengthPrefixed(kMaxMessageOctets);
    std::optional<absl::string_view> challenge = reader.ReadLengthPrefixed(kMaxMessageOctets);
    if (!negotiate || !challenge || !reader.empty()) return Malformed{"not a state of NTLM"};
    return OnAuthenticate(*negotiate, *challenge, response.view());
  }

 private:
  Step OnNegotiate(absl::string_view octets) const {
    absl::StatusOr<ntlm::NegotiateMessage> negotiate = ntlm::ParseNegotiate(octets);
    if (!negotiate.ok()) return Malformed{std::string(negotiate.status().message())};
    std::string challenge = ntlm::BuildChallenge(
        *negotiate, names_, random_.Bytes(kServerChallengeOctets), ToFiletime(clock_.WallNow()));
    std::string state = ByteWriter().LengthPrefixed(octets).LengthPrefixed(challenge).Take();
    return Challenge{std::move(challenge), std::move(state)};
  }

  Step OnAuthenticate(absl::string_view negotiate, absl::string_view challenge,
                      absl::string_view authenticate) const {
    absl::StatusOr<ntlm::ChallengeMessage> ours = ntlm::ParseChallenge(challenge);
    if (!ours.ok()) return Malformed{"not a state of NTLM"};
    absl::StatusOr<ntlm::AuthenticateMessage> message =
        ntlm::ParseAuthenticate(authenticate, ours->flags);
    if (!message.ok()) return Malformed{std::string(message.status().message())};
    return Claim(
        NtlmClaim{{std::string(negotiate), std::string(challenge), std::string(authenticate)},
                  *std::move(message)});
  }

  const ntlm::ServerNames names_;
  const Clock& clock_;
  Random& random_;
};

}  // namespace

std::unique_ptr<Mechanism> NewNtlmMechanism(ntlm::ServerNames names, const Clock& clock,
                                            Random& random) {
  return std::make_unique<NtlmMechanism>(std::move(names), clock, random);
}

}  // namespace restante::sasl
