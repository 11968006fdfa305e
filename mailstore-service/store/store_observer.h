#ifndef RESTANTE_MAILSTORE_SERVICE_STORE_STORE_OBSERVER_H_
#define RESTANTE_MAILSTORE_SERVICE_STORE_STORE_OBSERVER_H_

#include <cstdint>

#include "absl/strings/string_view.h"

namespace restante::mailstore {

// Told of what an operator must look at and no caller is answered with. Called on the thread that
// found it, under no lock of the store's: it must not call the store. Thread-safe.
class StoreObserver {
 public:
  virtual ~StoreObserver() = default;

  // The record of one message cannot be read: the message is in no list, and the others are not
  // touched by it. Called each time it is met.
  virtual void OnDamagedMessage(absl::string_view mailbox_id, uint64_t message_id) = 0;

  // Pages of a file were not as they had been written. Those that were mended are right again; of
  // the others it is not known which mail they cost.
  virtual void OnDamagedFile(absl::string_view name, int64_t mended_pages,
                             int64_t damaged_pages) = 0;

  // A write may not be durable: every write is refused from now on (STORE_FAILED), until the store
  // is opened anew. Called once.
  virtual void OnFailed(absl::string_view why) = 0;
};

}  // namespace restante::mailstore

#endif  // RESTANTE_MAILSTORE_SERVICE_STORE_STORE_OBSERVER_H_
