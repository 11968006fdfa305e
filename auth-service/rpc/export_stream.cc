#include "auth-service/rpc/export_stream.h"

#include <utility>

#include "auth-service/rpc/directory_messages.h"
#include "common/base/status_macros.h"
#include "common/rpc/status.h"

namespace restante::rpc {
namespace {

constexpr size_t kMaxAccounts = 200;

}  // namespace

ExportStream::ExportStream(const ExportStreamParts& parts, grpc::CallbackServerContext* context,
                           const auth::v1::ExportAccountsRequest& request, std::string caller)
    : parts_(parts), context_(context), request_(request), caller_(std::move(caller)) {
  PostFill();
}

void ExportStream::OnWriteDone(bool ok) {
  if (ok) counts_.set_done(counts_.done() + response_.accounts_size());
  sent_ = ok;
  PostFill();
}

void ExportStream::PostFill() {
  const absl::Status posted = parts_.workers.Post([this] { Fill(); });
  if (posted.ok()) return;
  // Broken off, without a worker.
  transfer_.reset();
  Finish(ToGrpcStatus(posted));
}

void ExportStream::Fill() {
  if (!sent_ || context_->IsCancelled()) return End(absl::CancelledError());
  response_.Clear();
  const bool first = transfer_ == nullptr;
  const absl::Status status = first ? Begin() : transfer_->Report(counts_);
  if (!status.ok()) return End(status);
  if (!transfer_->already_ended()) AddAccounts();
  // The last piece ends the call by itself the next time.
  if (response_.accounts().empty() && !first) return End(absl::OkStatus());
  StartWrite(&response_);
}

absl::Status ExportStream::Begin() {
  RESTANTE_ASSIGN_OR_RETURN(filter_, directory::AccountFilter::Parse(request_.filter()));
  if (!request_.after().empty()) {
    RESTANTE_ASSIGN_OR_RETURN(after_, ParseAccountName("after", request_.after()));
  }
  RESTANTE_ASSIGN_OR_RETURN(
      transfer_, parts_.operations.BeginTransfer({.kind = "ExportAccounts",
                                                  .resource = "",
                                                  .validate_only = false,
                                                  .request_id = request_.request_id(),
                                                  .caller = caller_,
                                                  .from_the_beginning = after_.empty()}));
  response_.set_operation(transfer_->name());
  response_.set_already_ended(transfer_->already_ended());
  return absl::OkStatus();
}

void ExportStream::AddAccounts() {
  bool more = true;
  while (more && response_.accounts().empty()) {
    const directory::AccountPage page = parts_.directory.List(kMaxAccounts, after_);
    more = page.more;
    for (const directory::AccountPtr& account : page.accounts) {
      after_ = account->id;
      if (account->deletion && !request_.show_deleted()) continue;
      if (filter_->Matches(*account)) *response_.add_accounts() = ToProto(*account);
    }
  }
}

void ExportStream::End(const absl::Status& status) {
  if (transfer_ != nullptr) transfer_->End(status, counts_);
  Finish(ToGrpcStatus(status));
}

}  // namespace restante::rpc
