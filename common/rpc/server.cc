#include "common/rpc/server.h"

#include <grpc/grpc.h>
#include <grpcpp/security/auth_metadata_processor.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <chrono>
#include <utility>

#include "absl/strings/match.h"
#include "common/base/status_macros.h"
#include "common/rpc/call_limits.h"
#include "common/rpc/credentials.h"
#include "common/rpc/listener.h"
#include "common/rpc/status.h"

namespace restante::rpc {
namespace {

// Holds each call against the table before it reaches a service, so that no service can forget it.
// gRPC passes on code and text of a refusal only, not its details.
class Gate : public grpc::AuthMetadataProcessor {
 public:
  Gate(AccessTable table, bool reflection) : table_(std::move(table)), reflection_(reflection) {}

  // A lookup in a small map: not worth another thread.
  bool IsBlocking() const override { return false; }

  grpc::Status Process(const InputMetadata& metadata, grpc::AuthContext* context,
                       OutputMetadata* /*consumed*/, OutputMetadata* /*response*/) override {
    const auto path = metadata.find(":path");
    const absl::string_view method =
        path == metadata.end() ? absl::string_view()
                               : absl::string_view(path->second.data(), path->second.size());
    const PeerIdentity caller = GetPeerIdentity(*context);
    if (IsOpenToEveryRole(method) && !caller.roles.empty()) return grpc::Status::OK;
    return ToGrpcStatus(table_.Check(method, caller));
  }

 private:
  bool IsOpenToEveryRole(absl::string_view method) const {
    return absl::StartsWith(method, "/grpc.health.v1.Health/") ||
           (reflection_ && absl::StartsWith(method, "/grpc.reflection."));
  }

  const AccessTable table_;
  const bool reflection_;
};

void SetLimits(grpc::ServerBuilder* builder) {
  builder->SetMaxReceiveMessageSize(kMaxMessageOctets);
  builder->SetMaxSendMessageSize(kMaxMessageOctets);
  builder->AddChannelArgument(GRPC_ARG_HTTP2_BDP_PROBE, 0);
  builder->AddChannelArgument(GRPC_ARG_HTTP2_STREAM_LOOKAHEAD_BYTES, kStreamLookaheadOctets);
  builder->AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_MS, 5 * 60 * 1000);
  builder->AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_GRACE_MS, 60 * 1000);
  // Clients of MakeChannel ping every 10 s, also between calls.
  builder->AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 5000);
  builder->AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  // Notices clients that vanished without a word.
  builder->AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, 60 * 1000);
  builder->AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 20 * 1000);
}

}  // namespace

class Server::Engine {
 public:
  Engine(std::unique_ptr<grpc::Server> server, int port)
      : server_(std::move(server)), port_(port) {}
  ~Engine() { Shutdown(absl::ZeroDuration()); }

  int port() const { return port_; }

  void Shutdown(absl::Duration grace) {
    if (server_ == nullptr) return;
    server_->Shutdown(std::chrono::system_clock::now() + absl::ToChronoMilliseconds(grace));
    server_->Wait();
    server_.reset();
  }

 private:
  std::unique_ptr<grpc::Server> server_;
  const int port_;
};

absl::StatusOr<std::unique_ptr<Server>> Server::Start(ServerOptions options,
                                                      const std::vector<grpc::Service*>& services) {
  RESTANTE_RETURN_IF_ERROR(CheckTlsFiles(options.tls));
  std::shared_ptr<grpc::ServerCredentials> credentials = MakeServerCredentials(options.tls);
  credentials->SetAuthMetadataProcessor(
      std::make_shared<Gate>(std::move(options.access), options.reflection));
  grpc::ServerBuilder builder;
  SetLimits(&builder);
  for (grpc::Service* service : services) builder.RegisterService(service);
  RESTANTE_ASSIGN_OR_RETURN(
      Listening listening,
      Listen(options.address, std::move(credentials),
             options.reflection ? Reflection::kYes : Reflection::kNo, &builder));
  return std::unique_ptr<Server>(
      new Server(std::make_unique<Engine>(std::move(listening.server), listening.port)));
}

Server::Server(std::unique_ptr<Engine> engine) : engine_(std::move(engine)) {}
Server::~Server() = default;

int Server::port() const { return engine_->port(); }
void Server::Shutdown(absl::Duration grace) { engine_->Shutdown(grace); }

}  // namespace restante::rpc
