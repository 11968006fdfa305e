#include "mailstore-service/store/rocksdb/body_writer.h"

#include <algorithm>
#include <string>

#include "common/base/crc32c.h"
#include "common/base/status_macros.h"
#include "mailstore-service/store/mailstore.h"

namespace restante::mailstore {

BodyWriter::BodyWriter(Database* database, uint64_t body_id)
    : database_(database), body_id_(body_id) {}

BodyWriter::~BodyWriter() {
  if (pieces_written_ == 0 || committed_) return;
  rocksdb::WriteBatch batch;
  for (uint32_t piece = 0; piece < pieces_written_; ++piece) {
    batch.Delete(database_->bodies(), codec::BodyKey(body_id_, piece));
  }
  batch.Delete(database_->defaults(), codec::PendingKey(body_id_));
  // When this fails the pending mark stays, and the next start removes the body.
  database_->Write(&batch, false).IgnoreError();
}

absl::Status BodyWriter::Append(absl::string_view text) {
  crc32c_ = ExtendCrc32c(crc32c_, text);
  size_octets_ += static_cast<int64_t>(text.size());
  while (!text.empty()) {
    // Written only when more follows: there is always a last piece, however the text is cut.
    if (piece_.size() == Mailstore::kMaxPieceOctets) RESTANTE_RETURN_IF_ERROR(WritePiece());
    size_t room = Mailstore::kMaxPieceOctets - piece_.size();
    absl::string_view part = text.substr(0, std::min(room, text.size()));
    piece_.append(part.data(), part.size());
    text.remove_prefix(part.size());
  }
  return absl::OkStatus();
}

absl::Status BodyWriter::WritePiece() {
  rocksdb::WriteBatch batch;
  if (pieces_written_ == 0) batch.Put(database_->defaults(), codec::PendingKey(body_id_), "");
  const std::string key = codec::BodyKey(body_id_, pieces_written_);
  batch.Put(database_->bodies(), key, codec::EncodePiece(key, piece_));
  RESTANTE_RETURN_IF_ERROR(database_->Write(&batch, false));
  ++pieces_written_;
  piece_.clear();
  return absl::OkStatus();
}

void BodyWriter::AddLastPiece(rocksdb::WriteBatch* batch) const {
  const std::string key = codec::BodyKey(body_id_, pieces_written_);
  batch->Put(database_->bodies(), key, codec::EncodePiece(key, piece_));
  if (pieces_written_ > 0) batch->Delete(database_->defaults(), codec::PendingKey(body_id_));
}

void AddBodyRelease(const Database& database, const codec::IndexEntry& entry,
                    rocksdb::WriteBatch* batch) {
  if (!entry.shared) {
    return AddBodyRemoval(database, entry.body_id, entry.summary.size_octets, batch);
  }
  // Counting down instead would make messages of different mailboxes wait for each other.
  const uint64_t message_id = entry.summary.message_id;
  batch->Delete(database.references(), codec::ReferenceKey(entry.body_id, message_id));
  batch->Put(database.defaults(), codec::ReleasedKey(entry.body_id, message_id),
             codec::EncodeReleased(entry.summary.size_octets));
}

void AddBodyRemoval(const Database& database, uint64_t body_id, int64_t size_octets,
                    rocksdb::WriteBatch* batch) {
  constexpr int64_t kPiece = Mailstore::kMaxPieceOctets;
  database.CountRemoved(size_octets);
  int64_t pieces = std::max<int64_t>(1, (size_octets + kPiece - 1) / kPiece);
  for (int64_t piece = 0; piece < pieces; ++piece) {
    batch->Delete(database.bodies(), codec::BodyKey(body_id, static_cast<uint32_t>(piece)));
  }
}

}  // namespace restante::mailstore
