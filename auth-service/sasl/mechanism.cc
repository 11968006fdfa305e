#include "auth-service/sasl/mechanism.h"

#include "absl/strings/match.h"

namespace restante::sasl {

const Mechanism* FindMechanism(const std::vector<std::unique_ptr<Mechanism>>& mechanisms,
                               absl::string_view name) {
  for (const std::unique_ptr<Mechanism>& mechanism : mechanisms) {
    if (absl::EqualsIgnoreCase(mechanism->name(), name)) return mechanism.get();
  }
  return nullptr;
}

}  // namespace restante::sasl
