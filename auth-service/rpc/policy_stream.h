#ifndef RESTANTE_AUTH_SERVICE_RPC_POLICY_STREAM_H_
#define RESTANTE_AUTH_SERVICE_RPC_POLICY_STREAM_H_

#include <grpcpp/grpcpp.h>

#include <memory>
#include <optional>
#include <set>
#include <string>

#include "absl/status/status.h"
#include "auth-service/directory/directory.h"
#include "common/base/mutex.h"
#include "restante/auth/v1/logon_service.pb.h"

namespace restante::rpc {

class PolicyStream;

// The WatchMechanismPolicy streams that are open, so that they can be ended all at once.
// Thread-safe.
class PolicyStreams {
 public:
  // Every stream has ended: the gRPC server is down before this goes.
  ~PolicyStreams();

  // Ends every stream, present and later, with UNAVAILABLE/DRAINING.
  void Drain();

 private:
  friend class PolicyStream;
  // False when draining.
  bool Add(PolicyStream* stream);
  void Remove(PolicyStream* stream);

  Mutex mutex_;  // taken before a stream's
  std::set<PolicyStream*> streams_ ABSL_GUARDED_BY(mutex_);
  bool draining_ ABSL_GUARDED_BY(mutex_) = false;
};

// One front end's watch of one protocol's policy: the present policy, then the latest one whenever
// it has changed; what changes while a write is under way is skipped over. Owns itself, as gRPC's
// reactors do, and goes with the call.
class PolicyStream : public grpc::ServerWriteReactor<auth::v1::WatchMechanismPolicyResponse> {
 public:
  // `directory` and `streams` outlive the call.
  PolicyStream(directory::Directory& directory, PolicyStreams& streams,
               const std::string& protocol);

  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

  // Ends the call, once a write under way is done. Later calls change nothing.
  void End(const absl::Status& status);

 private:
  void OnPolicy(const directory::ProtocolPolicy& policy);
  void Proceed() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  PolicyStreams& streams_;
  std::unique_ptr<directory::PolicyWatch> watch_;

  Mutex mutex_;
  std::optional<auth::v1::WatchMechanismPolicyResponse> next_ ABSL_GUARDED_BY(mutex_);
  auth::v1::WatchMechanismPolicyResponse writing_ ABSL_GUARDED_BY(mutex_);
  bool is_writing_ ABSL_GUARDED_BY(mutex_) = false;
  std::optional<absl::Status> end_ ABSL_GUARDED_BY(mutex_);
  bool is_finished_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace restante::rpc

#endif  // RESTANTE_AUTH_SERVICE_RPC_POLICY_STREAM_H_
