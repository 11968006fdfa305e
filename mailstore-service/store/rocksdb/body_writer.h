#ifndef RESTANTE_MAILSTORE_SERVICE_STORE_ROCKSDB_BODY_WRITER_H_
#define RESTANTE_MAILSTORE_SERVICE_STORE_ROCKSDB_BODY_WRITER_H_

#include <rocksdb/write_batch.h>

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "mailstore-service/store/rocksdb/database.h"

namespace restante::mailstore {

// Writes one text as the bodies of several messages, in bounded memory: whole pieces go to disk as
// they fill, under a pending mark; the last one waits for the batch that makes the messages
// visible. Destroyed before Commit, it removes what it wrote.
class BodyWriter {
 public:
  BodyWriter(Database* database, std::vector<uint64_t> body_ids);
  ~BodyWriter();
  BodyWriter(const BodyWriter&) = delete;
  BodyWriter& operator=(const BodyWriter&) = delete;

  absl::Status Append(absl::string_view text);

  int64_t size_octets() const { return size_octets_; }
  uint32_t crc32c() const { return crc32c_; }

  // Adds the last piece of body `i`, and the removal of its pending mark, to `batch`.
  void AddLastPiece(size_t i, rocksdb::WriteBatch* batch) const;
  // Body `i` belongs to a message on disk now.
  void SetCommitted(size_t i) { committed_[i] = true; }

 private:
  absl::Status WritePiece();

  Database* const database_;
  const std::vector<uint64_t> body_ids_;
  std::vector<bool> committed_;
  std::string piece_;
  uint32_t pieces_written_ = 0;
  int64_t size_octets_ = 0;
  uint32_t crc32c_ = 0;
};

// Adds the removal of a body of `size_octets` to `batch`.
void AddBodyRemoval(const Database& database, uint64_t body_id, int64_t size_octets,
                    rocksdb::WriteBatch* batch);

}  // namespace restante::mailstore

#endif  // RESTANTE_MAILSTORE_SERVICE_STORE_ROCKSDB_BODY_WRITER_H_
