#ifndef RESTANTE_TESTS_SUPPORT_PLAIN_SERVER_H_
#define RESTANTE_TESTS_SUPPORT_PLAIN_SERVER_H_

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/base/check.h"

namespace restante {

// A gRPC server without TLS on loopback that can stop and start again on its port.
class PlainServer {
 public:
  explicit PlainServer(grpc::Service* service) : service_(service) { Start(); }
  ~PlainServer() {
    if (server_ != nullptr) Stop();
  }

  void Start() {
    grpc::ServerBuilder builder;
    builder.AddListeningPort(absl::StrCat("127.0.0.1:", port_), grpc::InsecureServerCredentials(),
                             &port_);
    builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
    builder.RegisterService(service_);
    server_ = builder.BuildAndStart();
    RESTANTE_CHECK(server_ != nullptr);
  }

  // Cancels what is under way.
  void Stop() {
    server_->Shutdown(std::chrono::system_clock::now());
    server_.reset();
  }

  std::string address() const { return absl::StrCat("127.0.0.1:", port_); }

  std::shared_ptr<grpc::Channel> MakeChannel() const {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 20);
    arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 20);
    arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 100);
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    return grpc::CreateCustomChannel(address(), grpc::InsecureChannelCredentials(), arguments);
  }

 private:
  grpc::Service* const service_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace restante

#endif  // RESTANTE_TESTS_SUPPORT_PLAIN_SERVER_H_
