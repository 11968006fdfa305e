// audit, operations, credentials, directory, watches, whoami, doctor, contexts, completion and man.

#include <gmock/gmock.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/app/program_options.h"
#include "common/base/error_reason.h"
#include "common/base/mutex.h"
#include "common/rpc/status.h"
#include "common/rpc/time_messages.h"
#include "restante/auth/v1/directory_job.pb.h"
#include "restante/mailstore/v1/mailbox_job.pb.h"
#include "tests/support/fake_random.h"
#include "tools/restantectl/command_line.h"
#include "tools/restantectl/output.h"
#include "tools/restantectl/testing/fake_console.h"

namespace restante::ctl {
namespace {

using google::longrunning::Operation;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

Operation Rewrap(const std::string& id, int64_t done, bool ended) {
  auth::v1::RewrapCredentialsMetadata metadata;
  metadata.set_phase(ended ? "done" : "rewrap");
  metadata.set_done(done);
  metadata.set_total(4);
  metadata.set_caller("spiffe://restante/key-admin/ops");
  Operation operation;
  operation.set_name("operations/" + id);
  operation.mutable_metadata()->PackFrom(metadata);
  operation.set_done(ended);
  if (!ended) return operation;
  auth::v1::RewrapCredentialsResponse response;
  response.set_rewrapped(3);
  response.set_unchanged(1);
  operation.mutable_response()->PackFrom(response);
  return operation;
}

// Orders the test's thread with the calls' threads, for ThreadSanitizer too.
class Settled {
 public:
  void Settle() { MutexLock lock(&mutex_); }

 protected:
  Mutex mutex_;
};

class FakeAudit : public common::v1::AuditService::Service, public Settled {
 public:
  grpc::Status ListAuditEntries(grpc::ServerContext* /*context*/,
                                const common::v1::ListAuditEntriesRequest* request,
                                common::v1::ListAuditEntriesResponse* response) override {
    MutexLock lock(&mutex_);
    asked = *request;
    common::v1::AuditEntry* entry = response->add_entries();
    entry->set_name("auditEntries/0000000000000007");
    entry->set_caller("spiffe://restante/account-admin/ops");
    entry->set_method("UpdateAccount");
    entry->set_resource("accounts/jsmith");
    entry->set_request_id("r1");
    common::v1::AuditFieldChange* change = entry->add_changes();
    change->set_field("alias");
    change->add_new_values("js\x1b[2J");
    return grpc::Status::OK;
  }
  common::v1::ListAuditEntriesRequest asked;
};

class FakeOperations : public google::longrunning::Operations::Service, public Settled {
 public:
  grpc::Status ListOperations(grpc::ServerContext* /*context*/,
                              const google::longrunning::ListOperationsRequest* request,
                              google::longrunning::ListOperationsResponse* response) override {
    MutexLock lock(&mutex_);
    filter = request->filter();
    *response->add_operations() = Rewrap("a", 2, false);
    Operation* failed = response->add_operations();
    *failed = Rewrap("b", 2, true);
    failed->mutable_error()->set_message("it was cancelled");
    return grpc::Status::OK;
  }
  grpc::Status GetOperation(grpc::ServerContext* /*context*/,
                            const google::longrunning::GetOperationRequest* request,
                            Operation* response) override {
    MutexLock lock(&mutex_);
    if (request->name() != "operations/a") {
      return rpc::ToGrpcStatus(
          MakeError(absl::StatusCode::kNotFound, ErrorReason::kOperationNotFound, "none"));
    }
    *response = Rewrap("a", 2, false);
    return grpc::Status::OK;
  }
  grpc::Status CancelOperation(grpc::ServerContext* /*context*/,
                               const google::longrunning::CancelOperationRequest* request,
                               google::protobuf::Empty* /*response*/) override {
    MutexLock lock(&mutex_);
    cancelled = request->name();
    return grpc::Status::OK;
  }
  grpc::Status DeleteOperation(grpc::ServerContext* /*context*/,
                               const google::longrunning::DeleteOperationRequest* request,
                               google::protobuf::Empty* /*response*/) override {
    MutexLock lock(&mutex_);
    deleted = request->name();
    return grpc::Status::OK;
  }
  // Running, running, then as it is to end.
  grpc::Status WaitOperation(grpc::ServerContext* /*context*/,
                             const google::longrunning::WaitOperationRequest* request,
                             Operation* response) override {
    MutexLock lock(&mutex_);
    EXPECT_EQ(request->name(), "operations/a");
    *response = ++waits < 3 ? Rewrap("a", waits, false) : end;
    return grpc::Status::OK;
  }
  std::string filter;
  std::string cancelled;
  std::string deleted;
  int waits = 0;
  Operation end = Rewrap("a", 4, true);
};

class FakeJobs : public auth::v1::DirectoryService::Service, public Settled {
 public:
  grpc::Status RewrapCredentials(grpc::ServerContext* /*context*/,
                                 const auth::v1::RewrapCredentialsRequest* request,
                                 Operation* response) override {
    MutexLock lock(&mutex_);
    EXPECT_FALSE(request->request_id().empty());
    *response = Rewrap("a", 0, false);
    return grpc::Status::OK;
  }
  grpc::Status BackupDirectory(grpc::ServerContext* /*context*/,
                               const auth::v1::BackupDirectoryRequest* /*request*/,
                               Operation* /*response*/) override {
    MutexLock lock(&mutex_);
    return rpc::ToGrpcStatus(MakeError(absl::StatusCode::kFailedPrecondition,
                                       ErrorReason::kBackupNotConfigured, "no folder"));
  }
  grpc::Status WatchAccounts(grpc::ServerContext* /*context*/,
                             const auth::v1::WatchAccountsRequest* request,
                             grpc::ServerWriter<auth::v1::WatchAccountsResponse>* writer) override {
    MutexLock lock(&mutex_);
    auth::v1::WatchAccountsResponse piece;
    tokens.push_back(request->resume_token());
    if (tokens.size() == 1) {
      piece.add_events()->mutable_account()->set_name("accounts/anna");
      piece.set_resume_token("t1");
      writer->Write(piece);
      return {grpc::StatusCode::UNAVAILABLE, "going down"};
    }
    piece.set_reset(true);
    piece.add_events()->set_purged_account("accounts/ben");
    piece.add_events()->set_purged_account("accounts/too-many");
    writer->Write(piece);
    return grpc::Status::OK;
  }
  grpc::Status WatchLogonEvents(
      grpc::ServerContext* /*context*/, const auth::v1::WatchLogonEventsRequest* request,
      grpc::ServerWriter<auth::v1::WatchLogonEventsResponse>* writer) override {
    MutexLock lock(&mutex_);
    watched = *request;
    auth::v1::WatchLogonEventsResponse piece;
    piece.set_missed(5);
    piece.add_events()->set_outcome("WRONG_PASSWORD");
    writer->Write(piece);
    return grpc::Status::OK;
  }
  std::vector<std::string> tokens;
  auth::v1::WatchLogonEventsRequest watched;
};

class FakeMailJobs : public mailstore::v1::MailboxService::Service, public Settled {
 public:
  grpc::Status ApplyRetention(grpc::ServerContext* /*context*/,
                              const mailstore::v1::ApplyRetentionRequest* request,
                              Operation* response) override {
    MutexLock lock(&mutex_);
    retention = *request;
    response->set_name("operations/a");
    return grpc::Status::OK;
  }
  grpc::Status VerifyMailboxes(grpc::ServerContext* /*context*/,
                               const mailstore::v1::VerifyMailboxesRequest* request,
                               Operation* response) override {
    MutexLock lock(&mutex_);
    verification = *request;
    response->set_name("operations/a");
    return grpc::Status::OK;
  }
  grpc::Status BackupMailboxes(grpc::ServerContext* /*context*/,
                               const mailstore::v1::BackupMailboxesRequest* /*request*/,
                               Operation* /*response*/) override {
    MutexLock lock(&mutex_);
    return rpc::ToGrpcStatus(MakeError(absl::StatusCode::kFailedPrecondition,
                                       ErrorReason::kBackupNotConfigured, "no folder"));
  }
  mailstore::v1::ApplyRetentionRequest retention;
  mailstore::v1::VerifyMailboxesRequest verification;
};

class FakeInfo : public common::v1::ServerInfoService::Service, public Settled {
 public:
  grpc::Status GetServerInfo(grpc::ServerContext* /*context*/,
                             const common::v1::GetServerInfoRequest* request,
                             common::v1::ServerInfo* response) override {
    MutexLock lock(&mutex_);
    response->set_program("restante-auth");
    response->set_version(version);
    response->set_caller("spiffe://restante/reader/ops");
    response->add_caller_roles("reader");
    response->add_callable_methods("/restante.auth.v1.DirectoryService/GetAccount");
    *response->mutable_time() = rpc::ToTimestamp(absl::Now() + clock_ahead);
    if (request->check()) {
      for (const common::v1::ServerFinding& finding : findings) *response->add_findings() = finding;
    }
    return grpc::Status::OK;
  }
  std::string version = std::string(app::Version());
  absl::Duration clock_ahead;
  std::vector<common::v1::ServerFinding> findings;
};

class AdministrationTest : public testing::Test {
 protected:
  AdministrationTest() {
    std::string pattern = testing::TempDir() + "restantectl-XXXXXX";
    folder_ = mkdtemp(pattern.data());
    setenv("RESTANTE_CONTEXTS", (folder_ + "/restante/contexts.yaml").c_str(), 1);
    grpc::ServerBuilder builder;
    for (grpc::Service* service : std::initializer_list<grpc::Service*>{
             &audit_, &operations_, &jobs_, &mail_jobs_, &info_}) {
      builder.RegisterService(service);
    }
    server_ = builder.BuildAndStart();
  }
  ~AdministrationTest() override {
    server_->Shutdown();
    unsetenv("RESTANTE_CONTEXTS");
    std::filesystem::remove_all(folder_);
  }

  ExitCode Run(std::vector<const char*> arguments) {
    arguments.insert(arguments.begin(), "restantectl");
    console_.out_.str("");
    console_.err_.str("");
    opened_.clear();
    const Connect connect = [this](const ConnectionSettings& settings) {
      settings_ = settings;
      return std::make_unique<InProcessServices>(*server_, &opened_);
    };
    Settle();
    const ExitCode code = RunCommandLine(static_cast<int>(arguments.size()), arguments.data(),
                                         connect, console_, random_);
    Settle();
    return code;
  }
  void Settle() {
    for (Settled* fake :
         std::initializer_list<Settled*>{&audit_, &operations_, &jobs_, &mail_jobs_, &info_}) {
      fake->Settle();
    }
  }
  std::string out() const { return console_.out_.str(); }
  std::string err() const { return console_.err_.str(); }

  std::string folder_;
  FakeAudit audit_;
  FakeOperations operations_;
  FakeJobs jobs_;
  FakeMailJobs mail_jobs_;
  FakeInfo info_;
  std::vector<Program> opened_;
  std::unique_ptr<grpc::Server> server_;
  FakeConsole console_;
  FakeRandom random_;
  ConnectionSettings settings_;
};

TEST_F(AdministrationTest, ListsWhoChangedWhat) {
  EXPECT_EQ(Run({"audit", "list", "--filter", "method = UpdateAccount", "--limit", "5"}),
            ExitCode::kOk);
  EXPECT_EQ(audit_.asked.filter(), "method = UpdateAccount");
  EXPECT_EQ(audit_.asked.page_size(), 5);
  EXPECT_THAT(out(),
              HasSubstr("TIME  CALLER                               METHOD         RESOURCE"));
  EXPECT_THAT(out(), HasSubstr("alias: nothing -> js\\x1b[2J"));
  EXPECT_THAT(out(), Not(HasSubstr("0000000000000007")));
  EXPECT_EQ(Run({"audit", "list", "-o", "wide"}), ExitCode::kOk);
  EXPECT_THAT(out(), AllOf(HasSubstr("0000000000000007"), HasSubstr("r1")));
  EXPECT_THAT(opened_, ElementsAre(Program::kAuth));
  EXPECT_EQ(Run({"audit", "list", "--service", "mailstore"}), ExitCode::kOk);
  EXPECT_THAT(opened_, ElementsAre(Program::kMailstore));
}

TEST_F(AdministrationTest, FollowsAJobToItsEnd) {
  console_.terminal = true;
  EXPECT_EQ(Run({"credentials", "rewrap"}), ExitCode::kOk) << err();
  EXPECT_THAT(err(), HasSubstr("operations/a has begun"));
  EXPECT_THAT(err(), HasSubstr("[###############...............]  50 % rewrap: 2 of 4 accounts"));
  EXPECT_THAT(out(), AllOf(HasSubstr("done"), HasSubstr("Sealed anew:"),
                           Not(HasSubstr("Could not be opened"))));
  // Not where nobody watches.
  console_.terminal = false;
  operations_.waits = 0;
  EXPECT_EQ(Run({"operations", "wait", "a"}), ExitCode::kOk);
  EXPECT_EQ(err(), "");
  EXPECT_EQ(Run({"credentials", "rewrap", "--no-wait"}), ExitCode::kOk);
  EXPECT_THAT(out(), AllOf(HasSubstr("running"), HasSubstr("0 of 4")));
}

TEST_F(AdministrationTest, EndsWithTheErrorOfAJob) {
  operations_.end.mutable_error()->set_code(static_cast<int>(absl::StatusCode::kUnavailable));
  operations_.end.mutable_error()->set_message("the disk is gone");
  EXPECT_EQ(Run({"operations", "wait", "a"}), ExitCode::kUnavailable);
  EXPECT_THAT(err(), HasSubstr("operations/a failed: the disk is gone"));
  auth::v1::RewrapCredentialsResponse response;
  auth::v1::RewrapFailure* failure = response.add_failures();
  failure->set_account("accounts/lost");
  failure->set_key_id("k0");
  failure->set_cause("CREDENTIAL_KEY_MISSING");
  response.set_more_failures(2);
  operations_.end = Rewrap("a", 4, true);
  operations_.end.mutable_response()->PackFrom(response);
  EXPECT_EQ(Run({"operations", "wait", "a"}), ExitCode::kConflict);
  EXPECT_THAT(out(), HasSubstr("lost (key k0, CREDENTIAL_KEY_MISSING), and 2 more"));
  EXPECT_EQ(Run({"directory", "backup"}), ExitCode::kConflict);
  EXPECT_THAT(err(), HasSubstr("set backup_directory"));
}

TEST_F(AdministrationTest, JobsAboutMailAreTheMailstores) {
  mailstore::v1::VerifyMailboxesResponse verified;
  verified.set_messages(7);
  operations_.end.mutable_response()->PackFrom(verified);
  EXPECT_EQ(Run({"mailboxes", "verify"}), ExitCode::kOk) << err();
  EXPECT_EQ(mail_jobs_.verification.name(), "");
  EXPECT_FALSE(mail_jobs_.verification.request_id().empty());
  EXPECT_THAT(err(), HasSubstr("restantectl operations wait --service mailstore"));
  EXPECT_THAT(out(), HasSubstr("Damaged:    none\n"));
  EXPECT_THAT(opened_, testing::Each(Program::kMailstore));
  verified.add_damaged()->set_name("mailboxes/m/messages/5");
  operations_.end.mutable_response()->PackFrom(verified);
  EXPECT_EQ(Run({"mailboxes", "verify", "m"}), ExitCode::kFailed);
  EXPECT_EQ(mail_jobs_.verification.name(), "mailboxes/m");
  EXPECT_THAT(out(), HasSubstr("mailboxes/m/messages/5"));
  EXPECT_THAT(err(), HasSubstr("MESSAGE_CORRUPT"));

  EXPECT_EQ(Run({"mailboxes", "apply-retention", "m", "--dry-run", "--no-wait"}), ExitCode::kOk);
  EXPECT_TRUE(mail_jobs_.retention.validate_only());
  EXPECT_EQ(mail_jobs_.retention.name(), "mailboxes/m");
  EXPECT_EQ(Run({"mailboxes", "backup"}), ExitCode::kConflict);
  EXPECT_THAT(err(), HasSubstr("set backup_directory in the service's configuration"));

  EXPECT_EQ(Run({"operations", "list", "--service", "mailstore"}), ExitCode::kOk);
  EXPECT_THAT(opened_, ElementsAre(Program::kMailstore));
  EXPECT_EQ(Run({"operations", "list"}), ExitCode::kOk);
  EXPECT_THAT(opened_, ElementsAre(Program::kAuth));
  EXPECT_EQ(Run({"operations", "list", "--service", "pop3"}), ExitCode::kUsage);
}

TEST_F(AdministrationTest, ListsGetsCancelsAndDeletesOperations) {
  EXPECT_EQ(Run({"operations", "list", "--filter", "done = false"}), ExitCode::kOk);
  EXPECT_EQ(operations_.filter, "done = false");
  EXPECT_THAT(out(), AllOf(HasSubstr("running"), HasSubstr("failed: it was cancelled")));
  EXPECT_EQ(Run({"operations", "get", "operations/a"}), ExitCode::kOk);
  EXPECT_EQ(Run({"operations", "get", "x"}), ExitCode::kNotFound);
  EXPECT_EQ(Run({"operations", "cancel", "a"}), ExitCode::kOk);
  EXPECT_EQ(operations_.cancelled, "operations/a");
  EXPECT_EQ(Run({"operations", "delete", "a"}), ExitCode::kOk);
  EXPECT_EQ(operations_.deleted, "operations/a");
  EXPECT_EQ(Run({"operations", "get", "a", "-o", "json"}), ExitCode::kOk);
  EXPECT_THAT(out(), HasSubstr("\"phase\": \"rewrap\""));
}

TEST_F(AdministrationTest, WatchesAgainWhereItWas) {
  EXPECT_EQ(Run({"accounts", "watch", "--limit", "2"}), ExitCode::kOk) << err();
  EXPECT_THAT(jobs_.tokens, ElementsAre("", "t1"));
  EXPECT_EQ(out(), "anna  enabled  -  -\nben  purged\n");
  EXPECT_THAT(err(), AllOf(HasSubstr("watching again"), HasSubstr("Too much was missed")));
  EXPECT_EQ(Run({"logons", "watch", "--filter", "tls = true", "--backlog", "3", "-o", "json"}),
            ExitCode::kOk);
  EXPECT_EQ(jobs_.watched.backlog(), 3);
  EXPECT_EQ(jobs_.watched.filter(), "tls = true");
  EXPECT_THAT(out(), HasSubstr("\"outcome\":\"WRONG_PASSWORD\""));
  EXPECT_THAT(err(), HasSubstr("5 logons were missed"));
}

TEST_F(AdministrationTest, SaysWhoYouAre) {
  EXPECT_EQ(Run({"whoami"}), ExitCode::kOk);
  EXPECT_THAT(out(), HasSubstr("spiffe://restante/reader/ops"));
  EXPECT_THAT(out(), HasSubstr("/restante.auth.v1.DirectoryService/GetAccount"));
}

TEST_F(AdministrationTest, FindsWhatIsWrong) {
  EXPECT_EQ(Run({"doctor"}), ExitCode::kFailed);
  EXPECT_THAT(out(), HasSubstr("ERROR   nothing says where your certificate is"));
  EXPECT_THAT(out(), HasSubstr("2 errors, 0 warnings."));
  EXPECT_EQ(err(), "");
  EXPECT_EQ(Run({"doctor", "--tls-certificate", folder_.c_str(), "--tls-ca", "/no/such"}),
            ExitCode::kFailed);
  EXPECT_THAT(out(), HasSubstr("ERROR   " + folder_ + " cannot be read, or is empty"));
  EXPECT_THAT(out(), HasSubstr("ERROR   /no/such cannot be read, or is empty"));
  info_.version = "0.0.1";
  info_.clock_ahead = absl::Seconds(-60);
  common::v1::ServerFinding finding;
  finding.set_cause("CREDENTIAL_KEY_MISSING");
  finding.set_finding("3 accounts cannot log on");
  finding.set_next_step("put it back");
  finding.set_is_error(true);
  info_.findings = {finding};
  EXPECT_EQ(Run({"doctor"}), ExitCode::kFailed);
  EXPECT_THAT(out(), HasSubstr("ERROR   auth: 3 accounts cannot log on (CREDENTIAL_KEY_MISSING)\n"
                               "        next: put it back\n"));
  EXPECT_THAT(out(), HasSubstr("warning auth is version 0.0.1"));
  EXPECT_THAT(out(), HasSubstr("warning auth's clock is 60.0 s behind this machine's"));
}

TEST_F(AdministrationTest, KeepsInstallationsByName) {
  EXPECT_EQ(Run({"contexts", "use", "test"}), ExitCode::kUsage);
  EXPECT_EQ(Run({"contexts", "save", "test", "--auth-admin", "127.0.0.1:1", "--tls-ca", "/ca.pem"}),
            ExitCode::kOk)
      << err();
  EXPECT_EQ(Run({"contexts", "save", "Other", "--auth-admin", "x"}), ExitCode::kUsage);
  EXPECT_EQ(
      Run({"contexts", "save", "other", "--auth-admin", "127.0.0.1:2", "--tls-ca", "b/../ca"}),
      ExitCode::kOk);
  EXPECT_EQ(Run({"contexts", "list"}), ExitCode::kOk);
  EXPECT_THAT(out(),
              AllOf(HasSubstr("   other    127.0.0.1:2"), HasSubstr("*  test     127.0.0.1:1")));
  // The current one, another one, and what is given.
  Run({"whoami"});
  EXPECT_EQ(settings_.auth_admin, "127.0.0.1:1");
  EXPECT_EQ(settings_.tls_ca, "/ca.pem");
  Run({"whoami", "--context", "other"});
  EXPECT_EQ(settings_.auth_admin, "127.0.0.1:2");
  EXPECT_EQ(settings_.tls_ca, std::filesystem::current_path().string() + "/ca");
  Run({"whoami", "--auth-admin", "127.0.0.1:3"});
  EXPECT_EQ(settings_.auth_admin, "127.0.0.1:3");
  EXPECT_EQ(Run({"whoami", "--context", "none"}), ExitCode::kUsage);
  EXPECT_THAT(err(), HasSubstr("there are: other, test"));
  EXPECT_EQ(Run({"contexts", "use", "other"}), ExitCode::kOk);
  Run({"whoami"});
  EXPECT_EQ(settings_.auth_admin, "127.0.0.1:2");
  EXPECT_EQ(Run({"contexts", "remove", "other"}), ExitCode::kOk);
  Run({"whoami"});
  EXPECT_EQ(settings_.auth_admin, "");
  const std::filesystem::path file = folder_ + "/restante/contexts.yaml";
  std::filesystem::resize_file(file, 0);
  EXPECT_EQ(Run({"contexts", "list"}), ExitCode::kOk);
  std::filesystem::remove(file);
  std::filesystem::create_directory(file);
  EXPECT_EQ(Run({"contexts", "list"}), ExitCode::kUsage);
}

TEST_F(AdministrationTest, TellsShellsAndManOfEveryCommand) {
  EXPECT_EQ(Run({"completion", "bash"}), ExitCode::kOk);
  EXPECT_THAT(out(), HasSubstr("'accounts create') words='--"));
  EXPECT_THAT(out(), HasSubstr("--password-stdin"));
  EXPECT_EQ(Run({"completion", "zsh"}), ExitCode::kOk);
  EXPECT_THAT(out(), HasSubstr("bashcompinit"));
  EXPECT_EQ(Run({"man"}), ExitCode::kOk);
  EXPECT_THAT(out(), HasSubstr(".SS restantectl accounts set\\-credential\n"));
  EXPECT_THAT(out(), HasSubstr("CORP\\ejsmith"));
}

TEST(ToYaml, QuotesTextsAndNothingElse) {
  auth::v1::Account account;
  account.set_name("accounts/a");
  account.set_alias("true: \"x\"");
  account.add_windows_names("CORP\\a");
  account.set_disabled(true);
  const std::string yaml = ToYaml(account);
  EXPECT_THAT(
      yaml, testing::StartsWith("---\nname: \"accounts/a\"\nwindows_names:\n  - \"CORP\\\\a\"\n"));
  EXPECT_THAT(yaml, HasSubstr("alias: \"true: \\\"x\\\"\"\n"));
  EXPECT_THAT(yaml, HasSubstr("disabled: true\n"));
  EXPECT_THAT(yaml, HasSubstr("addresses:\n  []\n"));
}

}  // namespace
}  // namespace restante::ctl
