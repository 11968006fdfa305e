#include "common/rpc/placement_router.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "common/base/error_reason.h"
#include "common/base/escape.h"
#include "common/base/status_macros.h"

namespace restante::rpc {
namespace {

std::string Fill(const std::string& pattern, absl::string_view placement) {
  return absl::StrReplaceAll(pattern, {{"{placement}", placement}});
}

}  // namespace

bool PlacementRouter::IsPlacement(absl::string_view text) {
  constexpr size_t kMaxLabelOctets = 63;
  if (text.empty() || text.size() > kMaxLabelOctets) return false;
  for (char c : text) {
    unsigned char octet = static_cast<unsigned char>(c);
    if (!absl::ascii_islower(octet) && !absl::ascii_isdigit(octet) && c != '-') return false;
  }
  return true;
}

PlacementRouter::PlacementRouter(PlacementRoutes routes, ChannelFactory make_channel)
    : routes_(std::move(routes)), make_channel_(std::move(make_channel)) {}

absl::StatusOr<std::shared_ptr<grpc::ChannelInterface>> PlacementRouter::ChannelTo(
    absl::string_view placement) {
  // The name becomes part of an address: nothing but a plain label may pass.
  if (!IsPlacement(placement)) {
    return absl::InternalError(
        absl::StrCat("not the name of a placement: ", EscapeForLog(placement)));
  }
  auto exception = routes_.table.find(placement);
  ChannelOptions route = exception == routes_.table.end() ? routes_.pattern : exception->second;
  if (route.target.empty()) {
    return absl::InternalError(
        absl::StrCat("the configuration has no address for placement ", placement));
  }
  MutexLock lock(&mutex_);
  auto known = channels_.find(placement);
  if (known != channels_.end()) return known->second;
  if (channels_.size() >= kMaxPlacements) {
    return MakeError(absl::StatusCode::kResourceExhausted, ErrorReason::kLimitExceeded,
                     "too many placements");
  }
  route.target = Fill(route.target, placement);
  route.server_name = Fill(route.server_name, placement);
  RESTANTE_ASSIGN_OR_RETURN(std::shared_ptr<grpc::ChannelInterface> channel, make_channel_(route));
  channels_.emplace(placement, channel);
  return channel;
}

}  // namespace restante::rpc
