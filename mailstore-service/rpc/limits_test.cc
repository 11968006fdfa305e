#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "mailstore-service/rpc/testing/services_fixture.h"
#include "tests/support/request_limits.h"

namespace restante::mailstore {
namespace {

class LimitsTest : public ServicesTest {
 protected:
  LimitsTest() {
    Deliver({"m"}, "text\r\n");
    lease_ = Open("m").lease().ShortDebugString();
    MaildropGrant grant = Grant("n");
    opening_ = Opening(grant).ShortDebugString();
  }

  static void ExpectEnforced(const std::vector<MethodWithRequest>& methods,
                             const std::shared_ptr<grpc::ChannelInterface>& channel) {
    for (const MethodWithRequest& method : methods) {
      EXPECT_THAT(FindUnenforcedLimits(channel, method), testing::IsEmpty());
    }
  }

  std::string lease_;
  std::string opening_;
};

TEST_F(LimitsTest, OfMaildropServiceAreEnforced) {
  const std::string service = "restante.mailstore.v1.MaildropService";
  const std::string path = "/" + service + "/";
  const std::vector<MethodWithRequest> methods = {
      {path + "OpenMaildrop", opening_},
      // A lease that is none is not renewed, and the others are.
      {path + "RenewLeases",
       "leases { " + lease_ + " }",
       {"leases.mailbox_id", "leases.session_id"}},
      {path + "ReadMessages", "lease { " + lease_ + " } reads { message_id: 7 }"},
      {path + "CloseMaildrop", "lease { " + lease_ + " }"}};
  EXPECT_THAT(FindMissingMethods(service, methods), testing::IsEmpty());
  ExpectEnforced(methods, Connect(*server_, "frontend/pop3-0"));
}

TEST_F(LimitsTest, OfDeliveryServiceAreEnforced) {
  const std::string service = "restante.mailstore.v1.DeliveryService";
  const std::vector<MethodWithRequest> methods = {
      {"/" + service + "/CheckDelivery", "mailbox_id: 'm'"}};
  EXPECT_THAT(FindMissingMethods(service, methods), testing::IsEmpty());
  ExpectEnforced(methods, Connect(*server_, "ingress/lmtp-0"));
}

TEST_F(LimitsTest, OfAuditServiceAreEnforced) {
  const std::string service = "restante.common.v1.AuditService";
  const std::vector<MethodWithRequest> methods = {{"/" + service + "/ListAuditEntries", ""}};
  EXPECT_THAT(FindMissingMethods(service, methods), testing::IsEmpty());
  ExpectEnforced(methods, Connect(*management_, "reader/ops"));
}

TEST_F(LimitsTest, OfOperationsAreEnforced) {
  const std::string service = "google.longrunning.Operations";
  const std::string path = "/" + service + "/";
  const std::string which = "name: 'operations/0123456789abcdef0123456789abcdef'";
  const std::vector<MethodWithRequest> methods = {
      // It takes no name of a parent: there is one list.
      {path + "ListOperations", "", {"name"}},
      {path + "GetOperation", which},
      {path + "DeleteOperation", which},
      {path + "CancelOperation", which},
      // A longer time is cut.
      {path + "WaitOperation", which, {"timeout"}}};
  EXPECT_THAT(FindMissingMethods(service, methods), testing::IsEmpty());
  ExpectEnforced(methods, Connect(*management_, "mail-admin/ops"));
}

TEST_F(LimitsTest, OfMailboxServiceAreEnforced) {
  const std::string service = "restante.mailstore.v1.MailboxService";
  const std::string path = "/" + service + "/";
  // An etag that is not the present one is ABORTED, however long.
  const std::vector<std::string> unused_in_update = {
      "mailbox.etag",        "mailbox.message_count",   "mailbox.total_size_octets",
      "mailbox.session",     "mailbox.effective_quota", "mailbox.effective_retention",
      "mailbox.delete_time", "mailbox.expire_time",     "mailbox.deleted_by"};
  std::vector<std::string> unused_in_create = unused_in_update;
  unused_in_create.push_back("mailbox.name");
  const std::string which = "name: 'mailboxes/m'";
  const std::string some = "parent: 'mailboxes/m' names: 'mailboxes/m/messages/7'";
  const std::vector<MethodWithRequest> methods = {
      {path + "GetMailbox", which},
      {path + "ListMailboxes", ""},
      {path + "ListMessages", "parent: 'mailboxes/m'"},
      {path + "CreateMailbox", "mailbox_id: 'new'", unused_in_create},
      {path + "UpdateMailbox",
       "mailbox { name: 'mailboxes/m' } update_mask { paths: 'quota' paths: 'retention' }",
       unused_in_update},
      {path + "DeleteMailbox", "name: 'mailboxes/none'"},
      {path + "UndeleteMailbox", which},
      {path + "PurgeMailbox", which},
      {path + "ApplyRetention", which},
      {path + "VerifyMailboxes", which},
      {path + "BackupMailboxes", ""},
      {path + "BatchDeleteMessages", some},
      {path + "ListDeletedMessages", "parent: 'mailboxes/m'"},
      {path + "BatchUndeleteMessages", some},
      {path + "PurgeDeletedMessages", some},
      {path + "BreakLease", which}};
  ExpectEnforced(methods, Connect(*management_, "mail-admin/ops"));
  std::vector<MethodWithRequest> movers = {{path + "ExportMessages", "parent: 'mailboxes/m'"}};
  ExpectEnforced(movers, Connect(*management_, "mover/ops"));
  movers.insert(movers.end(), methods.begin(), methods.end());
  EXPECT_THAT(FindMissingMethods(service, movers), testing::IsEmpty());
}

}  // namespace
}  // namespace restante::mailstore
