#ifndef RESTANTE_MAILSTORE_SERVICE_STORE_ROCKSDB_BODY_WRITER_H_
#define RESTANTE_MAILSTORE_SERVICE_STORE_ROCKSDB_BODY_WRITER_H_

#include <rocksdb/write_batch.h>

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "mailstore-service/store/rocksdb/codec.h"
#include "mailstore-service/store/rocksdb/database.h"

namespace restante::mailstore {

// Writes one text as a body, in bounded memory: whole pieces go to disk as they fill, under a
// pending mark; the last one waits for the batch that makes the body's messages visible. Destroyed
// before SetCommitted, it removes what it wrote.
class BodyWriter {
 public:
  BodyWriter(Database* database, uint64_t body_id);
  ~BodyWriter();
  BodyWriter(const BodyWriter&) = delete;
  BodyWriter& operator=(const BodyWriter&) = delete;

  absl::Status Append(absl::string_view text);

  uint64_t body_id() const { return body_id_; }
  int64_t size_octets() const { return size_octets_; }
  uint32_t crc32c() const { return crc32c_; }

  // Adds the last piece, and the removal of the pending mark, to `batch`.
  void AddLastPiece(rocksdb::WriteBatch* batch) const;
  // The body belongs to messages on disk now.
  void SetCommitted() { committed_ = true; }

 private:
  absl::Status WritePiece();

  Database* const database_;
  const uint64_t body_id_;
  bool committed_ = false;
  std::string piece_;
  uint32_t pieces_written_ = 0;
  int64_t size_octets_ = 0;
  uint32_t crc32c_ = 0;
};

// Adds to `batch` that the message of `entry` gives its body up: the body's removal, or, when other
// messages may have it, the mark that makes a sweep look whether any has.
void AddBodyRelease(const Database& database, const codec::IndexEntry& entry,
                    rocksdb::WriteBatch* batch);

// Adds the removal of a body of `size_octets` to `batch`.
void AddBodyRemoval(const Database& database, uint64_t body_id, int64_t size_octets,
                    rocksdb::WriteBatch* batch);

}  // namespace restante::mailstore

#endif  // RESTANTE_MAILSTORE_SERVICE_STORE_ROCKSDB_BODY_WRITER_H_
