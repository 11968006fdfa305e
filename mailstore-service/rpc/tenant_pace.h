#ifndef RESTANTE_MAILSTORE_SERVICE_RPC_TENANT_PACE_H_
#define RESTANTE_MAILSTORE_SERVICE_RPC_TENANT_PACE_H_

#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/base/mutex.h"

namespace restante::mailstore {

// Keeps a tenant, a mailbox, whose work comes in pieces without end (the pages of its list, the
// answers with its texts) from having all services for itself while others are about: each piece
// then waits as long as the last one took, with the way to the client and back, so that half of the
// time is the others'. Tenants by the first 256 octets of their names. Thread-safe.
class TenantPace {
 public:
  // Who takes longer for a piece leaves the others room enough, and is not paused.
  static constexpr absl::Duration kLongestPause = absl::Milliseconds(10);
  // Others are about for so long after what they last did.
  static constexpr absl::Duration kPresence = absl::Milliseconds(100);

  explicit TenantPace(const Clock& clock) : clock_(clock) {}
  TenantPace(const TenantPace&) = delete;
  TenantPace& operator=(const TenantPace&) = delete;

  // The tenant does something that is not paused.
  void Show(absl::string_view tenant);

  // How long the tenant's next piece is to wait, zero for not at all; it begins then.
  absl::Duration PauseBefore(absl::string_view tenant);

 private:
  struct Presence {
    std::string tenant;
    absl::Duration at = -absl::InfiniteDuration();
  };

  void ShowAt(absl::string_view tenant, absl::Duration now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool OthersAreAbout(absl::string_view tenant, absl::Duration now) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void ForgetBefore(absl::Duration now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Clock& clock_;
  Mutex mutex_;
  // The last of all, and the last of all others than that one: enough to tell about any tenant.
  Presence latest_ ABSL_GUARDED_BY(mutex_);
  Presence latest_other_ ABSL_GUARDED_BY(mutex_);
  // When the last piece of each began; of those that began one in the last kPresence or two.
  absl::flat_hash_map<std::string, absl::Duration> began_ ABSL_GUARDED_BY(mutex_);
  absl::Duration forgot_at_ ABSL_GUARDED_BY(mutex_) = -absl::InfiniteDuration();
};

}  // namespace restante::mailstore

#endif  // RESTANTE_MAILSTORE_SERVICE_RPC_TENANT_PACE_H_
