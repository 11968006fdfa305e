#include "auth-service/sasl/mechanism.h"
#include "common/base/unicode.h"

namespace restante::sasl {
namespace {

// RFC 4616: [authorization id] NUL authentication id NUL password.
class PlainMechanism : public Mechanism {
 public:
  absl::string_view name() const override { return "PLAIN"; }
  bool client_first() const override { return true; }

  Step Begin(const Connection& /*connection*/,
             const std::optional<Secret>& initial_response) const override {
    if (!initial_response) return Challenge{};
    return OnMessage(initial_response->view());
  }

  Step Continue(const Connection& /*connection*/, absl::string_view state,
                const Secret& response) const override {
    if (!state.empty()) return Malformed{"not a state of PLAIN"};
    return OnMessage(response.view());
  }

 private:
  static Step OnMessage(absl::string_view message) {
    size_t first = message.find('\0');
    if (first == absl::string_view::npos) return Malformed{"PLAIN without its separators"};
    size_t second = message.find('\0', first + 1);
    if (second == absl::string_view::npos) return Malformed{"PLAIN with one separator"};
    absl::string_view authorization_id = message.substr(0, first);
    absl::string_view authentication_id = message.substr(first + 1, second - first - 1);
    absl::string_view password = message.substr(second + 1);
    if (password.find('\0') != absl::string_view::npos) {
      return Malformed{"PLAIN with three separators"};
    }
    if (authentication_id.empty() || password.empty()) {
      return Malformed{"PLAIN with an empty name or password"};
    }
    if (!IsValidUtf8(authorization_id) || !IsValidUtf8(authentication_id)) {
      return Malformed{"PLAIN with a name that is not UTF-8"};
    }
    return Claim(PasswordClaim{std::string(authorization_id), std::string(authentication_id),
                               Secret::CopyOf(password)});
  }
};

}  // namespace

std::unique_ptr<Mechanism> NewPlainMechanism() { return std::make_unique<PlainMechanism>(); }

}  // namespace restante::sasl
