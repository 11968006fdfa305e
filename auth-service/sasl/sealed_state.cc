#include "auth-service/sasl/sealed_state.h"

#include <optional>

#include "common/base/byte_reader.h"
#include "common/base/byte_writer.h"
#include "common/crypto/cipher.h"

namespace restante::sasl {
namespace {

// sealed    = key_id:lp AES-256-GCM(plaintext; associated data)
// plaintext = sealed_ms:u64be mechanism:lp state:lp
// associated data = "restante logon state 1" binding
constexpr absl::string_view kPurpose = "restante logon state 1";
constexpr size_t kMaxMechanismOctets = 20;
constexpr size_t kMaxStateOctets = 32768;

std::string AssociatedData(absl::string_view binding) {
  return std::string(kPurpose) + std::string(binding);
}

}  // namespace

std::string SealLogonState(const LogonState& state, absl::string_view binding, const KeyRing& keys,
                           absl::Time now, Random& random) {
  std::string plaintext = ByteWriter()
                              .U64Be(static_cast<uint64_t>(absl::ToUnixMillis(now)))
                              .LengthPrefixed(state.mechanism)
                              .LengthPrefixed(state.state)
                              .Take();
  return ByteWriter()
      .LengthPrefixed(keys.active_id())
      .Bytes(SealAes256Gcm(keys.active_key(), plaintext, AssociatedData(binding), random))
      .Take();
}

std::variant<LogonState, StateExpired, StateInvalid> OpenLogonState(absl::string_view sealed,
                                                                    absl::string_view binding,
                                                                    const KeyRing& keys,
                                                                    absl::Time now) {
  ByteReader outer(sealed);
  std::optional<absl::string_view> key_id = outer.ReadLengthPrefixed(KeyRing::kMaxKeyIdOctets);
  const Secret* key = key_id ? keys.Find(*key_id) : nullptr;
  if (key == nullptr) return StateInvalid();
  std::optional<Secret> plaintext = OpenAes256Gcm(*key, outer.rest(), AssociatedData(binding));
  if (!plaintext) return StateInvalid();

  ByteReader reader(plaintext->view());
  std::optional<uint64_t> sealed_ms = reader.ReadU64Be();
  std::optional<absl::string_view> mechanism = reader.ReadLengthPrefixed(kMaxMechanismOctets);
  std::optional<absl::string_view> state = reader.ReadLengthPrefixed(kMaxStateOctets);
  if (!sealed_ms || !mechanism || !state) return StateInvalid();
  absl::Duration age = now - absl::FromUnixMillis(static_cast<int64_t>(*sealed_ms));
  // Replicas' clocks differ a little; a state from far in the future has no business here either.
  if (age >= kSealedStateLifetime || age < -kSealedStateLifetime) return StateExpired();
  return LogonState{std::string(*mechanism), std::string(*state)};
}

}  // namespace restante::sasl
