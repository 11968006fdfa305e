#include "pop3-frontend/backend/policy_cache.h"

#include <grpcpp/client_context.h>
#include <grpcpp/support/client_callback.h>

#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "common/rpc/status.h"
#include "restante/auth/v1/logon_service.grpc.pb.h"

namespace restante::pop3 {
namespace {

MechanismPolicy ToMechanismPolicy(const auth::v1::ProtocolPolicy& policy) {
  constexpr int kMaxMechanisms = 32;
  MechanismPolicy mechanisms;
  for (const auth::v1::MechanismSetting& setting : policy.mechanisms()) {
    if (mechanisms.mechanisms.size() == kMaxMechanisms) break;
    mechanisms.mechanisms.push_back({absl::AsciiStrToUpper(setting.mechanism()), setting.enabled(),
                                     setting.require_tls(), setting.client_first(),
                                     setting.needs_channel_binding(), setting.needs_certificate()});
  }
  return mechanisms;
}

}  // namespace

// One call, from its beginning to its end. Not gRPC's synchronous stream: a thread that waits in
// one takes part in the polling for every connection of the process, and each event would wake it.
class PolicyCache::Watch : public grpc::ClientReadReactor<auth::v1::WatchMechanismPolicyResponse> {
 public:
  explicit Watch(PolicyCache* cache) : cache_(*cache) { request_.set_protocol("pop3"); }

  absl::Status Run(grpc::ClientContext* context) {
    auto stub = auth::v1::LogonService::NewStub(cache_.auth_);
    stub->async()->WatchMechanismPolicy(context, &request_, this);
    StartRead(&response_);
    StartCall();
    MutexLock lock(&mutex_);
    while (!status_) done_.Wait(&mutex_);
    return *status_;
  }

  void OnReadDone(bool ok) override {
    if (!ok) return;
    cache_.Publish(ToMechanismPolicy(response_.policy()));
    StartRead(&response_);
  }

  void OnDone(const grpc::Status& status) override {
    MutexLock lock(&mutex_);
    status_ = rpc::FromGrpcStatus(status);
    done_.SignalAll();
  }

 private:
  PolicyCache& cache_;
  auth::v1::WatchMechanismPolicyRequest request_;
  auth::v1::WatchMechanismPolicyResponse response_;
  Mutex mutex_;
  CondVar done_;
  std::optional<absl::Status> status_ ABSL_GUARDED_BY(mutex_);
};

PolicyCache::PolicyCache(std::shared_ptr<grpc::ChannelInterface> auth, const log::Logger& logger,
                         PolicyCacheOptions options)
    : auth_(std::move(auth)),
      logger_(logger),
      options_(std::move(options)),
      thread_([this] { Run(); }) {}

PolicyCache::~PolicyCache() {
  {
    MutexLock lock(&mutex_);
    stopping_ = true;
    if (watch_ != nullptr) watch_->TryCancel();
    stop_signal_.SignalAll();
  }
  thread_.join();
}

std::shared_ptr<const MechanismPolicy> PolicyCache::Current() const {
  MutexLock lock(&mutex_);
  return policy_;
}

void PolicyCache::Run() {
  while (true) {
    grpc::ClientContext context;
    {
      MutexLock lock(&mutex_);
      if (stopping_) return;
      watch_ = &context;
    }
    WatchOnce(&context);
    MutexLock lock(&mutex_);
    watch_ = nullptr;
    if (!stopping_) stop_signal_.WaitFor(&mutex_, options_.retry_delay);
  }
}

void PolicyCache::WatchOnce(grpc::ClientContext* context) {
  context->set_wait_for_ready(true);
  const absl::Status status = Watch(this).Run(context);
  MutexLock lock(&mutex_);
  if (stopping_) return;
  logger_.Warn("policy_watch_broke", {{"error", status.ToString()}, {"known", policy_ != nullptr}});
}

void PolicyCache::Publish(MechanismPolicy policy) {
  auto published = std::make_shared<const MechanismPolicy>(std::move(policy));
  {
    MutexLock lock(&mutex_);
    policy_ = published;
  }
  logger_.Info("policy_received", {{"mechanisms", published->mechanisms.size()}});
  if (options_.on_policy) options_.on_policy(*published);
}

}  // namespace restante::pop3
