#include "common/operations/operations_service.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/error_reason.h"
#include "common/base/status_macros.h"
#include "common/rpc/pages.h"
#include "common/rpc/status.h"
#include "common/rpc/time_messages.h"
#include "common/rpc/timer.h"
#include "common/rpc/unary_call.h"

namespace restante::operations {
namespace {

constexpr absl::Duration kLongestWait = absl::Hours(1);

// So that no answer repeats more than a name.
absl::Status CheckName(const std::string& name) {
  constexpr size_t kMaxNameOctets = 64;
  if (name.size() <= kMaxNameOctets) return absl::OkStatus();
  return InvalidField("name", "must be operations/{id}");
}

// One WaitOperation call, which owns itself as gRPC's reactors do. What may still run when it has
// gone touches only its State.
class WaitCall final : public grpc::ServerUnaryReactor {
 public:
  WaitCall(Operations& operations, const google::longrunning::WaitOperationRequest& request,
           Operation* response)
      : state_(std::make_shared<State>(this, operations, request.name(), response)) {
    const absl::Status named = CheckName(request.name());
    const absl::StatusOr<absl::Duration> timeout = TimeoutOf(request);
    if (!named.ok() || !timeout.ok()) {
      state_->Fail(named.ok() ? timeout.status() : named);
      return;
    }
    subscription_ = operations.OnChange([state = state_] { state->Look(/*over=*/false); });
    timer_.emplace(*timeout, [state = state_] { state->Look(/*over=*/true); });
    state_->Look(/*over=*/false);
  }

  void OnCancel() override { state_->Look(/*over=*/true); }
  void OnDone() override {
    subscription_.reset();
    delete this;
  }

 private:
  class State {
   public:
    State(WaitCall* call, Operations& operations, std::string name, Operation* response)
        : call_(call), operations_(operations), name_(std::move(name)), response_(response) {}

    // Ends the call when the operation has ended or the time is `over`.
    void Look(bool over) {
      MutexLock lock(&mutex_);
      if (call_ == nullptr) return;
      absl::StatusOr<Operation> operation = operations_.Get(name_);
      if (!operation.ok()) return Finish(operation.status());
      if (!operation->done() && !over) {
        if (!operations_.stopped()) return;
        return Finish(MakeError(absl::StatusCode::kUnavailable, ErrorReason::kDraining,
                                "the server is going down; wait again"));
      }
      *response_ = *std::move(operation);
      Finish(absl::OkStatus());
    }

    void Fail(const absl::Status& status) {
      MutexLock lock(&mutex_);
      Finish(status);
    }

   private:
    void Finish(const absl::Status& status) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
      std::exchange(call_, nullptr)->grpc::ServerUnaryReactor::Finish(rpc::ToGrpcStatus(status));
    }

    Mutex mutex_;
    WaitCall* call_ ABSL_GUARDED_BY(mutex_);  // nullptr once it is finished
    Operations& operations_;
    const std::string name_;
    Operation* const response_;
  };

  static absl::StatusOr<absl::Duration> TimeoutOf(
      const google::longrunning::WaitOperationRequest& request) {
    if (!request.has_timeout()) return kLongestWait;
    const absl::Duration timeout =
        absl::Seconds(request.timeout().seconds()) + absl::Nanoseconds(request.timeout().nanos());
    if (timeout < absl::ZeroDuration()) return InvalidField("timeout", "must not be negative");
    return std::min(timeout, kLongestWait);
  }

  const std::shared_ptr<State> state_;
  std::unique_ptr<ChangeSignal::Subscription> subscription_;
  std::optional<rpc::Timeout> timer_;
};

absl::StatusOr<std::optional<bool>> DoneFilter(const std::string& filter) {
  if (filter.empty()) return std::nullopt;
  if (filter == "done = true") return true;
  if (filter == "done = false") return false;
  return InvalidField("filter", "must be \"done = true\" or \"done = false\", or empty");
}

}  // namespace

grpc::ServerUnaryReactor* OperationsService::ListOperations(
    grpc::CallbackServerContext* context, const google::longrunning::ListOperationsRequest* request,
    google::longrunning::ListOperationsResponse* response) {
  return rpc::Finish(context, List(*request, response));
}

absl::Status OperationsService::List(const google::longrunning::ListOperationsRequest& request,
                                     google::longrunning::ListOperationsResponse* response) const {
  if (!request.name().empty() && request.name() != "operations") {
    return InvalidField("name", "must be \"operations\", or empty");
  }
  RESTANTE_ASSIGN_OR_RETURN(const size_t page_size, rpc::ToPageSize(request.page_size()));
  RESTANTE_ASSIGN_OR_RETURN(const uint64_t before, rpc::ParseNumberPageToken(request.page_token()));
  RESTANTE_ASSIGN_OR_RETURN(const std::optional<bool> done, DoneFilter(request.filter()));
  // One more than fits says whether there is another page.
  std::vector<Operations::Numbered> listed = operations_.List(before, page_size + 1, done);
  if (listed.size() > page_size) {
    listed.pop_back();
    response->set_next_page_token(rpc::MakeNumberPageToken(listed.back().number));
  }
  for (Operations::Numbered& one : listed) *response->add_operations() = std::move(one.operation);
  return absl::OkStatus();
}

grpc::ServerUnaryReactor* OperationsService::GetOperation(
    grpc::CallbackServerContext* context, const google::longrunning::GetOperationRequest* request,
    Operation* response) {
  const absl::Status named = CheckName(request->name());
  if (!named.ok()) return rpc::Finish(context, named);
  absl::StatusOr<Operation> operation = operations_.Get(request->name());
  if (operation.ok()) *response = *operation;
  return rpc::Finish(context, operation.status());
}

grpc::ServerUnaryReactor* OperationsService::DeleteOperation(
    grpc::CallbackServerContext* context,
    const google::longrunning::DeleteOperationRequest* request,
    google::protobuf::Empty* /*response*/) {
  return rpc::Answer(workers_, context, [this, request] {
    const absl::Status named = CheckName(request->name());
    return named.ok() ? operations_.Remove(request->name()) : named;
  });
}

grpc::ServerUnaryReactor* OperationsService::CancelOperation(
    grpc::CallbackServerContext* context,
    const google::longrunning::CancelOperationRequest* request,
    google::protobuf::Empty* /*response*/) {
  return rpc::Answer(workers_, context, [this, request, caller = rpc::GetPeerIdentity(*context)] {
    return Cancel(caller, request->name());
  });
}

absl::Status OperationsService::Cancel(const rpc::PeerIdentity& caller,
                                       const std::string& name) const {
  RESTANTE_RETURN_IF_ERROR(CheckName(name));
  const auto has = [&caller](const std::string& role) { return caller.HasRole(role); };
  if (!std::any_of(job_roles_.begin(), job_roles_.end(), has)) {
    RESTANTE_ASSIGN_OR_RETURN(const Operation operation, operations_.Get(name));
    if (!operation.metadata().Is<common::v1::TransferMetadata>()) {
      return MakeError(absl::StatusCode::kPermissionDenied, ErrorReason::kRoleMissing,
                       absl::StrCat(name, " is no import or export; cancelling it needs the role ",
                                    absl::StrJoin(job_roles_, " or ")));
    }
  }
  return operations_.Cancel(name);
}

grpc::ServerUnaryReactor* OperationsService::WaitOperation(
    grpc::CallbackServerContext* /*context*/,
    const google::longrunning::WaitOperationRequest* request, Operation* response) {
  return new WaitCall(operations_, *request, response);
}

}  // namespace restante::operations
