#include "mailstore-service/maintenance/retention.h"

#include "common/base/error_reason.h"
#include "common/base/status_macros.h"
#include "mailstore-service/maintenance/mailbox_walk.h"
#include "mailstore-service/store/mailbox_changes.h"

namespace restante::mailstore {
namespace {

constexpr size_t kBatch = 1'000;

void Add(const MessageTotals& more, MessageTotals* totals) {
  totals->count += more.count;
  totals->octets += more.octets;
}

bool HasRetention(const MailboxInfo& mailbox) { return mailbox.retention != RetentionLimits(); }

}  // namespace

absl::StatusOr<RetentionTotals> ApplyRetention(
    Mailstore& store, const RetentionRun& run,
    const std::function<bool(const RetentionTotals&)>& go_on) {
  RetentionTotals totals;
  const auto visit = [&](const MailboxInfo& mailbox) -> absl::Status {
    ++totals.mailboxes;
    LookedThrough looked_through;
    looked_through.done = !HasRetention(mailbox);
    while (!looked_through.done) {
      const absl::StatusOr<RetentionResult> result =
          store.ApplyRetention(mailbox.mailbox_id, looked_through.last_message_id, kBatch,
                               run.validate_only, run.author);
      const ErrorReason reason = GetErrorReason(result.status());
      // A session came, or an operator deleted it: the next round sees to it.
      if (reason == ErrorReason::kMaildropInUse) ++totals.in_use;
      if (reason == ErrorReason::kMaildropInUse || reason == ErrorReason::kMailboxDeleted ||
          reason == ErrorReason::kMailboxNotFound) {
        break;
      }
      RESTANTE_RETURN_IF_ERROR(result.status());
      looked_through = result->looked_through;
      Add(looked_through.seen, &totals.seen);
      Add(result->expired, &totals.expired);
      if (!go_on(totals)) return absl::CancelledError("it was asked to stop");
    }
    return go_on(totals) ? absl::OkStatus() : absl::CancelledError("it was asked to stop");
  };
  RESTANTE_RETURN_IF_ERROR(WalkMailboxes(store, run.mailbox_id, /*show_deleted=*/false, visit));
  return totals;
}

RetentionRounds::RetentionRounds(absl::Duration interval, Mailstore& store,
                                 metrics::Registry& registry, const log::Logger& logger)
    : store_(store),
      deleted_(registry
                   .Counters("restante_mailstore_retention_deleted_messages_total",
                             "Messages deleted because their mailbox keeps them no longer.")
                   .With()),
      rounds_(registry.Counters("restante_mailstore_retention_rounds_total",
                                "Times that retention was applied by itself, by outcome.")),
      logger_(logger),
      thread_(interval, /*at_once=*/false,
              [this](app::IntervalThread& thread) { RunOnce(thread); }) {}

void RetentionRounds::RunOnce(app::IntervalThread& thread) {
  // Between batches calls of clients come first.
  constexpr absl::Duration kBreather = absl::Milliseconds(1);
  const absl::StatusOr<RetentionTotals> totals =
      ApplyRetention(store_, {"", false, {kProgramName, "ApplyRetention"}},
                     [&thread](const RetentionTotals&) { return thread.Wait(kBreather); });
  if (absl::IsCancelled(totals.status())) return;
  if (!totals.ok()) {
    rounds_.With({{"outcome", "failed"}}).Add();
    logger_.Warn("retention_failed", {{"error", totals.status().ToString()}});
    return;
  }
  rounds_.With({{"outcome", "ok"}}).Add();
  deleted_.Add(static_cast<double>(totals->expired.count));
  if (totals->expired.count == 0) return;
  logger_.Info("retention_applied", {{"deleted", totals->expired.count},
                                     {"octets", totals->expired.octets},
                                     {"mailboxes_in_use", totals->in_use}});
}

}  // namespace restante::mailstore
