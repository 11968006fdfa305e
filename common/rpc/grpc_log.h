#ifndef RESTANTE_COMMON_RPC_GRPC_LOG_H_
#define RESTANTE_COMMON_RPC_GRPC_LOG_H_

#include "common/log/logger.h"

namespace restante::rpc {

// While it lives, what gRPC has to say (a handshake that failed, say) becomes lines of the log,
// with the event "grpc", in place of text on standard error. One a process: gRPC has a single hook
// and no room for an object in it.
class GrpcLog {
 public:
  // `logger` outlives this and every server and channel.
  explicit GrpcLog(const log::Logger& logger);
  ~GrpcLog();
  GrpcLog(const GrpcLog&) = delete;
  GrpcLog& operator=(const GrpcLog&) = delete;
};

}  // namespace restante::rpc

#endif  // RESTANTE_COMMON_RPC_GRPC_LOG_H_
