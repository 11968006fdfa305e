#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "pop3-frontend/protocol/command.h"
#include "pop3-frontend/protocol/dot_stuffer.h"
#include "pop3-frontend/protocol/line_splitter.h"
#include "pop3-frontend/protocol/maildrop_view.h"
#include "pop3-frontend/protocol/session.h"

namespace restante::pop3 {
namespace {

// Every line the splitter finds; "<long>" for one that was too long.
std::vector<std::string> TakeLines(LineSplitter* splitter, size_t max_octets) {
  std::vector<std::string> lines;
  while (true) {
    auto next = splitter->Next(max_octets);
    if (std::holds_alternative<LineSplitter::NeedMore>(next)) return lines;
    if (const Line* line = std::get_if<Line>(&next)) {
      lines.emplace_back(line->text.view());
    } else {
      lines.emplace_back("<long>");
    }
  }
}

std::vector<std::string> SplitAt(absl::string_view input, size_t at, size_t max_octets) {
  LineSplitter splitter;
  splitter.Append(input.substr(0, at));
  std::vector<std::string> lines = TakeLines(&splitter, max_octets);
  splitter.Append(input.substr(at));
  for (std::string& line : TakeLines(&splitter, max_octets)) lines.push_back(std::move(line));
  return lines;
}

TEST(LineSplitter, SameLinesAtEverySplitPoint) {
  constexpr absl::string_view kInput = "USER a\r\nPASS  b \n\r\nan overlong line\r\nQUIT\r\nrest";
  const std::vector<std::string> expected = {"USER a", "PASS  b ", "", "<long>", "QUIT"};
  for (size_t at = 0; at <= kInput.size(); ++at) EXPECT_EQ(SplitAt(kInput, at, 10), expected) << at;
}

TEST(LineSplitter, LimitCountsWithoutTheLineEnd) {
  for (const char* end : {"\r\n", "\n"}) {
    for (size_t at = 0; at <= 11; ++at) {
      EXPECT_EQ(SplitAt(absl::StrCat("1234567890", end), at, 10),
                std::vector<std::string>{"1234567890"});
      EXPECT_EQ(SplitAt(absl::StrCat("12345678901", end), at, 10),
                std::vector<std::string>{"<long>"});
    }
  }
}

TEST(LineSplitter, EndlessLineTakesNoMemory) {
  LineSplitter splitter;
  int reports = 0;
  for (int i = 0; i < 1000; ++i) {
    splitter.Append(std::string(1000, 'x'));
    reports += static_cast<int>(TakeLines(&splitter, 253).size());
    EXPECT_LE(splitter.buffered_octets(), 1000u);
  }
  EXPECT_EQ(reports, 1);
  splitter.Append("\nQUIT\n");
  EXPECT_EQ(TakeLines(&splitter, 253), std::vector<std::string>{"QUIT"});
}

TEST(LineSplitter, HoldsNothingOfALongLineOnceItIsTaken) {
  constexpr size_t kLine = 12'288;
  LineSplitter splitter;
  for (size_t i = 0; i < 2 * kLine; ++i) splitter.Append("x");
  EXPECT_LT(splitter.held_octets(), 32'768u);
  splitter.Append("\n");
  EXPECT_EQ(TakeLines(&splitter, 2 * kLine).size(), 1u);
  EXPECT_LT(splitter.held_octets(), 1024u);
}

TEST(LineSplitter, TakesManyLinesAtOnce) {
  LineSplitter splitter;
  std::string input;
  std::vector<std::string> expected;
  for (int i = 0; i < 1000; ++i) {
    expected.push_back(absl::StrCat("RETR ", i));
    absl::StrAppend(&input, expected.back(), "\r\n");
    if (i % 100 == 50) splitter.Append(std::exchange(input, ""));
  }
  splitter.Append(input);
  EXPECT_EQ(TakeLines(&splitter, 253), expected);
  EXPECT_EQ(splitter.buffered_octets(), 0u);
}

std::string StuffAt(absl::string_view text, size_t at) {
  DotStuffer stuffer;
  std::string out = stuffer.Stuff(std::string(text.substr(0, at)));
  out += stuffer.Stuff(std::string(text.substr(at)));
  stuffer.Finish(&out);
  return out;
}

TEST(DotStuffer, SameTextAtEverySplitPoint) {
  const std::pair<absl::string_view, absl::string_view> rows[] = {
      {"", ""},
      {".", "..\r\n"},
      {".\r\n..\r\n...\r\n", "..\r\n...\r\n....\r\n"},
      {"a.b\r\n.c\r\nd.\r\n", "a.b\r\n..c\r\nd.\r\n"},
      {"\r\n\r\n.\r\n", "\r\n\r\n..\r\n"},
      {"no line end", "no line end\r\n"},
      {"half a line end\r", "half a line end\r\n"},
  };
  for (const auto& [text, stuffed] : rows) {
    for (size_t at = 0; at <= text.size(); ++at)
      EXPECT_EQ(StuffAt(text, at), stuffed) << text << at;
  }
}

TEST(Command, KeepsTheArgumentAsItIs) {
  std::optional<Command> command = ParseCommand("pAsS  two spaces ");
  ASSERT_TRUE(command);
  EXPECT_EQ(command->verb, Verb::kPass);
  EXPECT_EQ(command->argument, " two spaces ");
  EXPECT_FALSE(ParseCommand("STAT ")->has_argument);
}

TEST(Command, RefusesWhatItDoesNotKnow) {
  for (absl::string_view line : {"", " ", "XTND", "STATS", "STA", " STAT", "ST\tAT"}) {
    EXPECT_FALSE(ParseCommand(line)) << line;
  }
  EXPECT_FALSE(ParseCommand(absl::string_view("USER a\0b", 8)));
}

TEST(Command, NumbersAreDigitsAlone) {
  EXPECT_EQ(ParseNumber("12"), 12);
  EXPECT_EQ(ParseNumber("999999999"), 999999999);
  for (absl::string_view text : {"", "-1", "+1", "1 ", " 1", "0x1", "1.0", "1000000000", "a"}) {
    EXPECT_FALSE(ParseNumber(text)) << text;
  }
}

TEST(MaildropView, SpellsOutWhatTheStoreLeftOut) {
  MaildropView view({{0x1a, 100, ""}, {12, 20, "b"}}, "0123abcd");
  int32_t next = 1;
  EXPECT_EQ(view.List(MaildropView::Listing::kUniqueId, &next, 100),
            "1 0123abcd000000000000001a\r\n2 b\r\n");
  EXPECT_EQ(view.UidlOf(*view.Find(1)), "0123abcd000000000000001a");
}

TEST(MaildropView, CountsWithoutTheMarked) {
  MaildropView view({{11, 100, "a"}, {12, 20, "b"}, {13, 3, "c"}}, "");
  EXPECT_EQ(view.total_octets(), 123);
  EXPECT_TRUE(view.Mark(2));
  EXPECT_FALSE(view.Mark(2));
  for (int32_t number : {0, -1, 4}) EXPECT_FALSE(view.Mark(number));
  EXPECT_EQ(view.Find(2), nullptr);
  EXPECT_EQ(view.count(), 2);
  EXPECT_EQ(view.total_octets(), 103);
  int32_t next = 1;
  EXPECT_EQ(view.List(MaildropView::Listing::kSize, &next, 100), "1 100\r\n3 3\r\n");
  EXPECT_TRUE(view.IsBehindLast(next));
  next = 1;
  EXPECT_EQ(view.List(MaildropView::Listing::kUniqueId, &next, 1), "1 a\r\n");
  EXPECT_FALSE(view.IsBehindLast(next));
  EXPECT_EQ(view.List(MaildropView::Listing::kUniqueId, &next, 1), "3 c\r\n");
  EXPECT_EQ(view.MarkedIds(), std::vector<uint64_t>{12});
  view.UnmarkAll();
  EXPECT_EQ(view.count(), 3);
  EXPECT_TRUE(view.MarkedIds().empty());
}

// What one event makes the session say, and whether it then waits for room.
struct Said {
  std::string text;
  bool awaits_room = false;
};

Said Give(Session* session, Event event) {
  std::vector<Effect> effects;
  session->Handle(std::move(event), &effects);
  Said said;
  for (const Effect& effect : effects) {
    if (const Send* send = std::get_if<Send>(&effect)) said.text += send->text;
    said.awaits_room = said.awaits_room || std::holds_alternative<AwaitRoom>(effect);
  }
  return said;
}

class LongListing : public testing::Test {
 protected:
  static constexpr int kMessages = 10'000;
  // A piece and the line that fills it.
  static constexpr size_t kMaxPiece = 17'000;

  LongListing() {
    session_.SetPolicy(std::make_shared<MechanismPolicy>(
        MechanismPolicy{{MechanismPolicy::Mechanism{"PLAIN", true, false, true}}}));
    Give(&session_, Line{Secret("USER john")});
    Give(&session_, Line{Secret("PASS right")});
    Give(&session_, AuthAccepted{"accounts/a", "john", "m", "mailstore-0", "grant"});
    Opened opened;
    for (uint64_t i = 1; i <= kMessages; ++i) opened.messages.push_back({i, 100, "unique"});
    Give(&session_, std::move(opened));
  }

  Session session_{SessionOptions()};
};

TEST_F(LongListing, IsMadeInPieces) {
  Said piece = Give(&session_, Line{Secret("UIDL")});
  std::string all = piece.text;
  while (piece.awaits_room) {
    EXPECT_FALSE(session_.WantsLine());
    EXPECT_LT(piece.text.size(), kMaxPiece);
    piece = Give(&session_, RoomForMore());
    all += piece.text;
  }
  EXPECT_TRUE(session_.WantsLine());
  EXPECT_EQ(std::count(all.begin(), all.end(), '\n'), kMessages + 2);
  EXPECT_TRUE(absl::EndsWith(all, "\r\n10000 unique\r\n.\r\n"));
}

TEST_F(LongListing, IsNeverEndedByAnotherWord) {
  ASSERT_TRUE(Give(&session_, Line{Secret("LIST")}).awaits_room);
  EXPECT_EQ(Give(&session_, Drain()).text, "");
  EXPECT_TRUE(session_.ended());
}

}  // namespace
}  // namespace restante::pop3
