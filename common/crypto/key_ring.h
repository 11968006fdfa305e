#ifndef RESTANTE_COMMON_CRYPTO_KEY_RING_H_
#define RESTANTE_COMMON_CRYPTO_KEY_RING_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/base/secret.h"

namespace restante {

// Keys of one purpose by id: the active one seals, all of them open, so that a key can be replaced
// while what it sealed is still about. Immutable, so safe to share between threads.
class KeyRing {
 public:
  static constexpr size_t kKeyOctets = 32;
  static constexpr size_t kMaxKeyIdOctets = 64;

  // FIELD_INVALID: no keys, an id that is empty or over its limit, a key that is not 32 octets, or
  // an active id that is not among them.
  static absl::StatusOr<KeyRing> Create(std::map<std::string, Secret> keys,
                                        absl::string_view active_id);

  const std::string& active_id() const { return active_id_; }
  const Secret& active_key() const { return keys_.at(active_id_); }

  // nullptr when there is no such key. Lives as long as the ring.
  const Secret* Find(absl::string_view id) const;

  // In byte order.
  std::vector<std::string> ids() const;

 private:
  KeyRing(std::map<std::string, Secret> keys, absl::string_view active_id)
      : keys_(std::move(keys)), active_id_(active_id) {}

  std::map<std::string, Secret> keys_;
  std::string active_id_;
};

}  // namespace restante

#endif  // RESTANTE_COMMON_CRYPTO_KEY_RING_H_
