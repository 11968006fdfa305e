#include "auth-service/app/directory_sweeper.h"

namespace restante::logon {
namespace {

constexpr absl::Duration kInterval = absl::Hours(1);

}  // namespace

DirectorySweeper::DirectorySweeper(directory::Directory* directory, absl::Duration audit_retention,
                                   const Clock& clock, const log::Logger& logger)
    : directory_(*directory),
      audit_retention_(audit_retention),
      clock_(clock),
      logger_(logger),
      thread_(kInterval, /*at_once=*/true, [this](app::IntervalThread&) {
        PurgeAccounts();
        TrimAudit();
      }) {}

void DirectorySweeper::PurgeAccounts() {
  const absl::StatusOr<size_t> purged = directory_.PurgeExpired();
  if (!purged.ok()) {
    logger_.Warn("deleted_accounts_not_purged", {{"error", purged.status().ToString()}});
  } else if (*purged > 0) {
    logger_.Info("deleted_accounts_purged", {{"accounts", *purged}});
  }
}

void DirectorySweeper::TrimAudit() {
  const absl::StatusOr<size_t> dropped = directory_.TrimAudit(clock_.WallNow() - audit_retention_);
  if (!dropped.ok()) {
    logger_.Warn("old_audit_entries_not_dropped", {{"error", dropped.status().ToString()}});
  } else if (*dropped > 0) {
    logger_.Info("old_audit_entries_dropped", {{"entries", *dropped}});
  }
}

}  // namespace restante::logon
