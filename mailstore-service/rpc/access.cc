#include "mailstore-service/rpc/access.h"

namespace restante::mailstore {

rpc::AccessTable MailstoreDataAccess() {
  return rpc::AccessTable({
      {"/restante.mailstore.v1.MaildropService/OpenMaildrop", {"frontend"}},
      {"/restante.mailstore.v1.MaildropService/RenewLeases", {"frontend"}},
      {"/restante.mailstore.v1.MaildropService/ReadMessages", {"frontend"}},
      {"/restante.mailstore.v1.MaildropService/CloseMaildrop", {"frontend"}},
      {"/restante.mailstore.v1.DeliveryService/DeliverMessage", {"ingress"}},
      {"/restante.mailstore.v1.DeliveryService/CheckDelivery", {"ingress"}},
  });
}

rpc::AccessTable MailstoreManagementAccess() {
  return rpc::AccessTable({
      {"/restante.mailstore.v1.MailboxService/GetMailbox", {"reader", "mail-admin"}},
      {"/restante.mailstore.v1.MailboxService/ListMailboxes", {"reader", "mail-admin"}},
      {"/restante.mailstore.v1.MailboxService/ListMessages", {"reader", "mail-admin"}},
      {"/restante.mailstore.v1.MailboxService/ListDeletedMessages", {"reader", "mail-admin"}},
      {"/restante.mailstore.v1.MailboxService/BatchDeleteMessages", {"mail-admin"}},
      {"/restante.mailstore.v1.MailboxService/BatchUndeleteMessages", {"mail-admin"}},
      {"/restante.mailstore.v1.MailboxService/PurgeDeletedMessages", {"mail-admin"}},
      {"/restante.mailstore.v1.MailboxService/UpdateMailbox", {"mail-admin"}},
      {"/restante.mailstore.v1.MailboxService/BreakLease", {"mail-admin"}},
      {"/restante.mailstore.v1.MailboxService/CreateMailbox", {"mail-admin"}},
      {"/restante.mailstore.v1.MailboxService/DeleteMailbox", {"mail-admin"}},
      {"/restante.mailstore.v1.MailboxService/UndeleteMailbox", {"mail-admin"}},
      {"/restante.mailstore.v1.MailboxService/PurgeMailbox", {"mail-admin"}},
      {"/restante.mailstore.v1.MailboxService/ApplyRetention", {"mail-admin"}},
      {"/restante.mailstore.v1.MailboxService/VerifyMailboxes", {"mail-admin"}},
      {"/restante.mailstore.v1.MailboxService/BackupMailboxes", {"mail-admin"}},
      {"/restante.mailstore.v1.MailboxService/ImportMessages", {"mover"}},
      {"/restante.mailstore.v1.MailboxService/ExportMessages", {"mover"}},
      {"/restante.common.v1.AuditService/ListAuditEntries", {"reader", "mail-admin"}},
      {"/google.longrunning.Operations/ListOperations", {"reader", "mail-admin"}},
      {"/google.longrunning.Operations/GetOperation", {"reader", "mail-admin"}},
      {"/google.longrunning.Operations/WaitOperation", {"reader", "mail-admin"}},
      // Of these a mover may cancel imports and exports alone.
      {"/google.longrunning.Operations/CancelOperation", {"mover", "mail-admin"}},
      {"/google.longrunning.Operations/DeleteOperation", {"mail-admin"}},
      {"/restante.common.v1.ServerInfoService/GetServerInfo",
       {"reader", "account-admin", "mail-admin", "key-admin"}},
  });
}

}  // namespace restante::mailstore
