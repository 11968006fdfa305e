#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "mailstore-service/lmtp/protocol/address.h"
#include "mailstore-service/lmtp/protocol/command.h"
#include "mailstore-service/lmtp/protocol/data_decoder.h"
#include "mailstore-service/lmtp/protocol/line_assembler.h"
#include "mailstore-service/lmtp/protocol/trace_fields.h"

namespace restante::lmtp {
namespace {

struct Decoded {
  std::string text;
  bool ended = false;
  bool bare = false;
  std::string behind;  // what follows the end

  bool operator==(const Decoded& other) const {
    return text == other.text && ended == other.ended && bare == other.bare &&
           behind == other.behind;
  }
};
std::ostream& operator<<(std::ostream& out, const Decoded& decoded) {
  return out << testing::PrintToString(decoded.text) << (decoded.ended ? " ended" : "")
             << (decoded.bare ? " bare" : "") << " " << testing::PrintToString(decoded.behind);
}

Decoded DecodeIn(const std::vector<absl::string_view>& pieces) {
  DataDecoder decoder;
  Decoded result;
  for (absl::string_view piece : pieces) {
    if (!decoder.ended()) decoder.Decode(&piece, &result.text);
    result.behind.append(piece.data(), piece.size());
  }
  result.ended = decoder.ended();
  result.bare = decoder.saw_bare_line_end();
  return result;
}

// Every split into two, and octet by octet.
void ExpectDecoded(absl::string_view input, const Decoded& expected) {
  for (size_t at = 0; at <= input.size(); ++at) {
    EXPECT_EQ(DecodeIn({input.substr(0, at), input.substr(at)}), expected) << at;
  }
  std::vector<absl::string_view> octets;
  for (size_t i = 0; i < input.size(); ++i) octets.push_back(input.substr(i, 1));
  EXPECT_EQ(DecodeIn(octets), expected);
}

TEST(DataDecoder, FindsTheEndAndTakesDotsOff) {
  ExpectDecoded("a\r\n..b\r\n...\r\nc.\r\n.d\r\n.\r\nQUIT\r\n",
                {"a\r\n.b\r\n..\r\nc.\r\nd\r\n", true, false, "QUIT\r\n"});
  ExpectDecoded(".\r\n", {"", true, false, ""});
  ExpectDecoded("\r\n.\r\n", {"\r\n", true, false, ""});
  ExpectDecoded("..\r\n.\r\n", {".\r\n", true, false, ""});
  ExpectDecoded(absl::string_view("\xC3\xA9\0\xFF\r\n.\r\n", 9),
                {std::string("\xC3\xA9\0\xFF\r\n", 6), true, false, ""});
}

TEST(DataDecoder, NothingButCrlfDotCrlfEnds) {
  ExpectDecoded("a\n.\nb", {"a\r\n.\r\nb", false, true, ""});
  ExpectDecoded("a\n.\r\nb", {"a\r\n.\r\nb", false, true, ""});
  ExpectDecoded("a\r\n.\nb", {"a\r\n\r\nb", false, true, ""});
  ExpectDecoded("a\r.\rb", {"a\r\n.\r\nb", false, true, ""});
  ExpectDecoded("a\r.\r\nb", {"a\r\n.\r\nb", false, true, ""});
  ExpectDecoded("a\r\n.\rb", {"a\r\n\r\nb", false, true, ""});
  ExpectDecoded("a\n.\rb", {"a\r\n.\r\nb", false, true, ""});
  ExpectDecoded("a\r\r\n.\r\n", {"a\r\n\r\n", true, true, ""});
  ExpectDecoded("a\r\n.\r\r\nb", {"a\r\n\r\n\r\nb", false, true, ""});
  ExpectDecoded("a\n\r\n.\r\n", {"a\r\n\r\n", true, true, ""});
  // A dot behind a bare LF stuffs nothing.
  ExpectDecoded("a\n..b\r\n.\r\n", {"a\r\n..b\r\n", true, true, ""});
}

// The rule in other words: what CRLF ends is a line, a line's first dot goes, a line of one dot
// ends, and what CR and LF remain are written as CRLF.
Decoded DecodeByLines(absl::string_view input) {
  Decoded result;
  while (true) {
    size_t end = input.find("\r\n");
    absl::string_view line = input.substr(0, end);
    bool whole = end != absl::string_view::npos;
    if (whole && line == ".") {
      result.ended = true;
      result.behind = std::string(input.substr(end + 2));
      return result;
    }
    if (absl::StartsWith(line, ".")) line.remove_prefix(1);
    std::string text = absl::StrReplaceAll(line, {{"\n", "\r"}});
    result.bare = result.bare || absl::StrContains(text, "\r");
    absl::StrAppend(&result.text, absl::StrReplaceAll(text, {{"\r", "\r\n"}}), whole ? "\r\n" : "");
    if (!whole) return result;
    input.remove_prefix(end + 2);
  }
}

// All messages of up to eight octets that matter.
TEST(DataDecoder, AgreesWithTheRuleOnEveryShortMessage) {
  constexpr absl::string_view kOctets = ".\r\na";
  constexpr int kLength = 8;
  for (int number = 0; number < 1 << (2 * kLength); ++number) {
    std::string input;
    for (int i = 0; i < kLength; ++i) {
      input.push_back(kOctets[static_cast<size_t>(number >> (2 * i)) & 3]);
    }
    // Behind it, so that no CR is left waiting for what follows.
    input += "z";
    Decoded expected = DecodeByLines(input);
    ASSERT_EQ(DecodeIn({input}), expected) << testing::PrintToString(input);
    size_t at = static_cast<size_t>(number) % kLength;
    absl::string_view view = input;
    ASSERT_EQ(DecodeIn({view.substr(0, at), view.substr(at)}), expected)
        << testing::PrintToString(input);
  }
}

std::vector<std::string> TakeLines(const std::vector<absl::string_view>& pieces) {
  LineAssembler assembler;
  std::vector<std::string> lines;
  for (absl::string_view piece : pieces) {
    while (!piece.empty()) {
      LineAssembler::Result result = assembler.Take(&piece);
      if (const auto* line = std::get_if<LineAssembler::Line>(&result)) lines.push_back(line->text);
      if (std::holds_alternative<LineAssembler::TooLong>(result)) lines.push_back("<long>");
    }
  }
  return lines;
}

TEST(LineAssembler, OnlyCrlfEndsALineAtEverySplitPoint) {
  constexpr absl::string_view kInput = "NOOP\r\na\nb\rc\r\r\n\r\nQUIT\r\nrest\r";
  const std::vector<std::string> expected = {"NOOP", "a\nb\rc\r", "", "QUIT"};
  for (size_t at = 0; at <= kInput.size(); ++at) {
    EXPECT_EQ(TakeLines({kInput.substr(0, at), kInput.substr(at)}), expected) << at;
  }
}

TEST(LineAssembler, LimitCountsWithoutTheLineEnd) {
  const std::string longest(LineAssembler::kMaxLineOctets, 'x');
  const std::string input = absl::StrCat(longest, "\r\n", longest, "y\r\nNOOP\r\n");
  const std::vector<std::string> expected = {longest, "<long>", "NOOP"};
  absl::string_view view = input;
  for (size_t at = 0; at <= view.size(); ++at) {
    ASSERT_EQ(TakeLines({view.substr(0, at), view.substr(at)}), expected) << at;
  }
}

TEST(LineAssembler, TakesNothingBehindTheLine) {
  LineAssembler assembler;
  absl::string_view octets = "DATA\r\n.\r\n";
  LineAssembler::Result result = assembler.Take(&octets);
  EXPECT_TRUE(std::holds_alternative<LineAssembler::Line>(result));
  EXPECT_EQ(octets, ".\r\n");
}

std::string PathOf(absl::string_view text) {
  std::optional<std::string> address = ConsumePath(&text);
  return address ? absl::StrCat(*address, "|", text) : "refused";
}

TEST(Address, GivesTheCanonicalForm) {
  EXPECT_EQ(PathOf("<john.smith@corp.example> SIZE=1"), "john.smith@corp.example| SIZE=1");
  EXPECT_EQ(PathOf("<>"), "|");
  EXPECT_EQ(PathOf("<postmaster>"), "postmaster|");
  EXPECT_EQ(PathOf("<!#$%&'*+-/=?^_`{|}~@x>"), "!#$%&'*+-/=?^_`{|}~@x|");
  EXPECT_EQ(PathOf("<\"john.smith\"@corp.example>"), "john.smith@corp.example|");
  EXPECT_EQ(PathOf("<\"j\\ohn\"@x>"), "john@x|");
  EXPECT_EQ(PathOf("<\"john smith\"@x>"), "\"john smith\"@x|");
  EXPECT_EQ(PathOf("<\"a\\\"b\\\\c\"@x>"), "\"a\\\"b\\\\c\"@x|");
  EXPECT_EQ(PathOf("<\"a@b>\"@x>"), "\"a@b>\"@x|");
  EXPECT_EQ(PathOf("<\"\"@x>"), "\"\"@x|");
  EXPECT_EQ(PathOf("<@one.example,@two.example:joe@three.example>"), "joe@three.example|");
  EXPECT_EQ(PathOf("<a@[192.0.2.1]>"), "a@[192.0.2.1]|");
  EXPECT_EQ(PathOf("<a@[IPv6:2001:db8::1]>"), "a@[IPv6:2001:db8::1]|");
}

TEST(Address, RefusesWhatIsNone) {
  for (absl::string_view text : {"",
                                 "a@x",
                                 "<",
                                 "<a",
                                 "<a@x",
                                 "<@x>",
                                 "<a@>",
                                 "<a@x.>",
                                 "<a@.x>",
                                 "<a@x..y>",
                                 "<a@-x>",
                                 "<a@x->",
                                 "<a@x-.y>",
                                 "<.a@x>",
                                 "<a.@x>",
                                 "<a..b@x>",
                                 "<a b@x>",
                                 "<a@x y>",
                                 "<\"a@x>",
                                 "<\"a\\\"@x>",
                                 "<\"a\"b@x>",
                                 "<a@[]>",
                                 "<a@[1>",
                                 "<@one:>",
                                 "<@one,a@x>",
                                 "<@one a@x>",
                                 "<a@b@c>",
                                 "<a<b@x>",
                                 "<caf\xC3\xA9@x>",
                                 "<\"caf\xC3\xA9\"@x>",
                                 "<a@caf\xC3\xA9>",
                                 "<\"a\rb\"@x>",
                                 "<\"a\\\r\"@x>"}) {
    EXPECT_EQ(PathOf(text), "refused") << text;
  }
}

TEST(Address, HoldsTheLimits) {
  const std::string local(kMaxLocalPartOctets, 'l');
  EXPECT_EQ(PathOf(absl::StrCat("<", local, "@x>")), absl::StrCat(local, "@x|"));
  EXPECT_EQ(PathOf(absl::StrCat("<", local, "l@x>")), "refused");
  const std::string domain(kMaxDomainOctets, 'd');
  EXPECT_EQ(PathOf(absl::StrCat("<a@", domain, ">")), absl::StrCat("a@", domain, "|"));
  EXPECT_EQ(PathOf(absl::StrCat("<a@", domain, "d>")), "refused");
}

TEST(Command, HasNoCase) {
  std::optional<Command> command = ParseCommand("mAIL  FROM:<a@x> ");
  ASSERT_TRUE(command.has_value());
  EXPECT_EQ(command->verb, Verb::kMail);
  EXPECT_EQ(command->argument, "FROM:<a@x>");
}

TEST(Command, RefusesControlCharactersAndUnknownKeywords) {
  for (absl::string_view line :
       {"", " ", "NOOPS", "NOOP\t", "NOOP\n", "NOOP a\rb", "\x7FNOOP", "BDAT 1 LAST", "STARTTLS"}) {
    EXPECT_FALSE(ParseCommand(line).has_value()) << line;
  }
  EXPECT_FALSE(ParseCommand(absl::string_view("NOOP\0", 5)).has_value());
}

std::string MailOf(absl::string_view argument) {
  auto parsed = ParseMailArgument(argument);
  if (const ArgumentError* error = std::get_if<ArgumentError>(&parsed)) {
    return absl::StrCat("error ", static_cast<int>(*error));
  }
  const MailArgument& mail = std::get<MailArgument>(parsed);
  return absl::StrCat(mail.sender, " ", mail.size_octets.value_or(-1));
}

std::string Error(ArgumentError error) { return absl::StrCat("error ", static_cast<int>(error)); }

TEST(Command, MailTakesSizeAndBody) {
  EXPECT_EQ(MailOf("FROM:<a@x>"), "a@x -1");
  EXPECT_EQ(MailOf("from:<> size=7 body=8bitmime"), " 7");
  EXPECT_EQ(MailOf("FROM:<a@x> BODY=7BIT  SIZE=0"), "a@x 0");
  EXPECT_EQ(MailOf("FROM:<a@x> SIZE=99999999999999999999"),
            absl::StrCat("a@x ", std::numeric_limits<int64_t>::max()));
}

TEST(Command, MailRefusals) {
  const std::string address = Error(ArgumentError::kAddressMalformed);
  EXPECT_EQ(MailOf(""), address);
  EXPECT_EQ(MailOf("<a@x>"), address);
  EXPECT_EQ(MailOf("TO:<a@x>"), address);
  EXPECT_EQ(MailOf("FROM: <a@x>"), address);
  EXPECT_EQ(MailOf("FROM:<a@x>SIZE=1"), address);
  EXPECT_EQ(MailOf("FROM:<caf\xC3\xA9@x>"), Error(ArgumentError::kAddressNotAscii));
  EXPECT_EQ(MailOf("FROM:<a@x> SMTPUTF8"), Error(ArgumentError::kParameterUnknown));
  EXPECT_EQ(MailOf("FROM:<a@x> AUTH=<>"), Error(ArgumentError::kParameterUnknown));
  const std::string value = Error(ArgumentError::kParameterMalformed);
  EXPECT_EQ(MailOf("FROM:<a@x> SIZE"), value);
  EXPECT_EQ(MailOf("FROM:<a@x> SIZE=-1"), value);
  EXPECT_EQ(MailOf("FROM:<a@x> SIZE=1 SIZE=1"), value);
  EXPECT_EQ(MailOf("FROM:<a@x> SIZE=100000000000000000000"), value);
  EXPECT_EQ(MailOf("FROM:<a@x> BODY=BINARYMIME"), value);
}

TEST(Command, RcptTakesNoParameter) {
  EXPECT_EQ(std::get<std::string>(ParseRcptArgument("to:<a@x>")), "a@x");
  EXPECT_EQ(std::get<ArgumentError>(ParseRcptArgument("TO:<>")), ArgumentError::kAddressMalformed);
  EXPECT_EQ(std::get<ArgumentError>(ParseRcptArgument("TO:<a@x> NOTIFY=NEVER")),
            ArgumentError::kParameterUnknown);
}

TEST(Command, ClientNameCannotBreakOutOfItsField) {
  EXPECT_TRUE(IsClientName("mx.example"));
  EXPECT_TRUE(IsClientName("[192.0.2.1]"));
  EXPECT_TRUE(IsClientName(std::string(255, 'x')));
  for (const std::string& name :
       {std::string(), std::string(256, 'x'), std::string("a b"), std::string("a;b"),
        std::string("(a"), std::string("a\xC3"), std::string("a\r\nb")}) {
    EXPECT_FALSE(IsClientName(name)) << name;
  }
}

TEST(TraceFields, SayWhereTheMessageCameFrom) {
  Envelope envelope{"mx.example", "alice@sender.example", "bob@corp.example", {}};
  Arrival arrival{"192.0.2.7", "in.restante.example", "0123", absl::FromUnixSeconds(1)};
  EXPECT_EQ(TraceFields(envelope, arrival),
            "Return-Path: <alice@sender.example>\r\n"
            "Received: from mx.example ([192.0.2.7])\r\n"
            "\tby in.restante.example with LMTP id 0123\r\n"
            "\tfor <bob@corp.example>;\r\n"
            "\tThu, 01 Jan 1970 00:00:01 +0000\r\n");
}

TEST(TraceFields, NameNoRecipientWhenThereAreSeveral) {
  Envelope envelope{"mx.example", "", "", {}};
  Arrival arrival{"2001:db8::1", "in", "0123", absl::FromUnixSeconds(0)};
  EXPECT_EQ(TraceFields(envelope, arrival),
            "Return-Path: <>\r\n"
            "Received: from mx.example ([IPv6:2001:db8::1])\r\n"
            "\tby in with LMTP id 0123;\r\n"
            "\tThu, 01 Jan 1970 00:00:00 +0000\r\n");
}

}  // namespace
}  // namespace restante::lmtp
