#include "common/log/logger.h"

#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/fake_clock.h"

namespace restante::log {
namespace {

class LoggerTest : public testing::Test {
 protected:
  // The only line written so far.
  nlohmann::json Line() const {
    EXPECT_EQ(lines_.size(), 1u);
    return nlohmann::json::parse(lines_.at(0));
  }

  FakeClock clock_;
  std::vector<std::string> lines_;
  Logger logger_{"restante-x", Level::kInfo, clock_,
                 [this](absl::string_view line) { lines_.emplace_back(line); }};
};

TEST_F(LoggerTest, WritesOneTypedObjectALine) {
  logger_.Warn("session_ended", {{"session_id", std::string("ab")},
                                 {"count", 3},
                                 {"octets", std::numeric_limits<uint64_t>::max()},
                                 {"offset", int64_t{-5}},
                                 {"tls", true},
                                 {"ratio", 0.5},
                                 {"took", absl::Milliseconds(1250)}});
  EXPECT_EQ(lines_.at(0),
            R"({"time":"2023-11-14T22:13:20.000000Z","level":"warn","program":"restante-x",)"
            R"("event":"session_ended","session_id":"ab","count":3,)"
            R"("octets":18446744073709551615,"offset":-5,"tls":true,"ratio":0.5,"took":1.25})");
}

TEST_F(LoggerTest, NoTextCanForgeALine) {
  const std::string text = "a\"},\n{\"level\":\"error\r\x1b[2J\\ \x7f";
  logger_.Info("refused", {{"name", text}});
  EXPECT_EQ(lines_.at(0).find_first_of("\r\n\x1b\x7f"), std::string::npos);
  EXPECT_EQ(Line()["name"], text);
  EXPECT_EQ(Line()["level"], "info");
}

TEST_F(LoggerTest, UnicodeIsEscapedAndComesBack) {
  const std::string text = "M\xc3\xbcller \xf0\x9f\x93\xab \xe2\x80\xae";
  logger_.Info("refused", {{"name", text}});
  for (const char c : lines_.at(0)) EXPECT_TRUE(c >= 0x20 && c < 0x7f) << lines_.at(0);
  EXPECT_EQ(Line()["name"], text);
}

TEST_F(LoggerTest, OctetsThatAreNoUtf8AreShown) {
  logger_.Info("refused", {{"name", "a\xff\xfe"}});
  EXPECT_EQ(Line()["name"], "a\\xff\\xfe");
}

TEST_F(LoggerTest, LongTextIsCutBetweenCharacters) {
  std::string text(1023, 'x');
  text += "\xc3\xbc and more";
  logger_.Info("refused", {{"name", text}});
  EXPECT_EQ(Line()["name"], std::string(1023, 'x') + "...");
}

TEST_F(LoggerTest, WhatIsNoNumberIsNull) {
  logger_.Info("measured", {{"rate", std::numeric_limits<double>::quiet_NaN()},
                            {"wait", absl::InfiniteDuration()}});
  EXPECT_TRUE(Line()["rate"].is_null());
  EXPECT_TRUE(Line()["wait"].is_null());
}

TEST_F(LoggerTest, LeavesOutWhatIsBelowTheLevel) {
  logger_.Debug("step");
  EXPECT_TRUE(lines_.empty());
  EXPECT_FALSE(logger_.Writes(Level::kDebug));
  logger_.Error("failed");
  EXPECT_EQ(Line()["level"], "error");
}

TEST_F(LoggerTest, ThreadsDoNotMixLines) {
  std::vector<std::thread> threads;
  constexpr int kThreads = 4;
  constexpr int kLines = 100;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([this] {
      for (int line = 0; line < kLines; ++line) logger_.Info("tick", {{"line", line}});
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(lines_.size(), static_cast<size_t>(kThreads * kLines));
  for (const std::string& line : lines_) EXPECT_TRUE(nlohmann::json::accept(line)) << line;
}

TEST(Logger, WritesToStandardOutput) {
  FakeClock clock;
  testing::internal::CaptureStdout();
  Logger("restante-x", Level::kInfo, clock).Info("started");
  EXPECT_EQ(testing::internal::GetCapturedStdout(),
            "{\"time\":\"2023-11-14T22:13:20.000000Z\",\"level\":\"info\","
            "\"program\":\"restante-x\",\"event\":\"started\"}\n");
}

}  // namespace
}  // namespace restante::log
