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
      {"/restante.common.v1.ServerInfoService/GetServerInfo",
       {"reader", "account-admin", "mail-admin", "key-admin"}},
  });
}

}  // namespace restante::mailstore
