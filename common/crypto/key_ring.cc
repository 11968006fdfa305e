#include "common/crypto/key_ring.h"

#include "absl/strings/str_cat.h"
#include "common/base/error_reason.h"

namespace restante {

absl::StatusOr<KeyRing> KeyRing::Create(std::map<std::string, Secret> keys,
                                        absl::string_view active_id) {
  if (keys.empty()) return InvalidField("keys", "the key ring is empty");
  for (const auto& [id, key] : keys) {
    if (id.empty() || id.size() > kMaxKeyIdOctets) {
      return InvalidField("key_id", "must have 1 to 64 octets");
    }
    if (key.size() != kKeyOctets) {
      return InvalidField("keys", absl::StrCat("key ", id, " must have 32 octets"));
    }
  }
  if (keys.find(std::string(active_id)) == keys.end()) {
    return InvalidField("active", absl::StrCat("there is no key ", active_id));
  }
  return KeyRing(std::move(keys), active_id);
}

const Secret* KeyRing::Find(absl::string_view id) const {
  auto found = keys_.find(std::string(id));
  return found == keys_.end() ? nullptr : &found->second;
}

std::vector<std::string> KeyRing::ids() const {
  std::vector<std::string> ids;
  for (const auto& [id, key] : keys_) ids.push_back(id);
  return ids;
}

}  // namespace restante
