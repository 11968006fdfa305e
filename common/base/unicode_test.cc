#include "common/base/unicode.h"

#include <gtest/gtest.h>

#include <string>

namespace restante {
namespace {

std::string Bytes(std::initializer_list<int> values) {
  std::string bytes;
  for (int value : values) bytes.push_back(static_cast<char>(value));
  return bytes;
}

TEST(SameName, ComparesWhatIsFolded) {
  EXPECT_TRUE(SameName("J\xc3\xbcrgen", "j\x75\xcc\x88rgen"));
  EXPECT_FALSE(SameName("jurgen", "j\xc3\xbcrgen"));
  EXPECT_FALSE(SameName("\xff", "\xfe"));
  EXPECT_TRUE(SameName("\xff", "\xff"));
}

TEST(Unicode, ConvertsBothWaysWithSurrogates) {
  std::string text = "j\xc3\xbcrgen \xf0\x9f\x93\xae";
  std::optional<std::string> wide = Utf8ToUtf16Le(text);
  ASSERT_TRUE(wide);
  EXPECT_EQ(wide->substr(14), Bytes({0x3d, 0xd8, 0xee, 0xdc}));
  EXPECT_EQ(Utf16LeToUtf8(*wide), text);
}

TEST(Unicode, RefusesBrokenText) {
  EXPECT_FALSE(Utf8ToUtf16Le("\xff"));
  EXPECT_FALSE(Utf8ToUtf16Le("\xc3"));
  EXPECT_FALSE(Utf8ToUtf16Le("\xed\xa0\x80"));  // a surrogate in UTF-8
  EXPECT_FALSE(Utf8ToUtf16Le("\xc0\xaf"));      // overlong
  EXPECT_FALSE(Utf16LeToUtf8("a"));
  EXPECT_FALSE(Utf16LeToUtf8(Bytes({0x00, 0xd8})));
  EXPECT_FALSE(Utf16LeToUtf8(Bytes({0x00, 0xd8, 0x41, 0x00})));
  EXPECT_FALSE(Utf16LeToUtf8(Bytes({0x00, 0xdc})));
  EXPECT_FALSE(IsValidUtf8("a\x80"));
}

TEST(Unicode, UpperIsOneForOne) {
  EXPECT_EQ(UpperSimple("Stra\xc3\x9f"
                        "e"),
            "STRA\xc3\x9f"
            "E");
  EXPECT_EQ(UpperSimple("j\xc3\xbcrgen"), "J\xc3\x9cRGEN");
  EXPECT_EQ(UpperSimple("\xc3\xbf"), "\xc5\xb8");
}

TEST(Unicode, FoldedNamesAreEqualForOneNameOnly) {
  EXPECT_EQ(FoldName("corp\\JSmith"), FoldName("CORP\\jsmith"));
  EXPECT_EQ(FoldName("j\xc3\xbcrgen"), FoldName("ju\xcc\x88RGEN"));
  EXPECT_NE(FoldName("jurgen"), FoldName("j\xc3\xbcrgen"));
  // Look-alikes stay different: Cyrillic a, full-width a, ligature.
  EXPECT_NE(FoldName("\xd0\xb0lice"), FoldName("alice"));
  EXPECT_NE(FoldName("\xef\xbd\x81lice"), FoldName("alice"));
  EXPECT_NE(FoldName("\xef\xac\x81"), FoldName("fi"));
  EXPECT_FALSE(FoldName(absl::string_view("a\0b", 3)));
  EXPECT_FALSE(FoldName("a\nb"));
  EXPECT_FALSE(FoldName("\xff"));
}

}  // namespace
}  // namespace restante
