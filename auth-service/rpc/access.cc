#include "auth-service/rpc/access.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

namespace restante::rpc {
namespace {

using Roles = std::vector<std::string>;

// Adds `methods` of `service` for `roles`.
void Add(AccessTable::Rules* rules, const char* service, const Roles& roles,
         std::initializer_list<const char*> methods) {
  for (const char* method : methods) (*rules)[absl::StrCat("/", service, "/", method)] = roles;
}

}  // namespace

AccessTable AuthDataAccess() {
  return AccessTable({
      {"/restante.auth.v1.LogonService/BeginLogon", {"frontend"}},
      {"/restante.auth.v1.LogonService/ContinueLogon", {"frontend"}},
      {"/restante.auth.v1.LogonService/WatchMechanismPolicy", {"frontend"}},
      {"/restante.auth.v1.LogonService/ResolveRecipients", {"ingress"}},
      {"/restante.auth.v1.LogonService/WatchRecipients", {"ingress"}},
  });
}

AccessTable AuthManagementAccess() {
  const Roles look = {"reader", "account-admin"};
  const Roles change = {"account-admin"};
  const Roles keys = {"key-admin"};
  const Roles operations_look = {"reader", "account-admin", "key-admin"};
  const Roles everyone = {"reader", "account-admin", "mail-admin", "key-admin"};
  constexpr char kDirectory[] = "restante.auth.v1.DirectoryService";
  constexpr char kOperations[] = "google.longrunning.Operations";
  AccessTable::Rules rules;
  Add(&rules, kDirectory, look,
      {"GetAccount", "ListAccounts", "ListCredentials", "ExportAccounts", "WatchAccounts",
       "ExplainLogon", "DiagnoseLogon", "ListLogonEvents", "WatchLogonEvents", "GetProtocolPolicy",
       "WatchProtocolPolicy"});
  Add(&rules, kDirectory, change,
      {"CreateAccount", "UpdateAccount", "DeleteAccount", "UndeleteAccount", "SetCredential",
       "GrantDelegate", "RevokeDelegate", "ImportAccounts", "UpdateProtocolPolicy"});
  Add(&rules, kDirectory, keys, {"RewrapCredentials", "BackupDirectory"});
  Add(&rules, "restante.common.v1.AuditService", operations_look, {"ListAuditEntries"});
  Add(&rules, kOperations, operations_look, {"ListOperations", "GetOperation", "WaitOperation"});
  // Of these account-admin may cancel imports and exports alone.
  Add(&rules, kOperations, {"account-admin", "key-admin"}, {"CancelOperation"});
  Add(&rules, kOperations, keys, {"DeleteOperation"});
  Add(&rules, "restante.common.v1.ServerInfoService", everyone, {"GetServerInfo"});
  return AccessTable(std::move(rules));
}

}  // namespace restante::rpc
