#include <utility>

#include "absl/strings/strip.h"
#include "auth-service/sasl/mechanism.h"
#include "common/base/unicode.h"

namespace restante::sasl {
namespace {

// Never a standard; the prompts are those that clients compare with. State is "user" while the
// name is to come, and "password" and the name after it.
constexpr absl::string_view kAwaitsUser = "user";
constexpr absl::string_view kAwaitsPassword = "password ";

class LoginMechanism : public Mechanism {
 public:
  absl::string_view name() const override { return "LOGIN"; }
  bool client_first() const override { return false; }

  Step Begin(const Connection& /*connection*/,
             const std::optional<Secret>& initial_response) const override {
    if (!initial_response) return Challenge{"Username:", std::string(kAwaitsUser)};
    return OnUser(initial_response->view());
  }

  Step Continue(const Connection& /*connection*/, absl::string_view state,
                const Secret& response) const override {
    if (state == kAwaitsUser) return OnUser(response.view());
    if (!absl::ConsumePrefix(&state, kAwaitsPassword)) return Malformed{"not a state of LOGIN"};
    if (response.empty()) return Malformed{"LOGIN with an empty password"};
    return Claim(PasswordClaim{"", std::string(state), response.Clone()});
  }

 private:
  static Step OnUser(absl::string_view user) {
    if (user.empty() || !IsValidUtf8(user) || user.find('\0') != absl::string_view::npos) {
      return Malformed{"LOGIN with a name that is no name"};
    }
    return Challenge{"Password:", std::string(kAwaitsPassword) + std::string(user)};
  }
};

}  // namespace

std::unique_ptr<Mechanism> NewLoginMechanism() { return std::make_unique<LoginMechanism>(); }

}  // namespace restante::sasl
