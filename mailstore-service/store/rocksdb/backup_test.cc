#include "mailstore-service/store/rocksdb/backup.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/crc32c.h"
#include "mailstore-service/store/rocksdb/codec.h"
#include "mailstore-service/store/rocksdb/database.h"
#include "mailstore-service/store/rocksdb/inspection.h"
#include "mailstore-service/store/rocksdb/rocksdb_store.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_random.h"
#include "tests/support/temporary_directory.h"

namespace restante::mailstore {
namespace {

namespace fs = std::filesystem;

class BackupTest : public testing::Test {
 protected:
  std::unique_ptr<RocksdbStore> OpenIn(const std::string& directory) {
    auto store = OpenRocksdbStore({directory, size_t{4} << 20}, clock_, random_);
    EXPECT_TRUE(store.ok()) << store.status();
    return *std::move(store);
  }
  static void Deliver(Mailstore& store, const std::string& text) {
    auto writer = *store.BeginDelivery({"m"});
    ASSERT_TRUE(writer->Append(text).ok());
    const auto results = writer->Finish(static_cast<int64_t>(text.size()), ExtendCrc32c(0, text),
                                        {absl::StrCat("id", text.substr(0, 20))});
    ASSERT_TRUE(results.ok() && results->at(0).status.ok());
  }
  absl::StatusOr<BackupInfo> BackUpStore(const std::function<bool(int64_t)>& go_on) {
    return store_->Backup(backups_, go_on);
  }
  absl::StatusOr<BackupInfo> BackUpStore() {
    return BackUpStore([](int64_t) { return true; });
  }
  // Octets of all files in the folder of backups.
  int64_t OctetsThere() const {
    int64_t octets = 0;
    for (const auto& entry : fs::recursive_directory_iterator(backups_)) {
      if (entry.is_regular_file()) octets += static_cast<int64_t>(entry.file_size());
    }
    return octets;
  }

  FakeClock clock_;
  FakeRandom random_;
  TemporaryDirectory directory_;
  const std::string backups_ = directory_.path() + "/backups";
  std::unique_ptr<RocksdbStore> store_ = OpenIn(directory_.path() + "/store");
};

TEST_F(BackupTest, WhatIsRestoredIsTheStoreAsItWas) {
  const std::string large(1'000'000, 'x');
  Deliver(*store_, "small\r\n");
  Deliver(*store_, large);
  const Lease lease = store_->Open("m", {"session", "192.0.2.1", "frontend"})->lease;
  const std::vector<MessageSummary> before = *store_->ListMessages("m", 0, 10);
  ASSERT_TRUE(BackUpStore().ok());
  Deliver(*store_, "later\r\n");

  const std::string restored_in = directory_.path() + "/restored";
  const absl::Status status = RestoreBackup(backups_, 1, restored_in);
  ASSERT_TRUE(status.ok()) << status;
  std::unique_ptr<RocksdbStore> restored = OpenIn(restored_in);
  const std::vector<MessageSummary> after = *restored->ListMessages("m", 0, 10);
  ASSERT_EQ(after.size(), 2u);
  for (size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(after[i].uidl, before[i].uidl);
    EXPECT_EQ(after[i].size_octets, before[i].size_octets);
  }
  EXPECT_TRUE(restored->VerifyMessages("m", 0, 10)->damaged.empty());
  // The session goes on, and a repeated delivery is known.
  EXPECT_TRUE(restored->Renew(lease).ok());
  Deliver(*restored, "small\r\n");
  EXPECT_EQ(restored->GetMailbox("m")->message_count, 2);
  // No id or UIDL comes twice, not even those given out behind the backup (D6).
  Deliver(*store_, "in the old store\r\n");
  Deliver(*restored, "in the restored one\r\n");
  const std::string lost = store_->ListMessages("m", 0, 10)->back().uidl;
  EXPECT_NE(restored->ListMessages("m", 0, 10)->back().uidl, lost);
}

TEST_F(BackupTest, TheNextOneCopiesOnlyWhatIsNew) {
  Deliver(*store_, std::string(4'000'000, 'x'));
  ASSERT_TRUE(BackUpStore().ok());
  const int64_t first = OctetsThere();
  EXPECT_GT(first, 4'000'000);
  Deliver(*store_, "small\r\n");
  ASSERT_TRUE(BackUpStore().ok());
  EXPECT_LT(OctetsThere() - first, 500'000);
  ASSERT_EQ(ListBackups(backups_)->size(), 2u);
  EXPECT_GT(ListBackups(backups_)->at(1).size_octets, 4'000'000);
  // Each is whole without the other.
  ASSERT_TRUE(DropOldBackups(backups_, 1).ok());
  EXPECT_EQ(ListBackups(backups_)->at(0).backup_id, 2u);
  EXPECT_TRUE(absl::IsNotFound(VerifyBackup(backups_, 1)));
  ASSERT_TRUE(RestoreBackup(backups_, 2, directory_.path() + "/restored").ok());
  EXPECT_EQ(OpenIn(directory_.path() + "/restored")->GetMailbox("m")->message_count, 2);
}

TEST_F(BackupTest, ADamagedOneIsSaidAndNotRestored) {
  Deliver(*store_, std::string(1'000'000, 'x'));
  ASSERT_TRUE(BackUpStore().ok());
  EXPECT_TRUE(VerifyBackup(backups_, 1).ok());
  fs::path largest;
  for (const auto& entry : fs::recursive_directory_iterator(backups_)) {
    if (!entry.is_regular_file()) continue;
    if (largest.empty() || entry.file_size() > fs::file_size(largest)) largest = entry.path();
  }
  {
    std::fstream file(largest, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(500'000);
    file.put('y');
  }
  EXPECT_EQ(VerifyBackup(backups_, 1).code(), absl::StatusCode::kDataLoss);
  const std::string into = directory_.path() + "/restored";
  EXPECT_EQ(RestoreBackup(backups_, 1, into).code(), absl::StatusCode::kDataLoss);
  EXPECT_TRUE(!fs::exists(into) || fs::is_empty(into));
}

TEST_F(BackupTest, AStoreSaysWhatItHolds) {
  const std::string directory = directory_.path() + "/store";
  Deliver(*store_, "1\r\n");
  Deliver(*store_, "two\r\n");
  ASSERT_EQ(*store_->DeleteMessages("m", {store_->ListMessages("m", 0, 1)->at(0).message_id}, {}),
            1);
  ASSERT_TRUE(store_->CreateMailbox("n", {}, {}).ok());
  ASSERT_TRUE(store_->DeleteMailbox("n", {}).ok());
  store_.reset();
  const absl::StatusOr<StoreInspection> found = InspectStore(directory);
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(found->format, 5u);
  EXPECT_EQ(found->mailboxes, 2);
  EXPECT_EQ(found->deleted_mailboxes, 1);
  EXPECT_EQ(found->messages, (MessageTotals{1, 5}));
  EXPECT_EQ(found->deleted_messages, (MessageTotals{1, 3}));
  EXPECT_EQ(found->delivery_ids, 2);
  EXPECT_TRUE(found->faults.empty());
  {
    auto database = *Database::Open(directory, size_t{4} << 20, clock_, random_);
    rocksdb::WriteBatch batch;
    batch.Put(database->index(), codec::IndexKey("m", 7), "junk");
    batch.Merge(database->mailboxes(), "m", codec::EncodeUsage({1, 0}));
    ASSERT_TRUE(database->Write(&batch, true).ok());
  }
  const std::vector<std::string> faults = InspectStore(directory)->faults;
  ASSERT_EQ(faults.size(), 2u);
  EXPECT_EQ(faults[0], "the record of mailboxes/m/messages/7 does not decode");
  EXPECT_EQ(faults[1], "mailboxes/m counts 2 messages of 5 octets, and holds 1 of 5");
  EXPECT_TRUE(absl::IsNotFound(InspectStore(directory_.path()).status()));
}

TEST_F(BackupTest, NothingIsRestoredOverMail) {
  Deliver(*store_, "1\r\n");
  ASSERT_TRUE(BackUpStore().ok());
  EXPECT_EQ(RestoreBackup(backups_, 1, directory_.path() + "/store").code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_TRUE(absl::IsNotFound(RestoreBackup(backups_, 7, directory_.path() + "/restored")));
  EXPECT_TRUE(ListBackups(directory_.path() + "/none")->empty());
}

TEST_F(BackupTest, OneThatWasStoppedIsNone) {
  Deliver(*store_, "first\r\n");
  ASSERT_TRUE(BackUpStore().ok());
  for (int i = 0; i < 4; ++i) Deliver(*store_, absl::StrCat(i, std::string(4'000'000, 'x')));
  EXPECT_TRUE(absl::IsCancelled(BackUpStore([](int64_t) { return false; }).status()));
  EXPECT_EQ(ListBackups(backups_)->size(), 1u);
  EXPECT_TRUE(VerifyBackup(backups_, 1).ok());
  ASSERT_TRUE(BackUpStore().ok());
  EXPECT_EQ(ListBackups(backups_)->size(), 2u);
}

}  // namespace
}  // namespace restante::mailstore
