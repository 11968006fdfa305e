#ifndef RESTANTE_COMMON_OPERATIONS_TESTING_MEMORY_OPERATION_STORE_H_
#define RESTANTE_COMMON_OPERATIONS_TESTING_MEMORY_OPERATION_STORE_H_

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "common/operations/operation_store.h"

namespace restante::operations {

// Keeps records in a map that the test owns, so that it outlives a restart.
class MemoryOperationStore : public OperationStore {
 public:
  using Records = std::map<std::string, std::string, std::less<>>;

  explicit MemoryOperationStore(Records* records) : records_(*records) {}

  absl::Status Put(absl::string_view id, absl::string_view record) override {
    records_[std::string(id)] = std::string(record);
    return absl::OkStatus();
  }
  absl::Status Remove(absl::string_view id) override {
    records_.erase(std::string(id));
    return absl::OkStatus();
  }
  absl::StatusOr<std::vector<std::pair<std::string, std::string>>> ReadAll() override {
    return std::vector<std::pair<std::string, std::string>>(records_.begin(), records_.end());
  }

 private:
  Records& records_;
};

}  // namespace restante::operations

#endif  // RESTANTE_COMMON_OPERATIONS_TESTING_MEMORY_OPERATION_STORE_H_
