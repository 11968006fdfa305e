// Both services behind real mutual TLS on loopback, on a memory directory.

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <future>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "auth-service/authority/local_authority.h"
#include "auth-service/directory/indexed_directory.h"
#include "auth-service/logon/recent_attempts.h"
#include "auth-service/logon/testing/flow_parts.h"
#include "auth-service/rpc/access.h"
#include "auth-service/rpc/audit_service.h"
#include "auth-service/rpc/directory_service.h"
#include "auth-service/rpc/logon_service.h"
#include "common/base/error_reason.h"
#include "common/base/ids.h"
#include "common/crypto/maildrop_grant.h"
#include "common/rpc/channel.h"
#include "common/rpc/server.h"
#include "common/rpc/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_random.h"
#include "tests/support/ntlm_client.h"
#include "tests/support/test_pki.h"

namespace restante::rpc {
namespace {

constexpr char kServerName[] = "auth.restante.internal";
constexpr char kFrontend[] = "spiffe://restante/frontend/pop3-0";

using logon::Keys;

class ServicesTest : public testing::Test {
 protected:
  ServicesTest() {
    mechanisms_.push_back(sasl::NewNtlmMechanism(
        {"CORP", "MAIL", "corp.example", "mail.corp.example", "corp.example"}, clock_, random_));
    mechanisms_.push_back(sasl::NewPlainMechanism());
    grant_keys_.emplace("mailstore-0", Keys('g'));
    server_ = *Server::Start({"127.0.0.1:0", Issue("server", "service/auth-0"), AuthDataAccess()},
                             {&logon_});
    admin_server_ =
        *Server::Start({"127.0.0.1:0", Issue("server", "service/auth-0"), AuthManagementAccess()},
                       {&admin_, &audit_});
    logon_stub_ = auth::v1::LogonService::NewStub(Connect(*server_, "frontend/pop3-0"));
    ingress_stub_ = auth::v1::LogonService::NewStub(Connect(*server_, "ingress/lmtp-0"));
    admin_stub_ = auth::v1::DirectoryService::NewStub(Connect(*admin_server_, "account-admin/ops"));
    reader_stub_ = auth::v1::DirectoryService::NewStub(Connect(*admin_server_, "reader/ops"));
    audit_stub_ = auth::v1::AuditService::NewStub(Connect(*admin_server_, "reader/ops"));
  }

  TlsFiles Issue(const char* name, const char* role) {
    const TestCertificate files =
        pki_.Issue(name, {kServerName}, {absl::StrCat("spiffe://restante/", role)});
    return {files.certificate, files.private_key, files.ca};
  }
  std::shared_ptr<grpc::ChannelInterface> Connect(const Server& server, const char* role) {
    std::string name = role;
    std::replace(name.begin(), name.end(), '/', '-');
    return *MakeChannel(
        {absl::StrCat("ipv4:127.0.0.1:", server.port()), kServerName, Issue(name.c_str(), role)});
  }

  // One unary call.
  template <typename Response, typename Stub, typename Method, typename Request>
  static absl::StatusOr<Response> Call(const std::unique_ptr<Stub>& stub, Method method,
                                       const Request& request) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
    context.set_wait_for_ready(true);
    Response response;
    const absl::Status status = FromGrpcStatus((stub.get()->*method)(&context, request, &response));
    if (!status.ok()) return status;
    return response;
  }
  using Admin = auth::v1::DirectoryService::Stub;
  using Logon = auth::v1::LogonService::Stub;

  auth::v1::CreateAccountRequest Smith() {
    auth::v1::CreateAccountRequest request;
    request.set_account_id("jsmith");
    request.mutable_account()->add_windows_names("CORP\\jsmith");
    request.mutable_account()->add_addresses("john.smith@corp.example");
    request.mutable_account()->set_alias("john.smith");
    request.set_request_id(NewId(random_));
    return request;
  }
  void CreateSmith() {
    ASSERT_TRUE(Call<auth::v1::Account>(admin_stub_, &Admin::CreateAccount, Smith()).ok());
    auth::v1::SetCredentialRequest credential;
    credential.set_name("accounts/jsmith");
    credential.set_password("Password");
    const auto set =
        Call<auth::v1::SetCredentialResponse>(admin_stub_, &Admin::SetCredential, credential);
    ASSERT_TRUE(set.ok()) << set.status();
    EXPECT_THAT(set->kinds(), testing::ElementsAre("nt_hash", "scram_sha_256"));
    EXPECT_EQ(set->key_id(), "k1");
  }

  auth::v1::BeginLogonRequest Begin(const char* mechanism, const std::string& initial_response) {
    auth::v1::BeginLogonRequest request;
    request.set_attempt_id(NewId(random_));
    request.set_session_id(NewId(random_));
    request.set_mechanism(mechanism);
    request.set_initial_response(initial_response);
    request.mutable_channel()->set_protocol("pop3");
    request.mutable_channel()->set_client_address("192.0.2.1");
    request.mutable_channel()->set_connection_id(NewId(random_));
    request.mutable_channel()->mutable_tls()->set_version("TLSv1.3");
    return request;
  }

  FakeClock clock_;
  FakeRandom random_;
  TestPki pki_;
  std::unique_ptr<directory::Directory> directory_ = directory::MakeMemoryDirectory(
      {{.protocol = "pop3",
        .mechanisms = {{"NTLM", true, true, true}, {"PLAIN", true, true, true}},
        .revision = 0,
        .update_time = {}}},
      clock_, random_);
  directory::CredentialVault vault_{Keys('v'), random_};
  authority::LocalAuthority authority_{vault_, {}, random_};
  std::vector<std::unique_ptr<sasl::Mechanism>> mechanisms_;
  logon::Decider decider_{*directory_, {"CORP", {}, {"CORP", "MAIL"}}};
  logon::Throttle throttle_{clock_};
  logon::Memory memory_;
  const KeyRing state_keys_ = Keys('s');
  std::map<std::string, KeyRing> grant_keys_;
  logon::LogonFlow flow_{{*directory_, authority_, mechanisms_, decider_, throttle_, memory_,
                          state_keys_, grant_keys_, clock_, random_},
                         {.netbios_domain = "CORP", .development_mode = false}};
  std::vector<std::string> log_lines_;
  log::Logger logger_{"restante-auth", log::Level::kInfo, clock_,
                      [this](absl::string_view line) { log_lines_.emplace_back(line); }};
  LogonService logon_{flow_, *directory_};
  WorkerPool workers_{1, 100};
  DirectoryService admin_{{*directory_, vault_, flow_, memory_.attempts, authority_, throttle_,
                           grant_keys_, workers_, logger_},
                          {}};
  AuditService audit_{*directory_, workers_};
  std::unique_ptr<Server> server_;
  std::unique_ptr<Server> admin_server_;
  std::unique_ptr<Logon> logon_stub_;
  std::unique_ptr<Logon> ingress_stub_;
  std::unique_ptr<Admin> admin_stub_;
  std::unique_ptr<Admin> reader_stub_;
  std::unique_ptr<auth::v1::AuditService::Stub> audit_stub_;
};

TEST_F(ServicesTest, LeadsAWindowsUserToTheMailboxOfAnotherName) {
  CreateSmith();
  NtlmClient client;
  client.user = "jsmith";
  client.domain = "CORP";
  const std::string negotiate = client.Negotiate();
  const auth::v1::BeginLogonRequest begin = Begin("NTLM", negotiate);
  const auto challenge = Call<auth::v1::BeginLogonResponse>(logon_stub_, &Logon::BeginLogon, begin);
  ASSERT_TRUE(challenge.ok()) << challenge.status();
  ASSERT_TRUE(challenge->has_challenge());
  auth::v1::ContinueLogonRequest next;
  next.set_attempt_id(begin.attempt_id());
  *next.mutable_channel() = begin.channel();
  next.set_sealed_state(challenge->challenge().sealed_state());
  next.set_response(client.Authenticate(negotiate, challenge->challenge().server_message()));
  const auto answer =
      Call<auth::v1::ContinueLogonResponse>(logon_stub_, &Logon::ContinueLogon, next);
  ASSERT_TRUE(answer.ok()) << answer.status();
  ASSERT_TRUE(answer->has_accepted());
  EXPECT_EQ(answer->accepted().account(), "accounts/jsmith");
  EXPECT_EQ(answer->accepted().alias(), "john.smith");
  EXPECT_EQ(answer->accepted().session_id(), begin.session_id());
  const auto grant = OpenGrant(answer->accepted().maildrop_grant(), grant_keys_.at("mailstore-0"),
                               clock_.WallNow());
  ASSERT_TRUE(grant.ok());
  EXPECT_EQ(grant->frontend_identity, kFrontend);
  next.mutable_channel()->set_client_port(1);
  EXPECT_EQ(
      GetErrorReason(
          Call<auth::v1::ContinueLogonResponse>(logon_stub_, &Logon::ContinueLogon, next).status()),
      ErrorReason::kSealedStateInvalid);
}

TEST_F(ServicesTest, RefusesAndExplainsByReference) {
  CreateSmith();
  const auth::v1::BeginLogonRequest begin = Begin("PLAIN", std::string("\0jsmith\0wrong", 13));
  const auto answer = Call<auth::v1::BeginLogonResponse>(logon_stub_, &Logon::BeginLogon, begin);
  ASSERT_TRUE(answer.ok());
  ASSERT_TRUE(answer->has_rejected());
  EXPECT_EQ(answer->rejected().public_reason(), auth::v1::PUBLIC_REASON_CREDENTIALS);
  EXPECT_EQ(answer->rejected().delay().nanos(), 500'000'000);
  auth::v1::ExplainLogonRequest explain;
  explain.set_reference(AttemptReference(begin.attempt_id()));
  const auto explained =
      Call<auth::v1::ExplainLogonResponse>(reader_stub_, &Admin::ExplainLogon, explain);
  ASSERT_TRUE(explained.ok()) << explained.status();
  EXPECT_EQ(explained->reason(), "WRONG_PASSWORD");
  EXPECT_EQ(explained->account(), "accounts/jsmith");
  EXPECT_EQ(explained->attempt_id(), begin.attempt_id());
  EXPECT_EQ(explained->client_address(), "192.0.2.1");
  explain.set_reference("0000-0000");
  EXPECT_EQ(GetErrorReason(
                Call<auth::v1::ExplainLogonResponse>(reader_stub_, &Admin::ExplainLogon, explain)
                    .status()),
            ErrorReason::kAttemptNotFound);
  explain.mutable_hypothetical()->set_client_name("CORP\\jsmith");
  const auto imagined =
      Call<auth::v1::ExplainLogonResponse>(reader_stub_, &Admin::ExplainLogon, explain);
  EXPECT_TRUE(imagined->accepted());
  EXPECT_EQ(imagined->alias(), "john.smith");
}

TEST_F(ServicesTest, ManagesAccounts) {
  const auth::v1::CreateAccountRequest create = Smith();
  const auto created = Call<auth::v1::Account>(admin_stub_, &Admin::CreateAccount, create);
  ASSERT_TRUE(created.ok()) << created.status();
  EXPECT_EQ(created->placement(), "mailstore-0");
  EXPECT_FALSE(created->has_credential());
  const auto repeated = Call<auth::v1::Account>(admin_stub_, &Admin::CreateAccount, create);
  ASSERT_TRUE(repeated.ok());
  EXPECT_EQ(repeated->etag(), created->etag());

  auth::v1::UpdateAccountRequest update;
  update.mutable_account()->set_name("accounts/jsmith");
  update.mutable_account()->set_alias("js");
  update.mutable_account()->set_etag(created->etag());
  update.mutable_update_mask()->add_paths("alias");
  const auto updated = Call<auth::v1::Account>(admin_stub_, &Admin::UpdateAccount, update);
  ASSERT_TRUE(updated.ok());
  EXPECT_EQ(updated->alias(), "js");
  EXPECT_EQ(updated->mailbox_id(), created->mailbox_id());
  EXPECT_EQ(
      GetErrorReason(Call<auth::v1::Account>(admin_stub_, &Admin::UpdateAccount, update).status()),
      ErrorReason::kEtagMismatch);

  auth::v1::DeleteAccountRequest remove;
  remove.set_name("accounts/jsmith");
  remove.set_etag(updated->etag());
  remove.set_force(true);
  EXPECT_TRUE(
      Call<auth::v1::DeleteAccountResponse>(admin_stub_, &Admin::DeleteAccount, remove).ok());
  auth::v1::GetAccountRequest get;
  get.set_name("accounts/jsmith");
  EXPECT_EQ(GetErrorReason(Call<auth::v1::Account>(reader_stub_, &Admin::GetAccount, get).status()),
            ErrorReason::kAccountNotFound);
  EXPECT_THAT(log_lines_.back(), testing::HasSubstr("DeleteAccount"));
  EXPECT_THAT(log_lines_.back(), testing::HasSubstr("spiffe://restante/account-admin/ops"));
}

TEST_F(ServicesTest, TriesWritesWithoutMakingThem) {
  auth::v1::CreateAccountRequest create;
  create.set_account_id("tried");
  create.mutable_account()->set_alias("tried");
  create.set_validate_only(true);
  create.set_request_id(NewId(random_));
  const auto tried = Call<auth::v1::Account>(admin_stub_, &Admin::CreateAccount, create);
  ASSERT_TRUE(tried.ok()) << tried.status();
  EXPECT_EQ(tried->alias(), "tried");
  auth::v1::GetAccountRequest get;
  get.set_name("accounts/tried");
  EXPECT_EQ(GetErrorReason(Call<auth::v1::Account>(reader_stub_, &Admin::GetAccount, get).status()),
            ErrorReason::kAccountNotFound);
  // The trial took nothing away from the write.
  create.set_validate_only(false);
  ASSERT_TRUE(Call<auth::v1::Account>(admin_stub_, &Admin::CreateAccount, create).ok());

  auth::v1::UpdateAccountRequest update;
  update.mutable_account()->set_name("accounts/tried");
  update.mutable_account()->set_disabled(true);
  update.mutable_account()->set_etag("00000000000000ff");
  update.mutable_update_mask()->add_paths("disabled");
  update.set_validate_only(true);
  EXPECT_EQ(
      GetErrorReason(Call<auth::v1::Account>(admin_stub_, &Admin::UpdateAccount, update).status()),
      ErrorReason::kEtagMismatch);
  update.mutable_account()->clear_etag();
  EXPECT_TRUE(Call<auth::v1::Account>(admin_stub_, &Admin::UpdateAccount, update)->disabled());
  auth::v1::DeleteAccountRequest remove;
  remove.set_name("accounts/tried");
  remove.set_validate_only(true);
  EXPECT_TRUE(Call<auth::v1::DeleteAccountResponse>(admin_stub_, &Admin::DeleteAccount, remove)
                  ->account()
                  .has_expire_time());
  remove.set_force(true);
  EXPECT_TRUE(
      Call<auth::v1::DeleteAccountResponse>(admin_stub_, &Admin::DeleteAccount, remove).ok());
  const auto kept = Call<auth::v1::Account>(reader_stub_, &Admin::GetAccount, get);
  ASSERT_TRUE(kept.ok());
  EXPECT_FALSE(kept->disabled());
  EXPECT_FALSE(kept->has_delete_time());
}

TEST_F(ServicesTest, TakesADeletionBack) {
  CreateSmith();
  const auto logs_on = [this] {
    return Call<auth::v1::BeginLogonResponse>(
               logon_stub_, &Logon::BeginLogon,
               Begin("PLAIN", std::string("\0CORP\\jsmith\0Password", 21)))
        ->has_accepted();
  };
  EXPECT_TRUE(logs_on());
  auth::v1::DeleteAccountRequest remove;
  remove.set_name("accounts/jsmith");
  remove.set_request_id(NewId(random_));
  const auto removed =
      Call<auth::v1::DeleteAccountResponse>(admin_stub_, &Admin::DeleteAccount, remove);
  ASSERT_TRUE(removed.ok()) << removed.status();
  EXPECT_EQ(removed->account().expire_time().seconds() - removed->account().delete_time().seconds(),
            absl::ToInt64Seconds(absl::Hours(720)));
  EXPECT_EQ(Call<auth::v1::DeleteAccountResponse>(admin_stub_, &Admin::DeleteAccount, remove)
                ->account()
                .etag(),
            removed->account().etag());
  EXPECT_FALSE(logs_on());

  auth::v1::ListAccountsRequest list;
  const auto listed = [&] {
    return Call<auth::v1::ListAccountsResponse>(reader_stub_, &Admin::ListAccounts, list)
        ->accounts_size();
  };
  EXPECT_EQ(listed(), 0);
  list.set_show_deleted(true);
  EXPECT_EQ(listed(), 1);
  auth::v1::UndeleteAccountRequest undelete;
  undelete.set_name("accounts/jsmith");
  undelete.set_etag(removed->account().etag());
  const auto back = Call<auth::v1::Account>(admin_stub_, &Admin::UndeleteAccount, undelete);
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_FALSE(back->has_delete_time());
  EXPECT_TRUE(logs_on());
  undelete.clear_etag();
  EXPECT_EQ(GetErrorReason(
                Call<auth::v1::Account>(admin_stub_, &Admin::UndeleteAccount, undelete).status()),
            ErrorReason::kAccountNotDeleted);
  remove.set_force(true);
  remove.set_request_id(NewId(random_));
  EXPECT_FALSE(Call<auth::v1::DeleteAccountResponse>(admin_stub_, &Admin::DeleteAccount, remove)
                   ->has_account());
  EXPECT_EQ(listed(), 0);
}

TEST_F(ServicesTest, ListsWhatPassesTheFilter) {
  for (int i = 0; i < 1'200; ++i) {
    auth::v1::CreateAccountRequest create;
    create.set_account_id(absl::StrCat("a", i));
    create.mutable_account()->set_disabled(i % 400 == 7);
    ASSERT_TRUE(Call<auth::v1::Account>(admin_stub_, &Admin::CreateAccount, create).ok());
  }
  auth::v1::ListAccountsRequest list;
  list.set_filter("disabled = true AND name:a*7");
  list.set_page_size(2);
  std::vector<std::string> names;
  do {
    const auto page =
        Call<auth::v1::ListAccountsResponse>(reader_stub_, &Admin::ListAccounts, list);
    ASSERT_TRUE(page.ok()) << page.status();
    EXPECT_LE(page->accounts_size(), 2);
    for (const auth::v1::Account& account : page->accounts()) names.push_back(account.name());
    list.set_page_token(page->next_page_token());
  } while (!list.page_token().empty());
  EXPECT_THAT(names, testing::ElementsAre("accounts/a407", "accounts/a7", "accounts/a807"));
  list.set_filter("disabled");
  EXPECT_EQ(
      GetInvalidField(
          Call<auth::v1::ListAccountsResponse>(reader_stub_, &Admin::ListAccounts, list).status()),
      "filter");
}

TEST_F(ServicesTest, ListsCredentialsAndNoSecret) {
  CreateSmith();
  auth::v1::ListCredentialsRequest list;
  list.set_name("accounts/jsmith");
  const auto listed =
      Call<auth::v1::ListCredentialsResponse>(reader_stub_, &Admin::ListCredentials, list);
  ASSERT_TRUE(listed.ok()) << listed.status();
  ASSERT_EQ(listed->credentials_size(), 2);
  EXPECT_EQ(listed->credentials(0).kind(), "nt_hash");
  EXPECT_EQ(listed->credentials(1).kind(), "scram_sha_256");
  EXPECT_TRUE(listed->credentials(1).usable());
  EXPECT_TRUE(listed->credentials(0).has_set_time());
  EXPECT_FALSE(listed->credentials(0).key_id().empty());
  EXPECT_LT(listed->ByteSizeLong(), 200u);  // room for no secret
}

TEST_F(ServicesTest, DiagnosesAndListsLogons) {
  CreateSmith();
  for (int i = 0; i < 3; ++i) {
    clock_.Advance(absl::Minutes(1));
    ASSERT_TRUE(
        Call<auth::v1::BeginLogonResponse>(logon_stub_, &Logon::BeginLogon,
                                           Begin("PLAIN", std::string("\0CORP\\jsmith\0wrong", 18)))
            .ok());
  }
  auth::v1::DiagnoseLogonRequest diagnose;
  diagnose.set_name("john.smith");
  diagnose.set_mechanism("plain");
  const auto diagnosis =
      Call<auth::v1::DiagnoseLogonResponse>(reader_stub_, &Admin::DiagnoseLogon, diagnose);
  ASSERT_TRUE(diagnosis.ok()) << diagnosis.status();
  ASSERT_EQ(diagnosis->obstacles_size(), 3);
  EXPECT_EQ(diagnosis->obstacles(0).cause(), "NAME_IS_ALIAS");
  EXPECT_TRUE(diagnosis->obstacles(0).certain());
  EXPECT_EQ(diagnosis->obstacles(2).cause(), "WRONG_PASSWORD");
  EXPECT_FALSE(diagnosis->obstacles(2).certain());
  EXPECT_EQ(diagnosis->account(), "accounts/jsmith");
  EXPECT_EQ(diagnosis->matched_by(), "alias");
  EXPECT_EQ(diagnosis->alias(), "john.smith");
  EXPECT_TRUE(diagnosis->placement_known());
  ASSERT_EQ(diagnosis->credentials_size(), 2);
  EXPECT_EQ(diagnosis->credentials(0).age().seconds(), 180);
  ASSERT_EQ(diagnosis->attempts_size(), 3);
  EXPECT_EQ(diagnosis->attempts(0).client_name(), "CORP\\jsmith");
  EXPECT_TRUE(diagnosis->attempts(0).tls());
  ASSERT_EQ(diagnosis->throttles_size(), 1);
  diagnose.clear_name();
  EXPECT_EQ(GetInvalidField(
                Call<auth::v1::DiagnoseLogonResponse>(reader_stub_, &Admin::DiagnoseLogon, diagnose)
                    .status()),
            "name");

  auth::v1::ListLogonEventsRequest list;
  list.set_page_size(2);
  list.set_filter("account = accounts/jsmith AND outcome = WRONG_PASSWORD");
  const auto first =
      Call<auth::v1::ListLogonEventsResponse>(reader_stub_, &Admin::ListLogonEvents, list);
  ASSERT_TRUE(first.ok()) << first.status();
  ASSERT_EQ(first->events_size(), 2);
  EXPECT_GT(first->events(0).time().seconds(), first->events(1).time().seconds());
  list.set_page_token(first->next_page_token());
  const auto second =
      Call<auth::v1::ListLogonEventsResponse>(reader_stub_, &Admin::ListLogonEvents, list);
  ASSERT_EQ(second->events_size(), 1);
  EXPECT_EQ(second->next_page_token(), "");
  EXPECT_GT(first->events(1).time().seconds(), second->events(0).time().seconds());
  list.set_page_token("event-x");
  EXPECT_EQ(GetErrorReason(
                Call<auth::v1::ListLogonEventsResponse>(reader_stub_, &Admin::ListLogonEvents, list)
                    .status()),
            ErrorReason::kPageTokenInvalid);
}

TEST_F(ServicesTest, ImportsAndExports) {
  CreateSmith();
  grpc::ClientContext context;
  auto stream = admin_stub_->ImportAccounts(&context);
  auth::v1::ImportAccountsRequest request;
  request.mutable_options()->set_update_existing(true);
  ASSERT_TRUE(stream->Write(request));
  request.Clear();
  const auto add = [&request](const char* id) {
    auth::v1::ImportItem* item = request.add_items();
    item->set_item_number(request.items_size());
    item->set_account_id(id);
    return item;
  };
  add("anna")->mutable_credential()->set_password("Password");
  add("Anna");
  add("ben")->mutable_credential()->set_nt_hash("short");
  add("ben")->mutable_account()->add_windows_names("corp\\JSMITH");
  auth::v1::ImportItem* smith = add("jsmith");
  smith->mutable_account()->add_windows_names("CORP\\jsmith");
  smith->mutable_account()->add_addresses("john.smith@corp.example");
  smith->mutable_account()->set_alias("john.smith");
  smith->mutable_credential()->set_password("Password");
  const auth::v1::ImportAccountsRequest items = request;
  const auto outcomes = [&](const auth::v1::ImportAccountsRequest& sent) {
    auth::v1::ImportAccountsResponse response;
    std::vector<std::string> texts;
    EXPECT_TRUE(stream->Write(sent) && stream->Read(&response));
    for (const auth::v1::ImportResult& result : response.results()) {
      EXPECT_EQ(result.item_number(), static_cast<int64_t>(texts.size()) + 1);
      const absl::Status error = FromGrpcStatus(
          grpc::Status(static_cast<grpc::StatusCode>(result.error().code()),
                       result.error().message(), result.error().SerializeAsString()));
      texts.push_back(
          auth::v1::ImportOutcome_Name(result.outcome()).substr(15) +
          (error.ok() ? "" : absl::StrCat(" ", ErrorReasonName(GetErrorReason(error)))));
    }
    return texts;
  };
  EXPECT_THAT(outcomes(items),
              testing::ElementsAre("CREATED", "FAILED FIELD_INVALID", "FAILED FIELD_INVALID",
                                   "FAILED NAME_TAKEN", "UNCHANGED"));
  // A repeat, of the same password too.
  EXPECT_EQ(outcomes(items)[0], "UNCHANGED");
  smith = request.mutable_items(4);
  smith->mutable_credential()->set_password("another");
  EXPECT_EQ(outcomes(request)[4], "UPDATED");
  stream->WritesDone();
  EXPECT_TRUE(stream->Finish().ok());
  EXPECT_THAT(log_lines_.back(), testing::HasSubstr("accounts_imported"));
  EXPECT_THAT(log_lines_.back(), testing::HasSubstr("\"created\":1"));

  auth::v1::ExportAccountsRequest wish;
  const auto exported = [&] {
    grpc::ClientContext reader_context;
    auto reader = reader_stub_->ExportAccounts(&reader_context, wish);
    auth::v1::ExportAccountsResponse response;
    std::vector<std::string> names;
    while (reader->Read(&response)) {
      for (const auth::v1::Account& account : response.accounts()) names.push_back(account.name());
    }
    EXPECT_TRUE(reader->Finish().ok());
    return names;
  };
  EXPECT_THAT(exported(), testing::ElementsAre("accounts/anna", "accounts/jsmith"));
  wish.set_after("accounts/anna");
  EXPECT_THAT(exported(), testing::ElementsAre("accounts/jsmith"));
  wish.set_filter("alias = nobody");
  EXPECT_THAT(exported(), testing::IsEmpty());
}

TEST_F(ServicesTest, ListsWhoChangedWhat) {
  CreateSmith();
  auth::v1::UpdateAccountRequest update;
  update.mutable_account()->set_name("accounts/jsmith");
  update.mutable_account()->set_alias("js");
  update.mutable_update_mask()->add_paths("alias");
  ASSERT_TRUE(Call<auth::v1::Account>(admin_stub_, &Admin::UpdateAccount, update).ok());

  using Audit = auth::v1::AuditService::Stub;
  auth::v1::ListAuditEntriesRequest wish;
  wish.set_filter("resource = accounts/jsmith AND method != SetCredential");
  wish.set_page_size(1);
  const auto list = [&] {
    return Call<auth::v1::ListAuditEntriesResponse>(audit_stub_, &Audit::ListAuditEntries, wish);
  };
  auto page = list();
  ASSERT_TRUE(page.ok()) << page.status();
  ASSERT_EQ(page->entries_size(), 1);
  const auth::v1::AuditEntry& entry = page->entries(0);
  EXPECT_EQ(entry.name(), "auditEntries/0000000000000003");
  EXPECT_EQ(entry.caller(), "spiffe://restante/account-admin/ops");
  EXPECT_EQ(entry.method(), "UpdateAccount");
  ASSERT_EQ(entry.changes_size(), 1);
  EXPECT_EQ(entry.changes(0).field(), "alias");
  EXPECT_EQ(entry.changes(0).old_values(0), "john.smith");
  EXPECT_EQ(entry.changes(0).new_values(0), "js");
  wish.set_page_token(page->next_page_token());
  page = list();
  EXPECT_EQ(page->entries(0).method(), "CreateAccount");
  EXPECT_EQ(page->next_page_token(), "");
  wish.clear_page_token();
  wish.set_filter("field:nothing");
  EXPECT_EQ(list()->entries_size(), 0);
  wish.set_filter("alias = js");
  EXPECT_EQ(GetInvalidField(list().status()), "filter");
}

TEST_F(ServicesTest, RefusesImportsOfWrongForm) {
  const auto end = [this](const std::vector<auth::v1::ImportAccountsRequest>& messages) {
    grpc::ClientContext context;
    auto stream = admin_stub_->ImportAccounts(&context);
    for (const auto& message : messages) stream->Write(message);
    stream->WritesDone();
    auth::v1::ImportAccountsResponse response;
    while (stream->Read(&response)) {
    }
    return GetInvalidField(FromGrpcStatus(stream->Finish()));
  };
  auth::v1::ImportAccountsRequest options;
  options.mutable_options();
  auth::v1::ImportAccountsRequest items;
  items.add_items()->set_account_id("a");
  EXPECT_EQ(end({options, items}), "");
  EXPECT_EQ(end({items}), "options");
  EXPECT_EQ(end({options, options}), "options");
  EXPECT_EQ(end({options, auth::v1::ImportAccountsRequest()}), "items");
  while (items.items_size() <= 1'000) items.add_items();
  EXPECT_EQ(end({options, items}), "items");
  auth::v1::ExportAccountsRequest wish;
  wish.set_filter("nothing");
  grpc::ClientContext context;
  auto reader = reader_stub_->ExportAccounts(&context, wish);
  auth::v1::ExportAccountsResponse response;
  EXPECT_FALSE(reader->Read(&response));
  EXPECT_EQ(GetInvalidField(FromGrpcStatus(reader->Finish())), "filter");
}

TEST_F(ServicesTest, GrantsADelegateAnotherMailbox) {
  CreateSmith();
  auth::v1::CreateAccountRequest shared;
  shared.set_account_id("helpdesk");
  shared.mutable_account()->set_alias("help");
  ASSERT_TRUE(Call<auth::v1::Account>(admin_stub_, &Admin::CreateAccount, shared).ok());

  auth::v1::GrantDelegateRequest grant;
  grant.set_name("accounts/helpdesk");
  grant.mutable_delegate()->set_account("accounts/jsmith");
  grant.set_request_id(NewId(random_));
  EXPECT_EQ(
      GetErrorReason(Call<auth::v1::Account>(reader_stub_, &Admin::GrantDelegate, grant).status()),
      ErrorReason::kRoleMissing);
  auto account = Call<auth::v1::Account>(admin_stub_, &Admin::GrantDelegate, grant);
  ASSERT_TRUE(account.ok()) << account.status();
  ASSERT_EQ(account->delegates_size(), 1);
  EXPECT_EQ(account->delegates(0).account(), "accounts/jsmith");
  EXPECT_EQ(account->delegates(0).access(), auth::v1::MAILBOX_ACCESS_READ);
  EXPECT_FALSE(account->delegates(0).has_expire_time());

  const auto answer = Call<auth::v1::BeginLogonResponse>(
      logon_stub_, &Logon::BeginLogon, Begin("PLAIN", std::string("help\0jsmith\0Password", 20)));
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->accepted().account(), "accounts/jsmith");
  EXPECT_EQ(answer->accepted().alias(), "help");
  EXPECT_EQ(answer->accepted().access(), auth::v1::MAILBOX_ACCESS_READ);

  auth::v1::RevokeDelegateRequest revoke;
  revoke.set_name("accounts/helpdesk");
  revoke.set_delegate_account("accounts/jsmith");
  revoke.set_etag("0000000000000001");
  EXPECT_EQ(
      GetErrorReason(Call<auth::v1::Account>(admin_stub_, &Admin::RevokeDelegate, revoke).status()),
      ErrorReason::kEtagMismatch);
  revoke.set_etag(account->etag());
  account = Call<auth::v1::Account>(admin_stub_, &Admin::RevokeDelegate, revoke);
  ASSERT_TRUE(account.ok()) << account.status();
  EXPECT_EQ(account->delegates_size(), 0);
}

TEST_F(ServicesTest, ListsByPage) {
  for (const char* id : {"c", "a", "b"}) {
    auth::v1::CreateAccountRequest create;
    create.set_account_id(id);
    ASSERT_TRUE(Call<auth::v1::Account>(admin_stub_, &Admin::CreateAccount, create).ok());
  }
  auth::v1::ListAccountsRequest list;
  list.set_page_size(2);
  const auto first = Call<auth::v1::ListAccountsResponse>(reader_stub_, &Admin::ListAccounts, list);
  ASSERT_TRUE(first.ok());
  ASSERT_EQ(first->accounts_size(), 2);
  EXPECT_EQ(first->accounts(1).name(), "accounts/b");
  list.set_page_token(first->next_page_token());
  const auto second =
      Call<auth::v1::ListAccountsResponse>(reader_stub_, &Admin::ListAccounts, list);
  ASSERT_EQ(second->accounts_size(), 1);
  EXPECT_EQ(second->accounts(0).name(), "accounts/c");
  EXPECT_EQ(second->next_page_token(), "");
}

TEST_F(ServicesTest, EndsALargePageEarlyAndLosesNothing) {
  constexpr int kAccounts = 260;
  for (int i = 0; i < kAccounts; ++i) {
    directory::NewAccount account;
    account.id = absl::StrCat("a", i);
    account.placement = "mailstore-0";
    for (int j = 0; j < 64; ++j) {
      const std::string local = absl::StrCat(i, "-", j, "-");
      account.addresses.push_back(
          absl::StrCat(local, std::string(310 - local.size(), 'x'), "@corp.test"));
    }
    ASSERT_TRUE(directory_->Create(account, {}).ok());
  }
  auth::v1::ListAccountsRequest list;
  list.set_page_size(1000);
  int seen = 0;
  int pages = 0;
  do {
    const auto page =
        Call<auth::v1::ListAccountsResponse>(reader_stub_, &Admin::ListAccounts, list);
    ASSERT_TRUE(page.ok()) << page.status();
    seen += page->accounts_size();
    ++pages;
    list.set_page_token(page->next_page_token());
  } while (!list.page_token().empty());
  EXPECT_EQ(seen, kAccounts);
  EXPECT_GT(pages, 1);
}

TEST_F(ServicesTest, RefusesCallersWithoutTheRole) {
  EXPECT_EQ(GetErrorReason(
                Call<auth::v1::Account>(reader_stub_, &Admin::CreateAccount, Smith()).status()),
            ErrorReason::kRoleMissing);
  EXPECT_EQ(GetErrorReason(Call<auth::v1::BeginLogonResponse>(ingress_stub_, &Logon::BeginLogon,
                                                              Begin("PLAIN", ""))
                               .status()),
            ErrorReason::kRoleMissing);
}

TEST_F(ServicesTest, ResolvesRecipients) {
  CreateSmith();
  auth::v1::ResolveRecipientsRequest request;
  for (const char* address :
       {"John.Smith@corp.example", "nobody@corp.example", "JOHN.SMITH", "jsmith"}) {
    request.add_addresses(address);
  }
  const auto resolved =
      Call<auth::v1::ResolveRecipientsResponse>(ingress_stub_, &Logon::ResolveRecipients, request);
  ASSERT_TRUE(resolved.ok()) << resolved.status();
  ASSERT_EQ(resolved->recipients_size(), 4);
  EXPECT_TRUE(resolved->recipients(0).found());
  EXPECT_EQ(resolved->recipients(0).placement(), "mailstore-0");
  EXPECT_FALSE(resolved->recipients(1).found());
  EXPECT_EQ(resolved->recipients(2).mailbox_id(), resolved->recipients(0).mailbox_id());
  EXPECT_FALSE(resolved->recipients(3).found());
}

// A watch read on the test's thread.
class Watch {
 public:
  explicit Watch(auth::v1::LogonService::Stub& stub, const char* protocol = "pop3") {
    auth::v1::WatchMechanismPolicyRequest request;
    request.set_protocol(protocol);
    context_.set_wait_for_ready(true);
    context_.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
    reader_ = stub.WatchMechanismPolicy(&context_, request);
  }
  // Whether NTLM is enabled in the next policy; nullopt at the end.
  std::optional<bool> Next() {
    auth::v1::WatchMechanismPolicyResponse response;
    if (!reader_->Read(&response)) return std::nullopt;
    EXPECT_EQ(response.policy().mechanisms_size(), 2);
    EXPECT_TRUE(response.policy().mechanisms(0).client_first());
    return response.policy().mechanisms(0).enabled();
  }
  absl::Status Finish() { return FromGrpcStatus(reader_->Finish()); }
  void Cancel() { context_.TryCancel(); }

 private:
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReader<auth::v1::WatchMechanismPolicyResponse>> reader_;
};

TEST_F(ServicesTest, TellsManyWatchersOfAChangeAndOfTheEnd) {
  std::vector<std::unique_ptr<Watch>> watches;
  for (int i = 0; i < 5; ++i) watches.push_back(std::make_unique<Watch>(*logon_stub_));
  for (const auto& watch : watches) EXPECT_EQ(watch->Next(), true);

  auth::v1::UpdateProtocolPolicyRequest update;
  update.mutable_policy()->set_name("protocolPolicies/pop3");
  auth::v1::MechanismSetting* ntlm = update.mutable_policy()->add_mechanisms();
  ntlm->set_mechanism("NTLM");
  update.mutable_update_mask()->add_paths("mechanisms");
  const auto policy =
      Call<auth::v1::ProtocolPolicy>(admin_stub_, &Admin::UpdateProtocolPolicy, update);
  ASSERT_TRUE(policy.ok()) << policy.status();
  EXPECT_FALSE(policy->mechanisms(0).enabled());
  for (const auto& watch : watches) EXPECT_EQ(watch->Next(), false);
  watches.front()->Cancel();
  EXPECT_EQ(watches.front()->Finish().code(), absl::StatusCode::kCancelled);

  logon_.Drain();
  for (size_t i = 1; i < watches.size(); ++i) {
    EXPECT_EQ(watches[i]->Next(), std::nullopt);
    EXPECT_EQ(GetErrorReason(watches[i]->Finish()), ErrorReason::kDraining);
  }
  Watch late(*logon_stub_);
  late.Next();
  EXPECT_EQ(GetErrorReason(late.Finish()), ErrorReason::kDraining);
}

TEST_F(ServicesTest, WatchesGoOnUnderChangesAndCancellations) {
  std::thread changer([this] {
    for (int i = 0; i < 200; ++i) {
      EXPECT_TRUE(
          directory_->UpdatePolicy("pop3", {.mechanisms = {{"NTLM", i % 2 != 0, true}}}, {}).ok());
    }
  });
  for (int i = 0; i < 20; ++i) {
    Watch watch(*logon_stub_);
    EXPECT_TRUE(watch.Next().has_value());
    watch.Cancel();
    EXPECT_FALSE(watch.Finish().ok());
  }
  changer.join();
  Watch last(*logon_stub_);
  EXPECT_EQ(last.Next(), true);
  EXPECT_EQ(Watch(*logon_stub_, "imap").Finish().code(), absl::StatusCode::kNotFound);
  logon_.Drain();
}

TEST_F(ServicesTest, LogsNoSecret) {
  CreateSmith();
  for (const std::string& line : log_lines_) {
    EXPECT_THAT(line, testing::Not(testing::HasSubstr("Password\"")));
  }
}

}  // namespace
}  // namespace restante::rpc
