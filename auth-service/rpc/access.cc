#include "auth-service/rpc/access.h"

namespace restante::rpc {

AccessTable AuthDataAccess() {
  return AccessTable({
      {"/restante.auth.v1.LogonService/BeginLogon", {"frontend"}},
      {"/restante.auth.v1.LogonService/ContinueLogon", {"frontend"}},
      {"/restante.auth.v1.LogonService/WatchMechanismPolicy", {"frontend"}},
      {"/restante.auth.v1.LogonService/ResolveRecipients", {"ingress"}},
  });
}

AccessTable AuthManagementAccess() {
  return AccessTable({
      {"/restante.auth.v1.DirectoryService/GetAccount", {"reader", "account-admin"}},
      {"/restante.auth.v1.DirectoryService/ListAccounts", {"reader", "account-admin"}},
      {"/restante.auth.v1.DirectoryService/ExplainLogon", {"reader", "account-admin"}},
      {"/restante.auth.v1.DirectoryService/GetProtocolPolicy", {"reader", "account-admin"}},
      {"/restante.auth.v1.DirectoryService/CreateAccount", {"account-admin"}},
      {"/restante.auth.v1.DirectoryService/UpdateAccount", {"account-admin"}},
      {"/restante.auth.v1.DirectoryService/DeleteAccount", {"account-admin"}},
      {"/restante.auth.v1.DirectoryService/SetCredential", {"account-admin"}},
      {"/restante.auth.v1.DirectoryService/UpdateProtocolPolicy", {"account-admin"}},
  });
}

}  // namespace restante::rpc
