#include "mailstore-service/store/rocksdb/rocksdb_store.h"

#include <gtest/gtest.h>
#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/perf_context.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/byte_writer.h"
#include "common/base/crc32c.h"
#include "common/base/error_reason.h"
#include "mailstore-service/store/rocksdb/codec.h"
#include "mailstore-service/store/rocksdb/database.h"
#include "mailstore-service/store/rocksdb/deliveries.h"
#include "mailstore-service/store/rocksdb/index_starts.h"
#include "tests/conformance/mailstore_conformance.h"
#include "tests/support/fake_random.h"
#include "tests/support/temporary_directory.h"

namespace restante::mailstore {
namespace {

namespace fs = std::filesystem;

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
  static void Deliver(Mailstore& store, const std::string& text,
                      const std::string& mailbox_id = "m") {
    auto writer = store.BeginDelivery({mailbox_id});
    ASSERT_TRUE((*writer)->Append(text).ok());
    auto results = (*writer)->Finish(static_cast<int64_t>(text.size()), ExtendCrc32c(0, text), {});
    ASSERT_TRUE(results.ok() && results->at(0).status.ok());
  }
  // The status of reading each message of "m" to its end.
  static std::vector<absl::Status> ReadEach(Mailstore& store) {
    OpenedMaildrop opened = *store.Open("m", {"reader", "", ""});
    return ReadEach(store, opened.lease, opened.messages);
  }
  static std::vector<absl::Status> ReadEach(Mailstore& store, const Lease& lease,
                                            const std::vector<MessageSummary>& messages) {
    std::vector<absl::Status> statuses;
    for (const MessageSummary& message : messages) {
      auto reader = store.Read(lease, {message.message_id, 0, std::nullopt});
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
  void OnDamagedFile(absl::string_view name, int64_t, int64_t) override { ADD_FAILURE() << name; }
  void OnFailed(absl::string_view why) override { ADD_FAILURE() << why; }
  std::set<uint64_t> damaged;
};

TEST_F(RocksdbStoreTest, AMessageThatLacksAPieceIsNeverTakenForWhole) {
  const std::string text(size_t{600'000}, 'x');
  uint64_t id = 0;
  {
    std::unique_ptr<Mailstore> store = *OpenIn(directory_.path());
    Deliver(*store, text);
    id = store->ListMessages("m", 0, 1)->at(0).message_id;
  }
  for (const uint32_t piece : {2U, 1U, 0U}) {
    {
      auto database = *Database::Open(directory_.path(), size_t{4} << 20, clock_, random_);
      const std::string key = codec::IndexKey("m", id);
      const auto entry = codec::DecodeIndexEntry(key, **database->Get(database->index(), key));
      rocksdb::WriteBatch batch;
      batch.Delete(database->bodies(), codec::BodyKey(entry->body_id, piece));
      ASSERT_TRUE(database->Write(&batch, true).ok());
    }
    std::unique_ptr<Mailstore> store = *OpenIn(directory_.path());
    const std::vector<absl::Status> read = ReadEach(*store);
    ASSERT_EQ(read.size(), 1u);
    EXPECT_EQ(GetErrorReason(read[0]), ErrorReason::kMessageCorrupt) << piece;
    ASSERT_EQ(store->VerifyMessages("m", 0, 10)->damaged.size(), 1u);
  }
}

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
  EXPECT_EQ(store->Close(opened->lease, {ids}).value_or(-1), 2);
  EXPECT_EQ(store->Open("m", {"t", "", ""})->messages.size(), 0u);
}

class DeletedRowsTest : public RocksdbStoreTest {
 protected:
  static constexpr int kMany = IndexStarts::kFewRows + 36;

  struct Seen {
    size_t listed = 0;
    uint64_t removed_rows = 0;  // that the opening passed over
  };
  Seen See(const std::string& mailbox_id) {
    const uint64_t before = rocksdb::get_perf_context()->internal_delete_skipped_count;
    const OpenedMaildrop opened = *store_->Open(mailbox_id, {"s", "", ""});
    const uint64_t after = rocksdb::get_perf_context()->internal_delete_skipped_count;
    EXPECT_TRUE(store_->Close(opened.lease, {}).ok());
    EXPECT_EQ(static_cast<size_t>(opened.message_count), opened.messages.size());
    const uint64_t last = opened.messages.empty() ? 0 : opened.messages.back().message_id;
    EXPECT_EQ(opened.last_message_id, last);
    return {opened.messages.size(), after - before};
  }
  // Delivers as many as are said and deletes them again; their ids.
  std::vector<uint64_t> PassThrough(const std::string& mailbox_id, int count) {
    for (int i = 0; i < count; ++i) Deliver(*store_, "", mailbox_id);
    const OpenedMaildrop opened = *store_->Open(mailbox_id, {"s", "", ""});
    std::vector<uint64_t> ids;
    for (const MessageSummary& message : opened.messages) ids.push_back(message.message_id);
    EXPECT_EQ(*store_->Close(opened.lease, {ids}), count);
    return ids;
  }

  std::unique_ptr<Mailstore> store_ = *OpenIn(directory_.path());
};

TEST_F(DeletedRowsTest, ArePassedOverOnce) {
  PassThrough("m", kMany);
  PassThrough("n", kMany);
  const Seen first = See("m");
  EXPECT_EQ(first.removed_rows, uint64_t{kMany}) << "its own, and none of the other mailbox";
  EXPECT_EQ(See("m").removed_rows, 0u);
  Deliver(*store_, "", "m");
  const Seen then = See("m");
  EXPECT_EQ(then.listed, 1u);
  EXPECT_EQ(then.removed_rows, 0u);
  EXPECT_EQ(See("n").removed_rows, uint64_t{kMany});
}

TEST_F(DeletedRowsTest, StandInFrontOfWhatIsListed) {
  PassThrough("m", kMany);
  for (int i = 0; i < 3; ++i) Deliver(*store_, "", "m");
  EXPECT_EQ(See("m").removed_rows, uint64_t{kMany});
  const Seen then = See("m");
  EXPECT_EQ(then.listed, 3u);
  EXPECT_EQ(then.removed_rows, 0u);
  EXPECT_EQ(store_->Open("m", {"s", "", ""}, 2)->last_message_id,
            store_->ListMessages("m", 0, 10)->back().message_id);
}

TEST_F(DeletedRowsTest, HideNothingThatWasNotAskedFor) {
  PassThrough("m", kMany);
  Deliver(*store_, "", "m");
  const OpenedMaildrop opened = *store_->Open("m", {"s", "", ""}, 0);
  EXPECT_TRUE(opened.messages.empty());
  EXPECT_GT(opened.last_message_id, 0u);
  EXPECT_TRUE(store_->Close(opened.lease, {}).ok());
  EXPECT_EQ(See("m").listed, 1u);
}

TEST_F(DeletedRowsTest, AreListedOnceTheyAreBack) {
  const std::vector<uint64_t> ids = PassThrough("m", kMany);
  Deliver(*store_, "", "m");
  EXPECT_EQ(See("m").listed, 1u);
  EXPECT_EQ(See("m").removed_rows, 0u);
  ASSERT_EQ(*store_->UndeleteMessages("m", ids, {}), kMany);
  EXPECT_EQ(See("m").listed, ids.size() + 1);
  EXPECT_EQ(store_->Open("m", {"s", "", ""})->messages.front().message_id, ids.front());
}

TEST(IndexStarts, AreNotLearntFromWhatWasReadBeforeMessagesCameBack) {
  IndexStarts starts;
  IndexStarts::Era era = starts.CurrentEra();
  starts.Learn("m", 7, era);
  EXPECT_EQ(starts.StartOf("m"), 7u);
  EXPECT_EQ(starts.StartOf("n"), 0u);
  {
    const IndexStarts::Restoral restoral(&starts);
    EXPECT_EQ(starts.StartOf("m"), 0u);
    starts.Learn("m", 7, era);
    era = starts.CurrentEra();
    starts.Learn("m", 7, era);
    EXPECT_EQ(starts.StartOf("m"), 0u);
  }
  starts.Learn("m", 7, era);
  EXPECT_EQ(starts.StartOf("m"), 0u);
  starts.Learn("m", 7, starts.CurrentEra());
  EXPECT_EQ(starts.StartOf("m"), 7u);
}

TEST(IndexStarts, AreForgottenWhenTheyAreTooMany) {
  IndexStarts starts;
  for (size_t i = 0; i <= IndexStarts::kMostMailboxes; ++i) starts.Learn(absl::StrCat(i), 7, 0);
  EXPECT_EQ(starts.StartOf("0"), 0u);
  EXPECT_EQ(starts.StartOf(absl::StrCat(IndexStarts::kMostMailboxes)), 7u);
}

// A disk whose log can be told to fail.
class FaultyDisk : public rocksdb::EnvWrapper {
 public:
  FaultyDisk() : rocksdb::EnvWrapper(rocksdb::Env::Default()) {}

  std::atomic<bool> sync_fails = false;
  std::atomic<bool> full = false;
  std::atomic<int> syncs = 0;
  std::function<void()> before_sync;

  const char* Name() const override { return "FaultyDisk"; }
  rocksdb::Status NewWritableFile(const std::string& name,
                                  std::unique_ptr<rocksdb::WritableFile>* file,
                                  const rocksdb::EnvOptions& options) override {
    rocksdb::Status status = target()->NewWritableFile(name, file, options);
    if (status.ok()) *file = std::make_unique<File>(this, std::move(*file));
    return status;
  }

 private:
  class File : public rocksdb::WritableFileWrapper {
   public:
    File(FaultyDisk* disk, std::unique_ptr<rocksdb::WritableFile> file)
        : rocksdb::WritableFileWrapper(file.get()), disk_(disk), file_(std::move(file)) {}
    using rocksdb::WritableFileWrapper::Append;
    rocksdb::Status Append(const rocksdb::Slice& data) override {
      if (!disk_->full) return file_->Append(data);
      // Some of it still fits.
      rocksdb::Status torn = file_->Append({data.data(), data.size() / 2});
      return torn.ok() ? rocksdb::Status::NoSpace("the test's disk is full") : torn;
    }
    rocksdb::Status Sync() override {
      ++disk_->syncs;
      if (disk_->before_sync) disk_->before_sync();
      return disk_->sync_fails ? rocksdb::Status::IOError("the test's disk") : file_->Sync();
    }
    rocksdb::Status Fsync() override { return Sync(); }

   private:
    FaultyDisk* const disk_;
    const std::unique_ptr<rocksdb::WritableFile> file_;
  };
};

class SeenFailure : public StoreObserver {
 public:
  void OnDamagedMessage(absl::string_view, uint64_t) override {}
  void OnDamagedFile(absl::string_view, int64_t, int64_t) override {}
  void OnFailed(absl::string_view why) override { whys.emplace_back(why); }
  std::vector<std::string> whys;
};

class FaultyDiskTest : public RocksdbStoreTest {
 protected:
  std::unique_ptr<Mailstore> OpenStore() {
    return *OpenRocksdbStore({directory_.path(), size_t{4} << 20, int64_t{4} << 20, &disk_}, clock_,
                             random_, &seen_);
  }
  static absl::Status TryToDeliver(Mailstore& store) {
    auto writer = *store.BeginDelivery({"m"});
    return writer->Finish(0, 0, {})->at(0).status;
  }

  FaultyDisk disk_;
  SeenFailure seen_;
};

TEST_F(FaultyDiskTest, AFailedSyncStopsAllWritesUntilARestart) {
  {
    std::unique_ptr<Mailstore> store = OpenStore();
    Deliver(*store, "kept\r\n");
    OpenedMaildrop opened = *store->Open("m", {"s", "", ""});
    disk_.sync_fails = true;
    EXPECT_EQ(GetErrorReason(TryToDeliver(*store)), ErrorReason::kStoreFailed);
    ASSERT_EQ(seen_.whys.size(), 1u);
    EXPECT_NE(seen_.whys[0].find("the test's disk"), std::string::npos);
    // A later sync that works says nothing of what the failed one lost.
    disk_.sync_fails = false;
    EXPECT_EQ(GetErrorReason(TryToDeliver(*store)), ErrorReason::kStoreFailed);
    EXPECT_EQ(GetErrorReason(store->Close(opened.lease, {}).status()), ErrorReason::kStoreFailed);
    EXPECT_EQ(seen_.whys.size(), 1u);
    EXPECT_EQ(ReadEach(*store, opened.lease, opened.messages), std::vector{absl::OkStatus()});
  }
  std::unique_ptr<Mailstore> store = OpenStore();
  EXPECT_TRUE(TryToDeliver(*store).ok());
}

TEST_F(FaultyDiskTest, AMessageIsNotSettledBeforeItIsThere) {
  const std::unique_ptr<Database> database =
      *Database::Open(directory_.path(), size_t{4} << 20, clock_, random_, nullptr, &disk_);
  const MailboxRecords records(database.get(), {});
  const DiskSpace space(database.get(), directory_.path(), 0);
  Deliveries deliveries(database.get(), &records, &space, 1'000, clock_);
  uint64_t settled_meanwhile = 0;
  disk_.before_sync = [&] { settled_meanwhile = deliveries.SettledBelow(); };
  const std::vector<DeliveryResult> results =
      *(*deliveries.Begin({"m", "n"}))->Finish(0, 0, std::vector<std::string>());
  disk_.before_sync = nullptr;
  ASSERT_GT(settled_meanwhile, 0u);
  for (const DeliveryResult& result : results) {
    EXPECT_LE(settled_meanwhile, result.message_id);
    EXPECT_GT(deliveries.SettledBelow(), result.message_id);
  }
}

TEST_F(FaultyDiskTest, ManyTargetsShareASync) {
  std::unique_ptr<Mailstore> store = OpenStore();
  std::vector<std::string> ids;
  for (int i = 0; i < 100; ++i) ids.push_back(absl::StrCat("m", i));
  auto writer = *store->BeginDelivery(ids);
  const int before = disk_.syncs;
  const std::vector<DeliveryResult> results = *writer->Finish(0, 0, {});
  EXPECT_LE(disk_.syncs - before, 1);
  for (const DeliveryResult& result : results) EXPECT_TRUE(result.status.ok());
  EXPECT_EQ(store->ListMailboxes("", 1'000, false)->size(), 100u);
}

TEST_F(FaultyDiskTest, ASessionWaitsForTheDiskOnlyForWhatItChanged) {
  std::unique_ptr<Mailstore> store = OpenStore();
  Deliver(*store, "1\r\n");
  Deliver(*store, "2\r\n");
  const auto syncs_of = [&](const auto& update) {
    const OpenedMaildrop opened = *store->Open("m", {"s", "", ""});
    const int before = disk_.syncs;
    EXPECT_TRUE(store->Close(opened.lease, update(opened.messages[0].message_id)).ok());
    return disk_.syncs - before;
  };
  EXPECT_EQ(syncs_of([](uint64_t) { return MaildropUpdate(); }), 0);
  EXPECT_EQ(syncs_of([](uint64_t id) { return MaildropUpdate{{}, {id}}; }), 1);
  EXPECT_EQ(syncs_of([](uint64_t id) { return MaildropUpdate{{id}}; }), 1);
}

TEST_F(FaultyDiskTest, AFullDiskRefusesDeliveriesUntilThereIsRoom) {
  std::unique_ptr<Mailstore> store = OpenStore();
  Deliver(*store, "kept\r\n");
  disk_.full = true;
  const absl::Status full = TryToDeliver(*store);
  EXPECT_EQ(full.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(GetErrorReason(full), ErrorReason::kStoreFull);
  EXPECT_EQ(GetErrorReason(TryToDeliver(*store)), ErrorReason::kStoreFull);
  EXPECT_EQ(ReadEach(*store), std::vector{absl::OkStatus()});
  disk_.full = false;
  EXPECT_TRUE(TryToDeliver(*store).ok());
  EXPECT_EQ(store->GetMailbox("m")->message_count, 2);
  EXPECT_TRUE(seen_.whys.empty());
  // What was accepted behind the torn record outlives a crash.
  TemporaryDirectory crashed;
  fs::copy(directory_.path(), crashed.path(), fs::copy_options::recursive);
  std::unique_ptr<Mailstore> after = *OpenIn(crashed.path());
  EXPECT_EQ(after->GetMailbox("m")->message_count, 2);
  EXPECT_EQ(after->ListMessages("m", 0, 10)->size(), 2u);
}

TEST_F(RocksdbStoreTest, AnotherFormatIsNotOpened) {
  {
    auto database = *Database::Open(directory_.path(), size_t{4} << 20, clock_, random_);
    rocksdb::WriteBatch batch;
    batch.Put(database->defaults(), "format", codec::EncodeU32(6));
    ASSERT_TRUE(database->Write(&batch, true).ok());
  }
  absl::Status status = OpenIn(directory_.path()).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_NE(status.message().find("format 6"), absl::string_view::npos);
}

TEST_F(RocksdbStoreTest, AStoreOfAnEarlierFormatIsTakenOn) {
  Deliver(**OpenIn(directory_.path()), "1\r\n");
  for (const uint32_t format : {1U, 2U, 3U, 4U}) {
    {
      auto database = *Database::Open(directory_.path(), size_t{4} << 20, clock_, random_);
      rocksdb::WriteBatch batch;
      batch.Put(database->defaults(), "format", codec::EncodeU32(format));
      // As format 2 had it: three messages at most.
      const std::string quota("\1\2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\3", 18);
      batch.Put(database->records(), "m", quota);
      ASSERT_TRUE(database->Write(&batch, true).ok());
    }
    for (int i = 0; i < 2; ++i) {
      const auto store = OpenIn(directory_.path());
      ASSERT_TRUE(store.ok()) << store.status();
      const MailboxInfo mailbox = *(*store)->GetMailbox("m");
      EXPECT_EQ(mailbox.message_count, 1);
      EXPECT_EQ(mailbox.settings.quota, MailboxQuota{.max_messages = 3});
      EXPECT_EQ(mailbox.revision, 1u);
    }
  }
}

// Of the only piece there is.
std::string OnlyBodyKey(const Database& database) {
  const std::unique_ptr<rocksdb::Iterator> it(
      database.db().NewIterator(rocksdb::ReadOptions(), database.bodies()));
  it->SeekToFirst();
  EXPECT_TRUE(it->Valid());
  return it->key().ToString();
}

void ReplacePiece(Database& database, const std::string& key, const std::string& value) {
  rocksdb::WriteBatch batch;
  batch.Put(database.bodies(), key, value);
  ASSERT_TRUE(database.Write(&batch, true).ok());
}

TEST_F(RocksdbStoreTest, APieceThatFormat4WroteIsReadAndChecked) {
  Deliver(**OpenIn(directory_.path()), "text\r\n");
  const std::string written =
      ByteWriter().U32Be(ExtendCrc32c(0, "text\r\n")).Bytes("text\r\n").Take();
  for (const bool damaged : {false, true}) {
    {
      auto database = *Database::Open(directory_.path(), size_t{4} << 20, clock_, random_);
      std::string value = written;
      if (damaged) value.back() = 'x';
      ReplacePiece(*database, OnlyBodyKey(*database), value);
      ASSERT_TRUE(database->Flush().ok());
    }
    const std::vector<absl::Status> read = ReadEach(**OpenIn(directory_.path()));
    ASSERT_EQ(read.size(), 1u);
    EXPECT_EQ(GetErrorReason(read[0]) == ErrorReason::kMessageCorrupt, damaged) << read[0];
  }
}

TEST_F(RocksdbStoreTest, AnotherMessagesPieceIsNotTakenForTheRightOne) {
  Deliver(**OpenIn(directory_.path()), "mine\r\n");
  {
    auto database = *Database::Open(directory_.path(), size_t{4} << 20, clock_, random_);
    const std::string key = OnlyBodyKey(*database);
    ReplacePiece(*database, key, codec::EncodePiece(codec::BodyKey(77, 0), "hers\r\n"));
  }
  const std::vector<absl::Status> read = ReadEach(**OpenIn(directory_.path()));
  ASSERT_EQ(read.size(), 1u);
  EXPECT_EQ(GetErrorReason(read[0]), ErrorReason::kMessageCorrupt);
}

TEST_F(RocksdbStoreTest, ADeletedMessageIsReadWhenItIsBack) {
  const std::string text(size_t{1} << 20, 'x');
  std::unique_ptr<Mailstore> store = *OpenIn(directory_.path());
  Deliver(*store, text);
  const uint64_t id = store->ListMessages("m", 0, 1)->at(0).message_id;
  ASSERT_EQ(*store->DeleteMessages("m", {id}, {"operator", "DeleteMessages"}), 1);
  ASSERT_EQ(*store->UndeleteMessages("m", {id}, {}), 1);
  EXPECT_EQ(ReadEach(*store), std::vector{absl::OkStatus()});
}

TEST_F(RocksdbStoreTest, WhatIsPurgedOrNotKeptLeavesNothing) {
  const std::string text(size_t{1} << 20, 'x');
  for (const absl::Duration kept : {absl::ZeroDuration(), absl::Hours(1)}) {
    RocksdbStoreOptions options;
    options.directory = directory_.path();
    options.kept.deleted_messages = kept;
    {
      std::unique_ptr<Mailstore> store = *OpenRocksdbStore(options, clock_, random_);
      Deliver(*store, text);
      const uint64_t id = store->ListMessages("m", 0, 1)->at(0).message_id;
      ASSERT_EQ(*store->DeleteMessages("m", {id}, {"operator", "DeleteMessages"}), 1);
      EXPECT_EQ(store->ListDeletedMessages("m", 0, 9)->size(), kept == absl::Hours(1) ? 1u : 0u);
      ASSERT_EQ(*store->PurgeDeletedMessages("m", {id}, {}), kept == absl::Hours(1) ? 1 : 0);
    }
    auto database = *Database::Open(directory_.path(), size_t{4} << 20, clock_, random_);
    for (rocksdb::ColumnFamilyHandle* family :
         {database->bodies(), database->index(), database->deleted()}) {
      std::unique_ptr<rocksdb::Iterator> it(
          database->db().NewIterator(rocksdb::ReadOptions(), family));
      it->SeekToFirst();
      EXPECT_FALSE(it->Valid());
    }
  }
}

TEST_F(RocksdbStoreTest, TheStoresLimitsAreThoseOfMailboxesWithoutTheirOwn) {
  RocksdbStoreOptions options;
  options.directory = directory_.path();
  options.defaults.limits.max_messages = 1;
  std::unique_ptr<Mailstore> store = *OpenRocksdbStore(options, clock_, random_);
  Deliver(*store, "1\r\n");
  EXPECT_EQ(GetErrorReason(store->CheckDelivery("m", 1)), ErrorReason::kQuotaExceeded);
  ASSERT_TRUE(store->UpdateMailbox("m", 0, {{.max_messages = 2}}, {}).ok());
  EXPECT_TRUE(store->CheckDelivery("m", 1).ok());
  ASSERT_TRUE(store->UpdateMailbox("m", 1, {{.max_messages = 0}}, {}).ok());
  EXPECT_TRUE(store->CheckDelivery("m", 1).ok());
  EXPECT_EQ(store->GetMailbox("m")->limits, MailboxLimits());
}

// What the files of a directory take.
int64_t OctetsIn(const std::string& directory) {
  int64_t octets = 0;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(directory)) {
    if (entry.is_regular_file()) octets += static_cast<int64_t>(entry.file_size());
  }
  return octets;
}

// The sums of usage are folded as they grow, in memory and by files.
TEST_F(RocksdbStoreTest, UsageIsRightOverManyDeliveriesAndARestart) {
  constexpr int64_t kEach = 300;
  for (int64_t starts = 1; starts <= 2; ++starts) {
    std::unique_ptr<Mailstore> store = *OpenIn(directory_.path());
    for (int64_t i = 0; i < kEach; ++i) Deliver(*store, "1\r\n");
    const OpenedMaildrop opened = *store->Open("m", {"s", "", ""}, 1);
    EXPECT_EQ(opened.message_count, starts * kEach);
    EXPECT_EQ(opened.total_size_octets, 3 * starts * kEach);
  }
}

TEST_F(RocksdbStoreTest, RemovedMailGivesItsRoomBack) {
  RocksdbStoreOptions options;
  options.directory = directory_.path();
  options.kept.deleted_messages = absl::ZeroDuration();
  std::unique_ptr<Mailstore> store = *OpenRocksdbStore(options, clock_, random_);
  for (int i = 0; i < 80; ++i) Deliver(*store, std::string(size_t{1} << 20, 'x'));
  Deliver(*store, "stays\r\n");
  EXPECT_GT(OctetsIn(directory_.path()), 80 << 20);
  std::vector<uint64_t> ids;
  const std::vector<MessageSummary> messages = *store->ListMessages("m", 0, 80);
  for (const MessageSummary& message : messages) ids.push_back(message.message_id);
  ASSERT_EQ(*store->DeleteMessages("m", ids, {}), 80);
  bool done = false;
  while (!done) done = store->Sweep(1'000)->round_done;
  // Files, and their parity, go by threads of their own.
  const absl::Time deadline = absl::Now() + absl::Seconds(20);
  while (OctetsIn(directory_.path()) >= 8 << 20 && absl::Now() < deadline) {
    std::this_thread::yield();
  }
  EXPECT_LT(OctetsIn(directory_.path()), 8 << 20);
  EXPECT_EQ(ReadEach(*store), std::vector{absl::OkStatus()});
}

TEST_F(RocksdbStoreTest, DeliveriesLeaveTheReserve) {
  RocksdbStoreOptions options;
  options.directory = directory_.path();
  Deliver(**OpenRocksdbStore(options, clock_, random_), "1\r\n");
  // More than there is: everything is reserve.
  options.reserved_octets = static_cast<int64_t>(fs::space(directory_.path()).capacity);
  std::unique_ptr<Mailstore> store = *OpenRocksdbStore(options, clock_, random_);
  EXPECT_EQ(GetErrorReason(store->CheckDelivery("m", 1)), ErrorReason::kStoreFull);
  std::unique_ptr<DeliveryWriter> writer = *store->BeginDelivery({"m"});
  EXPECT_EQ(GetErrorReason(writer->Append("2\r\n")), ErrorReason::kStoreFull);
  // Reading and deleting go on.
  EXPECT_EQ(ReadEach(*store), std::vector{absl::OkStatus()});
  const uint64_t id = store->ListMessages("m", 0, 1)->at(0).message_id;
  const Lease lease = store->Open("m", {"reader", "", ""})->lease;
  EXPECT_EQ(store->Close(lease, {{id}}).value_or(-1), 1);
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
  const std::string deleted =
      codec::EncodeDeleted({entry, {absl::FromUnixSeconds(6), "s", "192.0.2.1", "fe"}});
  ASSERT_TRUE(codec::DecodeDeleted(key, deleted));
  EXPECT_EQ(codec::DecodeDeleted(key, deleted)->entry.body_id, 9u);
  for (size_t cut = 0; cut < deleted.size(); ++cut) {
    EXPECT_FALSE(codec::DecodeDeleted(key, deleted.substr(0, cut))) << cut;
  }
  entry.summary.read_time = absl::FromUnixSeconds(8);
  for (const bool shared : {true, false}) {
    entry.shared = shared;
    value = codec::EncodeIndexEntry(entry);
    EXPECT_EQ(codec::DecodeIndexEntry(key, value)->shared, shared);
  }
  EXPECT_EQ(codec::DecodeIndexEntry(key, value)->summary.read_time, absl::FromUnixSeconds(8));
  for (size_t cut = 0; cut < value.size(); ++cut) {
    EXPECT_FALSE(codec::DecodeIndexEntry(key, value.substr(0, cut))) << cut;
  }
  const codec::MailboxRecord record{{{5, std::nullopt}, {std::nullopt, absl::Hours(24)}},
                                    7,
                                    codec::MailboxState::kDeleted,
                                    absl::FromUnixSeconds(9),
                                    "admin"};
  const std::string mailbox = codec::EncodeMailbox(record);
  ASSERT_TRUE(codec::DecodeMailbox(mailbox));
  EXPECT_EQ(codec::DecodeMailbox(mailbox)->settings, record.settings);
  EXPECT_EQ(codec::DecodeMailbox(mailbox)->deleted_by, "admin");
  for (size_t cut = 0; cut < mailbox.size(); ++cut) {
    EXPECT_FALSE(codec::DecodeMailbox(mailbox.substr(0, cut))) << cut;
  }
  EXPECT_FALSE(codec::DecodeMailbox(absl::StrCat(mailbox, "x")));
  std::string lease = codec::EncodeLease({{"m", "s", {1, 2}, "fe"}, {"s", "192.0.2.1", "fe"}});
  ASSERT_TRUE(codec::DecodeLease("m", lease));
  for (size_t cut = 0; cut < lease.size(); ++cut) {
    EXPECT_FALSE(codec::DecodeLease("m", lease.substr(0, cut))) << cut;
  }
}

}  // namespace
}  // namespace restante::mailstore
