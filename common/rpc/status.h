#ifndef RESTANTE_COMMON_RPC_STATUS_H_
#define RESTANTE_COMMON_RPC_STATUS_H_

#include <grpcpp/support/status.h>

#include "absl/status/status.h"
#include "google/rpc/status.pb.h"

namespace restante::rpc {

// The same error on the wire: code, message, and google.rpc details: ErrorInfo (domain "restante",
// reason, metadata) when the status has a reason of ours, BadRequest for an invalid field,
// RetryInfo for a retry delay (common/base/error_reason.h has all of them).
grpc::Status ToGrpcStatus(const absl::Status& status);

// The reverse. Details of other domains and malformed ones are dropped; a reason that this build
// does not know becomes kUnspecified. PERMISSION_DENIED without ErrorInfo becomes ROLE_MISSING: it
// is what Server's access table answers, ahead of any service.
absl::Status FromGrpcStatus(const grpc::Status& status);

// The same as a field of a message, and back.
google::rpc::Status ToProto(const absl::Status& status);
absl::Status FromProto(const google::rpc::Status& status);

}  // namespace restante::rpc

#endif  // RESTANTE_COMMON_RPC_STATUS_H_
