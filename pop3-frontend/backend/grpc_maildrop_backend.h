#ifndef RESTANTE_POP3_FRONTEND_BACKEND_GRPC_MAILDROP_BACKEND_H_
#define RESTANTE_POP3_FRONTEND_BACKEND_GRPC_MAILDROP_BACKEND_H_

#include <functional>
#include <memory>

#include "absl/time/time.h"
#include "common/log/logger.h"
#include "common/rpc/call_options.h"
#include "common/rpc/placement_router.h"
#include "pop3-frontend/backend/maildrop_backend.h"

namespace restante::pop3 {

enum class ReadAheadLimit { kSession, kSource, kAll };

struct GrpcMaildropOptions {
  rpc::CallOptions calls;
  // A maildrop that another session has is asked for again for so long: a client that was cut off
  // and comes back at once meets its own last session on the way out.
  absl::Duration busy_wait = absl::Milliseconds(500);
  // How often each lease is renewed; leases last 30 s.
  absl::Duration renew_interval = absl::Seconds(10);
  // Messages that follow the one asked for are read in the same call, so many octets ahead of the
  // client at most; those that are larger are not. 0: none.
  int64_t read_ahead_octets = 262'144;
  // The same over all sessions of the process, and over those of one source (net::SourceNetwork).
  int64_t total_read_ahead_octets = 268'435'456;
  int64_t read_ahead_octets_per_source = 134'217'728;
  // Called, on any thread, when a limit kept a session from reading ahead, or from more of it.
  std::function<void(ReadAheadLimit limit)> on_read_ahead_limit = [](ReadAheadLimit) {};
};

// MaildropBackend over restante.mailstore.v1.MaildropService of every placement. Destroy it before
// the loops of its executors: destruction waits for the calls under way, so that each maildrop let
// go of is free for the next session. Maildrops that still live then are let go of by their lease's
// end.
class GrpcMaildropBackend : public MaildropBackend {
 public:
  // `router` and `logger` outlive the backend.
  GrpcMaildropBackend(rpc::PlacementRouter* router, const log::Logger& logger,
                      GrpcMaildropOptions options = {});
  ~GrpcMaildropBackend() override;

  void Open(OpenRequest request, net::Executor executor, net::Task on_lease_lost,
            Done done) override;

 private:
  class Engine;
  const std::unique_ptr<Engine> engine_;
};

}  // namespace restante::pop3

#endif  // RESTANTE_POP3_FRONTEND_BACKEND_GRPC_MAILDROP_BACKEND_H_
