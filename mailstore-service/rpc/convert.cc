#include "mailstore-service/rpc/convert.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/base/error_reason.h"
#include "common/base/ids.h"
#include "common/base/status_macros.h"
#include "common/rpc/status.h"
#include "common/rpc/time_messages.h"
#include "mailstore-service/store/mailbox_id.h"

namespace restante::mailstore {
namespace {

constexpr absl::string_view kMailboxes = "mailboxes/";
constexpr int32_t kMaxDays = 36'500;
constexpr absl::Duration kDay = absl::Hours(24);

}  // namespace

int32_t WholeDays(absl::Duration duration) { return static_cast<int32_t>(duration / kDay); }

absl::StatusOr<Lease> FromProto(const v1::Lease& lease, const std::string& frontend) {
  RESTANTE_RETURN_IF_ERROR(CheckMailboxId(lease.mailbox_id()));
  if (!IsId(lease.session_id())) {
    return InvalidField("lease.session_id", "must be 32 lower-case hexadecimal digits");
  }
  return Lease{lease.mailbox_id(),
               lease.session_id(),
               {lease.epoch_boot(), lease.epoch_counter()},
               frontend};
}

v1::Lease ToProto(const Lease& lease) {
  v1::Lease proto;
  proto.set_mailbox_id(lease.mailbox_id);
  proto.set_session_id(lease.session_id);
  proto.set_epoch_boot(lease.epoch.boot);
  proto.set_epoch_counter(lease.epoch.counter);
  return proto;
}

void ToProto(MessageSummary message, v1::MaildropMessage* proto) {
  proto->set_message_id(message.message_id);
  proto->set_size_octets(message.size_octets);
  proto->set_uidl(std::move(message.uidl));
}

v1::MailboxSession ToProto(const SessionInfo& session) {
  v1::MailboxSession proto;
  proto.set_session_id(session.session_id);
  proto.set_client_address(session.client_address);
  proto.set_frontend(session.frontend);
  return proto;
}

v1::Mailbox ToProto(const MailboxInfo& mailbox) {
  v1::Mailbox proto;
  proto.set_name(MailboxName(mailbox.mailbox_id));
  proto.set_message_count(mailbox.message_count);
  proto.set_total_size_octets(mailbox.total_size_octets);
  proto.set_etag(EtagOf(mailbox.revision));
  const auto& [quota, retention] = mailbox.settings;
  if (quota.max_octets) proto.mutable_quota()->set_max_octets(*quota.max_octets);
  if (quota.max_messages) proto.mutable_quota()->set_max_messages(*quota.max_messages);
  proto.mutable_effective_quota()->set_max_octets(mailbox.limits.max_octets);
  proto.mutable_effective_quota()->set_max_messages(mailbox.limits.max_messages);
  if (retention.after_delivery) {
    proto.mutable_retention()->set_after_delivery_days(WholeDays(*retention.after_delivery));
  }
  if (retention.after_read) {
    proto.mutable_retention()->set_after_read_days(WholeDays(*retention.after_read));
  }
  v1::MailboxRetention& effective = *proto.mutable_effective_retention();
  effective.set_after_delivery_days(WholeDays(mailbox.retention.after_delivery));
  effective.set_after_read_days(WholeDays(mailbox.retention.after_read));
  if (mailbox.session) *proto.mutable_session() = ToProto(*mailbox.session);
  if (mailbox.deletion) {
    *proto.mutable_delete_time() = rpc::ToTimestamp(mailbox.deletion->delete_time);
    *proto.mutable_expire_time() = rpc::ToTimestamp(mailbox.deletion->expire_time);
    proto.set_deleted_by(mailbox.deletion->caller);
  }
  return proto;
}

absl::StatusOr<MailboxSettings> SettingsOf(const v1::Mailbox& mailbox) {
  MailboxSettings settings;
  const v1::MailboxQuota& quota = mailbox.quota();
  if (quota.has_max_octets()) settings.quota.max_octets = quota.max_octets();
  if (quota.has_max_messages()) settings.quota.max_messages = quota.max_messages();
  const v1::MailboxRetention& retention = mailbox.retention();
  const auto is_good = [](int32_t days) { return days >= 0 && days <= kMaxDays; };
  if (!is_good(retention.after_delivery_days())) {
    return InvalidField("mailbox.retention.after_delivery_days", "must be 0 to 36,500");
  }
  if (!is_good(retention.after_read_days())) {
    return InvalidField("mailbox.retention.after_read_days", "must be 0 to 36,500");
  }
  if (retention.has_after_delivery_days()) {
    settings.retention.after_delivery = kDay * retention.after_delivery_days();
  }
  if (retention.has_after_read_days()) {
    settings.retention.after_read = kDay * retention.after_read_days();
  }
  return settings;
}

std::string EtagOf(uint64_t revision) {
  return absl::StrCat(absl::Hex(revision, absl::kZeroPad16));
}

bool ConcernsOneMessage(const absl::Status& status) {
  const ErrorReason reason = GetErrorReason(status);
  return reason == ErrorReason::kMessageNotFound || reason == ErrorReason::kMessageCorrupt;
}

std::string MailboxName(absl::string_view mailbox_id) {
  return absl::StrCat(kMailboxes, mailbox_id);
}

absl::StatusOr<std::string> ParseMailboxName(absl::string_view field, absl::string_view name) {
  if (!absl::ConsumePrefix(&name, kMailboxes) || !CheckMailboxId(name).ok()) {
    return InvalidField(field, "must be mailboxes/{mailbox_id}");
  }
  return std::string(name);
}

absl::StatusOr<size_t> PageSize(int32_t wanted, int32_t standard, int32_t maximum) {
  if (wanted < 0) return InvalidField("page_size", "must not be negative");
  return static_cast<size_t>(wanted == 0 ? standard : std::min(wanted, maximum));
}

}  // namespace restante::mailstore
