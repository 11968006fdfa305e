#ifndef RESTANTE_AUTH_SERVICE_SCRAM_KEYS_H_
#define RESTANTE_AUTH_SERVICE_SCRAM_KEYS_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "common/base/secret.h"

// What a server keeps of a password for SCRAM-SHA-256, and what it computes with it (RFC 5802
// section 3, RFC 7677). Pure functions, thread-safe.
namespace restante::scram {

inline constexpr size_t kKeyOctets = 32;
inline constexpr size_t kSaltOctets = 16;  // of the salts that are made here
inline constexpr size_t kMaxSaltOctets = 64;
// RFC 7677 section 4. The most is some 50 ms of work.
inline constexpr uint32_t kLeastIterations = 4096;
inline constexpr uint32_t kMostIterations = 200'000;

struct Keys {
  std::string salt;  // 1 to kMaxSaltOctets
  uint32_t iterations = kLeastIterations;
  // Whoever has it can hold proofs against it, and with a proof that was listened to log on.
  Secret stored_key;
  Secret server_key;

  Keys Clone() const { return Keys{salt, iterations, stored_key.Clone(), server_key.Clone()}; }
};

// nullopt for a password that SaslPrep refuses. `iterations` is at least 1; the work grows with it.
std::optional<Keys> DeriveKeys(const Secret& password, absl::string_view salt, uint32_t iterations);

// Whether `proof` shows that the client knows the password, for the dialogue `auth_message`.
// Takes the same time either way.
bool ProofIsRight(const Keys& keys, absl::string_view auth_message, absl::string_view proof);

// What shows a client that the server knows `keys`.
std::string ServerSignature(const Keys& keys, absl::string_view auth_message);

}  // namespace restante::scram

#endif  // RESTANTE_AUTH_SERVICE_SCRAM_KEYS_H_
