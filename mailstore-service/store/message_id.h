#ifndef RESTANTE_MAILSTORE_SERVICE_STORE_MESSAGE_ID_H_
#define RESTANTE_MAILSTORE_SERVICE_STORE_MESSAGE_ID_H_

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace restante::mailstore {

// The number of this start of the store: greater than every earlier one, and the calendar's seconds
// when those are greater, so that a store restored from an old backup does not repeat the starts
// that came after the backup.
uint32_t NextBootNumber(uint32_t last_boot_number, absl::Time now);

// Hands out message ids: the boot number in the upper half, a count in the lower. Thread-safe.
class MessageIdSource {
 public:
  explicit MessageIdSource(uint32_t boot_number) : last_(uint64_t{boot_number} << 32) {}

  // 2^32 ids a start: far beyond what a disk takes in.
  uint64_t Next() { return ++last_; }
  // The one that was handed out last; every later one is greater.
  uint64_t Last() const { return last_; }

 private:
  std::atomic<uint64_t> last_;
};

// The UIDL of a message that was delivered here: 24 hexadecimal digits from the store's own random
// id and the message's.
std::string UidlFor(uint32_t store_id, uint64_t message_id);
// What they all begin with; the 16 digits of the message id follow.
std::string UidlPrefixFor(uint32_t store_id);
// Whether it is UidlFor(store_id, message_id).
bool IsUidlFor(uint32_t store_id, uint64_t message_id, absl::string_view uidl);
// The message that this store made that UIDL for; nullopt when it did not.
std::optional<uint64_t> MessageIdOfUidl(uint32_t store_id, absl::string_view uidl);

}  // namespace restante::mailstore

#endif  // RESTANTE_MAILSTORE_SERVICE_STORE_MESSAGE_ID_H_
