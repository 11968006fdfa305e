// Mailboxes that people open besides their own.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "auth-service/directory/indexed_directory.h"
#include "auth-service/logon/decider.h"
#include "auth-service/logon/proven_name.h"
#include "common/base/unicode.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_random.h"

namespace restante::logon {
namespace {

using authority::Refusal;

class DelegatesTest : public testing::Test {
 protected:
  DelegatesTest() {
    Create("anna", "anna.a");
    Create("ben", "ben.b");
    Create("helpdesk", "help");  // nobody has a password of it
    Create("cleo", "");
  }

  void Create(const std::string& id, const std::string& alias) {
    directory::NewAccount account;
    account.id = id;
    account.windows_names = {"CORP\\" + id};
    account.principal_names = {id + "@corp.example"};
    account.alias = alias;
    account.placement = "mailstore-0";
    ASSERT_TRUE(directory_->Create(account, {}).ok());
  }
  void Grant(const char* owner, directory::DelegateGrant grant) {
    ASSERT_TRUE(directory_->GrantDelegate(owner, grant, {}).ok());
  }
  Decision Decide(absl::string_view name, absl::string_view authorization_id = "") const {
    return decider_.Decide(ParseName(name), {"PLAIN", authorization_id, clock_.WallNow()});
  }
  // "anna.a" with the right to delete, "anna.a, to read", or why not.
  std::string Opens(absl::string_view name, absl::string_view authorization_id = "") const {
    const Decision decision = Decide(name, authorization_id);
    EXPECT_EQ(decision.owner == nullptr, decision.refusal.has_value());
    if (decision.refusal) return std::string(authority::RefusalName(*decision.refusal));
    return absl::StrCat(decision.owner->alias, decision.may_delete ? "" : ", to read");
  }

  FakeClock clock_;
  FakeRandom random_;
  std::unique_ptr<directory::Directory> directory_ =
      directory::MakeMemoryDirectory({}, clock_, random_);
  Decider decider_{*directory_,
                   {.default_domain = "CORP", .accepted_domains = {}, .own_names = {}}};
};

TEST_F(DelegatesTest, OpenWhatTheyWereGranted) {
  EXPECT_EQ(Opens("anna/help"), "NOT_DELEGATE");
  Grant("helpdesk", {.account_id = "anna"});
  Grant("helpdesk", {.account_id = "ben", .may_delete = true});
  Grant("helpdesk", {.account_id = "cleo"});
  EXPECT_EQ(Opens("anna/help"), "help, to read");
  EXPECT_EQ(Opens("CORP/anna/HELP"), "help, to read");
  EXPECT_EQ(Opens("anna@corp.example/help"), "help, to read");
  EXPECT_EQ(Opens("ben/help"), "help");
  EXPECT_EQ(Opens("cleo/help"), "help, to read");  // who has no mailbox
  EXPECT_EQ(Opens("anna"), "anna.a");
  EXPECT_EQ(Opens("anna/anna.a"), "anna.a");
  EXPECT_EQ(Opens("anna/ben.b"), "NOT_DELEGATE");
  EXPECT_EQ(Opens("helpdesk/anna.a"), "NOT_DELEGATE");  // not the other way round
  EXPECT_EQ(Opens("anna/nobody"), "MAILBOX_UNKNOWN");
  EXPECT_EQ(Opens("anna/helpdesk"), "MAILBOX_UNKNOWN");  // a name, no alias
}

TEST_F(DelegatesTest, AreNoneAnyMoreOnceTheRightEnds) {
  Grant("ben", {.account_id = "anna", .expire_time = clock_.WallNow() + absl::Hours(1)});
  clock_.Advance(absl::Hours(1) - absl::Microseconds(1));
  EXPECT_EQ(Opens("anna/ben.b"), "ben.b, to read");
  clock_.Advance(absl::Microseconds(1));
  EXPECT_EQ(Opens("anna/ben.b"), "DELEGATION_EXPIRED");
  Grant("ben", {.account_id = "anna", .may_delete = true});
  EXPECT_EQ(Opens("anna/ben.b"), "ben.b");
  ASSERT_TRUE(directory_->RevokeDelegate("ben", "anna", {}).ok());
  EXPECT_EQ(Opens("anna/ben.b"), "NOT_DELEGATE");
}

TEST_F(DelegatesTest, AreThePeopleThatWereMeant) {
  Grant("ben", {.account_id = "anna"});
  ASSERT_TRUE(directory_->Purge("anna", {}).ok());
  Create("anna", "anna.a");
  EXPECT_EQ(Opens("anna/ben.b"), "NOT_DELEGATE");
}

TEST_F(DelegatesTest, GoOnWhenTheOwnerMayNotLogOn) {
  Grant("ben", {.account_id = "anna"});
  directory::AccountChange change;
  change.disabled = true;
  ASSERT_TRUE(directory_->Update("ben", change, {}).ok());
  EXPECT_EQ(Opens("anna/ben.b"), "ben.b, to read");
  EXPECT_EQ(Opens("ben"), "ACCOUNT_DISABLED");
  ASSERT_TRUE(directory_->Update("anna", change, {}).ok());
  EXPECT_EQ(Opens("anna/ben.b"), "ACCOUNT_DISABLED");
}

TEST_F(DelegatesTest, MayAskByAuthorizationIdentity) {
  Grant("ben", {.account_id = "anna"});
  for (const char* ben : {"ben", "ben.b", "CORP\\ben", "Ben@corp.example"}) {
    EXPECT_EQ(Opens("anna", ben), "ben.b, to read") << ben;
    EXPECT_EQ(Opens("anna/ben.b", ben), "ben.b, to read") << ben;
  }
  for (const char* anna : {"anna", "anna.a", "CORP\\anna"}) {
    EXPECT_EQ(Opens("anna", anna), "anna.a") << anna;
  }
  EXPECT_EQ(Opens("anna/anna.a", "ben"), "AMBIGUOUS_NAME");
  EXPECT_EQ(Opens("anna/ben.b", "anna"), "AMBIGUOUS_NAME");
  EXPECT_EQ(Opens("anna/ben.b", "nobody"), "MAILBOX_UNKNOWN");
  EXPECT_EQ(Opens("anna/nobody", "ben"), "MAILBOX_UNKNOWN");
  EXPECT_EQ(Opens("anna", "ben/ben.b"), "MAILBOX_UNKNOWN");
  EXPECT_EQ(Opens("anna", std::string(1000, 'x')), "MAILBOX_UNKNOWN");
}

TEST_F(DelegatesTest, NeverGuess) {
  Create("other", "ben");  // an alias that is somebody else's name
  Grant("ben", {.account_id = "anna"});
  Grant("other", {.account_id = "anna"});
  EXPECT_EQ(Opens("anna", "ben"), "AMBIGUOUS_NAME");
  EXPECT_EQ(Opens("anna", "CORP\\ben"), "ben.b, to read");
  EXPECT_EQ(Opens("anna/ben"), "ben, to read");
  // Their own name is nobody else's.
  EXPECT_EQ(Opens("ben", "ben"), "ben.b");
}

TEST_F(DelegatesTest, SayHowItWasDecided) {
  EXPECT_THAT(Decide("anna/ben.b").trace.back().finding,
              testing::HasSubstr("is that of accounts/ben, of which accounts/anna is no delegate"));
  Grant("ben", {.account_id = "anna"});
  const Decision decision = Decide("anna/ben.b");
  EXPECT_EQ(decision.trace.back().rule, "mailbox");
  EXPECT_THAT(decision.trace.back().finding, testing::EndsWith("where its delegate may read only"));
  EXPECT_THAT(Decide("anna/\"x\"\xc3\xbc").trace.back().finding,
              testing::HasSubstr("\"\\x22x\\x22\\xc3\\xbc\", is nobody's"));
}

// Whatever is sent as name and authorization identity, a mailbox opens only for its owner and for
// whom it was granted to.
TEST_F(DelegatesTest, OpenNothingElseHoweverTheyAreSpelled) {
  Grant("helpdesk", {.account_id = "anna"});
  const std::vector<std::string> pieces = {"anna",
                                           "ben",
                                           "helpdesk",
                                           "anna.a",
                                           "ben.b",
                                           "help",
                                           "CORP",
                                           "corp.example",
                                           "\\",
                                           "/",
                                           "@",
                                           "",
                                           "ANNA",
                                           "\xd0\xb0nna",
                                           "Ben",
                                           " ",
                                           "\xe2\x80\x8b",
                                           ".",
                                           "help/",
                                           "/help",
                                           "CORP\\anna/",
                                           "ben@",
                                           "b\xd0\xb5n.b",
                                           "*",
                                           "%",
                                           "\xc5\xbf"};
  const std::set<std::pair<std::string, std::string>> allowed = {
      {"anna", "anna"}, {"anna", "helpdesk"}, {"ben", "ben"}, {"helpdesk", "helpdesk"}};
  int opened = 0;
  const auto check = [&](const std::string& name, const std::string& authorization_id) {
    const Decision decision = Decide(name, authorization_id);
    if (decision.owner == nullptr) return;
    ++opened;
    EXPECT_TRUE(allowed.count({decision.account->id, decision.owner->id}) == 1)
        << name << " for " << authorization_id;
    // Only a helpdesk that was asked for opens.
    if (decision.account->id != decision.owner->id) {
      EXPECT_THAT(FoldName(name + authorization_id).value_or(""), testing::HasSubstr("HELP"));
      EXPECT_FALSE(decision.may_delete);
    }
  };
  for (const std::string& a : pieces) {
    for (const std::string& b : pieces) {
      for (const std::string& c : pieces) {
        check(absl::StrCat(a, b, c), "");
        check(a, absl::StrCat(b, c));
        for (const char* user : {"anna/", "CORP/ben/", "helpdesk@"}) {
          check(absl::StrCat(user, a, b, c), "");
        }
      }
    }
  }
  EXPECT_GT(opened, 100);
}

}  // namespace
}  // namespace restante::logon
