#ifndef RESTANTE_MAILSTORE_SERVICE_STORE_ROCKSDB_CODEC_H_
#define RESTANTE_MAILSTORE_SERVICE_STORE_ROCKSDB_CODEC_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "mailstore-service/store/types.h"

// Keys and values of schema.md, one function for each row and direction. Decoders give nullopt for
// octets that are not what the grammar says.
namespace restante::mailstore::codec {

std::string PendingKey(uint64_t body_id);
inline constexpr absl::string_view kPendingPrefix = "pending/";
std::optional<uint64_t> DecodePendingKey(absl::string_view key);

// A message of a body that several messages have.
std::string ReferenceKey(uint64_t body_id, uint64_t message_id);
// Every reference to the body begins with it.
std::string ReferencePrefix(uint64_t body_id);

// A message gave its shared body up, and whether another still has it was not looked at yet.
std::string ReleasedKey(uint64_t body_id, uint64_t message_id);
std::optional<uint64_t> BodyIdOfReleasedKey(absl::string_view key);
std::string EncodeReleased(int64_t size_octets);
// The body's octets.
std::optional<int64_t> DecodeReleased(absl::string_view value);

struct Usage {
  int64_t count = 0;
  int64_t octets = 0;
};
std::string EncodeUsage(const Usage& usage);
std::optional<Usage> DecodeUsage(absl::string_view value);

// Everything of one mailbox begins with it, in the index and among the deliveries.
std::string MailboxPrefix(absl::string_view mailbox_id);
// Behind all keys of the mailbox, and before those of any other that come behind them.
std::string MailboxEnd(absl::string_view mailbox_id);

std::string IndexKey(absl::string_view mailbox_id, uint64_t message_id);
// Empty for what is no index key.
std::string MailboxIdOfIndexKey(absl::string_view key);
// 0 for what is no index key.
uint64_t MessageIdOfIndexKey(absl::string_view key);
struct IndexEntry {
  MessageSummary summary;
  uint64_t body_id = 0;
  // Other messages may have the body as well.
  bool shared = false;
};
std::string EncodeIndexEntry(const IndexEntry& entry);
// The message id comes from the key.
std::optional<IndexEntry> DecodeIndexEntry(absl::string_view key, absl::string_view value);

// Its key is that of the index.
struct DeletedEntry {
  IndexEntry entry;
  MessageDeletion deletion;
};
std::string EncodeDeleted(const DeletedEntry& deleted);
std::optional<DeletedEntry> DecodeDeleted(absl::string_view key, absl::string_view value);
// The index entry of a row of the index, or of the deleted messages.
std::optional<IndexEntry> DecodeEntryOf(bool deleted, absl::string_view key,
                                        absl::string_view value);

std::string BodyKey(uint64_t body_id, uint32_t piece);
// The text, and behind it the checksum of `key` and text: it tells a piece from what damage
// elsewhere shows under another piece's key.
std::string EncodePiece(absl::string_view key, absl::string_view text);
// The text; nullopt also when the checksum is wrong.
std::optional<absl::string_view> DecodePiece(absl::string_view key, absl::string_view value);
// The same of what format 4 wrote: in front, the checksum of the text alone.
std::optional<absl::string_view> DecodePieceOfFormat4(absl::string_view value);

std::string DeliveryKey(absl::string_view mailbox_id, absl::string_view delivery_id);
absl::string_view DeliveryIdOfKey(absl::string_view key);
struct Delivery {
  uint64_t message_id = 0;
  absl::Time when;
};
std::string EncodeDelivery(const Delivery& delivery);
std::optional<Delivery> DecodeDelivery(absl::string_view value);

std::string OutcomeKey(const Lease& lease);
struct Outcome {
  int64_t deleted_count = 0;
  absl::Time when;
};
std::string EncodeOutcome(const Outcome& outcome);
std::optional<Outcome> DecodeOutcome(absl::string_view value);

struct HeldLease {
  Lease lease;
  SessionInfo session;
};
std::string EncodeLease(const HeldLease& held);
std::optional<HeldLease> DecodeLease(absl::string_view mailbox_id, absl::string_view value);

enum class MailboxState : uint8_t { kActive, kDeleted, kPurging };
struct MailboxRecord {
  MailboxSettings settings;
  uint64_t revision = 0;
  MailboxState state = MailboxState::kActive;
  absl::Time delete_time = absl::UnixEpoch();
  std::string deleted_by = {};
};
std::string EncodeMailbox(const MailboxRecord& mailbox);
// Of formats 2 and later.
std::optional<MailboxRecord> DecodeMailbox(absl::string_view value);

std::string EncodeU32(uint32_t value);
std::optional<uint32_t> DecodeU32(absl::string_view value);

}  // namespace restante::mailstore::codec

#endif  // RESTANTE_MAILSTORE_SERVICE_STORE_ROCKSDB_CODEC_H_
