#include "common/rpc/access_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "common/base/error_reason.h"
#include "restante/mailstore/v1/mailbox_service.pb.h"

namespace restante::rpc {
namespace {

constexpr char kGet[] = "/restante.mailstore.v1.MailboxService/GetMailbox";
constexpr char kList[] = "/restante.mailstore.v1.MailboxService/ListMailboxes";
constexpr char kMessages[] = "/restante.mailstore.v1.MailboxService/ListMessages";

TEST(PeerIdentity, RolesComeFromOurUrisAlone) {
  const PeerIdentity identity = PeerIdentityFromUris(
      {"https://example.com/", "spiffe://restante/reader/ops-1", "spiffe://elsewhere/mover/x",
       "spiffe://restante/mail-admin/ops-1", "spiffe://restante/", "spiffe://restante/mover",
       "spiffe://restante/mover/", "spiffe://restante//x", "spiffe://restante/mover/x/y",
       "spiffe://restante/Mover/x", "spiffe://restante/mover/x y",
       "spiffe://restante/mover/" + std::string(64, 'x')});
  EXPECT_EQ(identity.uri, "spiffe://restante/reader/ops-1");
  EXPECT_THAT(identity.roles, testing::ElementsAre("reader", "mail-admin"));
  EXPECT_TRUE(identity.HasRole("reader"));
  EXPECT_FALSE(identity.HasRole("mover"));
  EXPECT_TRUE(PeerIdentityFromUris({}).roles.empty());
}

TEST(AccessTable, OneOfTheRolesIsEnoughAndTheRestIsDenied) {
  const AccessTable table({{kGet, {"reader", "mail-admin"}}, {kList, {"reader"}}, {kMessages, {}}});
  const PeerIdentity reader = PeerIdentityFromUris({"spiffe://restante/reader/ops-1"});
  const PeerIdentity admin = PeerIdentityFromUris({"spiffe://restante/mail-admin/ops-1"});
  EXPECT_TRUE(table.Check(kGet, reader).ok());
  EXPECT_TRUE(table.Check(kGet, admin).ok());
  EXPECT_TRUE(table.Check(kList, reader).ok());
  for (const absl::Status& status :
       {table.Check(kList, admin), table.Check(kMessages, reader), table.Check("/x.Y/Z", reader),
        table.Check("", reader), table.Check(kGet, PeerIdentity())}) {
    EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied);
    EXPECT_EQ(GetErrorReason(status), ErrorReason::kRoleMissing);
  }
  EXPECT_THAT(std::string(table.Check(kList, admin).message()),
              testing::HasSubstr("needs a role of: reader; the caller, "
                                 "spiffe://restante/mail-admin/ops-1, has mail-admin"));
}

TEST(AccessTable, NamesTheMethodsItSaysNothingAbout) {
  const AccessTable table(AccessTable::Rules{{kGet, {"reader"}}});
  // Uses the message type, so that the linker keeps the descriptor.
  EXPECT_EQ(mailstore::v1::Mailbox::descriptor()->name(), "Mailbox");
  EXPECT_THAT(table.MethodsLeftOut("restante.mailstore.v1.MailboxService"),
              testing::AllOf(testing::IsSupersetOf({kList, kMessages}),
                             testing::Not(testing::Contains(kGet))));
}

}  // namespace
}  // namespace restante::rpc
