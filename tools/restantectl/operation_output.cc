#include "tools/restantectl/operation_output.h"

#include <optional>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "restante/auth/v1/directory_job.pb.h"
#include "restante/common/v1/transfer.pb.h"
#include "restante/mailstore/v1/mailbox_job.pb.h"
#include "tools/restantectl/output.h"
#include "tools/restantectl/table.h"

namespace restante::ctl {
namespace {

using google::longrunning::Operation;

template <typename Metadata>
std::optional<Progress> Unpack(const google::protobuf::Any& any, const char* kind,
                               const char* unit) {
  Metadata metadata;
  if (!any.UnpackTo(&metadata)) return std::nullopt;
  return Progress{kind,
                  unit,
                  metadata.phase(),
                  metadata.done(),
                  metadata.total(),
                  metadata.rate(),
                  metadata.caller(),
                  TimeOf(metadata.create_time(), metadata.has_create_time())};
}

bool IsBrokenOff(const Operation& operation) {
  common::v1::TransferMetadata metadata;
  return operation.metadata().UnpackTo(&metadata) &&
         metadata.state() == common::v1::TRANSFER_STATE_BROKEN_OFF;
}

// Without the whole where that is not known before.
std::string DoneText(const Progress& progress, absl::string_view of) {
  if (progress.total == 0) return absl::StrCat(progress.done);
  return absl::StrCat(progress.done, of, progress.total);
}

std::string StateOf(const Operation& operation) {
  if (!operation.done()) return IsBrokenOff(operation) ? "broken off" : "running";
  if (!operation.has_error()) return "done";
  const bool is_cancelled =
      operation.error().code() == static_cast<int>(absl::StatusCode::kCancelled);
  return is_cancelled ? "cancelled" : "failed: " + Printable(operation.error().message());
}

std::optional<Progress> UnpackTransfer(const google::protobuf::Any& any) {
  common::v1::TransferMetadata metadata;
  if (!any.UnpackTo(&metadata)) return std::nullopt;
  const bool is_import = absl::StartsWith(metadata.kind(), "Import");
  Progress progress;
  progress.kind = absl::StrCat(metadata.resource().empty() ? "account " : "mail ",
                               is_import ? "import" : "export");
  progress.unit = metadata.resource().empty() ? "accounts" : "messages";
  progress.phase = progress.kind;
  if (metadata.state() == common::v1::TRANSFER_STATE_BROKEN_OFF) progress.phase += ", broken off";
  progress.done = metadata.counts().done();
  progress.caller = metadata.caller();
  progress.begun = TimeOf(metadata.create_time(), metadata.has_create_time());
  return progress;
}

// What a transfer's table has in place of a phase and progress.
std::vector<std::pair<std::string, std::string>> TransferFields(const Operation& operation) {
  common::v1::TransferMetadata metadata;
  if (!operation.metadata().UnpackTo(&metadata)) return {};
  const common::v1::TransferCounts& counts = metadata.counts();
  const bool is_mail = !metadata.resource().empty();
  std::vector<std::pair<std::string, std::string>> fields;
  if (is_mail) fields.emplace_back("Mailbox", Printable(LastPart(metadata.resource())));
  fields.emplace_back(metadata.validate_only() ? "Would be moved" : "Moved",
                      is_mail
                          ? absl::StrCat(counts.done(), " messages, ", counts.octets(), " octets")
                          : absl::StrCat(counts.done(), " accounts"));
  fields.emplace_back("There before", absl::StrCat(counts.unchanged()));
  fields.emplace_back("Failed", absl::StrCat(counts.failed()));
  fields.emplace_back("Calls", absl::StrCat(metadata.attempts()));
  return fields;
}

std::string FailureText(const auth::v1::RewrapCredentialsResponse& response) {
  std::vector<std::string> lines;
  for (const auth::v1::RewrapFailure& failure : response.failures()) {
    lines.push_back(absl::StrCat(LastPart(failure.account()), " (key ", Printable(failure.key_id()),
                                 ", ", Printable(failure.cause()), ")"));
  }
  if (response.more_failures() > 0) {
    lines.push_back(absl::StrCat("and ", response.more_failures(), " more"));
  }
  return absl::StrJoin(lines, ", ");
}

std::string DamageText(const mailstore::v1::VerifyMailboxesResponse& response) {
  std::vector<std::string> lines;
  for (const mailstore::v1::DamagedMessage& message : response.damaged()) {
    lines.push_back(absl::StrCat(Printable(message.name()), message.deleted() ? " (deleted)" : ""));
  }
  for (const std::string& mailbox : response.unreadable_mailboxes()) {
    lines.push_back(absl::StrCat("the list of ", Printable(mailbox)));
  }
  const int64_t more = response.more_damaged() + response.more_unreadable_mailboxes();
  if (more > 0) lines.push_back(absl::StrCat("and ", more, " more"));
  return lines.empty() ? "none" : absl::StrJoin(lines, ", ");
}

// The response's fields, where the kind is known.
std::vector<std::pair<std::string, std::string>> ResponseFields(const Operation& operation) {
  if (auth::v1::RewrapCredentialsResponse rewrap; operation.response().UnpackTo(&rewrap)) {
    return {{"Sealed anew", absl::StrCat(rewrap.rewrapped())},
            {"Under the active key before", absl::StrCat(rewrap.unchanged())},
            {"Could not be opened", FailureText(rewrap)}};
  }
  if (auth::v1::BackupDirectoryResponse backup; operation.response().UnpackTo(&backup)) {
    return {{"Path", Printable(backup.path())},
            {"Accounts", absl::StrCat(backup.accounts())},
            {"Revision", absl::StrCat(backup.revision())},
            {"Needs the keys", Printable(absl::StrJoin(backup.key_ids(), ", "))}};
  }
  if (mailstore::v1::ApplyRetentionResponse retention; operation.response().UnpackTo(&retention)) {
    return {{retention.validate_only() ? "Would be deleted" : "Deleted",
             absl::StrCat(retention.expired_messages(), " messages, ", retention.expired_octets(),
                          " octets")},
            {"Mailboxes", absl::StrCat(retention.mailboxes())},
            {"Left alone, in use", absl::StrCat(retention.mailboxes_in_use())}};
  }
  if (mailstore::v1::VerifyMailboxesResponse verify; operation.response().UnpackTo(&verify)) {
    return {{"Mailboxes", absl::StrCat(verify.mailboxes())},
            {"Messages", absl::StrCat(verify.messages())},
            {"Octets", absl::StrCat(verify.octets())},
            {"Damaged", DamageText(verify)}};
  }
  if (mailstore::v1::BackupMailboxesResponse backup; operation.response().UnpackTo(&backup)) {
    return {{"Directory", Printable(backup.directory())},
            {"Backup", absl::StrCat(backup.backup_id())},
            {"Octets", absl::StrCat(backup.size_octets())},
            {"Backups there", absl::StrCat(backup.backups())}};
  }
  return {};
}

}  // namespace

Progress ProgressOf(const Operation& operation) {
  const google::protobuf::Any& any = operation.metadata();
  if (const auto transfer = UnpackTransfer(any)) return *transfer;
  for (const auto& progress :
       {Unpack<auth::v1::RewrapCredentialsMetadata>(any, "rewrap", "accounts"),
        Unpack<auth::v1::BackupDirectoryMetadata>(any, "backup", "accounts"),
        Unpack<mailstore::v1::ApplyRetentionMetadata>(any, "retention", "messages"),
        Unpack<mailstore::v1::VerifyMailboxesMetadata>(any, "verify", "messages"),
        Unpack<mailstore::v1::BackupMailboxesMetadata>(any, "mail backup", "octets")}) {
    if (progress) return *progress;
  }
  Progress unknown;
  unknown.kind = any.type_url();
  return unknown;
}

std::string ToTable(const Operation& operation) {
  const Progress progress = ProgressOf(operation);
  std::vector<std::pair<std::string, std::string>> fields = {
      {"Operation", LastPart(operation.name())},
      {"Kind", Printable(progress.kind)},
      {"State", StateOf(operation)},
      {"Phase", Printable(progress.phase)},
      {"Progress", absl::StrCat(DoneText(progress, " of "), " ", progress.unit)},
      {"Begun", progress.begun},
      {"By", Printable(progress.caller)},
  };
  auto response = ResponseFields(operation);
  if (response.empty()) response = TransferFields(operation);
  // They say it better.
  if (!response.empty()) fields.erase(fields.begin() + 3, fields.begin() + 5);
  fields.insert(fields.end(), response.begin(), response.end());
  return Fields(fields);
}

std::string ToTable(const google::longrunning::ListOperationsResponse& operations) {
  std::vector<Row> rows = {{"OPERATION", "KIND", "BEGUN", "BY", "DONE", "STATE"}};
  for (const Operation& operation : operations.operations()) {
    const Progress progress = ProgressOf(operation);
    rows.push_back({LastPart(operation.name()), Printable(progress.kind), OrDash(progress.begun),
                    OrDash(Printable(progress.caller)), DoneText(progress, "/"),
                    StateOf(operation)});
  }
  return Columns(rows);
}

}  // namespace restante::ctl
