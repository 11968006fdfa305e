#include "auth-service/sasl/mechanism.h"
#include "common/base/unicode.h"

namespace restante::sasl {
namespace {

// RFC 4422 appendix A: the client says at most for whom it acts; who it is, its certificate said.
class ExternalMechanism : public Mechanism {
 public:
  absl::string_view name() const override { return "EXTERNAL"; }
  bool client_first() const override { return true; }
  bool needs_certificate() const override { return true; }
  bool is_vouched_for() const override { return true; }

  Step Begin(const Connection& connection,
             const std::optional<Secret>& initial_response) const override {
    if (!initial_response) return Challenge{};
    return OnMessage(connection, initial_response->view());
  }

  Step Continue(const Connection& connection, absl::string_view state,
                const Secret& response) const override {
    if (!state.empty()) return Malformed{"not a state of EXTERNAL"};
    return OnMessage(connection, response.view());
  }

 private:
  static Step OnMessage(const Connection& connection, absl::string_view authorization_id) {
    if (!IsValidUtf8(authorization_id) || authorization_id.find('\0') != absl::string_view::npos) {
      return Malformed{"EXTERNAL with a name that is no name"};
    }
    if (connection.certificate_names.empty()) {
      return Failed{authority::Refusal::kNoCertificate,
                    "the client has shown no certificate that was verified",
                    std::string(authorization_id)};
    }
    return Claim(AssertedClaim{AssertedClaim::By::kCertificate, std::string(authorization_id),
                               connection.certificate_names});
  }
};

}  // namespace

std::unique_ptr<Mechanism> NewExternalMechanism() { return std::make_unique<ExternalMechanism>(); }

}  // namespace restante::sasl
