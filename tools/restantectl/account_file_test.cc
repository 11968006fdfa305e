#include "tools/restantectl/account_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

namespace restante::ctl {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

struct File {
  std::vector<FileItem> items;
  absl::Status end;  // OK when it was read to its end
};

File Read(AccountFileFormat format, const std::string& text) {
  std::istringstream in(text);
  const auto reader = ReadAccountFile(format, &in);
  File file;
  while (true) {
    absl::StatusOr<std::optional<FileItem>> next = reader->Next();
    if (!next.ok()) file.end = next.status();
    if (!next.ok() || !*next) return file;
    file.items.push_back(**std::move(next));
  }
}

File Csv(const std::string& text) { return Read(AccountFileFormat::kCsv, text); }

TEST(CsvAccounts, HasEveryColumn) {
  const File file = Csv(
      "account_id,windows_names,principal_names,addresses,certificate_names,token_subjects,"
      "disabled_mechanisms,alias,placement,disabled,weakest_ntlm_response,nt_hash\r\n"
      "jsmith,CORP\\jsmith; EMEA\\js,js@corp.example,a@x.example;b@x.example,\"subject:CN=J,O=C\","
      "sub,PLAIN,john.smith,mailstore-1,TRUE,ntlmv1,00112233445566778899AABBCCDDEEFF\r\n");
  ASSERT_TRUE(file.end.ok()) << file.end;
  ASSERT_EQ(file.items.size(), 1u);
  ASSERT_TRUE(file.items[0].item.ok()) << file.items[0].item.status();
  const auth::v1::ImportItem& item = *file.items[0].item;
  EXPECT_EQ(file.items[0].line, 2);
  EXPECT_EQ(item.item_number(), 2);
  EXPECT_EQ(item.account_id(), "jsmith");
  EXPECT_THAT(item.account().windows_names(), ElementsAre("CORP\\jsmith", "EMEA\\js"));
  EXPECT_THAT(item.account().principal_names(), ElementsAre("js@corp.example"));
  EXPECT_THAT(item.account().addresses(), ElementsAre("a@x.example", "b@x.example"));
  EXPECT_THAT(item.account().certificate_names(), ElementsAre("subject:CN=J,O=C"));
  EXPECT_THAT(item.account().token_subjects(), ElementsAre("sub"));
  EXPECT_THAT(item.account().disabled_mechanisms(), ElementsAre("PLAIN"));
  EXPECT_EQ(item.account().alias(), "john.smith");
  EXPECT_EQ(item.account().placement(), "mailstore-1");
  EXPECT_TRUE(item.account().disabled());
  EXPECT_EQ(item.account().weakest_ntlm_response(), auth::v1::NTLM_RESPONSE_FORM_NTLMV1);
  EXPECT_EQ(item.credential().nt_hash().size(), 16u);
  EXPECT_EQ(item.credential().nt_hash()[15], '\xff');
}

TEST(CsvAccounts, WhatIsEmptyIsNotThere) {
  const File file = Csv("account_id,password,nt_hash,addresses,disabled\na,,,,\n");
  ASSERT_EQ(file.items.size(), 1u);
  ASSERT_TRUE(file.items[0].item.ok());
  EXPECT_FALSE(file.items[0].item->has_credential());
  EXPECT_EQ(file.items[0].item->account().addresses_size(), 0);
  EXPECT_FALSE(file.items[0].item->account().disabled());
}

TEST(CsvAccounts, ALineThatIsWrongCostsItselfAlone) {
  const File file =
      Csv("account_id,password,nt_hash,disabled,weakest_ntlm_response\n"
          "a,\"pass,word "
          "\"\"x\"\"\",,,\nb,x\nc,,xyz,,\nd,,,maybe,\ne,p,00112233445566778899aabbccddeeff,,\n"
          "f,,,,lm\ng,,,,\n");
  EXPECT_TRUE(file.end.ok()) << file.end;
  ASSERT_EQ(file.items.size(), 7u);
  EXPECT_EQ(file.items[0].item->credential().password(), "pass,word \"x\"");
  for (size_t i = 1; i < 6; ++i) {
    EXPECT_FALSE(file.items[i].item.ok()) << i;
    EXPECT_EQ(file.items[i].line, static_cast<int64_t>(i) + 2);
  }
  EXPECT_THAT(std::string(file.items[2].item.status().message()), HasSubstr("32 hexadecimal"));
  EXPECT_TRUE(file.items[6].item.ok());
}

TEST(CsvAccounts, SaysWhatIsWrongWithTheFile) {
  EXPECT_THAT(std::string(Csv("alias\nx\n").end.message()), HasSubstr("account_id among them"));
  EXPECT_THAT(std::string(Csv("account_id,mail\nx,y\n").end.message()), HasSubstr("\"mail\""));
  EXPECT_THAT(std::string(Csv("account_id,alias,alias\n").end.message()), HasSubstr("twice"));
  const File unended = Csv("account_id,alias\na,b\nc,\"d\n");
  EXPECT_EQ(unended.items.size(), 1u);
  EXPECT_THAT(std::string(unended.end.message()), HasSubstr("behind row 2"));
  EXPECT_FALSE(Csv("account_id,alias\na,b\"c\n").end.ok());
  EXPECT_TRUE(Csv("").end.ok());
}

TEST(CsvAccounts, ManyRowsComeInPieces) {
  std::string text = "account_id,alias\n";
  for (int i = 0; i < 20'000; ++i)
    text += "a" + std::to_string(i) + ",alias-" + std::to_string(i) + "\n";
  const File file = Csv(text);
  ASSERT_EQ(file.items.size(), 20'000u);
  EXPECT_EQ(file.items[19'999].item->account().alias(), "alias-19999");
  EXPECT_EQ(file.items[19'999].line, 20'001);
}

TEST(JsonLinesAccounts, AreImportItems) {
  const File file = Read(
      AccountFileFormat::kJsonLines,
      "{\"account_id\":\"a\",\"account\":{\"alias\":\"x\"},\"credential\":{\"password\":\"p\"}}\n\n"
      "{\"account_id\":\"b\",\"unknown\":1}\nno json, secret\n{\"account_id\":\"c\"}");
  ASSERT_EQ(file.items.size(), 4u);
  EXPECT_EQ(file.items[0].item->credential().password(), "p");
  EXPECT_FALSE(file.items[1].item.ok());
  EXPECT_EQ(file.items[1].line, 3);
  EXPECT_THAT(std::string(file.items[2].item.status().message()), Not(HasSubstr("secret")));
  EXPECT_EQ(file.items[3].item->account_id(), "c");
}

TEST(AccountFile, WhatIsWrittenIsReadAgain) {
  auth::v1::Account account;
  account.set_name("accounts/jsmith");
  account.add_windows_names("CORP\\jsmith");
  account.add_windows_names("EMEA\\js");
  account.add_certificate_names("subject:CN=\"J\",O=C");
  account.set_alias("john.smith");
  account.set_placement("mailstore-0");
  account.set_disabled(true);
  account.set_weakest_ntlm_response(auth::v1::NTLM_RESPONSE_FORM_NTLM2_SESSION);
  account.set_etag("1");
  account.set_mailbox_id("m");
  account.set_has_credential(true);
  for (const AccountFileFormat format : {AccountFileFormat::kCsv, AccountFileFormat::kJsonLines}) {
    const auto line = AccountFileLine(format, account);
    ASSERT_TRUE(line.ok()) << line.status();
    const File file = Read(format, AccountFileHeader(format) + *line);
    ASSERT_EQ(file.items.size(), 1u) << *line;
    ASSERT_TRUE(file.items[0].item.ok()) << file.items[0].item.status();
    auth::v1::Account expected = account;
    expected.clear_name();
    expected.clear_etag();
    expected.clear_mailbox_id();
    expected.clear_has_credential();
    EXPECT_EQ(file.items[0].item->account().DebugString(), expected.DebugString());
    EXPECT_EQ(file.items[0].item->account_id(), "jsmith");
  }
}

TEST(AccountFile, SaysWhatCsvCannotHave) {
  auth::v1::Account account;
  account.set_name("accounts/jsmith");
  account.add_token_subjects("a;b");
  EXPECT_THAT(std::string(AccountFileLine(AccountFileFormat::kCsv, account).status().message()),
              HasSubstr("--format jsonl"));
  EXPECT_TRUE(AccountFileLine(AccountFileFormat::kJsonLines, account).ok());
}

TEST(AccountFile, ItsNameSaysItsFormat) {
  EXPECT_EQ(FormatOfFile("people.CSV"), AccountFileFormat::kCsv);
  EXPECT_EQ(FormatOfFile("people.jsonl"), AccountFileFormat::kJsonLines);
  EXPECT_EQ(FormatOfFile("-"), AccountFileFormat::kJsonLines);
}

}  // namespace
}  // namespace restante::ctl
