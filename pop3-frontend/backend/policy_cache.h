#ifndef RESTANTE_POP3_FRONTEND_BACKEND_POLICY_CACHE_H_
#define RESTANTE_POP3_FRONTEND_BACKEND_POLICY_CACHE_H_

#include <functional>
#include <memory>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"
#include "common/base/mutex.h"
#include "common/log/logger.h"
#include "pop3-frontend/backend/policy_source.h"

namespace grpc {
class ChannelInterface;
class ClientContext;
}  // namespace grpc

namespace restante::pop3 {

struct PolicyCacheOptions {
  // Between the end of one watch and the next try.
  absl::Duration retry_delay = absl::Milliseconds(500);
  // Called with each policy as it comes, on a thread of gRPC's. May be empty.
  std::function<void(const MechanismPolicy&)> on_policy;
};

// Watches auth's policy for POP3, and watches again when the watch breaks.
// What was heard last stays true meanwhile: auth enforces the policy whatever a front end offers.
class PolicyCache : public PolicySource {
 public:
  // Begins to watch. `logger` outlives the cache.
  PolicyCache(std::shared_ptr<grpc::ChannelInterface> auth, const log::Logger& logger,
              PolicyCacheOptions options = {});
  ~PolicyCache() override;
  PolicyCache(const PolicyCache&) = delete;
  PolicyCache& operator=(const PolicyCache&) = delete;

  std::shared_ptr<const MechanismPolicy> Current() const override;

 private:
  class Watch;

  void Run();
  void WatchOnce(grpc::ClientContext* context);
  void Publish(MechanismPolicy policy);

  const std::shared_ptr<grpc::ChannelInterface> auth_;
  const log::Logger& logger_;
  const PolicyCacheOptions options_;
  mutable Mutex mutex_;
  CondVar stop_signal_;
  std::shared_ptr<const MechanismPolicy> policy_ ABSL_GUARDED_BY(mutex_);
  grpc::ClientContext* watch_ ABSL_GUARDED_BY(mutex_) = nullptr;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace restante::pop3

#endif  // RESTANTE_POP3_FRONTEND_BACKEND_POLICY_CACHE_H_
