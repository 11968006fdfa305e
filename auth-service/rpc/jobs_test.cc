// The directory's long jobs, on a directory on the disk.

#include "auth-service/rpc/jobs.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "auth-service/directory/rocksdb/rocksdb_directory.h"
#include "common/base/error_reason.h"
#include "common/rpc/time_messages.h"
#include "gmock/gmock.h"
#include "restante/auth/v1/directory_job.pb.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_random.h"

namespace restante::rpc {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;

// Says what was reported; stops the job after so many reports.
class RecordingContext : public operations::JobContext {
 public:
  explicit RecordingContext(int reports_until_stop = 1'000'000) : left_(reports_until_stop) {}

  bool Report(const google::protobuf::Message& metadata) override {
    last_.PackFrom(metadata);
    const auto* field = metadata.GetDescriptor()->FindFieldByName("phase");
    phases_.push_back(metadata.GetReflection()->GetString(metadata, field));
    return left_-- > 0;
  }
  const google::protobuf::Any& last() const { return last_; }
  const std::vector<std::string>& phases() const { return phases_; }

 private:
  int left_;
  google::protobuf::Any last_;
  std::vector<std::string> phases_;
};

class JobsTest : public testing::Test {
 protected:
  JobsTest() {
    std::string pattern = testing::TempDir() + "restante-jobs-XXXXXX";
    folder_ = mkdtemp(pattern.data());
    backups_ = folder_ + "/backups";
    Open(folder_ + "/directory");
  }
  ~JobsTest() override {
    directory_.reset();
    fs::remove_all(folder_);
  }

  void Open(const std::string& path) {
    directory_.reset();
    auto opened = directory::OpenRocksDbDirectory(path, {}, clock_, random_);
    ASSERT_TRUE(opened.ok()) << opened.status();
    directory_ = *std::move(opened);
  }

  directory::CredentialVault Vault(const std::vector<std::string>& ids, const std::string& active) {
    std::map<std::string, Secret> keys;
    for (const std::string& id : ids) keys.emplace(id, Secret(std::string(32, id.back())));
    return directory::CredentialVault(*KeyRing::Create(std::move(keys), active), random_);
  }
  void Create(const std::string& id, const directory::CredentialVault& vault) {
    directory::NewAccount account;
    account.id = id;
    account.placement = "mailstore-0";
    ASSERT_TRUE(directory_->Create(account, {}).ok());
    const auto credential = vault.CredentialOf(Secret::CopyOf(absl::StrCat("password of ", id)));
    ASSERT_TRUE(directory_->SetCredential(id, vault.Seal(id, *credential), {}).ok());
  }
  template <typename Response, typename Metadata>
  absl::StatusOr<Response> Run(const directory::CredentialVault& vault, const Metadata& metadata,
                               operations::JobContext& context) {
    google::protobuf::Any any;
    any.PackFrom(metadata);
    const auto job = MakeDirectoryJobs({*directory_, vault, backups_, clock_})(any);
    const auto outcome = job->Run(context);
    if (!outcome.ok()) return outcome.status();
    Response response;
    EXPECT_TRUE(outcome->UnpackTo(&response));
    return response;
  }
  std::string KeyIdOf(const std::string& id) { return (*directory_->Get(id))->credential->key_id; }

  FakeClock clock_;
  FakeRandom random_;
  std::string folder_;
  std::string backups_;
  std::unique_ptr<directory::Directory> directory_;
};

TEST_F(JobsTest, SealsEveryCredentialUnderTheActiveKey) {
  const directory::CredentialVault old = Vault({"k1"}, "k1");
  for (int i = 0; i < 450; ++i) Create(absl::StrCat("a", i), old);
  const directory::CredentialVault both = Vault({"k1", "k2"}, "k2");
  Create("new", both);
  Create("lost", Vault({"k0"}, "k0"));
  directory::NewAccount shared;
  shared.id = "shared";
  shared.placement = "mailstore-0";
  ASSERT_TRUE(directory_->Create(shared, {}).ok());
  ASSERT_TRUE(directory_->Delete("a7", absl::Hours(1), {}).ok());
  const directory::AccountPtr before = *directory_->Get("a1");

  auth::v1::RewrapCredentialsMetadata metadata;
  metadata.set_caller("spiffe://restante/key-admin/ops");
  RecordingContext context;
  const auto response = Run<auth::v1::RewrapCredentialsResponse>(both, metadata, context);
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->rewrapped(), 450);
  EXPECT_EQ(response->unchanged(), 1);
  ASSERT_EQ(response->failures_size(), 1);
  EXPECT_EQ(response->failures(0).account(), "accounts/lost");
  EXPECT_EQ(response->failures(0).key_id(), "k0");
  EXPECT_EQ(response->failures(0).cause(), "CREDENTIAL_KEY_MISSING");
  ASSERT_TRUE(context.last().UnpackTo(&metadata));
  EXPECT_EQ(metadata.phase(), "done");
  EXPECT_EQ(metadata.done(), 453);
  EXPECT_EQ(metadata.total(), 453);
  EXPECT_EQ(metadata.active_key_id(), "k2");

  Open(folder_ + "/directory");
  const directory::CredentialVault active = Vault({"k2"}, "k2");
  for (const char* id : {"a1", "a7", "a449", "new"}) {
    const auto opened = active.Open(id, *(*directory_->Get(id))->credential);
    ASSERT_TRUE(opened.ok()) << id << opened.status();
  }
  EXPECT_EQ(KeyIdOf("lost"), "k0");
  // Nothing is known to have changed.
  const directory::AccountPtr after = *directory_->Get("a1");
  EXPECT_EQ(after->revision, before->revision);
  EXPECT_EQ(after->update_time, before->update_time);
  EXPECT_EQ(after->credential->set_time, before->credential->set_time);
  const audit::Entry entry = directory_->ListAudit(UINT64_MAX, 1)->at(0);
  EXPECT_EQ(entry.author.caller, "spiffe://restante/key-admin/ops");
  EXPECT_EQ(entry.author.method, "RewrapCredentials");
  EXPECT_EQ(entry.changes.at(0).field, "credential");
}

TEST_F(JobsTest, GoesOnRewrappingWhereItWasStopped) {
  const directory::CredentialVault old = Vault({"k1"}, "k1");
  for (int i = 0; i < 450; ++i) Create(absl::StrCat("a", i), old);
  const directory::CredentialVault both = Vault({"k1", "k2"}, "k2");
  auth::v1::RewrapCredentialsMetadata metadata;
  RecordingContext stopped(/*reports_until_stop=*/1);
  EXPECT_FALSE(Run<auth::v1::RewrapCredentialsResponse>(both, metadata, stopped).ok());
  ASSERT_TRUE(stopped.last().UnpackTo(&metadata));
  EXPECT_EQ(metadata.rewrapped(), 200);
  RecordingContext context;
  const auto response = Run<auth::v1::RewrapCredentialsResponse>(both, metadata, context);
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->rewrapped(), 450);
  EXPECT_EQ(response->unchanged(), 0);
}

TEST_F(JobsTest, LeavesWhatWasSetMeanwhile) {
  const directory::CredentialVault old = Vault({"k1"}, "k1");
  Create("a", old);
  const std::string sealed = (*directory_->Get("a"))->credential->sealed;
  ASSERT_TRUE(directory_->SetCredential("a", {"k2", "newer"}, {}).ok());
  EXPECT_EQ(*directory_->Reseal({{"a", sealed, {"k2", "older"}}, {"none", "", {}}}, {}), 0u);
  EXPECT_EQ((*directory_->Get("a"))->credential->sealed, "newer");
}

TEST_F(JobsTest, WritesABackupThatAuthCanBeStartedOn) {
  const directory::CredentialVault vault = Vault({"k1"}, "k1");
  for (int i = 0; i < 3; ++i) Create(absl::StrCat("a", i), vault);
  auth::v1::BackupDirectoryMetadata metadata;
  *metadata.mutable_create_time() = ToTimestamp(absl::FromUnixSeconds(1'800'000'000));
  RecordingContext context;
  const auto response = Run<auth::v1::BackupDirectoryResponse>(vault, metadata, context);
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->path(), backups_ + "/directory-20270115T080000.000000Z");
  EXPECT_EQ(response->accounts(), 3);
  EXPECT_EQ(response->revision(), 6u);
  EXPECT_THAT(response->key_ids(), ElementsAre("k1"));
  EXPECT_THAT(context.phases(), testing::Contains("copy"));
  EXPECT_THAT(context.phases(), testing::Contains("verify"));
  EXPECT_EQ(context.phases().back(), "done");
  EXPECT_EQ(fs::status(response->path()).permissions() & fs::perms::others_all, fs::perms::none);

  // What happens later is not in it, and a repeat leaves it as it is.
  ASSERT_TRUE(directory_->Purge("a1", {}).ok());
  Create("later", vault);
  RecordingContext again;
  EXPECT_EQ(Run<auth::v1::BackupDirectoryResponse>(vault, metadata, again)->revision(), 6u);
  Open(response->path());
  EXPECT_TRUE(directory_->Get("a1").ok());
  EXPECT_FALSE(directory_->Get("later").ok());
  EXPECT_TRUE(vault.Open("a1", *(*directory_->Get("a1"))->credential).ok());
  EXPECT_EQ(directory_->ListAudit(UINT64_MAX, 9)->size(), 6u);
}

TEST_F(JobsTest, LeavesNoHalfBackup) {
  const directory::CredentialVault vault = Vault({"k1"}, "k1");
  for (int i = 0; i < 1'000; ++i) {
    directory::NewAccount account;
    account.id = absl::StrCat("a", i);
    account.placement = "mailstore-0";
    ASSERT_TRUE(directory_->Import({{account}}, {})[0].ok());
  }
  auth::v1::BackupDirectoryMetadata metadata;
  RecordingContext stopped(/*reports_until_stop=*/0);
  EXPECT_EQ(Run<auth::v1::BackupDirectoryResponse>(vault, metadata, stopped).status().code(),
            absl::StatusCode::kCancelled);
  EXPECT_TRUE(fs::is_empty(backups_));
  // One that a crash left behind goes.
  fs::create_directory(backups_ + "/directory-19700101T000000.000000Z.partial");
  RecordingContext context;
  EXPECT_TRUE(Run<auth::v1::BackupDirectoryResponse>(vault, metadata, context).ok());
  backups_ = folder_ + "/no/such";
  EXPECT_EQ(Run<auth::v1::BackupDirectoryResponse>(vault, metadata, context).status().code(),
            absl::StatusCode::kUnavailable);
}

TEST_F(JobsTest, FindsADamagedBackup) {
  const directory::CredentialVault vault = Vault({"k1"}, "k1");
  Create("a", vault);
  auth::v1::BackupDirectoryMetadata metadata;
  RecordingContext context;
  const auto response = Run<auth::v1::BackupDirectoryResponse>(vault, metadata, context);
  ASSERT_TRUE(response.ok()) << response.status();
  for (const auto& file : fs::directory_iterator(response->path())) {
    if (file.path().extension() != ".sst") continue;
    const auto size = fs::file_size(file.path());
    std::string path = file.path();
    // Its own copy: the directory that serves has the same file.
    fs::copy_file(path, path + ".copy");
    fs::rename(path + ".copy", path);
    fs::resize_file(path, size / 2);
  }
  const auto all = [](size_t) { return true; };
  EXPECT_FALSE(directory::ReadBackup(response->path(), all).ok());
  EXPECT_TRUE(directory_->Get("a").ok());
}

}  // namespace
}  // namespace restante::rpc
