#ifndef RESTANTE_COMMON_RPC_PLACEMENT_ROUTER_H_
#define RESTANTE_COMMON_RPC_PLACEMENT_ROUTER_H_

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/base/mutex.h"
#include "common/rpc/channel.h"

namespace restante::rpc {

// Where placements are. "{placement}" in a target or server name is replaced by the placement.
struct PlacementRoutes {
  // For every placement that `table` does not name: "dns:///{placement}.mailstore:7420". An empty
  // target: only those of the table exist.
  ChannelOptions pattern;
  // Exceptions by placement.
  std::map<std::string, ChannelOptions, std::less<>> table;
};

// Turns the name of a placement ("mailstore-0") into the channel to its mailstore; each channel is
// made once and kept. Thread-safe. Lives in app.cc.
class PlacementRouter {
 public:
  // 1 to 63 of [a-z0-9-], as in a DNS label.
  static bool IsPlacement(absl::string_view text);
  // Placements that one process talks to at most.
  static constexpr size_t kMaxPlacements = 1000;

  using ChannelFactory =
      std::function<absl::StatusOr<std::shared_ptr<grpc::ChannelInterface>>(const ChannelOptions&)>;

  explicit PlacementRouter(PlacementRoutes routes, ChannelFactory make_channel = MakeChannel);

  // INTERNAL for what is not a placement's name or has no route, RESOURCE_EXHAUSTED/LIMIT_EXCEEDED
  // over the limit above, else what the factory says.
  absl::StatusOr<std::shared_ptr<grpc::ChannelInterface>> ChannelTo(absl::string_view placement);

 private:
  const PlacementRoutes routes_;
  const ChannelFactory make_channel_;
  Mutex mutex_;
  std::map<std::string, std::shared_ptr<grpc::ChannelInterface>, std::less<>> channels_
      ABSL_GUARDED_BY(mutex_);
};

}  // namespace restante::rpc

#endif  // RESTANTE_COMMON_RPC_PLACEMENT_ROUTER_H_
