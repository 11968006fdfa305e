#include "tools/restantectl/jobs.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "common/base/error_reason.h"
#include "common/base/ids.h"
#include "common/base/status_macros.h"
#include "restante/auth/v1/directory_job.pb.h"
#include "tools/restantectl/progress_line.h"
#include "tools/restantectl/table.h"

namespace restante::ctl {
namespace {

using google::longrunning::Operation;
using Directory = auth::v1::DirectoryService::StubInterface;
using Operations = google::longrunning::Operations::StubInterface;

// How often progress is shown.
constexpr int kWaitSeconds = 1;

// What the metadata of every job say.
struct Progress {
  std::string kind;
  std::string phase;
  int64_t done = 0;
  int64_t total = 0;
  double rate = 0;
  std::string caller;
  std::string begun;
};

template <typename Metadata>
std::optional<Progress> Unpack(const google::protobuf::Any& any, const char* kind) {
  Metadata metadata;
  if (!any.UnpackTo(&metadata)) return std::nullopt;
  return Progress{kind,
                  metadata.phase(),
                  metadata.done(),
                  metadata.total(),
                  metadata.rate(),
                  metadata.caller(),
                  TimeOf(metadata.create_time(), metadata.has_create_time())};
}

Progress ProgressOf(const Operation& operation) {
  const google::protobuf::Any& any = operation.metadata();
  if (auto rewrap = Unpack<auth::v1::RewrapCredentialsMetadata>(any, "rewrap")) return *rewrap;
  if (auto backup = Unpack<auth::v1::BackupDirectoryMetadata>(any, "backup")) return *backup;
  Progress unknown;
  unknown.kind = any.type_url();
  return unknown;
}

std::string StateOf(const Operation& operation) {
  if (!operation.done()) return "running";
  return operation.has_error() ? "failed: " + Printable(operation.error().message()) : "done";
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
  return {};
}

void Show(const Operation& operation, ProgressLine* line) {
  const Progress progress = ProgressOf(operation);
  const double fraction =
      progress.total > 0 ? static_cast<double>(progress.done) / static_cast<double>(progress.total)
                         : -1;
  line->Show(fraction, absl::StrFormat("%s: %d of %d accounts, %.0f/s", progress.phase,
                                       progress.done, progress.total, progress.rate));
}

// Until it has ended; with the error that it ended with.
absl::Status Follow(Session& session, Operation operation) {
  RESTANTE_ASSIGN_OR_RETURN(Operations * operations, session.services.Operations());
  {
    ProgressLine line(session.console);
    google::longrunning::WaitOperationRequest wait;
    wait.set_name(operation.name());
    wait.mutable_timeout()->set_seconds(kWaitSeconds);
    while (!operation.done()) {
      Show(operation, &line);
      RESTANTE_RETURN_IF_ERROR(
          Call(session, operations, &Operations::WaitOperation, wait, &operation));
    }
  }
  Print(operation, session.format, session.console.out());
  if (operation.has_error()) {
    return absl::Status(static_cast<absl::StatusCode>(operation.error().code()),
                        absl::StrCat(operation.name(), " failed: ", operation.error().message()));
  }
  auth::v1::RewrapCredentialsResponse rewrap;
  if (operation.response().UnpackTo(&rewrap) && !rewrap.failures().empty()) {
    return MakeError(absl::StatusCode::kFailedPrecondition, ErrorReason::kCredentialKeyMissing,
                     "there are credentials that could not be opened; keep the old keys");
  }
  return absl::OkStatus();
}

template <typename Request>
absl::Status Run(Session& session, bool no_wait,
                 grpc::Status (Directory::*method)(grpc::ClientContext*, const Request&,
                                                   Operation*)) {
  RESTANTE_ASSIGN_OR_RETURN(Directory * directory, session.services.Directory());
  Request request;
  request.set_request_id(NewId(session.random));
  Operation operation;
  RESTANTE_RETURN_IF_ERROR(Call(session, directory, method, request, &operation));
  if (no_wait) {
    Print(operation, session.format, session.console.out());
    return absl::OkStatus();
  }
  session.console.err() << operation.name() << " has begun; it goes on when this is interrupted, "
                        << "and \"restantectl operations wait\" follows it then.\n";
  return Follow(session, std::move(operation));
}

absl::StatusOr<Operation> Fetch(Session& session, const std::string& id) {
  RESTANTE_ASSIGN_OR_RETURN(Operations * operations, session.services.Operations());
  google::longrunning::GetOperationRequest request;
  request.set_name(ResourceName("operations", id));
  Operation operation;
  RESTANTE_RETURN_IF_ERROR(
      Call(session, operations, &Operations::GetOperation, request, &operation));
  return operation;
}

}  // namespace

std::string ToTable(const Operation& operation) {
  const Progress progress = ProgressOf(operation);
  std::vector<std::pair<std::string, std::string>> fields = {
      {"Operation", LastPart(operation.name())},
      {"Kind", Printable(progress.kind)},
      {"State", StateOf(operation)},
      {"Phase", Printable(progress.phase)},
      {"Accounts", absl::StrCat(progress.done, " of ", progress.total)},
      {"Begun", progress.begun},
      {"By", Printable(progress.caller)},
  };
  const auto response = ResponseFields(operation);
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
                    OrDash(Printable(progress.caller)),
                    absl::StrCat(progress.done, "/", progress.total), StateOf(operation)});
  }
  return Columns(rows);
}

absl::Status RewrapCredentials(Session& session, bool no_wait) {
  return Run<auth::v1::RewrapCredentialsRequest>(session, no_wait, &Directory::RewrapCredentials);
}

absl::Status BackupDirectory(Session& session, bool no_wait) {
  return Run<auth::v1::BackupDirectoryRequest>(session, no_wait, &Directory::BackupDirectory);
}

absl::Status ListOperations(Session& session, const std::string& filter, int limit) {
  RESTANTE_ASSIGN_OR_RETURN(Operations * operations, session.services.Operations());
  google::longrunning::ListOperationsRequest request;
  request.set_filter(filter);
  RESTANTE_ASSIGN_OR_RETURN(
      const google::longrunning::ListOperationsResponse all,
      CallForPages(session, operations, &Operations::ListOperations, request, limit,
                   [](const auto& listed) { return listed.operations_size(); }));
  Print(all, session.format, session.console.out());
  return absl::OkStatus();
}

absl::Status GetOperation(Session& session, const std::string& id) {
  RESTANTE_ASSIGN_OR_RETURN(const Operation operation, Fetch(session, id));
  Print(operation, session.format, session.console.out());
  return absl::OkStatus();
}

absl::Status WaitOperation(Session& session, const std::string& id) {
  RESTANTE_ASSIGN_OR_RETURN(Operation operation, Fetch(session, id));
  return Follow(session, std::move(operation));
}

absl::Status CancelOperation(Session& session, const std::string& id) {
  RESTANTE_ASSIGN_OR_RETURN(Operations * operations, session.services.Operations());
  google::longrunning::CancelOperationRequest request;
  request.set_name(ResourceName("operations", id));
  google::protobuf::Empty response;
  return Call(session, operations, &Operations::CancelOperation, request, &response);
}

absl::Status DeleteOperation(Session& session, const std::string& id) {
  RESTANTE_ASSIGN_OR_RETURN(Operations * operations, session.services.Operations());
  google::longrunning::DeleteOperationRequest request;
  request.set_name(ResourceName("operations", id));
  google::protobuf::Empty response;
  return Call(session, operations, &Operations::DeleteOperation, request, &response);
}

}  // namespace restante::ctl
