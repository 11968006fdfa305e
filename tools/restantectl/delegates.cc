#include "tools/restantectl/delegates.h"

#include <google/protobuf/util/time_util.h>

#include "absl/strings/str_cat.h"
#include "common/base/ids.h"
#include "common/base/status_macros.h"
#include "restante/auth/v1/directory_service.grpc.pb.h"
#include "tools/restantectl/errors.h"
#include "tools/restantectl/output.h"

namespace restante::ctl {
namespace {

using Directory = auth::v1::DirectoryService::StubInterface;

}  // namespace

absl::StatusOr<absl::Time> ParseUntil(absl::string_view text) {
  absl::Time time;
  std::string ignored;
  for (const char* format : {"%Y-%m-%d", absl::RFC3339_full}) {
    if (absl::ParseTime(format, text, absl::UTCTimeZone(), &time, &ignored)) return time;
  }
  return UsageError("--until takes a day, such as 2027-01-31, or a time, 2027-01-31T18:00:00Z");
}

absl::Status GrantDelegate(Session& session, const DelegateGrant& grant) {
  auth::v1::GrantDelegateRequest request;
  request.set_name(ResourceName("accounts", grant.owner));
  request.mutable_delegate()->set_account(ResourceName("accounts", grant.delegate));
  request.mutable_delegate()->set_access(grant.may_delete ? auth::v1::MAILBOX_ACCESS_READ_AND_DELETE
                                                          : auth::v1::MAILBOX_ACCESS_READ);
  if (!grant.until.empty()) {
    RESTANTE_ASSIGN_OR_RETURN(const absl::Time until, ParseUntil(grant.until));
    *request.mutable_delegate()->mutable_expire_time() =
        google::protobuf::util::TimeUtil::MicrosecondsToTimestamp(absl::ToUnixMicros(until));
  }
  request.set_request_id(NewId(session.random));
  RESTANTE_ASSIGN_OR_RETURN(Directory * directory, session.services.Directory());
  auth::v1::Account account;
  RESTANTE_RETURN_IF_ERROR(Call(session, directory, &Directory::GrantDelegate, request, &account));
  Print(account, session.format, session.console.out());
  return absl::OkStatus();
}

absl::Status RevokeDelegate(Session& session, const std::string& owner,
                            const std::string& delegate) {
  auth::v1::RevokeDelegateRequest request;
  request.set_name(ResourceName("accounts", owner));
  request.set_delegate_account(ResourceName("accounts", delegate));
  request.set_request_id(NewId(session.random));
  RESTANTE_ASSIGN_OR_RETURN(Directory * directory, session.services.Directory());
  auth::v1::Account account;
  RESTANTE_RETURN_IF_ERROR(Call(session, directory, &Directory::RevokeDelegate, request, &account));
  Print(account, session.format, session.console.out());
  return absl::OkStatus();
}

}  // namespace restante::ctl
