// Messages of one delivery to several mailboxes: one body on disk, for as long as any of them is
// there.

#include <gtest/gtest.h>
#include <rocksdb/db.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/crc32c.h"
#include "common/base/error_reason.h"
#include "mailstore-service/store/rocksdb/database.h"
#include "mailstore-service/store/rocksdb/rocksdb_store.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_random.h"
#include "tests/support/temporary_directory.h"

namespace restante::mailstore {
namespace {

class SharedBodyTest : public testing::Test {
 protected:
  std::unique_ptr<Mailstore> OpenStore() {
    RocksdbStoreOptions options;
    options.directory = directory_.path();
    return *OpenRocksdbStore(options, clock_, random_);
  }
  std::vector<uint64_t> DeliverTo(Mailstore& store, const std::vector<std::string>& mailbox_ids) {
    auto writer = *store.BeginDelivery(mailbox_ids);
    EXPECT_TRUE(writer->Append(text_).ok());
    std::vector<uint64_t> ids;
    const std::vector<DeliveryResult> results = Finish(*writer);
    for (const DeliveryResult& result : results) {
      EXPECT_TRUE(result.status.ok());
      ids.push_back(result.message_id);
    }
    return ids;
  }
  std::vector<DeliveryResult> Finish(DeliveryWriter& writer) {
    return *writer.Finish(static_cast<int64_t>(text_.size()), ExtendCrc32c(0, text_), {});
  }
  // Whether the one message of the mailbox is read to its end.
  static void ExpectWhole(Mailstore& store, const std::string& mailbox_id) {
    const OpenedMaildrop opened = *store.Open(mailbox_id, {"reader", "", ""});
    ASSERT_EQ(opened.messages.size(), 1u);
    auto reader = store.Read(opened.lease, {opened.messages[0].message_id, 0, std::nullopt});
    absl::StatusOr<std::string> piece = std::string("not empty");
    while (piece.ok() && !piece->empty()) piece = (*reader)->Next();
    EXPECT_TRUE(piece.ok()) << piece.status();
    ASSERT_TRUE(store.Close(opened.lease, {}).ok());
  }
  static void SweepRound(Mailstore& store) {
    while (!store.Sweep(1'000)->round_done) {
    }
  }
  struct Rows {
    size_t pieces = 0, references = 0, released = 0;
    bool operator==(const Rows&) const = default;
  };
  // What is on disk; no store may be open.
  Rows CountRows() {
    auto database = *Database::Open(directory_.path(), size_t{4} << 20, clock_, random_);
    const auto count = [&](rocksdb::ColumnFamilyHandle* family, const std::string& prefix) {
      std::unique_ptr<rocksdb::Iterator> it(
          database->db().NewIterator(rocksdb::ReadOptions(), family));
      size_t rows = 0;
      for (it->Seek(prefix); it->Valid() && it->key().starts_with(prefix); it->Next()) ++rows;
      return rows;
    };
    return {count(database->bodies(), ""), count(database->references(), ""),
            count(database->defaults(), "released/")};
  }

  FakeClock clock_;
  FakeRandom random_;
  TemporaryDirectory directory_;
  const std::string text_ = std::string(300'000, 'x');  // two pieces
};

TEST_F(SharedBodyTest, AMessageToManyIsOnDiskOnce) {
  std::vector<std::string> mailbox_ids;
  for (int i = 0; i < 40; ++i) mailbox_ids.push_back(absl::StrCat("m", i));
  {
    std::unique_ptr<Mailstore> store = OpenStore();
    DeliverTo(*store, mailbox_ids);
    for (const std::string& mailbox_id : mailbox_ids) {
      ExpectWhole(*store, mailbox_id);
      EXPECT_EQ(store->GetMailbox(mailbox_id)->total_size_octets, 300'000);
    }
  }
  EXPECT_EQ(CountRows(), (Rows{.pieces = 2, .references = 40, .released = 0}));
}

TEST_F(SharedBodyTest, ItGoesWithTheLastMessageThatHasIt) {
  {
    std::unique_ptr<Mailstore> store = OpenStore();
    const std::vector<uint64_t> ids = DeliverTo(*store, {"a", "b", "c"});
    // One is purged, one goes with its mailbox, and one is deleted and comes back.
    ASSERT_EQ(*store->DeleteMessages("a", {ids[0]}, {"operator", "DeleteMessages"}), 1);
    ASSERT_EQ(*store->PurgeDeletedMessages("a", {ids[0]}, {}), 1);
    ASSERT_EQ(*store->DeleteMessages("c", {ids[2]}, {"operator", "DeleteMessages"}), 1);
    SweepRound(*store);
    ExpectWhole(*store, "b");
    ASSERT_TRUE(store->DeleteMailbox("b", {"operator", "DeleteMailbox"}).ok());
    ASSERT_TRUE(*store->PurgeMailbox("b", 100, {}));
    SweepRound(*store);
    ASSERT_EQ(*store->UndeleteMessages("c", {ids[2]}, {}), 1);
    ExpectWhole(*store, "c");
  }
  EXPECT_EQ(CountRows(), (Rows{.pieces = 2, .references = 1, .released = 0}));
  {
    std::unique_ptr<Mailstore> store = OpenStore();
    ExpectWhole(*store, "c");
    ASSERT_TRUE(store->DeleteMailbox("c", {"operator", "DeleteMailbox"}).ok());
    ASSERT_TRUE(*store->PurgeMailbox("c", 100, {}));
  }
  // A stop ahead of the sweep forgets nothing.
  EXPECT_EQ(CountRows(), (Rows{.pieces = 2, .references = 0, .released = 1}));
  SweepRound(*OpenStore());
  EXPECT_EQ(CountRows(), Rows());
}

TEST_F(SharedBodyTest, WhenAllGoAtOnceItGoes) {
  {
    std::unique_ptr<Mailstore> store = OpenStore();
    const std::vector<uint64_t> ids = DeliverTo(*store, {"a", "b"});
    for (const char* mailbox_id : {"a", "b"}) {
      ASSERT_EQ(*store->DeleteMessages(mailbox_id, ids, {"operator", "DeleteMessages"}), 1);
      ASSERT_EQ(*store->PurgeDeletedMessages(mailbox_id, ids, {}), 1);
    }
    SweepRound(*store);
  }
  EXPECT_EQ(CountRows(), Rows());
}

TEST_F(SharedBodyTest, OneThatNobodyTookLeavesNothing) {
  {
    std::unique_ptr<Mailstore> store = OpenStore();
    for (const char* mailbox_id : {"a", "b"}) {
      ASSERT_TRUE(store->CreateMailbox(mailbox_id, {}, {}).ok());
      ASSERT_TRUE(store->DeleteMailbox(mailbox_id, {"operator", "DeleteMailbox"}).ok());
    }
    auto writer = *store->BeginDelivery({"a", "b"});
    ASSERT_TRUE(writer->Append(text_).ok());
    const std::vector<DeliveryResult> results = Finish(*writer);
    for (const DeliveryResult& result : results) {
      EXPECT_EQ(GetErrorReason(result.status), ErrorReason::kMailboxDeleted);
    }
  }
  EXPECT_EQ(CountRows(), Rows());
}

}  // namespace
}  // namespace restante::mailstore
