#include "pop3-frontend/backend/grpc_auth_backend.h"

#include <algorithm>
#include <string>
#include <utility>

#include "common/base/ids.h"
#include "common/base/secret.h"
#include "common/rpc/retrying_call.h"
#include "restante/auth/v1/logon_service.grpc.pb.h"

namespace restante::pop3 {
namespace {

using auth::v1::BeginLogonRequest;
using auth::v1::BeginLogonResponse;
using auth::v1::ContinueLogonRequest;
using auth::v1::ContinueLogonResponse;
using auth::v1::LogonService;

// The contract's limit, held also against a server that breaks it.
constexpr absl::Duration kLongestDelay = absl::Seconds(15);

void FillChannel(const ClientChannel& from, auth::v1::Channel* to) {
  to->set_protocol("pop3");
  to->set_client_address(from.client_address);
  to->set_client_port(from.client_port);
  to->set_connection_id(from.connection_id);
  if (!from.tls) return;
  to->mutable_tls()->set_version(from.tls->version);
  to->mutable_tls()->set_server_end_point(from.tls->server_end_point);
  to->mutable_tls()->set_exporter(from.tls->exporter);
  for (const std::string& name : from.tls->certificate_names) {
    to->mutable_tls()->add_client_certificate_names(name);
  }
}

RefusalReason ToRefusalReason(auth::v1::PublicReason reason) {
  // A newer auth may have reasons that this build does not know.
  switch (static_cast<int>(reason)) {
    case auth::v1::PUBLIC_REASON_MECHANISM_UNKNOWN:
      return RefusalReason::kMechanismUnknown;
    case auth::v1::PUBLIC_REASON_MECHANISM_DISABLED:
      return RefusalReason::kMechanismDisabled;
    case auth::v1::PUBLIC_REASON_TLS_REQUIRED:
      return RefusalReason::kTlsRequired;
    default:
      return RefusalReason::kCredentials;
  }
}

absl::Duration ToDelay(const google::protobuf::Duration& delay) {
  return std::clamp(absl::Seconds(delay.seconds()) + absl::Nanoseconds(delay.nanos()),
                    absl::ZeroDuration(), kLongestDelay);
}

AuthRejected ToRejected(const auth::v1::Rejection& rejection, const std::string& attempt_id) {
  return AuthRejected{ToRefusalReason(rejection.public_reason()), AttemptReference(attempt_id),
                      ToDelay(rejection.delay())};
}

// BeginLogon and ContinueLogon have the same outcomes.
template <typename Response>
absl::StatusOr<LogonAnswer> ToAnswer(absl::StatusOr<Response> response,
                                     const std::string& attempt_id) {
  if (!response.ok()) return response.status();
  switch (response->outcome_case()) {
    case Response::kChallenge: {
      auth::v1::Challenge* challenge = response->mutable_challenge();
      return AuthChallenge{std::move(*challenge->mutable_server_message()),
                           std::move(*challenge->mutable_sealed_state()),
                           ToDelay(challenge->delay())};
    }
    case Response::kAccepted: {
      auth::v1::Identity* identity = response->mutable_accepted();
      return AuthAccepted{std::move(*identity->mutable_account()),
                          std::move(*identity->mutable_alias()),
                          std::move(*identity->mutable_mailbox_id()),
                          std::move(*identity->mutable_placement()),
                          std::move(*identity->mutable_maildrop_grant()),
                          ToDelay(identity->delay()),
                          identity->access() != auth::v1::MAILBOX_ACCESS_READ};
    }
    case Response::kRejected:
      return ToRejected(response->rejected(), attempt_id);
    case Response::OUTCOME_NOT_SET:
      break;
  }
  return absl::InternalError("auth gave no outcome that this build knows");
}

}  // namespace

class GrpcAuthBackend::Engine {
 public:
  Engine(const std::shared_ptr<grpc::ChannelInterface>& auth, rpc::CallOptions options)
      : options_(options), stub_(LogonService::NewStub(auth)) {}
  ~Engine() { counter_.StopAndWait(); }

  template <typename Request, typename Response>
  void Call(typename rpc::RetryingCall<Request, Response>::Method method,
            std::shared_ptr<const Request> request, net::Executor executor, Done done) {
    std::string attempt_id = request->attempt_id();
    rpc::RetryingCall<Request, Response>::Start(
        std::move(method), std::move(request), options_, &counter_,
        [attempt_id = std::move(attempt_id), executor = std::move(executor),
         done = std::move(done)](absl::StatusOr<Response> response) mutable {
          executor([done = std::move(done),
                    answer = ToAnswer(std::move(response), attempt_id)]() mutable {
            std::move(done)(std::move(answer));
          });
        });
  }

  LogonService::Stub* stub() { return stub_.get(); }

 private:
  const rpc::CallOptions options_;
  const std::unique_ptr<LogonService::Stub> stub_;
  rpc::CallCounter counter_;
};

GrpcAuthBackend::GrpcAuthBackend(const std::shared_ptr<grpc::ChannelInterface>& auth,
                                 rpc::CallOptions options)
    : engine_(std::make_unique<Engine>(auth, options)) {}

GrpcAuthBackend::~GrpcAuthBackend() = default;

void GrpcAuthBackend::Begin(const LogonAttempt& attempt, BeginLogon logon, net::Executor executor,
                            Done done) {
  // The password is wiped with the request; what gRPC serialised is out of reach.
  std::shared_ptr<BeginLogonRequest> request(new BeginLogonRequest, [](BeginLogonRequest* used) {
    if (used->has_initial_response()) Wipe(used->mutable_initial_response());
    delete used;
  });
  request->set_attempt_id(attempt.attempt_id);
  request->set_session_id(attempt.session_id);
  FillChannel(attempt.channel, request->mutable_channel());
  request->set_mechanism(logon.mechanism);
  if (logon.initial_response) {
    absl::string_view response = logon.initial_response->view();
    request->set_initial_response(response.data(), response.size());
  }
  engine_->Call<BeginLogonRequest, BeginLogonResponse>(
      [stub = engine_->stub()](auto* context, auto* sent, auto* answer, auto answered) {
        stub->async()->BeginLogon(context, sent, answer, std::move(answered));
      },
      std::move(request), std::move(executor), std::move(done));
}

void GrpcAuthBackend::Continue(const LogonAttempt& attempt, ContinueLogon logon,
                               net::Executor executor, Done done) {
  std::shared_ptr<ContinueLogonRequest> request(new ContinueLogonRequest,
                                                [](ContinueLogonRequest* used) {
                                                  Wipe(used->mutable_response());
                                                  delete used;
                                                });
  request->set_attempt_id(attempt.attempt_id);
  FillChannel(attempt.channel, request->mutable_channel());
  request->set_sealed_state(std::move(logon.sealed_state));
  absl::string_view response = logon.response.view();
  request->set_response(response.data(), response.size());
  engine_->Call<ContinueLogonRequest, ContinueLogonResponse>(
      [stub = engine_->stub()](auto* context, auto* sent, auto* answer, auto answered) {
        stub->async()->ContinueLogon(context, sent, answer, std::move(answered));
      },
      std::move(request), std::move(executor), std::move(done));
}

}  // namespace restante::pop3
