#include <google/longrunning/operations.pb.h>

#include <functional>
#include <initializer_list>
#include <string>

#include "auth-service/rpc/access.h"
#include "auth-service/rpc/attempt_messages.h"
#include "auth-service/rpc/directory_messages.h"
#include "auth-service/rpc/logon_messages.h"
#include "common/base/error_reason.h"
#include "common/rpc/pages.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "restante/common/v1/audit_service.pb.h"
#include "restante/common/v1/server_info_service.pb.h"

namespace restante::rpc {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Access, CoversEveryMethod) {
  EXPECT_THAT(AuthDataAccess().MethodsLeftOut("restante.auth.v1.LogonService"), IsEmpty());
  for (const google::protobuf::Message* of_the_service :
       std::initializer_list<const google::protobuf::Message*>{
           &common::v1::AuditEntry::default_instance(),
           &google::longrunning::Operation::default_instance(),
           &common::v1::ServerInfo::default_instance()}) {
    const auto* file = of_the_service->GetDescriptor()->file();
    EXPECT_THAT(AuthManagementAccess().MethodsLeftOut(file->service(0)->full_name()), IsEmpty());
  }
  EXPECT_THAT(AuthManagementAccess().MethodsLeftOut("restante.auth.v1.DirectoryService"),
              IsEmpty());
}

TEST(Access, KeepsFrontEndsAndOperatorsApart) {
  const PeerIdentity frontend{"spiffe://restante/frontend/pop3-0", {"frontend"}};
  const PeerIdentity reader{"spiffe://restante/reader/ops", {"reader"}};
  const PeerIdentity ingress{"spiffe://restante/ingress/lmtp-0", {"ingress"}};
  EXPECT_TRUE(AuthDataAccess().Check("/restante.auth.v1.LogonService/BeginLogon", frontend).ok());
  EXPECT_FALSE(AuthDataAccess().Check("/restante.auth.v1.LogonService/BeginLogon", ingress).ok());
  EXPECT_FALSE(
      AuthDataAccess().Check("/restante.auth.v1.LogonService/ResolveRecipients", frontend).ok());
  EXPECT_FALSE(
      AuthDataAccess().Check("/restante.auth.v1.LogonService/WatchRecipients", frontend).ok());
  EXPECT_TRUE(
      AuthManagementAccess().Check("/restante.auth.v1.DirectoryService/GetAccount", reader).ok());
  EXPECT_FALSE(AuthManagementAccess()
                   .Check("/restante.auth.v1.DirectoryService/SetCredential", reader)
                   .ok());
  EXPECT_FALSE(
      AuthManagementAccess().Check("/restante.auth.v1.DirectoryService/GetAccount", frontend).ok());
}

auth::v1::BeginLogonRequest GoodBegin() {
  auth::v1::BeginLogonRequest request;
  request.set_attempt_id(std::string(32, 'a'));
  request.set_session_id(std::string(32, 'b'));
  request.set_mechanism("NTLM");
  auth::v1::Channel& channel = *request.mutable_channel();
  channel.set_protocol("pop3");
  channel.set_client_address("192.0.2.1");
  channel.set_client_port(65535);
  channel.set_connection_id(std::string(32, 'c'));
  channel.mutable_tls()->set_version("TLSv1.3");
  channel.mutable_tls()->set_server_end_point(std::string(32, 'e'));
  channel.mutable_tls()->set_exporter(std::string(32, 'x'));
  return request;
}

std::string FieldRefused(const std::function<void(auth::v1::BeginLogonRequest*)>& change) {
  auth::v1::BeginLogonRequest request = GoodBegin();
  change(&request);
  return GetInvalidField(ToBeginRequest(request, "caller").status());
}

TEST(BeginRequest, TellsAnEmptyInitialResponseFromNone) {
  auth::v1::BeginLogonRequest message = GoodBegin();
  const auto without = ToBeginRequest(message, "caller");
  ASSERT_TRUE(without.ok()) << without.status();
  EXPECT_FALSE(without->initial_response.has_value());
  EXPECT_EQ(without->caller_identity, "caller");
  EXPECT_TRUE(without->channel.tls.has_value());
  message.set_initial_response("");
  message.mutable_channel()->clear_tls();
  const auto with = ToBeginRequest(message, "caller");
  ASSERT_TRUE(with.ok());
  EXPECT_TRUE(with->initial_response.has_value());
  EXPECT_FALSE(with->channel.tls.has_value());
}

TEST(BeginRequest, HoldsEveryLimit) {
  using Request = auth::v1::BeginLogonRequest;
  EXPECT_EQ(FieldRefused([](Request* r) { r->set_attempt_id("A"); }), "attempt_id");
  EXPECT_EQ(FieldRefused([](Request* r) { r->clear_session_id(); }), "session_id");
  EXPECT_EQ(FieldRefused([](Request* r) { r->clear_mechanism(); }), "mechanism");
  EXPECT_EQ(FieldRefused([](Request* r) { r->set_mechanism(std::string(21, 'M')); }), "mechanism");
  EXPECT_EQ(FieldRefused([](Request* r) { r->set_initial_response(std::string(9217, 'x')); }),
            "initial_response");
  EXPECT_EQ(FieldRefused([](Request* r) { r->clear_channel(); }), "channel.protocol");
  EXPECT_EQ(
      FieldRefused([](Request* r) { r->mutable_channel()->set_protocol(std::string(17, 'p')); }),
      "channel.protocol");
  EXPECT_EQ(FieldRefused([](Request* r) { r->mutable_channel()->set_client_address("host"); }),
            "channel.client_address");
  EXPECT_EQ(FieldRefused([](Request* r) { r->mutable_channel()->set_client_port(65536); }),
            "channel.client_port");
  EXPECT_EQ(FieldRefused([](Request* r) { r->mutable_channel()->set_connection_id("1"); }),
            "channel.connection_id");
  EXPECT_EQ(FieldRefused([](Request* r) {
              r->mutable_channel()->mutable_tls()->set_version(std::string(17, 'v'));
            }),
            "channel.tls.version");
  for (const size_t size : {1, 19, 65}) {
    EXPECT_EQ(FieldRefused([size](Request* r) {
                r->mutable_channel()->mutable_tls()->set_server_end_point(std::string(size, 'e'));
              }),
              "channel.tls.server_end_point");
  }
  EXPECT_EQ(
      FieldRefused([](Request* r) { r->mutable_channel()->mutable_tls()->set_exporter("short"); }),
      "channel.tls.exporter");
  EXPECT_EQ(FieldRefused([](Request* r) { r->set_initial_response(std::string(9216, 'x')); }), "");
}

TEST(ContinueRequest, HoldsItsLimits) {
  auth::v1::ContinueLogonRequest request;
  request.set_attempt_id(std::string(32, 'a'));
  *request.mutable_channel() = GoodBegin().channel();
  EXPECT_TRUE(ToContinueRequest(request, "caller").ok());
  request.set_response(std::string(9217, 'x'));
  EXPECT_EQ(GetInvalidField(ToContinueRequest(request, "caller").status()), "response");
  request.clear_response();
  request.set_sealed_state(std::string(16385, 'x'));
  EXPECT_EQ(GetInvalidField(ToContinueRequest(request, "caller").status()), "sealed_state");
}

TEST(ResolveRequest, HoldsItsLimits) {
  auth::v1::ResolveRecipientsRequest request;
  for (int i = 0; i < 1000; ++i) request.add_addresses(std::string(320, 'a'));
  EXPECT_TRUE(CheckResolveRequest(request).ok());
  request.add_addresses("one more");
  EXPECT_EQ(GetInvalidField(CheckResolveRequest(request)), "addresses");
  request.clear_addresses();
  request.add_addresses("fine");
  request.add_addresses(std::string(321, 'a'));
  EXPECT_EQ(GetInvalidField(CheckResolveRequest(request)), "addresses[1]");
}

TEST(HypotheticalLogon, HasDefaultsAndLimits) {
  auth::v1::HypotheticalLogon message;
  message.set_client_name("CORP\\jsmith");
  auto logon = ToHypotheticalLogon(message);
  ASSERT_TRUE(logon.ok());
  EXPECT_EQ(logon->mechanism, "NTLM");
  EXPECT_EQ(logon->protocol, "pop3");
  EXPECT_TRUE(logon->tls);
  message.set_tls(false);
  message.set_mechanism("plain");
  logon = ToHypotheticalLogon(message);
  EXPECT_EQ(logon->mechanism, "PLAIN");
  EXPECT_FALSE(logon->tls);
  message.set_client_address("nowhere");
  EXPECT_EQ(GetInvalidField(ToHypotheticalLogon(message).status()), "hypothetical.client_address");
  message.clear_client_address();
  message.set_client_name(std::string(513, 'x'));
  EXPECT_EQ(GetInvalidField(ToHypotheticalLogon(message).status()), "hypothetical.client_name");
}

TEST(DirectoryMessages, ReadsNamesEtagsAndPageTokens) {
  EXPECT_EQ(*ParseAccountName("name", "accounts/jsmith"), "jsmith");
  for (const char* name : {"jsmith", "accounts/", "accounts/A", "accounts/a/b", ""}) {
    EXPECT_EQ(GetInvalidField(ParseAccountName("name", name).status()), "name") << name;
  }
  EXPECT_EQ(*ParsePolicyName("name", "protocolPolicies/pop3"), "pop3");
  EXPECT_FALSE(ParsePolicyName("name", "protocolPolicies/").ok());

  directory::Account account;
  account.id = "jsmith";
  account.revision = 0x1f;
  const auth::v1::Account message = ToProto(account);
  EXPECT_EQ(ToWriteOptions(message.etag(), "").expected_revision, account.revision);
  EXPECT_FALSE(ToWriteOptions("", "").expected_revision.has_value());
  EXPECT_NE(ToWriteOptions("1f", "").expected_revision, account.revision);
  EXPECT_NE(ToWriteOptions("nonsense-nonsens", "").expected_revision, 0u);

  EXPECT_EQ(*ParsePageToken(MakePageToken("jsmith")), "jsmith");
  EXPECT_EQ(*ParsePageToken(""), "");
  for (const char* token : {"jsmith", "!!!!", "MTo", "MjphYmM"}) {
    EXPECT_EQ(GetErrorReason(ParsePageToken(token).status()), ErrorReason::kPageTokenInvalid)
        << token;
  }
  EXPECT_EQ(*ToPageSize(0), 100u);
  EXPECT_EQ(*ToPageSize(5000), 1000u);
  EXPECT_EQ(GetInvalidField(ToPageSize(-1).status()), "page_size");
}

TEST(DirectoryMessages, ChangesWhatTheMaskNames) {
  auth::v1::UpdateAccountRequest request;
  request.mutable_account()->set_alias("john");
  request.mutable_account()->add_windows_names("CORP\\x");
  EXPECT_EQ(GetInvalidField(ToAccountChange(request).status()), "update_mask");
  request.mutable_update_mask()->add_paths("alias");
  request.mutable_update_mask()->add_paths("addresses");
  const auto change = ToAccountChange(request);
  ASSERT_TRUE(change.ok());
  EXPECT_EQ(change->alias, "john");
  EXPECT_THAT(*change->addresses, IsEmpty());
  EXPECT_FALSE(change->windows_names.has_value());
  for (const char* path : {"placement", "mailbox_id", "name", "*", "etag"}) {
    request.mutable_update_mask()->clear_paths();
    request.mutable_update_mask()->add_paths(path);
    EXPECT_EQ(GetInvalidField(ToAccountChange(request).status()), "update_mask") << path;
  }
}

TEST(DirectoryMessages, KnowsTheFormsOfNtlm) {
  using ntlm::WeakestResponse;
  const std::pair<auth::v1::NtlmResponseForm, std::optional<WeakestResponse>> forms[] = {
      {auth::v1::NTLM_RESPONSE_FORM_UNSPECIFIED, std::nullopt},
      {auth::v1::NTLM_RESPONSE_FORM_NTLMV2, WeakestResponse::kNtlmV2},
      {auth::v1::NTLM_RESPONSE_FORM_NTLM2_SESSION, WeakestResponse::kNtlm2Session},
      {auth::v1::NTLM_RESPONSE_FORM_NTLMV1, WeakestResponse::kNtlmV1},
  };
  auth::v1::UpdateAccountRequest request;
  request.mutable_update_mask()->add_paths("weakest_ntlm_response");
  for (const auto& [form, weakest] : forms) {
    request.mutable_account()->set_weakest_ntlm_response(form);
    const auto change = ToAccountChange(request);
    ASSERT_TRUE(change.ok()) << change.status();
    ASSERT_TRUE(change->weakest_ntlm_response.has_value());
    EXPECT_EQ(*change->weakest_ntlm_response, weakest);
    directory::Account account;
    account.weakest_ntlm_response = weakest;
    EXPECT_EQ(ToProto(account).weakest_ntlm_response(), form);
  }
  request.mutable_account()->set_weakest_ntlm_response(static_cast<auth::v1::NtlmResponseForm>(9));
  EXPECT_EQ(GetInvalidField(ToAccountChange(request).status()), "account.weakest_ntlm_response");
  auth::v1::CreateAccountRequest creation;
  creation.mutable_account()->set_weakest_ntlm_response(static_cast<auth::v1::NtlmResponseForm>(9));
  EXPECT_EQ(GetInvalidField(ToNewAccount(creation, "mailstore-0").status()),
            "account.weakest_ntlm_response");
}

TEST(DirectoryMessages, ReplacesNtlmSettingsAsAWhole) {
  auth::v1::UpdateProtocolPolicyRequest request;
  EXPECT_EQ(GetInvalidField(ToPolicyChange(request).status()), "update_mask");
  request.mutable_update_mask()->add_paths("ntlm");
  const auto defaults = ToPolicyChange(request);
  ASSERT_TRUE(defaults.ok());
  EXPECT_EQ(defaults->ntlm, ntlm::Policy());
  auth::v1::NtlmSettings& settings = *request.mutable_policy()->mutable_ntlm();
  settings.set_weakest_response(auth::v1::NTLM_RESPONSE_FORM_NTLM2_SESSION);
  settings.set_weak_responses_without_tls(true);
  settings.set_allow_lmv2(true);
  settings.set_require_mic(true);
  settings.add_accepted_target_names("pop/mail.example");
  const auto change = ToPolicyChange(request);
  ASSERT_TRUE(change.ok());
  directory::ProtocolPolicy policy;
  policy.ntlm = *change->ntlm;
  EXPECT_EQ(ToProto(policy).ntlm().SerializeAsString(), settings.SerializeAsString());
  EXPECT_THAT(change->mechanisms, IsEmpty());
  settings.set_weakest_response(static_cast<auth::v1::NtlmResponseForm>(9));
  EXPECT_EQ(GetInvalidField(ToPolicyChange(request).status()), "policy.ntlm.weakest_response");
  request.mutable_update_mask()->add_paths("etag");
  EXPECT_FALSE(ToPolicyChange(request).ok());
}

TEST(DirectoryMessages, ReplacesRulesForNamesAsAWhole) {
  auth::v1::UpdateProtocolPolicyRequest request;
  request.mutable_update_mask()->add_paths("names");
  auto change = ToPolicyChange(request);
  ASSERT_TRUE(change.ok() && change->names.has_value());
  EXPECT_FALSE(change->names->has_value());  // left to the configuration
  auth::v1::NameSettings& settings = *request.mutable_policy()->mutable_names();
  change = ToPolicyChange(request);
  EXPECT_EQ(*change->names, directory::NamePolicy());
  settings.set_default_domain("CORP");
  settings.set_empty_domain(auth::v1::EMPTY_DOMAIN_DEFAULT);
  settings.set_foreign_domain(auth::v1::FOREIGN_DOMAIN_IGNORE);
  settings.set_user_case(auth::v1::NAME_CASE_EXACT);
  auth::v1::Realm& realm = *settings.add_realms();
  realm.set_name("old.example");
  realm.set_windows_domain("OLD");
  realm.set_user_case(auth::v1::NAME_CASE_INSENSITIVE);
  settings.add_realms()->set_name("corp.example");
  change = ToPolicyChange(request);
  ASSERT_TRUE(change.ok()) << change.status();
  directory::ProtocolPolicy policy;
  policy.names = *change->names;
  EXPECT_EQ(ToProto(policy).names().SerializeAsString(), settings.SerializeAsString());
  EXPECT_FALSE(ToProto(directory::ProtocolPolicy()).has_names());
  realm.set_user_case(static_cast<auth::v1::NameCase>(3));
  EXPECT_EQ(GetInvalidField(ToPolicyChange(request).status()), "policy.names.realms.user_case");
  realm.clear_user_case();
  settings.set_foreign_domain(static_cast<auth::v1::ForeignDomain>(-1));
  EXPECT_EQ(GetInvalidField(ToPolicyChange(request).status()), "policy.names.foreign_domain");
}

TEST(DirectoryMessages, SaysNothingOfACredentialButThatItIsThere) {
  directory::Account account;
  account.id = "jsmith";
  EXPECT_FALSE(ToProto(account).has_credential());
  account.credential = directory::SealedCredential{"key-id", "sealed-octets"};
  const auth::v1::Account message = ToProto(account);
  EXPECT_TRUE(message.has_credential());
  EXPECT_THAT(message.SerializeAsString(), testing::Not(testing::HasSubstr("sealed-octets")));
}

TEST(DirectoryMessages, ReadsWhatADelegateMay) {
  auth::v1::Delegate delegate;
  delegate.set_account("accounts/anna");
  auto grant = ToDelegateGrant(delegate);
  ASSERT_TRUE(grant.ok()) << grant.status();
  EXPECT_EQ(grant->account_id, "anna");
  EXPECT_FALSE(grant->may_delete);
  EXPECT_EQ(grant->expire_time, absl::InfiniteFuture());
  delegate.set_access(auth::v1::MAILBOX_ACCESS_READ_AND_DELETE);
  delegate.mutable_expire_time()->set_seconds(1'800'000'000);
  grant = ToDelegateGrant(delegate);
  EXPECT_TRUE(grant->may_delete);
  EXPECT_EQ(grant->expire_time, absl::FromUnixSeconds(1'800'000'000));
  delegate.mutable_expire_time()->set_nanos(-1);
  EXPECT_EQ(GetErrorReason(ToDelegateGrant(delegate).status()), ErrorReason::kFieldInvalid);
  delegate.clear_expire_time();
  delegate.set_access(static_cast<auth::v1::MailboxAccess>(9));
  EXPECT_EQ(GetErrorReason(ToDelegateGrant(delegate).status()), ErrorReason::kFieldInvalid);
  delegate.clear_access();
  delegate.set_account("anna");
  EXPECT_EQ(GetErrorReason(ToDelegateGrant(delegate).status()), ErrorReason::kFieldInvalid);
}

TEST(DirectoryMessages, FallsBackToTheDefaultPlacement) {
  auth::v1::CreateAccountRequest request;
  request.set_account_id("jsmith");
  request.mutable_account()->set_mailbox_id("chosen by the caller");
  EXPECT_EQ(ToNewAccount(request, "mailstore-0")->placement, "mailstore-0");
  request.mutable_account()->set_placement("mailstore-7");
  EXPECT_EQ(ToNewAccount(request, "mailstore-0")->placement, "mailstore-7");
}

TEST(ExplainLogon, EscapesWhatTheClientSaid) {
  logon::Attempt attempt;
  attempt.client_name = "a\r\nb\xff";
  attempt.mechanism = "X\n";
  attempt.refusal = authority::Refusal::kUnknownName;
  auth::v1::ExplainLogonResponse response;
  FromAttempt(attempt, &response);
  EXPECT_EQ(response.client_name(), "a\\x0d\\x0ab\\xff");
  EXPECT_EQ(response.mechanism(), "X\\x0a");
  EXPECT_EQ(response.reason(), "UNKNOWN_NAME");
  EXPECT_FALSE(response.accepted());
  EXPECT_FALSE(response.next_step().empty());
  EXPECT_FALSE(response.has_attempt_time());
}

}  // namespace
}  // namespace restante::rpc
