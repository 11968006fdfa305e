#include "pop3-frontend/backend/lease_keeper.h"

#include <grpcpp/client_context.h>

#include <utility>

#include "common/base/check.h"
#include "common/rpc/status.h"
#include "common/rpc/timer.h"

namespace restante::pop3 {

// One call of RenewLeases. Owns itself.
class LeaseKeeper::Renewal {
 public:
  Renewal(LeaseKeeper* keeper, std::shared_ptr<StoreLink> store)
      : keeper_(keeper), ticket_(keeper->counter_.Enter()), store_(std::move(store)) {
    RESTANTE_CHECK(ticket_);  // Stop ends the keeper's thread first
  }

  void Add(uint64_t id, const mailstore::v1::Lease& lease) {
    ids_.push_back(id);
    *request_.add_leases() = lease;
  }
  bool full() const { return request_.leases_size() >= kMaxLeasesPerCall; }

  void Begin(absl::Duration longest) {
    context_.set_wait_for_ready(true);
    context_.set_deadline(rpc::DeadlineAfter(longest));
    store_->stub->async()->RenewLeases(
        &context_, &request_, &response_,
        [this](const grpc::Status& status) { OnAnswer(rpc::FromGrpcStatus(status)); });
  }

  void Cancel() { context_.TryCancel(); }

 private:
  void OnAnswer(const absl::Status& status) {
    LeaseKeeper* keeper = keeper_;
    {
      MutexLock lock(&keeper->mutex_);
      keeper->renewals_.erase(this);
    }
    if (!status.ok()) {
      keeper->logger_.Warn("lease_renewal_failed", {{"placement", store_->placement},
                                                    {"leases", ids_.size()},
                                                    {"error", status.ToString()}});
    }
    for (int i = 0; status.ok() && i < response_.leases_size(); ++i) {
      size_t index = static_cast<size_t>(i);
      if (index < ids_.size() && !response_.leases(i).renewed()) keeper->ReportLost(ids_[index]);
    }
    rpc::CallCounter::Ticket left_last = std::move(ticket_);
    delete this;
  }

  LeaseKeeper* const keeper_;  // waits for its calls before it goes
  rpc::CallCounter::Ticket ticket_;
  const std::shared_ptr<StoreLink> store_;
  std::vector<uint64_t> ids_;
  grpc::ClientContext context_;
  mailstore::v1::RenewLeasesRequest request_;
  mailstore::v1::RenewLeasesResponse response_;
};

LeaseKeeper::LeaseKeeper(absl::Duration interval, const log::Logger& logger)
    : interval_(interval), logger_(logger), thread_([this] { Run(); }) {}

LeaseKeeper::~LeaseKeeper() { Stop(); }

void LeaseKeeper::Stop() {
  {
    MutexLock lock(&mutex_);
    stopping_ = true;
    stop_signal_.SignalAll();
    for (Renewal* renewal : renewals_) renewal->Cancel();
  }
  if (thread_.joinable()) thread_.join();
  counter_.StopAndWait();
}

std::unique_ptr<KeptLease> LeaseKeeper::Keep(std::shared_ptr<StoreLink> store,
                                             mailstore::v1::Lease lease, net::Executor executor,
                                             net::Task on_lost) {
  MutexLock lock(&mutex_);
  uint64_t id = next_id_++;
  entries_.emplace(
      id, Entry{std::move(store), std::move(lease), std::move(executor), std::move(on_lost)});
  return std::make_unique<KeptLease>(shared_from_this(), id);
}

void LeaseKeeper::Remove(uint64_t id) {
  // What the callback carries is destroyed outside the lock.
  std::map<uint64_t, Entry>::node_type removed;
  MutexLock lock(&mutex_);
  removed = entries_.extract(id);
}

void LeaseKeeper::ReportLost(uint64_t id) {
  net::Executor executor;
  net::Task on_lost;
  {
    MutexLock lock(&mutex_);
    auto entry = entries_.find(id);
    if (entry == entries_.end()) return;
    executor = std::move(entry->second.executor);
    on_lost = std::move(entry->second.on_lost);
    entries_.erase(entry);
  }
  executor(std::move(on_lost));
}

void LeaseKeeper::Run() {
  while (true) {
    {
      MutexLock lock(&mutex_);
      if (!stopping_) stop_signal_.WaitFor(&mutex_, interval_);
      if (stopping_) return;
    }
    RenewAll();
  }
}

void LeaseKeeper::RenewAll() {
  std::vector<Renewal*> begun;
  MutexLock lock(&mutex_);
  std::map<StoreLink*, Renewal*> filling;
  for (const auto& [id, entry] : entries_) {
    Renewal*& renewal = filling[entry.store.get()];
    if (renewal == nullptr || renewal->full()) {
      renewal = new Renewal(this, entry.store);
      begun.push_back(renewal);
    }
    renewal->Add(id, entry.lease);
  }
  renewals_.insert(begun.begin(), begun.end());
  // Over before the next round begins. Answers come on other threads and wait for the lock.
  for (Renewal* renewal : begun) renewal->Begin(interval_ * 0.9);
}

}  // namespace restante::pop3
