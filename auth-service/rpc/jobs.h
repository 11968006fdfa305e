#ifndef RESTANTE_AUTH_SERVICE_RPC_JOBS_H_
#define RESTANTE_AUTH_SERVICE_RPC_JOBS_H_

#include <string>

#include "auth-service/directory/credential_vault.h"
#include "auth-service/directory/directory.h"
#include "common/base/clock.h"
#include "common/operations/operations.h"

// The directory's long jobs, restante/auth/v1/directory_job.proto.
namespace restante::rpc {

// What they work with. Everything outlives them.
struct JobParts {
  directory::Directory& directory;
  const directory::CredentialVault& vault;
  const std::string& backup_directory;
  const Clock& clock;
};

// For RewrapCredentialsMetadata and BackupDirectoryMetadata. Both jobs may be begun again at any
// step: a credential that is sealed under the active key is left alone, and a backup that was not
// finished is written anew.
operations::MakeJob MakeDirectoryJobs(JobParts parts);

}  // namespace restante::rpc

#endif  // RESTANTE_AUTH_SERVICE_RPC_JOBS_H_
