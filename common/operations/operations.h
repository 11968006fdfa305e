#ifndef RESTANTE_COMMON_OPERATIONS_OPERATIONS_H_
#define RESTANTE_COMMON_OPERATIONS_OPERATIONS_H_

#include <google/longrunning/operations.pb.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/change_signal.h"
#include "common/base/clock.h"
#include "common/base/mutex.h"
#include "common/base/random.h"
#include "common/log/logger.h"
#include "common/operations/operation_store.h"
#include "common/operations/transfer.h"
#include "restante/common/v1/transfer.pb.h"

namespace restante::operations {

using google::longrunning::Operation;

// What a job is told and tells while it runs.
class JobContext {
 public:
  virtual ~JobContext() = default;

  // Says how far the job is: Operation.metadata. Remembered over a restart from time to time. False
  // when the job is to stop: it then returns at once, whatever it returns.
  virtual bool Report(const google::protobuf::Message& metadata) = 0;
};

// The work of one operation.
class Job {
 public:
  virtual ~Job() = default;

  // Operation.response, or why it failed. On a thread of its own. It may have been run before, up
  // to any step, by a process that then ended: what it does must come out the same.
  virtual absl::StatusOr<google::protobuf::Any> Run(JobContext& context) = 0;
};

// The job that an operation's metadata describes; nullptr for a kind that this program does not
// know.
using MakeJob = std::function<std::unique_ptr<Job>(const google::protobuf::Any& metadata)>;

// The long operations of one service. Jobs: one runs at a time, in the order in which they were
// begun, on a thread of this; they go on after a restart. Transfers: calls carry them, many at a
// time; they are broken off when their call ends first, also by a restart, until another takes them
// on. Thread-safe.
class Operations {
 public:
  // Of those that have ended or are broken off; the oldest is forgotten first.
  static constexpr size_t kMaxEnded = 1'000;
  // For how long a repeated request_id gives the operation that it began, and for how long a
  // transfer stays broken off.
  static constexpr absl::Duration kRequestsKept = absl::Hours(24);
  // That calls carry at a time.
  static constexpr size_t kMaxTransfers = 64;
  // After which a caller may try again what is refused for now.
  static constexpr absl::Duration kRetryDelay = absl::Seconds(10);
  // How often progress is made durable.
  static constexpr absl::Duration kKeepInterval = absl::Seconds(1);

  // Goes on with what is not done. `clock`, `random`, `logger` and what `make_job` needs outlive
  // it. The store's errors. A damaged record is left out, and said in the log.
  static absl::StatusOr<std::unique_ptr<Operations>> Open(std::unique_ptr<OperationStore> store,
                                                          MakeJob make_job, const Clock& clock,
                                                          Random& random,
                                                          const log::Logger& logger);
  // Kept in the folder `path`, as OpenRocksDbOperationStore does.
  static absl::StatusOr<std::unique_ptr<Operations>> OpenIn(const std::string& path,
                                                            MakeJob make_job, const Clock& clock,
                                                            Random& random,
                                                            const log::Logger& logger);
  // Stop, and waits for the running job.
  ~Operations();
  Operations(const Operations&) = delete;
  Operations& operator=(const Operations&) = delete;

  // Begins what `metadata` describes; durable when it returns. A repeat of a request_id within a
  // day gives the operation that it began. FAILED_PRECONDITION/OPERATION_RUNNING, with RetryInfo
  // and metadata "operation", when one of its kind is not done; INVALID_ARGUMENT/FIELD_INVALID for
  // a request_id; the store's errors.
  absl::StatusOr<Operation> Begin(const std::string& request_id,
                                  const google::protobuf::Message& metadata);

  // Begins the operation of a call, or takes on that of its request_id; durable when it returns.
  // That of one that ended within a day is given as it is. INVALID_ARGUMENT/FIELD_INVALID for a
  // request_id that is none or began something else; FAILED_PRECONDITION/OPERATION_RUNNING, with
  // RetryInfo and metadata "operation", when another call carries it;
  // RESOURCE_EXHAUSTED/LIMIT_EXCEEDED, with RetryInfo, beyond kMaxTransfers; UNAVAILABLE/DRAINING
  // after Stop; the store's errors. This outlives what it returns.
  absl::StatusOr<std::unique_ptr<Transfer>> BeginTransfer(const TransferRequest& request);

  // By name. NOT_FOUND/OPERATION_NOT_FOUND.
  absl::StatusOr<Operation> Get(const std::string& name);
  // Forgets one that has ended. NOT_FOUND/OPERATION_NOT_FOUND,
  // FAILED_PRECONDITION/OPERATION_RUNNING with RetryInfo.
  absl::Status Remove(const std::string& name);
  // Asks one to stop, and ends a transfer that is broken off; nothing for one that has ended.
  // NOT_FOUND/OPERATION_NOT_FOUND.
  absl::Status Cancel(const std::string& name);

  // Numbers descend with age.
  struct Numbered {
    uint64_t number = 0;
    Operation operation;
  };
  // Those with a number below `before`, newest first, at most `limit`; by done or not, when given.
  std::vector<Numbered> List(uint64_t before, size_t limit, std::optional<bool> done);

  // Calls back after each change of an operation, and at Stop, as ChangeSignal does.
  std::unique_ptr<ChangeSignal::Subscription> OnChange(std::function<void()> callback) {
    return changed_.Subscribe(std::move(callback));
  }

  // Makes the running job and the transfers stop, so that they can go on after a restart, and
  // begins no others.
  void Stop();
  bool stopped() const;

 private:
  struct Entry {
    uint64_t number = 0;
    absl::Time create_time;
    std::string request_id;
    bool cancelled = false;
    Operation operation;
    // Of a transfer: what operation.metadata holds.
    std::optional<common::v1::TransferMetadata> transfer;
    bool carried = false;  // by a Transfer
  };
  class Context;
  friend class Transfer;

  Operations(std::unique_ptr<OperationStore> store, MakeJob make_job, const Clock& clock,
             Random& random, const log::Logger& logger);
  absl::Status Load();
  static std::string Encode(const Entry& entry);
  static std::optional<Entry> Decode(absl::string_view record);
  static absl::Status CheckRequestId(const std::string& request_id);
  static absl::Status OperationRunning(const std::string& name, absl::string_view next);
  std::string NewName() const;
  void Run();
  // The number of the next one to run; waits for it. nullopt at Stop.
  std::optional<uint64_t> NextToRun();
  void RunOne(uint64_t number);
  void End(uint64_t number, const absl::StatusOr<google::protobuf::Any>& outcome);
  // Whether the job is to go on.
  bool Report(uint64_t number, const google::protobuf::Message& metadata, bool keep);
  absl::StatusOr<uint64_t> Find(const std::string& name) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::StatusOr<std::optional<Operation>> FindRepeat(const std::string& request_id,
                                                      const std::string& kind) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status Keep(const Entry& entry) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void ForgetOldest() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // Of transfers, in transfer.cc.
  // That which the request takes on or which has ended; nullptr when it begins one.
  absl::StatusOr<Entry*> FindEarlier(const TransferRequest& request)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // A new one, or `earlier` once more.
  absl::StatusOr<std::unique_ptr<Transfer>> Carry(const TransferRequest& request,
                                                  const Entry* earlier)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status ReportTransfer(uint64_t number, const common::v1::TransferCounts& counts, bool keep);
  void EndTransfer(uint64_t number, const common::v1::TransferCounts& counts,
                   const absl::Status& status);
  // No call carries it any more.
  void BreakOff(uint64_t number);
  // Whether it was one.
  bool CancelBrokenOff(Entry* entry) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Ends those that were broken off for too long.
  void EndForsaken() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  static void Close(const absl::Status& status, absl::Time time, Entry* entry);
  static void SetState(common::v1::TransferState state, absl::Time time, Entry* entry);
  // One that was read from the store. False: it is damaged.
  static bool LoadTransfer(Entry* entry);
  void LogEnd(const Entry& entry, const absl::Status& status) const;

  const MakeJob make_job_;
  const Clock& clock_;
  Random& random_;
  const log::Logger& logger_;
  ChangeSignal changed_;

  mutable Mutex mutex_;
  CondVar wake_;
  const std::unique_ptr<OperationStore> store_ ABSL_PT_GUARDED_BY(mutex_);
  std::map<uint64_t, Entry> entries_ ABSL_GUARDED_BY(mutex_);  // by number
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace restante::operations

#endif  // RESTANTE_COMMON_OPERATIONS_OPERATIONS_H_
