// Accounts through DirectoryService, and what is kept of their changes.

#include "auth-service/rpc/testing/services_fixture.h"

namespace restante::rpc {
namespace {

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

TEST_F(ServicesTest, ListsWhoChangedWhat) {
  CreateSmith();
  auth::v1::UpdateAccountRequest update;
  update.mutable_account()->set_name("accounts/jsmith");
  update.mutable_account()->set_alias("js");
  update.mutable_update_mask()->add_paths("alias");
  ASSERT_TRUE(Call<auth::v1::Account>(admin_stub_, &Admin::UpdateAccount, update).ok());

  using Audit = common::v1::AuditService::Stub;
  common::v1::ListAuditEntriesRequest wish;
  wish.set_filter("resource = accounts/jsmith AND method != SetCredential");
  wish.set_page_size(1);
  const auto list = [&] {
    return Call<common::v1::ListAuditEntriesResponse>(audit_stub_, &Audit::ListAuditEntries, wish);
  };
  auto page = list();
  ASSERT_TRUE(page.ok()) << page.status();
  ASSERT_EQ(page->entries_size(), 1);
  const common::v1::AuditEntry& entry = page->entries(0);
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

TEST_F(ServicesTest, BeginsAJobForKeyAdminsAlone) {
  CreateSmith();
  EXPECT_EQ(
      GetErrorReason(Call<google::longrunning::Operation>(admin_stub_, &Admin::RewrapCredentials,
                                                          auth::v1::RewrapCredentialsRequest())
                         .status()),
      ErrorReason::kRoleMissing);
  const auto keys = auth::v1::DirectoryService::NewStub(Connect(*admin_server_, "key-admin/ops"));
  auth::v1::RewrapCredentialsRequest rewrap;
  rewrap.set_request_id(NewId(random_));
  const auto begun = Call<google::longrunning::Operation>(keys, &Admin::RewrapCredentials, rewrap);
  ASSERT_TRUE(begun.ok()) << begun.status();
  auth::v1::RewrapCredentialsMetadata metadata;
  ASSERT_TRUE(begun->metadata().UnpackTo(&metadata));
  EXPECT_EQ(metadata.caller(), "spiffe://restante/key-admin/ops");
  EXPECT_EQ(metadata.request_id(), rewrap.request_id());
  EXPECT_EQ(metadata.active_key_id(), "k1");
  const auto again = Call<google::longrunning::Operation>(keys, &Admin::RewrapCredentials, rewrap);
  EXPECT_EQ(again->name(), begun->name());
  EXPECT_EQ(GetErrorReason(Call<google::longrunning::Operation>(keys, &Admin::BackupDirectory,
                                                                auth::v1::BackupDirectoryRequest())
                               .status()),
            ErrorReason::kBackupNotConfigured);
}

TEST_F(ServicesTest, SaysWhatItIsAndWhoIsCalling) {
  using Info = common::v1::ServerInfoService::Stub;
  const auto stub =
      common::v1::ServerInfoService::NewStub(Connect(*admin_server_, "key-admin/ops"));
  clock_.Advance(absl::Hours(1));
  const auto info =
      Call<common::v1::ServerInfo>(stub, &Info::GetServerInfo, common::v1::GetServerInfoRequest());
  ASSERT_TRUE(info.ok()) << info.status();
  EXPECT_EQ(info->program(), "restante-auth");
  EXPECT_EQ(info->version(), "1.2.3");
  EXPECT_THAT(info->features(), testing::ElementsAre("audit"));
  EXPECT_EQ(info->limits().at("page_size"), 1'000);
  EXPECT_EQ(info->time().seconds() - info->start_time().seconds(), 3'600);
  EXPECT_EQ(info->caller(), "spiffe://restante/key-admin/ops");
  EXPECT_THAT(info->caller_roles(), testing::ElementsAre("key-admin"));
  EXPECT_THAT(info->callable_methods(),
              testing::Contains("/restante.auth.v1.DirectoryService/RewrapCredentials"));
  EXPECT_THAT(info->callable_methods(),
              testing::Not(testing::Contains("/restante.auth.v1.DirectoryService/GetAccount")));
}

TEST_F(ServicesTest, FindsWhatAnOperatorShouldLookAt) {
  const auto causes = [this](const directory::CredentialVault& vault, bool development_mode) {
    std::vector<std::string> found;
    for (const ServerFinding& fault : FindFaults(*directory_, vault, development_mode)) {
      found.push_back(absl::StrCat(fault.cause, fault.is_error ? "!" : ""));
    }
    return found;
  };
  CreateSmith();
  EXPECT_THAT(causes(vault_, false), testing::IsEmpty());
  EXPECT_THAT(causes(vault_, true), testing::ElementsAre("DEVELOPMENT_MODE"));
  std::map<std::string, Secret> keys;
  keys.emplace("k2", Secret(std::string(32, 'w')));
  EXPECT_THAT(
      causes(directory::CredentialVault(*KeyRing::Create(std::move(keys), "k2"), random_), false),
      testing::ElementsAre("CREDENTIAL_KEY_MISSING!"));
  keys.clear();
  keys.emplace("k1", Secret(std::string(32, 'v')));
  keys.emplace("k2", Secret(std::string(32, 'w')));
  EXPECT_THAT(
      causes(directory::CredentialVault(*KeyRing::Create(std::move(keys), "k2"), random_), false),
      testing::ElementsAre("CREDENTIALS_UNDER_OLD_KEY"));
  ASSERT_TRUE(
      directory_
          ->UpdatePolicy("pop3", {.mechanisms = {{"NTLM", true, false}, {"PLAIN", false}}}, {})
          .ok());
  EXPECT_THAT(causes(vault_, false), testing::ElementsAre("MECHANISM_WITHOUT_TLS"));
  ASSERT_TRUE(directory_->UpdatePolicy("pop3", {.mechanisms = {{"NTLM", false}}}, {}).ok());
  EXPECT_THAT(causes(vault_, false), testing::ElementsAre("NO_MECHANISM!"));
}

}  // namespace
}  // namespace restante::rpc
