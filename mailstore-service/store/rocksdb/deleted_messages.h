#ifndef RESTANTE_MAILSTORE_SERVICE_STORE_ROCKSDB_DELETED_MESSAGES_H_
#define RESTANTE_MAILSTORE_SERVICE_STORE_ROCKSDB_DELETED_MESSAGES_H_

#include <rocksdb/write_batch.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "mailstore-service/store/rocksdb/codec.h"
#include "mailstore-service/store/rocksdb/database.h"
#include "mailstore-service/store/types.h"

namespace restante::mailstore {

// What a batch does to messages of a mailbox.
struct MessagesChange {
  codec::Usage usage;  // by how much
  std::vector<uint64_t> message_ids;
};

// Messages that were deleted and can be brought back: their index entry is kept in another place,
// and their body stays where it is. Each call that adds to a batch says which messages that
// changes, ids that are not there being passed over, and how the mailbox's usage; the caller has
// the mailbox's turn until the batch is written, so that nothing is counted twice.
class DeletedMessages {
 public:
  // `kept` 0: they are gone at once. `database` and `clock` outlive this.
  DeletedMessages(const Database* database, absl::Duration kept, const Clock& clock)
      : database_(*database), kept_(kept), clock_(clock) {}

  // Deletes messages. Entries that do not decode are passed over too.
  absl::StatusOr<MessagesChange> AddDeletion(const std::string& mailbox_id,
                                             const std::vector<uint64_t>& ids,
                                             const MessageDeletion& deletion,
                                             rocksdb::WriteBatch* batch) const;
  // Brings messages back.
  absl::StatusOr<MessagesChange> AddRestoral(const std::string& mailbox_id,
                                             const std::vector<uint64_t>& ids,
                                             rocksdb::WriteBatch* batch) const;
  // Removes deleted messages for good.
  absl::StatusOr<MessagesChange> AddPurge(const std::string& mailbox_id,
                                          const std::vector<uint64_t>& ids,
                                          rocksdb::WriteBatch* batch) const;

  absl::StatusOr<std::vector<DeletedMessage>> List(const std::string& mailbox_id, uint64_t after,
                                                   size_t limit) const;

  // Whether the time of what is kept at `key` is over. What does not decode stays, for who mends
  // it.
  bool IsOver(absl::string_view key, absl::string_view value) const;

 private:
  absl::StatusOr<std::optional<codec::DeletedEntry>> Find(const std::string& key) const;

  const Database& database_;
  const absl::Duration kept_;
  const Clock& clock_;
};

}  // namespace restante::mailstore

#endif  // RESTANTE_MAILSTORE_SERVICE_STORE_ROCKSDB_DELETED_MESSAGES_H_
