#ifndef RESTANTE_AUTH_SERVICE_RPC_BACKUP_JOB_H_
#define RESTANTE_AUTH_SERVICE_RPC_BACKUP_JOB_H_

#include <string>

#include "auth-service/rpc/jobs.h"
#include "restante/auth/v1/directory_job.pb.h"

namespace restante::rpc {

// Writes a copy of the directory, reads it back whole, and only then gives it its name: what has no
// ".partial" in its name is good.
class BackupJob : public operations::Job {
 public:
  BackupJob(JobParts parts, auth::v1::BackupDirectoryMetadata metadata)
      : parts_(parts), metadata_(std::move(metadata)) {}

  absl::StatusOr<google::protobuf::Any> Run(operations::JobContext& context) override;

 private:
  // The same after a restart.
  std::string Path() const;
  absl::Status Copy(const std::string& partial) const;

  const JobParts parts_;
  auth::v1::BackupDirectoryMetadata metadata_;
};

}  // namespace restante::rpc

#endif  // RESTANTE_AUTH_SERVICE_RPC_BACKUP_JOB_H_
