#ifndef RESTANTE_AUTH_SERVICE_RPC_FAULTS_H_
#define RESTANTE_AUTH_SERVICE_RPC_FAULTS_H_

#include <vector>

#include "auth-service/directory/credential_vault.h"
#include "auth-service/directory/directory.h"
#include "common/rpc/server_info_service.h"

namespace restante::rpc {

// What is wrong with auth: credentials whose key is missing or old, policies under which nobody can
// log on or that let passwords be read on the way. Looks at every account.
std::vector<ServerFinding> FindFaults(const directory::Directory& directory,
                                      const directory::CredentialVault& vault,
                                      bool development_mode);

}  // namespace restante::rpc

#endif  // RESTANTE_AUTH_SERVICE_RPC_FAULTS_H_
