#include "auth-service/rpc/export_stream.h"

#include <utility>

#include "auth-service/rpc/directory_messages.h"
#include "common/base/status_macros.h"
#include "common/rpc/status.h"

namespace restante::rpc {
namespace {

constexpr size_t kMaxAccounts = 200;

}  // namespace

ExportStream::ExportStream(const directory::Directory& directory,
                           const auth::v1::ExportAccountsRequest& request)
    : directory_(directory), show_deleted_(request.show_deleted()) {
  const absl::Status status = Take(request);
  if (status.ok()) {
    WriteNext();
  } else {
    Finish(ToGrpcStatus(status));
  }
}

absl::Status ExportStream::Take(const auth::v1::ExportAccountsRequest& request) {
  RESTANTE_ASSIGN_OR_RETURN(filter_, directory::AccountFilter::Parse(request.filter()));
  if (request.after().empty()) return absl::OkStatus();
  RESTANTE_ASSIGN_OR_RETURN(after_, ParseAccountName("after", request.after()));
  return absl::OkStatus();
}

void ExportStream::OnWriteDone(bool ok) {
  if (!ok) return Finish(grpc::Status::CANCELLED);
  WriteNext();
}

void ExportStream::WriteNext() {
  response_.Clear();
  while (true) {
    const directory::AccountPage page = directory_.List(kMaxAccounts, after_);
    for (const directory::AccountPtr& account : page.accounts) {
      after_ = account->id;
      if (account->deletion && !show_deleted_) continue;
      if (filter_->Matches(*account)) *response_.add_accounts() = ToProto(*account);
    }
    if (!page.more && response_.accounts().empty()) return Finish(grpc::Status::OK);
    // The last piece ends the call by itself the next time.
    if (!response_.accounts().empty()) return StartWrite(&response_);
  }
}

}  // namespace restante::rpc
