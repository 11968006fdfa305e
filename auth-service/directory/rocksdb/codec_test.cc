#include "auth-service/directory/rocksdb/codec.h"

#include <memory>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace restante::directory {
namespace {

Account FullAccount() {
  Account account;
  account.id = "jsmith";
  account.windows_names = {"CORP\\jsmith", "LAB\\js"};
  account.principal_names = {"js@corp.example"};
  account.alias = "john.smith";
  account.addresses = {"a@corp.example", "b@corp.example"};
  account.mailbox_id = std::string(32, 'a');
  account.placement = "mailstore-0";
  account.certificate_names = {"email:a@corp.example", "uri:x"};
  account.token_subjects = {"17"};
  account.disabled = true;
  account.disabled_mechanisms = {"NTLM"};
  account.weakest_ntlm_response = ntlm::WeakestResponse::kNtlm2Session;
  account.delegates = {{"anna", std::string(32, 'b'), true, absl::FromUnixMicros(7)},
                       {"ben", std::string(32, 'c'), false, absl::InfiniteFuture()}};
  account.credential = SealedCredential{"k1", std::string("\0\xff", 2)};
  account.revision = 0x0102030405060708;
  account.create_time = absl::FromUnixMicros(1'700'000'000'000'001);
  account.update_time = absl::FromUnixMicros(-1);
  return account;
}

// As version 1 had them.
Account WithoutExtensions() {
  Account account = FullAccount();
  account.weakest_ntlm_response = std::nullopt;
  account.certificate_names.clear();
  account.token_subjects.clear();
  account.delegates.clear();
  return account;
}

TEST(Codec, GivesBackAnAccount) {
  const Account account = FullAccount();
  const auto decoded = DecodeAccount(EncodeAccount(account));
  ASSERT_TRUE(decoded.has_value());
  EXPECT_EQ(decoded->id, account.id);
  EXPECT_EQ(decoded->windows_names, account.windows_names);
  EXPECT_EQ(decoded->principal_names, account.principal_names);
  EXPECT_EQ(decoded->alias, account.alias);
  EXPECT_EQ(decoded->addresses, account.addresses);
  EXPECT_EQ(decoded->mailbox_id, account.mailbox_id);
  EXPECT_EQ(decoded->certificate_names, account.certificate_names);
  EXPECT_EQ(decoded->token_subjects, account.token_subjects);
  EXPECT_EQ(decoded->placement, account.placement);
  EXPECT_EQ(decoded->disabled, account.disabled);
  EXPECT_EQ(decoded->disabled_mechanisms, account.disabled_mechanisms);
  EXPECT_EQ(decoded->weakest_ntlm_response, account.weakest_ntlm_response);
  EXPECT_EQ(decoded->delegates, account.delegates);
  EXPECT_EQ(decoded->credential->key_id, "k1");
  EXPECT_EQ(decoded->credential->sealed, account.credential->sealed);
  EXPECT_EQ(decoded->revision, account.revision);
  EXPECT_EQ(decoded->create_time, account.create_time);
  EXPECT_EQ(decoded->update_time, account.update_time);
}

TEST(Codec, RefusesEveryTruncationAndAnyRest) {
  RememberedRequest request;
  request.request_id = std::string(32, 'b');
  request.fingerprint = std::string(32, '\0');
  request.time = absl::FromUnixMicros(5);
  request.account = std::make_shared<const Account>(FullAccount());
  const std::string record = EncodeRequest(request);
  ASSERT_TRUE(DecodeRequest(record).has_value());
  for (size_t length = 0; length < record.size(); ++length) {
    EXPECT_FALSE(DecodeRequest(record.substr(0, length)).has_value()) << length;
  }
  EXPECT_FALSE(DecodeRequest(record + "x").has_value());
  const std::string account = EncodeAccount(FullAccount());
  for (size_t length = 0; length < account.size(); ++length) {
    EXPECT_FALSE(DecodeAccount(account.substr(0, length)).has_value()) << length;
  }
}

TEST(Codec, RefusesOtherVersionsAndAbsurdCounts) {
  std::string record = EncodePolicy({.protocol = "pop3",
                                     .mechanisms = {{"NTLM", true, false, true}},
                                     .revision = 7,
                                     .update_time = {}});
  const auto decoded = DecodePolicy(record);
  ASSERT_TRUE(decoded.has_value());
  EXPECT_EQ(decoded->mechanisms, (std::vector<MechanismSetting>{{"NTLM", true, false, true}}));
  std::string absurd = record;
  absurd.replace(9, 4, "\xff\xff\xff\xff");
  EXPECT_FALSE(DecodePolicy(absurd).has_value());
  for (const char version : {'\0', '\3'}) {
    record[0] = version;
    EXPECT_FALSE(DecodePolicy(record).has_value());
  }
}

TEST(Codec, ReadsRecordsFromBeforeExtensions) {
  const auto at_version_1 = [](std::string record) {
    record[0] = 1;
    return record.substr(0, record.size() - 4);  // without the list of extensions
  };
  EXPECT_EQ(DecodeAccount(at_version_1(EncodeAccount(WithoutExtensions())))->alias, "john.smith");
  const ProtocolPolicy policy{
      .protocol = "pop3", .mechanisms = {}, .revision = 7, .update_time = {}};
  EXPECT_EQ(DecodePolicy(at_version_1(EncodePolicy(policy)))->revision, 7u);
}

TEST(Codec, GivesBackAPolicysNtlm) {
  ProtocolPolicy policy{.protocol = "pop3", .mechanisms = {}, .revision = 7, .update_time = {}};
  const size_t bare = EncodePolicy(policy).size();
  policy.ntlm.weakest_response = ntlm::WeakestResponse::kNtlmV1;
  policy.ntlm.weak_responses_without_tls = true;
  policy.ntlm.require_mic = true;
  policy.ntlm.accepted_target_names = {"pop/a", "pop/b"};
  const std::string record = EncodePolicy(policy);
  ASSERT_TRUE(DecodePolicy(record).has_value());
  EXPECT_EQ(DecodePolicy(record)->ntlm, policy.ntlm);
  for (size_t length = bare; length < record.size(); ++length) {
    EXPECT_FALSE(DecodePolicy(record.substr(0, length)).has_value()) << length;
  }
  for (const char weakest : {'\0', '\4'}) {
    std::string unknown = record;
    unknown[bare + 5] = weakest;  // behind the extension's tag and length
    EXPECT_FALSE(DecodePolicy(unknown).has_value());
  }
}

TEST(Codec, GivesBackAPolicysNames) {
  ProtocolPolicy policy{.protocol = "pop3", .mechanisms = {}, .revision = 7, .update_time = {}};
  const size_t bare = EncodePolicy(policy).size();
  policy.names = NamePolicy{.default_domain = "CORP",
                            .empty_domain = EmptyDomain::kDefault,
                            .foreign_domain = ForeignDomain::kIgnore,
                            .user_case = NameCase::kExact,
                            .realms = {{"a.example", "A", NameCase::kExact}, {"b", "", {}}}};
  const std::string record = EncodePolicy(policy);
  ASSERT_TRUE(DecodePolicy(record).has_value());
  EXPECT_EQ(DecodePolicy(record)->names, policy.names);
  for (size_t length = bare; length < record.size(); ++length) {
    EXPECT_FALSE(DecodePolicy(record.substr(0, length)).has_value()) << length;
  }
  // Behind the extension's tag and length and the default domain.
  for (size_t at = bare + 5 + 8; at < bare + 5 + 8 + 3; ++at) {
    for (const char value : {'\0', '\x4'}) {
      std::string unknown = record;
      unknown[at] = value;
      EXPECT_FALSE(DecodePolicy(unknown).has_value()) << at;
    }
  }
}

TEST(Codec, RefusesExtensionsThatItDoesNotKnow) {
  const std::string record = EncodeAccount(WithoutExtensions());
  const std::string without = record.substr(0, record.size() - 4);
  const std::string unknown("\0\0\0\1\xff\0\0\0\0", 9);
  EXPECT_FALSE(DecodeAccount(without + unknown).has_value());
}

}  // namespace
}  // namespace restante::directory
