#include "mailstore-service/rpc/tenant_pace.h"

#include <utility>

namespace restante::mailstore {
namespace {

// Callers name tenants before they are checked.
absl::string_view Cut(absl::string_view tenant) { return tenant.substr(0, 256); }

}  // namespace

void TenantPace::Show(absl::string_view tenant) {
  MutexLock lock(&mutex_);
  ShowAt(Cut(tenant), clock_.MonotonicNow());
}

absl::Duration TenantPace::PauseBefore(absl::string_view tenant) {
  tenant = Cut(tenant);
  MutexLock lock(&mutex_);
  const absl::Duration now = clock_.MonotonicNow();
  ShowAt(tenant, now);
  ForgetBefore(now);
  const auto [last, is_first] = began_.try_emplace(tenant, -absl::InfiniteDuration());
  // Negative while a piece before it still waits: two front ends may read for one mailbox.
  const absl::Duration took = now - last->second;
  absl::Duration pause = absl::ZeroDuration();
  if (took > absl::ZeroDuration() && took <= kLongestPause && OthersAreAbout(tenant, now)) {
    pause = took;
  }
  last->second = now + pause;
  return pause;
}

void TenantPace::ShowAt(absl::string_view tenant, absl::Duration now) {
  if (latest_.tenant != tenant) {
    std::swap(latest_, latest_other_);
    latest_.tenant = std::string(tenant);
  }
  latest_.at = now;
}

bool TenantPace::OthersAreAbout(absl::string_view tenant, absl::Duration now) const {
  const Presence& other = latest_.tenant == tenant ? latest_other_ : latest_;
  return now - other.at <= kPresence;
}

void TenantPace::ForgetBefore(absl::Duration now) {
  if (now - forgot_at_ < kPresence) return;
  forgot_at_ = now;
  absl::erase_if(began_, [&](const auto& each) { return now - each.second > kLongestPause; });
}

}  // namespace restante::mailstore
