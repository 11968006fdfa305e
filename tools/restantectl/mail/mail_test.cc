#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/support/temporary_directory.h"
#include "tools/restantectl/mail/files.h"
#include "tools/restantectl/mail/line_ends.h"
#include "tools/restantectl/mail/maildir.h"
#include "tools/restantectl/mail/mbox.h"
#include "tools/restantectl/mail/pop3_source.h"

namespace restante::ctl {
namespace {

namespace fs = std::filesystem;

using testing::ElementsAre;
using testing::HasSubstr;

TEST(LineEnds, AreThoseOfTheWire) {
  EXPECT_EQ(WithCrlf(""), "");
  EXPECT_EQ(WithCrlf("a"), "a\r\n");
  EXPECT_EQ(WithCrlf("a\nb\r\nc\n\n"), "a\r\nb\r\nc\r\n\r\n");
  EXPECT_EQ(WithCrlf("\n"), "\r\n");
  EXPECT_EQ(WithCrlf("a\rb\r"), "a\rb\r\r\n");
  EXPECT_EQ(WithLf("a\r\nb\rc\r\n"), "a\nb\rc\n");
}

class MailFiles : public testing::Test {
 protected:
  std::string Path(const std::string& name) const { return directory_.path() + "/" + name; }
  void Write(const std::string& name, const std::string& text) {
    fs::create_directories(fs::path(Path(name)).parent_path());
    ASSERT_TRUE(WriteFile(Path(name), text).ok());
  }
  static std::vector<std::string> Texts(MailSource& source) {
    std::vector<std::string> texts;
    const size_t count = source.List()->size();
    for (size_t i = 0; i < count; ++i) texts.push_back(*source.Read(i));
    return texts;
  }

  TemporaryDirectory directory_;
};

TEST_F(MailFiles, AMaildirIsReadInTheOrderOfItsTimes) {
  Write("m/new/1700000002.M1.host", "second\n");
  Write("m/cur/1700000001.M9.host:2,S", "first\r\n");
  Write("m/cur/1700000002.M0.host:2,R", "second, by name\n");
  Write("m/new/.hidden", "no message");
  auto source = OpenMaildir(Path("m"));
  ASSERT_TRUE(source.ok()) << source.status();
  const std::vector<SourceMessage> list = *(*source)->List();
  ASSERT_EQ(list.size(), 3u);
  EXPECT_EQ(list[0].import_id, "1700000001.M9.host");
  EXPECT_EQ(list[0].delivery_time, absl::FromUnixSeconds(1'700'000'001));
  EXPECT_TRUE(list[0].read);
  EXPECT_FALSE(list[1].read);
  EXPECT_EQ(list[2].uidl, "");
  EXPECT_THAT(Texts(**source), ElementsAre("first\r\n", "second, by name\r\n", "second\r\n"));
  EXPECT_EQ(OpenMaildir(directory_.path()).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(MailFiles, AMaildirThatWasWrittenIsReadWithItsUidls) {
  {
    auto sink = MakeMaildir(Path("m"));
    ASSERT_TRUE(sink.ok()) << sink.status();
    EXPECT_EQ(*(*sink)->LastMessageId(), 0u);
    ASSERT_TRUE(
        (*sink)->Write({7, "U7", absl::FromUnixSeconds(1'700'000'000), true}, "a\r\n").ok());
    ASSERT_TRUE((*sink)->Close().ok());
  }
  {
    auto again = MakeMaildir(Path("m"));
    EXPECT_EQ(*(*again)->LastMessageId(), 7u);
    ASSERT_TRUE(
        (*again)->Write({8, "U8", absl::FromUnixSeconds(1'700'000'000), false}, "b\r\n").ok());
    ASSERT_TRUE((*again)->Close().ok());
  }
  EXPECT_EQ(*ReadFile(Path("m/cur/1700000000.M7.restante:2,S")), "a\n");
  auto source = OpenMaildir(Path("m"));
  const std::vector<SourceMessage> list = *(*source)->List();
  ASSERT_EQ(list.size(), 2u);
  EXPECT_EQ(list[0].uidl, "U7");
  EXPECT_TRUE(list[0].read);
  EXPECT_EQ(list[1].uidl, "U8");
  EXPECT_THAT(Texts(**source), ElementsAre("a\r\n", "b\r\n"));
}

TEST_F(MailFiles, AnMboxIsCutAtItsFromLines) {
  Write("mbox",
        "From a@x Thu Nov  6 12:00:00 2025\nSubject: 1\n\nFrom here\n>From there\n>>From\n\n"
        "From b@x nonsense\n\nno header\n\n"
        "From c@x Thu Nov  6 12:00:00 2025\nlast, no end");
  auto source = OpenMbox(Path("mbox"));
  ASSERT_TRUE(source.ok()) << source.status();
  // "From here" stands behind an empty line, and so begins a message: who writes it must quote it.
  EXPECT_THAT(Texts(**source), ElementsAre("Subject: 1\r\n", "From there\r\n>>From\r\n",
                                           "\r\nno header\r\n", "last, no end\r\n"));
  const std::vector<SourceMessage> list = *(*source)->List();
  EXPECT_EQ(list[0].delivery_time, absl::FromUnixSeconds(1'762'430'400));
  EXPECT_EQ(list[2].delivery_time, std::nullopt);
  EXPECT_NE(list[0].import_id, list[1].import_id);
  Write("no-mbox", "Subject: 1\n");
  EXPECT_EQ(OpenMbox(Path("no-mbox")).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(absl::IsNotFound(OpenMbox(Path("none")).status()));
}

TEST_F(MailFiles, WhatAnMboxSinkWritesComesBackAsItWas) {
  const std::vector<std::string> texts = {
      "Subject: 1\r\n\r\nFrom here\r\n>From there\r\n>>From \r\nend\r\n",
      "\r\n",
      "a\r\n\r\n\r\n",
      "From the beginning\r\n",
      "same\r\n",
      "same\r\n"};
  {
    auto sink = MakeMbox(Path("mbox"));
    ASSERT_TRUE(sink.ok()) << sink.status();
    for (const std::string& text : texts) {
      ASSERT_TRUE((*sink)->Write({1, "U", absl::FromUnixSeconds(1'700'000'000), false}, text).ok());
    }
    EXPECT_FALSE(fs::exists(Path("mbox")));
    ASSERT_TRUE((*sink)->Close().ok());
  }
  auto source = OpenMbox(Path("mbox"));
  EXPECT_EQ(Texts(**source), texts);
  const std::vector<SourceMessage> list = *(*source)->List();
  EXPECT_EQ(list[0].delivery_time, absl::FromUnixSeconds(1'700'000'000));
  // Of equal messages each is one.
  EXPECT_NE(list[4].import_id, list[5].import_id);
  EXPECT_TRUE(absl::IsAlreadyExists(MakeMbox(Path("mbox")).status()));
}

TEST(Pop3Source, SaysWhatIsWrong) {
  EXPECT_EQ(OpenPop3Maildrop({"http://x", "u", Secret("p"), "", ""}).status().code(),
            absl::StatusCode::kInvalidArgument);
  auto source = OpenPop3Maildrop({"pop3://127.0.0.1:1", "u", Secret("p"), "", "", true});
  ASSERT_TRUE(source.ok());
  const absl::Status refused = (*source)->List().status();
  EXPECT_TRUE(absl::IsUnavailable(refused)) << refused;
  EXPECT_THAT(std::string(refused.message()), HasSubstr("the source: "));
}

}  // namespace
}  // namespace restante::ctl
