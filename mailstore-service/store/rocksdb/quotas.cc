#include "mailstore-service/store/rocksdb/quotas.h"

#include "common/base/status_macros.h"
#include "mailstore-service/store/quota.h"
#include "mailstore-service/store/rocksdb/codec.h"

namespace restante::mailstore {

absl::StatusOr<MailboxQuota> Quotas::Get(const std::string& mailbox_id) const {
  RESTANTE_ASSIGN_OR_RETURN(const std::optional<std::string> value,
                            database_.Get(database_.quotas(), mailbox_id));
  if (!value) return MailboxQuota();
  // What does not decode limits nothing: mail is worth more than a limit.
  return codec::DecodeQuota(*value).value_or(MailboxQuota());
}

absl::Status Quotas::Check(const std::string& mailbox_id, int64_t size_octets) const {
  RESTANTE_ASSIGN_OR_RETURN(const MailboxQuota quota, Get(mailbox_id));
  const MailboxLimits limits = LimitsOf(quota, defaults_);
  if (limits == MailboxLimits()) return absl::OkStatus();
  RESTANTE_ASSIGN_OR_RETURN(const std::optional<std::string> value,
                            database_.Get(database_.mailboxes(), mailbox_id));
  const codec::Usage usage = codec::DecodeUsage(value.value_or("")).value_or(codec::Usage());
  return CheckLimits(limits, usage.count, usage.octets, size_octets);
}

absl::Status Quotas::Set(const std::string& mailbox_id, const MailboxQuota& quota) {
  rocksdb::WriteBatch batch;
  if (quota == MailboxQuota()) {
    batch.Delete(database_.quotas(), mailbox_id);
  } else {
    batch.Put(database_.quotas(), mailbox_id, codec::EncodeQuota(quota));
  }
  // So that there is a mailbox.
  batch.Merge(database_.mailboxes(), mailbox_id, codec::EncodeUsage({0, 0}));
  return database_.Write(&batch, true);
}

}  // namespace restante::mailstore
