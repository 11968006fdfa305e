#ifndef RESTANTE_MAILSTORE_SERVICE_RPC_CONVERT_H_
#define RESTANTE_MAILSTORE_SERVICE_RPC_CONVERT_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "mailstore-service/store/types.h"
#include "restante/mailstore/v1/mailbox_service.pb.h"
#include "restante/mailstore/v1/maildrop_service.pb.h"

namespace restante::mailstore {

// Between the store's types and the wire's.

// The lease as it is worth to the caller, `frontend`. FIELD_INVALID for ids of the wrong form.
absl::StatusOr<Lease> FromProto(const v1::Lease& lease, const std::string& frontend);
v1::Lease ToProto(const Lease& lease);
void ToProto(MessageSummary message, v1::MaildropMessage* proto);
v1::MailboxSession ToProto(const SessionInfo& session);
v1::Mailbox ToProto(const MailboxInfo& mailbox);

// Its quota and retention. FIELD_INVALID.
absl::StatusOr<MailboxSettings> SettingsOf(const v1::Mailbox& mailbox);
std::string EtagOf(uint64_t revision);
// Days of 24 hours, cut.
int32_t WholeDays(absl::Duration duration);

// Whether it is the error of one message, by which the others are not touched.
bool ConcernsOneMessage(const absl::Status& status);

// "mailboxes/{mailbox_id}"; `field` names it in FIELD_INVALID.
std::string MailboxName(absl::string_view mailbox_id);
absl::StatusOr<std::string> ParseMailboxName(absl::string_view field, absl::string_view name);

// The rows of a page: `wanted` unless it is 0 or over `maximum`. FIELD_INVALID when negative.
absl::StatusOr<size_t> PageSize(int32_t wanted, int32_t standard, int32_t maximum);

}  // namespace restante::mailstore

#endif  // RESTANTE_MAILSTORE_SERVICE_RPC_CONVERT_H_
