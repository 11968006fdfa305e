#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rocksdb/db.h>
#include <rocksdb/write_batch.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/audit/codec.h"
#include "common/audit/field_texts.h"
#include "common/audit/filter.h"
#include "common/audit/rocksdb/entry_family.h"
#include "common/audit/trail.h"
#include "tests/support/temporary_directory.h"

namespace restante::audit {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Entry EntryOf(uint64_t number, absl::Time time) {
  return {.number = number,
          .time = time,
          .author = {"spiffe://restante/account-admin/ops", "UpdateAccount"},
          .resource = absl::StrCat("accounts/a", number),
          .request_id = "r",
          .changes = {{"alias", {"a"}, {"b"}}, {"addresses", {}, {"c", "d"}}}};
}

TEST(AuditCodec, GivesBackEntries) {
  const Entry entry = EntryOf(7, absl::FromUnixSeconds(1));
  const std::string record = EncodeEntry(entry);
  const auto decoded = DecodeEntry(7, record);
  ASSERT_TRUE(decoded.has_value());
  EXPECT_EQ(decoded->number, 7u);
  EXPECT_EQ(decoded->time, entry.time);
  EXPECT_EQ(decoded->author.caller, entry.author.caller);
  EXPECT_EQ(decoded->author.method, "UpdateAccount");
  EXPECT_EQ(decoded->resource, "accounts/a7");
  EXPECT_EQ(decoded->request_id, "r");
  EXPECT_EQ(decoded->changes, entry.changes);
}

TEST(AuditCodec, RefusesWhatIsNotWhole) {
  const std::string record = EncodeEntry(EntryOf(7, absl::FromUnixSeconds(1)));
  for (size_t length = 0; length < record.size(); ++length) {
    EXPECT_FALSE(DecodeEntry(7, record.substr(0, length)).has_value()) << length;
  }
  EXPECT_FALSE(DecodeEntry(7, record + "x").has_value());
  std::string newer = record;
  newer[0] = 2;
  EXPECT_FALSE(DecodeEntry(7, newer).has_value());
}

TEST(AuditCodec, KeysSortAsNumbersDo) {
  EXPECT_LT(EncodeKey(255), EncodeKey(256));
  EXPECT_EQ(DecodeKey(EncodeKey(256)), 256u);
  EXPECT_FALSE(DecodeKey("short").has_value());
  EXPECT_FALSE(DecodeKey(EncodeKey(256) + "x").has_value());
}

TEST(FieldTexts, SayWhatChangedInOrder) {
  FieldTexts before;
  before.Add("b", std::string("1"));
  before.Add("d", std::vector<std::string>{"x", "y"});
  before.Add("e", true);
  before.Add("same", std::string("s"));
  FieldTexts after;
  after.Add("a", std::string("new"));
  after.Add("b", std::string("2"));
  after.Add("d", std::vector<std::string>{"y", "x"});
  after.Add("e", false);
  after.Add("same", std::string("s"));
  after.Add("nothing", std::string());
  EXPECT_THAT(
      FieldTexts::Compare(before, after),
      ElementsAre(FieldChange{"a", {}, {"new"}}, FieldChange{"b", {"1"}, {"2"}},
                  FieldChange{"d", {"x", "y"}, {"y", "x"}}, FieldChange{"e", {"true"}, {}}));
  EXPECT_THAT(FieldTexts::Compare(after, after), IsEmpty());
}

TEST(AuditFilter, LooksAtEveryField) {
  const Entry entry = EntryOf(7, absl::FromUnixSeconds(1));
  for (const char* holds :
       {"", "resource = accounts/a7", "caller = \"*account-admin*\"", "method != DeleteAccount",
        "field:alias", "request_id = r", "time < \"1970-01-01T00:00:02Z\""}) {
    EXPECT_TRUE(Filter::Parse(holds)->Matches(entry)) << holds;
  }
  for (const char* fails :
       {"resource = accounts/a8", "caller = nobody", "method = DeleteAccount", "field:placement",
        "request_id = q", "time > \"1970-01-01T00:00:02Z\""}) {
    EXPECT_FALSE(Filter::Parse(fails)->Matches(entry)) << fails;
  }
  EXPECT_FALSE(Filter::Parse("secret = x").ok());
}

// Entries as their owners keep them: in memory, or in a database.
class Storage {
 public:
  virtual ~Storage() = default;
  virtual void Add(const Entry& entry) = 0;
  virtual EntryStorage& entries() = 0;
};

class InMemory : public Storage {
 public:
  void Add(const Entry& entry) override { entries_.Add(entry); }
  EntryStorage& entries() override { return entries_; }

 private:
  EntriesInMemory entries_;
};

class InDatabase : public Storage {
 public:
  InDatabase() {
    rocksdb::Options options;
    options.create_if_missing = true;
    rocksdb::DB* opened = nullptr;
    EXPECT_TRUE(rocksdb::DB::Open(options, folder_.path() + "/d", &opened).ok());
    database_.reset(opened);
    family_.emplace(database_.get(), database_->DefaultColumnFamily());
  }
  void Add(const Entry& entry) override {
    rocksdb::WriteBatch batch;
    family_->AddPut(entry, &batch);
    ASSERT_TRUE(database_->Write({}, &batch).ok());
    const Numbers numbers = *family_->ReadNumbers();
    EXPECT_EQ(numbers.next, entry.number + 1);
  }
  EntryStorage& entries() override { return *family_; }

 private:
  TemporaryDirectory folder_;
  std::unique_ptr<rocksdb::DB> database_;
  std::optional<EntryFamily> family_;
};

class TrailTest : public testing::TestWithParam<bool> {
 protected:
  TrailTest() : storage_(Make()), trail_(&storage_->entries(), Numbers()) {}

  static std::unique_ptr<Storage> Make() {
    if (GetParam()) return std::make_unique<InDatabase>();
    return std::make_unique<InMemory>();
  }
  void Add(absl::Time time) {
    storage_->Add(EntryOf(trail_.next(), time));
    trail_.CountAdded(1);
  }
  std::vector<uint64_t> NumbersRead(uint64_t before = UINT64_MAX, size_t limit = 100) {
    std::vector<uint64_t> numbers;
    const std::vector<Entry> entries = *storage_->entries().Read(before, limit);
    for (const Entry& entry : entries) numbers.push_back(entry.number);
    return numbers;
  }
  static absl::Time At(int seconds) { return absl::FromUnixSeconds(seconds); }

  std::unique_ptr<Storage> storage_;
  Trail trail_;
};

TEST_P(TrailTest, ReadsBackwards) {
  EXPECT_THAT(NumbersRead(), IsEmpty());
  for (int second : {1, 2, 3}) Add(At(second));
  EXPECT_THAT(NumbersRead(), ElementsAre(3, 2, 1));
  EXPECT_THAT(NumbersRead(3), ElementsAre(2, 1));
  EXPECT_THAT(NumbersRead(UINT64_MAX, 2), ElementsAre(3, 2));
  EXPECT_THAT(NumbersRead(1), IsEmpty());
}

TEST_P(TrailTest, DropsWhatIsOldButNotTheLast) {
  EXPECT_EQ(*trail_.Trim(absl::InfiniteFuture()), 0u);
  for (int second : {1, 2, 3, 4}) Add(At(second));
  EXPECT_EQ(*trail_.Trim(At(1)), 0u);
  EXPECT_EQ(*trail_.Trim(At(3)), 2u);
  EXPECT_THAT(NumbersRead(), ElementsAre(4, 3));
  EXPECT_EQ(*trail_.Trim(absl::InfiniteFuture()), 1u);
  EXPECT_EQ(*trail_.Trim(absl::InfiniteFuture()), 0u);
  EXPECT_THAT(NumbersRead(), ElementsAre(4));
  Add(At(5));
  EXPECT_THAT(NumbersRead(), ElementsAre(5, 4));
}

INSTANTIATE_TEST_SUITE_P(Trails, TrailTest, testing::Bool(),
                         [](const auto& test) { return test.param ? "database" : "memory"; });

}  // namespace
}  // namespace restante::audit
