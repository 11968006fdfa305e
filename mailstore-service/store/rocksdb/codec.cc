#include "mailstore-service/store/rocksdb/codec.h"

#include <utility>

#include "absl/strings/strip.h"
#include "common/base/byte_reader.h"
#include "common/base/byte_writer.h"
#include "common/base/crc32c.h"

namespace restante::mailstore::codec {
namespace {

// Behind the record of a lease that may not delete.
constexpr uint8_t kReadOnly = 1;
constexpr uint8_t kIndexVersion = 1;
constexpr uint8_t kReadIndexVersion = 2;
// Added to the version of an entry whose body is shared.
constexpr uint8_t kSharedIndexVersions = 2;
constexpr uint8_t kDeletedVersion = 1;
constexpr uint8_t kQuotaVersion = 1;  // of format 2, which knew nothing else of a mailbox
constexpr uint8_t kMailboxVersion = 2;
constexpr uint8_t kHasMaxOctets = 1;
constexpr uint8_t kHasMaxMessages = 2;
constexpr uint8_t kHasAfterDelivery = 4;
constexpr uint8_t kHasAfterRead = 8;
constexpr size_t kMaxTextOctets = 1024;  // of any length-prefixed field
constexpr absl::string_view kReleasedPrefix = "released/";
// Far beyond any message: what is more is no size.
constexpr uint64_t kMaxBodyOctets = uint64_t{1} << 40;

uint64_t Millis(absl::Time time) { return static_cast<uint64_t>(absl::ToUnixMillis(time)); }

absl::Time FromMillis(uint64_t millis) {
  return absl::FromUnixMillis(static_cast<int64_t>(millis));
}

uint64_t Seconds(const std::optional<absl::Duration>& duration) {
  return static_cast<uint64_t>(absl::ToInt64Seconds(duration.value_or(absl::ZeroDuration())));
}

absl::Duration FromSeconds(uint64_t seconds) {
  return absl::Seconds(static_cast<int64_t>(seconds));
}

}  // namespace

std::string PendingKey(uint64_t body_id) {
  return ByteWriter().Bytes(kPendingPrefix).U64Be(body_id).Take();
}

std::optional<uint64_t> DecodePendingKey(absl::string_view key) {
  if (!absl::ConsumePrefix(&key, kPendingPrefix) || key.size() != 8) return std::nullopt;
  return ByteReader(key).ReadU64Be();
}

std::string ReferenceKey(uint64_t body_id, uint64_t message_id) {
  return ByteWriter().U64Be(body_id).U64Be(message_id).Take();
}

std::string ReferencePrefix(uint64_t body_id) { return ByteWriter().U64Be(body_id).Take(); }

std::string ReleasedKey(uint64_t body_id, uint64_t message_id) {
  return ByteWriter().Bytes(kReleasedPrefix).U64Be(body_id).U64Be(message_id).Take();
}

std::optional<uint64_t> BodyIdOfReleasedKey(absl::string_view key) {
  if (!absl::ConsumePrefix(&key, kReleasedPrefix) || key.size() != 16) return std::nullopt;
  return ByteReader(key).ReadU64Be();
}

std::string EncodeReleased(int64_t size_octets) {
  return ByteWriter().U64Be(static_cast<uint64_t>(size_octets)).Take();
}

std::optional<int64_t> DecodeReleased(absl::string_view value) {
  ByteReader reader(value);
  const std::optional<uint64_t> octets = reader.ReadU64Be();
  if (!octets || *octets > kMaxBodyOctets || !reader.empty()) return std::nullopt;
  return static_cast<int64_t>(*octets);
}

std::string EncodeUsage(const Usage& usage) {
  return ByteWriter()
      .U64Be(static_cast<uint64_t>(usage.count))
      .U64Be(static_cast<uint64_t>(usage.octets))
      .Take();
}

std::optional<Usage> DecodeUsage(absl::string_view value) {
  ByteReader reader(value);
  std::optional<uint64_t> count = reader.ReadU64Be();
  std::optional<uint64_t> octets = reader.ReadU64Be();
  if (!count || !octets || !reader.empty()) return std::nullopt;
  return Usage{static_cast<int64_t>(*count), static_cast<int64_t>(*octets)};
}

std::string MailboxPrefix(absl::string_view mailbox_id) {
  return ByteWriter().Bytes(mailbox_id).U8(0).Take();
}

std::string MailboxEnd(absl::string_view mailbox_id) {
  return ByteWriter().Bytes(mailbox_id).U8(1).Take();
}

std::string IndexKey(absl::string_view mailbox_id, uint64_t message_id) {
  return ByteWriter().Bytes(mailbox_id).U8(0).U64Be(message_id).Take();
}

std::string MailboxIdOfIndexKey(absl::string_view key) {
  const size_t end = key.find('\0');
  return end == absl::string_view::npos ? "" : std::string(key.substr(0, end));
}

uint64_t MessageIdOfIndexKey(absl::string_view key) {
  constexpr size_t kIdOctets = 8;
  if (key.size() < kIdOctets) return 0;
  return ByteReader(key.substr(key.size() - kIdOctets)).ReadU64Be().value_or(0);
}

std::string EncodeIndexEntry(const IndexEntry& entry) {
  ByteWriter writer;
  const uint8_t version = entry.summary.read_time ? kReadIndexVersion : kIndexVersion;
  writer.U8(static_cast<uint8_t>(version + (entry.shared ? kSharedIndexVersions : 0)))
      .U64Be(static_cast<uint64_t>(entry.summary.size_octets))
      .U64Be(entry.body_id)
      .U64Be(Millis(entry.summary.delivery_time))
      .LengthPrefixed(entry.summary.uidl);
  if (entry.summary.read_time) writer.U64Be(Millis(*entry.summary.read_time));
  return writer.Take();
}

std::optional<IndexEntry> DecodeIndexEntry(absl::string_view key, absl::string_view value) {
  ByteReader reader(value);
  std::optional<uint8_t> version = reader.ReadU8();
  const bool shared = version > kReadIndexVersion;
  if (shared) *version = static_cast<uint8_t>(*version - kSharedIndexVersions);
  std::optional<uint64_t> octets = reader.ReadU64Be();
  std::optional<uint64_t> body_id = reader.ReadU64Be();
  std::optional<uint64_t> delivered = reader.ReadU64Be();
  std::optional<absl::string_view> uidl = reader.ReadLengthPrefixed(kMaxTextOctets);
  const std::optional<uint64_t> read =
      version == kReadIndexVersion ? reader.ReadU64Be() : std::nullopt;
  const bool known = version == kIndexVersion || (version == kReadIndexVersion && read);
  if (!known || !octets || !body_id || !delivered || !uidl || !reader.empty()) return std::nullopt;
  IndexEntry entry;
  entry.summary.message_id = MessageIdOfIndexKey(key);
  entry.summary.size_octets = static_cast<int64_t>(*octets);
  entry.summary.uidl = std::string(*uidl);
  entry.summary.delivery_time = FromMillis(*delivered);
  if (read) entry.summary.read_time = FromMillis(*read);
  entry.body_id = *body_id;
  entry.shared = shared;
  return entry;
}

std::string EncodeDeleted(const DeletedEntry& deleted) {
  return ByteWriter()
      .U8(kDeletedVersion)
      .LengthPrefixed(EncodeIndexEntry(deleted.entry))
      .U64Be(Millis(deleted.deletion.delete_time))
      .LengthPrefixed(deleted.deletion.session_id)
      .LengthPrefixed(deleted.deletion.client_address)
      .LengthPrefixed(deleted.deletion.caller)
      .Take();
}

std::optional<DeletedEntry> DecodeDeleted(absl::string_view key, absl::string_view value) {
  ByteReader reader(value);
  const std::optional<uint8_t> version = reader.ReadU8();
  const std::optional<absl::string_view> entry = reader.ReadLengthPrefixed(kMaxTextOctets);
  const std::optional<uint64_t> when = reader.ReadU64Be();
  const std::optional<absl::string_view> session_id = reader.ReadLengthPrefixed(kMaxTextOctets);
  const std::optional<absl::string_view> address = reader.ReadLengthPrefixed(kMaxTextOctets);
  const std::optional<absl::string_view> caller = reader.ReadLengthPrefixed(kMaxTextOctets);
  if (version != kDeletedVersion || !entry || !when || !session_id || !address || !caller ||
      !reader.empty()) {
    return std::nullopt;
  }
  std::optional<IndexEntry> index_entry = DecodeIndexEntry(key, *entry);
  if (!index_entry) return std::nullopt;
  return DeletedEntry{
      *std::move(index_entry),
      {FromMillis(*when), std::string(*session_id), std::string(*address), std::string(*caller)}};
}

std::optional<IndexEntry> DecodeEntryOf(bool deleted, absl::string_view key,
                                        absl::string_view value) {
  if (!deleted) return DecodeIndexEntry(key, value);
  std::optional<DeletedEntry> found = DecodeDeleted(key, value);
  if (!found) return std::nullopt;
  return std::move(found->entry);
}

std::string BodyKey(uint64_t body_id, uint32_t piece) {
  return ByteWriter().U64Be(body_id).U32Be(piece).Take();
}

std::string EncodePiece(absl::string_view key, absl::string_view text) {
  return ByteWriter().Bytes(text).U32Be(ExtendCrc32c(ExtendCrc32c(0, key), text)).Take();
}

std::optional<absl::string_view> DecodePiece(absl::string_view key, absl::string_view value) {
  if (value.size() < sizeof(uint32_t)) return std::nullopt;
  const absl::string_view text = value.substr(0, value.size() - sizeof(uint32_t));
  ByteReader reader(value.substr(text.size()));
  if (reader.ReadU32Be() != ExtendCrc32c(ExtendCrc32c(0, key), text)) return std::nullopt;
  return text;
}

std::optional<absl::string_view> DecodePieceOfFormat4(absl::string_view value) {
  ByteReader reader(value);
  std::optional<uint32_t> crc = reader.ReadU32Be();
  if (!crc || *crc != ExtendCrc32c(0, reader.rest())) return std::nullopt;
  return reader.rest();
}

std::string DeliveryKey(absl::string_view mailbox_id, absl::string_view delivery_id) {
  return ByteWriter().Bytes(mailbox_id).U8(0).Bytes(delivery_id).Take();
}

absl::string_view DeliveryIdOfKey(absl::string_view key) {
  const size_t end = key.find('\0');
  return end == absl::string_view::npos ? absl::string_view() : key.substr(end + 1);
}

std::string EncodeDelivery(const Delivery& delivery) {
  return ByteWriter().U64Be(delivery.message_id).U64Be(Millis(delivery.when)).Take();
}

std::optional<Delivery> DecodeDelivery(absl::string_view value) {
  ByteReader reader(value);
  std::optional<uint64_t> message_id = reader.ReadU64Be();
  std::optional<uint64_t> when = reader.ReadU64Be();
  if (!message_id || !when || !reader.empty()) return std::nullopt;
  return Delivery{*message_id, FromMillis(*when)};
}

std::string OutcomeKey(const Lease& lease) {
  return ByteWriter()
      .Bytes(lease.session_id)
      .U8(0)
      .U64Be(lease.epoch.boot)
      .U64Be(lease.epoch.counter)
      .Take();
}

std::string EncodeOutcome(const Outcome& outcome) {
  return ByteWriter()
      .U64Be(static_cast<uint64_t>(outcome.deleted_count))
      .U64Be(Millis(outcome.when))
      .Take();
}

std::optional<Outcome> DecodeOutcome(absl::string_view value) {
  ByteReader reader(value);
  std::optional<uint64_t> deleted = reader.ReadU64Be();
  std::optional<uint64_t> when = reader.ReadU64Be();
  if (!deleted || !when || !reader.empty()) return std::nullopt;
  return Outcome{static_cast<int64_t>(*deleted), FromMillis(*when)};
}

std::string EncodeLease(const HeldLease& held) {
  ByteWriter writer;
  writer.LengthPrefixed(held.lease.session_id)
      .U64Be(held.lease.epoch.boot)
      .U64Be(held.lease.epoch.counter)
      .LengthPrefixed(held.session.client_address)
      .LengthPrefixed(held.session.frontend);
  if (!held.session.may_delete) writer.U8(kReadOnly);
  return writer.Take();
}

std::optional<HeldLease> DecodeLease(absl::string_view mailbox_id, absl::string_view value) {
  ByteReader reader(value);
  std::optional<absl::string_view> session_id = reader.ReadLengthPrefixed(kMaxTextOctets);
  std::optional<uint64_t> boot = reader.ReadU64Be();
  std::optional<uint64_t> counter = reader.ReadU64Be();
  std::optional<absl::string_view> address = reader.ReadLengthPrefixed(kMaxTextOctets);
  std::optional<absl::string_view> frontend = reader.ReadLengthPrefixed(kMaxTextOctets);
  const bool read_only = !reader.empty();
  if (!session_id || !boot || !counter || !address || !frontend ||
      (read_only && (reader.ReadU8() != kReadOnly || !reader.empty()))) {
    return std::nullopt;
  }
  HeldLease held;
  held.lease = {
      std::string(mailbox_id), std::string(*session_id), {*boot, *counter}, std::string(*frontend)};
  held.session = {std::string(*session_id), std::string(*address), std::string(*frontend),
                  !read_only};
  return held;
}

std::string EncodeMailbox(const MailboxRecord& mailbox) {
  const auto& [quota, retention] = mailbox.settings;
  const auto flags = static_cast<uint8_t>((quota.max_octets ? kHasMaxOctets : 0) |
                                          (quota.max_messages ? kHasMaxMessages : 0) |
                                          (retention.after_delivery ? kHasAfterDelivery : 0) |
                                          (retention.after_read ? kHasAfterRead : 0));
  return ByteWriter()
      .U8(kMailboxVersion)
      .U8(flags)
      .U64Be(static_cast<uint64_t>(quota.max_octets.value_or(0)))
      .U64Be(static_cast<uint64_t>(quota.max_messages.value_or(0)))
      .U64Be(Seconds(retention.after_delivery))
      .U64Be(Seconds(retention.after_read))
      .U64Be(mailbox.revision)
      .U8(static_cast<uint8_t>(mailbox.state))
      .U64Be(Millis(mailbox.delete_time))
      .LengthPrefixed(mailbox.deleted_by)
      .Take();
}

std::optional<MailboxRecord> DecodeMailbox(absl::string_view value) {
  ByteReader reader(value);
  const std::optional<uint8_t> version = reader.ReadU8();
  const std::optional<uint8_t> flags = reader.ReadU8();
  const std::optional<uint64_t> octets = reader.ReadU64Be();
  const std::optional<uint64_t> messages = reader.ReadU64Be();
  if (!flags || !octets || !messages) return std::nullopt;
  MailboxRecord mailbox;
  MailboxQuota& quota = mailbox.settings.quota;
  if ((*flags & kHasMaxOctets) != 0) quota.max_octets = static_cast<int64_t>(*octets);
  if ((*flags & kHasMaxMessages) != 0) quota.max_messages = static_cast<int64_t>(*messages);
  if (version == kQuotaVersion) {
    mailbox.revision = 1;
    return reader.empty() ? std::optional(mailbox) : std::nullopt;
  }
  const std::optional<uint64_t> after_delivery = reader.ReadU64Be();
  const std::optional<uint64_t> after_read = reader.ReadU64Be();
  const std::optional<uint64_t> revision = reader.ReadU64Be();
  const std::optional<uint8_t> state = reader.ReadU8();
  const std::optional<uint64_t> deleted = reader.ReadU64Be();
  const std::optional<absl::string_view> caller = reader.ReadLengthPrefixed(kMaxTextOctets);
  if (version != kMailboxVersion || !after_delivery || !after_read || !revision || !state ||
      *state > static_cast<uint8_t>(MailboxState::kPurging) || !deleted || !caller ||
      !reader.empty()) {
    return std::nullopt;
  }
  MailboxRetention& retention = mailbox.settings.retention;
  if ((*flags & kHasAfterDelivery) != 0) retention.after_delivery = FromSeconds(*after_delivery);
  if ((*flags & kHasAfterRead) != 0) retention.after_read = FromSeconds(*after_read);
  mailbox.revision = *revision;
  mailbox.state = static_cast<MailboxState>(*state);
  mailbox.delete_time = FromMillis(*deleted);
  mailbox.deleted_by = std::string(*caller);
  return mailbox;
}

std::string EncodeU32(uint32_t value) { return ByteWriter().U32Be(value).Take(); }

std::optional<uint32_t> DecodeU32(absl::string_view value) {
  if (value.size() != 4) return std::nullopt;
  return ByteReader(value).ReadU32Be();
}

}  // namespace restante::mailstore::codec
