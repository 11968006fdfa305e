#include "auth-service/rpc/rewrap_job.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/error_reason.h"
#include "common/base/status_macros.h"
#include "common/operations/job_progress.h"

namespace restante::rpc {
namespace {

constexpr size_t kAccountsAtOnce = 200;
constexpr int kMaxFailures = 100;

}  // namespace

absl::StatusOr<google::protobuf::Any> RewrapJob::Run(operations::JobContext& context) {
  operations::JobProgress progress(context, parts_.clock);
  // What an earlier run did is found under the active key.
  const int64_t done_before = metadata_.rewrapped();
  metadata_.set_active_key_id(parts_.vault.active_key_id());
  bool go_on =
      progress.BeginPhase("rewrap", static_cast<int64_t>(parts_.directory.Count()), &metadata_);
  std::string after;
  int64_t looked_at = 0;
  for (bool more = true; more && go_on;) {
    const directory::AccountPage page = parts_.directory.List(kAccountsAtOnce, after);
    RESTANTE_RETURN_IF_ERROR(RewrapPage(page.accounts));
    if (!page.accounts.empty()) after = page.accounts.back()->id;
    looked_at += static_cast<int64_t>(page.accounts.size());
    more = page.more;
    go_on = progress.Report(looked_at, &metadata_);
  }
  if (!go_on) return absl::CancelledError("told to stop");
  metadata_.set_phase("done");
  progress.Report(looked_at, &metadata_);
  response_.set_rewrapped(metadata_.rewrapped());
  response_.set_unchanged(std::max<int64_t>(0, response_.unchanged() - done_before));
  google::protobuf::Any response;
  response.PackFrom(response_);
  return response;
}

absl::Status RewrapJob::RewrapPage(const std::vector<directory::AccountPtr>& accounts) {
  std::vector<directory::Resealed> resealed;
  int64_t unchanged = 0;
  for (const directory::AccountPtr& account : accounts) {
    if (!account->credential) continue;
    const directory::SealedCredential& sealed = *account->credential;
    if (sealed.key_id == parts_.vault.active_key_id()) {
      ++unchanged;
      continue;
    }
    const absl::StatusOr<directory::Credential> opened = parts_.vault.Open(account->id, sealed);
    if (opened.ok()) {
      resealed.push_back({account->id, sealed.sealed, parts_.vault.Seal(account->id, *opened)});
    } else {
      Fail(*account, opened.status());
    }
  }
  RESTANTE_ASSIGN_OR_RETURN(
      const size_t replaced,
      parts_.directory.Reseal(resealed, {metadata_.caller(), "RewrapCredentials"}));
  metadata_.set_rewrapped(metadata_.rewrapped() + static_cast<int64_t>(replaced));
  // Who was set anew meanwhile is under the active key as well.
  response_.set_unchanged(response_.unchanged() + unchanged +
                          static_cast<int64_t>(resealed.size() - replaced));
  return absl::OkStatus();
}

void RewrapJob::Fail(const directory::Account& account, const absl::Status& why) {
  if (response_.failures_size() == kMaxFailures) {
    response_.set_more_failures(response_.more_failures() + 1);
    return;
  }
  auth::v1::RewrapFailure* failure = response_.add_failures();
  failure->set_account(absl::StrCat("accounts/", account.id));
  failure->set_key_id(account.credential->key_id);
  failure->set_cause(GetErrorReason(why) == ErrorReason::kCredentialKeyMissing
                         ? "CREDENTIAL_KEY_MISSING"
                         : "CREDENTIAL_DAMAGED");
}

}  // namespace restante::rpc
