#ifndef RESTANTE_MAILSTORE_SERVICE_RPC_ACCESS_H_
#define RESTANTE_MAILSTORE_SERVICE_RPC_ACCESS_H_

#include "common/rpc/access_table.h"

namespace restante::mailstore {

// Who may call what on the data port: MaildropService and DeliveryService.
rpc::AccessTable MailstoreDataAccess();
// And on the management port: MailboxService, AuditService, Operations,
// ServerInfoService.
rpc::AccessTable MailstoreManagementAccess();

}  // namespace restante::mailstore

#endif  // RESTANTE_MAILSTORE_SERVICE_RPC_ACCESS_H_
