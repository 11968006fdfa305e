#include "mailstore-service/store/rocksdb/rocksdb_store.h"

#include <gtest/gtest.h>
#include <rocksdb/db.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/crc32c.h"
#include "common/base/error_reason.h"
#include "mailstore-service/store/rocksdb/codec.h"
#include "mailstore-service/store/rocksdb/database.h"
#include "tests/conformance/mailstore_conformance.h"
#include "tests/support/fake_random.h"

namespace restante::mailstore {
namespace {

namespace fs = std::filesystem;

class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string pattern = (fs::temp_directory_path() / "restante-store-XXXXXX").string();
    path_ = mkdtemp(pattern.data());
  }
  ~TemporaryDirectory() { fs::remove_all(path_); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

class RocksdbStoreUnderTest : public StoreUnderTest {
 public:
  explicit RocksdbStoreUnderTest(const Clock& clock) : clock_(clock) { Start(); }
  Mailstore& store() override { return *store_; }
  bool Restart() override {
    store_.reset();
    Start();
    return true;
  }

 private:
  void Start() {
    auto store = OpenRocksdbStore(
        {directory_.path(), size_t{4} << 20, MailstoreConformance::kMaxMessageOctets}, clock_,
        random_);
    ASSERT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
  }

  const Clock& clock_;
  FakeRandom random_;
  TemporaryDirectory directory_;
  std::unique_ptr<Mailstore> store_;
};

INSTANTIATE_TEST_SUITE_P(Rocksdb, MailstoreConformance,
                         testing::Values(StoreFactory{
                             "Rocksdb",
                             [](const Clock& clock) {
                               return std::make_unique<RocksdbStoreUnderTest>(clock);
                             }}),
                         [](const auto& factory) { return factory.param.name; });

class RocksdbStoreTest : public testing::Test {
 protected:
  absl::StatusOr<std::unique_ptr<Mailstore>> OpenIn(const std::string& directory) {
    return OpenRocksdbStore({directory, size_t{4} << 20, int64_t{4} << 20}, clock_, random_);
  }
  static void Deliver(Mailstore& store, const std::string& text) {
    auto writer = store.BeginDelivery({"m"});
    ASSERT_TRUE((*writer)->Append(text).ok());
    auto results = (*writer)->Finish(static_cast<int64_t>(text.size()), ExtendCrc32c(0, text), {});
    ASSERT_TRUE(results.ok() && results->at(0).status.ok());
  }
  // The status of reading each message of "m" to its end.
  static std::vector<absl::Status> ReadEach(Mailstore& store) {
    std::vector<absl::Status> statuses;
    OpenedMaildrop opened = *store.Open("m", {"reader", "", ""});
    for (const MessageSummary& message : opened.messages) {
      auto reader = store.Read(opened.lease, {message.message_id, 0, std::nullopt});
      absl::StatusOr<std::string> piece = std::string("not empty");
      while (piece.ok() && !piece->empty()) piece = (*reader)->Next();
      statuses.push_back(piece.status());
    }
    return statuses;
  }

  FakeClock clock_;
  FakeRandom random_;
  TemporaryDirectory directory_;
};

// A copy of the files of a running store is what a crash leaves.
TEST_F(RocksdbStoreTest, WhatWasAcknowledgedIsThereAfterACrash) {
  TemporaryDirectory crashed;
  {
    std::unique_ptr<Mailstore> store = *OpenIn(directory_.path());
    Deliver(*store, "small\r\n");
    Deliver(*store, std::string(1'000'000, 'x'));
    fs::copy(directory_.path(), crashed.path(), fs::copy_options::recursive);
  }
  std::unique_ptr<Mailstore> store = *OpenIn(crashed.path());
  EXPECT_EQ(ReadEach(*store), (std::vector<absl::Status>{absl::OkStatus(), absl::OkStatus()}));
  Deliver(*store, "after the crash\r\n");
}

TEST_F(RocksdbStoreTest, ABodyWithoutAMessageIsRemovedAtTheNextStart) {
  TemporaryDirectory crashed;
  {
    std::unique_ptr<Mailstore> store = *OpenIn(directory_.path());
    auto writer = store->BeginDelivery({"m"});
    ASSERT_TRUE((*writer)->Append(std::string(1'000'000, 'x')).ok());
    fs::copy(directory_.path(), crashed.path(), fs::copy_options::recursive);
  }
  auto database = *Database::Open(crashed.path(), size_t{4} << 20, clock_, random_);
  for (rocksdb::ColumnFamilyHandle* family : {database->bodies(), database->index()}) {
    std::unique_ptr<rocksdb::Iterator> it(
        database->db().NewIterator(rocksdb::ReadOptions(), family));
    it->SeekToFirst();
    EXPECT_FALSE(it->Valid()) << family->GetName();
  }
}

TEST_F(RocksdbStoreTest, ADamagedMessageCostsItselfAlone) {
  {
    std::unique_ptr<Mailstore> store = *OpenIn(directory_.path());
    for (char fill : {'a', 'b', 'c'}) Deliver(*store, std::string(100'000, fill));
  }
  {
    // Not through the file, so that only the piece's own checksum can tell.
    auto database = *Database::Open(directory_.path(), size_t{4} << 20, clock_, random_);
    std::unique_ptr<rocksdb::Iterator> it(
        database->db().NewIterator(rocksdb::ReadOptions(), database->bodies()));
    it->SeekToFirst();
    it->Next();
    std::string value = it->value().ToString();
    value[50'000] = static_cast<char>(value[50'000] ^ 1);
    rocksdb::WriteBatch batch;
    batch.Put(database->bodies(), it->key(), value);
    ASSERT_TRUE(database->Write(&batch, true).ok());
  }
  std::unique_ptr<Mailstore> store = *OpenIn(directory_.path());
  std::vector<absl::Status> statuses = ReadEach(*store);
  ASSERT_EQ(statuses.size(), 3u);
  EXPECT_TRUE(statuses[0].ok());
  EXPECT_EQ(GetErrorReason(statuses[1]), ErrorReason::kMessageCorrupt);
  EXPECT_TRUE(statuses[2].ok());
}

class SeenDamage : public StoreObserver {
 public:
  void OnDamagedMessage(absl::string_view mailbox_id, uint64_t message_id) override {
    EXPECT_EQ(mailbox_id, "m");
    damaged.insert(message_id);
  }
  void OnFailed(absl::string_view why) override { ADD_FAILURE() << why; }
  std::set<uint64_t> damaged;
};

TEST_F(RocksdbStoreTest, ADamagedIndexEntryCostsItsMessageAlone) {
  std::vector<uint64_t> ids;
  {
    std::unique_ptr<Mailstore> store = *OpenIn(directory_.path());
    for (char fill : {'a', 'b', 'c'}) Deliver(*store, std::string(100, fill));
    const std::vector<MessageSummary> messages = *store->ListMessages("m", 0, 10);
    for (const MessageSummary& message : messages) ids.push_back(message.message_id);
  }
  {
    auto database = *Database::Open(directory_.path(), size_t{4} << 20, clock_, random_);
    rocksdb::WriteBatch batch;
    batch.Put(database->index(), codec::IndexKey("m", ids[1]), "not an entry");
    ASSERT_TRUE(database->Write(&batch, true).ok());
  }
  SeenDamage seen;
  std::unique_ptr<Mailstore> store = *OpenRocksdbStore(
      {directory_.path(), size_t{4} << 20, int64_t{4} << 20}, clock_, random_, &seen);
  absl::StatusOr<OpenedMaildrop> opened = store->Open("m", {"s", "", ""});
  ASSERT_TRUE(opened.ok()) << opened.status();
  ASSERT_EQ(opened->messages.size(), 2u);
  EXPECT_EQ(opened->messages[1].message_id, ids[2]);
  EXPECT_EQ(seen.damaged, std::set<uint64_t>{ids[1]});
  EXPECT_EQ(store->ListMessages("m", 0, 10)->size(), 2u);
  EXPECT_EQ(store->ListMessages("m", ids[0], 1)->at(0).message_id, ids[2]);
  EXPECT_EQ(GetErrorReason(store->Read(opened->lease, {ids[1], 0, std::nullopt}).status()),
            ErrorReason::kMessageCorrupt);
  // Kept for who mends it; the others go.
  EXPECT_EQ(store->Close(opened->lease, ids).value_or(-1), 2);
  EXPECT_EQ(store->Open("m", {"t", "", ""})->messages.size(), 0u);
}

TEST_F(RocksdbStoreTest, AnotherFormatIsNotOpened) {
  {
    auto database = *Database::Open(directory_.path(), size_t{4} << 20, clock_, random_);
    rocksdb::WriteBatch batch;
    batch.Put(database->defaults(), "format", codec::EncodeU32(2));
    ASSERT_TRUE(database->Write(&batch, true).ok());
  }
  absl::Status status = OpenIn(directory_.path()).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_NE(status.message().find("format 2"), absl::string_view::npos);
}

TEST_F(RocksdbStoreTest, TwoProcessesDoNotShareAStore) {
  std::unique_ptr<Mailstore> store = *OpenIn(directory_.path());
  EXPECT_EQ(OpenIn(directory_.path()).status().code(), absl::StatusCode::kUnavailable);
}

TEST(Codec, CutValuesDoNotDecode) {
  codec::IndexEntry entry{{7, 100, "uidl", absl::FromUnixSeconds(5)}, 9};
  std::string key = codec::IndexKey("m", 7);
  std::string value = codec::EncodeIndexEntry(entry);
  ASSERT_TRUE(codec::DecodeIndexEntry(key, value));
  EXPECT_EQ(codec::DecodeIndexEntry(key, value)->summary.message_id, 7u);
  for (size_t cut = 0; cut < value.size(); ++cut) {
    EXPECT_FALSE(codec::DecodeIndexEntry(key, value.substr(0, cut))) << cut;
  }
  std::string lease = codec::EncodeLease({{"m", "s", {1, 2}, "fe"}, {"s", "192.0.2.1", "fe"}});
  ASSERT_TRUE(codec::DecodeLease("m", lease));
  for (size_t cut = 0; cut < lease.size(); ++cut) {
    EXPECT_FALSE(codec::DecodeLease("m", lease.substr(0, cut))) << cut;
  }
}

}  // namespace
}  // namespace restante::mailstore
