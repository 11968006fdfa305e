#include "mailstore-service/app/store_watch.h"

namespace restante::mailstore {

StoreWatch::StoreWatch(app::OperatorEndpoints& endpoints, metrics::Registry& registry,
                       const log::Logger& logger)
    : endpoints_(endpoints),
      damaged_(registry
                   .Counters("restante_mailstore_damaged_records_total",
                             "Times that a message's damaged record was met; the log has its id.")
                   .With()),
      mended_pages_(registry
                        .Counters("restante_mailstore_mended_pages_total",
                                  "Pages of files that the disk had damaged and parity made again.")
                        .With()),
      damaged_pages_(registry
                         .Counters("restante_mailstore_damaged_pages_total",
                                   "Damaged pages of files that parity could not make again.")
                         .With()),
      logger_(logger) {}

void StoreWatch::SetServing(bool serving) {
  MutexLock lock(&mutex_);
  over_ = over_ || !serving;
  serving_ = !over_;
  endpoints_.SetReady(serving_);
}

bool StoreWatch::IsServing() {
  MutexLock lock(&mutex_);
  return serving_;
}

void StoreWatch::OnDamagedMessage(absl::string_view mailbox_id, uint64_t message_id) {
  damaged_.Add();
  logger_.Error("message_record_damaged",
                {{"mailbox_id", mailbox_id},
                 {"message_id", message_id},
                 {"next_step", "restore the message from a backup; the others are not touched"}});
}

void StoreWatch::OnDamagedFile(absl::string_view name, int64_t mended_pages,
                               int64_t damaged_pages) {
  mended_pages_.Add(static_cast<double>(mended_pages));
  damaged_pages_.Add(static_cast<double>(damaged_pages));
  logger_.Error("file_damaged",
                {{"file", name},
                 {"mended_pages", mended_pages},
                 {"damaged_pages", damaged_pages},
                 {"next_step", damaged_pages == 0
                                   ? "look after the disk: no mail was lost"
                                   : "look after the disk, and run restantectl mailboxes verify"}});
}

void StoreWatch::OnFailed(absl::string_view why) {
  logger_.Error("store_failed",
                {{"error", why},
                 {"next_step", "nothing is accepted any more: check the disk, then restart"}});
  SetServing(false);
}

}  // namespace restante::mailstore
