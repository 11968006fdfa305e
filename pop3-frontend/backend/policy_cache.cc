#include "pop3-frontend/backend/policy_cache.h"

#include <grpcpp/client_context.h>

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
  auth::v1::WatchMechanismPolicyRequest request;
  request.set_protocol("pop3");
  auto stub = auth::v1::LogonService::NewStub(auth_);
  auto stream = stub->WatchMechanismPolicy(context, request);
  auth::v1::WatchMechanismPolicyResponse response;
  while (stream->Read(&response)) Publish(ToMechanismPolicy(response.policy()));
  absl::Status status = rpc::FromGrpcStatus(stream->Finish());
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
