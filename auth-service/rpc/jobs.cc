#include "auth-service/rpc/jobs.h"

#include <memory>
#include <utility>

#include "auth-service/rpc/backup_job.h"
#include "auth-service/rpc/rewrap_job.h"

namespace restante::rpc {

operations::MakeJob MakeDirectoryJobs(JobParts parts) {
  return [parts](const google::protobuf::Any& metadata) -> std::unique_ptr<operations::Job> {
    if (auth::v1::RewrapCredentialsMetadata rewrap; metadata.UnpackTo(&rewrap)) {
      return std::make_unique<RewrapJob>(parts, std::move(rewrap));
    }
    if (auth::v1::BackupDirectoryMetadata backup; metadata.UnpackTo(&backup)) {
      return std::make_unique<BackupJob>(parts, std::move(backup));
    }
    return nullptr;
  };
}

}  // namespace restante::rpc
