#include "common/operations/transfer.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/error_reason.h"
#include "common/base/ids.h"
#include "common/base/status_macros.h"
#include "common/operations/operations.h"
#include "common/rpc/status.h"
#include "common/rpc/time_messages.h"

namespace restante::operations {
namespace {

using common::v1::TransferCounts;
using common::v1::TransferMetadata;

TransferCounts Sum(const TransferCounts& a, const TransferCounts& b) {
  TransferCounts sum;
  sum.set_done(a.done() + b.done());
  sum.set_unchanged(a.unchanged() + b.unchanged());
  sum.set_failed(a.failed() + b.failed());
  sum.set_octets(a.octets() + b.octets());
  return sum;
}

// Whether another call need not meet the error.
bool IsOfThisCall(const absl::Status& status) {
  return absl::IsCancelled(status) || absl::IsDeadlineExceeded(status) ||
         absl::IsUnavailable(status) || absl::IsResourceExhausted(status) ||
         absl::IsAborted(status);
}

absl::Status TooMany() {
  absl::Status status = MakeError(absl::StatusCode::kResourceExhausted, ErrorReason::kLimitExceeded,
                                  absl::StrCat("there are ", Operations::kMaxTransfers,
                                               " imports and exports under way already"));
  SetRetryDelay(&status, Operations::kRetryDelay);
  return status;
}

absl::Status GoingDown() {
  return MakeError(absl::StatusCode::kUnavailable, ErrorReason::kDraining,
                   "the server is going down; repeat it to go on");
}

TransferMetadata NewMetadata(const TransferRequest& request, absl::Time now) {
  TransferMetadata metadata;
  metadata.set_kind(request.kind);
  metadata.set_resource(request.resource);
  metadata.set_validate_only(request.validate_only);
  metadata.mutable_counts();
  metadata.set_request_id(request.request_id);
  *metadata.mutable_create_time() = rpc::ToTimestamp(now);
  return metadata;
}

absl::Time UpdateTimeOf(const TransferMetadata& metadata) {
  return rpc::FromTimestamp(metadata.update_time()).value_or(absl::InfinitePast());
}

}  // namespace

Transfer::~Transfer() {
  if (carries_) operations_.BreakOff(number_);
}

absl::Status Transfer::Report(const TransferCounts& counts) {
  if (!carries_) return absl::OkStatus();
  const absl::Duration now = operations_.clock_.MonotonicNow();
  const bool keep = now - kept_ >= Operations::kKeepInterval;
  if (keep) kept_ = now;
  return operations_.ReportTransfer(number_, Sum(before_, counts), keep);
}

void Transfer::End(const absl::Status& status, const TransferCounts& counts) {
  if (!std::exchange(carries_, false)) return;
  operations_.EndTransfer(number_, Sum(before_, counts), status);
}

absl::StatusOr<std::unique_ptr<Transfer>> Operations::BeginTransfer(
    const TransferRequest& request) {
  RESTANTE_RETURN_IF_ERROR(CheckRequestId(request.request_id));
  std::unique_ptr<Transfer> transfer;
  {
    MutexLock lock(&mutex_);
    if (stopped_) return GoingDown();
    EndForsaken();
    ForgetOldest();
    RESTANTE_ASSIGN_OR_RETURN(Entry* const earlier, FindEarlier(request));
    if (earlier != nullptr && earlier->operation.done()) {
      return std::unique_ptr<Transfer>(
          new Transfer(this, earlier->number, earlier->operation.name(), /*already_ended=*/true));
    }
    const auto carried = std::count_if(entries_.begin(), entries_.end(),
                                       [](const auto& each) { return each.second.carried; });
    if (static_cast<size_t>(carried) >= kMaxTransfers) return TooMany();
    RESTANTE_ASSIGN_OR_RETURN(transfer, Carry(request, earlier));
  }
  changed_.Notify();
  return transfer;
}

absl::StatusOr<Operations::Entry*> Operations::FindEarlier(const TransferRequest& request) {
  if (request.request_id.empty()) return nullptr;
  for (auto& [number, entry] : entries_) {
    if (entry.request_id != request.request_id) continue;
    const absl::Time last = entry.transfer ? UpdateTimeOf(*entry.transfer) : entry.create_time;
    if (entry.operation.done() && clock_.WallNow() - last >= kRequestsKept) continue;
    const std::string& name = entry.operation.name();
    if (!entry.transfer || entry.transfer->kind() != request.kind ||
        entry.transfer->resource() != request.resource ||
        entry.transfer->validate_only() != request.validate_only) {
      return InvalidField("request_id", absl::StrCat("began another operation, ", name));
    }
    if (entry.carried) {
      return OperationRunning(name, " is carried by another call; wait for it, or cancel it");
    }
    return &entry;
  }
  return nullptr;
}

absl::StatusOr<std::unique_ptr<Transfer>> Operations::Carry(const TransferRequest& request,
                                                            const Entry* earlier) {
  const absl::Time now = clock_.WallNow();
  Entry entry;
  if (earlier != nullptr) {
    entry = *earlier;
  } else {
    entry.number = entries_.empty() ? 1 : entries_.rbegin()->first + 1;
    entry.create_time = now;
    entry.request_id = request.request_id;
    entry.operation.set_name(NewName());
    entry.transfer = NewMetadata(request, now);
  }
  TransferMetadata& metadata = *entry.transfer;
  if (request.from_the_beginning) metadata.mutable_counts()->Clear();
  metadata.set_caller(request.caller);
  metadata.set_attempts(metadata.attempts() + 1);
  SetState(common::v1::TRANSFER_STATE_RUNNING, clock_.WallNow(), &entry);
  entry.carried = true;
  RESTANTE_RETURN_IF_ERROR(Keep(entry));
  logger_.Info("operation_begun", {{"operation", entry.operation.name()},
                                   {"kind", metadata.kind()},
                                   {"attempt", metadata.attempts()}});
  std::unique_ptr<Transfer> transfer(
      new Transfer(this, entry.number, entry.operation.name(), /*already_ended=*/false));
  transfer->carries_ = true;
  transfer->before_ = metadata.counts();
  transfer->kept_ = clock_.MonotonicNow();
  entries_.insert_or_assign(entry.number, std::move(entry));
  return transfer;
}

absl::Status Operations::ReportTransfer(uint64_t number, const TransferCounts& counts, bool keep) {
  absl::Status go_on;
  {
    MutexLock lock(&mutex_);
    Entry& entry = entries_.at(number);
    *entry.transfer->mutable_counts() = counts;
    SetState(common::v1::TRANSFER_STATE_RUNNING, clock_.WallNow(), &entry);
    if (stopped_) go_on = GoingDown();
    if (entry.cancelled) go_on = absl::CancelledError("the operation was cancelled");
    // Counts that are not kept are a little behind after a crash.
    if (keep) (void)Keep(entry);
  }
  changed_.Notify();
  return go_on;
}

void Operations::EndTransfer(uint64_t number, const TransferCounts& counts,
                             const absl::Status& status) {
  {
    MutexLock lock(&mutex_);
    Entry& entry = entries_.at(number);
    entry.carried = false;
    *entry.transfer->mutable_counts() = counts;
    if (IsOfThisCall(status) && !entry.cancelled) {
      SetState(common::v1::TRANSFER_STATE_BROKEN_OFF, clock_.WallNow(), &entry);
    } else {
      Close(status, clock_.WallNow(), &entry);
    }
    const absl::Status kept = Keep(entry);
    LogEnd(entry, status);
    if (!kept.ok()) {
      logger_.Error("operation_end_not_kept", {{"operation", entry.operation.name()},
                                               {"error", kept.ToString()},
                                               {"meaning", "it is broken off after a restart"}});
    }
    ForgetOldest();
  }
  changed_.Notify();
}

void Operations::BreakOff(uint64_t number) {
  {
    MutexLock lock(&mutex_);
    Entry& entry = entries_.at(number);
    entry.carried = false;
    const absl::Status status = absl::CancelledError("its call has gone");
    // Not kept: no thread may wait here, and it is so after a restart by itself.
    if (entry.cancelled) {
      Close(status, clock_.WallNow(), &entry);
    } else {
      SetState(common::v1::TRANSFER_STATE_BROKEN_OFF, clock_.WallNow(), &entry);
    }
    LogEnd(entry, status);
  }
  changed_.Notify();
}

bool Operations::CancelBrokenOff(Entry* entry) {
  if (!entry->transfer || entry->carried) return false;
  Close(absl::CancelledError(), clock_.WallNow(), entry);
  LogEnd(*entry, absl::CancelledError());
  return true;
}

void Operations::EndForsaken() {
  for (auto& [number, entry] : entries_) {
    if (!entry.transfer || entry.carried || entry.operation.done()) continue;
    const absl::Time broken_off = UpdateTimeOf(*entry.transfer);
    if (clock_.WallNow() - broken_off < kRequestsKept) continue;
    // Not kept: the time says it again after a restart.
    Close(absl::AbortedError("it broke off, and no call took it on within a day"), broken_off,
          &entry);
  }
}

void Operations::Close(const absl::Status& status, absl::Time time, Entry* entry) {
  entry->operation.set_done(true);
  SetState(common::v1::TRANSFER_STATE_ENDED, time, entry);
  if (status.ok()) {
    common::v1::TransferResponse response;
    *response.mutable_counts() = entry->transfer->counts();
    entry->operation.mutable_response()->PackFrom(response);
  } else {
    *entry->operation.mutable_error() =
        rpc::ToProto(entry->cancelled ? absl::CancelledError("it was cancelled") : status);
  }
}

void Operations::SetState(common::v1::TransferState state, absl::Time time, Entry* entry) {
  entry->transfer->set_state(state);
  *entry->transfer->mutable_update_time() = rpc::ToTimestamp(time);
  entry->operation.mutable_metadata()->PackFrom(*entry->transfer);
}

bool Operations::LoadTransfer(Entry* entry) {
  if (!entry->operation.metadata().Is<TransferMetadata>()) return true;
  entry->transfer.emplace();
  if (!entry->operation.metadata().UnpackTo(&*entry->transfer)) return false;
  if (entry->operation.done()) return true;
  // Its call ended with the process, soon after it last said something.
  const absl::Time last = UpdateTimeOf(*entry->transfer);
  if (entry->cancelled) {
    Close(absl::CancelledError(), last, entry);
  } else {
    SetState(common::v1::TRANSFER_STATE_BROKEN_OFF, last, entry);
  }
  return true;
}

void Operations::LogEnd(const Entry& entry, const absl::Status& status) const {
  logger_.Info(entry.operation.done() ? "operation_ended" : "operation_broken_off",
               {{"operation", entry.operation.name()},
                {"kind", entry.transfer->kind()},
                {"done", entry.transfer->counts().done()},
                {"failed", entry.transfer->counts().failed()},
                {"code", absl::StatusCodeToString(status.code())}});
}

}  // namespace restante::operations
