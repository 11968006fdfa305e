#include "mailstore-service/store/rocksdb/body_writer.h"

#include <algorithm>
#include <utility>

#include "common/base/crc32c.h"
#include "common/base/status_macros.h"
#include "mailstore-service/store/mailstore.h"
#include "mailstore-service/store/rocksdb/codec.h"

namespace restante::mailstore {

BodyWriter::BodyWriter(Database* database, std::vector<uint64_t> body_ids)
    : database_(database), body_ids_(std::move(body_ids)), committed_(body_ids_.size(), false) {}

BodyWriter::~BodyWriter() {
  if (pieces_written_ == 0) return;
  rocksdb::WriteBatch batch;
  for (size_t i = 0; i < body_ids_.size(); ++i) {
    if (committed_[i]) continue;
    for (uint32_t piece = 0; piece < pieces_written_; ++piece) {
      batch.Delete(database_->bodies(), codec::BodyKey(body_ids_[i], piece));
    }
    batch.Delete(database_->defaults(), codec::PendingKey(body_ids_[i]));
  }
  // When this fails the pending marks stay, and the next start removes the bodies.
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
  std::string encoded = codec::EncodePiece(piece_);
  for (uint64_t body_id : body_ids_) {
    rocksdb::WriteBatch batch;
    if (pieces_written_ == 0) batch.Put(database_->defaults(), codec::PendingKey(body_id), "");
    batch.Put(database_->bodies(), codec::BodyKey(body_id, pieces_written_), encoded);
    RESTANTE_RETURN_IF_ERROR(database_->Write(&batch, false));
  }
  ++pieces_written_;
  piece_.clear();
  return absl::OkStatus();
}

void BodyWriter::AddLastPiece(size_t i, rocksdb::WriteBatch* batch) const {
  batch->Put(database_->bodies(), codec::BodyKey(body_ids_[i], pieces_written_),
             codec::EncodePiece(piece_));
  if (pieces_written_ > 0) batch->Delete(database_->defaults(), codec::PendingKey(body_ids_[i]));
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
