#include "common/operations/operations.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/base/byte_reader.h"
#include "common/base/byte_writer.h"
#include "common/base/check.h"
#include "common/base/error_reason.h"
#include "common/base/escape.h"
#include "common/base/ids.h"
#include "common/base/status_macros.h"
#include "common/rpc/status.h"

namespace restante::operations {
namespace {

constexpr char kNamePrefix[] = "operations/";
constexpr uint8_t kRecordVersion = 1;
constexpr size_t kMaxOperationOctets = 1 << 20;
constexpr size_t kMaxRequestIdOctets = 64;

}  // namespace

absl::Status Operations::OperationRunning(const std::string& name, absl::string_view next) {
  absl::Status status = MakeError(absl::StatusCode::kFailedPrecondition,
                                  ErrorReason::kOperationRunning, absl::StrCat(name, next));
  SetErrorMetadata(&status, "operation", name);
  SetRetryDelay(&status, kRetryDelay);
  return status;
}

absl::Status Operations::CheckRequestId(const std::string& request_id) {
  if (request_id.empty() || IsId(request_id)) return absl::OkStatus();
  return InvalidField("request_id", "must be 32 lower-case hexadecimal digits, or empty");
}

std::string Operations::NewName() const { return absl::StrCat(kNamePrefix, NewId(random_)); }

// One job's view of its operation.
class Operations::Context : public JobContext {
 public:
  Context(Operations* operations, uint64_t number) : operations_(*operations), number_(number) {}

  bool Report(const google::protobuf::Message& metadata) override {
    const absl::Duration now = operations_.clock_.MonotonicNow();
    const bool keep = now - kept_ >= kKeepInterval;
    if (keep) kept_ = now;
    return operations_.Report(number_, metadata, keep);
  }

 private:
  Operations& operations_;
  const uint64_t number_;
  absl::Duration kept_ = absl::ZeroDuration();
};

Operations::Operations(std::unique_ptr<OperationStore> store, MakeJob make_job, const Clock& clock,
                       Random& random, const log::Logger& logger)
    : make_job_(std::move(make_job)),
      clock_(clock),
      random_(random),
      logger_(logger),
      store_(std::move(store)) {}

absl::StatusOr<std::unique_ptr<Operations>> Operations::Open(std::unique_ptr<OperationStore> store,
                                                             MakeJob make_job, const Clock& clock,
                                                             Random& random,
                                                             const log::Logger& logger) {
  std::unique_ptr<Operations> operations(
      new Operations(std::move(store), std::move(make_job), clock, random, logger));
  RESTANTE_RETURN_IF_ERROR(operations->Load());
  operations->thread_ = std::thread([raw = operations.get()] { raw->Run(); });
  return operations;
}

absl::StatusOr<std::unique_ptr<Operations>> Operations::OpenIn(const std::string& path,
                                                               MakeJob make_job, const Clock& clock,
                                                               Random& random,
                                                               const log::Logger& logger) {
  RESTANTE_ASSIGN_OR_RETURN(std::unique_ptr<OperationStore> store,
                            OpenRocksDbOperationStore(path, logger));
  return Open(std::move(store), std::move(make_job), clock, random, logger);
}

Operations::~Operations() {
  Stop();
  if (thread_.joinable()) thread_.join();
}

absl::Status Operations::Load() {
  MutexLock lock(&mutex_);
  RESTANTE_ASSIGN_OR_RETURN(const auto records, store_->ReadAll());
  for (const auto& [id, record] : records) {
    std::optional<Entry> entry = Decode(record);
    if (!entry || entry->operation.name() != absl::StrCat(kNamePrefix, id) ||
        !LoadTransfer(&*entry)) {
      // Work that can be begun again is no reason to keep a service from its work.
      logger_.Error("operation_damaged",
                    {{"operation", EscapeForLog(id, 64)},
                     {"meaning", "it is forgotten: begin it again if it was not done"}});
      continue;
    }
    const uint64_t number = entry->number;
    entries_.emplace(number, *std::move(entry));
  }
  return absl::OkStatus();
}

std::string Operations::Encode(const Entry& entry) {
  ByteWriter writer;
  writer.U8(kRecordVersion).U64Be(entry.number);
  writer.U64Be(static_cast<uint64_t>(absl::ToUnixMicros(entry.create_time)));
  writer.LengthPrefixed(entry.request_id).U8(entry.cancelled ? 1 : 0);
  writer.LengthPrefixed(entry.operation.SerializeAsString());
  return writer.Take();
}

std::optional<Operations::Entry> Operations::Decode(absl::string_view record) {
  ByteReader reader(record);
  const auto version = reader.ReadU8();
  const auto number = reader.ReadU64Be();
  const auto create_time = reader.ReadU64Be();
  const auto request_id = reader.ReadLengthPrefixed(kMaxRequestIdOctets);
  const auto cancelled = reader.ReadU8();
  const auto operation = reader.ReadLengthPrefixed(kMaxOperationOctets);
  if (version != kRecordVersion || !number || !create_time || !request_id || !cancelled ||
      !operation || !reader.empty()) {
    return std::nullopt;
  }
  Entry entry{.number = *number,
              .create_time = absl::FromUnixMicros(static_cast<int64_t>(*create_time)),
              .request_id = std::string(*request_id),
              .cancelled = *cancelled != 0,
              .operation = {},
              .transfer = {}};
  if (!entry.operation.ParseFromArray(operation->data(), static_cast<int>(operation->size()))) {
    return std::nullopt;
  }
  return entry;
}

absl::StatusOr<std::optional<Operation>> Operations::FindRepeat(const std::string& request_id,
                                                                const std::string& kind) const {
  for (const auto& [number, entry] : entries_) {
    const Operation& operation = entry.operation;
    const bool same_kind = operation.metadata().type_url() == kind;
    if (!request_id.empty() && entry.request_id == request_id &&
        clock_.WallNow() - entry.create_time < kRequestsKept) {
      if (same_kind) return operation;
      return InvalidField("request_id",
                          absl::StrCat("began another operation, ", operation.name()));
    }
    if (same_kind && !operation.done()) {
      return OperationRunning(operation.name(), " does this already; wait for it, or cancel it");
    }
  }
  return std::nullopt;
}

absl::StatusOr<Operation> Operations::Begin(const std::string& request_id,
                                            const google::protobuf::Message& metadata) {
  RESTANTE_RETURN_IF_ERROR(CheckRequestId(request_id));
  Entry entry;
  entry.number = 1;
  entry.create_time = clock_.WallNow();
  entry.request_id = request_id;
  entry.operation.set_name(NewName());
  entry.operation.mutable_metadata()->PackFrom(metadata);
  Operation begun = entry.operation;
  {
    MutexLock lock(&mutex_);
    RESTANTE_ASSIGN_OR_RETURN(const std::optional<Operation> repeat,
                              FindRepeat(request_id, entry.operation.metadata().type_url()));
    if (repeat) return *repeat;
    if (!entries_.empty()) entry.number = entries_.rbegin()->first + 1;
    RESTANTE_RETURN_IF_ERROR(Keep(entry));
    entries_.emplace(entry.number, std::move(entry));
    wake_.SignalOne();
  }
  changed_.Notify();
  return begun;
}

absl::Status Operations::Keep(const Entry& entry) {
  return store_->Put(absl::StripPrefix(entry.operation.name(), kNamePrefix), Encode(entry));
}

absl::StatusOr<uint64_t> Operations::Find(const std::string& name) {
  EndForsaken();
  for (const auto& [number, entry] : entries_) {
    if (entry.operation.name() == name) return number;
  }
  return MakeError(absl::StatusCode::kNotFound, ErrorReason::kOperationNotFound,
                   absl::StrCat("there is no operation ", EscapeForLog(name, 64),
                                "; list those that there are"));
}

absl::StatusOr<Operation> Operations::Get(const std::string& name) {
  MutexLock lock(&mutex_);
  RESTANTE_ASSIGN_OR_RETURN(const uint64_t number, Find(name));
  return entries_.at(number).operation;
}

absl::Status Operations::Remove(const std::string& name) {
  MutexLock lock(&mutex_);
  RESTANTE_ASSIGN_OR_RETURN(const uint64_t number, Find(name));
  if (!entries_.at(number).operation.done()) {
    return OperationRunning(name, " has not ended; cancel it first");
  }
  RESTANTE_RETURN_IF_ERROR(store_->Remove(absl::StripPrefix(name, kNamePrefix)));
  entries_.erase(number);
  return absl::OkStatus();
}

absl::Status Operations::Cancel(const std::string& name) {
  bool ended = false;
  absl::Status kept;
  {
    MutexLock lock(&mutex_);
    RESTANTE_ASSIGN_OR_RETURN(const uint64_t number, Find(name));
    Entry& entry = entries_.at(number);
    if (entry.operation.done()) return absl::OkStatus();
    entry.cancelled = true;
    ended = CancelBrokenOff(&entry);
    kept = Keep(entry);
  }
  if (ended) changed_.Notify();
  return kept;
}

std::vector<Operations::Numbered> Operations::List(uint64_t before, size_t limit,
                                                   std::optional<bool> done) {
  std::vector<Numbered> listed;
  MutexLock lock(&mutex_);
  EndForsaken();
  for (auto it = entries_.rbegin(); it != entries_.rend() && listed.size() < limit; ++it) {
    if (it->first >= before || (done && *done != it->second.operation.done())) continue;
    listed.push_back({it->first, it->second.operation});
  }
  return listed;
}

void Operations::Stop() {
  {
    MutexLock lock(&mutex_);
    stopped_ = true;
    wake_.SignalAll();
  }
  changed_.Notify();
}

bool Operations::stopped() const {
  MutexLock lock(&mutex_);
  return stopped_;
}

void Operations::Run() {
  while (const std::optional<uint64_t> number = NextToRun()) RunOne(*number);
}

std::optional<uint64_t> Operations::NextToRun() {
  MutexLock lock(&mutex_);
  while (!stopped_) {
    const auto next = std::find_if(entries_.begin(), entries_.end(), [](const auto& numbered) {
      return !numbered.second.operation.done() && !numbered.second.transfer;
    });
    if (next != entries_.end()) return next->first;
    wake_.Wait(&mutex_);
  }
  return std::nullopt;
}

void Operations::RunOne(uint64_t number) {
  google::protobuf::Any metadata;
  bool cancelled = false;
  {
    MutexLock lock(&mutex_);
    const Entry& entry = entries_.at(number);
    metadata = entry.operation.metadata();
    cancelled = entry.cancelled;
    logger_.Info("operation_begun",
                 {{"operation", entry.operation.name()}, {"kind", metadata.type_url()}});
  }
  if (cancelled) return End(number, absl::CancelledError("cancelled before it began"));
  const std::unique_ptr<Job> job = make_job_(metadata);
  if (job == nullptr) {
    return End(number, absl::UnimplementedError("this version does not know such operations"));
  }
  Context context(this, number);
  End(number, job->Run(context));
}

bool Operations::Report(uint64_t number, const google::protobuf::Message& metadata, bool keep) {
  bool go_on = false;
  {
    MutexLock lock(&mutex_);
    Entry& entry = entries_.at(number);
    entry.operation.mutable_metadata()->PackFrom(metadata);
    go_on = !stopped_ && !entry.cancelled;
    // Progress that is not kept is made again after a restart.
    if (keep) (void)Keep(entry);
  }
  changed_.Notify();
  return go_on;
}

void Operations::End(uint64_t number, const absl::StatusOr<google::protobuf::Any>& outcome) {
  {
    MutexLock lock(&mutex_);
    Entry& entry = entries_.at(number);
    // It stopped because it was told to, and goes on after a restart.
    if (stopped_ && !entry.cancelled && !outcome.ok()) return;
    Operation& operation = entry.operation;
    operation.set_done(true);
    if (outcome.ok()) {
      *operation.mutable_response() = *outcome;
    } else {
      *operation.mutable_error() = rpc::ToProto(
          entry.cancelled ? absl::CancelledError("it was cancelled") : outcome.status());
    }
    const absl::Status kept = Keep(entry);
    logger_.Info("operation_ended",
                 {{"operation", operation.name()},
                  {"kind", operation.metadata().type_url()},
                  {"code", absl::StatusCodeToString(
                               static_cast<absl::StatusCode>(operation.error().code()))}});
    if (!kept.ok()) {
      logger_.Error("operation_end_not_kept", {{"operation", operation.name()},
                                               {"error", kept.ToString()},
                                               {"meaning", "it is run again after a restart"}});
    }
    ForgetOldest();
  }
  changed_.Notify();
}

void Operations::ForgetOldest() {
  const auto ended = [](const auto& numbered) {
    const Entry& entry = numbered.second;
    return entry.operation.done() || (entry.transfer && !entry.carried);
  };
  if (static_cast<size_t>(std::count_if(entries_.begin(), entries_.end(), ended)) <= kMaxEnded) {
    return;
  }
  const auto oldest = std::find_if(entries_.begin(), entries_.end(), ended);
  const std::string id(absl::StripPrefix(oldest->second.operation.name(), kNamePrefix));
  if (store_->Remove(id).ok()) entries_.erase(oldest);
}

}  // namespace restante::operations
