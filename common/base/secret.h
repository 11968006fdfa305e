#ifndef RESTANTE_COMMON_BASE_SECRET_H_
#define RESTANTE_COMMON_BASE_SECRET_H_

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"

namespace restante {

// A password, hash or key. The bytes are wiped when the object dies or is moved from; it cannot be
// printed, formatted or copied by accident. Thread-compatible.
class Secret {
 public:
  Secret() = default;
  // Takes the bytes over and wipes the string they came in.
  explicit Secret(std::string&& bytes);
  // Copies from a view; the caller stays responsible for wiping the original.
  static Secret CopyOf(absl::string_view bytes);

  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  Secret(Secret&& other) noexcept;
  Secret& operator=(Secret&& other) noexcept;
  ~Secret();

  // A copy, said out loud.
  Secret Clone() const { return CopyOf(view()); }

  // Valid until this object is changed, moved from or destroyed. Must not reach a log or an error
  // text.
  absl::string_view view() const { return bytes_; }
  size_t size() const { return bytes_.size(); }
  bool empty() const { return bytes_.empty(); }

  // Compares in time that depends on the lengths alone.
  bool EqualsInConstantTime(absl::string_view other) const;

 private:
  std::string bytes_;
};

// Compares in time that depends on the lengths alone. For MACs and proofs.
[[nodiscard]] bool EqualInConstantTime(absl::string_view a, absl::string_view b);

// Overwrites the string's memory, its spare capacity too, in a way the compiler cannot leave out,
// and empties it.
void Wipe(std::string* bytes);

}  // namespace restante

#endif  // RESTANTE_COMMON_BASE_SECRET_H_
