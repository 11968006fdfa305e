#include "tools/restantectl/command_line.h"

#include <gmock/gmock.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <gtest/gtest.h>

#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/error_reason.h"
#include "common/base/ids.h"
#include "common/base/mutex.h"
#include "common/rpc/status.h"
#include "tests/support/fake_random.h"
#include "tools/restantectl/testing/fake_console.h"

namespace restante::ctl {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

// Remembers what was asked and answers from its members; `refusals` are answered first. The test
// uses the members only between two calls, with Settle() in between.
class FakeDirectory : public auth::v1::DirectoryService::Service {
 public:
  grpc::Status CreateAccount(grpc::ServerContext* /*context*/,
                             const auth::v1::CreateAccountRequest* request,
                             auth::v1::Account* response) override {
    MutexLock lock(&mutex_);
    created = *request;
    if (auto refusal = NextRefusal(); !refusal.ok()) return refusal;
    account = request->account();
    account.set_name("accounts/" + request->account_id());
    *response = account;
    return grpc::Status::OK;
  }
  grpc::Status GetAccount(grpc::ServerContext* /*context*/,
                          const auth::v1::GetAccountRequest* request,
                          auth::v1::Account* response) override {
    MutexLock lock(&mutex_);
    if (request->name() != account.name()) {
      return rpc::ToGrpcStatus(
          MakeError(absl::StatusCode::kNotFound, ErrorReason::kAccountNotFound, "no such account"));
    }
    *response = account;
    return grpc::Status::OK;
  }
  grpc::Status ListAccounts(grpc::ServerContext* /*context*/,
                            const auth::v1::ListAccountsRequest* request,
                            auth::v1::ListAccountsResponse* response) override {
    MutexLock lock(&mutex_);
    listed = *request;
    const bool first = request->page_token().empty();
    response->add_accounts()->set_name(first ? "accounts/a" : "accounts/b");
    if (first) response->set_next_page_token("more");
    return grpc::Status::OK;
  }
  grpc::Status UpdateAccount(grpc::ServerContext* /*context*/,
                             const auth::v1::UpdateAccountRequest* request,
                             auth::v1::Account* response) override {
    MutexLock lock(&mutex_);
    updates.push_back(*request);
    if (auto refusal = NextRefusal(); !refusal.ok()) return refusal;
    *response = request->account();
    return grpc::Status::OK;
  }
  grpc::Status DeleteAccount(grpc::ServerContext* /*context*/,
                             const auth::v1::DeleteAccountRequest* request,
                             auth::v1::DeleteAccountResponse* /*response*/) override {
    MutexLock lock(&mutex_);
    deleted = *request;
    return grpc::Status::OK;
  }
  grpc::Status UndeleteAccount(grpc::ServerContext* /*context*/,
                               const auth::v1::UndeleteAccountRequest* request,
                               auth::v1::Account* response) override {
    MutexLock lock(&mutex_);
    undeleted = *request;
    response->set_name(request->name());
    return grpc::Status::OK;
  }
  grpc::Status ListCredentials(grpc::ServerContext* /*context*/,
                               const auth::v1::ListCredentialsRequest* request,
                               auth::v1::ListCredentialsResponse* response) override {
    MutexLock lock(&mutex_);
    if (request->name() != "accounts/jsmith") return grpc::Status::OK;
    auth::v1::Credential* credential = response->add_credentials();
    credential->set_kind("nt_hash");
    credential->set_key_id("2025-01");
    return grpc::Status::OK;
  }
  grpc::Status SetCredential(grpc::ServerContext* /*context*/,
                             const auth::v1::SetCredentialRequest* request,
                             auth::v1::SetCredentialResponse* response) override {
    MutexLock lock(&mutex_);
    credentials.push_back(*request);
    if (auto refusal = NextRefusal(); !refusal.ok()) return refusal;
    response->add_kinds("nt_hash");
    response->set_key_id("2025-01");
    account.set_has_credential(true);
    return grpc::Status::OK;
  }
  grpc::Status GrantDelegate(grpc::ServerContext* /*context*/,
                             const auth::v1::GrantDelegateRequest* request,
                             auth::v1::Account* response) override {
    MutexLock lock(&mutex_);
    granted = *request;
    response->set_name(request->name());
    *response->add_delegates() = request->delegate();
    return grpc::Status::OK;
  }
  grpc::Status RevokeDelegate(grpc::ServerContext* /*context*/,
                              const auth::v1::RevokeDelegateRequest* request,
                              auth::v1::Account* response) override {
    MutexLock lock(&mutex_);
    revoked = *request;
    response->set_name(request->name());
    return grpc::Status::OK;
  }
  grpc::Status ExplainLogon(grpc::ServerContext* /*context*/,
                            const auth::v1::ExplainLogonRequest* request,
                            auth::v1::ExplainLogonResponse* response) override {
    MutexLock lock(&mutex_);
    explained = *request;
    response->set_reason("WRONG_PASSWORD");
    return grpc::Status::OK;
  }
  grpc::Status DiagnoseLogon(grpc::ServerContext* /*context*/,
                             const auth::v1::DiagnoseLogonRequest* request,
                             auth::v1::DiagnoseLogonResponse* response) override {
    MutexLock lock(&mutex_);
    diagnosed = *request;
    *response = diagnosis;
    return grpc::Status::OK;
  }
  grpc::Status ListLogonEvents(grpc::ServerContext* /*context*/,
                               const auth::v1::ListLogonEventsRequest* request,
                               auth::v1::ListLogonEventsResponse* response) override {
    MutexLock lock(&mutex_);
    events_asked.push_back(*request);
    for (int i = 0; i < std::min(request->page_size(), 600); ++i) {
      response->add_events()->set_outcome("WRONG_PASSWORD");
    }
    if (events_asked.size() < 3) response->set_next_page_token("more");
    return grpc::Status::OK;
  }
  grpc::Status GetProtocolPolicy(grpc::ServerContext* /*context*/,
                                 const auth::v1::GetProtocolPolicyRequest* request,
                                 auth::v1::ProtocolPolicy* response) override {
    MutexLock lock(&mutex_);
    response->set_name(request->name());
    response->set_etag("e1");
    for (const char* mechanism : {"NTLM", "PLAIN"}) {
      auth::v1::MechanismSetting& setting = *response->add_mechanisms();
      setting.set_mechanism(mechanism);
      setting.set_enabled(true);
      setting.set_require_tls(true);
    }
    *response->mutable_ntlm() = ntlm;
    if (names) *response->mutable_names() = *names;
    return grpc::Status::OK;
  }
  grpc::Status UpdateProtocolPolicy(grpc::ServerContext* /*context*/,
                                    const auth::v1::UpdateProtocolPolicyRequest* request,
                                    auth::v1::ProtocolPolicy* response) override {
    MutexLock lock(&mutex_);
    policy_update = *request;
    *response = request->policy();
    return grpc::Status::OK;
  }

  // Orders the test's thread with the calls' threads, for ThreadSanitizer too.
  void Settle() { MutexLock lock(&mutex_); }

  std::vector<absl::Status> refusals;
  auth::v1::Account account;
  auth::v1::CreateAccountRequest created;
  auth::v1::GrantDelegateRequest granted;
  auth::v1::RevokeDelegateRequest revoked;
  std::vector<auth::v1::UpdateAccountRequest> updates;
  std::vector<auth::v1::SetCredentialRequest> credentials;
  auth::v1::ListAccountsRequest listed;
  auth::v1::DiagnoseLogonRequest diagnosed;
  auth::v1::DiagnoseLogonResponse diagnosis;
  std::vector<auth::v1::ListLogonEventsRequest> events_asked;
  auth::v1::DeleteAccountRequest deleted;
  auth::v1::UndeleteAccountRequest undeleted;
  auth::v1::ExplainLogonRequest explained;
  std::optional<auth::v1::NameSettings> names;
  auth::v1::NtlmSettings ntlm;
  auth::v1::UpdateProtocolPolicyRequest policy_update;

 private:
  grpc::Status NextRefusal() {
    if (refusals.empty()) return grpc::Status::OK;
    const absl::Status refusal = refusals.front();
    refusals.erase(refusals.begin());
    return rpc::ToGrpcStatus(refusal);
  }

  Mutex mutex_;
};

class FakeMailboxes : public mailstore::v1::MailboxService::Service {
 public:
  grpc::Status GetMailbox(grpc::ServerContext* /*context*/,
                          const mailstore::v1::GetMailboxRequest* request,
                          mailstore::v1::Mailbox* response) override {
    response->set_name(request->name());
    response->set_message_count(3);
    return grpc::Status::OK;
  }
  grpc::Status ListMessages(grpc::ServerContext* /*context*/,
                            const mailstore::v1::ListMessagesRequest* request,
                            mailstore::v1::ListMessagesResponse* response) override {
    const bool first = request->page_token().empty();
    mailstore::v1::Message& message = *response->add_messages();
    message.set_name(absl::StrCat(request->parent(), "/messages/", first ? "m1" : "m2"));
    message.set_uidl(first ? "u1" : "u2");
    if (first) response->set_next_page_token("more");
    return grpc::Status::OK;
  }
  grpc::Status ListDeletedMessages(grpc::ServerContext* /*context*/,
                                   const mailstore::v1::ListDeletedMessagesRequest* request,
                                   mailstore::v1::ListDeletedMessagesResponse* response) override {
    const bool first = request->page_token().empty();
    mailstore::v1::DeletedMessage& deleted = *response->add_messages();
    deleted.mutable_message()->set_name(
        absl::StrCat(request->parent(), "/messages/", first ? "1" : "2"));
    deleted.set_client_address("192.0.2.7");
    if (first) response->set_next_page_token("more");
    return grpc::Status::OK;
  }
  grpc::Status BatchDeleteMessages(grpc::ServerContext* /*context*/,
                                   const mailstore::v1::BatchDeleteMessagesRequest* request,
                                   mailstore::v1::BatchDeleteMessagesResponse* response) override {
    response->set_deleted_count(request->names_size());
    return grpc::Status::OK;
  }
  grpc::Status BatchUndeleteMessages(
      grpc::ServerContext* /*context*/, const mailstore::v1::BatchUndeleteMessagesRequest* request,
      mailstore::v1::BatchUndeleteMessagesResponse* response) override {
    for (const std::string& name : request->names()) {
      EXPECT_THAT(name, testing::StartsWith(request->parent() + "/messages/"));
    }
    response->set_undeleted_count(request->names_size());
    return grpc::Status::OK;
  }
  grpc::Status UpdateMailbox(grpc::ServerContext* /*context*/,
                             const mailstore::v1::UpdateMailboxRequest* request,
                             mailstore::v1::Mailbox* response) override {
    *response = request->mailbox();
    *response->mutable_effective_quota() = request->mailbox().quota();
    response->set_message_count(request->update_mask().paths_size());
    return grpc::Status::OK;
  }
  grpc::Status CreateMailbox(grpc::ServerContext* /*context*/,
                             const mailstore::v1::CreateMailboxRequest* request,
                             mailstore::v1::Mailbox* response) override {
    *response = request->mailbox();
    *response->mutable_effective_retention() = request->mailbox().retention();
    response->set_name("mailboxes/" + request->mailbox_id());
    return grpc::Status::OK;
  }
  grpc::Status DeleteMailbox(grpc::ServerContext* /*context*/,
                             const mailstore::v1::DeleteMailboxRequest* request,
                             mailstore::v1::Mailbox* response) override {
    response->set_name(request->name());
    response->set_deleted_by("spiffe://restante/mail-admin/ops");
    return grpc::Status::OK;
  }
  grpc::Status UndeleteMailbox(grpc::ServerContext* /*context*/,
                               const mailstore::v1::UndeleteMailboxRequest* request,
                               mailstore::v1::Mailbox* response) override {
    response->set_name(request->name());
    return grpc::Status::OK;
  }
  grpc::Status PurgeMailbox(grpc::ServerContext* /*context*/,
                            const mailstore::v1::PurgeMailboxRequest* request,
                            mailstore::v1::PurgeMailboxResponse* /*response*/) override {
    if (request->name() == "mailboxes/m") return grpc::Status::OK;
    return rpc::ToGrpcStatus(MakeError(absl::StatusCode::kFailedPrecondition,
                                       ErrorReason::kMailboxNotDeleted, "not deleted"));
  }
  grpc::Status BreakLease(grpc::ServerContext* /*context*/,
                          const mailstore::v1::BreakLeaseRequest* request,
                          mailstore::v1::BreakLeaseResponse* response) override {
    if (request->name() == "mailboxes/held") response->mutable_session()->set_session_id("s1");
    return grpc::Status::OK;
  }
};

class CommandLineTest : public testing::Test {
 protected:
  CommandLineTest() {
    grpc::ServerBuilder builder;
    builder.RegisterService(&directory_);
    builder.RegisterService(&mailboxes_);
    server_ = builder.BuildAndStart();
    directory_.account.set_name("accounts/jsmith");
    directory_.account.add_windows_names("CORP\\jsmith");
    directory_.account.add_addresses("john.smith@corp.example");
    directory_.account.set_alias("john.smith");
    directory_.account.set_etag("e1");
  }
  ~CommandLineTest() override { server_->Shutdown(); }

  ExitCode Run(std::vector<const char*> arguments) {
    arguments.insert(arguments.begin(), "restantectl");
    console_.out_.str("");
    console_.err_.str("");
    const Connect connect = [this](const ConnectionSettings& settings) {
      settings_ = settings;
      return std::make_unique<InProcessServices>(*server_);
    };
    directory_.Settle();
    const ExitCode code = RunCommandLine(static_cast<int>(arguments.size()), arguments.data(),
                                         connect, console_, random_);
    directory_.Settle();
    return code;
  }

  std::string out() const { return console_.out_.str(); }
  std::string err() const { return console_.err_.str(); }

  FakeDirectory directory_;
  FakeMailboxes mailboxes_;
  std::unique_ptr<grpc::Server> server_;
  FakeConsole console_;
  FakeRandom random_;
  ConnectionSettings settings_;
};

TEST_F(CommandLineTest, CreatesAnAccountWithItsPassword) {
  console_.input = "open sesame\n";
  EXPECT_EQ(
      Run({"accounts", "create", "mjones", "--windows-name", "CORP\\mjones", "--windows-name",
           "EMEA\\mjones", "--principal-name", "mjones@corp.example", "--alias", "mary.jones",
           "--address", "mary@corp.example", "--placement", "mailstore-1", "--password-stdin"}),
      ExitCode::kOk)
      << err();
  const auth::v1::Account& account = directory_.created.account();
  EXPECT_EQ(directory_.created.account_id(), "mjones");
  EXPECT_TRUE(IsId(directory_.created.request_id()));
  EXPECT_THAT(account.windows_names(), ElementsAre("CORP\\mjones", "EMEA\\mjones"));
  EXPECT_THAT(account.principal_names(), ElementsAre("mjones@corp.example"));
  EXPECT_THAT(account.addresses(), ElementsAre("mary@corp.example"));
  EXPECT_EQ(account.alias(), "mary.jones");
  EXPECT_EQ(account.placement(), "mailstore-1");
  ASSERT_EQ(directory_.credentials.size(), 1u);
  EXPECT_EQ(directory_.credentials[0].name(), "accounts/mjones");
  EXPECT_EQ(directory_.credentials[0].password(), "open sesame");
  EXPECT_THAT(out(), HasSubstr("Credential:       set"));
  EXPECT_THAT(out() + err(), Not(HasSubstr("sesame")));
}

TEST_F(CommandLineTest, APasswordThatCannotBeReadCreatesNothing) {
  for (const std::string& input : {std::string(), std::string("\n"), std::string(300, 'x')}) {
    console_.input = input;
    EXPECT_EQ(Run({"accounts", "create", "mjones", "--password-stdin"}), ExitCode::kUsage);
    EXPECT_EQ(directory_.created.account_id(), "");
  }
}

TEST_F(CommandLineTest, SaysWhenOnlyThePasswordFailed) {
  console_.input = "x";
  directory_.refusals = {absl::OkStatus(), InvalidField("password", "is too short")};
  EXPECT_EQ(Run({"accounts", "create", "mjones", "--password-stdin"}), ExitCode::kFailed);
  EXPECT_THAT(err(), HasSubstr("account mjones was created, but its password was not set"));
  EXPECT_THAT(err(), HasSubstr("reason: INVALID_ARGUMENT/FIELD_INVALID"));
  EXPECT_EQ(out(), "");
}

TEST_F(CommandLineTest, GetsListsAndDeletes) {
  EXPECT_EQ(Run({"accounts", "get", "jsmith"}), ExitCode::kOk);
  EXPECT_THAT(out(), HasSubstr("CORP\\jsmith"));
  EXPECT_EQ(Run({"accounts", "get", "accounts/jsmith", "-o", "json"}), ExitCode::kOk);
  EXPECT_THAT(out(), HasSubstr("\"windows_names\": ["));
  EXPECT_EQ(Run({"-o", "json", "accounts", "list"}), ExitCode::kOk);
  EXPECT_THAT(out(), HasSubstr("accounts/a"));
  EXPECT_THAT(out(), HasSubstr("accounts/b"));
  EXPECT_FALSE(directory_.listed.show_deleted());
  EXPECT_EQ(Run({"accounts", "list", "--show-deleted", "--filter", "deleted = true"}),
            ExitCode::kOk);
  EXPECT_EQ(directory_.listed.filter(), "deleted = true");
  EXPECT_EQ(directory_.listed.page_token(), "more");
  EXPECT_TRUE(directory_.listed.show_deleted());
}

TEST_F(CommandLineTest, DeletesAndBringsBack) {
  EXPECT_EQ(Run({"accounts", "delete", "jsmith"}), ExitCode::kOk);
  EXPECT_EQ(directory_.deleted.name(), "accounts/jsmith");
  EXPECT_FALSE(directory_.deleted.force());
  EXPECT_TRUE(IsId(directory_.deleted.request_id()));
  EXPECT_THAT(out(), HasSubstr("restantectl accounts undelete jsmith"));
  EXPECT_EQ(Run({"accounts", "delete", "jsmith", "--purge"}), ExitCode::kOk);
  EXPECT_TRUE(directory_.deleted.force());
  EXPECT_THAT(out(), Not(HasSubstr("undelete")));
  EXPECT_EQ(Run({"accounts", "undelete", "jsmith"}), ExitCode::kOk);
  EXPECT_EQ(directory_.undeleted.name(), "accounts/jsmith");
  EXPECT_TRUE(IsId(directory_.undeleted.request_id()));
}

TEST_F(CommandLineTest, ShowsWhatCredentialThereIs) {
  EXPECT_EQ(Run({"accounts", "list-credentials", "jsmith"}), ExitCode::kOk);
  EXPECT_EQ(out(),
            "KIND     SET  SEALED UNDER  USABLE\n"
            "nt_hash  -    2025-01       no: auth lacks the key\n");
  EXPECT_EQ(Run({"accounts", "list-credentials", "nobody"}), ExitCode::kOk);
  EXPECT_THAT(out(), HasSubstr("No credential"));
}

TEST_F(CommandLineTest, DiagnosesALogon) {
  EXPECT_EQ(Run({"diagnose-logon", "CORP\\jsmith", "--mechanism", "PLAIN", "--no-tls",
                 "--client-address", "192.0.2.7"}),
            ExitCode::kOk);
  EXPECT_EQ(directory_.diagnosed.name(), "CORP\\jsmith");
  EXPECT_EQ(directory_.diagnosed.mechanism(), "PLAIN");
  EXPECT_EQ(directory_.diagnosed.client_address(), "192.0.2.7");
  EXPECT_FALSE(directory_.diagnosed.tls());
  EXPECT_THAT(out(), HasSubstr("Nothing is known to stand in the way"));
  EXPECT_THAT(out(), HasSubstr("Account:  none"));
  EXPECT_THAT(out(), Not(HasSubstr("In the mailstore")));

  auth::v1::DiagnoseLogonResponse& diagnosis = directory_.diagnosis;
  auth::v1::LogonObstacle* obstacle = diagnosis.add_obstacles();
  obstacle->set_cause("WRONG_PASSWORD");
  obstacle->set_finding("at noon");
  obstacle->set_next_step("ask");
  diagnosis.set_account("accounts/jsmith");
  diagnosis.set_matched_by("windows-name");
  diagnosis.set_mailbox_id("m1");
  diagnosis.add_attempts()->set_outcome("WRONG_PASSWORD");
  diagnosis.add_throttles()->set_name_failures(3);
  diagnosis.add_credentials()->set_kind("nt_hash");
  EXPECT_EQ(Run({"diagnose-logon", "jsmith"}), ExitCode::kOk);
  EXPECT_TRUE(directory_.diagnosed.tls());
  EXPECT_THAT(out(), HasSubstr("1. WRONG_PASSWORD (seen, or possible): at noon\n   next: ask\n"));
  EXPECT_THAT(out(), HasSubstr("Found by:  windows-name"));
  EXPECT_THAT(out(), HasSubstr("CREDENTIAL  SET"));
  EXPECT_THAT(out(), HasSubstr("FAILURES OF THE NAME"));
  EXPECT_THAT(out(), HasSubstr("In the mailstore: "));
  EXPECT_EQ(Run({"diagnose-logon", "jsmith", "-o", "json"}), ExitCode::kOk);
  EXPECT_THAT(out(), HasSubstr("\"matched_by\": \"windows-name\""));
  EXPECT_EQ(Run({"diagnose-logon"}), ExitCode::kUsage);
}

TEST_F(CommandLineTest, ListsLogonsPageByPage) {
  EXPECT_EQ(Run({"logons", "list", "--filter", "account = jsmith"}), ExitCode::kOk);
  ASSERT_EQ(directory_.events_asked.size(), 1u);
  EXPECT_EQ(directory_.events_asked[0].page_size(), 100);
  EXPECT_EQ(directory_.events_asked[0].filter(), "account = jsmith");
  EXPECT_THAT(out(), HasSubstr("OUTCOME"));
  directory_.events_asked.clear();
  EXPECT_EQ(Run({"logons", "list", "--limit", "0", "-o", "json"}), ExitCode::kOk);
  EXPECT_EQ(directory_.events_asked.size(), 3u);
  EXPECT_EQ(directory_.events_asked[2].page_token(), "more");
}

TEST_F(CommandLineTest, UpdatesOnWhatItRead) {
  EXPECT_EQ(Run({"accounts", "update", "jsmith", "--alias", "j.smith", "--add-windows-name",
                 "EMEA\\jsmith", "--remove-windows-name", "corp\\JSMITH", "--add-address",
                 "John.Smith@corp.example", "--disable"}),
            ExitCode::kOk)
      << err();
  ASSERT_EQ(directory_.updates.size(), 1u);
  const auth::v1::UpdateAccountRequest& update = directory_.updates[0];
  EXPECT_EQ(update.account().name(), "accounts/jsmith");
  EXPECT_EQ(update.account().etag(), "e1");
  EXPECT_EQ(update.account().alias(), "j.smith");
  EXPECT_THAT(update.account().windows_names(), ElementsAre("EMEA\\jsmith"));
  EXPECT_THAT(update.account().addresses(), ElementsAre("john.smith@corp.example"));
  EXPECT_TRUE(update.account().disabled());
  EXPECT_THAT(update.update_mask().paths(),
              ElementsAre("windows_names", "addresses", "alias", "disabled"));
  EXPECT_TRUE(IsId(update.request_id()));
}

TEST_F(CommandLineTest, ChangesOnlyWhatIsGiven) {
  EXPECT_EQ(Run({"accounts", "update", "jsmith", "--enable"}), ExitCode::kOk);
  EXPECT_THAT(directory_.updates.at(0).update_mask().paths(), ElementsAre("disabled"));
  EXPECT_EQ(Run({"accounts", "update", "jsmith", "--alias", ""}), ExitCode::kOk);
  EXPECT_THAT(directory_.updates.at(1).update_mask().paths(), ElementsAre("alias"));
  EXPECT_EQ(Run({"accounts", "update", "jsmith", "--disable-mechanism", "NTLM"}), ExitCode::kOk);
  EXPECT_THAT(directory_.updates.at(2).account().disabled_mechanisms(), ElementsAre("NTLM"));
}

TEST_F(CommandLineTest, RepeatsAnUpdateThatSomebodyElseOvertook) {
  const absl::Status overtaken =
      MakeError(absl::StatusCode::kAborted, ErrorReason::kEtagMismatch, "not current");
  directory_.refusals = {overtaken, overtaken};
  EXPECT_EQ(Run({"accounts", "update", "jsmith", "--alias", "x"}), ExitCode::kOk);
  EXPECT_EQ(directory_.updates.size(), 3u);
  EXPECT_NE(directory_.updates[0].request_id(), directory_.updates[1].request_id());

  directory_.refusals = {overtaken, overtaken, overtaken};
  EXPECT_EQ(Run({"accounts", "update", "jsmith", "--alias", "x"}), ExitCode::kConflict);
  EXPECT_EQ(directory_.updates.size(), 6u);
  EXPECT_THAT(err(), HasSubstr("ABORTED/ETAG_MISMATCH"));
}

TEST_F(CommandLineTest, RefusesUpdatesThatSayNothingOrMiss) {
  EXPECT_EQ(Run({"accounts", "update", "jsmith"}), ExitCode::kUsage);
  EXPECT_EQ(Run({"accounts", "update", "jsmith", "--enable", "--disable"}), ExitCode::kUsage);
  EXPECT_EQ(Run({"accounts", "update", "jsmith", "--remove-address", "x@y"}), ExitCode::kUsage);
  EXPECT_THAT(err(), HasSubstr("no address x@y; it has: john.smith@corp.example"));
  EXPECT_EQ(Run({"accounts", "update", "nobody", "--alias", "x"}), ExitCode::kNotFound);
  EXPECT_THAT(directory_.updates, IsEmpty());
}

TEST_F(CommandLineTest, SetsCredentials) {
  console_.input = "line one\nline two\r\n";
  EXPECT_EQ(Run({"accounts", "set-credential", "jsmith", "--password-stdin"}), ExitCode::kOk);
  EXPECT_EQ(directory_.credentials.at(0).password(), "line one\nline two");
  console_.input = "00112233445566778899aabbccddEEFF\n";
  EXPECT_EQ(Run({"accounts", "set-credential", "jsmith", "--nt-hash-stdin"}), ExitCode::kOk);
  EXPECT_EQ(directory_.credentials.at(1).nt_hash(),
            std::string("\x00\x11\x22\x33\x44\x55\x66\x77\x88\x99\xaa\xbb\xcc\xdd\xee\xff", 16));
  for (const char* input : {"", "0011", "zz112233445566778899aabbccddeeff"}) {
    console_.input = input;
    EXPECT_EQ(Run({"accounts", "set-credential", "jsmith", "--nt-hash-stdin"}), ExitCode::kUsage);
  }
  EXPECT_EQ(Run({"accounts", "set-credential", "jsmith"}), ExitCode::kUsage);
  EXPECT_EQ(Run({"accounts", "set-credential", "jsmith", "--password-stdin", "--nt-hash-stdin"}),
            ExitCode::kUsage);
  EXPECT_EQ(directory_.credentials.size(), 2u);
}

TEST_F(CommandLineTest, SetsScramKeys) {
  for (const char* input :
       {"4096,c2FsdA==,AAEC,/v8=", "{SCRAM-SHA-256}4096,c2FsdA==,AAEC,/v8=\n"}) {
    console_.input = input;
    EXPECT_EQ(Run({"accounts", "set-credential", "jsmith", "--scram-sha-256-stdin"}),
              ExitCode::kOk);
    const auth::v1::ScramKeys& keys = directory_.credentials.back().scram_sha_256();
    EXPECT_EQ(keys.iterations(), 4096u);
    EXPECT_EQ(keys.salt(), "salt");
    EXPECT_EQ(keys.stored_key(), std::string("\0\1\2", 3));
    EXPECT_EQ(keys.server_key(), "\xfe\xff");
  }
  const size_t set = directory_.credentials.size();
  for (const char* input : {"", "4096", "x,c2FsdA==,AAEC,/v8=", "4096,c2FsdA==,AAEC",
                            "4096,c2FsdA==,AAEC,!", "4096,c2FsdA==,AAEC,/v8=,x"}) {
    console_.input = input;
    EXPECT_EQ(Run({"accounts", "set-credential", "jsmith", "--scram-sha-256-stdin"}),
              ExitCode::kUsage)
        << input;
  }
  EXPECT_EQ(directory_.credentials.size(), set);
}

TEST_F(CommandLineTest, GrantsAndRevokesDelegates) {
  EXPECT_EQ(Run({"accounts", "grant-delegate", "helpdesk", "anna"}), ExitCode::kOk);
  directory_.Settle();
  EXPECT_EQ(directory_.granted.name(), "accounts/helpdesk");
  EXPECT_EQ(directory_.granted.delegate().account(), "accounts/anna");
  EXPECT_EQ(directory_.granted.delegate().access(), auth::v1::MAILBOX_ACCESS_READ);
  EXPECT_FALSE(directory_.granted.delegate().has_expire_time());
  EXPECT_TRUE(IsId(directory_.granted.request_id()));
  EXPECT_EQ(Run({"accounts", "grant-delegate", "helpdesk", "anna", "--may-delete", "--until",
                 "2037-01-31"}),
            ExitCode::kOk);
  EXPECT_THAT(out(), HasSubstr("anna (read and delete, until 2037-01-31T00:00:00Z)"));
  EXPECT_EQ(Run({"accounts", "grant-delegate", "helpdesk", "anna", "--until", "tomorrow"}),
            ExitCode::kUsage);
  EXPECT_THAT(console_.err_.str(), HasSubstr("2027-01-31"));
  EXPECT_EQ(Run({"accounts", "revoke-delegate", "helpdesk", "anna"}), ExitCode::kOk);
  directory_.Settle();
  EXPECT_EQ(directory_.revoked.name(), "accounts/helpdesk");
  EXPECT_EQ(directory_.revoked.delegate_account(), "accounts/anna");
}

TEST_F(CommandLineTest, AsksAPersonTwice) {
  console_.terminal = true;
  console_.typed = {"sesame", "sesame"};
  EXPECT_EQ(Run({"accounts", "set-credential", "jsmith"}), ExitCode::kOk);
  EXPECT_EQ(directory_.credentials.at(0).password(), "sesame");
  console_.typed = {"sesame", "sesami"};
  EXPECT_EQ(Run({"accounts", "set-credential", "jsmith"}), ExitCode::kUsage);
  EXPECT_EQ(directory_.credentials.size(), 1u);
}

TEST_F(CommandLineTest, ExplainsAttemptsAndImaginedLogons) {
  EXPECT_EQ(Run({"explain-logon", "--ref", "7F3A-22Q9"}), ExitCode::kOk);
  EXPECT_EQ(directory_.explained.reference(), "7F3A-22Q9");
  EXPECT_THAT(out(), HasSubstr("refused: WRONG_PASSWORD"));
  EXPECT_EQ(Run({"explain-logon", "--name", "CORP\\jsmith", "--mechanism", "PLAIN", "--no-tls",
                 "--client-address", "192.0.2.7"}),
            ExitCode::kOk);
  const auth::v1::HypotheticalLogon& logon = directory_.explained.hypothetical();
  EXPECT_EQ(logon.client_name(), "CORP\\jsmith");
  EXPECT_EQ(logon.mechanism(), "PLAIN");
  EXPECT_EQ(logon.client_address(), "192.0.2.7");
  EXPECT_TRUE(logon.has_tls());
  EXPECT_FALSE(logon.tls());
  EXPECT_EQ(Run({"explain-logon"}), ExitCode::kUsage);
  EXPECT_EQ(Run({"explain-logon", "--ref", "7F3A-22Q9", "--name", "x"}), ExitCode::kUsage);
  EXPECT_EQ(Run({"explain-logon", "--ref", "7F3A-22Q9", "--no-tls"}), ExitCode::kUsage);
}

TEST_F(CommandLineTest, UpdatesThePolicyWithAllSwitchesOfAMechanism) {
  EXPECT_EQ(Run({"policy", "update", "pop3", "--disable", "ntlm", "--no-require-tls", "NTLM"}),
            ExitCode::kOk)
      << err();
  const auth::v1::ProtocolPolicy& policy = directory_.policy_update.policy();
  EXPECT_EQ(policy.name(), "protocolPolicies/pop3");
  EXPECT_EQ(policy.etag(), "e1");
  ASSERT_EQ(policy.mechanisms_size(), 1);
  EXPECT_EQ(policy.mechanisms(0).mechanism(), "NTLM");
  EXPECT_FALSE(policy.mechanisms(0).enabled());
  EXPECT_FALSE(policy.mechanisms(0).require_tls());
  EXPECT_THAT(directory_.policy_update.update_mask().paths(), ElementsAre("mechanisms"));

  EXPECT_EQ(Run({"policy", "update", "pop3", "--disable", "NTLM"}), ExitCode::kOk);
  EXPECT_TRUE(directory_.policy_update.policy().mechanisms(0).require_tls());
}

TEST_F(CommandLineTest, UpdatesWhatNtlmMustBeLike) {
  auth::v1::NtlmSettings& held = directory_.ntlm;
  held.set_require_mic(true);
  held.add_accepted_target_names("pop/old.example");
  EXPECT_EQ(Run({"policy", "update", "pop3", "--weakest-ntlm-response", "ntlm2-session",
                 "--weak-ntlm-without-tls", "--allow-lmv2", "--no-require-ntlm-mic",
                 "--add-ntlm-target-name", "pop/mail.example", "--remove-ntlm-target-name",
                 "POP/old.example"}),
            ExitCode::kOk)
      << err();
  const auth::v1::NtlmSettings& ntlm = directory_.policy_update.policy().ntlm();
  EXPECT_EQ(ntlm.weakest_response(), auth::v1::NTLM_RESPONSE_FORM_NTLM2_SESSION);
  EXPECT_TRUE(ntlm.weak_responses_without_tls());
  EXPECT_TRUE(ntlm.allow_lmv2());
  EXPECT_FALSE(ntlm.require_mic());
  EXPECT_THAT(ntlm.accepted_target_names(), ElementsAre("pop/mail.example"));
  EXPECT_THAT(directory_.policy_update.update_mask().paths(), ElementsAre("ntlm"));
  EXPECT_THAT(out(), HasSubstr("ntlm2-session"));

  EXPECT_EQ(Run({"policy", "update", "pop3", "--no-weak-ntlm-without-tls", "--disable", "PLAIN"}),
            ExitCode::kOk);
  EXPECT_TRUE(directory_.policy_update.policy().ntlm().require_mic());  // as it was
  EXPECT_THAT(directory_.policy_update.update_mask().paths(), ElementsAre("mechanisms", "ntlm"));

  EXPECT_EQ(Run({"policy", "update", "pop3", "--weakest-ntlm-response", "lm"}), ExitCode::kUsage);
  EXPECT_EQ(Run({"policy", "update", "pop3", "--allow-lmv2", "--no-allow-lmv2"}), ExitCode::kUsage);
  EXPECT_EQ(Run({"policy", "update", "pop3", "--remove-ntlm-target-name", "pop/none"}),
            ExitCode::kUsage);
}

TEST_F(CommandLineTest, UpdatesWhatNamesMean) {
  // The first rules replace the configuration's, so that the default domain must be said.
  EXPECT_EQ(Run({"policy", "update", "pop3", "--foreign-domain", "ignore"}), ExitCode::kUsage);
  EXPECT_THAT(err(), HasSubstr("--default-domain"));
  EXPECT_EQ(Run({"policy", "update", "pop3", "--default-domain", "CORP", "--empty-domain", "refuse",
                 "--foreign-domain", "ignore", "--user-case", "exact", "--add-realm",
                 "corp.example", "--add-realm", "old.example=OLD:insensitive"}),
            ExitCode::kOk)
      << err();
  EXPECT_THAT(directory_.policy_update.update_mask().paths(), ElementsAre("names"));
  const auth::v1::NameSettings names = directory_.policy_update.policy().names();
  EXPECT_EQ(names.default_domain(), "CORP");
  EXPECT_EQ(names.empty_domain(), auth::v1::EMPTY_DOMAIN_REFUSE);
  EXPECT_EQ(names.foreign_domain(), auth::v1::FOREIGN_DOMAIN_IGNORE);
  EXPECT_EQ(names.user_case(), auth::v1::NAME_CASE_EXACT);
  ASSERT_EQ(names.realms_size(), 2);
  EXPECT_EQ(names.realms(0).name(), "corp.example");
  EXPECT_EQ(names.realms(0).windows_domain(), "");
  EXPECT_EQ(names.realms(0).user_case(), auth::v1::NAME_CASE_UNSPECIFIED);
  EXPECT_EQ(names.realms(1).name(), "old.example");
  EXPECT_EQ(names.realms(1).windows_domain(), "OLD");
  EXPECT_EQ(names.realms(1).user_case(), auth::v1::NAME_CASE_INSENSITIVE);
  EXPECT_THAT(out(), HasSubstr("Names without a domain: refuse, default CORP"));
  EXPECT_THAT(out(), HasSubstr("Realm corp.example: users of CORP\n"));
  EXPECT_THAT(out(), HasSubstr("Realm old.example: users of OLD, case insensitive\n"));

  directory_.names = names;
  EXPECT_EQ(Run({"policy", "update", "pop3", "--remove-realm", "CORP.example", "--add-realm",
                 "OLD.example=NEW"}),
            ExitCode::kOk)
      << err();
  const auth::v1::NameSettings& changed = directory_.policy_update.policy().names();
  ASSERT_EQ(changed.realms_size(), 1);
  EXPECT_EQ(changed.realms(0).windows_domain(), "NEW");
  EXPECT_EQ(changed.user_case(), auth::v1::NAME_CASE_EXACT);  // as it was

  EXPECT_EQ(Run({"policy", "update", "pop3", "--names-from-configuration"}), ExitCode::kOk);
  EXPECT_FALSE(directory_.policy_update.policy().has_names());
  EXPECT_THAT(directory_.policy_update.update_mask().paths(), ElementsAre("names"));
  EXPECT_EQ(Run({"policy", "update", "pop3", "--names-from-configuration", "--add-realm", "x"}),
            ExitCode::kUsage);
  EXPECT_EQ(Run({"policy", "update", "pop3", "--remove-realm", "nowhere"}), ExitCode::kUsage);
  EXPECT_EQ(Run({"policy", "update", "pop3", "--add-realm", "=CORP"}), ExitCode::kUsage);
  EXPECT_EQ(Run({"policy", "update", "pop3", "--empty-domain", "guess"}), ExitCode::kUsage);
}

TEST_F(CommandLineTest, GivesAnAccountItsOwnWeakestNtlmResponse) {
  EXPECT_EQ(Run({"accounts", "update", "jsmith", "--weakest-ntlm-response", "ntlmv1"}),
            ExitCode::kOk)
      << err();
  EXPECT_EQ(directory_.updates.back().account().weakest_ntlm_response(),
            auth::v1::NTLM_RESPONSE_FORM_NTLMV1);
  EXPECT_THAT(directory_.updates.back().update_mask().paths(),
              ElementsAre("weakest_ntlm_response"));
  EXPECT_EQ(Run({"accounts", "update", "jsmith", "--weakest-ntlm-response", "policy"}),
            ExitCode::kOk);
  EXPECT_EQ(directory_.updates.back().account().weakest_ntlm_response(),
            auth::v1::NTLM_RESPONSE_FORM_UNSPECIFIED);
  EXPECT_EQ(Run({"accounts", "create", "old", "--weakest-ntlm-response", "ntlmv1"}), ExitCode::kOk);
  EXPECT_EQ(directory_.created.account().weakest_ntlm_response(),
            auth::v1::NTLM_RESPONSE_FORM_NTLMV1);
  EXPECT_EQ(Run({"accounts", "update", "jsmith", "--weakest-ntlm-response", "lm"}),
            ExitCode::kUsage);
}

TEST_F(CommandLineTest, RefusesPolicyChangesThatCannotBeMeant) {
  EXPECT_EQ(Run({"policy", "update", "pop3"}), ExitCode::kUsage);
  EXPECT_EQ(Run({"policy", "update", "pop3", "--enable", "KERBEROS"}), ExitCode::kUsage);
  EXPECT_THAT(err(), HasSubstr("no mechanism KERBEROS; it knows: NTLM, PLAIN"));
  EXPECT_EQ(Run({"policy", "update", "pop3", "--enable", "NTLM", "--disable", "ntlm"}),
            ExitCode::kUsage);
  EXPECT_EQ(directory_.policy_update.policy().name(), "");
}

TEST_F(CommandLineTest, ShowsMailboxesAndTheirMessages) {
  EXPECT_EQ(Run({"mailboxes", "get", "m-1"}), ExitCode::kOk);
  EXPECT_THAT(out(), HasSubstr("m-1"));
  EXPECT_EQ(Run({"messages", "list", "m-1"}), ExitCode::kOk);
  EXPECT_THAT(out(), HasSubstr("u1"));
  EXPECT_THAT(out(), HasSubstr("u2"));
  EXPECT_EQ(Run({"mailboxes", "list"}), ExitCode::kFailed);
  EXPECT_THAT(err(), HasSubstr("reason: UNIMPLEMENTED"));
}

TEST_F(CommandLineTest, HelpOnEveryLevelHasExamplesAndExitCodes) {
  for (const std::vector<const char*>& command :
       std::vector<std::vector<const char*>>{{},
                                             {"accounts"},
                                             {"accounts", "create"},
                                             {"accounts", "get"},
                                             {"accounts", "list"},
                                             {"accounts", "update"},
                                             {"accounts", "delete"},
                                             {"accounts", "undelete"},
                                             {"accounts", "import"},
                                             {"accounts", "export"},
                                             {"diagnose-logon"},
                                             {"logons"},
                                             {"logons", "list"},
                                             {"accounts", "list-credentials"},
                                             {"accounts", "set-credential"},
                                             {"explain-logon"},
                                             {"policy"},
                                             {"policy", "get"},
                                             {"policy", "update"},
                                             {"mailboxes"},
                                             {"mailboxes", "get"},
                                             {"mailboxes", "list"},
                                             {"mailboxes", "create"},
                                             {"mailboxes", "update"},
                                             {"mailboxes", "delete"},
                                             {"mailboxes", "undelete"},
                                             {"mailboxes", "purge"},
                                             {"mailboxes", "apply-retention"},
                                             {"mailboxes", "verify"},
                                             {"mailboxes", "backup"},
                                             {"mailboxes", "import"},
                                             {"mailboxes", "export"},
                                             {"messages"},
                                             {"messages", "list"}}) {
    std::vector<const char*> arguments = command;
    arguments.push_back("--help");
    EXPECT_EQ(Run(arguments), ExitCode::kOk);
    EXPECT_THAT(out(), HasSubstr("Example")) << testing::PrintToString(command);
    EXPECT_EQ(err(), "");
  }
  Run({"--help"});
  EXPECT_THAT(out(), HasSubstr("Exit codes:"));
  EXPECT_THAT(out(), HasSubstr("RESTANTE_AUTH_ADMIN"));
}

TEST_F(CommandLineTest, WhatIsNoCommandIsAUsageError) {
  for (const std::vector<const char*>& arguments : std::vector<std::vector<const char*>>{
           {},
           {"accounts"},
           {"account", "list"},
           {"accounts", "get"},
           {"accounts", "list", "-o", "xml"},
           {"accounts", "list", "--timeout", "0"},
           {"accounts", "create", "a", "--password", "x"},
           {"mailboxes", "import", "m"},
           {"mailboxes", "import", "m", "--mbox", "a", "--maildir", "b"},
           {"mailboxes", "import", "m", "--pop3", "pop3s://x"},
           {"mailboxes", "export", "m"},
           {"mailboxes", "get", "a", "b"}}) {
    EXPECT_EQ(Run(arguments), ExitCode::kUsage) << testing::PrintToString(arguments);
    EXPECT_NE(err(), "");
  }
}

TEST_F(CommandLineTest, SettingsComeFromFlagsAndVariables) {
  setenv("RESTANTE_AUTH_ADMIN", "127.0.0.1:1", 1);
  setenv("RESTANTE_TLS_CA", "/a/ca.pem", 1);
  EXPECT_EQ(Run({"accounts", "list", "--tls-ca", "/b/ca.pem"}), ExitCode::kOk);
  EXPECT_EQ(settings_.auth_admin, "127.0.0.1:1");
  EXPECT_EQ(settings_.tls_ca, "/b/ca.pem");
  unsetenv("RESTANTE_AUTH_ADMIN");
  unsetenv("RESTANTE_TLS_CA");
}

TEST_F(CommandLineTest, BringsDeletedMessagesBack) {
  EXPECT_EQ(Run({"messages", "deleted", "m"}), ExitCode::kOk) << err();
  EXPECT_THAT(out(), AllOf(HasSubstr("192.0.2.7"), HasSubstr("\n2  ")));
  EXPECT_EQ(Run({"messages", "undelete", "m", "7", "mailboxes/m/messages/8"}), ExitCode::kOk);
  EXPECT_EQ(out(), "2 messages brought back.\n");
  EXPECT_EQ(Run({"messages", "undelete", "m", "--all"}), ExitCode::kOk);
  EXPECT_EQ(out(), "2 messages brought back.\n");
  EXPECT_EQ(Run({"messages", "undelete", "m"}), ExitCode::kUsage);
  EXPECT_EQ(Run({"messages", "undelete", "m", "7", "--all"}), ExitCode::kUsage);
  std::vector<std::string> ids;
  for (int i = 0; i < 1'001; ++i) ids.push_back(absl::StrCat(i));
  std::vector<const char*> arguments = {"messages", "delete", "m"};
  for (const std::string& id : ids) arguments.push_back(id.c_str());
  EXPECT_EQ(Run(arguments), ExitCode::kOk);
  EXPECT_EQ(out(), "1001 messages deleted.\n");
}

TEST_F(CommandLineTest, SaysWhatAMailboxMayHold) {
  EXPECT_EQ(Run({"mailboxes", "update", "m", "--max-octets", "500M", "--max-messages", "none"}),
            ExitCode::kOk)
      << err();
  EXPECT_THAT(out(), AllOf(HasSubstr("524288000 (its own)"), HasSubstr("no limit (its own)")));
  EXPECT_EQ(Run({"mailboxes", "update", "m", "--max-octets", "default"}), ExitCode::kOk);
  EXPECT_THAT(out(), AllOf(Not(HasSubstr("Most")), HasSubstr("Messages:         1")));
  for (const char* wrong : {"0", "-1", "x", "5T", "9223372036854775807K"}) {
    EXPECT_EQ(Run({"mailboxes", "update", "m", "--max-octets", wrong}), ExitCode::kUsage) << wrong;
  }
  EXPECT_EQ(Run({"mailboxes", "update", "m"}), ExitCode::kUsage);
}

TEST_F(CommandLineTest, SaysHowLongAMailboxKeepsMessages) {
  EXPECT_EQ(Run({"mailboxes", "create", "m", "--keep", "365", "--keep-read", "30d"}), ExitCode::kOk)
      << err();
  EXPECT_THAT(out(), AllOf(HasSubstr("365 days (its own)"), HasSubstr("30 days (its own)")));
  EXPECT_EQ(Run({"mailboxes", "create", "mailboxes/m", "--keep", "ever"}), ExitCode::kOk);
  EXPECT_THAT(out(), HasSubstr("Kept:             for ever (its own)"));
  EXPECT_EQ(Run({"mailboxes", "update", "m", "--keep", "default"}), ExitCode::kOk);
  EXPECT_THAT(out(), Not(HasSubstr("Kept:")));
  for (const char* wrong : {"0", "-1", "x", "36501", "1h"}) {
    EXPECT_EQ(Run({"mailboxes", "update", "m", "--keep", wrong}), ExitCode::kUsage) << wrong;
  }
}

TEST_F(CommandLineTest, DeletesAMailboxAndBringsItBack) {
  EXPECT_EQ(Run({"mailboxes", "delete", "m"}), ExitCode::kOk);
  EXPECT_THAT(out(), HasSubstr("spiffe://restante/mail-admin/ops"));
  EXPECT_EQ(Run({"mailboxes", "undelete", "m"}), ExitCode::kOk);
  EXPECT_THAT(out(), Not(HasSubstr("Deleted")));
  EXPECT_EQ(Run({"mailboxes", "purge", "m"}), ExitCode::kOk);
  EXPECT_EQ(out(), "mailboxes/m is gone.\n");
  EXPECT_EQ(Run({"mailboxes", "purge", "in-use"}), ExitCode::kConflict);
  EXPECT_THAT(err(), HasSubstr("restantectl mailboxes delete ID"));
}

TEST_F(CommandLineTest, TakesAMailboxFromItsSession) {
  EXPECT_EQ(Run({"mailboxes", "break-lease", "held"}), ExitCode::kOk);
  EXPECT_THAT(out(), HasSubstr("s1"));
  EXPECT_EQ(Run({"mailboxes", "break-lease", "free"}), ExitCode::kOk);
  EXPECT_EQ(out(), "Nobody had the mailbox open.\n");
}

TEST(ConnectByGrpc, NamesTheSettingThatIsMissing) {
  ConnectionSettings settings;
  absl::Status status = ConnectByGrpc(settings)->Directory().status();
  EXPECT_EQ(ExitCodeOf(status), ExitCode::kUsage);
  EXPECT_THAT(std::string(status.message()), HasSubstr("RESTANTE_AUTH_ADMIN is not set"));
  settings.mailstore_admin = "127.0.0.1:1";
  settings.mailstore_server_name = "x";
  settings.tls_ca = settings.tls_certificate = settings.tls_private_key = "/nowhere";
  status = ConnectByGrpc(settings)->Mailboxes().status();
  EXPECT_EQ(ExitCodeOf(status), ExitCode::kUsage);
  EXPECT_THAT(std::string(status.message()), HasSubstr("/nowhere: cannot be read"));
}

}  // namespace
}  // namespace restante::ctl
