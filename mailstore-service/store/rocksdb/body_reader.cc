#include "mailstore-service/store/rocksdb/body_reader.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "common/base/error_reason.h"
#include "common/base/status_macros.h"
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
             const MessageRead& read, BodyCheck check)
      : database_(std::move(database)),
        check_(check),
        snapshot_(database_->db().GetSnapshot()),
        body_id_(entry.body_id),
        next_piece_(PiecesBefore(entry, read)),
        octets_left_(entry.summary.size_octets - next_piece_ * kPieceOctets),
        part_(WithoutPieces(read, next_piece_)) {}
  ~BodyReader() override { database_->db().ReleaseSnapshot(snapshot_); }

  absl::StatusOr<std::string> Next() override {
    while (octets_left_ > 0 && !part_.IsWhole()) {
      RESTANTE_ASSIGN_OR_RETURN(std::string text, NextPiece());
      ++next_piece_;
      octets_left_ -= static_cast<int64_t>(text.size());
      const absl::string_view part = part_.Take(text);
      if (part.size() == text.size()) return text;
      if (!part.empty()) return std::string(part);
    }
    return std::string();
  }

 private:
  absl::StatusOr<std::string> NextPiece() const {
    const std::string key = codec::BodyKey(body_id_, static_cast<uint32_t>(next_piece_));
    const auto expected = static_cast<size_t>(std::min(octets_left_, kPieceOctets));
    std::string value;
    if (check_ == BodyCheck::kText && Get(key, /*verify_records=*/false, &value).ok()) {
      const std::optional<absl::string_view> text = codec::DecodePiece(key, value);
      if (text && text->size() == expected) {
        value.resize(expected);
        return value;
      }
    }
    absl::StatusOr<std::string> text = NextPieceVerified(key, expected);
    // Who reads beside without the library's checksums may bring the damage back into memory.
    for (int i = 0; i < 2 && !text.ok(); ++i) text = NextPieceVerified(key, expected);
    return text;
  }

  // With the library's checksums, which tell what is to be mended.
  absl::StatusOr<std::string> NextPieceVerified(const std::string& key, size_t expected) const {
    if (check_ == BodyCheck::kText) database_->ForgetCachedBodies();
    std::string value;
    const rocksdb::Status status = Get(key, /*verify_records=*/true, &value);
    // A block or blob whose own checksum is wrong, and a piece that is not there, cost this
    // message alone.
    if (status.IsCorruption() || status.IsNotFound()) return DamagedOnDisk();
    if (!status.ok()) return absl::UnavailableError(status.ToString());
    std::optional<absl::string_view> text = codec::DecodePiece(key, value);
    if (!text) text = codec::DecodePieceOfFormat4(value);
    if (!text || text->size() != expected) return DamagedOnDisk();
    return std::string(*text);
  }

  rocksdb::Status Get(const std::string& key, bool verify_records, std::string* value) const {
    rocksdb::ReadOptions options;
    options.snapshot = snapshot_;
    options.verify_checksums = verify_records;
    return database_->Get(options, database_->bodies(), key, value);
  }

  const std::shared_ptr<Database> database_;
  const BodyCheck check_;
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
                                             const MessageRead& read, BodyCheck check) {
  return std::make_unique<BodyReader>(std::move(database), entry, read, check);
}

}  // namespace restante::mailstore
