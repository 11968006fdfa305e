#include "auth-service/ntlm/verify.h"

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_split.h"
#include "common/crypto/digest.h"
#include "tests/support/ntlm_client.h"

namespace restante::ntlm {
namespace {

const ServerNames kNames = {"CORP", "MAIL", "corp.example", "mail.corp.example", "corp.example"};
constexpr uint64_t kFiletime = 0x01dbd97d6c91f3e0;

Secret HashOf(absl::string_view password) { return NtHash(Secret::CopyOf(password)); }

Conversation Converse(const NtlmClient& client) {
  Conversation conversation;
  conversation.negotiate = client.Negotiate();
  conversation.challenge = BuildChallenge(*ParseNegotiate(conversation.negotiate), kNames,
                                          absl::HexStringToBytes("0123456789abcdef"), kFiletime);
  conversation.authenticate = client.Authenticate(conversation.negotiate, conversation.challenge);
  return conversation;
}

Verdict VerdictFor(const NtlmClient& client, const ChannelBindingRules& rules = {}) {
  return Verify(Converse(client), HashOf("Password"), rules).verdict;
}

// [MS-NLMP] 4.2.2.1.2 and 4.2.4.1.1.
TEST(NtHash, MsNlmpVectors) {
  Secret nt_hash = HashOf("Password");
  EXPECT_EQ(absl::BytesToHexString(nt_hash.view()), "a4f49c406510bdcab6824ee7c30fd852");
  EXPECT_EQ(absl::BytesToHexString(NtlmV2Key(nt_hash, "User", "Domain").view()),
            "0c868a403bfd7a93a3001ef22ef02e3f");
}

TEST(ChannelBindingHash, KnownValue) {
  EXPECT_EQ(absl::BytesToHexString(ChannelBindingHash(Sha256("certificate"))),
            "a8398e96473163fef6cae76013e8ab5a");
}

TEST(Verify, RightPasswordOnly) {
  NtlmClient client;
  EXPECT_EQ(VerdictFor(client), Verdict::kAccepted);
  client.password = "password";
  EXPECT_EQ(VerdictFor(client), Verdict::kWrongPassword);
  client.password = "";
  EXPECT_EQ(VerdictFor(client), Verdict::kWrongPassword);
}

TEST(Verify, OemAndUnicodeSessions) {
  for (bool unicode : {true, false}) {
    NtlmClient client;
    client.unicode = unicode;
    EXPECT_EQ(VerdictFor(client), Verdict::kAccepted) << unicode;
  }
}

TEST(Verify, DomainOfTheProofMayBeAnyCandidate) {
  for (const char* domain : {"Domain", "DOMAIN", "CORP", ""}) {
    NtlmClient client;
    client.proof_domain = domain;
    Verification result = Verify(Converse(client), HashOf("Password"), {});
    EXPECT_EQ(result.verdict, Verdict::kAccepted) << domain;
    EXPECT_EQ(result.verified_domain, domain);
  }
  NtlmClient foreign;
  foreign.proof_domain = "ELSEWHERE";
  EXPECT_EQ(VerdictFor(foreign), Verdict::kWrongPassword);
}

// The target name goes out in upper case whatever the configuration's, and some clients send no
// domain but make the proof with that name.
TEST(Verify, DomainOfTheProofMayBeTheTargetNameAsShown) {
  ServerNames names = kNames;
  names.netbios_domain = "Corp";
  NtlmClient client;
  client.domain = "";
  client.proof_domain = "CORP";
  Conversation conversation;
  conversation.negotiate = client.Negotiate();
  conversation.challenge =
      BuildChallenge(*ParseNegotiate(conversation.negotiate), names, "12345678", kFiletime);
  conversation.authenticate = client.Authenticate(conversation.negotiate, conversation.challenge);
  EXPECT_EQ(VerdictName(Verify(conversation, HashOf("Password"), {}).verdict), "ACCEPTED");
}

TEST(Verify, MicIsEnforcedWhenPromised) {
  for (bool exchange_key : {false, true}) {
    NtlmClient client;
    client.send_mic = true;
    client.exchange_key = exchange_key;
    EXPECT_EQ(VerdictFor(client), Verdict::kAccepted) << exchange_key;
    client.spoil_mic = true;
    EXPECT_EQ(VerdictFor(client), Verdict::kMicWrong) << exchange_key;
  }
}

TEST(Verify, MicCoversTheNegotiateAndTheHeader) {
  NtlmClient client;
  client.send_mic = true;
  Conversation conversation = Converse(client);
  conversation.negotiate[12] = static_cast<char>(conversation.negotiate[12] ^ 0x10);
  EXPECT_EQ(Verify(conversation, HashOf("Password"), {}).verdict, Verdict::kMicWrong);
}

TEST(Verify, AnotherChallengeIsRefused) {
  Conversation conversation = Converse(NtlmClient());
  conversation.challenge[24] = static_cast<char>(conversation.challenge[24] ^ 1);
  EXPECT_EQ(Verify(conversation, HashOf("Password"), {}).verdict, Verdict::kWrongPassword);
}

TEST(Verify, ChangedTimestampIsRefused) {
  NtlmClient client;
  client.echo_timestamp = false;
  EXPECT_EQ(VerdictFor(client), Verdict::kTimestampChanged);
}

TEST(Verify, ChannelBindingsByPolicy) {
  const std::string right = ChannelBindingHash("the certificate's hash");
  const std::string wrong = ChannelBindingHash("another's");
  const std::string zeros(16, '\0');
  struct Row {
    ChannelBindingPolicy policy;
    bool tls;
    std::string sent;
    Verdict verdict;
  };
  using enum ChannelBindingPolicy;
  const std::vector<Row> rows = {
      {kNone, true, wrong, Verdict::kAccepted},
      {kAllow, true, "", Verdict::kAccepted},
      {kAllow, true, zeros, Verdict::kAccepted},
      {kAllow, true, right, Verdict::kAccepted},
      {kAllow, true, wrong, Verdict::kChannelBindingWrong},
      {kAllow, false, wrong, Verdict::kAccepted},
      {kRequire, true, right, Verdict::kAccepted},
      {kRequire, true, wrong, Verdict::kChannelBindingWrong},
      {kRequire, true, "", Verdict::kChannelBindingMissing},
      {kRequire, true, zeros, Verdict::kChannelBindingMissing},
      {kRequire, false, right, Verdict::kChannelBindingMissing},
  };
  for (const Row& row : rows) {
    NtlmClient client;
    client.channel_bindings = row.sent;
    EXPECT_EQ(VerdictFor(client, {row.policy, row.tls, {right}}), row.verdict)
        << &row - rows.data();
  }
}

// A front end that could not read its certificate's hash.
TEST(Verify, ChannelBindingsThatNothingIsKnownOf) {
  NtlmClient client;
  client.channel_bindings = ChannelBindingHash("the certificate's hash");
  EXPECT_EQ(VerdictFor(client, {ChannelBindingPolicy::kAllow, true, {}}), Verdict::kAccepted);
  EXPECT_EQ(VerdictFor(client, {ChannelBindingPolicy::kRequire, true, {}}),
            Verdict::kChannelBindingWrong);
}

TEST(Verify, OlderFormsAreNamedAndRefused) {
  const std::pair<NtlmClient::Form, Verdict> rows[] = {
      {NtlmClient::Form::kNtlm2Session, Verdict::kNtlm2SessionNotAllowed},
      {NtlmClient::Form::kNtlmV1, Verdict::kNtlmV1NotAllowed},
      {NtlmClient::Form::kLmOnly, Verdict::kLmNotAllowed},
      {NtlmClient::Form::kAnonymous, Verdict::kAnonymous},
  };
  for (const auto& [form, verdict] : rows) {
    NtlmClient client;
    client.form = form;
    EXPECT_EQ(VerdictFor(client), verdict) << VerdictName(verdict);
  }
  NtlmClient nameless;
  nameless.user = "";
  EXPECT_EQ(VerdictFor(nameless), Verdict::kAnonymous);
}

TEST(Verify, KnownClientFaultIsNamedAndRefused) {
  NtlmClient client;
  client.password = "[object Promise]";
  Verification result = Verify(Converse(client), HashOf("Password"), {});
  EXPECT_EQ(result.verdict, Verdict::kWrongPassword);
  EXPECT_TRUE(result.made_without_password);
  // Whoever chose that very text as a password can use it.
  result = Verify(Converse(client), HashOf("[object Promise]"), {});
  EXPECT_EQ(result.verdict, Verdict::kAccepted);
  EXPECT_FALSE(result.made_without_password);
}

TEST(Verify, NoOctetOfTheProofMayChange) {
  Conversation whole = Converse(NtlmClient());
  absl::StatusOr<AuthenticateMessage> message = ParseAuthenticate(whole.authenticate, kUnicode);
  ASSERT_TRUE(message.ok());
  size_t start = whole.authenticate.find(message->nt_response);
  for (size_t i = 0; i < message->nt_response.size(); ++i) {
    Conversation touched = whole;
    char& octet = touched.authenticate[start + i];
    octet = static_cast<char>(octet ^ 1);
    EXPECT_NE(Verify(touched, HashOf("Password"), {}).verdict, Verdict::kAccepted) << i;
  }
}

TEST(Verify, NoCutMessageIsAccepted) {
  Conversation whole = Converse(NtlmClient());
  for (size_t cut = 0; cut < whole.authenticate.size(); ++cut) {
    Conversation conversation = whole;
    conversation.authenticate.resize(cut);
    EXPECT_NE(Verify(conversation, HashOf("Password"), {}).verdict, Verdict::kAccepted) << cut;
  }
}

// Blocks of "key value" lines, parted by empty ones.
std::vector<std::map<std::string, std::string>> RecordedConversations() {
  std::ifstream file("auth-service/ntlm/testdata/conversations.txt");
  std::vector<std::map<std::string, std::string>> blocks;
  std::string line;
  while (std::getline(file, line)) {
    if (line.empty() || line[0] == '#') continue;
    std::pair<std::string, std::string> entry = absl::StrSplit(line, absl::MaxSplits(' ', 1));
    if (entry.first == "client") blocks.emplace_back();
    if (!blocks.empty()) blocks.back().insert(entry);
  }
  return blocks;
}

Verdict ExpectedVerdict(const std::map<std::string, std::string>& block) {
  const std::string& result = block.at("result");
  if (result.rfind("NTLMv2", 0) == 0) return Verdict::kAccepted;
  if (result.rfind("NTLM2-session", 0) == 0) return Verdict::kNtlm2SessionNotAllowed;
  return Verdict::kNtlmV1NotAllowed;
}

TEST(RecordedConversations, AreJudgedAsTheirClientsMadeThem) {
  ChannelBindingRules rules;
  rules.tls = true;
  rules.accepted = {absl::HexStringToBytes("93aaf52af9173dd0f5e6a3d4ba5c3b5e")};
  int accepted = 0;
  for (const auto& block : RecordedConversations()) {
    Conversation conversation = {absl::HexStringToBytes(block.at("type1")),
                                 absl::HexStringToBytes(block.at("type2")),
                                 absl::HexStringToBytes(block.at("type3"))};
    Verification result = Verify(conversation, HashOf("Pa55 w0rd!"), rules);
    EXPECT_EQ(VerdictName(result.verdict), VerdictName(ExpectedVerdict(block)))
        << block.at("client");
    if (result.verdict != Verdict::kAccepted) continue;
    ++accepted;
    EXPECT_EQ(Verify(conversation, HashOf("Pa55 w0rd"), rules).verdict, Verdict::kWrongPassword);
  }
  EXPECT_EQ(accepted, 8);
}

}  // namespace
}  // namespace restante::ntlm
