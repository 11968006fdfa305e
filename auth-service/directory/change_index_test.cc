#include "auth-service/directory/change_index.h"

#include <memory>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace restante::directory {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

AccountPtr At(const char* id, uint64_t revision) {
  Account account;
  account.id = id;
  account.revision = revision;
  return std::make_shared<const Account>(account);
}

// "a@1" and "-a" for a purged one.
std::vector<std::string> Texts(const AccountChanges& changes) {
  std::vector<std::string> texts;
  for (const AccountEvent& event : changes.events) {
    texts.push_back(event.account == nullptr
                        ? absl::StrCat("-", event.account_id)
                        : absl::StrCat(event.account_id, "@", event.account->revision));
  }
  return texts;
}

TEST(ChangeIndex, GivesTheLatestStateOfEachInTheOrderOfTheChanges) {
  ChangeIndex index(0);
  const AccountPtr a = At("a", 1);
  index.Put(nullptr, a);
  index.Put(nullptr, At("c", 2));
  index.Put(nullptr, At("b", 2));
  index.Put(a.get(), At("a", 3));
  AccountChanges changes = index.After(std::nullopt, 2, 3);
  EXPECT_THAT(Texts(changes), ElementsAre("b@2", "c@2"));
  EXPECT_FALSE(changes.complete);
  EXPECT_FALSE(changes.reset);
  changes = index.After(changes.position, 2, 3);
  EXPECT_THAT(Texts(changes), ElementsAre("a@3"));
  EXPECT_TRUE(changes.complete);
  EXPECT_THAT(Texts(index.After(changes.position, 2, 3)), IsEmpty());
}

TEST(ChangeIndex, TellsOfAPurgeOnlyWhoMayHaveTheAccount) {
  ChangeIndex index(0);
  const AccountPtr a = At("a", 1);
  index.Put(nullptr, a);
  index.Put(nullptr, At("b", 2));
  const AccountChanges before = index.After(std::nullopt, 1, 2);
  index.Purge(*a, 3);
  EXPECT_THAT(Texts(index.After(before.position, 9, 3)), ElementsAre("b@2", "-a"));
  const AccountChanges late = index.After(std::nullopt, 9, 3);
  EXPECT_THAT(Texts(late), ElementsAre("b@2"));
  index.Put(nullptr, At("a", 4));
  EXPECT_THAT(Texts(index.After(late.position, 9, 4)), ElementsAre("a@4"));
  EXPECT_THAT(Texts(index.After(before.position, 9, 4)), ElementsAre("b@2", "-a", "a@4"));
}

TEST(ChangeIndex, BeginsAnewForWhoMayHaveMissedAPurge) {
  ChangeIndex index(5);
  index.Put(nullptr, At("a", 2));
  index.Put(nullptr, At("b", 7));
  const AccountChanges old = index.After(ChangePosition{4, 4, "x"}, 1, 7);
  EXPECT_TRUE(old.reset);
  EXPECT_THAT(Texts(old), ElementsAre("a@2"));
  // In the middle of a full state that began late enough, there is nothing to miss.
  const AccountChanges next = index.After(old.position, 1, 7);
  EXPECT_FALSE(next.reset);
  EXPECT_THAT(Texts(next), ElementsAre("b@7"));
  EXPECT_FALSE(index.After(ChangePosition{5, 5, "x"}, 1, 7).reset);
}

TEST(ChangeIndex, ForgetsTheOldestPurges) {
  ChangeIndex index(0);
  index.Put(nullptr, At("kept", 1));
  const ChangePosition early = index.After(std::nullopt, 9, 1).position;
  uint64_t revision = 1;
  for (size_t i = 0; i < ChangeIndex::kMaxPurges; ++i) index.Purge(*At("gone", 0), ++revision);
  AccountChanges changes = index.After(early, ChangeIndex::kMaxPurges + 1, revision);
  EXPECT_FALSE(changes.reset);
  EXPECT_EQ(changes.events.size(), ChangeIndex::kMaxPurges);
  index.Purge(*At("gone", 0), ++revision);
  changes = index.After(early, 9, revision);
  EXPECT_TRUE(changes.reset);
  EXPECT_THAT(Texts(changes), ElementsAre("kept@1"));
}

}  // namespace
}  // namespace restante::directory
