#ifndef RESTANTE_POP3_FRONTEND_BACKEND_LEASE_KEEPER_H_
#define RESTANTE_POP3_FRONTEND_BACKEND_LEASE_KEEPER_H_

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"
#include "common/base/mutex.h"
#include "common/log/logger.h"
#include "common/net/executor.h"
#include "common/rpc/call_counter.h"
#include "pop3-frontend/backend/store_link.h"

namespace restante::pop3 {

class KeptLease;

// Renews the leases of all open maildrops: every interval one call for each mailstore, whatever the
// number of its sessions. Thread-safe; a thread of its own begins the calls.
class LeaseKeeper : public std::enable_shared_from_this<LeaseKeeper> {
 public:
  static constexpr int kMaxLeasesPerCall = 10'000;

  // `logger` outlives the keeper's Stop.
  LeaseKeeper(absl::Duration interval, const log::Logger& logger);
  ~LeaseKeeper();
  LeaseKeeper(const LeaseKeeper&) = delete;
  LeaseKeeper& operator=(const LeaseKeeper&) = delete;

  // Renews until what it returns is destroyed. `on_lost` runs on the executor, at most once, when
  // the store says that the lease is no longer valid; not when the store cannot be asked, since the
  // store alone decides.
  std::unique_ptr<KeptLease> Keep(std::shared_ptr<StoreLink> store, mailstore::v1::Lease lease,
                                  net::Executor executor, net::Task on_lost);

  // Renews no more, and waits for the calls under way.
  void Stop();

 private:
  friend class KeptLease;
  class Renewal;

  struct Entry {
    std::shared_ptr<StoreLink> store;
    mailstore::v1::Lease lease;
    net::Executor executor;
    net::Task on_lost;
  };

  void Run();
  void RenewAll();
  void ReportLost(uint64_t id);
  void Remove(uint64_t id);

  const absl::Duration interval_;
  const log::Logger& logger_;
  rpc::CallCounter counter_;
  Mutex mutex_;
  CondVar stop_signal_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  uint64_t next_id_ ABSL_GUARDED_BY(mutex_) = 1;
  std::map<uint64_t, Entry> entries_ ABSL_GUARDED_BY(mutex_);
  std::set<Renewal*> renewals_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
};

// A lease that is being renewed. May outlive the keeper's Stop.
class KeptLease {
 public:
  KeptLease(std::shared_ptr<LeaseKeeper> keeper, uint64_t id)
      : keeper_(std::move(keeper)), id_(id) {}
  ~KeptLease() { keeper_->Remove(id_); }
  KeptLease(const KeptLease&) = delete;
  KeptLease& operator=(const KeptLease&) = delete;

 private:
  const std::shared_ptr<LeaseKeeper> keeper_;
  const uint64_t id_;
};

}  // namespace restante::pop3

#endif  // RESTANTE_POP3_FRONTEND_BACKEND_LEASE_KEEPER_H_
