#include "mailstore-service/store/rocksdb/body_reader.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "common/base/error_reason.h"
#include "mailstore-service/store/message_part.h"

namespace restante::mailstore {
namespace {

constexpr int64_t kPieceOctets = Mailstore::kMaxPieceOctets;

// Whole pieces before the offset, which need not be read.
int64_t PiecesBefore(const codec::IndexEntry& entry, const MessageRead& read) {
  if (read.top_lines) return 0;  // counts in what TOP would send
  return std::min(read.offset_octets, entry.summary.size_octets) / kPieceOctets;
}

MessageRead WithoutPieces(MessageRead read, int64_t pieces) {
  read.offset_octets -= pieces * kPieceOctets;
  return read;
}

class BodyReader : public MessageReader {
 public:
  BodyReader(std::shared_ptr<Database> database, const codec::IndexEntry& entry,
             const MessageRead& read)
      : database_(std::move(database)),
        snapshot_(database_->db().GetSnapshot()),
        body_id_(entry.body_id),
        next_piece_(PiecesBefore(entry, read)),
        octets_left_(entry.summary.size_octets - next_piece_ * kPieceOctets),
        part_(WithoutPieces(read, next_piece_)) {}
  ~BodyReader() override { database_->db().ReleaseSnapshot(snapshot_); }

  absl::StatusOr<std::string> Next() override {
    while (octets_left_ > 0 && !part_.IsWhole()) {
      rocksdb::ReadOptions options;
      options.snapshot = snapshot_;
      std::string value;
      rocksdb::Status status =
          database_->Get(options, database_->bodies(),
                         codec::BodyKey(body_id_, static_cast<uint32_t>(next_piece_)), &value);
      // A block or blob whose own checksum is wrong, and a piece that is not there, cost this
      // message alone.
      if (status.IsCorruption() || status.IsNotFound()) return DamagedOnDisk();
      if (!status.ok()) return absl::UnavailableError(status.ToString());
      std::optional<absl::string_view> text = codec::DecodePiece(value);
      auto expected = std::min(octets_left_, kPieceOctets);
      if (!text || static_cast<int64_t>(text->size()) != expected) return DamagedOnDisk();
      ++next_piece_;
      octets_left_ -= expected;
      absl::string_view part = part_.Take(*text);
      if (!part.empty()) return std::string(part);
    }
    return std::string();
  }

 private:
  const std::shared_ptr<Database> database_;
  const rocksdb::Snapshot* const snapshot_;
  const uint64_t body_id_;
  int64_t next_piece_;
  int64_t octets_left_;
  MessagePart part_;
};

}  // namespace

absl::Status DamagedOnDisk() {
  return MakeError(absl::StatusCode::kDataLoss, ErrorReason::kMessageCorrupt,
                   "this message is damaged on disk");
}

std::unique_ptr<MessageReader> NewBodyReader(std::shared_ptr<Database> database,
                                             const codec::IndexEntry& entry,
                                             const MessageRead& read) {
  return std::make_unique<BodyReader>(std::move(database), entry, read);
}

}  // namespace restante::mailstore
