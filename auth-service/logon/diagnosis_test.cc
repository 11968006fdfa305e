// Twenty and more reasons why a person cannot log on, each found.
#include "auth-service/logon/diagnosis.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "auth-service/authority/local_authority.h"
#include "auth-service/directory/indexed_directory.h"
#include "auth-service/logon/decider.h"
#include "auth-service/logon/testing/flow_parts.h"
#include "auth-service/sasl/mechanism.h"
#include "common/base/ids.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_random.h"

namespace restante::logon {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class DiagnosisTest : public testing::Test {
 protected:
  DiagnosisTest() {
    mechanisms_.push_back(sasl::NewPlainMechanism());
    mechanisms_.push_back(sasl::NewLoginMechanism());
    directory::NewAccount smith;
    smith.id = "jsmith";
    smith.windows_names = {"CORP\\jsmith"};
    smith.alias = "john.smith";
    smith.placement = "mailstore-0";
    Create(smith);
    SetPassword("jsmith", vault_);
  }

  void Create(const directory::NewAccount& account) {
    ASSERT_TRUE(directory_->Create(account, {}).ok());
  }
  void SetPassword(const char* id, const directory::CredentialVault& vault) {
    const auto credential = directory::CredentialOfPassword(Secret::CopyOf("Password"));
    ASSERT_TRUE(directory_->SetCredential(id, vault.Seal(id, *credential), {}).ok());
  }
  void Change(const directory::AccountChange& change) {
    ASSERT_TRUE(directory_->Update("jsmith", change, {}).ok());
  }

  Diagnosis Examine(const std::string& name, bool tls = true) {
    HypotheticalLogon logon;
    logon.client_name = name;
    logon.mechanism = "PLAIN";
    logon.protocol = "pop3";
    logon.tls = tls;
    auto diagnosis = Diagnose(
        {*directory_, vault_, authority_, flow_, recent_.attempts, throttle_, grant_keys_}, logon);
    EXPECT_TRUE(diagnosis.ok()) << diagnosis.status();
    return *std::move(diagnosis);
  }
  static std::vector<std::string> Causes(const Diagnosis& diagnosis) {
    std::vector<std::string> causes;
    for (const Obstacle& obstacle : diagnosis.obstacles) {
      EXPECT_FALSE(obstacle.finding.empty()) << obstacle.cause;
      EXPECT_FALSE(obstacle.next_step.empty()) << obstacle.cause;
      causes.push_back((obstacle.certain ? "" : "perhaps ") + obstacle.cause);
    }
    return causes;
  }
  std::vector<std::string> Causes(const std::string& name, bool tls = true) {
    return Causes(Examine(name, tls));
  }

  // A real logon, by PLAIN.
  void LogOn(const std::string& name, const std::string& password,
             const char* address = "192.0.2.1") {
    BeginRequest request;
    request.attempt_id = NewId(random_);
    request.session_id = NewId(random_);
    request.mechanism = "PLAIN";
    request.initial_response =
        Secret::CopyOf(std::string(1, '\0') + name + std::string(1, '\0') + password);
    request.channel.protocol = "pop3";
    request.channel.client_address = address;
    request.channel.client = *IpAddress::Parse(address);
    request.channel.connection_id = NewId(random_);
    request.channel.tls = TlsFacts{"TLSv1.3", "", ""};
    // What could not be decided is remembered too.
    (void)flow_.Begin(request).status();
  }

  FakeClock clock_;
  FakeRandom random_;
  std::unique_ptr<directory::Directory> directory_ = directory::MakeMemoryDirectory(
      {{.protocol = "pop3",
        .mechanisms = {{"PLAIN", true, true, true}, {"LOGIN", true, true, true}},
        .revision = 0,
        .update_time = {}}},
      clock_, random_);
  directory::CredentialVault vault_{Keys('v'), random_};
  authority::LocalAuthority authority_{vault_, {}, random_};
  std::vector<std::unique_ptr<sasl::Mechanism>> mechanisms_;
  Decider decider_{*directory_, {"CORP", {}, {}}};
  Throttle throttle_{clock_};
  Memory recent_;
  const KeyRing state_keys_ = Keys('s');
  std::map<std::string, KeyRing> grant_keys_ = GrantKeys();
  LogonFlow flow_{{*directory_, authority_, mechanisms_, decider_, throttle_, recent_, state_keys_,
                   grant_keys_, clock_, random_},
                  {.netbios_domain = "CORP"}};
};

TEST_F(DiagnosisTest, NothingStandsInTheWayOfWhoLogsOn) {
  LogOn("CORP\\jsmith", "Password");
  const Diagnosis diagnosis = Examine("CORP\\jsmith");
  EXPECT_THAT(Causes(diagnosis), IsEmpty());
  EXPECT_EQ(diagnosis.account->id, "jsmith");
  EXPECT_EQ(diagnosis.matched_by, "windows-name");
  EXPECT_TRUE(diagnosis.placement_known);
  ASSERT_EQ(diagnosis.attempts.size(), 1u);
  EXPECT_TRUE(diagnosis.attempts[0]->accepted());
  EXPECT_EQ(Examine("jsmith").matched_by, "default-domain");
}

TEST_F(DiagnosisTest, NoAttemptSeen) {
  EXPECT_THAT(Causes("CORP\\jsmith"), ElementsAre("perhaps NO_ATTEMPT_SEEN"));
}

TEST_F(DiagnosisTest, UnknownName) {
  const Diagnosis diagnosis = Examine("CORP\\nobody");
  EXPECT_THAT(Causes(diagnosis), ElementsAre("UNKNOWN_NAME", "perhaps NO_ATTEMPT_SEEN"));
  EXPECT_EQ(diagnosis.account, nullptr);
  EXPECT_EQ(diagnosis.matched_by, "");
}

TEST_F(DiagnosisTest, MalformedName) { EXPECT_EQ(Causes("CORP\\a\\b")[0], "NAME_MALFORMED"); }

TEST_F(DiagnosisTest, AliasInPlaceOfAName) {
  const Diagnosis diagnosis = Examine("John.Smith");
  EXPECT_THAT(Causes(diagnosis),
              ElementsAre("NAME_IS_ALIAS", "UNKNOWN_NAME", "perhaps NO_ATTEMPT_SEEN"));
  EXPECT_THAT(diagnosis.obstacles[0].next_step, HasSubstr("CORP\\jsmith"));
  EXPECT_EQ(diagnosis.account->id, "jsmith");
  EXPECT_EQ(diagnosis.matched_by, "alias");
}

TEST_F(DiagnosisTest, AccountIdInPlaceOfAName) {
  directory::NewAccount shared;
  shared.id = "helpdesk";
  shared.alias = "help";
  shared.placement = "mailstore-0";
  Create(shared);
  for (const char* name : {"helpdesk", "accounts/helpdesk"}) {
    const Diagnosis diagnosis = Examine(name);
    EXPECT_EQ(Causes(diagnosis)[0], "NAME_IS_ACCOUNT_ID") << name;
    EXPECT_THAT(Causes(diagnosis), Contains("NO_CREDENTIAL")) << name;
    EXPECT_THAT(diagnosis.obstacles[0].next_step, HasSubstr("--add-windows-name"));
    EXPECT_EQ(diagnosis.matched_by, "account-id");
  }
}

TEST_F(DiagnosisTest, OtherDomain) {
  const Diagnosis diagnosis = Examine("LAB\\JSmith");
  EXPECT_THAT(Causes(diagnosis),
              ElementsAre("OTHER_DOMAIN", "UNKNOWN_NAME", "perhaps NO_ATTEMPT_SEEN"));
  EXPECT_THAT(diagnosis.obstacles[0].finding, HasSubstr("CORP\\jsmith (accounts/jsmith)"));
  EXPECT_EQ(diagnosis.account->id, "jsmith");
  directory::NewAccount twin;
  twin.id = "twin";
  twin.windows_names = {"OPS\\jsmith"};
  twin.placement = "mailstore-0";
  Create(twin);
  const Diagnosis either = Examine("LAB\\JSmith");
  EXPECT_THAT(either.obstacles[0].finding, HasSubstr("OPS\\jsmith (accounts/twin)"));
  EXPECT_EQ(either.account, nullptr);
}

TEST_F(DiagnosisTest, AmbiguousName) {
  directory::NewAccount account;
  account.placement = "mailstore-0";
  for (const char* domain : {"LAB", "OPS"}) {
    account.id = absl::AsciiStrToLower(domain);
    account.windows_names = {std::string(domain) + "\\twin"};
    Create(account);
  }
  EXPECT_EQ(Causes("twin")[0], "AMBIGUOUS_NAME");
}

TEST_F(DiagnosisTest, DomainMissing) {
  directory::PolicyChange change;
  change.names.emplace(directory::NamePolicy{.default_domain = "CORP",
                                             .empty_domain = directory::EmptyDomain::kRefuse});
  ASSERT_TRUE(directory_->UpdatePolicy("pop3", change, {}).ok());
  EXPECT_EQ(Causes("jsmith")[0], "DOMAIN_MISSING");
}

TEST_F(DiagnosisTest, DeletedAccount) {
  ASSERT_TRUE(directory_->Delete("jsmith", absl::Hours(1), {}).ok());
  for (const char* name : {"CORP\\jsmith", "john.smith", "jsmith", "accounts/jsmith"}) {
    const Diagnosis diagnosis = Examine(name);
    EXPECT_EQ(Causes(diagnosis)[0], "ACCOUNT_DELETED") << name;
    EXPECT_THAT(diagnosis.obstacles[0].next_step, HasSubstr("accounts undelete jsmith"));
    EXPECT_EQ(diagnosis.account->id, "jsmith");
  }
}

TEST_F(DiagnosisTest, DisabledAccount) {
  Change({.disabled = true});
  EXPECT_EQ(Causes("CORP\\jsmith")[0], "ACCOUNT_DISABLED");
}

TEST_F(DiagnosisTest, MechanismOfTheAccount) {
  Change({.disabled_mechanisms = std::vector<std::string>{"PLAIN"}});
  EXPECT_EQ(Causes("CORP\\jsmith")[0], "ACCOUNT_MECHANISM_DISABLED");
}

TEST_F(DiagnosisTest, NoMailbox) {
  Change({.alias = ""});
  EXPECT_EQ(Causes("CORP\\jsmith")[0], "NO_MAILBOX");
}

TEST_F(DiagnosisTest, NoCredential) {
  directory::NewAccount account;
  account.id = "new";
  account.windows_names = {"CORP\\new"};
  account.alias = "new";
  account.placement = "mailstore-0";
  Create(account);
  EXPECT_EQ(Causes("CORP\\new")[0], "NO_CREDENTIAL");
}

TEST_F(DiagnosisTest, MissingKey) {
  std::map<std::string, Secret> keys;
  keys.emplace("k0", Secret(std::string(32, 'o')));
  SetPassword("jsmith",
              directory::CredentialVault(*KeyRing::Create(std::move(keys), "k0"), random_));
  const Diagnosis diagnosis = Examine("CORP\\jsmith");
  EXPECT_EQ(Causes(diagnosis)[0], "CREDENTIAL_KEY_MISSING");
  EXPECT_THAT(diagnosis.obstacles[0].finding, HasSubstr("k0"));
}

TEST_F(DiagnosisTest, DamagedCredential) {
  auto sealed = vault_.Seal("somebody", *directory::CredentialOfPassword(Secret::CopyOf("x")));
  ASSERT_TRUE(directory_->SetCredential("jsmith", sealed, {}).ok());
  EXPECT_EQ(Causes("CORP\\jsmith")[0], "CREDENTIAL_DAMAGED");
}

TEST_F(DiagnosisTest, MechanismOfThePolicy) {
  ASSERT_TRUE(directory_->UpdatePolicy("pop3", {.mechanisms = {{"PLAIN", false, true}}}, {}).ok());
  Change({.disabled = true});
  EXPECT_THAT(Causes("CORP\\jsmith"),
              ElementsAre("MECHANISM_DISABLED", "ACCOUNT_DISABLED", "perhaps NO_ATTEMPT_SEEN"));
}

TEST_F(DiagnosisTest, TlsRequired) {
  EXPECT_EQ(Causes("CORP\\jsmith", /*tls=*/false)[0], "TLS_REQUIRED");
  EXPECT_EQ(Causes("CORP\\jsmith", /*tls=*/true)[0], "perhaps NO_ATTEMPT_SEEN");
}

TEST_F(DiagnosisTest, UnknownPlacement) {
  grant_keys_.clear();
  const Diagnosis diagnosis = Examine("CORP\\jsmith");
  EXPECT_EQ(Causes(diagnosis)[0], "PLACEMENT_UNKNOWN");
  EXPECT_FALSE(diagnosis.placement_known);
  // The attempt itself is one that could not be decided.
  LogOn("CORP\\jsmith", "Password");
  EXPECT_THAT(Causes("CORP\\jsmith"), ElementsAre("PLACEMENT_UNKNOWN", "perhaps UNDECIDED"));
}

TEST_F(DiagnosisTest, AnotherMailbox) {
  directory::NewAccount boss;
  boss.id = "boss";
  boss.alias = "boss";
  boss.placement = "mailstore-0";
  Create(boss);
  EXPECT_EQ(Causes("CORP\\jsmith/boss")[0], "NOT_DELEGATE");
  EXPECT_EQ(Causes("CORP\\jsmith/nobody")[0], "MAILBOX_UNKNOWN");
  ASSERT_TRUE(
      directory_->GrantDelegate("boss", {"jsmith", false, clock_.WallNow() + absl::Hours(1)}, {})
          .ok());
  const Diagnosis now = Examine("CORP\\jsmith/boss");
  EXPECT_THAT(Causes(now), ElementsAre("perhaps NO_ATTEMPT_SEEN"));
  EXPECT_EQ(now.explained.alias, "boss");
  clock_.Advance(absl::Hours(1));
  EXPECT_EQ(Causes("CORP\\jsmith/boss")[0], "DELEGATION_EXPIRED");
}

TEST_F(DiagnosisTest, WrongPasswordUntilTheRightOne) {
  LogOn("CORP\\jsmith", "wrong");
  const Diagnosis diagnosis = Examine("jsmith");
  EXPECT_THAT(Causes(diagnosis), ElementsAre("perhaps WRONG_PASSWORD"));
  EXPECT_THAT(diagnosis.obstacles[0].finding, HasSubstr("from 192.0.2.1 by PLAIN"));
  LogOn("CORP\\jsmith", "Password");
  EXPECT_THAT(Causes("jsmith"), IsEmpty());
  EXPECT_EQ(Examine("jsmith").attempts.size(), 2u);
}

TEST_F(DiagnosisTest, AttemptsByANameOfNobody) {
  LogOn("LAB\\nobody", "Password");
  LogOn("LAB\\other", "Password");
  const Diagnosis diagnosis = Examine("lab\\NOBODY");
  EXPECT_THAT(Causes(diagnosis), ElementsAre("UNKNOWN_NAME"));
  EXPECT_EQ(diagnosis.attempts.size(), 1u);
}

TEST_F(DiagnosisTest, SlowedDown) {
  for (int i = 0; i < 6; ++i) LogOn("CORP\\jsmith", "wrong", "192.0.2.7");
  const Diagnosis diagnosis = Examine("jsmith");
  EXPECT_THAT(Causes(diagnosis), ElementsAre("perhaps WRONG_PASSWORD", "perhaps THROTTLED"));
  ASSERT_EQ(diagnosis.slowed.size(), 1u);
  EXPECT_EQ(diagnosis.slowed[0].client_address, "192.0.2.7");
  EXPECT_EQ(diagnosis.slowed[0].slowing.name_failures, 6u);
  EXPECT_EQ(diagnosis.slowed[0].slowing.source_failures, 6u);
  EXPECT_EQ(diagnosis.slowed[0].slowing.next_delay, absl::Seconds(8));
  // Looking changes nothing, time does.
  clock_.Advance(absl::Minutes(2));
  EXPECT_EQ(Examine("jsmith").slowed[0].slowing.name_failures, 2u);
  EXPECT_THAT(Causes("jsmith"), ElementsAre("perhaps WRONG_PASSWORD"));
}

TEST_F(DiagnosisTest, ShowsTheLatestAttempts) {
  for (int i = 0; i < 25; ++i) {
    clock_.Advance(absl::Minutes(1));
    LogOn("CORP\\jsmith", "Password");
  }
  const Diagnosis diagnosis = Examine("jsmith");
  ASSERT_EQ(diagnosis.attempts.size(), kMaxAttemptsShown);
  EXPECT_EQ(diagnosis.attempts[0]->time, clock_.WallNow());
}

}  // namespace
}  // namespace restante::logon
