#include "common/rpc/listener.h"

#include <grpc/grpc.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/impl/server_builder_option.h>
#include <grpcpp/impl/server_builder_plugin.h>

#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace restante::rpc {
namespace {

// gRPC's reflection library adds itself to every server of a process that links it; this takes it
// off again where it was not asked for.
class OnlyThesePlugins : public grpc::ServerBuilderOption {
 public:
  explicit OnlyThesePlugins(Reflection reflection) : reflection_(reflection) {}

  void UpdateArguments(grpc::ChannelArguments* /*arguments*/) override {}
  void UpdatePlugins(std::vector<std::unique_ptr<grpc::ServerBuilderPlugin>>* plugins) override {
    plugins->clear();
    if (reflection_ == Reflection::kNo) return;
    plugins->push_back(std::make_unique<grpc::reflection::ProtoServerReflectionPlugin>());
  }

 private:
  const Reflection reflection_;
};

}  // namespace

absl::StatusOr<Listening> Listen(const std::string& address,
                                 std::shared_ptr<grpc::ServerCredentials> credentials,
                                 Reflection reflection, grpc::ServerBuilder* builder) {
  grpc::EnableDefaultHealthCheckService(true);
  builder->SetOption(std::make_unique<OnlyThesePlugins>(reflection));
  builder->AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  Listening listening;
  builder->AddListeningPort(address, std::move(credentials), &listening.port);
  listening.server = builder->BuildAndStart();
  if (listening.server == nullptr || listening.port == 0) {
    return absl::UnavailableError(absl::StrCat(
        "cannot listen on ", address, "; is the port free and the address this machine's?"));
  }
  return listening;
}

}  // namespace restante::rpc
