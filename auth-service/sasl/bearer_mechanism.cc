#include <utility>

#include "absl/status/statusor.h"
#include "auth-service/oauth/bearer_message.h"
#include "auth-service/sasl/mechanism.h"
#include "common/base/byte_reader.h"
#include "common/base/byte_writer.h"

namespace restante::sasl {
namespace {

using authority::Refusal;

constexpr size_t kMaxPartOctets = 9216;

// `fault` is a TokenFault, sealed by this program or the next version of it.
Refusal RefusalOf(uint8_t fault) {
  switch (static_cast<oauth::TokenFault>(fault)) {
    case oauth::TokenFault::kInvalid:
      return Refusal::kTokenInvalid;
    case oauth::TokenFault::kNotNow:
      return Refusal::kTokenExpired;
    case oauth::TokenFault::kForOthers:
      return Refusal::kTokenForOthers;
    case oauth::TokenFault::kNamesNobody:
      return Refusal::kTokenNamesNobody;
  }
  return Refusal::kTokenInvalid;
}

// What OAUTHBEARER and XOAUTH2 do not have in common.
struct Dialect {
  absl::string_view name;
  absl::StatusOr<oauth::BearerMessage> (*parse)(absl::string_view message);
  // What a client is told before it is refused: RFC 7628 section 3.2.2, and its forerunner's.
  absl::string_view error;
};
constexpr Dialect kOauthBearer = {"OAUTHBEARER", oauth::ParseOauthBearer,
                                  R"({"status":"invalid_token"})"};
constexpr Dialect kXoauth2 = {"XOAUTH2", oauth::ParseXoauth2,
                              R"({"status":"401","schemes":"bearer"})"};

// State is empty while the message is to come, and says why the token is refused once the client
// has been told that it is. The client answers that with something that means nothing.
class BearerMechanism : public Mechanism {
 public:
  BearerMechanism(const Dialect& dialect, const oauth::TokenVerifier& tokens)
      : dialect_(dialect), tokens_(tokens) {}

  absl::string_view name() const override { return dialect_.name; }
  bool client_first() const override { return true; }
  bool is_vouched_for() const override { return true; }

  Step Begin(const Connection& /*connection*/,
             const std::optional<Secret>& initial_response) const override {
    if (!initial_response) return Challenge{};
    return OnMessage(initial_response->view());
  }

  Step Continue(const Connection& /*connection*/, absl::string_view state,
                const Secret& response) const override {
    if (state.empty()) return OnMessage(response.view());
    ByteReader reader(state);
    const auto fault = reader.ReadU8();
    const auto finding = reader.ReadLengthPrefixed(kMaxPartOctets);
    const auto name = reader.ReadLengthPrefixed(kMaxPartOctets);
    if (!fault || !finding || !name || !reader.empty()) return Malformed{"not a state of bearers"};
    return Failed{RefusalOf(*fault), std::string(*finding), std::string(*name)};
  }

 private:
  Step OnMessage(absl::string_view octets) const {
    absl::StatusOr<oauth::BearerMessage> message = dialect_.parse(octets);
    if (!message.ok()) return Malformed{std::string(message.status().message())};
    auto outcome = tokens_.Verify(message->token.view());
    if (const auto* refused = std::get_if<oauth::TokenRefused>(&outcome)) {
      return Challenge{std::string(dialect_.error), ByteWriter()
                                                        .U8(static_cast<uint8_t>(refused->fault))
                                                        .LengthPrefixed(refused->finding)
                                                        .LengthPrefixed(message->authorization_id)
                                                        .Take()};
    }
    return Claim(AssertedClaim{tokens_.rules().claim_is_logon_name ? AssertedClaim::By::kLogonName
                                                                   : AssertedClaim::By::kToken,
                               std::move(message->authorization_id),
                               {std::move(std::get<oauth::TokenSubject>(outcome).name)}});
  }

  const Dialect& dialect_;
  const oauth::TokenVerifier& tokens_;
};

}  // namespace

std::unique_ptr<Mechanism> NewOauthBearerMechanism(const oauth::TokenVerifier& tokens) {
  return std::make_unique<BearerMechanism>(kOauthBearer, tokens);
}

std::unique_ptr<Mechanism> NewXoauth2Mechanism(const oauth::TokenVerifier& tokens) {
  return std::make_unique<BearerMechanism>(kXoauth2, tokens);
}

}  // namespace restante::sasl
