#ifndef RESTANTE_MAILSTORE_SERVICE_STORE_MAILSTORE_H_
#define RESTANTE_MAILSTORE_SERVICE_STORE_MAILSTORE_H_

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/audit/entry.h"
#include "mailstore-service/store/types.h"

namespace restante::mailstore {

// One message on its way in. Used by one thread at a time. Destroyed before Finish, it leaves
// nothing behind.
class DeliveryWriter {
 public:
  virtual ~DeliveryWriter() = default;

  // The next piece of the text: CRLF line ends, not dot-stuffed. MESSAGE_TOO_LARGE over the store's
  // limit; after any error only destruction is of use.
  virtual absl::Status Append(absl::string_view text) = 0;

  // Ends the message. It becomes visible in each mailbox with its usage and its delivery id in one
  // step, and is durable when this returns OK for that mailbox. DELIVERY_INCOMPLETE, with nothing
  // stored, when size or checksum (CRC-32C) are not those of the text. `delivery_ids`: one for each
  // mailbox, or none at all (FIELD_INVALID otherwise); one that was delivered to that mailbox
  // within a day is answered with `repeated` and makes no second copy. A mailbox that would be over
  // its limits is answered QUOTA_EXCEEDED, a deleted one MAILBOX_DELETED; messages that come at the
  // same moment may exceed the limits, or come into a mailbox that is being deleted.
  // To be called once.
  virtual absl::StatusOr<std::vector<DeliveryResult>> Finish(
      int64_t size_octets, uint32_t crc32c, const std::vector<std::string>& delivery_ids) = 0;
};

// One message on its way out. Used by one thread at a time.
class MessageReader {
 public:
  virtual ~MessageReader() = default;

  // The next piece, of at most 256 KiB, its checksum verified; empty at the end, which is reached
  // only when nothing of what was asked for is missing. MESSAGE_CORRUPT otherwise: what came before
  // must not be taken for the whole.
  virtual absl::StatusOr<std::string> Next() = 0;
};

// What one call of Sweep did.
struct SweepResult {
  size_t removed = 0;
  // Everything was looked at since the round began; the next call begins another.
  bool round_done = false;
};

// A maildrop as it was when it was opened.
struct OpenedMaildrop {
  Lease lease;
  absl::Duration lease_ttl;
  // Its beginning, oldest first: as many as were asked for.
  std::vector<MessageSummary> messages;
  // The shortest that retention keeps a message; nullopt: for ever.
  std::optional<absl::Duration> kept_at_least = std::nullopt;
  // Of all of it, as the mailbox's usage counts them: what is damaged beyond listing is counted
  // too.
  int64_t message_count = 0;
  int64_t total_size_octets = 0;
  // The last message of all, 0 when there is none; later deliveries have greater ids.
  uint64_t last_message_id = 0;
};

// How long a store keeps what was deleted, so that it can be brought back, and who changed what.
struct KeepingTimes {
  absl::Duration deleted_messages = absl::Hours(24 * 7);  // 0: they are gone at once
  absl::Duration deleted_mailboxes = absl::Hours(24 * 30);
  absl::Duration audit_entries = absl::Hours(24 * 365);
};

// What holds for mailboxes without settings of their own.
struct MailboxDefaults {
  MailboxLimits limits = {};
  RetentionLimits retention = {};
};

// The mail of one placement, by what is done with it. Mailboxes come to be by delivery or opening,
// or are created. An id is 1 to 64 of [a-z0-9-]; other ids are FIELD_INVALID. Thread-safe. Calls
// may block for a disk write; none waits for a client.
//
// A mailbox that was deleted can be listed and looked into, and brought back for a while; delivery,
// opening and changes of it and its messages are MAILBOX_DELETED.
//
// What is changed for an `author` who is no session leaves an audit entry, durable with the change;
// a call that changes nothing leaves none. DATA_LOSS: the entries that are there cannot be read,
// and nothing was changed.
//
// STORE_FULL: no room but a reserve, reading and deleting go on. STORE_FAILED: a write may not be
// durable; nothing is written any more until the store is opened anew. A status of code kUnknown
// means that the outcome is not known: repeat the call, it is safe.
class Mailstore {
 public:
  static constexpr absl::Duration kLeaseTtl = absl::Seconds(30);
  static constexpr absl::Duration kOutcomeKept = absl::Minutes(10);
  static constexpr absl::Duration kDeliveryIdKept = absl::Hours(24);
  static constexpr absl::Duration kImportIdKept = absl::Hours(24 * 30);
  // A clock that jumps by up to a day then costs no message its time.
  static constexpr absl::Duration kRetentionGrace = absl::Hours(24);
  static constexpr size_t kMaxPieceOctets = size_t{256} * 1024;

  virtual ~Mailstore() = default;

  // Random, and the same for ever: UidlFor's.
  virtual uint32_t store_id() const = 0;

  // A message for `mailbox_ids`. FIELD_INVALID unless they are 1 to 1,000, each once.
  virtual absl::StatusOr<std::unique_ptr<DeliveryWriter>> BeginDelivery(
      std::vector<std::string> mailbox_ids) = 0;

  // A message for one mailbox from another store, whose every message comes behind those that are
  // there. Finish takes no delivery ids. One whose UIDL the mailbox has or had within
  // kImportIdKept, deleted or not, is answered with `repeated`, and one without a UIDL likewise by
  // its import id: so an import can be repeated, and brings nothing back that was deleted
  // meanwhile. FIELD_INVALID.
  virtual absl::StatusOr<std::unique_ptr<DeliveryWriter>> BeginImport(
      const std::string& mailbox_id, const ImportedMessage& message) = 0;

  // Whether a message of `size_octets` may go to the mailbox now: QUOTA_EXCEEDED, MAILBOX_DELETED
  // or STORE_FULL otherwise, as Finish would say. FIELD_INVALID.
  virtual absl::Status CheckDelivery(const std::string& mailbox_id, int64_t size_octets) = 0;

  // Takes the mailbox for a session, and lists at most `limit` of its messages; ListMessages has
  // the rest. Costs what is listed, however large the mailbox is. The same session gets its own
  // lease again. MAILDROP_IN_USE while another session holds it and renewed it within kLeaseTtl.
  virtual absl::StatusOr<OpenedMaildrop> Open(const std::string& mailbox_id,
                                              const SessionInfo& session, size_t limit) = 0;
  // The same with all messages.
  absl::StatusOr<OpenedMaildrop> Open(const std::string& mailbox_id, const SessionInfo& session) {
    return Open(mailbox_id, session, std::numeric_limits<size_t>::max());
  }

  // Keeps the lease for another kLeaseTtl. LEASE_LOST when another session has the mailbox. A lease
  // that ran out while nobody wanted the mailbox is good again.
  virtual absl::Status Renew(const Lease& lease) = 0;

  // LEASE_LOST, MESSAGE_NOT_FOUND. The reader stays good when the lease ends.
  virtual absl::StatusOr<std::unique_ptr<MessageReader>> Read(const Lease& lease,
                                                              const MessageRead& read) = 0;

  // Deletes messages, so that UndeleteMessages can bring them back for as long as the store keeps
  // them, notes which were read, and lets the mailbox go, in one step; answers how many it deleted.
  // Durable when it changed a message: else the mailbox may be held for another kLeaseTtl after a
  // power cut. Ids that are not there are passed over. The answer is kept for kOutcomeKept: a
  // repeat gets the same one and changes nothing. LEASE_LOST: nothing was deleted.
  // DELETE_NOT_GRANTED: nothing was deleted, and the mailbox is held on.
  virtual absl::StatusOr<int64_t> Close(const Lease& lease, const MaildropUpdate& update) = 0;

  // MAILBOX_NOT_FOUND.
  virtual absl::StatusOr<MailboxInfo> GetMailbox(const std::string& mailbox_id) = 0;

  // At most `limit` mailboxes whose id comes behind `after` in byte order; deleted ones when asked.
  virtual absl::StatusOr<std::vector<MailboxInfo>> ListMailboxes(const std::string& after,
                                                                 size_t limit,
                                                                 bool show_deleted) = 0;

  // At most `limit` messages whose id is greater than `after`, in order. MAILBOX_NOT_FOUND.
  virtual absl::StatusOr<std::vector<MessageSummary>> ListMessages(const std::string& mailbox_id,
                                                                   uint64_t after,
                                                                   size_t limit) = 0;

  // Makes an empty mailbox, durably. MAILBOX_EXISTS, also for a deleted one; FIELD_INVALID for a
  // negative limit.
  virtual absl::Status CreateMailbox(const std::string& mailbox_id, const MailboxSettings& settings,
                                     const audit::Author& author) = 0;

  // Reads a message from its beginning for an operator, whoever has the mailbox open. A text like
  // that of Read. MESSAGE_NOT_FOUND.
  virtual absl::StatusOr<std::unique_ptr<MessageReader>> ReadMessage(const std::string& mailbox_id,
                                                                     uint64_t message_id) = 0;

  // Replaces the mailbox's settings, durably, when `revision` is its present one: ETAG_MISMATCH
  // otherwise. What is in it stays, whatever the limits are. MAILBOX_NOT_FOUND; FIELD_INVALID for a
  // negative limit.
  virtual absl::Status UpdateMailbox(const std::string& mailbox_id, uint64_t revision,
                                     const MailboxSettings& settings,
                                     const audit::Author& author) = 0;

  // Deletes the mailbox with all that is in it, and takes it from the session that has it. Durable.
  // UndeleteMailbox brings it back as it was, for as long as the store keeps it. MAILBOX_NOT_FOUND.
  virtual absl::Status DeleteMailbox(const std::string& mailbox_id,
                                     const audit::Author& author) = 0;

  // MAILBOX_NOT_FOUND, also once it is being purged; MAILBOX_NOT_DELETED.
  virtual absl::Status UndeleteMailbox(const std::string& mailbox_id,
                                       const audit::Author& author) = 0;

  // Removes a deleted mailbox with its messages for good, before its time, and durably: about
  // `limit` records in one call; whether nothing is left. A mailbox of that id may come to be
  // again then, empty. MAILBOX_NOT_FOUND, MAILBOX_NOT_DELETED.
  virtual absl::StatusOr<bool> PurgeMailbox(const std::string& mailbox_id, size_t limit,
                                            const audit::Author& author) = 0;

  // Deletes messages for an operator, whoever has the mailbox open: a session that has them in its
  // list finds them gone. Durable; how many. Ids that are not there are passed over.
  // MAILBOX_NOT_FOUND.
  virtual absl::StatusOr<int64_t> DeleteMessages(const std::string& mailbox_id,
                                                 const std::vector<uint64_t>& message_ids,
                                                 const audit::Author& author) = 0;

  // At most `limit` deleted messages whose id is greater than `after`, in order. MAILBOX_NOT_FOUND.
  virtual absl::StatusOr<std::vector<DeletedMessage>> ListDeletedMessages(
      const std::string& mailbox_id, uint64_t after, size_t limit) = 0;

  // Brings deleted messages back, each with its id and UIDL and so at its place in the order;
  // sessions that are open do not see them. Durable; how many. Ids of messages that are not deleted
  // are passed over. MAILBOX_NOT_FOUND.
  virtual absl::StatusOr<int64_t> UndeleteMessages(const std::string& mailbox_id,
                                                   const std::vector<uint64_t>& message_ids,
                                                   const audit::Author& author) = 0;

  // Removes deleted messages for good, before their time. Durable; how many. Ids of messages that
  // are not deleted are passed over. MAILBOX_NOT_FOUND.
  virtual absl::StatusOr<int64_t> PurgeDeletedMessages(const std::string& mailbox_id,
                                                       const std::vector<uint64_t>& message_ids,
                                                       const audit::Author& author) = 0;

  // Takes the mailbox from the session that has it, whose every later call is LEASE_LOST; who that
  // was, or nullopt when nobody had it. MAILBOX_NOT_FOUND, and the errors of a write: the session
  // may have lost the mailbox then.
  virtual absl::StatusOr<std::optional<SessionInfo>> BreakLease(const std::string& mailbox_id,
                                                                const audit::Author& author) = 0;

  // Looks at `limit` messages behind `after` and deletes, as DeleteMessages does and for `author`,
  // those that the mailbox's retention keeps no longer, durably; deletes none of them when
  // `validate_only`. Each is kept for kRetentionGrace longer than its retention says.
  // MAILDROP_IN_USE while a session has the mailbox; MAILBOX_NOT_FOUND.
  virtual absl::StatusOr<RetentionResult> ApplyRetention(const std::string& mailbox_id,
                                                         uint64_t after, size_t limit,
                                                         bool validate_only,
                                                         const audit::Author& author) = 0;

  // Reads `limit` messages behind `after` to their end, deleted ones too, and says which are
  // damaged. MAILBOX_NOT_FOUND.
  virtual absl::StatusOr<VerificationResult> VerifyMessages(const std::string& mailbox_id,
                                                            uint64_t after, size_t limit) = 0;

  // Leaves an audit entry of what `author` does with a mailbox beside these verbs, durably; also
  // with one that is not there. FIELD_INVALID.
  virtual absl::Status RecordAudit(const std::string& mailbox_id,
                                   const std::vector<audit::FieldChange>& changes,
                                   const audit::Author& author) = 0;

  // Audit entries with a number below `before`, the latest first, at most `limit`. DATA_LOSS when
  // one is damaged.
  virtual absl::StatusOr<std::vector<audit::Entry>> ListAudit(uint64_t before, size_t limit) = 0;

  // Removes what was kept for a while and is over its time: delivery ids after kDeliveryIdKept,
  // import ids after kImportIdKept, outcomes after kOutcomeKept, deleted messages and mailboxes
  // and audit entries after their time. Looks at about `limit` records, from where the last call
  // ended. What it removes was worth nothing any more: no call is answered differently for it, but
  // that what was deleted cannot be brought back. The end of a round gives the room of removed
  // texts back to the disk, when that is due, which may take a while. One thread at a time.
  virtual absl::StatusOr<SweepResult> Sweep(size_t limit) = 0;
};

}  // namespace restante::mailstore

#endif  // RESTANTE_MAILSTORE_SERVICE_STORE_MAILSTORE_H_
