#ifndef RESTANTE_AUTH_SERVICE_RPC_ACCESS_H_
#define RESTANTE_AUTH_SERVICE_RPC_ACCESS_H_

#include "common/rpc/access_table.h"

namespace restante::rpc {

// Who may call what on the data port: LogonService.
AccessTable AuthDataAccess();
// And on the management port: DirectoryService, AuditService, Operations, ServerInfoService.
AccessTable AuthManagementAccess();

}  // namespace restante::rpc

#endif  // RESTANTE_AUTH_SERVICE_RPC_ACCESS_H_
