#include "common/rpc/health_server.h"

#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <chrono>
#include <utility>

#include "common/base/status_macros.h"
#include "common/rpc/listener.h"

namespace restante::rpc {

class HealthServer::Engine {
 public:
  ~Engine() {
    // At once: a watcher would hold the shutdown up for ever.
    if (server_ != nullptr) server_->Shutdown(std::chrono::system_clock::now());
  }

  absl::Status Start(const std::string& address) {
    grpc::ServerBuilder builder;
    constexpr int kMaxRequestOctets = 4096;
    builder.SetMaxReceiveMessageSize(kMaxRequestOctets);
    builder.RegisterCallbackGenericService(&nothing_else_);
    RESTANTE_ASSIGN_OR_RETURN(
        Listening listening,
        Listen(address, grpc::InsecureServerCredentials(), Reflection::kNo, &builder));
    server_ = std::move(listening.server);
    port_ = listening.port;
    server_->GetHealthCheckService()->SetServingStatus("live", true);
    SetReady(false);
    return absl::OkStatus();
  }

  int port() const { return port_; }
  void SetReady(bool ready) { server_->GetHealthCheckService()->SetServingStatus("ready", ready); }

 private:
  // Answers UNIMPLEMENTED. gRPC does not start a server whose only service is its own health.
  grpc::CallbackGenericService nothing_else_;
  std::unique_ptr<grpc::Server> server_;
  int port_ = 0;
};

absl::StatusOr<std::unique_ptr<HealthServer>> HealthServer::Start(const std::string& address) {
  auto engine = std::make_unique<Engine>();
  RESTANTE_RETURN_IF_ERROR(engine->Start(address));
  return std::unique_ptr<HealthServer>(new HealthServer(std::move(engine)));
}

HealthServer::HealthServer(std::unique_ptr<Engine> engine) : engine_(std::move(engine)) {}
HealthServer::~HealthServer() = default;

int HealthServer::port() const { return engine_->port(); }
void HealthServer::SetReady(bool ready) { engine_->SetReady(ready); }

}  // namespace restante::rpc
