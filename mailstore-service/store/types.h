#ifndef RESTANTE_MAILSTORE_SERVICE_STORE_TYPES_H_
#define RESTANTE_MAILSTORE_SERVICE_STORE_TYPES_H_

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace restante::mailstore {

// A point in the order of all holders a mailbox ever had: the start of the store, and a count
// within it. A later holder has a greater epoch, also after a restart.
struct Epoch {
  uint64_t boot = 0;
  uint64_t counter = 0;
  // A false alarm of clang-tidy 14.
  auto operator<=>(const Epoch&) const = default;  // NOLINT(modernize-use-nullptr)
};

// The right to read, and as far as the session may also to delete, in one mailbox.
struct Lease {
  std::string mailbox_id;
  std::string session_id;
  Epoch epoch;
  // Who opened it; the same lease in another front end's hands is worth nothing.
  std::string frontend;
};

// Who opens a maildrop.
struct SessionInfo {
  std::string session_id;
  std::string client_address;
  std::string frontend;
  // Else Close deletes nothing for it.
  bool may_delete = true;
};

struct MessageSummary {
  // Ordered as delivered, unique in the store, never used again.
  uint64_t message_id = 0;
  int64_t size_octets = 0;
  // What UIDL says; unique in the mailbox for ever, and kept when the message moves.
  std::string uidl;
  absl::Time delivery_time = absl::UnixEpoch();
  // The end of the first session that retrieved it and ended by QUIT.
  std::optional<absl::Time> read_time = std::nullopt;
};

// A message that comes from another store.
struct ImportedMessage {
  // The source's name for it, unique in the mailbox: 1 to 256 octets.
  std::string import_id;
  // As the source had it, 1 to 70 of 0x21 to 0x7E (RFC 1939 section 7); empty: one is made.
  std::string uidl = {};
  absl::Time delivery_time = absl::UnixEpoch();
  std::optional<absl::Time> read_time = std::nullopt;
};

// What a session leaves behind in UPDATE state (RFC 1939 section 6).
struct MaildropUpdate {
  std::vector<uint64_t> delete_message_ids;
  // Those that were retrieved to their end.
  std::vector<uint64_t> read_message_ids = {};
};

// What a mailbox may hold; 0: no limit. Deleted messages do not count.
struct MailboxLimits {
  int64_t max_octets = 0;
  int64_t max_messages = 0;

  bool operator==(const MailboxLimits&) const = default;
};

// A mailbox's own limits; nullopt: the store's.
struct MailboxQuota {
  std::optional<int64_t> max_octets = std::nullopt;
  std::optional<int64_t> max_messages = std::nullopt;

  bool operator==(const MailboxQuota&) const = default;
};

// How long a mailbox keeps its messages; 0: for ever.
struct RetentionLimits {
  absl::Duration after_delivery;
  absl::Duration after_read;

  bool operator==(const RetentionLimits&) const = default;
};

// A mailbox's own retention; nullopt: the store's.
struct MailboxRetention {
  std::optional<absl::Duration> after_delivery = std::nullopt;
  std::optional<absl::Duration> after_read = std::nullopt;

  bool operator==(const MailboxRetention&) const = default;
};

// What an operator sets of a mailbox.
struct MailboxSettings {
  MailboxQuota quota = {};
  MailboxRetention retention = {};

  bool operator==(const MailboxSettings&) const = default;
};

// When a mailbox was deleted, and by whom.
struct MailboxDeletion {
  absl::Time delete_time;
  std::string caller;  // by certificate
  absl::Time expire_time;
};

struct MailboxInfo {
  std::string mailbox_id;
  int64_t message_count = 0;
  int64_t total_size_octets = 0;
  MailboxSettings settings = {};
  // Grows with each change of the settings, deleting and undeleting; 0 before the first.
  uint64_t revision = 0;
  MailboxLimits limits = {};       // that hold
  RetentionLimits retention = {};  // that holds
  std::optional<MailboxDeletion> deletion = std::nullopt;
  std::optional<SessionInfo> session = std::nullopt;
};

// Messages that a change took, or would take.
struct MessageTotals {
  int64_t count = 0;
  int64_t octets = 0;

  bool operator==(const MessageTotals&) const = default;
};

// Some messages of a mailbox, looked through. The next call begins behind last_message_id.
struct LookedThrough {
  MessageTotals seen;
  uint64_t last_message_id = 0;
  bool done = false;  // there were no more
};

// What was found of a retention's messages.
struct RetentionResult {
  LookedThrough looked_through;
  MessageTotals expired;
};

// A message that cannot be read.
struct DamagedMessage {
  uint64_t message_id = 0;
  bool deleted = false;  // it is among the deleted ones
};

// What was found of messages read to their end.
struct VerificationResult {
  LookedThrough looked_through;
  std::vector<DamagedMessage> damaged;
};

// When a message was deleted, and by whom.
struct MessageDeletion {
  absl::Time delete_time;
  // The session whose QUIT it was, and where its client was; empty when it was none.
  std::string session_id = {};
  std::string client_address = {};
  // The front end, or whoever else deleted it, by certificate.
  std::string caller = {};

  bool operator==(const MessageDeletion&) const = default;
};

// A message that was deleted and can be brought back until expire_time, or somewhat longer.
struct DeletedMessage {
  MessageSummary summary;
  MessageDeletion deletion;
  absl::Time expire_time;
};

// Which part of which message.
struct MessageRead {
  uint64_t message_id = 0;
  // Of the text that would be given from the start, so with top_lines too.
  int64_t offset_octets = 0;
  // Only the header, the empty line and so many lines of the body.
  std::optional<int32_t> top_lines;
};

// One answer for each mailbox of a delivery.
struct DeliveryResult {
  absl::Status status;
  uint64_t message_id = 0;
  // The delivery id had been delivered before; message_id is the first copy's.
  bool repeated = false;
};

}  // namespace restante::mailstore

#endif  // RESTANTE_MAILSTORE_SERVICE_STORE_TYPES_H_
