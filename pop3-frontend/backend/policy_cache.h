#ifndef RESTANTE_POP3_FRONTEND_BACKEND_POLICY_CACHE_H_
#define RESTANTE_POP3_FRONTEND_BACKEND_POLICY_CACHE_H_

#include <functional>
#include <memory>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"
#include "common/base/mutex.h"
#include "common/log/logger.h"
#include "common/rpc/client_watch.h"
#include "pop3-frontend/backend/policy_source.h"
#include "restante/auth/v1/logon_service.pb.h"

namespace grpc {
class ChannelInterface;
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
  PolicyCache(const std::shared_ptr<grpc::ChannelInterface>& auth, const log::Logger& logger,
              PolicyCacheOptions options = {});

  std::shared_ptr<const MechanismPolicy> Current() const override;

 private:
  void Publish(MechanismPolicy policy);
  void OnEnd(const absl::Status& status);

  const log::Logger& logger_;
  const PolicyCacheOptions options_;
  mutable Mutex mutex_;
  std::shared_ptr<const MechanismPolicy> policy_ ABSL_GUARDED_BY(mutex_);
  rpc::ClientWatch<auth::v1::WatchMechanismPolicyResponse> watch_;  // the last: calls back
};

}  // namespace restante::pop3

#endif  // RESTANTE_POP3_FRONTEND_BACKEND_POLICY_CACHE_H_
