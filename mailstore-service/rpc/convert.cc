#include "mailstore-service/rpc/convert.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/base/error_reason.h"
#include "common/base/ids.h"
#include "common/base/status_macros.h"
#include "common/rpc/status.h"
#include "mailstore-service/store/mailbox_id.h"

namespace restante::mailstore {
namespace {

constexpr absl::string_view kMailboxes = "mailboxes/";

}  // namespace

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

v1::MaildropMessage ToProto(const MessageSummary& message) {
  v1::MaildropMessage proto;
  proto.set_message_id(message.message_id);
  proto.set_size_octets(message.size_octets);
  proto.set_uidl(message.uidl);
  return proto;
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
  proto.set_name(absl::StrCat(kMailboxes, mailbox.mailbox_id));
  proto.set_message_count(mailbox.message_count);
  proto.set_total_size_octets(mailbox.total_size_octets);
  if (mailbox.quota.max_octets) proto.mutable_quota()->set_max_octets(*mailbox.quota.max_octets);
  if (mailbox.quota.max_messages) {
    proto.mutable_quota()->set_max_messages(*mailbox.quota.max_messages);
  }
  proto.mutable_effective_quota()->set_max_octets(mailbox.limits.max_octets);
  proto.mutable_effective_quota()->set_max_messages(mailbox.limits.max_messages);
  if (mailbox.session) *proto.mutable_session() = ToProto(*mailbox.session);
  return proto;
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
