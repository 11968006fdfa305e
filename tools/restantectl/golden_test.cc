// What commands print, held against files in golden/: the type of a message, its text form, and
// below "== FORMAT" what restantectl -o FORMAT makes of it. RESTANTE_RENEW_GOLDEN=1 writes the
// outputs anew; read the difference before it is committed.

#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "restante/auth/v1/directory_job.pb.h"
#include "restante/common/v1/transfer.pb.h"
#include "restante/mailstore/v1/mailbox_job.pb.h"
#include "tools/restantectl/output.h"

namespace restante::ctl {
namespace {

namespace fs = std::filesystem;

const fs::path kGolden = "tools/restantectl/golden";

constexpr std::pair<const char*, OutputFormat> kFormats[] = {{"table", OutputFormat::kTable},
                                                             {"wide", OutputFormat::kWide},
                                                             {"json", OutputFormat::kJson},
                                                             {"yaml", OutputFormat::kYaml}};

using Render = std::function<std::string(const std::string& text, OutputFormat format)>;

template <typename Message>
std::pair<std::string, Render> Rendering() {
  return {Message::descriptor()->full_name(), [](const std::string& text, OutputFormat format) {
            Message message;
            EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message));
            std::ostringstream out;
            Print(message, format, out);
            return out.str();
          }};
}

const std::map<std::string, Render>& Renderings() {
  static const auto& renderings =
      *new std::map<std::string, Render>{Rendering<auth::v1::Account>(),
                                         Rendering<auth::v1::ListAccountsResponse>(),
                                         Rendering<auth::v1::SetCredentialResponse>(),
                                         Rendering<auth::v1::ListCredentialsResponse>(),
                                         Rendering<auth::v1::ProtocolPolicy>(),
                                         Rendering<auth::v1::ExplainLogonResponse>(),
                                         Rendering<auth::v1::DiagnoseLogonResponse>(),
                                         Rendering<auth::v1::ListLogonEventsResponse>(),
                                         Rendering<common::v1::ListAuditEntriesResponse>(),
                                         Rendering<google::longrunning::Operation>(),
                                         Rendering<google::longrunning::ListOperationsResponse>(),
                                         Rendering<common::v1::ServerInfo>(),
                                         Rendering<mailstore::v1::Mailbox>(),
                                         Rendering<mailstore::v1::ListMailboxesResponse>(),
                                         Rendering<mailstore::v1::ListMessagesResponse>(),
                                         Rendering<mailstore::v1::ListDeletedMessagesResponse>(),
                                         Rendering<mailstore::v1::BreakLeaseResponse>()};
  return renderings;
}

struct Golden {
  std::string type;
  std::string text;
  std::map<std::string, std::string> outputs;  // by format
};

Golden Read(const fs::path& path) {
  std::ifstream file(path);
  Golden golden;
  std::getline(file, golden.type);
  std::string* part = &golden.text;
  for (std::string line; std::getline(file, line);) {
    if (line.rfind("== ", 0) == 0) {
      part = &golden.outputs[line.substr(3)];
    } else {
      absl::StrAppend(part, line, "\n");
    }
  }
  return golden;
}

void Renew(const fs::path& path, const Golden& golden) {
  std::ofstream file(path);
  file << golden.type << "\n" << golden.text;
  for (const auto& [name, format] : kFormats) {
    file << "== " << name << "\n" << Renderings().at(golden.type)(golden.text, format);
  }
}

std::vector<std::string> Names() {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(kGolden)) names.push_back(entry.path().stem());
  std::sort(names.begin(), names.end());
  return names;
}

class GoldenFile : public testing::TestWithParam<std::string> {};

TEST_P(GoldenFile, IsPrintedAsWritten) {
  const fs::path path = kGolden / (GetParam() + ".txt");
  const Golden golden = Read(path);
  ASSERT_EQ(Renderings().count(golden.type), 1u) << golden.type;
  if (getenv("RESTANTE_RENEW_GOLDEN") != nullptr) return Renew(path, golden);
  for (const auto& [name, format] : kFormats) {
    ASSERT_EQ(golden.outputs.count(name), 1u) << name;
    EXPECT_EQ(Renderings().at(golden.type)(golden.text, format), golden.outputs.at(name)) << name;
  }
}

INSTANTIATE_TEST_SUITE_P(Files, GoldenFile, testing::ValuesIn(Names()), [](const auto& name) {
  std::string text = name.param;
  std::replace(text.begin(), text.end(), '-', '_');
  return text;
});

TEST(GoldenFiles, CoverEveryTypeThatIsPrinted) {
  std::map<std::string, int> seen;
  for (const std::string& name : Names()) ++seen[Read(kGolden / (name + ".txt")).type];
  for (const auto& [type, render] : Renderings()) EXPECT_GE(seen[type], 1) << type;
}

}  // namespace
}  // namespace restante::ctl
