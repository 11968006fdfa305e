#include "common/config/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <string>
#include <vector>

#include "common/config/differences.h"
#include "restante/config/v1/server.pb.h"
#include "testing/every_kind.pb.h"

namespace restante::config {
namespace {

using restante::config::testing::EveryKind;
using ::testing::HasSubstr;

// The message of the one fault in `text`.
std::string Fault(absl::string_view text) {
  EveryKind message;
  const absl::Status status = ParseYaml(text, "x.yaml", &message).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << text;
  return std::string(status.message());
}

TEST(ParseYaml, FillsEveryKindOfField) {
  EveryKind message;
  const auto lines = ParseYaml(R"(
# A comment.
text: plain text
flag: true
narrow: -5
wide: 9223372036854775807
count: 7
size_octets: 18446744073709551615
ratio: 0.25
colour: dark_blue
timeout: 1m30s
section: {name: a, weight: 3}
sections:
  - name: b
  - name: "c"
words: [x, "12", 13]
by_name:
  mailstore-0: {name: d}
pairs:
  k: v
workers: 64
address: "[::1]:110"
left: l
maybe: false
nested:
  nested:
    text: deep
)",
                               "x.yaml", &message);
  ASSERT_TRUE(lines.ok()) << lines.status();
  EXPECT_EQ(message.text(), "plain text");
  EXPECT_TRUE(message.flag());
  EXPECT_EQ(message.narrow(), -5);
  EXPECT_EQ(message.wide(), std::numeric_limits<int64_t>::max());
  EXPECT_EQ(message.count(), 7u);
  EXPECT_EQ(message.size_octets(), std::numeric_limits<uint64_t>::max());
  EXPECT_EQ(message.ratio(), 0.25);
  EXPECT_EQ(message.colour(), testing::COLOUR_DARK_BLUE);
  EXPECT_EQ(ToDuration(message.timeout()), absl::Seconds(90));
  EXPECT_EQ(message.section().weight(), 3);
  ASSERT_EQ(message.sections_size(), 2);
  EXPECT_EQ(message.sections(1).name(), "c");
  EXPECT_THAT(message.words(), ::testing::ElementsAre("x", "12", "13"));
  EXPECT_EQ(message.by_name().at("mailstore-0").name(), "d");
  EXPECT_EQ(message.pairs().at("k"), "v");
  EXPECT_EQ(message.workers(), 64);
  EXPECT_EQ(message.address(), "[::1]:110");
  EXPECT_EQ(message.left(), "l");
  EXPECT_TRUE(message.has_maybe());
  EXPECT_EQ(message.nested().nested().text(), "deep");
}

TEST(ParseYaml, NothingIsAnEmptyMessage) {
  for (const char* text : {"", "\n", "# only a comment\n", "---\n"}) {
    EveryKind message;
    EXPECT_TRUE(ParseYaml(text, "x.yaml", &message).ok()) << text;
  }
}

TEST(ParseYaml, NamesFileLineKeyAndExpectation) {
  EXPECT_EQ(Fault("flag: true\nsection:\n  name: a\n  wieght: 3\n"),
            "x.yaml:4: section.wieght: expected one of name, weight (did you mean weight?), "
            "found unknown key wieght");
  EXPECT_EQ(Fault("sections:\n- name: a\n- name: b\n  weight: heavy\n"),
            "x.yaml:4: sections[1].weight: expected an integer from -2147483648 to 2147483647, "
            "found heavy");
  EXPECT_EQ(Fault("text: a\n\ntext: b\n"),
            "x.yaml:3: text: expected each key once, found it again");
  EXPECT_EQ(Fault("pairs:\n  a: b\n  a: c\n"),
            "x.yaml:3: pairs.a: expected each key once, found it again");
  EXPECT_EQ(Fault("by_name:\n  m:\n    weight: 1\n"),
            "x.yaml:2: by_name.m.name: expected a value, found none");
  EXPECT_EQ(Fault("section:\n  name:\n"), "x.yaml:2: section.name: expected text, found nothing");
  EXPECT_EQ(Fault("section:\n  name: ''\n"),
            "x.yaml:2: section.name: expected text, found nothing");
  EXPECT_EQ(Fault("flag: true\nleft: a\nright: b\n"),
            "x.yaml:3: right: expected either this or left, found both");
}

TEST(ParseYaml, RefusesWrongTypes) {
  EXPECT_EQ(Fault("flag: yes\n"), "x.yaml:1: flag: expected true or false, found yes");
  EXPECT_EQ(Fault("flag: 'true'\n"),
            "x.yaml:1: flag: expected true or false, found the text 'true'");
  EXPECT_EQ(Fault("text: [a]\n"), "x.yaml:1: text: expected text, found a list");
  EXPECT_EQ(Fault("text: {a: b}\n"), "x.yaml:1: text: expected text, found a section");
  EXPECT_EQ(Fault("words: a\n"), "x.yaml:1: words: expected a list, found a");
  EXPECT_EQ(Fault("section: a\n"), "x.yaml:1: section: expected a section with keys, found a");
  EXPECT_EQ(Fault("section:\n"), "x.yaml:1: section: expected a section with keys, found nothing");
  EXPECT_EQ(Fault("pairs: []\n"), "x.yaml:1: pairs: expected a section with keys, found a list");
  EXPECT_EQ(Fault("ratio: much\n"), "x.yaml:1: ratio: expected a number, found much");
  EXPECT_EQ(Fault("colour: green\n"),
            "x.yaml:1: colour: expected one of red, dark_blue, found green");
  EXPECT_THAT(Fault("colour: COLOUR_RED\n"), HasSubstr("expected one of red, dark_blue"));
  EXPECT_THAT(Fault("colour: unspecified\n"), HasSubstr("expected one of red, dark_blue"));
  EXPECT_EQ(Fault("- a\n"), "x.yaml:1: the file: expected a section with keys, found a list");
}

TEST(ParseYaml, RefusesWhatIsOutOfRange) {
  for (const char* value :
       {"2147483648", "-2147483649", "1.5", "0x10", "+1", "1e3", "''", "\"5\""}) {
    EXPECT_THAT(Fault(std::string("text: a\nnarrow: ") + value),
                HasSubstr("x.yaml:2: narrow: expected an integer from -2147483648 to 2147483647"))
        << value;
  }
  EXPECT_THAT(Fault("count: -1"), HasSubstr("expected an integer from 0 to 4294967295, found -1"));
  EXPECT_THAT(Fault("wide: 9223372036854775808"), HasSubstr("wide: expected an integer from"));
  EXPECT_THAT(Fault("size_octets: 18446744073709551616"), HasSubstr("expected an integer from 0"));
  EXPECT_EQ(Fault("workers: 0"), "x.yaml:1: workers: expected an integer from 1 to 64, found 0");
  EXPECT_EQ(Fault("workers: 65"), "x.yaml:1: workers: expected an integer from 1 to 64, found 65");
  EXPECT_EQ(Fault("sections: [{name: a}, {name: b}, {name: c}]"),
            "x.yaml:1: sections: expected at most 2 items, found 3");
}

TEST(ParseYaml, RefusesBadDurations) {
  for (const char* value : {"90", "1 m", "-5s", "inf", "s", "1x", "1m30", "''", "10001h"}) {
    EXPECT_THAT(Fault(std::string("timeout: ") + value),
                HasSubstr("x.yaml:1: timeout: expected a duration such as 90s, 1m30s or 500ms"))
        << value;
  }
  EXPECT_EQ(Fault("timeout: 99ms"),
            "x.yaml:1: timeout: expected a duration from 100ms to 1h, found 99ms");
  EXPECT_EQ(Fault("timeout: 61m"),
            "x.yaml:1: timeout: expected a duration from 100ms to 1h, found 61m");
}

TEST(ParseYaml, RefusesBadAddresses) {
  for (const char* value :
       {"localhost", ":110", "'a:'", "a:b", "a:65536", "::1:110", "a:-1", "'a: 1'"}) {
    EXPECT_THAT(Fault(std::string("address: ") + value),
                HasSubstr("x.yaml:1: address: expected HOST:PORT"))
        << value;
  }
  for (const char* value : {"localhost:0", "127.0.0.1:65535", "\"[::]:1\""}) {
    EveryKind message;
    EXPECT_TRUE(ParseYaml(std::string("address: ") + value, "x.yaml", &message).ok()) << value;
  }
}

TEST(ParseYaml, RefusesWhatIsNoYaml) {
  EXPECT_THAT(Fault("text: a\nwords: [a\n"), HasSubstr("x.yaml:3: expected YAML"));
  EXPECT_THAT(Fault("text: a\n---\ntext: b\n"), HasSubstr("expected one YAML document, found 2"));
  EXPECT_THAT(Fault("? [a]\n: b\n"), HasSubstr("expected keys that are names"));
  EXPECT_THAT(Fault(std::string((1 << 20) + 1, ' ')), HasSubstr("at most 1 MiB"));
  std::string deep = "text: a";
  for (int i = 0; i < 40; ++i) deep = "nested: {" + deep + "}";
  EXPECT_THAT(Fault(deep), HasSubstr("fewer levels"));
}

TEST(ParseYaml, EscapesWhatTheFileSays) {
  EXPECT_THAT(Fault("flag: \"\\e[2J\""), HasSubstr("the text '\\x1b[2J'"));
}

TEST(KeyLines, FindsTheLineOfAKeyOrOfItsSection) {
  EveryKind message;
  const auto lines = ParseYaml("text: a\nsections:\n- name: b\n  weight: 1\n", "x.yaml", &message);
  ASSERT_TRUE(lines.ok());
  EXPECT_EQ(lines->Error("sections[0].weight", "more", "1").message(),
            "x.yaml:4: sections[0].weight: expected more, found 1");
  EXPECT_EQ(lines->Error("sections[0].colour", "one", "none").message(),
            "x.yaml:3: sections[0].colour: expected one, found none");
  EXPECT_EQ(lines->Error("timeout", "one", "none").message(),
            "x.yaml:1: timeout: expected one, found none");
}

TEST(LoadYamlFile, ReadsTheSharedSections) {
  const std::string path = ::testing::TempDir() + "tls.yaml";
  std::ofstream(path) << "certificate: a.pem\nprivate_key: b.pem\nca: c.pem\nreload_interval: 5s\n";
  v1::TlsFiles files;
  ASSERT_TRUE(LoadYamlFile(path, &files).ok());
  EXPECT_EQ(files.private_key(), "b.pem");
  EXPECT_EQ(ToDuration(files.reload_interval()), absl::Seconds(5));
}

TEST(LoadYamlFile, SaysWhyItCannot) {
  v1::TlsFiles files;
  absl::Status status = LoadYamlFile("/nowhere/x.yaml", &files).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()), HasSubstr("/nowhere/x.yaml: cannot be read"));
  status = LoadYamlFile(::testing::TempDir(), &files).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
}

std::vector<std::string> Changed(const std::string& before, const std::string& after) {
  EveryKind old_message;
  EveryKind new_message;
  EXPECT_TRUE(ParseYaml(before, "before.yaml", &old_message).ok());
  EXPECT_TRUE(ParseYaml(after, "after.yaml", &new_message).ok());
  return ChangedKeys(old_message, new_message);
}

TEST(ChangedKeysTest, NamesEachKeyByItsPath) {
  using ::testing::ElementsAre;
  EXPECT_THAT(Changed("flag: true", "flag: true"), ElementsAre());
  EXPECT_THAT(Changed("timeout: 1s", "timeout: 1000ms"), ElementsAre());
  EXPECT_THAT(Changed("timeout: 1s", "timeout: 2s"), ElementsAre("timeout"));
  EXPECT_THAT(Changed("text: a", "narrow: 1"), ElementsAre("narrow", "text"));
  EXPECT_THAT(Changed("section: {name: a, weight: 1}", "section: {name: a, weight: 2}"),
              ElementsAre("section.weight"));
  EXPECT_THAT(Changed("", "section: {name: a}"), ElementsAre("section", "section.name"));
  EXPECT_THAT(Changed("words: [a, b]", "words: [b, a]"), ElementsAre("words"));
  EXPECT_THAT(Changed("pairs: {a: x, b: y}", "pairs: {b: y, a: x}"), ElementsAre());
  EXPECT_THAT(Changed("pairs: {a: x}", "pairs: {a: y}"), ElementsAre("pairs"));
}

}  // namespace
}  // namespace restante::config
