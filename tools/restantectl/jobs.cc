#include "tools/restantectl/jobs.h"

#include <string>
#include <utility>

#include "absl/strings/str_format.h"
#include "common/base/error_reason.h"
#include "common/base/ids.h"
#include "common/base/status_macros.h"
#include "restante/auth/v1/directory_job.pb.h"
#include "restante/mailstore/v1/mailbox_job.pb.h"
#include "tools/restantectl/operation_output.h"
#include "tools/restantectl/progress_line.h"
#include "tools/restantectl/table.h"

namespace restante::ctl {
namespace {

using google::longrunning::Operation;
using Directory = auth::v1::DirectoryService::StubInterface;
using Mailboxes = mailstore::v1::MailboxService::StubInterface;
using Operations = google::longrunning::Operations::StubInterface;

// How often progress is shown.
constexpr int kWaitSeconds = 1;

void Show(const Operation& operation, ProgressLine* line) {
  const Progress progress = ProgressOf(operation);
  const double fraction =
      progress.total > 0 ? static_cast<double>(progress.done) / static_cast<double>(progress.total)
                         : -1;
  std::string text = absl::StrFormat("%s: %d", progress.phase, progress.done);
  if (progress.total > 0) absl::StrAppendFormat(&text, " of %d", progress.total);
  absl::StrAppendFormat(&text, " %s", progress.unit);
  if (progress.rate > 0) absl::StrAppendFormat(&text, ", %.0f/s", progress.rate);
  line->Show(fraction, text);
}

// What a job found that an exit code should tell.
absl::Status CheckResponse(const google::protobuf::Any& response) {
  if (auth::v1::RewrapCredentialsResponse rewrap;
      response.UnpackTo(&rewrap) && !rewrap.failures().empty()) {
    return MakeError(absl::StatusCode::kFailedPrecondition, ErrorReason::kCredentialKeyMissing,
                     "there are credentials that could not be opened; keep the old keys");
  }
  if (mailstore::v1::VerifyMailboxesResponse verify;
      response.UnpackTo(&verify) &&
      !(verify.damaged().empty() && verify.unreadable_mailboxes().empty())) {
    return MakeError(absl::StatusCode::kDataLoss, ErrorReason::kMessageCorrupt,
                     "there are messages that cannot be read");
  }
  return absl::OkStatus();
}

// Until it has ended; with the error that it ended with.
absl::Status Follow(Session& session, Program program, Operation operation) {
  RESTANTE_ASSIGN_OR_RETURN(Operations * operations, session.services.Operations(program));
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
  return CheckResponse(operation.response());
}

template <typename Stub, typename Request>
absl::Status Run(Session& session, Program program, bool no_wait, absl::StatusOr<Stub*> stub,
                 grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Operation*),
                 Request request) {
  RESTANTE_RETURN_IF_ERROR(stub.status());
  request.set_request_id(NewId(session.random));
  Operation operation;
  RESTANTE_RETURN_IF_ERROR(Call(session, *stub, method, request, &operation));
  if (no_wait) {
    Print(operation, session.format, session.console.out());
    return absl::OkStatus();
  }
  session.console.err() << operation.name() << " has begun; it goes on when this is interrupted, "
                        << "and \"restantectl operations wait"
                        << (program == Program::kMailstore ? " --service mailstore" : "")
                        << "\" follows it then.\n";
  return Follow(session, program, std::move(operation));
}

absl::StatusOr<Operation> Fetch(Session& session, Program program, const std::string& id) {
  RESTANTE_ASSIGN_OR_RETURN(Operations * operations, session.services.Operations(program));
  google::longrunning::GetOperationRequest request;
  request.set_name(ResourceName("operations", id));
  Operation operation;
  RESTANTE_RETURN_IF_ERROR(
      Call(session, operations, &Operations::GetOperation, request, &operation));
  return operation;
}

std::string NameOf(const MailboxJob& job) {
  return job.mailbox_id.empty() ? "" : ResourceName("mailboxes", job.mailbox_id);
}

}  // namespace

absl::Status RewrapCredentials(Session& session, bool no_wait) {
  return Run(session, Program::kAuth, no_wait, session.services.Directory(),
             &Directory::RewrapCredentials, auth::v1::RewrapCredentialsRequest());
}

absl::Status BackupDirectory(Session& session, bool no_wait) {
  return Run(session, Program::kAuth, no_wait, session.services.Directory(),
             &Directory::BackupDirectory, auth::v1::BackupDirectoryRequest());
}

absl::Status ApplyRetention(Session& session, const MailboxJob& job) {
  mailstore::v1::ApplyRetentionRequest request;
  request.set_name(NameOf(job));
  request.set_validate_only(job.validate_only);
  return Run(session, Program::kMailstore, job.no_wait, session.services.Mailboxes(),
             &Mailboxes::ApplyRetention, std::move(request));
}

absl::Status VerifyMailboxes(Session& session, const MailboxJob& job) {
  mailstore::v1::VerifyMailboxesRequest request;
  request.set_name(NameOf(job));
  return Run(session, Program::kMailstore, job.no_wait, session.services.Mailboxes(),
             &Mailboxes::VerifyMailboxes, std::move(request));
}

absl::Status BackupMailboxes(Session& session, bool no_wait) {
  return Run(session, Program::kMailstore, no_wait, session.services.Mailboxes(),
             &Mailboxes::BackupMailboxes, mailstore::v1::BackupMailboxesRequest());
}

absl::Status ListOperations(Session& session, Program program, const std::string& filter,
                            int limit) {
  RESTANTE_ASSIGN_OR_RETURN(Operations * operations, session.services.Operations(program));
  google::longrunning::ListOperationsRequest request;
  request.set_filter(filter);
  RESTANTE_ASSIGN_OR_RETURN(
      const google::longrunning::ListOperationsResponse all,
      CallForPages(session, operations, &Operations::ListOperations, request, limit,
                   [](const auto& listed) { return listed.operations_size(); }));
  Print(all, session.format, session.console.out());
  return absl::OkStatus();
}

absl::Status GetOperation(Session& session, Program program, const std::string& id) {
  RESTANTE_ASSIGN_OR_RETURN(const Operation operation, Fetch(session, program, id));
  Print(operation, session.format, session.console.out());
  return absl::OkStatus();
}

absl::Status WaitOperation(Session& session, Program program, const std::string& id) {
  RESTANTE_ASSIGN_OR_RETURN(Operation operation, Fetch(session, program, id));
  return Follow(session, program, std::move(operation));
}

absl::Status CancelOperation(Session& session, Program program, const std::string& id) {
  RESTANTE_ASSIGN_OR_RETURN(Operations * operations, session.services.Operations(program));
  google::longrunning::CancelOperationRequest request;
  request.set_name(ResourceName("operations", id));
  google::protobuf::Empty response;
  return Call(session, operations, &Operations::CancelOperation, request, &response);
}

absl::Status DeleteOperation(Session& session, Program program, const std::string& id) {
  RESTANTE_ASSIGN_OR_RETURN(Operations * operations, session.services.Operations(program));
  google::longrunning::DeleteOperationRequest request;
  request.set_name(ResourceName("operations", id));
  google::protobuf::Empty response;
  return Call(session, operations, &Operations::DeleteOperation, request, &response);
}

}  // namespace restante::ctl
