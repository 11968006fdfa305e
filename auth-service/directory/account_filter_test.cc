#include "auth-service/directory/account_filter.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "common/base/error_reason.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace restante::directory {
namespace {

using testing::HasSubstr;

Account Smith() {
  Account account;
  account.id = "jsmith";
  account.alias = "John.Smith";
  account.windows_names = {"CORP\\jsmith", "EMEA\\john"};
  account.addresses = {"john.smith@corp.example"};
  account.placement = "mailstore-0";
  account.mailbox_id = "00112233445566778899aabbccddeeff";
  account.disabled_mechanisms = {"NTLM"};
  account.disabled = true;
  account.create_time = absl::FromCivil(absl::CivilDay(2026, 3, 1), absl::UTCTimeZone());
  account.update_time = absl::FromCivil(absl::CivilDay(2026, 4, 1), absl::UTCTimeZone());
  return account;
}

Account Deleted() {
  Account account = Smith();
  const absl::Time deleted = absl::FromCivil(absl::CivilDay(2026, 5, 1), absl::UTCTimeZone());
  account.deletion = Deletion{deleted, deleted + absl::Hours(720)};
  return account;
}

bool Passes(const Account& account, const std::string& text) {
  const absl::StatusOr<AccountFilter> filter = AccountFilter::Parse(text);
  EXPECT_TRUE(filter.ok()) << text << ": " << filter.status();
  return filter.ok() && filter->Matches(account);
}

TEST(AccountFilter, TakesWhatHolds) {
  for (const char* text : {
           "",
           "  ",
           "alias = \"john.smith\"",
           "alias=JOHN.SMITH",
           "alias : j*h",
           "alias:*",
           "alias != \"jim\"",
           "name = accounts/jsmith",
           "name = jsmith",
           "placement = mailstore-*",
           "mailbox_id = 0011*",
           R"(windows_names:"corp\\JSMITH")",
           R"(windows_names:"EMEA\\*")",
           "windows_names:*",
           "addresses:*@corp.example",
           "disabled_mechanisms:ntlm",
           "disabled = true",
           "disabled != false",
           "has_credential = false",
           "deleted = false",
           "create_time < \"2026-03-02T00:00:00Z\"",
           "create_time <= \"2026-03-01T00:00:00Z\"",
           "create_time >= \"2026-03-01T00:00:00Z\"",
           "create_time = \"2026-03-01T01:00:00+01:00\"",
           "update_time > \"2026-03-31T23:59:59Z\"",
           "update_time:*",
           "delete_time != \"2026-03-31T23:59:59Z\"",
           R"(windows_names:"CORP\\*" AND has_credential = false AND alias:john*)",
       }) {
    EXPECT_TRUE(Passes(Smith(), text)) << text;
  }
}

TEST(AccountFilter, PassesOverWhatDoesNot) {
  for (const char* text : {
           "alias = john",
           "alias = \"\"",
           "alias != john.smith",
           "alias:*x",
           "name = accounts/jsmit",
           "principal_names:*",
           "windows_names:john",
           "disabled = false",
           "has_credential = true",
           "deleted = true",
           "create_time > \"2026-03-01T00:00:00Z\"",
           "create_time != \"2026-03-01T00:00:00Z\"",
           "delete_time:*",
           "delete_time < \"2036-03-01T00:00:00Z\"",
           "delete_time = \"2026-05-01T00:00:00Z\"",
           "alias:john* AND disabled = false",
           "disabled = false AND alias:john*",
       }) {
    EXPECT_FALSE(Passes(Smith(), text)) << text;
  }
}

TEST(AccountFilter, KnowsTheDeleted) {
  EXPECT_TRUE(Passes(Deleted(), "deleted = true"));
  EXPECT_TRUE(Passes(Deleted(), "delete_time:*"));
  EXPECT_TRUE(Passes(Deleted(), "delete_time = \"2026-05-01T00:00:00Z\""));
  EXPECT_FALSE(Passes(Deleted(), "delete_time > \"2026-05-01T00:00:00Z\""));
}

TEST(AccountFilter, AnEmptyTextIsNoNameOfAnybody) {
  Account account = Smith();
  account.alias = "";
  EXPECT_TRUE(Passes(account, "alias = \"\""));
  EXPECT_FALSE(Passes(account, "alias:*"));
  EXPECT_FALSE(Passes(account, "alias = *"));
}

TEST(AccountFilter, SaysWhatIsWrong) {
  const struct {
    std::string text;
    const char* says;
  } cases[] = {
      {"alia = x", "none of name, alias"},
      {"= x", "none of name"},
      {"alias", "no operator"},
      {"alias x", "no operator"},
      {"alias < x", "no operator"},
      {"windows_names = x", "no operator"},
      {"disabled : true", "no operator"},
      {"alias =", "ends where a value"},
      {"alias = \"x", "ends inside quotes"},
      {"alias = \"x\\", "that is not"},
      {"alias = \"\\n\"", "that is not"},
      {"alias = x\"y\"", "quote inside"},
      {"alias = \"a\nb\"", "control characters"},
      {"alias = \"\xff\"", "not UTF-8"},
      {"disabled = yes", "true or false"},
      {"create_time = yesterday", "2026-01-31T09:00:00Z"},
      {"create_time : 2026", "only *"},
      {"alias = x OR alias = y", "AND between"},
      {"alias = x,alias = y AND", "AND between"},
      {"alias = x AND", "none of name"},
      {"alias = " + std::string(1024, 'x'), "1,024"},
  };
  for (const auto& wrong : cases) {
    const absl::Status status = AccountFilter::Parse(wrong.text).status();
    EXPECT_EQ(GetInvalidField(status), "filter") << wrong.text;
    EXPECT_THAT(std::string(status.message()), HasSubstr(wrong.says)) << wrong.text;
  }
}

TEST(AccountFilter, HasALimitOfComparisons) {
  std::string text = "disabled = true";
  for (size_t i = 1; i < kMaxFilterComparisons; ++i) absl::StrAppend(&text, " AND disabled = true");
  EXPECT_TRUE(Passes(Smith(), text));
  EXPECT_EQ(GetInvalidField(AccountFilter::Parse(text + " AND disabled = true").status()),
            "filter");
}

TEST(AccountFilter, ManyStarsCostLittle) {
  Account account = Smith();
  account.addresses = {std::string(300, 'a') + "@x"};
  std::string pattern;
  while (pattern.size() < 900) pattern += "*a";
  EXPECT_FALSE(Passes(account, "addresses:" + pattern + "b"));
}

}  // namespace
}  // namespace restante::directory
