// LogonService, and who may call what.

#include "auth-service/rpc/testing/services_fixture.h"

namespace restante::rpc {
namespace {

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

TEST_F(ServicesTest, LogsNoSecret) {
  CreateSmith();
  for (const std::string& line : log_lines_) {
    EXPECT_THAT(line, testing::Not(testing::HasSubstr("Password\"")));
  }
}

}  // namespace
}  // namespace restante::rpc
