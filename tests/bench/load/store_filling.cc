#include "tests/bench/load/store_filling.h"

#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>

#include "absl/strings/str_cat.h"
#include "common/base/crc32c.h"
#include "tests/bench/load/checked_message.h"
#include "tests/bench/load/fault.h"

namespace restante::load {
namespace {

absl::Status DeliverOne(mailstore::Mailstore& store, const std::string& mailbox_id,
                        const std::string& text) {
  absl::StatusOr<std::unique_ptr<mailstore::DeliveryWriter>> writer =
      store.BeginDelivery({mailbox_id});
  if (!writer.ok()) return writer.status();
  const absl::Status appended = (*writer)->Append(text);
  if (!appended.ok()) return appended;
  const absl::StatusOr<std::vector<mailstore::DeliveryResult>> results =
      (*writer)->Finish(static_cast<int64_t>(text.size()), ExtendCrc32c(0, text), {});
  return results.ok() ? results->front().status : results.status();
}

}  // namespace

void FillStore(mailstore::Mailstore& store, const StoreFilling& filling, size_t threads) {
  // Few texts for many messages: making each would cost more than storing it.
  constexpr size_t kTexts = 16;
  std::vector<std::string> texts;
  for (size_t i = 0; i < kTexts; ++i) texts.push_back(MakeCheckedMessage(i, filling.octets));
  const size_t mailboxes = filling.mailbox_ids.size();
  const size_t all = mailboxes * filling.messages;
  std::atomic<size_t> next = 0;
  const auto work = [&] {
    for (size_t number; (number = next.fetch_add(1)) < all;) {
      const absl::Status delivered =
          DeliverOne(store, filling.mailbox_ids[number % mailboxes], texts[number % kTexts]);
      if (!delivered.ok()) Fail(absl::StrCat("the store refuses: ", delivered.ToString()));
    }
  };
  std::vector<std::thread> running;
  for (size_t i = 0; i < threads; ++i) running.emplace_back(work);
  for (std::thread& thread : running) thread.join();
}

}  // namespace restante::load
