// accounts import and export, mailboxes import and export: the operations that they carry.

#include <gmock/gmock.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/error_reason.h"
#include "common/base/ids.h"
#include "common/base/mutex.h"
#include "common/rpc/status.h"
#include "tests/support/fake_random.h"
#include "tests/support/temporary_directory.h"
#include "tools/restantectl/command_line.h"
#include "tools/restantectl/testing/fake_console.h"

namespace restante::ctl {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

// What the services know of operations, and what they were asked.
class FakeTransfers {
 public:
  std::vector<std::string> request_ids;
  std::map<std::string, std::string> ended;  // operations by request_id
  std::map<std::string, std::string> running;
  int completed = 0;
  absl::Status refusal;  // of the next item

  // The operation; sets `already_ended`.
  absl::StatusOr<std::string> Begin(const std::string& request_id, bool* already_ended) {
    request_ids.push_back(request_id);
    if (running.count(request_id) > 0) {
      return MakeError(absl::StatusCode::kFailedPrecondition, ErrorReason::kOperationRunning,
                       "is carried by another call");
    }
    const auto found = ended.find(request_id);
    *already_ended = found != ended.end();
    return *already_ended ? found->second : absl::StrCat("operations/", request_id);
  }
  // What another program would do with the last one.
  void EndLast() { ended[request_ids.back()] = "operations/" + request_ids.back(); }

  Mutex mutex;
};

class FakeDirectory : public auth::v1::DirectoryService::Service {
 public:
  explicit FakeDirectory(FakeTransfers* transfers) : transfers_(*transfers) {}

  grpc::Status ImportAccounts(
      grpc::ServerContext* /*context*/,
      grpc::ServerReaderWriter<auth::v1::ImportAccountsResponse, auth::v1::ImportAccountsRequest>*
          stream) override {
    MutexLock lock(&transfers_.mutex);
    auth::v1::ImportAccountsRequest request;
    stream->Read(&request);
    auth::v1::ImportAccountsResponse answer;
    bool ended = false;
    const auto operation = transfers_.Begin(request.options().request_id(), &ended);
    if (!operation.ok()) return rpc::ToGrpcStatus(operation.status());
    answer.set_operation(*operation);
    answer.set_already_ended(ended);
    stream->Write(answer);
    while (!ended && stream->Read(&request)) {
      if (!transfers_.refusal.ok()) return rpc::ToGrpcStatus(transfers_.refusal);
      if (request.complete()) {
        ++transfers_.completed;
        return grpc::Status::OK;
      }
      answer.Clear();
      for (const auto& item : request.items()) {
        auth::v1::ImportResult* result = answer.add_results();
        result->set_account_id(item.account_id());
        result->set_outcome(auth::v1::IMPORT_OUTCOME_CREATED);
      }
      stream->Write(answer);
    }
    return grpc::Status::OK;
  }

  grpc::Status ExportAccounts(
      grpc::ServerContext* /*context*/, const auth::v1::ExportAccountsRequest* request,
      grpc::ServerWriter<auth::v1::ExportAccountsResponse>* writer) override {
    MutexLock lock(&transfers_.mutex);
    auth::v1::ExportAccountsResponse answer;
    bool ended = false;
    const auto operation = transfers_.Begin(request->request_id(), &ended);
    if (!operation.ok()) return rpc::ToGrpcStatus(operation.status());
    answer.set_operation(*operation);
    answer.set_already_ended(ended);
    if (!ended) answer.add_accounts()->set_name("accounts/anna");
    writer->Write(answer);
    return grpc::Status::OK;
  }

 private:
  FakeTransfers& transfers_;
};

class FakeMailboxes : public mailstore::v1::MailboxService::Service {
 public:
  explicit FakeMailboxes(FakeTransfers* transfers) : transfers_(*transfers) {}

  grpc::Status GetMailbox(grpc::ServerContext* /*context*/,
                          const mailstore::v1::GetMailboxRequest* request,
                          mailstore::v1::Mailbox* response) override {
    response->set_name(request->name());
    return grpc::Status::OK;
  }
  grpc::Status ListMessages(grpc::ServerContext* /*context*/,
                            const mailstore::v1::ListMessagesRequest* /*request*/,
                            mailstore::v1::ListMessagesResponse* /*response*/) override {
    return grpc::Status::OK;
  }
  grpc::Status ImportMessages(
      grpc::ServerContext* /*context*/,
      grpc::ServerReaderWriter<mailstore::v1::ImportMessagesResponse,
                               mailstore::v1::ImportMessagesRequest>* stream) override {
    MutexLock lock(&transfers_.mutex);
    mailstore::v1::ImportMessagesRequest request;
    stream->Read(&request);
    mailstore::v1::ImportMessagesResponse answer;
    bool ended = false;
    const auto operation = transfers_.Begin(request.request_id(), &ended);
    if (!operation.ok()) return rpc::ToGrpcStatus(operation.status());
    answer.set_operation(*operation);
    answer.set_already_ended(ended);
    stream->Write(answer);
    while (!ended && stream->Read(&request)) {
      if (!transfers_.refusal.ok()) return rpc::ToGrpcStatus(transfers_.refusal);
      if (request.has_complete()) ++transfers_.completed;
      if (request.has_end()) stream->Write({});
    }
    return grpc::Status::OK;
  }
  grpc::Status ExportMessages(
      grpc::ServerContext* /*context*/, const mailstore::v1::ExportMessagesRequest* request,
      grpc::ServerWriter<mailstore::v1::ExportMessagesResponse>* writer) override {
    MutexLock lock(&transfers_.mutex);
    mailstore::v1::ExportMessagesResponse answer;
    bool ended = false;
    const auto operation = transfers_.Begin(request->request_id(), &ended);
    if (!operation.ok()) return rpc::ToGrpcStatus(operation.status());
    answer.set_operation(*operation);
    answer.set_already_ended(ended);
    writer->Write(answer);
    return grpc::Status::OK;
  }

 private:
  FakeTransfers& transfers_;
};

class TransferTest : public testing::Test {
 protected:
  TransferTest() {
    grpc::ServerBuilder builder;
    builder.RegisterService(&directory_);
    builder.RegisterService(&mailboxes_);
    server_ = builder.BuildAndStart();
    Write("accounts.csv", "account_id\nanna\nben\n");
    Write("mbox", "From a Thu Jan  1 00:00:00 2026\nSubject: one\n\ntext\n");
  }
  ~TransferTest() override { server_->Shutdown(); }

  std::string Path(const std::string& name) const {
    return absl::StrCat(folder_.path(), "/", name);
  }
  void Write(const std::string& name, const std::string& text) const {
    std::ofstream(Path(name)) << text;
  }
  ExitCode Run(const std::vector<std::string>& words) {
    std::vector<const char*> arguments = {"restantectl"};
    for (const std::string& word : words) arguments.push_back(word.c_str());
    console_.out_.str("");
    console_.err_.str("");
    const Connect connect = [this](const ConnectionSettings&) {
      return std::make_unique<InProcessServices>(*server_);
    };
    Settle();
    const ExitCode code = RunCommandLine(static_cast<int>(arguments.size()), arguments.data(),
                                         connect, console_, random_);
    Settle();
    return code;
  }
  // Orders this thread with the calls' threads, for ThreadSanitizer too.
  void Settle() { MutexLock lock(&transfers_.mutex); }
  const std::string& LastId() const { return transfers_.request_ids.back(); }
  std::string out() const { return console_.out_.str(); }
  std::string err() const { return console_.err_.str(); }

  const TemporaryDirectory folder_;
  FakeTransfers transfers_;
  FakeDirectory directory_{&transfers_};
  FakeMailboxes mailboxes_{&transfers_};
  std::unique_ptr<grpc::Server> server_;
  FakeConsole console_;
  FakeRandom random_;
};

TEST_F(TransferTest, TheSameImportIsTheSameOperation) {
  const std::vector<std::string> import = {"accounts", "import", Path("accounts.csv")};
  EXPECT_EQ(Run(import), ExitCode::kOk) << err();
  EXPECT_EQ(out(), "Created: 2, updated: 0, as they were: 0, failed: 0\n");
  EXPECT_TRUE(IsId(LastId()));
  EXPECT_EQ(err(), absl::StrCat("This import is operations/", LastId(), ".\n"));
  EXPECT_EQ(transfers_.completed, 1);
  const std::string id = LastId();
  // Also when it goes on with what it did before.
  EXPECT_EQ(Run({"accounts", "import", Path("accounts.csv"), "--update-existing"}), ExitCode::kOk);
  EXPECT_EQ(LastId(), id);
  EXPECT_EQ(Run({"accounts", "import", Path("accounts.csv"), "--dry-run"}), ExitCode::kOk);
  EXPECT_NE(LastId(), id);
  Write("accounts.csv", "account_id\nanna\nben\ncarla\n");
  EXPECT_EQ(Run(import), ExitCode::kOk);
  EXPECT_NE(LastId(), id);
}

TEST_F(TransferTest, WhatHasEndedIsDoneAgainAsAnother) {
  for (const std::vector<std::string>& command :
       {std::vector<std::string>{"accounts", "import", Path("accounts.csv")},
        {"accounts", "export"},
        {"mailboxes", "import", "m", "--mbox", Path("mbox")},
        {"mailboxes", "export", "m", "--maildir", Path("maildir")}}) {
    transfers_.request_ids.clear();
    ASSERT_EQ(Run(command), ExitCode::kOk) << err();
    const std::string first = out();
    transfers_.EndLast();
    ASSERT_EQ(Run(command), ExitCode::kOk) << err();
    EXPECT_EQ(out(), first);
    transfers_.EndLast();
    ASSERT_EQ(Run(command), ExitCode::kOk) << err();
    const std::vector<std::string>& ids = transfers_.request_ids;
    EXPECT_EQ(out(), first);
    EXPECT_THAT(ids, ElementsAre(ids[0], ids[0], ids[2], ids[0], ids[2], ids[5])) << command[1];
    EXPECT_NE(ids[0], ids[2]);
    EXPECT_NE(ids[2], ids[5]);
    EXPECT_THAT(err(), HasSubstr("operations/" + ids[5]));
  }
}

TEST_F(TransferTest, WhatBreaksOffIsNotComplete) {
  transfers_.refusal = absl::UnavailableError("gone");
  EXPECT_EQ(Run({"accounts", "import", Path("accounts.csv")}), ExitCode::kUnavailable);
  EXPECT_THAT(err(), HasSubstr("Repeat it with --update-existing to go on."));
  EXPECT_EQ(Run({"mailboxes", "import", "m", "--mbox", Path("mbox")}), ExitCode::kUnavailable);
  EXPECT_THAT(err(), HasSubstr("Repeat it to go on"));
  const std::string id = LastId();
  transfers_.refusal = absl::CancelledError("the operation was cancelled");
  EXPECT_EQ(Run({"accounts", "import", Path("accounts.csv")}), ExitCode::kFailed);
  EXPECT_THAT(err(), HasSubstr("The import was cancelled"));
  EXPECT_THAT(err(), Not(HasSubstr("Repeat it")));
  EXPECT_EQ(Run({"mailboxes", "import", "m", "--mbox", Path("mbox")}), ExitCode::kFailed);
  EXPECT_EQ(LastId(), id);
  EXPECT_THAT(err(), HasSubstr("The import was cancelled"));
  EXPECT_THAT(err(), Not(HasSubstr("Repeat it to go on")));
  EXPECT_EQ(transfers_.completed, 0);
  transfers_.refusal = absl::OkStatus();
  EXPECT_EQ(Run({"mailboxes", "import", "m", "--mbox", Path("mbox")}), ExitCode::kOk);
  EXPECT_EQ(transfers_.completed, 1);
  // A file that cannot be read to its end is not all of it.
  Write("accounts.csv", "account_id\nanna\n\"ben\n");
  EXPECT_NE(Run({"accounts", "import", Path("accounts.csv")}), ExitCode::kOk);
  EXPECT_EQ(transfers_.completed, 1);
  EXPECT_THAT(err(), Not(HasSubstr("broke off")));
}

TEST_F(TransferTest, AnotherCallCarriesIt) {
  for (const std::vector<std::string>& command :
       {std::vector<std::string>{"accounts", "import", Path("accounts.csv")},
        {"mailboxes", "import", "m", "--mbox", Path("mbox")},
        {"mailboxes", "export", "m", "--maildir", Path("maildir")}}) {
    ASSERT_EQ(Run(command), ExitCode::kOk);
    transfers_.running[LastId()] = "operations/1";
    EXPECT_EQ(Run(command), ExitCode::kConflict) << command[1];
    EXPECT_THAT(err(), HasSubstr("OPERATION_RUNNING"));
  }
  // Two may list the accounts at once.
  ASSERT_EQ(Run({"accounts", "export"}), ExitCode::kOk);
  const std::string first = out();
  transfers_.running[LastId()] = "operations/1";
  EXPECT_EQ(Run({"accounts", "export"}), ExitCode::kOk) << err();
  EXPECT_EQ(out(), first);
}

}  // namespace
}  // namespace restante::ctl
