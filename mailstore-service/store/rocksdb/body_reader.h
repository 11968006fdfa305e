#ifndef RESTANTE_MAILSTORE_SERVICE_STORE_ROCKSDB_BODY_READER_H_
#define RESTANTE_MAILSTORE_SERVICE_STORE_ROCKSDB_BODY_READER_H_

#include <memory>

#include "absl/status/status.h"
#include "mailstore-service/store/mailstore.h"
#include "mailstore-service/store/rocksdb/codec.h"
#include "mailstore-service/store/rocksdb/database.h"

namespace restante::mailstore {

enum class BodyCheck {
  // Each piece by its own checksum, which finds every damage of what is read, and takes a tenth of
  // the time that the library's takes. Only when it is wrong are the library's asked as well.
  kText,
  // And the library's, which cover what is stored around the piece too.
  kRecord,
};

// Reads what `read` wants of the message of `entry`, under a snapshot: a message that is deleted
// meanwhile is read to its end.
std::unique_ptr<MessageReader> NewBodyReader(std::shared_ptr<Database> database,
                                             const codec::IndexEntry& entry,
                                             const MessageRead& read,
                                             BodyCheck check = BodyCheck::kText);

// MESSAGE_CORRUPT.
absl::Status DamagedOnDisk();

}  // namespace restante::mailstore

#endif  // RESTANTE_MAILSTORE_SERVICE_STORE_ROCKSDB_BODY_READER_H_
