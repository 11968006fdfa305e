#ifndef RESTANTE_AUTH_SERVICE_RPC_REWRAP_JOB_H_
#define RESTANTE_AUTH_SERVICE_RPC_REWRAP_JOB_H_

#include <vector>

#include "auth-service/rpc/jobs.h"
#include "restante/auth/v1/directory_job.pb.h"

namespace restante::rpc {

// Seals every credential under the active key, a page of accounts at a time.
class RewrapJob : public operations::Job {
 public:
  RewrapJob(JobParts parts, auth::v1::RewrapCredentialsMetadata metadata)
      : parts_(parts), metadata_(std::move(metadata)) {}

  absl::StatusOr<google::protobuf::Any> Run(operations::JobContext& context) override;

 private:
  absl::Status RewrapPage(const std::vector<directory::AccountPtr>& accounts);
  void Fail(const directory::Account& account, const absl::Status& why);

  const JobParts parts_;
  auth::v1::RewrapCredentialsMetadata metadata_;
  auth::v1::RewrapCredentialsResponse response_;
};

}  // namespace restante::rpc

#endif  // RESTANTE_AUTH_SERVICE_RPC_REWRAP_JOB_H_
