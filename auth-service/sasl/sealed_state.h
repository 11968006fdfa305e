#ifndef RESTANTE_AUTH_SERVICE_SASL_SEALED_STATE_H_
#define RESTANTE_AUTH_SERVICE_SASL_SEALED_STATE_H_

#include <string>
#include <variant>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/base/random.h"
#include "common/crypto/key_ring.h"

// The state of a half-done logon, sealed so that a front end can keep it and any replica of auth
// can go on from it (docs/decisions/0001-sealed-logon-state.md). Thread-safe.
namespace restante::sasl {

// A state is good for so long.
inline constexpr absl::Duration kSealedStateLifetime = absl::Seconds(60);

struct LogonState {
  std::string mechanism;  // as Mechanism::name
  std::string state;      // of the Challenge
};

// `binding` is what the state must not be used without: attempt and channel, in any form that is
// the same on both calls. The result has at most 16,384 octets when the state has at most 12,288.
std::string SealLogonState(const LogonState& state, absl::string_view binding, const KeyRing& keys,
                           absl::Time now, Random& random);

struct StateExpired {};
// Forged, cut, sealed under an unknown key, or of another attempt or channel.
struct StateInvalid {};

std::variant<LogonState, StateExpired, StateInvalid> OpenLogonState(absl::string_view sealed,
                                                                    absl::string_view binding,
                                                                    const KeyRing& keys,
                                                                    absl::Time now);

}  // namespace restante::sasl

#endif  // RESTANTE_AUTH_SERVICE_SASL_SEALED_STATE_H_
