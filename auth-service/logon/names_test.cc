// Names at logon: their forms, and the rules from a name to a mailbox.

#include <memory>
#include <string>

#include "auth-service/directory/indexed_directory.h"
#include "auth-service/logon/decider.h"
#include "auth-service/logon/name_rules.h"
#include "auth-service/logon/proven_name.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_random.h"

namespace restante::logon {
namespace {

using authority::Refusal;

struct NameCase {
  const char* text;
  NameForm form;
  const char* user;
  const char* qualifier;
  const char* alias;
};

TEST(ParseName, TakesEveryForm) {
  const NameCase cases[] = {
      {"jsmith", NameForm::kUser, "jsmith", "", ""},
      {"CORP\\jsmith", NameForm::kDomainUser, "jsmith", "CORP", ""},
      {"jsmith@corp.example", NameForm::kUserAtRealm, "jsmith", "corp.example", ""},
      {"CORP/jsmith/info", NameForm::kDomainUser, "jsmith", "CORP", "info"},
      {"jsmith/info", NameForm::kUser, "jsmith", "", "info"},
      {"CORP\\jsmith/info", NameForm::kDomainUser, "jsmith", "CORP", "info"},
      {"jsmith@corp.example/info", NameForm::kUserAtRealm, "jsmith", "corp.example", "info"},
      {"j\xc3\xbcrgen", NameForm::kUser, "j\xc3\xbcrgen", "", ""},
  };
  for (const NameCase& expected : cases) {
    const auto name = ParseName(expected.text);
    ASSERT_TRUE(name.has_value()) << expected.text;
    EXPECT_EQ(name->form, expected.form) << expected.text;
    EXPECT_EQ(name->user, expected.user) << expected.text;
    EXPECT_EQ(name->qualifier, expected.qualifier) << expected.text;
    EXPECT_EQ(name->alias, expected.alias) << expected.text;
  }
}

TEST(ParseName, RefusesWhatIsNone) {
  for (const char* text :
       {"",        "\\",     "\\jsmith", "CORP\\", "@realm", "user@",      "/",
        "jsmith/", "/alias", "//",       "a/b/",   "a//c",   "/b/c",       "a/b/c/d",
        "A\\B\\c", "A\\b@c", "a@b@c",    "a\nb",   "\xff",   "CORP\\a/b/c"}) {
    EXPECT_FALSE(ParseName(text).has_value()) << text;
  }
  EXPECT_TRUE(ParseName(std::string(512, 'a')).has_value());
  EXPECT_FALSE(ParseName(std::string(513, 'a')).has_value());
  EXPECT_FALSE(ParseName(std::string("a\0b", 3)).has_value());
}

TEST(ParseNtlmName, TakesTheDomainFieldOnlyBesideABareUser) {
  auto name = ParseNtlmName("CORP", "jsmith");
  ASSERT_TRUE(name.has_value());
  EXPECT_EQ(name->form, NameForm::kNtlmFields);
  EXPECT_EQ(name->qualifier, "CORP");
  EXPECT_EQ(ParseNtlmName("MAIL", "CORP\\jsmith")->qualifier, "CORP");
  EXPECT_EQ(ParseNtlmName("MAIL", "jsmith@corp.example")->form, NameForm::kUserAtRealm);
  EXPECT_EQ(ParseNtlmName("", "jsmith")->form, NameForm::kUser);
  EXPECT_EQ(ParseNtlmName("MAIL", "jsmith/info")->alias, "info");
  EXPECT_FALSE(ParseNtlmName("CORP", "").has_value());
  EXPECT_FALSE(ParseNtlmName("\x01", "jsmith").has_value());
  EXPECT_FALSE(ParseNtlmName(std::string(300, 'd'), std::string(300, 'u')).has_value());
}

// The first letter of "rik" in Cyrillic is D1 80; taken for Latin-1 it has a control in it.
TEST(ParseNtlmName, UndoesAWideningThatMadeControls) {
  EXPECT_EQ(ParseNtlmName("CORP", "\xc3\x91\xc2\x80")->user, "\xd1\x80");
  auto whole = ParseNtlmName("MAIL", "CORP\\\xc3\x91\xc2\x80");
  ASSERT_TRUE(whole.has_value());
  EXPECT_EQ(whole->user, "\xd1\x80");
  EXPECT_EQ(whole->qualifier, "CORP");
  // No text by itself, and one that is a control again.
  EXPECT_FALSE(ParseNtlmName("CORP", "\xc2\x80").has_value());
  EXPECT_FALSE(ParseNtlmName("CORP", "\xc3\x82\xc2\x80").has_value());
}

TEST(NarrowedUser, UndoesTheWideningAndNothingElse) {
  EXPECT_EQ(NarrowedUser("j\xc3\x83\xc2\xbcrgen"), "j\xc3\xbcrgen");
  EXPECT_FALSE(NarrowedUser("jurgen").has_value());
  EXPECT_FALSE(NarrowedUser("j\xc3\xbcrgen").has_value());
  EXPECT_FALSE(NarrowedUser("\xe2\x82\xac").has_value());
  EXPECT_FALSE(NarrowedUser("\xff").has_value());
}

class DeciderTest : public testing::Test {
 protected:
  DeciderTest() {
    Create("jsmith", {"CORP\\jsmith"}, {"jsmith@corp.example"}, "john.smith", {"js@mail.example"});
    Create("lab-jsmith", {"LAB\\jsmith"}, {}, "lab.smith");
    Create("alice", {"LAB\\alice"}, {}, "alice");
    Create("twin-1", {"LAB\\twin"}, {}, "twin-1");
    Create("twin-2", {"OPS\\twin"}, {}, "twin-2");
    Create("juergen", {"CORP\\j\xc3\xbcrgen"}, {}, "juergen");
    Create("nobox", {"CORP\\nobox"}, {}, "");
  }

  void Create(const char* id, std::vector<std::string> windows_names,
              std::vector<std::string> principal_names, const char* alias,
              std::vector<std::string> addresses = {}) {
    directory::NewAccount account;
    account.id = id;
    account.windows_names = std::move(windows_names);
    account.principal_names = std::move(principal_names);
    account.alias = alias;
    account.addresses = std::move(addresses);
    account.placement = "mailstore-0";
    ASSERT_TRUE(directory_->Create(account, {}).ok());
  }

  Decision Decide(const char* text) { return decider_.Decide(ParseName(text), By("NTLM")); }
  Circumstances By(const char* mechanism) const { return {mechanism, "", clock_.WallNow()}; }
  std::string AccountOf(const Decision& decision) {
    return decision.account ? decision.account->id : std::string();
  }
  std::string AccountOf(const char* text) { return AccountOf(Decide(text)); }
  std::string NtlmAccount(const char* domain, const char* user) {
    return AccountOf(decider_.Decide(ParseNtlmName(domain, user), By("NTLM")));
  }

  FakeClock clock_;
  FakeRandom random_;
  std::unique_ptr<directory::Directory> directory_ =
      directory::MakeMemoryDirectory({}, clock_, random_);
  NameSettings settings_{.default_domain = "CORP",
                         .accepted_domains = {"corp.example"},
                         .own_names = {"POST", "MAIL"}};
  Decider decider_{*directory_, settings_};
};

TEST_F(DeciderTest, LeadsFromTheWindowsNameToTheMailboxOfAnotherName) {
  const Decision decision = Decide("CORP\\jsmith");
  EXPECT_EQ(AccountOf(decision), "jsmith");
  EXPECT_EQ(decision.account->alias, "john.smith");
  EXPECT_FALSE(decision.refusal.has_value());
  ASSERT_GE(decision.trace.size(), 3u);
  EXPECT_EQ(decision.trace[1].rule, "windows-name");
  EXPECT_EQ(decision.trace.back().rule, "mailbox");
  EXPECT_THAT(decision.trace.back().finding, testing::HasSubstr("john.smith"));
}

TEST_F(DeciderTest, FindsByEveryForm) {
  EXPECT_EQ(AccountOf("corp\\JSMITH"), "jsmith");
  EXPECT_EQ(AccountOf("LAB\\jsmith"), "lab-jsmith");
  EXPECT_EQ(AccountOf("jsmith@CORP.example"), "jsmith");
  EXPECT_EQ(AccountOf("js@mail.example"), "jsmith");
  EXPECT_EQ(AccountOf("CORP/jsmith/john.smith"), "jsmith");
  EXPECT_EQ(AccountOf("nobox@corp.example"), "nobox");  // an accepted realm
}

TEST_F(DeciderTest, TakesABareUserFromTheDefaultDomainFirst) {
  EXPECT_EQ(AccountOf("jsmith"), "jsmith");
  EXPECT_EQ(AccountOf("alice"), "alice");  // the only one of that name
  EXPECT_EQ(Decide("nobody").refusal, Refusal::kUnknownName);
}

TEST_F(DeciderTest, NeverGuesses) {
  const Decision decision = Decide("twin");
  EXPECT_EQ(decision.account, nullptr);
  EXPECT_EQ(decision.refusal, Refusal::kAmbiguousName);
  EXPECT_EQ(decision.trace.back().rule, "unique-user");
  EXPECT_EQ(AccountOf("OPS\\twin"), "twin-2");
}

TEST_F(DeciderTest, DoesNotTakeAForeignDomainForOurs) {
  for (const char* text : {"OTHER\\jsmith", "OTHER\\alice", "jsmith@evil.example", "CORP\\alice",
                           "alice@LAB", "CORP.EVIL\\jsmith"}) {
    const Decision decision = Decide(text);
    EXPECT_EQ(decision.account, nullptr) << text;
    EXPECT_EQ(decision.refusal, Refusal::kUnknownName) << text;
  }
}

TEST_F(DeciderTest, DoesNotTakeAMailboxForAName) {
  EXPECT_EQ(Decide("john.smith").refusal, Refusal::kUnknownName);
  EXPECT_EQ(Decide("CORP\\john.smith").refusal, Refusal::kUnknownName);
}

TEST_F(DeciderTest, ReadsTheFieldsOfNtlm) {
  EXPECT_EQ(NtlmAccount("CORP", "jsmith"), "jsmith");  // curl splits what was typed
  EXPECT_EQ(NtlmAccount("", "jsmith"), "jsmith");      // curl without a domain
  EXPECT_EQ(NtlmAccount("MAIL", "jsmith"), "jsmith");  // libntlm echoes the target name
  EXPECT_EQ(NtlmAccount("post", "alice"), "alice");
  EXPECT_EQ(NtlmAccount("MAIL", "LAB\\jsmith"), "lab-jsmith");  // Thunderbird does not split
  EXPECT_EQ(NtlmAccount("corp.example", "jsmith"), "jsmith");   // libntlm splits user@realm
  EXPECT_EQ(NtlmAccount("mail.example", "js"), "jsmith");
  EXPECT_EQ(NtlmAccount("OTHER", "jsmith"), "");
  EXPECT_EQ(NtlmAccount("MAIL", "twin"), "");
}

TEST_F(DeciderTest, ReadsANameThatTheClientWidened) {
  EXPECT_EQ(NtlmAccount("CORP", "j\xc3\x83\xc2\xbcrgen"), "juergen");
  EXPECT_EQ(NtlmAccount("", "J\xc3\x9cRGEN"), "juergen");
}

TEST_F(DeciderTest, RefusesAnotherMailboxThanTheOwn) {
  EXPECT_FALSE(Decide("jsmith/John.Smith").refusal.has_value());
  const Decision decision = Decide("jsmith/lab.smith");
  EXPECT_EQ(decision.refusal, Refusal::kNotDelegate);
  EXPECT_EQ(decision.owner, nullptr);
  EXPECT_EQ(AccountOf(decision), "jsmith");
  EXPECT_EQ(Decide("CORP/nobox/john.smith").refusal, Refusal::kNotDelegate);
  EXPECT_EQ(Decide("jsmith/nobodys").refusal, Refusal::kMailboxUnknown);
}

TEST_F(DeciderTest, HoldsTheAccountAgainstItsSwitches) {
  EXPECT_EQ(Decide("nobox").refusal, Refusal::kNoMailbox);
  directory::AccountChange change;
  change.disabled_mechanisms = std::vector<std::string>{"ntlm"};
  ASSERT_TRUE(directory_->Update("jsmith", change, {}).ok());
  EXPECT_EQ(Decide("jsmith").refusal, Refusal::kAccountMechanismDisabled);
  EXPECT_FALSE(decider_.Decide(ParseName("jsmith"), By("PLAIN")).refusal.has_value());
  change.disabled = true;
  ASSERT_TRUE(directory_->Update("jsmith", change, {}).ok());
  EXPECT_EQ(Decide("jsmith").refusal, Refusal::kAccountDisabled);
}

TEST_F(DeciderTest, EscapesClientTextInTheTrace) {
  const Decision decision = Decide("<\"x\">\xc3\xbc");
  EXPECT_EQ(decision.refusal, Refusal::kUnknownName);
  for (const TraceStep& step : decision.trace) {
    for (const char c : step.finding) EXPECT_TRUE(c >= ' ' && c <= '~');
  }
  EXPECT_EQ(decider_.Decide(std::nullopt, By("NTLM")).refusal, Refusal::kNameMalformed);
}

// What the policy says of names, in place of the configuration.
class NamePolicyTest : public DeciderTest {
 protected:
  std::string Account(const char* text) {
    return Outcome(decider_.Decide(ParseName(text), {"PLAIN", "", clock_.WallNow(), &names_}));
  }
  std::string NtlmAccount(const char* domain, const char* user) {
    return Outcome(
        decider_.Decide(ParseNtlmName(domain, user), {"NTLM", "", clock_.WallNow(), &names_}));
  }
  static std::string Outcome(const Decision& decision) {
    if (decision.account != nullptr) return decision.account->id;
    return std::string(authority::RefusalName(*decision.refusal));
  }
  std::string Canonical(const char* text) {
    return decider_.CanonicalName(*ParseName(text), &names_);
  }

  directory::NamePolicy names_{.default_domain = "LAB"};
};

TEST_F(NamePolicyTest, GoesBeforeTheConfiguration) {
  EXPECT_EQ(Account("jsmith"), "lab-jsmith");
  EXPECT_EQ(Account("nobox@corp.example"), "UNKNOWN_NAME");  // a realm of the configuration alone
  EXPECT_EQ(Account("CORP\\jsmith"), "jsmith");
  EXPECT_EQ(Canonical("jsmith"), Canonical("LAB\\JSmith"));
}

TEST_F(NamePolicyTest, RealmsMeanADomain) {
  names_.realms = {{"lab.example", "", {}}, {"OLD", "CORP", {}}};
  EXPECT_EQ(Account("jsmith@LAB.example"), "lab-jsmith");
  EXPECT_EQ(Account("lab.example\\alice"), "alice");
  EXPECT_EQ(Account("old\\jsmith"), "jsmith");
  EXPECT_EQ(NtlmAccount("OLD", "nobox"), "nobox");
  EXPECT_EQ(Account("OLD\\alice"), "UNKNOWN_NAME");
  EXPECT_EQ(Canonical("old\\nobody"), Canonical("CORP\\nobody"));
  EXPECT_EQ(Canonical("nobody@lab.example"), Canonical("nobody"));
}

TEST_F(NamePolicyTest, AnEmptyDomainMayBeTheDefaultAloneOrNone) {
  EXPECT_EQ(Account("juergen"), "UNKNOWN_NAME");
  EXPECT_EQ(Account("nobox"), "nobox");  // the only one of that name
  names_.empty_domain = directory::EmptyDomain::kDefault;
  EXPECT_EQ(Account("nobox"), "UNKNOWN_NAME");
  EXPECT_EQ(Account("alice"), "alice");
  EXPECT_EQ(NtlmAccount("POST", "alice"), "alice");  // an echo of this server's own name
  names_.empty_domain = directory::EmptyDomain::kRefuse;
  EXPECT_EQ(Account("alice"), "DOMAIN_MISSING");
  EXPECT_EQ(NtlmAccount("POST", "alice"), "DOMAIN_MISSING");
  EXPECT_EQ(NtlmAccount("", "alice"), "DOMAIN_MISSING");
  EXPECT_EQ(Account("LAB\\alice"), "alice");
  EXPECT_EQ(Account("js@mail.example"), "jsmith");
}

TEST_F(NamePolicyTest, AForeignDomainMayMeanNone) {
  EXPECT_EQ(Account("DESKTOP-7\\alice"), "UNKNOWN_NAME");
  names_.foreign_domain = directory::ForeignDomain::kIgnore;
  names_.realms = {{"OLD", "CORP", {}}};
  EXPECT_EQ(Account("DESKTOP-7\\alice"), "alice");
  EXPECT_EQ(NtlmAccount("DESKTOP-7", "jsmith"), "lab-jsmith");
  EXPECT_EQ(Account("DESKTOP-7\\twin"), "twin-1");   // the default domain's
  EXPECT_EQ(Account("CORP\\jsmith"), "jsmith");      // an account's own name goes first
  EXPECT_EQ(Account("OLD\\alice"), "UNKNOWN_NAME");  // a realm is not foreign
  EXPECT_EQ(Account("LAB\\nobox"), "UNKNOWN_NAME");  // nor is the default domain
  EXPECT_EQ(Canonical("DESKTOP-7\\nobody"), Canonical("nobody"));
  names_.default_domain = "";
  EXPECT_EQ(Account("DESKTOP-7\\twin"), "AMBIGUOUS_NAME");
  names_.empty_domain = directory::EmptyDomain::kRefuse;
  EXPECT_EQ(Account("DESKTOP-7\\alice"), "DOMAIN_MISSING");
}

TEST_F(NamePolicyTest, CaseMayCount) {
  EXPECT_EQ(Account("LAB\\Alice"), "alice");
  names_.user_case = directory::NameCase::kExact;
  for (const char* name : {"LAB\\Alice", "lab\\ALICE", "Alice", "JS@mail.example"}) {
    EXPECT_EQ(Account(name), "UNKNOWN_NAME") << name;
  }
  for (const char* name : {"LAB\\alice", "lab\\alice", "alice"}) {
    EXPECT_EQ(Account(name), "alice") << name;
  }
  EXPECT_EQ(Account("js@mail.example"), "jsmith");
  EXPECT_NE(Canonical("Nobody"), Canonical("nobody"));
  // A realm may have it otherwise.
  names_.realms = {{"OLD", "CORP", directory::NameCase::kInsensitive}};
  EXPECT_EQ(Account("old\\JSMITH"), "jsmith");
  names_.user_case = directory::NameCase::kInsensitive;
  names_.realms = {{"LAB", "", directory::NameCase::kExact}};
  EXPECT_EQ(Account("LAB\\Alice"), "UNKNOWN_NAME");
  EXPECT_EQ(Account("Alice"), "UNKNOWN_NAME");  // the default domain is that realm
  EXPECT_EQ(Account("CORP\\JSMITH"), "jsmith");
}

TEST_F(NamePolicyTest, TheCaseOfTheDefaultDomainIsNotThatOfOthers) {
  names_.foreign_domain = directory::ForeignDomain::kIgnore;
  names_.realms = {{"LAB", "", directory::NameCase::kExact}};
  // CORP is no realm, so what it says could be passed over; but an account has that name.
  EXPECT_EQ(Account("CORP\\JSMITH"), "jsmith");
  EXPECT_EQ(Account("DESKTOP-7\\Alice"), "UNKNOWN_NAME");
  EXPECT_EQ(Account("DESKTOP-7\\alice"), "alice");
}

TEST(ParseName, OfNothingIsNoName) {
  EXPECT_FALSE(ParseName("").has_value());
  EXPECT_FALSE(ParseName(absl::string_view()).has_value());
}

TEST_F(DeciderTest, WithoutADefaultDomainABareUserMustBeUnique) {
  const Decider decider(*directory_, {});
  EXPECT_EQ(AccountOf(decider.Decide(ParseName("alice"), By("NTLM"))), "alice");
  EXPECT_EQ(decider.Decide(ParseName("jsmith"), By("NTLM")).refusal, Refusal::kAmbiguousName);
}

}  // namespace
}  // namespace restante::logon
