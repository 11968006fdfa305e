#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rocksdb/db.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <set>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/crc32c.h"
#include "mailstore-service/store/rocksdb/database.h"
#include "mailstore-service/store/rocksdb/parity_file.h"
#include "mailstore-service/store/rocksdb/parity_keeper.h"
#include "mailstore-service/store/rocksdb/rocksdb_store.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_random.h"
#include "tests/support/temporary_directory.h"

namespace restante::mailstore {
namespace {

namespace fs = std::filesystem;

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void WriteFile(const std::string& path, const std::string& octets) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << octets;
}

// In place, as a disk does it.
void Flip(const std::string& path, size_t offset) {
  std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
  file.seekg(static_cast<std::streamoff>(offset));
  const char octet = static_cast<char>(file.get() ^ 0x10);
  file.seekp(static_cast<std::streamoff>(offset));
  file.put(octet);
}

std::string Octets(size_t count, FakeRandom& random) { return random.Bytes(count); }

class ParityFileTest : public testing::Test {
 protected:
  void Write(size_t octets) {
    octets_ = Octets(octets, random_);
    WriteFile(path_, octets_);
  }
  void Append(size_t octets) {
    const std::string more = Octets(octets, random_);
    std::ofstream(path_, std::ios::binary | std::ios::app) << more;
    octets_ += more;
  }
  void Extend() {
    EXPECT_EQ(*ExtendParity(path_, parity_path_), static_cast<int64_t>(octets_.size()));
  }
  // Mends, and expects so much of it.
  void ExpectMended(int64_t mended, int64_t damaged) {
    const absl::StatusOr<MendResult> result = MendFile(path_, parity_path_);
    ASSERT_TRUE(result.ok()) << result.status();
    EXPECT_EQ(result->mended_pages, mended);
    EXPECT_EQ(result->damaged_pages, damaged);
    EXPECT_TRUE(damaged > 0 || ReadFile(path_) == octets_);
  }

  TemporaryDirectory folder_;
  FakeRandom random_;
  const std::string path_ = folder_.path() + "/file";
  const std::string parity_path_ = folder_.path() + "/file.parity";
  std::string octets_;
};

TEST_F(ParityFileTest, MendsAnyOnePageOfAGroup) {
  Write(2 * kGroupOctets + 3 * kPageOctets + 17);
  Extend();
  ExpectMended(0, 0);
  for (size_t offset = 5; offset < octets_.size(); offset += kPageOctets) {
    Flip(path_, offset);
    ExpectMended(1, 0);
  }
  Flip(path_, octets_.size() - 1);
  ExpectMended(1, 0);
  // One in each group, and a page that is wrong from its beginning to its end.
  Flip(path_, 0);
  Flip(path_, kGroupOctets + 1);
  for (size_t i = 0; i < kPageOctets; ++i) Flip(path_, 2 * kGroupOctets + kPageOctets + i);
  ExpectMended(3, 0);
}

TEST_F(ParityFileTest, LeavesWhatItCannotMend) {
  Write(2 * kGroupOctets);
  Extend();
  Flip(path_, 0);
  Flip(path_, kPageOctets);
  Flip(path_, kGroupOctets);
  const std::string damaged = ReadFile(path_);
  ExpectMended(1, 2);
  const std::string left = ReadFile(path_);
  EXPECT_TRUE(left.substr(0, kGroupOctets) == damaged.substr(0, kGroupOctets));
  EXPECT_TRUE(left.substr(kGroupOctets) == octets_.substr(kGroupOctets));
}

TEST_F(ParityFileTest, GrowsWithItsFile) {
  Write(1);
  Extend();
  for (const size_t more : {size_t{1}, kPageOctets - 2, size_t{5}, kGroupOctets, size_t{3},
                            3 * kGroupOctets - 8, size_t{1}, size_t{0}}) {
    Append(more);
    Extend();
    ExpectMended(0, 0);
    Flip(path_, octets_.size() - 1);
    ExpectMended(1, 0);
  }
  // As if it had been made at once.
  const std::string grown = ReadFile(parity_path_);
  fs::remove(parity_path_);
  Extend();
  EXPECT_TRUE(ReadFile(parity_path_) == grown);
}

TEST_F(ParityFileTest, ANewLookDoesNotTakeDamageForWhatWasWritten) {
  Write(kPageOctets + 10);
  Extend();
  Flip(path_, 3);
  Extend();
  ExpectMended(1, 0);
}

TEST_F(ParityFileTest, KnowsAnotherFileOfTheSameName) {
  Write(kGroupOctets);
  Extend();
  fs::rename(path_, path_ + ".old");
  Write(kGroupOctets);
  ExpectMended(0, 0);
  Extend();
  Flip(path_, 9);
  ExpectMended(1, 0);
}

TEST_F(ParityFileTest, LeavesAFileThatACrashMadeShorter) {
  Write(2 * kGroupOctets + 100);
  Extend();
  for (const size_t size : {2 * kGroupOctets + 50, 2 * kGroupOctets, kGroupOctets + 7}) {
    fs::resize_file(path_, size);
    octets_.resize(size);
    ExpectMended(0, 0);
  }
  Extend();
  Flip(path_, kGroupOctets + 3);
  ExpectMended(1, 0);
}

TEST_F(ParityFileTest, DoesNoHarmWhenItIsDamagedItself) {
  Write(kGroupOctets + 10);
  Extend();
  const std::string parity = ReadFile(parity_path_);
  for (size_t length = 0; length < parity.size(); length += 97) {
    WriteFile(parity_path_, parity.substr(0, length));
    ExpectMended(0, 0);
  }
  for (size_t offset = 0; offset < parity.size(); offset += 97) {
    WriteFile(parity_path_, parity);
    Flip(parity_path_, offset);
    ExpectMended(0, 0);
  }
  WriteFile(parity_path_, "no parity at all");
  Extend();
  Flip(path_, 3);
  ExpectMended(1, 0);
}

TEST_F(ParityFileTest, SaysWhatIsNotThere) {
  EXPECT_TRUE(absl::IsNotFound(ExtendParity(path_, parity_path_).status()));
  ExpectMended(0, 0);
}

class SeenFiles : public StoreObserver {
 public:
  void OnDamagedMessage(absl::string_view, uint64_t id) override { messages.insert(id); }
  void OnDamagedFile(absl::string_view name, int64_t mended, int64_t damaged) override {
    files.insert(std::string(name));
    mended_pages += mended;
    damaged_pages += damaged;
  }
  void OnFailed(absl::string_view why) override { ADD_FAILURE() << why; }

  std::set<uint64_t> messages;
  std::set<std::string> files;
  int64_t mended_pages = 0;
  int64_t damaged_pages = 0;
};

// A store with small and large messages in its log, its tables and its blob files.
class MendingTest : public testing::Test {
 protected:
  static constexpr int kRounds = 3;

  std::unique_ptr<RocksdbStore> OpenStore(size_t block_cache_octets = size_t{1} << 20) {
    absl::StatusOr<std::unique_ptr<RocksdbStore>> store = OpenRocksdbStore(
        {directory_.path(), block_cache_octets, int64_t{4} << 20}, clock_, random_, &seen_);
    EXPECT_TRUE(store.ok()) << store.status();
    return store.ok() ? *std::move(store) : nullptr;
  }

  void Fill() {
    for (int round = 0; round < kRounds; ++round) {
      {
        const std::unique_ptr<RocksdbStore> store = OpenStore();
        for (int i = 0; i < 40; ++i) Deliver(*store, Octets(i % 8 == 0 ? 300'000 : 500, random_));
      }
      if (round == kRounds - 1) return;  // these stay in the log
      auto database = *Database::Open(directory_.path(), size_t{1} << 20, clock_, random_);
      ASSERT_TRUE(database->Flush().ok());
    }
  }
  void Deliver(Mailstore& store, const std::string& text) {
    auto writer = *store.BeginDelivery({"m"});
    ASSERT_TRUE(writer->Append(text).ok());
    ASSERT_TRUE(writer->Finish(static_cast<int64_t>(text.size()), ExtendCrc32c(0, text), {}).ok());
    texts_.push_back(text);
  }

  // How many messages are not there, or not as they were.
  int Lost(Mailstore& store) {
    absl::StatusOr<std::vector<MessageSummary>> messages = store.ListMessages("m", 0, 1'000);
    // The first try may be what mends it.
    if (!messages.ok()) messages = store.ListMessages("m", 0, 1'000);
    if (!messages.ok()) return static_cast<int>(texts_.size());
    std::multiset<std::string> left(texts_.begin(), texts_.end());
    for (const MessageSummary& message : *messages) {
      auto reader = store.ReadMessage("m", message.message_id);
      if (!reader.ok()) reader = store.ReadMessage("m", message.message_id);
      std::string text;
      absl::StatusOr<std::string> piece = std::string();
      while (reader.ok() && (piece = (*reader)->Next()).ok() && !piece->empty()) text += *piece;
      if (piece.ok()) left.erase(text);
    }
    return static_cast<int>(left.size());
  }

  std::vector<std::string> Files() const {
    std::vector<std::string> paths;
    for (const fs::directory_entry& entry : fs::directory_iterator(directory_.path())) {
      const std::string name = entry.path().filename().string();
      if (entry.is_regular_file() && entry.file_size() > 0 && !absl::StartsWith(name, "LOG")) {
        paths.push_back(entry.path().string());
      }
    }
    std::sort(paths.begin(), paths.end());
    return paths;
  }

  bool EveryFileHasParity() const {
    const std::vector<std::string> files = Files();
    return std::all_of(files.begin(), files.end(), [this](const std::string& path) {
      const std::string name = fs::path(path).filename().string();
      const size_t groups = (fs::file_size(path) + kGroupOctets - 1) / kGroupOctets;
      std::error_code error;
      const size_t octets =
          fs::file_size(absl::StrCat(directory_.path(), "/parity/", name, ".parity"), error);
      return !error && octets > groups * kPageOctets;
    });
  }

  FakeClock clock_;
  FakeRandom random_;
  TemporaryDirectory directory_;
  SeenFiles seen_;
  std::vector<std::string> texts_;
};

// The beginning and the end, where a file says what it is, and between: in percent.
class FlippedOctet : public MendingTest, public testing::WithParamInterface<size_t> {};

TEST_P(FlippedOctet, InEveryFileAtOnceCostsNothing) {
  Fill();
  std::set<std::string> kinds;
  const std::vector<std::string> files = Files();
  for (const std::string& path : files) {
    kinds.insert(fs::path(path).extension().string());
    Flip(path, (fs::file_size(path) - 1) * GetParam() / 100);
  }
  EXPECT_THAT(kinds, testing::IsSupersetOf({".log", ".sst", ".blob", ""}));
  for (int i = 0; i < 2; ++i) {
    const std::unique_ptr<RocksdbStore> store = OpenStore();
    ASSERT_NE(store, nullptr);
    EXPECT_EQ(Lost(*store), 0);
  }
  EXPECT_GE(seen_.mended_pages, 10);
  EXPECT_EQ(seen_.damaged_pages, 0);
}

// There the library says nothing: it takes damage for the end.
TEST_P(FlippedOctet, InTheLogAloneCostsNothing) {
  Fill();
  const std::vector<std::string> files = Files();
  for (const std::string& path : files) {
    if (absl::EndsWith(path, ".log")) Flip(path, (fs::file_size(path) - 1) * GetParam() / 100);
  }
  EXPECT_EQ(Lost(*OpenStore()), 0);
  EXPECT_EQ(seen_.mended_pages, 1);
}

INSTANTIATE_TEST_SUITE_P(Everywhere, FlippedOctet, testing::Values(0, 1, 25, 50, 75, 99, 100));

TEST_F(MendingTest, WhatIsDamagedWhileItIsServedIsMendedWhenItIsMet) {
  Fill();
  const std::unique_ptr<RocksdbStore> store = OpenStore();
  while (!EveryFileHasParity()) std::this_thread::yield();
  const std::vector<std::string> files = Files();
  for (const std::string& path : files) {
    if (absl::EndsWith(path, ".sst") || absl::EndsWith(path, ".blob")) {
      // A page for each group, so that whatever is read meets one.
      for (size_t at = 100; at < fs::file_size(path); at += kGroupOctets) Flip(path, at);
    }
  }
  EXPECT_EQ(Lost(*store), 0);
  EXPECT_GT(seen_.mended_pages, 0);
}

// Texts are read without the library's checksums, also of the tables that say where they are.
TEST_F(MendingTest, WhereverATableIsDamagedTextsAreTheRightOnes) {
  Fill();
  // Nothing stays in memory, so that each reading meets the disk.
  const std::unique_ptr<RocksdbStore> store = OpenStore(/*block_cache_octets=*/1);
  while (!EveryFileHasParity()) std::this_thread::yield();
  int flips = 0;
  const std::vector<std::string> files = Files();
  for (const std::string& path : files) {
    const std::string whole = ReadFile(path);
    for (size_t at = 0; absl::EndsWith(path, ".sst") && at < whole.size(); at += 211) {
      Flip(path, at);
      clock_.Advance(ParityKeeper::kAllInterval);
      EXPECT_EQ(Lost(*store), 0) << path << " at " << at;
      // What nobody reads was not mended.
      if (ReadFile(path) != whole) Flip(path, at);
      ++flips;
    }
  }
  EXPECT_GT(flips, 100);
  EXPECT_GT(seen_.mended_pages, flips / 2);
}

TEST_F(MendingTest, WhatCannotBeMendedCostsItsMessageAlone) {
  Fill();
  std::string blob_file;
  const std::vector<std::string> files = Files();
  for (const std::string& path : files) {
    if (absl::EndsWith(path, ".blob")) blob_file = path;
  }
  // Two pages of one group, in the middle of a large message.
  Flip(blob_file, 100'000);
  Flip(blob_file, 100'000 + kPageOctets);
  const std::unique_ptr<RocksdbStore> store = OpenStore();
  EXPECT_EQ(Lost(*store), 1);
  Deliver(*store, "goes on\r\n");
  EXPECT_EQ(Lost(*store), 1);
  // Said once, however often it is met.
  EXPECT_EQ(seen_.damaged_pages, 2);
}

TEST_F(MendingTest, CompactionOfWhatIsDamagedStopsNoDelivery) {
  Fill();
  const std::vector<std::string> files = Files();
  for (const std::string& path : files) {
    if (absl::EndsWith(path, ".sst")) Flip(path, 50);
  }
  {
    auto database = *Database::Open(directory_.path(), size_t{1} << 20, clock_, random_, &seen_);
    rocksdb::CompactRangeOptions options;
    options.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForce;
    // Each meets one damaged file and mends it.
    rocksdb::Status compacted = rocksdb::Status::Corruption("");
    for (int i = 0; i < 5 && !compacted.ok(); ++i) {
      compacted = database->db().CompactRange(options, database->index(), nullptr, nullptr);
    }
    EXPECT_TRUE(compacted.ok()) << compacted.ToString();
    rocksdb::WriteBatch batch;
    batch.Put(database->defaults(), "written", "afterwards");
    EXPECT_TRUE(database->Write(&batch, true).ok());
  }
  EXPECT_EQ(Lost(*OpenStore()), 0);
  EXPECT_GT(seen_.mended_pages, 0);
}

TEST_F(MendingTest, ParityGoesWithItsFile) {
  Fill();
  { const std::unique_ptr<RocksdbStore> store = OpenStore(); }
  std::set<std::string> names;
  const std::vector<std::string> files = Files();
  for (const std::string& path : files) names.insert(fs::path(path).filename().string());
  int parity_files = 0;
  for (const fs::directory_entry& entry : fs::directory_iterator(directory_.path() + "/parity")) {
    EXPECT_EQ(names.count(entry.path().stem().string()), 1u) << entry.path();
    ++parity_files;
  }
  EXPECT_GE(parity_files, 8);
}

}  // namespace
}  // namespace restante::mailstore
