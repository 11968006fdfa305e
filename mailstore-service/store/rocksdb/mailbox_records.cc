#include "mailstore-service/store/rocksdb/mailbox_records.h"

#include <utility>

#include "common/base/status_macros.h"
#include "mailstore-service/store/mailbox_rules.h"

namespace restante::mailstore {

absl::StatusOr<std::optional<codec::Usage>> MailboxRecords::FindUsage(
    const std::string& mailbox_id, const rocksdb::ReadOptions& options) const {
  RESTANTE_ASSIGN_OR_RETURN(const std::optional<std::string> value,
                            database_.Get(database_.mailboxes(), mailbox_id, options));
  if (!value) return std::optional<codec::Usage>();
  return std::optional(codec::DecodeUsage(*value).value_or(codec::Usage()));
}

absl::StatusOr<codec::MailboxRecord> MailboxRecords::Get(const std::string& mailbox_id) const {
  RESTANTE_ASSIGN_OR_RETURN(const std::optional<std::string> value,
                            database_.Get(database_.records(), mailbox_id));
  if (!value) return codec::MailboxRecord();
  // What does not decode limits nothing: mail is worth more than a limit.
  return codec::DecodeMailbox(*value).value_or(codec::MailboxRecord());
}

void MailboxRecords::AddPut(const std::string& mailbox_id, codec::MailboxRecord record,
                            rocksdb::WriteBatch* batch) const {
  ++record.revision;
  batch->Put(database_.records(), mailbox_id, codec::EncodeMailbox(record));
  batch->Merge(database_.mailboxes(), mailbox_id, codec::EncodeUsage({0, 0}));
}

absl::Status MailboxRecords::CheckActive(const std::string& mailbox_id) const {
  RESTANTE_ASSIGN_OR_RETURN(const codec::MailboxRecord record, Get(mailbox_id));
  return record.state == codec::MailboxState::kActive ? absl::OkStatus() : MailboxIsDeleted();
}

absl::Status MailboxRecords::CheckDelivery(const std::string& mailbox_id,
                                           int64_t size_octets) const {
  RESTANTE_ASSIGN_OR_RETURN(const codec::MailboxRecord record, Get(mailbox_id));
  if (record.state != codec::MailboxState::kActive) return MailboxIsDeleted();
  const MailboxLimits limits = LimitsOf(record.settings.quota, defaults_.limits);
  if (limits == MailboxLimits()) return absl::OkStatus();
  RESTANTE_ASSIGN_OR_RETURN(const std::optional<codec::Usage> usage, FindUsage(mailbox_id));
  const codec::Usage present = usage.value_or(codec::Usage());
  return CheckLimits(limits, present.count, present.octets, size_octets);
}

}  // namespace restante::mailstore
