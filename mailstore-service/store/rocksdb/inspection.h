#ifndef RESTANTE_MAILSTORE_SERVICE_STORE_ROCKSDB_INSPECTION_H_
#define RESTANTE_MAILSTORE_SERVICE_STORE_ROCKSDB_INSPECTION_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "mailstore-service/store/types.h"

namespace restante::mailstore {

// What a store holds, and what is wrong with its records. Texts are not read: that is verification.
struct StoreInspection {
  uint32_t format = 0;
  uint32_t store_id = 0;
  uint32_t last_boot = 0;
  int64_t mailboxes = 0;          // deleted ones too
  int64_t deleted_mailboxes = 0;  // of them
  MessageTotals messages;
  MessageTotals deleted_messages;
  int64_t delivery_ids = 0;
  int64_t outcomes = 0;
  int64_t unfinished_deliveries = 0;  // removed at the next start
  // For a person: each record that does not decode, each mailbox whose count is not that of its
  // messages. At most kMaxFaults.
  std::vector<std::string> faults;
  int64_t more_faults = 0;

  static constexpr size_t kMaxFaults = 100;
};

// Reads a store that no process has open; changes nothing. NOT_FOUND when there is none;
// UNAVAILABLE when it cannot be read.
absl::StatusOr<StoreInspection> InspectStore(const std::string& directory);

// A line for each number and each fault.
std::string ToText(const StoreInspection& inspection);

}  // namespace restante::mailstore

#endif  // RESTANTE_MAILSTORE_SERVICE_STORE_ROCKSDB_INSPECTION_H_
