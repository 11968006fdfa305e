#include "pop3-frontend/backend/policy_cache.h"

#include <utility>

#include "absl/strings/ascii.h"
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

auto MethodOf(const std::shared_ptr<grpc::ChannelInterface>& auth) {
  auth::v1::WatchMechanismPolicyRequest request;
  request.set_protocol("pop3");
  return [stub = std::shared_ptr(auth::v1::LogonService::NewStub(auth)), request](
             grpc::ClientContext* context, auto* reactor) {
    stub->async()->WatchMechanismPolicy(context, &request, reactor);
  };
}

}  // namespace

PolicyCache::PolicyCache(const std::shared_ptr<grpc::ChannelInterface>& auth,
                         const log::Logger& logger, PolicyCacheOptions options)
    : logger_(logger),
      options_(std::move(options)),
      watch_(MethodOf(auth),
             {.on_response =
                  [this](const auth::v1::WatchMechanismPolicyResponse& response) {
                    Publish(ToMechanismPolicy(response.policy()));
                  },
              .on_end = [this](const absl::Status& status) { OnEnd(status); }},
             options_.retry_delay) {}

std::shared_ptr<const MechanismPolicy> PolicyCache::Current() const {
  MutexLock lock(&mutex_);
  return policy_;
}

void PolicyCache::OnEnd(const absl::Status& status) {
  const bool known = Current() != nullptr;
  logger_.Warn("policy_watch_broke", {{"error", status.ToString()}, {"known", known}});
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
