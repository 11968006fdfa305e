#ifndef RESTANTE_MAILSTORE_SERVICE_STORE_ROCKSDB_DELIVERIES_H_
#define RESTANTE_MAILSTORE_SERVICE_STORE_ROCKSDB_DELIVERIES_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/base/clock.h"
#include "common/base/mutex.h"
#include "mailstore-service/store/mailstore.h"
#include "mailstore-service/store/message_id.h"
#include "mailstore-service/store/rocksdb/body_writer.h"
#include "mailstore-service/store/rocksdb/codec.h"
#include "mailstore-service/store/rocksdb/database.h"
#include "mailstore-service/store/rocksdb/disk_space.h"
#include "mailstore-service/store/rocksdb/keyed_turns.h"
#include "mailstore-service/store/rocksdb/mailbox_records.h"

namespace restante::mailstore {

// Turns texts into messages, and remembers what was delivered. Thread-safe. Part of the store, and
// outlives every writer that it gave out.
class Deliveries {
 public:
  // All outlive it.
  Deliveries(Database* database, const MailboxRecords* records, const DiskSpace* space,
             int64_t max_message_octets, const Clock& clock)
      : database_(database),
        records_(*records),
        space_(*space),
        max_message_octets_(max_message_octets),
        clock_(clock),
        ids_(database->boot_number()) {}

  // As Mailstore::BeginDelivery.
  absl::StatusOr<std::unique_ptr<DeliveryWriter>> Begin(std::vector<std::string> mailbox_ids);

  // As Mailstore::BeginImport.
  absl::StatusOr<std::unique_ptr<DeliveryWriter>> BeginImport(const std::string& mailbox_id,
                                                              const ImportedMessage& message);

  // Every message with a lower id is in the database by now, or never will be, save one that is
  // brought back after it was deleted.
  uint64_t SettledBelow() const;

  // Whether what is kept of a delivery under `key` is worth nothing any more.
  bool IsOver(absl::string_view key, const std::optional<codec::Delivery>& delivery) const;
  // Removes the record under `key` if it is.
  absl::Status RemoveIfOver(const std::string& key);

 private:
  class Writer;
  // A Commit, with all ids that it takes.
  class UnderWay;

  // Makes `body` a message of each mailbox, of all in one batch. `delivery_ids` may be empty.
  std::vector<DeliveryResult> Commit(const std::vector<std::string>& mailbox_ids,
                                     const std::vector<std::string>& delivery_ids, BodyWriter* body,
                                     const ImportedMessage* imported);
  // True when `result` is the answer: delivered before, or not to be found out.
  bool IsKnown(const std::string& key, DeliveryResult* result) const;
  absl::StatusOr<std::optional<uint64_t>> Find(const std::string& key) const;
  // Adds to `batch` what makes `body` a message, one of several when it is `shared`; its id.
  uint64_t AddMessage(const std::string& mailbox_id, const std::string& key, const BodyWriter& body,
                      bool shared, const ImportedMessage* imported, rocksdb::WriteBatch* batch);
  // IsOver, and no message is there that it was kept for.
  absl::StatusOr<bool> IsOverAndGone(const std::string& key,
                                     const std::optional<codec::Delivery>& delivery) const;
  // Whether the mailbox has it, deleted or not.
  absl::StatusOr<bool> Has(const std::string& mailbox_id, uint64_t message_id) const;
  // True when `result` is the answer: it is in the mailbox under a UIDL of this store's own.
  bool IsOwn(const std::string& mailbox_id, const ImportedMessage* imported,
             DeliveryResult* result) const;

  Database* const database_;
  const MailboxRecords& records_;
  const DiskSpace& space_;
  const int64_t max_message_octets_;
  const Clock& clock_;
  MessageIdSource ids_;
  mutable Mutex mutex_;
  // For each Commit an id below those of its messages.
  std::multiset<uint64_t> under_way_ ABSL_GUARDED_BY(mutex_);
  // By delivery key: of two deliveries of one id at a time the second finds the first.
  KeyedTurns turns_;
};

}  // namespace restante::mailstore

#endif  // RESTANTE_MAILSTORE_SERVICE_STORE_ROCKSDB_DELIVERIES_H_
