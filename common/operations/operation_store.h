#ifndef RESTANTE_COMMON_OPERATIONS_OPERATION_STORE_H_
#define RESTANTE_COMMON_OPERATIONS_OPERATION_STORE_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/log/logger.h"

namespace restante::operations {

// Where operations are kept over a restart, as records by id. Called by one thread at a time.
class OperationStore {
 public:
  virtual ~OperationStore() = default;

  // Durable when it returns; replaces what was there. UNAVAILABLE, RESOURCE_EXHAUSTED/STORE_FULL.
  virtual absl::Status Put(absl::string_view id, absl::string_view record) = 0;
  // Durable when it returns. UNAVAILABLE.
  virtual absl::Status Remove(absl::string_view id) = 0;
  // Ids and records. UNAVAILABLE, DATA_LOSS.
  virtual absl::StatusOr<std::vector<std::pair<std::string, std::string>>> ReadAll() = 0;
};

// In the folder `path`, which is made when it is not there; its parent must be. One that is damaged
// is moved to "{path}.damaged", which the log says, and an empty one made. UNAVAILABLE.
absl::StatusOr<std::unique_ptr<OperationStore>> OpenRocksDbOperationStore(
    const std::string& path, const log::Logger& logger);

}  // namespace restante::operations

#endif  // RESTANTE_COMMON_OPERATIONS_OPERATION_STORE_H_
