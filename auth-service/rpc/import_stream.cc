#include "auth-service/rpc/import_stream.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "auth-service/rpc/directory_messages.h"
#include "common/base/error_reason.h"
#include "common/base/status_macros.h"
#include "common/rpc/status.h"
#include "common/rpc/wipe_credential.h"

namespace restante::rpc {
namespace {

constexpr int kMaxItems = 1'000;
constexpr size_t kMaxMessageOctets = 4 << 20;

auth::v1::ImportOutcome OutcomeOf(directory::ImportOutcome outcome) {
  switch (outcome) {
    case directory::ImportOutcome::kCreated:
      return auth::v1::IMPORT_OUTCOME_CREATED;
    case directory::ImportOutcome::kUpdated:
      return auth::v1::IMPORT_OUTCOME_UPDATED;
    case directory::ImportOutcome::kUnchanged:
      return auth::v1::IMPORT_OUTCOME_UNCHANGED;
  }
  return auth::v1::IMPORT_OUTCOME_UNSPECIFIED;
}

void Fail(const absl::Status& status, auth::v1::ImportResult* result) {
  result->set_outcome(auth::v1::IMPORT_OUTCOME_FAILED);
  *result->mutable_error() = ToProto(status);
}

void WipeSecrets(auth::v1::ImportAccountsRequest* request) {
  for (auth::v1::ImportItem& item : *request->mutable_items()) {
    if (item.has_credential()) WipeCredential(item.mutable_credential());
  }
}

}  // namespace

ImportStream::ImportStream(ImportStreamParts parts, grpc::CallbackServerContext* context,
                           std::string caller)
    : parts_(parts), context_(context), caller_(std::move(caller)) {
  StartRead(&request_);
}

void ImportStream::OnReadDone(bool ok) {
  // The caller has said all.
  if (!ok) return PostEnd(Completion(/*complete=*/false));
  const absl::Status posted = parts_.workers.Post([this] { Handle(); });
  if (!posted.ok()) BreakOff(posted);
}

void ImportStream::OnWriteDone(bool ok) {
  if (!ok) return PostEnd(absl::CancelledError());
  if (transfer_->already_ended()) return Finish(grpc::Status::OK);
  StartRead(&request_);
}

void ImportStream::OnDone() {
  WipeSecrets(&request_);
  delete this;
}

absl::Status ImportStream::Completion(bool complete) const {
  if (complete || (!has_request_id_ && !context_->IsCancelled())) return absl::OkStatus();
  return absl::CancelledError("the import broke off: its caller did not say that it is complete");
}

void ImportStream::PostEnd(const absl::Status& status) {
  const absl::Status posted = parts_.workers.Post([this, status] { End(status); });
  if (!posted.ok()) BreakOff(posted);
}

void ImportStream::BreakOff(const absl::Status& status) {
  transfer_.reset();
  Close(status);
}

void ImportStream::End(const absl::Status& status) {
  if (transfer_ != nullptr) transfer_->End(status, counts_);
  Close(status);
}

void ImportStream::Close(const absl::Status& status) {
  parts_.logger.Info("accounts_imported", {{"caller", caller_},
                                           {"validate_only", settings_.validate_only},
                                           {"created", created_},
                                           {"updated", updated_},
                                           {"unchanged", counts_.unchanged()},
                                           {"failed", counts_.failed()}});
  Finish(ToGrpcStatus(status));
}

void ImportStream::Handle() {
  response_.Clear();
  const bool first = transfer_ == nullptr;
  const absl::Status status = Take();
  const bool complete = request_.complete();
  WipeSecrets(&request_);
  if (!status.ok() || complete) return End(status);
  if (first && !has_request_id_) return StartRead(&request_);
  if (!std::exchange(has_answered_, true)) response_.set_operation(transfer_->name());
  StartWrite(&response_);
}

absl::Status ImportStream::Take() {
  if (transfer_ == nullptr) return TakeOptions();
  if (request_.has_options()) return InvalidField("options", "must be in the first message alone");
  if (request_.complete()) {
    return request_.items().empty() ? absl::OkStatus()
                                    : InvalidField("complete", "must be in a message alone");
  }
  RESTANTE_RETURN_IF_ERROR(transfer_->Report(counts_));
  RESTANTE_RETURN_IF_ERROR(TakeItems());
  // What this says is looked at before the next items: these are done, and are answered.
  (void)transfer_->Report(counts_);
  return absl::OkStatus();
}

absl::Status ImportStream::TakeOptions() {
  if (!request_.has_options() || !request_.items().empty() || request_.complete()) {
    return InvalidField("options", "must be in the first message, and alone");
  }
  const auth::v1::ImportOptions& options = request_.options();
  has_request_id_ = !options.request_id().empty();
  settings_.update_existing = options.update_existing();
  settings_.validate_only = options.validate_only();
  settings_.default_placement = parts_.default_placement;
  settings_.author = {caller_, "ImportAccounts"};
  RESTANTE_ASSIGN_OR_RETURN(
      transfer_, parts_.operations.BeginTransfer({.kind = "ImportAccounts",
                                                  .resource = "",
                                                  .validate_only = settings_.validate_only,
                                                  .request_id = options.request_id(),
                                                  .caller = caller_,
                                                  .from_the_beginning = false}));
  response_.set_already_ended(transfer_->already_ended());
  return absl::OkStatus();
}

absl::Status ImportStream::TakeItems() {
  if (request_.items().empty() || request_.items_size() > kMaxItems) {
    return InvalidField("items", "must be 1 to 1,000");
  }
  if (request_.ByteSizeLong() > kMaxMessageOctets) {
    return InvalidField("items", "must be at most 4 MiB in one message");
  }
  std::vector<directory::ImportItem> items;
  std::vector<int> places;  // in the response, of each of items
  for (auth::v1::ImportItem& proto : *request_.mutable_items()) {
    auth::v1::ImportResult* result = response_.add_results();
    result->set_item_number(proto.item_number());
    result->set_account_id(proto.account_id());
    absl::StatusOr<directory::ImportItem> item = ToItem(&proto);
    if (!item.ok()) {
      Fail(item.status(), result);
      continue;
    }
    places.push_back(response_.results_size() - 1);
    items.push_back(*std::move(item));
  }
  const auto outcomes = parts_.directory.Import(items, settings_);
  for (size_t i = 0; i < outcomes.size(); ++i) {
    auth::v1::ImportResult* result = response_.mutable_results(places[i]);
    if (outcomes[i].ok()) {
      result->set_outcome(OutcomeOf(*outcomes[i]));
    } else {
      Fail(outcomes[i].status(), result);
    }
  }
  for (const auth::v1::ImportResult& result : response_.results()) Count(result);
  return absl::OkStatus();
}

absl::StatusOr<directory::ImportItem> ImportStream::ToItem(auth::v1::ImportItem* item) const {
  auth::v1::CreateAccountRequest creation;
  creation.set_account_id(item->account_id());
  creation.mutable_account()->Swap(item->mutable_account());
  directory::ImportItem result;
  RESTANTE_ASSIGN_OR_RETURN(result.account, ToNewAccount(creation, ""));
  RESTANTE_ASSIGN_OR_RETURN(result.credential, ToSealed(*item));
  return result;
}

absl::StatusOr<std::optional<directory::SealedCredential>> ImportStream::ToSealed(
    const auth::v1::ImportItem& item) const {
  if (!item.has_credential()) return std::nullopt;
  RESTANTE_ASSIGN_OR_RETURN(const directory::Credential credential,
                            ToCredential(item.credential(), parts_.vault));
  // So that a repeated import leaves what is there as it is.
  const auto account = parts_.directory.Get(item.account_id());
  if (account.ok() && (*account)->credential) {
    const auto kept = parts_.vault.Open(item.account_id(), *(*account)->credential);
    if (kept.ok() && directory::IsOfTheSameSecret(*kept, credential)) return std::nullopt;
  }
  return parts_.vault.Seal(item.account_id(), credential);
}

void ImportStream::Count(const auth::v1::ImportResult& result) {
  if (result.outcome() == auth::v1::IMPORT_OUTCOME_CREATED) ++created_;
  if (result.outcome() == auth::v1::IMPORT_OUTCOME_UPDATED) ++updated_;
  counts_.set_done(created_ + updated_);
  if (result.outcome() == auth::v1::IMPORT_OUTCOME_UNCHANGED) {
    counts_.set_unchanged(counts_.unchanged() + 1);
  }
  if (result.outcome() == auth::v1::IMPORT_OUTCOME_FAILED) counts_.set_failed(counts_.failed() + 1);
}

}  // namespace restante::rpc
