#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "auth-service/rpc/testing/services_fixture.h"
#include "tests/support/request_limits.h"

namespace restante::rpc {
namespace {

class LimitsTest : public ServicesTest {
 protected:
  LimitsTest() { CreateSmith(); }

  static void ExpectEnforced(const std::vector<MethodWithRequest>& methods,
                             const std::shared_ptr<grpc::ChannelInterface>& channel) {
    for (const MethodWithRequest& method : methods) {
      EXPECT_THAT(FindUnenforcedLimits(channel, method), testing::IsEmpty());
    }
  }
};

TEST_F(LimitsTest, OfLogonServiceAreEnforced) {
  const std::string service = "restante.auth.v1.LogonService";
  const std::string path = "/" + service + "/";
  auth::v1::BeginLogonRequest begin = Begin("NTLM", "x");
  auth::v1::ContinueLogonRequest go_on;
  go_on.set_attempt_id(begin.attempt_id());
  *go_on.mutable_channel() = begin.channel();
  const std::vector<MethodWithRequest> methods = {
      {path + "BeginLogon", begin.ShortDebugString()},
      {path + "ContinueLogon", go_on.ShortDebugString()},
      {path + "WatchMechanismPolicy", "protocol: 'pop3'"}};
  ExpectEnforced(methods, Connect(*server_, "frontend/pop3-0"));
  std::vector<MethodWithRequest> ingress = {
      {path + "ResolveRecipients", "addresses: 'john.smith@corp.example'"},
      {path + "WatchRecipients", ""}};
  ExpectEnforced(ingress, Connect(*server_, "ingress/lmtp-0"));
  ingress.insert(ingress.end(), methods.begin(), methods.end());
  EXPECT_THAT(FindMissingMethods(service, ingress), testing::IsEmpty());
}

TEST_F(LimitsTest, OfAuditServiceAreEnforced) {
  const std::string service = "restante.common.v1.AuditService";
  const std::vector<MethodWithRequest> methods = {{"/" + service + "/ListAuditEntries", ""}};
  EXPECT_THAT(FindMissingMethods(service, methods), testing::IsEmpty());
  ExpectEnforced(methods, Connect(*admin_server_, "reader/ops"));
}

TEST_F(LimitsTest, OfDirectoryServiceAreEnforced) {
  const std::string service = "restante.auth.v1.DirectoryService";
  const std::string path = "/" + service + "/";
  const std::string which = "name: 'accounts/jsmith'";
  // An etag that is not the present one is ABORTED, however long.
  const std::vector<std::string> etag = {"etag"};
  std::vector<std::string> unused_in_update = {
      "account.etag",        "account.create_time", "account.update_time", "account.delete_time",
      "account.expire_time", "account.delegates",   "account.mailbox_id"};
  std::vector<std::string> unused_in_create = unused_in_update;
  unused_in_create.push_back("account.name");
  unused_in_update.push_back("account.placement");
  const std::vector<MethodWithRequest> methods = {
      {path + "CreateAccount", "account_id: 'new' account { alias: 'new' } validate_only: true",
       unused_in_create},
      {path + "GetAccount", which},
      {path + "ListAccounts", ""},
      {path + "UpdateAccount",
       "account { name: 'accounts/jsmith' alias: 'j' } validate_only: true update_mask {"
       "  paths: 'windows_names' paths: 'principal_names' paths: 'alias' paths: 'addresses'"
       "  paths: 'disabled_mechanisms'"
       "  paths: 'weakest_ntlm_response' paths: 'certificate_names' paths: 'token_subjects' }",
       unused_in_update},
      {path + "DeleteAccount", "name: 'accounts/none'", etag},
      {path + "UndeleteAccount", which, etag},
      {path + "SetCredential", "name: 'accounts/jsmith' password: 'p'"},
      {path + "GrantDelegate",
       "name: 'accounts/jsmith' delegate { account: 'accounts/none' access: MAILBOX_ACCESS_READ }",
       etag},
      {path + "RevokeDelegate", "name: 'accounts/jsmith' delegate_account: 'accounts/none'", etag},
      {path + "ListCredentials", which},
      {path + "ExportAccounts", ""},
      {path + "WatchAccounts", ""},
      {path + "ExplainLogon", "reference: '7F3A-22Q9'"},
      {path + "ExplainLogon", "hypothetical { client_name: 'jsmith' mechanism: 'NTLM' }"},
      {path + "DiagnoseLogon", "name: 'jsmith'"},
      {path + "ListLogonEvents", ""},
      {path + "WatchLogonEvents", ""},
      {path + "GetProtocolPolicy", "name: 'protocolPolicies/pop3'"},
      {path + "UpdateProtocolPolicy",
       "policy { name: 'protocolPolicies/pop3' } update_mask { "
       "paths: 'mechanisms' paths: 'ntlm' paths: 'names' }",
       {"policy.etag", "policy.update_time"}},
      // One that is not the present one means that there is something to tell.
      {path + "WatchProtocolPolicy", "name: 'protocolPolicies/pop3'", {"after_etag"}}};
  ExpectEnforced(methods, Connect(*admin_server_, "account-admin/ops"));
  // Without a folder for it a backup is not looked at.
  std::vector<MethodWithRequest> all = {{path + "RewrapCredentials", ""},
                                        {path + "BackupDirectory", "", {"request_id"}}};
  ExpectEnforced(all, Connect(*admin_server_, "key-admin/ops"));
  all.insert(all.end(), methods.begin(), methods.end());
  EXPECT_THAT(FindMissingMethods(service, all), testing::IsEmpty());
}

}  // namespace
}  // namespace restante::rpc
