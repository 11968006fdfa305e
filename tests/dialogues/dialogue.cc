#include "tests/dialogues/dialogue.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace restante::dialogue {

std::string Unescape(absl::string_view text) {
  std::string out;
  while (!text.empty()) {
    if (absl::ConsumePrefix(&text, "\\x")) {
      out += absl::HexStringToBytes(text.substr(0, 2));
      text.remove_prefix(2);
    } else if (absl::ConsumePrefix(&text, "\\{")) {
      size_t end = text.find('}');
      int count = 0;
      EXPECT_TRUE(absl::SimpleAtoi(text.substr(0, end), &count));
      out.append(static_cast<size_t>(count), text[end + 1]);
      text.remove_prefix(end + 2);
    } else {
      out.push_back(text.front());
      text.remove_prefix(1);
    }
  }
  return out;
}

void Player::Play(const std::string& line) {
  Words words = absl::StrSplit(line, ' ', absl::SkipEmpty());
  if (words.empty() || line[0] == '#') return;
  bool is_step = words[0] == "C:" || words[0] == "B:" || words[0] == "S:" || words[0] == "E:";
  if (!is_step) return Prepare(words);
  if (!begun_) Begin();
  begun_ = true;
  absl::string_view rest = absl::string_view(line).substr(2);
  absl::ConsumePrefix(&rest, " ");
  if (words[0] == "C:") return Client(Unescape(rest) + "\r\n");
  if (words[0] == "B:") return Behind(absl::StrSplit(rest, ' ', absl::SkipEmpty()));
  ASSERT_FALSE(said_.empty()) << "nothing was said";
  EXPECT_EQ(said_.front(), Unescape(line));
  said_.pop_front();
}

void Player::Finish() const {
  EXPECT_EQ(absl::StrJoin(said_, "\n"), "") << "left unsaid by the dialogue";
}

void Player::RecordReply(absl::string_view text) {
  EXPECT_TRUE(absl::ConsumeSuffix(&text, "\r\n"));
  for (absl::string_view line : absl::StrSplit(text, "\r\n")) {
    Record(line.empty() ? "S:" : absl::StrCat("S: ", line));
  }
}

std::vector<std::string> Files(const std::string& folder) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    names.push_back(entry.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string TestName(const std::string& file) {
  return absl::StrJoin(absl::StrSplit(file, '-'), "_");
}

void PlayBothWays(const std::string& folder, const std::string& name,
                  const std::function<std::unique_ptr<Player>(bool octet_by_octet)>& make_player) {
  for (bool octet_by_octet : {false, true}) {
    std::ifstream file(absl::StrCat(folder, "/", name, ".txt"));
    ASSERT_TRUE(file.good());
    std::unique_ptr<Player> player = make_player(octet_by_octet);
    std::string line;
    for (int number = 1; std::getline(file, line); ++number) {
      SCOPED_TRACE(
          absl::StrCat(name, ".txt:", number, octet_by_octet ? " (octets)" : "", ": ", line));
      player->Play(line);
      if (testing::Test::HasFatalFailure()) return;
    }
    player->Finish();
  }
}

}  // namespace restante::dialogue
