#include "auth-service/app/account_purger.h"

namespace restante::logon {
namespace {

constexpr absl::Duration kInterval = absl::Hours(1);

}  // namespace

AccountPurger::AccountPurger(directory::Directory* directory, const log::Logger& logger)
    : directory_(*directory), logger_(logger), thread_([this] { Run(); }) {}

AccountPurger::~AccountPurger() {
  {
    MutexLock lock(&mutex_);
    ending_ = true;
    changed_.SignalAll();
  }
  thread_.join();
}

void AccountPurger::Run() {
  while (true) {
    PurgeOnce();
    MutexLock lock(&mutex_);
    if (!ending_) changed_.WaitFor(&mutex_, kInterval);
    if (ending_) return;
  }
}

void AccountPurger::PurgeOnce() {
  const absl::StatusOr<size_t> purged = directory_.PurgeExpired();
  if (!purged.ok()) {
    logger_.Warn("deleted_accounts_not_purged", {{"error", purged.status().ToString()}});
  } else if (*purged > 0) {
    logger_.Info("deleted_accounts_purged", {{"accounts", *purged}});
  }
}

}  // namespace restante::logon
