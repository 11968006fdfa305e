// What every implementation of Directory must do. Runs on the memory directory and on RocksDB.

#include <rocksdb/db.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "auth-service/directory/directory.h"
#include "auth-service/directory/indexed_directory.h"
#include "auth-service/directory/rocksdb/rocksdb_directory.h"
#include "common/base/error_reason.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_random.h"

namespace restante::directory {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr char kRequest[] = "00112233445566778899aabbccddeeff";
constexpr char kOtherRequest[] = "ffeeddccbbaa99887766554433221100";

std::vector<ProtocolPolicy> Defaults() {
  return {{.protocol = "pop3",
           .mechanisms = {{"NTLM", true, true, true}, {"PLAIN", true, true, true}},
           .revision = 0,
           .update_time = {}}};
}

NewAccount Smith() {
  return {.id = "jsmith",
          .windows_names = {"CORP\\jsmith"},
          .principal_names = {"jsmith@corp.example"},
          .alias = "john.smith",
          .addresses = {"john.smith@corp.example"},
          .placement = "mailstore-0",
          .disabled = false,
          .disabled_mechanisms = {}};
}

NewAccount Plain(const std::string& id) {
  NewAccount account;
  account.id = id;
  account.placement = "mailstore-0";
  return account;
}

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = testing::TempDir() + "restante-directory-XXXXXX";
    path_ = mkdtemp(pattern.data());
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

class DirectoryConformance : public testing::TestWithParam<std::string> {
 protected:
  DirectoryConformance() { Open(); }

  bool durable() const { return GetParam() == "rocksdb"; }

  void Open() {
    directory_.reset();
    if (!durable()) {
      directory_ = MakeMemoryDirectory(Defaults(), clock_, random_);
      return;
    }
    auto opened = OpenRocksDbDirectory(folder_.path() + "/directory", Defaults(), clock_, random_);
    ASSERT_TRUE(opened.ok()) << opened.status();
    directory_ = *std::move(opened);
  }

  AccountPtr MustCreate(const NewAccount& account) {
    auto created = directory_->Create(account, {});
    EXPECT_TRUE(created.ok()) << created.status();
    return *created;
  }

  ErrorReason ReasonOfCreate(const NewAccount& account, const WriteOptions& options = {}) {
    return GetErrorReason(directory_->Create(account, options).status());
  }

  FakeClock clock_;
  FakeRandom random_;
  TemporaryFolder folder_;
  std::unique_ptr<Directory> directory_;
};

INSTANTIATE_TEST_SUITE_P(All, DirectoryConformance, testing::Values("memory", "rocksdb"),
                         [](const auto& tested) { return tested.param; });

TEST_P(DirectoryConformance, CreatesAndFindsByEveryName) {
  const AccountPtr account = MustCreate(Smith());
  EXPECT_EQ(account->mailbox_id.size(), 32u);
  EXPECT_EQ(account->create_time, clock_.WallNow());
  EXPECT_GT(account->revision, 0u);
  EXPECT_EQ(*directory_->Get("jsmith"), account);
  EXPECT_EQ(directory_->FindByWindowsName("corp", "JSMITH"), account);
  EXPECT_EQ(directory_->FindByPrincipalName("JSmith@CORP.example"), account);
  EXPECT_EQ(directory_->FindByAlias("John.Smith"), account);
  EXPECT_EQ(directory_->FindByAddress("JOHN.SMITH@corp.example"), account);
  EXPECT_THAT(directory_->FindByWindowsUser("JSmith", 5), ElementsAre(account));
}

TEST_P(DirectoryConformance, FindsNothingByOtherNames) {
  MustCreate(Smith());
  EXPECT_EQ(GetErrorReason(directory_->Get("smith").status()), ErrorReason::kAccountNotFound);
  EXPECT_EQ(directory_->FindByWindowsName("OTHER", "jsmith"), nullptr);
  EXPECT_EQ(directory_->FindByWindowsName("", "CORP\\jsmith"), nullptr);
  EXPECT_EQ(directory_->FindByPrincipalName("john.smith@corp.example"), nullptr);
  EXPECT_EQ(directory_->FindByAlias("jsmith"), nullptr);
  EXPECT_EQ(directory_->FindByAddress("jsmith@corp.example"), nullptr);
  EXPECT_EQ(directory_->FindByAlias("\xff"), nullptr);
  EXPECT_THAT(directory_->FindByWindowsUser("smith", 5), IsEmpty());
}

TEST_P(DirectoryConformance, RefusesATakenIdAndTakenNames) {
  MustCreate(Smith());
  EXPECT_EQ(ReasonOfCreate(Plain("jsmith")), ErrorReason::kAccountExists);
  NewAccount other = Plain("other");
  other.windows_names = {"Corp\\JSmith"};
  const absl::Status taken = directory_->Create(other, {}).status();
  EXPECT_EQ(taken.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(GetErrorReason(taken), ErrorReason::kNameTaken);
  EXPECT_EQ(GetErrorMetadata(taken)["holder"], "accounts/jsmith");
  other = Plain("other");
  other.principal_names = {"JSMITH@corp.example"};
  EXPECT_EQ(ReasonOfCreate(other), ErrorReason::kNameTaken);
  other = Plain("other");
  other.alias = "JOHN.smith";
  EXPECT_EQ(ReasonOfCreate(other), ErrorReason::kNameTaken);
  other = Plain("other");
  other.addresses = {"free@corp.example", "John.Smith@corp.example"};
  EXPECT_EQ(ReasonOfCreate(other), ErrorReason::kNameTaken);
  EXPECT_FALSE(directory_->Get("other").ok());
  EXPECT_EQ(directory_->FindByAddress("free@corp.example"), nullptr);
}

TEST_P(DirectoryConformance, FindsByCertificateNameAndTokenSubject) {
  NewAccount account = Smith();
  account.certificate_names = {"email:JS@corp.example", "uri:https://corp.example/Js",
                               "subject:CN=js,O=Corp", "sha256:" + std::string(64, 'a')};
  account.token_subjects = {"17", "AbC"};
  AccountPtr created = MustCreate(account);
  for (int reopened = 0; reopened < 2; ++reopened) {
    EXPECT_EQ(directory_->FindByCertificateName("email:js@CORP.example"), created);
    EXPECT_EQ(directory_->FindByCertificateName("uri:https://corp.example/Js"), created);
    EXPECT_EQ(directory_->FindByCertificateName("subject:CN=js,O=Corp"), created);
    EXPECT_EQ(directory_->FindByTokenSubject("AbC"), created);
    // Somebody else's, for whoever gave them out.
    EXPECT_EQ(directory_->FindByCertificateName("uri:https://corp.example/js"), nullptr);
    EXPECT_EQ(directory_->FindByCertificateName("subject:cn=js,o=corp"), nullptr);
    EXPECT_EQ(directory_->FindByCertificateName("upn:js@corp.example"), nullptr);
    EXPECT_EQ(directory_->FindByCertificateName("js@corp.example"), nullptr);
    EXPECT_EQ(directory_->FindByTokenSubject("abc"), nullptr);
    EXPECT_EQ(directory_->FindByTokenSubject(""), nullptr);
    if (durable()) Open();
    created = *directory_->Get("jsmith");
  }
  NewAccount other = Plain("other");
  other.certificate_names = {"email:js@corp.example"};
  EXPECT_EQ(ReasonOfCreate(other), ErrorReason::kNameTaken);
  other = Plain("other");
  other.token_subjects = {"17"};
  EXPECT_EQ(ReasonOfCreate(other), ErrorReason::kNameTaken);
  other.token_subjects = {"abc"};
  other.certificate_names = {"uri:https://corp.example/js"};
  MustCreate(other);
  AccountChange change;
  change.certificate_names = {"upn:js@corp.example"};
  change.token_subjects = std::vector<std::string>();
  ASSERT_TRUE(directory_->Update("jsmith", change, {}).ok());
  EXPECT_EQ(directory_->FindByCertificateName("email:js@corp.example"), nullptr);
  EXPECT_EQ(directory_->FindByTokenSubject("17"), nullptr);
  EXPECT_NE(directory_->FindByCertificateName("UPN:js@corp.example"), nullptr);
}

TEST_P(DirectoryConformance, TreatsComposedAndDecomposedNamesAsOne) {
  NewAccount account = Plain("juergen");
  account.windows_names = {"CORP\\j\xc3\xbcrgen"};
  const AccountPtr created = MustCreate(account);
  EXPECT_EQ(directory_->FindByWindowsName("CORP", "JU\xcc\x88RGEN"), created);
}

TEST_P(DirectoryConformance, GivesAWindowsNameToOneOfManyAtOnce) {
  constexpr int kThreads = 8;
  std::atomic<int> winners = 0;
  std::atomic<int> taken = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([this, i, &winners, &taken] {
      NewAccount account = Plain(absl::StrCat("account-", i));
      account.windows_names = {"CORP\\wanted"};
      const auto created = directory_->Create(account, {});
      if (created.ok()) ++winners;
      if (GetErrorReason(created.status()) == ErrorReason::kNameTaken) ++taken;
      EXPECT_NE(directory_->FindByWindowsName("corp", "wanted"), nullptr);
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(winners, 1);
  EXPECT_EQ(taken, kThreads - 1);
  EXPECT_THAT(directory_->List(10, "").accounts, SizeIs(1));
}

TEST_P(DirectoryConformance, RefusesMalformedFields) {
  const auto field_of = [this](const NewAccount& account) {
    return GetInvalidField(directory_->Create(account, {}).status());
  };
  EXPECT_EQ(field_of(Plain("")), "account_id");
  EXPECT_EQ(field_of(Plain("Smith")), "account_id");
  EXPECT_EQ(field_of(Plain(".smith")), "account_id");
  EXPECT_EQ(field_of(Plain(std::string(64, 'a'))), "account_id");
  for (const char* name : {"jsmith", "\\jsmith", "CORP\\", "A\\B\\c", "CORP\\a@b", "CORP/x\\y",
                           "CORP\\ x", "CORP\\a\nb", "CORP\\\xff"}) {
    NewAccount account = Plain("a");
    account.windows_names = {"CORP\\good", name};
    EXPECT_EQ(field_of(account), "account.windows_names[1]") << name;
  }
  NewAccount account = Plain("a");
  account.windows_names = {"CORP\\good", "corp\\GOOD"};
  EXPECT_EQ(field_of(account), "account.windows_names[1]");
  account = Plain("a");
  account.windows_names = std::vector<std::string>(17, "CORP\\x");
  EXPECT_EQ(field_of(account), "account.windows_names");
  account = Plain("a");
  account.windows_names = {"CORP\\" + std::string(252, 'x')};
  EXPECT_EQ(field_of(account), "account.windows_names[0]");
  account = Plain("a");
  account.principal_names = {"no-realm"};
  EXPECT_EQ(field_of(account), "account.principal_names[0]");
  account = Plain("a");
  account.addresses = {"a b@corp.example"};
  EXPECT_EQ(field_of(account), "account.addresses[0]");
  for (const std::string& name :
       {std::string("js@corp.example"), std::string("email:"), std::string("dns:x"),
        std::string("email:a\x01"), "sha256:" + std::string(63, 'a'),
        "sha256:" + std::string(64, 'A'), "uri:" + std::string(509, 'x')}) {
    account = Plain("a");
    account.certificate_names = {name};
    EXPECT_EQ(field_of(account), "account.certificate_names[0]") << name;
  }
  for (const std::string& subject : {std::string(), std::string("\xff"), std::string(321, 'x')}) {
    account = Plain("a");
    account.token_subjects = {subject};
    EXPECT_EQ(field_of(account), "account.token_subjects[0]") << subject;
  }
  account = Plain("a");
  account.alias = "john smith";
  EXPECT_EQ(field_of(account), "account.alias");
  account = Plain("a");
  account.placement = "Mailstore";
  EXPECT_EQ(field_of(account), "account.placement");
  account = Plain("a");
  account.disabled_mechanisms = {"NT LM"};
  EXPECT_EQ(field_of(account), "account.disabled_mechanisms");
}

TEST_P(DirectoryConformance, ListsByPage) {
  for (const char* id : {"d", "b", "a", "c", "e"}) MustCreate(Plain(id));
  const auto ids = [](const AccountPage& page) {
    std::vector<std::string> found;
    for (const AccountPtr& account : page.accounts) found.push_back(account->id);
    return found;
  };
  AccountPage page = directory_->List(2, "");
  EXPECT_THAT(ids(page), ElementsAre("a", "b"));
  EXPECT_TRUE(page.more);
  page = directory_->List(2, "b");
  EXPECT_THAT(ids(page), ElementsAre("c", "d"));
  EXPECT_TRUE(page.more);
  page = directory_->List(2, "d");
  EXPECT_THAT(ids(page), ElementsAre("e"));
  EXPECT_FALSE(page.more);
  EXPECT_FALSE(directory_->List(5, "").more);
}

TEST_P(DirectoryConformance, ChangesTheAliasAndNothingElse) {
  const AccountPtr before = MustCreate(Smith());
  AccountChange change;
  change.alias = "j.smith";
  clock_.Advance(absl::Seconds(1));
  const auto after = directory_->Update("jsmith", change, {});
  ASSERT_TRUE(after.ok());
  EXPECT_EQ((*after)->alias, "j.smith");
  EXPECT_EQ((*after)->mailbox_id, before->mailbox_id);
  EXPECT_EQ((*after)->windows_names, before->windows_names);
  EXPECT_EQ((*after)->create_time, before->create_time);
  EXPECT_EQ((*after)->update_time, before->update_time + absl::Seconds(1));
  EXPECT_NE((*after)->revision, before->revision);
  EXPECT_EQ(directory_->FindByAlias("john.smith"), nullptr);
  EXPECT_EQ(directory_->FindByAlias("j.smith"), *after);
  EXPECT_EQ(directory_->FindByWindowsName("CORP", "jsmith"), *after);
}

TEST_P(DirectoryConformance, FreesNamesForOthers) {
  MustCreate(Smith());
  AccountChange change;
  change.windows_names = std::vector<std::string>{"CORP\\jsmith", "LAB\\jsmith"};
  ASSERT_TRUE(directory_->Update("jsmith", change, {}).ok());
  EXPECT_THAT(directory_->FindByWindowsUser("jsmith", 5), SizeIs(1));
  change.windows_names = std::vector<std::string>{"LAB\\jsmith"};
  ASSERT_TRUE(directory_->Update("jsmith", change, {}).ok());
  NewAccount other = Plain("other");
  other.windows_names = {"CORP\\jsmith"};
  MustCreate(other);
  EXPECT_THAT(directory_->FindByWindowsUser("jsmith", 5), SizeIs(2));
  EXPECT_THAT(directory_->FindByWindowsUser("jsmith", 1), SizeIs(1));
  change.windows_names = std::vector<std::string>{"CORP\\JSMITH"};
  EXPECT_EQ(GetErrorReason(directory_->Update("jsmith", change, {}).status()),
            ErrorReason::kNameTaken);
}

TEST_P(DirectoryConformance, ComparesTheEtag) {
  const AccountPtr first = MustCreate(Smith());
  AccountChange change;
  change.disabled = true;
  WriteOptions options;
  options.expected_revision = first->revision;
  const auto second = directory_->Update("jsmith", change, options);
  ASSERT_TRUE(second.ok());
  const absl::Status stale = directory_->Update("jsmith", change, options).status();
  EXPECT_EQ(stale.code(), absl::StatusCode::kAborted);
  EXPECT_EQ(GetErrorReason(stale), ErrorReason::kEtagMismatch);
  EXPECT_EQ(GetErrorReason(directory_->Purge("jsmith", options)), ErrorReason::kEtagMismatch);
  options.expected_revision = (*second)->revision;
  EXPECT_TRUE(directory_->Purge("jsmith", options).ok());
}

TEST_P(DirectoryConformance, LetsOneOfManyChangesOfOneEtagWin) {
  const AccountPtr first = MustCreate(Smith());
  std::atomic<int> winners = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([this, i, &first, &winners] {
      AccountChange change;
      change.alias = absl::StrCat("alias-", i);
      WriteOptions options;
      options.expected_revision = first->revision;
      if (directory_->Update("jsmith", change, options).ok()) ++winners;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(winners, 1);
}

TEST_P(DirectoryConformance, DeletesWithAllNamesAndNeverReusesAnEtag) {
  const AccountPtr first = MustCreate(Smith());
  ASSERT_TRUE(directory_->Purge("jsmith", {}).ok());
  EXPECT_EQ(directory_->FindByWindowsName("CORP", "jsmith"), nullptr);
  EXPECT_THAT(directory_->FindByWindowsUser("jsmith", 5), IsEmpty());
  EXPECT_EQ(GetErrorReason(directory_->Purge("jsmith", {})), ErrorReason::kAccountNotFound);
  Open();
  if (!durable()) return;
  const AccountPtr second = MustCreate(Smith());
  EXPECT_GT(second->revision, first->revision + 1);
  EXPECT_NE(second->mailbox_id, first->mailbox_id);
}

TEST_P(DirectoryConformance, ReplacesTheCredential) {
  MustCreate(Smith());
  const auto changed = directory_->SetCredential("jsmith", {"k1", "sealed"}, {});
  ASSERT_TRUE(changed.ok());
  ASSERT_TRUE((*changed)->credential.has_value());
  EXPECT_EQ((*changed)->credential->sealed, "sealed");
  EXPECT_EQ(GetErrorReason(directory_->SetCredential("nobody", {"k1", "x"}, {}).status()),
            ErrorReason::kAccountNotFound);
}

TEST_P(DirectoryConformance, AnswersARepeatAsTheFirstTime) {
  const WriteOptions options{.expected_revision = {}, .request_id = kRequest};
  const auto first = directory_->Create(Smith(), options);
  ASSERT_TRUE(first.ok());
  AccountChange change;
  change.alias = "other";
  ASSERT_TRUE(directory_->Update("jsmith", change, {}).ok());
  if (durable()) Open();
  const auto repeat = directory_->Create(Smith(), options);
  ASSERT_TRUE(repeat.ok()) << repeat.status();
  EXPECT_EQ((*repeat)->alias, "john.smith");
  EXPECT_EQ((*repeat)->mailbox_id, (*first)->mailbox_id);
  EXPECT_EQ((*repeat)->revision, (*first)->revision);
  EXPECT_EQ((*directory_->Get("jsmith"))->alias, "other");
}

TEST_P(DirectoryConformance, RepeatsEveryKindOfWrite) {
  MustCreate(Smith());
  WriteOptions options{.expected_revision = {}, .request_id = std::string(32, '1')};
  AccountChange change;
  change.disabled = true;
  const auto updated = directory_->Update("jsmith", change, options);
  EXPECT_EQ((*directory_->Update("jsmith", change, options))->revision, (*updated)->revision);
  options.request_id = std::string(32, '2');
  const auto set = directory_->SetCredential("jsmith", {"k1", "a"}, options);
  EXPECT_EQ((*directory_->SetCredential("jsmith", {"k1", "b"}, options))->revision,
            (*set)->revision);
  EXPECT_EQ((*directory_->Get("jsmith"))->credential->sealed, "a");
  options.request_id = std::string(32, '3');
  const auto policy =
      directory_->UpdatePolicy("pop3", {.mechanisms = {{"NTLM", false, true}}}, options);
  EXPECT_EQ(
      directory_->UpdatePolicy("pop3", {.mechanisms = {{"NTLM", false, true}}}, options)->revision,
      policy->revision);
  options.request_id = std::string(32, '4');
  ASSERT_TRUE(directory_->Purge("jsmith", options).ok());
  MustCreate(Smith());
  EXPECT_TRUE(directory_->Purge("jsmith", options).ok());
  EXPECT_TRUE(directory_->Get("jsmith").ok());
}

TEST_P(DirectoryConformance, RefusesARequestIdForAnotherWrite) {
  const WriteOptions options{.expected_revision = {}, .request_id = kRequest};
  ASSERT_TRUE(directory_->Create(Smith(), options).ok());
  EXPECT_EQ(GetInvalidField(directory_->Create(Plain("other"), options).status()), "request_id");
  EXPECT_EQ(GetInvalidField(directory_->Purge("jsmith", options)), "request_id");
  const WriteOptions malformed{.expected_revision = {}, .request_id = "1"};
  EXPECT_EQ(GetInvalidField(directory_->Purge("jsmith", malformed)), "request_id");
}

TEST_P(DirectoryConformance, DoesNotRememberAFailure) {
  const WriteOptions options{.expected_revision = {}, .request_id = kRequest};
  AccountChange change;
  change.disabled = true;
  EXPECT_FALSE(directory_->Update("jsmith", change, options).ok());
  MustCreate(Smith());
  EXPECT_TRUE(directory_->Update("jsmith", change, options).ok());
}

TEST_P(DirectoryConformance, ForgetsRequestsAfterADay) {
  WriteOptions options{.expected_revision = {}, .request_id = kRequest};
  ASSERT_TRUE(directory_->Create(Smith(), options).ok());
  clock_.Advance(absl::Hours(24) - absl::Seconds(1));
  EXPECT_TRUE(directory_->Create(Smith(), options).ok());
  clock_.Advance(absl::Seconds(1));
  EXPECT_EQ(ReasonOfCreate(Smith(), options), ErrorReason::kAccountExists);
  const WriteOptions other{.expected_revision = {}, .request_id = kOtherRequest};
  ASSERT_TRUE(directory_->Create(Plain("a"), other).ok());
  if (durable()) Open();
  // Free for another write, and in turn remembered.
  ASSERT_TRUE(directory_->Create(Plain("b"), options).ok());
  EXPECT_TRUE(directory_->Create(Plain("b"), options).ok());
}

TEST_P(DirectoryConformance, TakesAnOutdatedRequestIdAgainBeforeItIsSwept) {
  const WriteOptions options{.expected_revision = {}, .request_id = kRequest};
  ASSERT_TRUE(directory_->Create(Plain("a"), options).ok());
  clock_.Advance(absl::Hours(25));
  ASSERT_TRUE(directory_->Create(Plain("b"), options).ok());
  if (durable()) Open();
  EXPECT_TRUE(directory_->Create(Plain("b"), options).ok());
}

TEST_P(DirectoryConformance, ChangesThePolicyAndRefusesUnknownMechanisms) {
  const auto before = directory_->GetPolicy("pop3");
  ASSERT_TRUE(before.ok());
  const auto after = directory_->UpdatePolicy("pop3", {.mechanisms = {{"ntlm", false, false}}}, {});
  ASSERT_TRUE(after.ok()) << after.status();
  EXPECT_FALSE(FindMechanism(*after, "NTLM")->enabled);
  EXPECT_FALSE(FindMechanism(*after, "NTLM")->require_tls);
  EXPECT_TRUE(FindMechanism(*after, "PLAIN")->enabled);
  WriteOptions stale;
  stale.expected_revision = before->revision;
  EXPECT_EQ(
      GetErrorReason(
          directory_->UpdatePolicy("pop3", {.mechanisms = {{"NTLM", true, true}}}, stale).status()),
      ErrorReason::kEtagMismatch);
  EXPECT_EQ(
      GetErrorReason(
          directory_->UpdatePolicy("pop3", {.mechanisms = {{"GSSAPI", true, true}}}, {}).status()),
      ErrorReason::kFieldInvalid);
  EXPECT_EQ(directory_->GetPolicy("imap").status().code(), absl::StatusCode::kNotFound);
}

TEST_P(DirectoryConformance, ChangesWhatNtlmMustBeLike) {
  EXPECT_EQ(directory_->GetPolicy("pop3")->ntlm, ntlm::Policy());
  ntlm::Policy wanted;
  wanted.weakest_response = ntlm::WeakestResponse::kNtlm2Session;
  wanted.accepted_target_names = {"pop/mail.example"};
  PolicyChange change;
  change.ntlm = wanted;
  const WriteOptions once{.expected_revision = {}, .request_id = kRequest};
  const auto changed = directory_->UpdatePolicy("pop3", change, once);
  ASSERT_TRUE(changed.ok()) << changed.status();
  EXPECT_EQ(directory_->UpdatePolicy("pop3", change, once)->revision, changed->revision);
  change.ntlm->allow_lmv2 = true;
  EXPECT_EQ(GetErrorReason(directory_->UpdatePolicy("pop3", change, once).status()),
            ErrorReason::kFieldInvalid);
  if (durable()) Open();
  EXPECT_EQ(directory_->GetPolicy("pop3")->ntlm, wanted);
  // A change of the switches leaves it as it is.
  ASSERT_TRUE(directory_->UpdatePolicy("pop3", {.mechanisms = {{"NTLM", false, true}}}, {}).ok());
  EXPECT_EQ(directory_->GetPolicy("pop3")->ntlm, wanted);
  change.ntlm->accepted_target_names.assign(33, "pop/mail.example");
  EXPECT_EQ(GetErrorReason(directory_->UpdatePolicy("pop3", change, {}).status()),
            ErrorReason::kFieldInvalid);
  change.ntlm->accepted_target_names = {""};
  EXPECT_FALSE(directory_->UpdatePolicy("pop3", change, {}).ok());
  change.ntlm->accepted_target_names = {std::string(256, 'x')};
  EXPECT_FALSE(directory_->UpdatePolicy("pop3", change, {}).ok());
}

TEST_P(DirectoryConformance, LetsAnAccountHaveItsOwnWeakestNtlmResponse) {
  NewAccount smith = Smith();
  smith.weakest_ntlm_response = ntlm::WeakestResponse::kNtlmV1;
  EXPECT_EQ(MustCreate(smith)->weakest_ntlm_response, ntlm::WeakestResponse::kNtlmV1);
  AccountChange change;
  change.weakest_ntlm_response = ntlm::WeakestResponse::kNtlm2Session;
  ASSERT_TRUE(directory_->Update("jsmith", change, {}).ok());
  if (durable()) Open();
  EXPECT_EQ((*directory_->Get("jsmith"))->weakest_ntlm_response,
            ntlm::WeakestResponse::kNtlm2Session);
  AccountChange other;
  other.alias = "js";
  ASSERT_TRUE(directory_->Update("jsmith", other, {}).ok());
  EXPECT_TRUE((*directory_->Get("jsmith"))->weakest_ntlm_response.has_value());
  change.weakest_ntlm_response = std::optional<ntlm::WeakestResponse>();
  ASSERT_TRUE(directory_->Update("jsmith", change, {}).ok());
  EXPECT_FALSE((*directory_->Get("jsmith"))->weakest_ntlm_response.has_value());
}

TEST_P(DirectoryConformance, ChangesWhatNamesMean) {
  const NamePolicy wanted = {.default_domain = "CORP",
                             .empty_domain = EmptyDomain::kRefuse,
                             .foreign_domain = ForeignDomain::kIgnore,
                             .user_case = NameCase::kExact,
                             .realms = {{"corp.example", "", NameCase::kInsensitive},
                                        {"old.example", "OLD", std::nullopt}}};
  PolicyChange change;
  change.names = wanted;
  const WriteOptions once = {.expected_revision = std::nullopt, .request_id = kRequest};
  const auto changed = directory_->UpdatePolicy("pop3", change, once);
  ASSERT_TRUE(changed.ok()) << changed.status();
  EXPECT_EQ(changed->names, wanted);
  EXPECT_EQ(directory_->UpdatePolicy("pop3", change, once)->revision, changed->revision);
  change.names->value().realms[1].user_case = NameCase::kExact;
  EXPECT_EQ(GetErrorReason(directory_->UpdatePolicy("pop3", change, once).status()),
            ErrorReason::kFieldInvalid);
  if (durable()) Open();
  EXPECT_EQ(directory_->GetPolicy("pop3")->names, wanted);
  // A change of the switches leaves them as they are.
  ASSERT_TRUE(directory_->UpdatePolicy("pop3", {.mechanisms = {{"NTLM", false, true}}}, {}).ok());
  EXPECT_EQ(directory_->GetPolicy("pop3")->names, wanted);
  change.names = std::optional<NamePolicy>();
  ASSERT_TRUE(directory_->UpdatePolicy("pop3", change, {}).ok());
  EXPECT_FALSE(directory_->GetPolicy("pop3")->names.has_value());
}

TEST_P(DirectoryConformance, RefusesRulesForNamesThatCannotBe) {
  const auto field = [this](const NamePolicy& names) {
    PolicyChange change;
    change.names = names;
    return GetInvalidField(directory_->UpdatePolicy("pop3", change, {}).status());
  };
  EXPECT_EQ(field({.default_domain = "A\\B"}), "policy.names.default_domain");
  EXPECT_EQ(field({.default_domain = std::string(256, 'x')}), "policy.names.default_domain");
  EXPECT_EQ(field({.default_domain = "\xff"}), "policy.names.default_domain");
  EXPECT_EQ(field({.default_domain = "A", .realms = {{"", "", {}}}}),
            "policy.names.realms[0].name");
  EXPECT_EQ(field({.default_domain = "A", .realms = {{"b@c", "", {}}}}),
            "policy.names.realms[0].name");
  EXPECT_EQ(field({.default_domain = "A", .realms = {{"b", "c/d", {}}}}),
            "policy.names.realms[0].windows_domain");
  EXPECT_EQ(field({.default_domain = "", .realms = {{"b", "", {}}}}),
            "policy.names.realms[0].windows_domain");
  EXPECT_EQ(field({.default_domain = "A", .realms = {{"b", "", {}}, {"B", "C", {}}}}),
            "policy.names.realms[1].name");
  NamePolicy many = {.default_domain = "A"};
  for (size_t i = 0; i <= kMaxRealms; ++i) many.realms.push_back({absl::StrCat("r", i), "", {}});
  EXPECT_EQ(field(many), "policy.names.realms");
  many.realms.pop_back();
  EXPECT_EQ(field(many), "");
}

TEST_P(DirectoryConformance, GrantsAndRevokesDelegates) {
  MustCreate(Smith());
  const AccountPtr anna = MustCreate(Plain("anna"));
  const AccountPtr ben = MustCreate(Plain("ben"));
  const absl::Time end = clock_.WallNow() + absl::Hours(24);
  ASSERT_TRUE(directory_->GrantDelegate("jsmith", {.account_id = "anna"}, {}).ok());
  auto granted = directory_->GrantDelegate(
      "jsmith", {.account_id = "ben", .may_delete = true, .expire_time = end}, {});
  ASSERT_TRUE(granted.ok()) << granted.status();
  const Delegate first = {"anna", anna->mailbox_id, false, absl::InfiniteFuture()};
  const Delegate second = {"ben", ben->mailbox_id, true, end};
  EXPECT_THAT((*granted)->delegates, ElementsAre(first, second));
  // Over a restart, where there is one.
  if (durable()) Open();
  EXPECT_THAT((*directory_->Get("jsmith"))->delegates, ElementsAre(first, second));

  // What is granted again replaces what was.
  granted = directory_->GrantDelegate("jsmith", {.account_id = "anna", .may_delete = true}, {});
  const Delegate more = {"anna", anna->mailbox_id, true, absl::InfiniteFuture()};
  EXPECT_THAT((*granted)->delegates, ElementsAre(second, more));
  auto revoked = directory_->RevokeDelegate("jsmith", "ben", {});
  ASSERT_TRUE(revoked.ok()) << revoked.status();
  EXPECT_THAT((*revoked)->delegates, ElementsAre(more));
  EXPECT_EQ(GetErrorReason(directory_->RevokeDelegate("jsmith", "ben", {}).status()),
            ErrorReason::kDelegateNotFound);
  // Also of one that is not there any more.
  ASSERT_TRUE(directory_->Purge("anna", {}).ok());
  EXPECT_TRUE(directory_->RevokeDelegate("jsmith", "anna", {}).ok());
}

TEST_P(DirectoryConformance, RefusesDelegatesThatCannotBe) {
  MustCreate(Smith());
  const auto reason = [this](absl::string_view owner, const std::string& delegate,
                             const WriteOptions& options = {}) {
    return GetErrorReason(
        directory_->GrantDelegate(owner, {.account_id = delegate}, options).status());
  };
  EXPECT_EQ(reason("jsmith", "nobody"), ErrorReason::kAccountNotFound);
  EXPECT_EQ(reason("nobody", "jsmith"), ErrorReason::kAccountNotFound);
  EXPECT_EQ(reason("jsmith", "jsmith"), ErrorReason::kFieldInvalid);
  EXPECT_EQ(GetErrorReason(directory_->RevokeDelegate("nobody", "jsmith", {}).status()),
            ErrorReason::kAccountNotFound);
  MustCreate(Plain("anna"));
  EXPECT_EQ(reason("jsmith", "anna", {.expected_revision = 1'000'000, .request_id = ""}),
            ErrorReason::kEtagMismatch);
  for (size_t i = 0; i < kMaxDelegates; ++i) {
    const std::string id = absl::StrCat("delegate-", i);
    MustCreate(Plain(id));
    ASSERT_TRUE(directory_->GrantDelegate("jsmith", {.account_id = id}, {}).ok());
  }
  EXPECT_EQ(reason("jsmith", "anna"), ErrorReason::kLimitExceeded);
  // One that there is can still be changed.
  EXPECT_TRUE(
      directory_->GrantDelegate("jsmith", {.account_id = "delegate-7", .may_delete = true}, {})
          .ok());
  EXPECT_THAT((*directory_->Get("jsmith"))->delegates, SizeIs(kMaxDelegates));
}

TEST_P(DirectoryConformance, RepeatsGrantsAndRevocations) {
  MustCreate(Smith());
  MustCreate(Plain("anna"));
  const WriteOptions options = {.expected_revision = std::nullopt, .request_id = kRequest};
  const auto granted = directory_->GrantDelegate("jsmith", {.account_id = "anna"}, options);
  ASSERT_TRUE(granted.ok()) << granted.status();
  const auto again = directory_->GrantDelegate("jsmith", {.account_id = "anna"}, options);
  EXPECT_EQ((*again)->revision, (*granted)->revision);
  EXPECT_EQ(
      GetErrorReason(
          directory_->GrantDelegate("jsmith", {.account_id = "anna", .may_delete = true}, options)
              .status()),
      ErrorReason::kFieldInvalid);
  const WriteOptions other = {.expected_revision = std::nullopt, .request_id = kOtherRequest};
  EXPECT_TRUE(directory_->RevokeDelegate("jsmith", "anna", other).ok());
  EXPECT_TRUE(directory_->RevokeDelegate("jsmith", "anna", other).ok());
}

TEST_P(DirectoryConformance, TellsOfEachChangeOnceItIsVisible) {
  std::vector<bool> saw;
  auto subscription = directory_->OnChange(
      [&] { saw.push_back(FindMechanism(*directory_->GetPolicy("pop3"), "NTLM")->enabled); });
  EXPECT_THAT(saw, IsEmpty());
  ASSERT_TRUE(directory_->UpdatePolicy("pop3", {.mechanisms = {{"NTLM", false, true}}}, {}).ok());
  EXPECT_THAT(saw, ElementsAre(false));
  MustCreate(Smith());
  EXPECT_THAT(saw, SizeIs(2));
  WriteOptions trial;
  trial.validate_only = true;
  ASSERT_TRUE(directory_->Delete("jsmith", absl::Hours(1), trial).ok());
  EXPECT_THAT(saw, SizeIs(2));
  subscription.reset();
  ASSERT_TRUE(directory_->Purge("jsmith", {}).ok());
  EXPECT_THAT(saw, SizeIs(2));
}

TEST_P(DirectoryConformance, GivesChangesSinceAPositionOverARestart) {
  const auto ids = [](const AccountChanges& changes) {
    std::vector<std::string> texts;
    for (const AccountEvent& event : changes.events) {
      texts.push_back(absl::StrCat(event.account == nullptr ? "-" : "", event.account_id));
    }
    return texts;
  };
  MustCreate(Plain("a"));
  MustCreate(Plain("b"));
  MustCreate(Plain("c"));
  const AccountChanges all = directory_->ChangesAfter(std::nullopt, 2);
  EXPECT_THAT(ids(all), ElementsAre("a", "b"));
  ASSERT_TRUE(directory_->Update("a", {.alias = "x"}, {}).ok());
  ASSERT_TRUE(directory_->Purge("b", {}).ok());
  const AccountChanges rest = directory_->ChangesAfter(all.position, 9);
  EXPECT_THAT(ids(rest), ElementsAre("c", "a", "-b"));
  EXPECT_TRUE(rest.complete);
  if (durable()) Open();
  MustCreate(Plain("d"));
  const AccountChanges later = directory_->ChangesAfter(rest.position, 9);
  EXPECT_FALSE(later.reset);
  EXPECT_THAT(ids(later), ElementsAre("d"));
  // Which purges there were before a restart is not known.
  const AccountChanges old = directory_->ChangesAfter(all.position, 9);
  EXPECT_EQ(old.reset, durable());
  const std::vector<std::string> with_purge = {"c", "a", "-b", "d"};
  const std::vector<std::string> without = {"c", "a", "d"};
  EXPECT_EQ(ids(old), durable() ? without : with_purge);
}

TEST_P(DirectoryConformance, HidesTheDeletedAndKeepsTheirNames) {
  MustCreate(Smith());
  const auto deleted = directory_->Delete("jsmith", absl::Hours(48), {});
  ASSERT_TRUE(deleted.ok()) << deleted.status();
  EXPECT_EQ((*deleted)->deletion, (Deletion{clock_.WallNow(), clock_.WallNow() + absl::Hours(48)}));
  if (durable()) Open();
  EXPECT_EQ((*directory_->Get("jsmith"))->deletion, (*deleted)->deletion);
  EXPECT_THAT(directory_->List(5, "").accounts, SizeIs(1));
  EXPECT_EQ(directory_->FindByWindowsName("CORP", "jsmith"), nullptr);
  EXPECT_EQ(directory_->FindByPrincipalName("jsmith@corp.example"), nullptr);
  EXPECT_EQ(directory_->FindByAlias("john.smith"), nullptr);
  EXPECT_EQ(directory_->FindByAddress("john.smith@corp.example"), nullptr);
  EXPECT_THAT(directory_->FindByWindowsUser("jsmith", 5), IsEmpty());
  for (const char* name : {"corp\\JSMITH", "jsmith@corp.example", "john.smith"}) {
    ASSERT_NE(directory_->FindDeleted(name), nullptr) << name;
    EXPECT_EQ(directory_->FindDeleted(name)->id, "jsmith");
  }
  EXPECT_EQ(directory_->FindDeleted("jsmith"), nullptr);
  EXPECT_EQ(ReasonOfCreate(Smith()), ErrorReason::kAccountExists);
  NewAccount other = Smith();
  other.id = "other";
  EXPECT_EQ(ReasonOfCreate(other), ErrorReason::kNameTaken);
  MustCreate(Plain("other"));
  EXPECT_EQ(GetErrorReason(directory_->Update("jsmith", {}, {}).status()),
            ErrorReason::kAccountDeleted);
  EXPECT_EQ(GetErrorReason(directory_->SetCredential("jsmith", {"k1", "x"}, {}).status()),
            ErrorReason::kAccountDeleted);
  EXPECT_EQ(GetErrorReason(directory_->GrantDelegate("other", {"jsmith"}, {}).status()),
            ErrorReason::kAccountDeleted);
  EXPECT_EQ(GetErrorReason(directory_->Delete("jsmith", absl::Hours(1), {}).status()),
            ErrorReason::kAccountDeleted);

  const auto back = directory_->Undelete("jsmith", {});
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ((*back)->deletion, std::nullopt);
  EXPECT_EQ(directory_->FindByAlias("john.smith"), *back);
  EXPECT_EQ(directory_->FindDeleted("john.smith"), nullptr);
  EXPECT_EQ(GetErrorReason(directory_->Undelete("jsmith", {}).status()),
            ErrorReason::kAccountNotDeleted);
}

TEST_P(DirectoryConformance, ADeletedHolderOfAUserDoesNotMakeItAmbiguous) {
  MustCreate(Smith());
  NewAccount other = Plain("other");
  other.windows_names = {"LAB\\jsmith"};
  const AccountPtr kept = MustCreate(other);
  ASSERT_TRUE(directory_->Delete("jsmith", absl::Hours(1), {}).ok());
  EXPECT_THAT(directory_->FindByWindowsUser("jsmith", 2), ElementsAre(kept));
  EXPECT_THAT(directory_->FindByWindowsUser("jsmith", 1), ElementsAre(kept));
}

TEST_P(DirectoryConformance, PurgesWhatHasExpiredAndNothingElse) {
  MustCreate(Smith());
  MustCreate(Plain("later"));
  MustCreate(Plain("used"));
  ASSERT_TRUE(directory_->Delete("jsmith", absl::Hours(1), {}).ok());
  ASSERT_TRUE(directory_->Delete("later", absl::Hours(2), {}).ok());
  EXPECT_EQ(*directory_->PurgeExpired(), 0u);
  clock_.Advance(absl::Hours(1));
  EXPECT_EQ(*directory_->PurgeExpired(), 1u);
  EXPECT_EQ(GetErrorReason(directory_->Get("jsmith").status()), ErrorReason::kAccountNotFound);
  EXPECT_TRUE(directory_->Get("later").ok());
  MustCreate(Smith());
  ASSERT_TRUE(directory_->Undelete("later", {}).ok());
  clock_.Advance(absl::Hours(24));
  EXPECT_EQ(*directory_->PurgeExpired(), 0u);
}

TEST_P(DirectoryConformance, RepeatsDeletionsAndUndeletions) {
  MustCreate(Smith());
  const WriteOptions once{.request_id = kRequest};
  const auto first = directory_->Delete("jsmith", absl::Hours(1), once);
  ASSERT_TRUE(first.ok());
  if (durable()) Open();
  const auto repeat = directory_->Delete("jsmith", absl::Hours(1), once);
  ASSERT_TRUE(repeat.ok());
  EXPECT_EQ((*repeat)->revision, (*first)->revision);
  EXPECT_EQ((*repeat)->deletion, (*first)->deletion);
  const WriteOptions back{.request_id = kOtherRequest};
  const auto undeleted = directory_->Undelete("jsmith", back);
  ASSERT_TRUE(undeleted.ok());
  EXPECT_EQ((*directory_->Undelete("jsmith", back))->revision, (*undeleted)->revision);
  EXPECT_EQ(GetInvalidField(directory_->Purge("jsmith", once)), "request_id");
}

TEST_P(DirectoryConformance, ChecksAndChangesNothingWhenAskedTo) {
  const WriteOptions only{.request_id = kRequest, .validate_only = true};
  ASSERT_TRUE(directory_->Create(Smith(), only).ok());
  EXPECT_FALSE(directory_->Get("jsmith").ok());
  const AccountPtr account = MustCreate(Smith());
  EXPECT_EQ(ReasonOfCreate(Smith(), only), ErrorReason::kAccountExists);
  AccountChange change;
  change.alias = "js";
  EXPECT_EQ((*directory_->Update("jsmith", change, only))->alias, "js");
  EXPECT_TRUE((*directory_->Delete("jsmith", absl::Hours(1), only))->deletion.has_value());
  EXPECT_TRUE(directory_->Purge("jsmith", only).ok());
  ASSERT_TRUE(directory_->UpdatePolicy("pop3", {.mechanisms = {{"NTLM", false, true}}}, only).ok());
  EXPECT_TRUE(FindMechanism(*directory_->GetPolicy("pop3"), "NTLM")->enabled);
  EXPECT_EQ(*directory_->Get("jsmith"), account);
  // The id was not used up.
  EXPECT_TRUE(directory_->Update("jsmith", change, {.request_id = kRequest}).ok());
}

ImportItem Item(NewAccount account) { return {std::move(account), std::nullopt}; }

// "created", "updated", "unchanged", or the reason of the failure, for each.
std::vector<std::string> Outcomes(const std::vector<absl::StatusOr<ImportOutcome>>& outcomes) {
  std::vector<std::string> texts;
  for (const auto& outcome : outcomes) {
    if (!outcome.ok()) {
      texts.emplace_back(ErrorReasonName(GetErrorReason(outcome.status())));
    } else if (*outcome == ImportOutcome::kCreated) {
      texts.emplace_back("created");
    } else {
      texts.emplace_back(*outcome == ImportOutcome::kUpdated ? "updated" : "unchanged");
    }
  }
  return texts;
}

TEST_P(DirectoryConformance, ImportsManyAndAnswersForEach) {
  MustCreate(Smith());
  NewAccount malformed = Plain("malformed");
  malformed.alias = "no alias";
  NewAccount thief = Plain("thief");
  thief.windows_names = {"corp\\JSMITH"};
  NewAccount first = Plain("first");
  first.addresses = {"info@corp.example"};
  first.placement = "";
  NewAccount second = Plain("second");
  second.addresses = {"Info@corp.example"};
  const std::vector<ImportItem> items = {Item(first),  Item(malformed), Item(thief),
                                         Item(second), Item(first),     Item(Smith())};
  const ImportSettings settings{.default_placement = "mailstore-7"};
  EXPECT_THAT(Outcomes(directory_->Import(items, settings)),
              ElementsAre("created", "FIELD_INVALID", "NAME_TAKEN", "NAME_TAKEN", "ACCOUNT_EXISTS",
                          "ACCOUNT_EXISTS"));
  if (durable()) Open();
  EXPECT_EQ((*directory_->Get("first"))->placement, "mailstore-7");
  EXPECT_EQ(directory_->FindByAddress("info@corp.example")->id, "first");
  EXPECT_THAT(directory_->List(9, "").accounts, SizeIs(2));
  EXPECT_THAT(directory_->Import({}, settings), IsEmpty());
}

TEST_P(DirectoryConformance, ImportBringsWhatIsThereUpToDate) {
  const AccountPtr before = MustCreate(Smith());
  ASSERT_TRUE(directory_->SetCredential("jsmith", {"k1", "old"}, {}).ok());
  const ImportSettings settings{.update_existing = true};
  EXPECT_THAT(Outcomes(directory_->Import({Item(Smith())}, settings)), ElementsAre("unchanged"));
  NewAccount changed = Smith();
  changed.alias = "js";
  changed.placement = "";
  changed.disabled_mechanisms = {"ntlm"};
  EXPECT_THAT(Outcomes(directory_->Import({Item(changed)}, settings)), ElementsAre("updated"));
  AccountPtr after = *directory_->Get("jsmith");
  EXPECT_EQ(after->alias, "js");
  EXPECT_EQ(after->placement, "mailstore-0");
  EXPECT_EQ(after->mailbox_id, before->mailbox_id);
  EXPECT_EQ(after->credential->sealed, "old");
  EXPECT_THAT(after->disabled_mechanisms, ElementsAre("NTLM"));
  EXPECT_THAT(Outcomes(directory_->Import({Item(changed)}, settings)), ElementsAre("unchanged"));
  EXPECT_THAT(Outcomes(directory_->Import({{changed, SealedCredential{"k1", "new"}}}, settings)),
              ElementsAre("updated"));
  after = *directory_->Get("jsmith");
  EXPECT_EQ(after->credential->sealed, "new");
  EXPECT_EQ(after->credential->set_time, clock_.WallNow());
  changed.placement = "mailstore-1";
  EXPECT_THAT(Outcomes(directory_->Import({Item(changed)}, settings)),
              ElementsAre("FIELD_INVALID"));
  ASSERT_TRUE(directory_->Delete("jsmith", absl::Hours(1), {}).ok());
  EXPECT_THAT(Outcomes(directory_->Import({Item(Smith())}, settings)),
              ElementsAre("ACCOUNT_DELETED"));
}

// In one message: the first lets a name go, the second takes it, and a third the second's.
TEST_P(DirectoryConformance, NamesMoveWithinAnImport) {
  NewAccount a = Plain("a");
  a.alias = "one";
  NewAccount b = Plain("b");
  b.alias = "two";
  MustCreate(a);
  MustCreate(b);
  a.alias = "three";
  b.alias = "one";
  NewAccount c = Plain("c");
  c.alias = "two";
  const std::vector<ImportItem> items = {Item(a), Item(b), Item(c)};
  const std::vector<std::string> expected = {"updated", "updated", "created"};
  EXPECT_EQ(Outcomes(directory_->Import(items, {.update_existing = true, .validate_only = true})),
            expected);
  EXPECT_EQ(directory_->FindByAlias("one")->id, "a");
  EXPECT_EQ(Outcomes(directory_->Import(items, {.update_existing = true})), expected);
  if (durable()) Open();
  EXPECT_EQ(directory_->FindByAlias("three")->id, "a");
  EXPECT_EQ(directory_->FindByAlias("one")->id, "b");
  EXPECT_EQ(directory_->FindByAlias("two")->id, "c");
}

TEST_P(DirectoryConformance, ATrialOfAnImportChangesNothing) {
  NewAccount twin = Smith();
  twin.id = "twin";
  const ImportSettings trial{.validate_only = true};
  EXPECT_THAT(Outcomes(directory_->Import({Item(Smith()), Item(twin)}, trial)),
              ElementsAre("created", "NAME_TAKEN"));
  EXPECT_THAT(directory_->List(9, "").accounts, IsEmpty());
}

TEST_P(DirectoryConformance, KeepsEverythingOverARestart) {
  if (!durable()) GTEST_SKIP() << "lives as long as the process";
  MustCreate(Smith());
  AccountChange change;
  change.disabled_mechanisms = std::vector<std::string>{"plain"};
  change.disabled = true;
  ASSERT_TRUE(directory_->Update("jsmith", change, {}).ok());
  const auto before = directory_->SetCredential("jsmith", {"k1", std::string("\0\1x", 3)}, {});
  ASSERT_TRUE(before.ok());
  const auto policy = directory_->UpdatePolicy("pop3", {.mechanisms = {{"NTLM", false, true}}}, {});
  Open();
  const auto after = directory_->Get("jsmith");
  ASSERT_TRUE(after.ok());
  EXPECT_THAT((*after)->disabled_mechanisms, ElementsAre("PLAIN"));
  EXPECT_TRUE((*after)->disabled);
  EXPECT_EQ((*after)->revision, (*before)->revision);
  EXPECT_EQ((*after)->mailbox_id, (*before)->mailbox_id);
  EXPECT_EQ((*after)->update_time, (*before)->update_time);
  EXPECT_EQ((*after)->credential->key_id, "k1");
  EXPECT_EQ((*after)->credential->sealed, std::string("\0\1x", 3));
  EXPECT_EQ((*after)->credential->set_time, clock_.WallNow());
  EXPECT_EQ(directory_->FindByAlias("john.smith"), *after);
  EXPECT_EQ(directory_->GetPolicy("pop3")->revision, policy->revision);
  EXPECT_FALSE(FindMechanism(*directory_->GetPolicy("pop3"), "NTLM")->enabled);
  EXPECT_GT(MustCreate(Plain("later"))->revision, policy->revision);
}

// "UpdateAccount accounts/jsmith alias:a>b", of each entry.
std::vector<std::string> AuditTexts(const Directory& directory, uint64_t before = UINT64_MAX,
                                    size_t limit = 1'000) {
  std::vector<std::string> texts;
  const std::vector<audit::Entry> entries = directory.ListAudit(before, limit).value();
  for (const audit::Entry& entry : entries) {
    texts.push_back(absl::StrCat(entry.author.method, " ", entry.resource));
    for (const audit::FieldChange& change : entry.changes) {
      absl::StrAppend(&texts.back(), " ", change.field, ":", absl::StrJoin(change.old_values, ","),
                      ">", absl::StrJoin(change.new_values, ","));
    }
  }
  return texts;
}

WriteOptions By(const std::string& method) {
  WriteOptions options;
  options.author = {"spiffe://restante/account-admin/ops", method};
  return options;
}

TEST_P(DirectoryConformance, KeepsWhoChangedWhat) {
  constexpr char kNow[] = "2027-01-15T08:00:00Z";
  clock_.Advance(absl::FromUnixSeconds(1'800'000'000) - clock_.WallNow());
  NewAccount plain = Plain("a");
  plain.alias = "first";
  WriteOptions create = By("CreateAccount");
  create.request_id = kRequest;
  const AccountPtr account = *directory_->Create(plain, create);
  // Neither a repeat, a trial nor a failure leaves anything.
  ASSERT_TRUE(directory_->Create(plain, create).ok());
  ASSERT_FALSE(directory_->Create(plain, By("CreateAccount")).ok());
  WriteOptions trial = By("UpdateAccount");
  trial.validate_only = true;
  ASSERT_TRUE(directory_->Update("a", {.alias = "tried"}, trial).ok());
  ASSERT_TRUE(directory_->Update("a", {.alias = "second"}, By("UpdateAccount")).ok());
  ASSERT_TRUE(directory_->SetCredential("a", {"k1", "sealed"}, By("SetCredential")).ok());
  ASSERT_TRUE(directory_
                  ->UpdatePolicy("pop3", {.mechanisms = {{"NTLM", false, true}}},
                                 By("UpdateProtocolPolicy"))
                  .ok());
  ImportSettings settings;
  settings.author = {"", "ImportAccounts"};
  directory_->Import({{Plain("b")}, {Plain("c")}}, settings);
  ASSERT_TRUE(directory_->Purge("a", By("DeleteAccount")).ok());
  if (durable()) Open();
  const std::string set = absl::StrCat("under key k1, set ", kNow);
  EXPECT_THAT(
      AuditTexts(*directory_),
      ElementsAre(absl::StrCat("DeleteAccount accounts/a alias:second> credential:", set,
                               "> mailbox_id:", account->mailbox_id, "> placement:mailstore-0>"),
                  testing::StartsWith("ImportAccounts accounts/c mailbox_id:>"),
                  testing::StartsWith("ImportAccounts accounts/b mailbox_id:>"),
                  "UpdateProtocolPolicy protocolPolicies/pop3 "
                  "mechanisms.NTLM:enabled, under TLS alone>disabled, under TLS alone",
                  absl::StrCat("SetCredential accounts/a credential:>", set),
                  "UpdateAccount accounts/a alias:first>second",
                  absl::StrCat("CreateAccount accounts/a alias:>first mailbox_id:>",
                               account->mailbox_id, " placement:>mailstore-0")));
  const audit::Entry oldest = directory_->ListAudit(2, 10)->at(0);
  EXPECT_EQ(oldest.number, 1u);
  EXPECT_EQ(oldest.time, clock_.WallNow());
  EXPECT_EQ(oldest.author.caller, "spiffe://restante/account-admin/ops");
  EXPECT_EQ(oldest.request_id, kRequest);
  EXPECT_THAT(AuditTexts(*directory_, 3, 1), ElementsAre(testing::StartsWith("UpdateAccount")));
}

TEST_P(DirectoryConformance, DropsOldAuditEntriesButNotTheLast) {
  const absl::Time begin = clock_.WallNow();
  EXPECT_EQ(*directory_->TrimAudit(begin), 0u);
  for (const char* id : {"a", "b", "c"}) {
    MustCreate(Plain(id));
    clock_.Advance(absl::Hours(1));
  }
  EXPECT_EQ(*directory_->TrimAudit(begin), 0u);
  EXPECT_EQ(*directory_->TrimAudit(begin + absl::Minutes(1)), 1u);
  EXPECT_THAT(AuditTexts(*directory_), SizeIs(2));
  if (durable()) Open();
  EXPECT_EQ(*directory_->TrimAudit(absl::InfiniteFuture()), 1u);
  EXPECT_EQ(*directory_->TrimAudit(absl::InfiniteFuture()), 0u);
  if (durable()) Open();
  MustCreate(Plain("d"));
  EXPECT_EQ(directory_->ListAudit(UINT64_MAX, 1)->at(0).number, 4u);
}

class RocksDbDirectory : public testing::Test {
 protected:
  absl::StatusOr<std::unique_ptr<Directory>> Open() {
    return OpenRocksDbDirectory(folder_.path() + "/d", Defaults(), clock_, random_);
  }
  void PutRaw(const std::string& key, const std::string& value) {
    rocksdb::DB* database = nullptr;
    std::vector<rocksdb::ColumnFamilyHandle*> families;
    ASSERT_TRUE(rocksdb::DB::Open({}, folder_.path() + "/d", {{"default", {}}, {"audit", {}}},
                                  &families, &database)
                    .ok());
    EXPECT_TRUE(database->Put({}, key, value).ok());
    for (const rocksdb::ColumnFamilyHandle* family : families) delete family;
    delete database;
  }

  FakeClock clock_;
  FakeRandom random_;
  TemporaryFolder folder_;
};

TEST_F(RocksDbDirectory, RefusesANewerFormat) {
  ASSERT_TRUE(Open().ok());
  PutRaw("f", std::string("\0\0\0\3", 4));
  EXPECT_EQ(Open().status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(RocksDbDirectory, TakesOnTheFirstFormat) {
  ASSERT_TRUE((*Open())->Create(Smith(), {}).ok());
  PutRaw("f", std::string("\0\0\0\1", 4));
  for (int i = 0; i < 2; ++i) EXPECT_TRUE((*Open())->Get("jsmith").ok());
}

TEST_F(RocksDbDirectory, RefusesDamagedAndUnknownRecords) {
  for (const std::string& value : {std::string(), std::string("\2rest"), std::string("\1\0", 2)}) {
    ASSERT_TRUE(Open().ok());
    PutRaw("ajsmith", value);
    EXPECT_EQ(Open().status().code(), absl::StatusCode::kDataLoss);
    std::filesystem::remove_all(folder_.path() + "/d");
  }
  ASSERT_TRUE(Open().ok());
  PutRaw("zzz", "x");
  EXPECT_EQ(Open().status().code(), absl::StatusCode::kDataLoss);
}

TEST_F(RocksDbDirectory, RefusesToBeOpenedTwice) {
  const auto first = Open();
  ASSERT_TRUE(first.ok());
  EXPECT_EQ(Open().status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(RocksDbDirectory, IsPrivate) {
  ASSERT_TRUE(Open().ok());
  EXPECT_EQ(std::filesystem::status(folder_.path() + "/d").permissions(),
            std::filesystem::perms::owner_all);
}

TEST_F(RocksDbDirectory, SaysWhereItCannotBeOpened) {
  const absl::Status status =
      OpenRocksDbDirectory(folder_.path() + "/no/such", Defaults(), clock_, random_).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(status.message()), testing::HasSubstr("/no/such"));
}

}  // namespace
}  // namespace restante::directory
