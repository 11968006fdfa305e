#include "tools/restantectl/transfer_request_id.h"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <set>

#include "common/base/ids.h"
#include "tests/support/fake_random.h"
#include "tests/support/temporary_directory.h"

namespace restante::ctl {
namespace {

namespace fs = std::filesystem;

class TransferRequestIdsTest : public testing::Test {
 protected:
  std::string IdOf(const std::vector<std::string>& work) {
    return TransferRequestIds(work, &random_).current();
  }

  FakeRandom random_;
};

TEST_F(TransferRequestIdsTest, AreTheSameForTheSameWork) {
  const std::string id = IdOf({"mailboxes import", "m"});
  EXPECT_TRUE(IsId(id));
  EXPECT_EQ(IdOf({"mailboxes import", "m"}), id);
  EXPECT_NE(IdOf({"mailboxes import", "n"}), id);
  EXPECT_NE(IdOf({"mailboxes impor", "tm"}), id);
  EXPECT_NE(IdOf({"mailboxes import", "m", ""}), id);
  EXPECT_TRUE(IsId(IdOf({})));
  EXPECT_NE(IdOf({}), IdOf({}));
}

TEST_F(TransferRequestIdsTest, GoOnBehindWhatHasEnded) {
  TransferRequestIds first({"w"}, &random_);
  TransferRequestIds again({"w"}, &random_);
  std::set<std::string> all = {first.current()};
  for (const char* operation : {"operations/1", "operations/2"}) {
    first.SkipEnded(operation);
    again.SkipEnded(operation);
    EXPECT_EQ(first.current(), again.current());
    EXPECT_TRUE(IsId(first.current()));
    EXPECT_TRUE(all.insert(first.current()).second);
  }
  again.SkipEnded("operations/3");
  first.SkipEnded("operations/4");
  EXPECT_NE(first.current(), again.current());
  const std::string before = first.current();
  first.UseNew();
  EXPECT_NE(first.current(), before);
}

TEST_F(TransferRequestIdsTest, DoNotGoOnForEver) {
  constexpr int kMost = 32;
  TransferRequestIds first({"w"}, &random_);
  TransferRequestIds again({"w"}, &random_);
  for (int i = 0; i < kMost; ++i) {
    first.SkipEnded("operations/1");
    again.SkipEnded("operations/1");
    EXPECT_EQ(first.current(), again.current()) << i;
  }
  first.SkipEnded("operations/1");
  again.SkipEnded("operations/1");
  EXPECT_NE(first.current(), again.current());
}

TEST(TransferIdentity, TellsFilesApart) {
  const TemporaryDirectory folder;
  const std::string path = folder.path() + "/a";
  const auto write = [&path](const char* text) { std::ofstream(path) << text; };
  write("one");
  const auto time = fs::last_write_time(path);
  const auto identity = IdentityOfFile(path);
  EXPECT_EQ(IdentityOfFile(folder.path() + "/./a"), identity);
  write("three");
  fs::last_write_time(path, time);
  EXPECT_NE(IdentityOfFile(path), identity);
  write("two");
  fs::last_write_time(path, time + std::chrono::seconds(1));
  EXPECT_NE(IdentityOfFile(path), identity);
  write("two");
  fs::last_write_time(path, time);
  EXPECT_EQ(IdentityOfFile(path), identity);
  EXPECT_NE(IdentityOfFile(folder.path() + "/b"), identity);
  EXPECT_EQ(IdentityOfPlace(folder.path() + "/x/../b"), IdentityOfPlace(folder.path() + "/b"));
}

}  // namespace
}  // namespace restante::ctl
