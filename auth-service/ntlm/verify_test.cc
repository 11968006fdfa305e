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
#include "tests/support/ntlm_verdict.h"

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

Verdict VerdictFor(const NtlmClient& client, const Rules& rules = {}) {
  return VerdictOf(Converse(client), HashOf("Password"), rules);
}

// The weakest that can be allowed.
Rules Lenient(bool tls = true) {
  Rules rules;
  rules.tls = tls;
  rules.policy.weakest_response = WeakestResponse::kNtlmV1;
  rules.policy.weak_responses_without_tls = true;
  rules.policy.allow_lmv2 = true;
  return rules;
}

// [MS-NLMP] 4.2.2.1.2 and 4.2.4.1.1.
TEST(NtHash, MsNlmpVectors) {
  Secret nt_hash = HashOf("Password");
  EXPECT_EQ(absl::BytesToHexString(nt_hash.view()), "a4f49c406510bdcab6824ee7c30fd852");
  EXPECT_EQ(absl::BytesToHexString(
                NtlmV2Key(nt_hash, NtlmV2Identities("User", "Domain", true)[0]).view()),
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
    const Match match = Exchange(Converse(client)).MatchWith(HashOf("Password"));
    EXPECT_TRUE(match.right) << domain;
    EXPECT_EQ(match.domain, domain);
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
  EXPECT_EQ(VerdictName(VerdictOf(conversation, HashOf("Password"))), "ACCEPTED");
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
  EXPECT_EQ(VerdictOf(conversation, HashOf("Password")), Verdict::kMicWrong);
}

TEST(Verify, AnotherChallengeIsRefused) {
  Conversation conversation = Converse(NtlmClient());
  conversation.challenge[24] = static_cast<char>(conversation.challenge[24] ^ 1);
  EXPECT_EQ(VerdictOf(conversation, HashOf("Password")), Verdict::kWrongPassword);
}

TEST(Verify, ChangedTimestampIsRefused) {
  NtlmClient client;
  client.echo_timestamp = false;
  EXPECT_EQ(VerdictFor(client), Verdict::kTimestampChanged);
}

// The other domain's name is no candidate when one is asked for.
TEST(Verify, DomainOfTheProofCanBeAskedFor) {
  NtlmClient client;
  client.proof_domain = "CORP";
  const Exchange exchange(Converse(client));
  EXPECT_TRUE(exchange.MatchWith(HashOf("Password"), "corp").right);
  EXPECT_FALSE(exchange.MatchWith(HashOf("Password"), "Domain").right);
  EXPECT_FALSE(exchange.MatchWith(HashOf("Password"), "").right);
  EXPECT_FALSE(exchange.MatchWith(HashOf("Password"), "ELSEWHERE").right);
}

// The older forms cover no name: the one that was sent is the one that counts.
TEST(Verify, OlderFormsStandForTheDomainThatWasSent) {
  for (const auto form : {NtlmClient::Form::kNtlmV1, NtlmClient::Form::kNtlm2Session}) {
    NtlmClient client;
    client.form = form;
    const Exchange exchange(Converse(client));
    EXPECT_TRUE(exchange.MatchWith(HashOf("Password")).right);
    EXPECT_EQ(exchange.MatchWith(HashOf("Password")).domain, "Domain");
    EXPECT_TRUE(exchange.MatchWith(HashOf("Password"), "DOMAIN").right);
    EXPECT_FALSE(exchange.MatchWith(HashOf("Password"), "CORP").right);
    EXPECT_FALSE(exchange.MatchWith(HashOf("Password"), "").right);
  }
}

TEST(Verify, ChannelBindingsByPolicy) {
  const std::string own = ChannelBindingHash("the certificate's hash");
  const std::string balancer = ChannelBindingHash("a load balancer's");
  const std::string wrong = ChannelBindingHash("another's");
  const std::string zeros(16, '\0');
  using enum ChannelBindingPolicy;
  enum class Tls { kOurs, kOursUnknown, kBalancers, kBoth, kNone };
  struct Row {
    ChannelBindingPolicy policy;
    Tls tls;
    std::string sent;
    Verdict verdict;
  };
  const std::vector<Row> rows = {
      {kNone, Tls::kOurs, wrong, Verdict::kAccepted},
      {kAllow, Tls::kOurs, "", Verdict::kAccepted},
      {kAllow, Tls::kOurs, zeros, Verdict::kAccepted},
      {kAllow, Tls::kOurs, own, Verdict::kAccepted},
      {kAllow, Tls::kOurs, wrong, Verdict::kChannelBindingWrong},
      {kAllow, Tls::kOurs, balancer, Verdict::kChannelBindingWrong},
      {kAllow, Tls::kNone, wrong, Verdict::kAccepted},
      {kAllow, Tls::kOursUnknown, wrong, Verdict::kAccepted},
      {kAllow, Tls::kBalancers, balancer, Verdict::kAccepted},
      {kAllow, Tls::kBalancers, "", Verdict::kAccepted},
      {kAllow, Tls::kBalancers, wrong, Verdict::kChannelBindingWrong},
      {kAllow, Tls::kBoth, own, Verdict::kAccepted},
      {kAllow, Tls::kBoth, balancer, Verdict::kAccepted},
      {kRequire, Tls::kOurs, own, Verdict::kAccepted},
      {kRequire, Tls::kOurs, wrong, Verdict::kChannelBindingWrong},
      {kRequire, Tls::kOurs, "", Verdict::kChannelBindingMissing},
      {kRequire, Tls::kOurs, zeros, Verdict::kChannelBindingMissing},
      {kRequire, Tls::kOursUnknown, own, Verdict::kChannelBindingWrong},
      {kRequire, Tls::kNone, own, Verdict::kChannelBindingMissing},
      {kRequire, Tls::kBalancers, balancer, Verdict::kAccepted},
      {kRequire, Tls::kBalancers, wrong, Verdict::kChannelBindingWrong},
      {kRequire, Tls::kBalancers, zeros, Verdict::kChannelBindingMissing},
  };
  for (const Row& row : rows) {
    NtlmClient client;
    client.channel_bindings = row.sent;
    Rules rules;
    rules.channel_bindings.policy = row.policy;
    rules.tls = row.tls == Tls::kOurs || row.tls == Tls::kOursUnknown || row.tls == Tls::kBoth;
    if (row.tls == Tls::kOurs || row.tls == Tls::kBoth) rules.channel_bindings.own = own;
    if (row.tls == Tls::kBalancers || row.tls == Tls::kBoth) {
      rules.channel_bindings.load_balancers = {"another", balancer};
    }
    EXPECT_EQ(VerdictName(VerdictFor(client, rules)), VerdictName(row.verdict))
        << &row - rows.data();
  }
}

// Every form of response under every policy, with and without TLS, with the right password and a
// wrong one.
TEST(Verify, FormsByPolicy) {
  using Form = NtlmClient::Form;
  struct Row {
    Form form;
    WeakestResponse weakest;  // that lets it in
    Verdict otherwise;
  };
  const Row rows[] = {
      {Form::kNtlmV2, WeakestResponse::kNtlmV2, Verdict::kAccepted},
      {Form::kNtlm2Session, WeakestResponse::kNtlm2Session, Verdict::kNtlm2SessionNotAllowed},
      {Form::kNtlmV1, WeakestResponse::kNtlmV1, Verdict::kNtlmV1NotAllowed},
  };
  for (const Row& row : rows) {
    for (const auto weakest :
         {WeakestResponse::kNtlmV2, WeakestResponse::kNtlm2Session, WeakestResponse::kNtlmV1}) {
      for (const bool tls : {true, false}) {
        for (const bool without_tls : {true, false}) {
          for (const bool unicode : {true, false}) {
            Rules rules;
            rules.tls = tls;
            rules.policy.weakest_response = weakest;
            rules.policy.weak_responses_without_tls = without_tls;
            NtlmClient client;
            client.form = row.form;
            client.unicode = unicode;
            const bool allowed = weakest >= row.weakest;
            const bool safe = row.form == Form::kNtlmV2 || tls || without_tls;
            Verdict expected = row.otherwise;
            if (allowed) expected = safe ? Verdict::kAccepted : Verdict::kWeakResponseWithoutTls;
            EXPECT_EQ(VerdictName(VerdictFor(client, rules)), VerdictName(expected))
                << static_cast<int>(row.form) << static_cast<int>(weakest) << tls << without_tls;
            client.password = "wrong";
            if (expected == Verdict::kAccepted) expected = Verdict::kWrongPassword;
            EXPECT_EQ(VerdictName(VerdictFor(client, rules)), VerdictName(expected));
          }
        }
      }
    }
  }
}

TEST(Verify, LmV2OnlyWhereItIsAllowedAndLmNowhere) {
  NtlmClient client;
  client.form = NtlmClient::Form::kLmV2;
  EXPECT_EQ(VerdictName(VerdictFor(client, Lenient())), "ACCEPTED");
  Rules without_tls = Lenient(false);
  EXPECT_EQ(VerdictName(VerdictFor(client, without_tls)), "ACCEPTED");
  without_tls.policy.weak_responses_without_tls = false;
  EXPECT_EQ(VerdictName(VerdictFor(client, without_tls)), "WEAK_RESPONSE_WITHOUT_TLS");
  Rules strict = Lenient();
  strict.policy.allow_lmv2 = false;
  EXPECT_EQ(VerdictName(VerdictFor(client, strict)), "LM_NOT_ALLOWED");
  client.password = "wrong";
  EXPECT_EQ(VerdictName(VerdictFor(client, Lenient())), "WRONG_PASSWORD");
  client.form = NtlmClient::Form::kLmOnly;
  EXPECT_EQ(VerdictName(VerdictFor(client, Lenient())), "WRONG_PASSWORD");
  EXPECT_EQ(VerdictName(VerdictFor(client)), "LM_NOT_ALLOWED");
  client.form = NtlmClient::Form::kAnonymous;
  EXPECT_EQ(VerdictName(VerdictFor(client, Lenient())), "ANONYMOUS");
  NtlmClient nameless;
  nameless.user = "";
  EXPECT_EQ(VerdictName(VerdictFor(nameless, Lenient())), "ANONYMOUS");
}

// Beside an NT response the LM field says nothing, however right it is.
TEST(Verify, LmBesideNtIsNotLookedAt) {
  NtlmClient client;
  client.send_lmv2 = true;
  EXPECT_EQ(VerdictName(VerdictFor(client, Lenient())), "ACCEPTED");
  Conversation conversation = Converse(client);
  const auto message = ParseAuthenticate(conversation.authenticate, kUnicode);
  const size_t proof = conversation.authenticate.find(message->nt_response);
  conversation.authenticate[proof] = static_cast<char>(conversation.authenticate[proof] ^ 1);
  EXPECT_EQ(VerdictName(VerdictOf(conversation, HashOf("Password"), Lenient())), "WRONG_PASSWORD");
}

TEST(Verify, PlainNtlmV1AfterSessionSecurityIsADowngrade) {
  NtlmClient client;
  client.form = NtlmClient::Form::kNtlmV1;
  client.session_security = true;
  EXPECT_EQ(VerdictName(VerdictFor(client, Lenient())), "NTLMV1_DOWNGRADED");
  client.session_security = false;
  EXPECT_EQ(VerdictName(VerdictFor(client, Lenient())), "ACCEPTED");
  // Who never agreed to it cannot use it.
  client.form = NtlmClient::Form::kNtlm2Session;
  EXPECT_EQ(VerdictName(VerdictFor(client, Lenient())), "WRONG_PASSWORD");
}

TEST(Verify, MicCanBeRequired) {
  Rules rules = Lenient();
  rules.policy.require_mic = true;
  for (const auto form : {NtlmClient::Form::kNtlmV2, NtlmClient::Form::kNtlm2Session,
                          NtlmClient::Form::kNtlmV1, NtlmClient::Form::kLmV2}) {
    NtlmClient client;
    client.form = form;
    EXPECT_EQ(VerdictName(VerdictFor(client, rules)), "MIC_MISSING");
  }
  NtlmClient client;
  client.send_mic = true;
  EXPECT_EQ(VerdictName(VerdictFor(client, rules)), "ACCEPTED");
}

TEST(Verify, OlderFormsHaveNoChannelBindings) {
  Rules rules = Lenient();
  rules.channel_bindings.policy = ChannelBindingPolicy::kRequire;
  rules.channel_bindings.own = ChannelBindingHash("the certificate's hash");
  for (const auto form :
       {NtlmClient::Form::kNtlm2Session, NtlmClient::Form::kNtlmV1, NtlmClient::Form::kLmV2}) {
    NtlmClient client;
    client.form = form;
    EXPECT_EQ(VerdictName(VerdictFor(client, rules)), "CHANNEL_BINDING_MISSING");
  }
}

TEST(Verify, TargetNamesCanBeAskedFor) {
  Rules rules = Lenient();
  rules.policy.accepted_target_names = {"pop3/mail.example", "POP/Mail.Example"};
  NtlmClient client;
  client.target_name = "pop/mail.example";
  EXPECT_EQ(VerdictName(VerdictFor(client, rules)), "ACCEPTED");
  for (const char* other : {"", "cifs/mail.example", "pop/mail.example.org"}) {
    client.target_name = other;
    EXPECT_EQ(VerdictName(VerdictFor(client, rules)), "TARGET_NAME_NOT_ACCEPTED") << other;
    EXPECT_EQ(VerdictName(VerdictFor(client, Lenient())), "ACCEPTED") << other;
  }
  client.form = NtlmClient::Form::kNtlmV1;
  EXPECT_EQ(VerdictName(VerdictFor(client, rules)), "TARGET_NAME_NOT_ACCEPTED");
}

TEST(Verify, TargetInfoNeedNotBeEchoed) {
  NtlmClient client;
  client.echo_target_info = false;
  EXPECT_EQ(VerdictName(VerdictFor(client)), "ACCEPTED");
  client.send_mic = true;
  EXPECT_EQ(VerdictName(VerdictFor(client)), "ACCEPTED");
}

// Whatever its clock says: the challenge is what makes a proof fresh.
TEST(Verify, ClientsClockDoesNotMatter) {
  for (const uint64_t filetime : {uint64_t{0}, kFiletime, ~uint64_t{0}}) {
    NtlmClient client;
    client.filetime = filetime;
    EXPECT_EQ(VerdictName(VerdictFor(client)), "ACCEPTED");
  }
}

TEST(Verify, AnOldChallengesAnswerIsRefusedInEveryForm) {
  for (const auto form : {NtlmClient::Form::kNtlmV2, NtlmClient::Form::kNtlm2Session,
                          NtlmClient::Form::kNtlmV1, NtlmClient::Form::kLmV2}) {
    NtlmClient client;
    client.form = form;
    Conversation conversation = Converse(client);
    EXPECT_EQ(VerdictName(VerdictOf(conversation, HashOf("Password"), Lenient())), "ACCEPTED");
    conversation.challenge =
        BuildChallenge(*ParseNegotiate(conversation.negotiate), kNames, "fresh 08", kFiletime);
    EXPECT_EQ(VerdictName(VerdictOf(conversation, HashOf("Password"), Lenient())),
              "WRONG_PASSWORD");
  }
}

TEST(Verify, NoCutResponseIsAcceptedInAnyForm) {
  for (const auto form :
       {NtlmClient::Form::kNtlmV2, NtlmClient::Form::kNtlm2Session, NtlmClient::Form::kNtlmV1}) {
    NtlmClient client;
    client.form = form;
    const size_t octets = form == NtlmClient::Form::kNtlmV2 ? 60 : 24;
    for (client.cut_nt_response = 1; client.cut_nt_response <= octets; ++client.cut_nt_response) {
      EXPECT_NE(VerdictFor(client, Lenient()), Verdict::kAccepted) << client.cut_nt_response;
    }
  }
}

TEST(Verify, PayloadMayBeginAnywhere) {
  for (const auto form :
       {NtlmClient::Form::kNtlmV2, NtlmClient::Form::kNtlm2Session, NtlmClient::Form::kNtlmV1}) {
    for (const size_t offset : {52, 60, 64, 72, 88}) {
      NtlmClient client;
      client.form = form;
      client.payload_offset = offset;
      EXPECT_EQ(VerdictName(VerdictFor(client, Lenient())), "ACCEPTED") << offset;
    }
  }
}

// A client that takes the first characters for a status, as Java Mail does.
TEST(Verify, AChallengeReadLateIsNamedAndRefused) {
  for (const auto form : {NtlmClient::Form::kNtlmV2, NtlmClient::Form::kNtlm2Session,
                          NtlmClient::Form::kNtlmV1, NtlmClient::Form::kLmV2}) {
    NtlmClient client;
    client.form = form;
    client.read_challenge_late = true;
    const Exchange exchange(Converse(client));
    Match match = exchange.MatchWith(HashOf("Password"));
    EXPECT_TRUE(match.challenge_read_late);
    EXPECT_EQ(VerdictName(exchange.Judge(match, Lenient())), "WRONG_PASSWORD");
    EXPECT_FALSE(exchange.MatchWith(HashOf("wrong")).challenge_read_late);
    client.read_challenge_late = false;
    match = Exchange(Converse(client)).MatchWith(HashOf("Password"));
    EXPECT_FALSE(match.challenge_read_late);
  }
}

TEST(Verify, ATextInThePasswordsPlaceIsNamedAndRefused) {
  NtlmClient client;
  client.password = "[object Promise]";
  const Exchange exchange(Converse(client));
  EXPECT_TRUE(exchange.MadeWithoutPassword());
  EXPECT_FALSE(exchange.MatchWith(HashOf("Password")).right);
  // Whoever chose that very text as a password can use it.
  EXPECT_TRUE(exchange.MatchWith(HashOf("[object Promise]")).right);
  EXPECT_FALSE(Exchange(Converse(NtlmClient())).MadeWithoutPassword());
}

// Clients without a charset hash the octets of UTF-8, widened, in every form.
TEST(Verify, NamesAndPasswordsBeyondAscii) {
  constexpr char kPassword[] = "P\xc3\xa4ssw\xc3\xb6rd \xe2\x82\xac";
  constexpr char kWidened[] = "P\xc3\x83\xc2\xa4ssw\xc3\x83\xc2\xb6rd \xc3\xa2\xc2\x82\xc2\xac";
  for (const auto form : {NtlmClient::Form::kNtlmV2, NtlmClient::Form::kNtlm2Session,
                          NtlmClient::Form::kNtlmV1, NtlmClient::Form::kLmV2}) {
    // u umlaut, mu (whose upper case is Greek), a grave (whose octets look like letters), and han.
    for (const char* user : {"j\xc3\xbcrgen", "\xc2\xb5", "\xc3\xa0", "\xe6\xbc\xa2"}) {
      for (const bool unicode : {true, false}) {
        for (const bool widen : {true, false}) {
          NtlmClient client;
          client.form = form;
          client.user = user;
          client.domain = "";
          client.password = kPassword;
          client.unicode = unicode;
          client.widen_utf8 = widen;
          EXPECT_EQ(VerdictName(VerdictOf(Converse(client), HashOf(widen ? kWidened : kPassword),
                                          Lenient())),
                    "ACCEPTED")
              << static_cast<int>(form) << " " << user << unicode << widen;
        }
      }
    }
  }
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
    EXPECT_NE(VerdictOf(touched, HashOf("Password")), Verdict::kAccepted) << i;
  }
}

TEST(Verify, NoCutMessageIsAccepted) {
  Conversation whole = Converse(NtlmClient());
  for (size_t cut = 0; cut < whole.authenticate.size(); ++cut) {
    Conversation conversation = whole;
    conversation.authenticate.resize(cut);
    EXPECT_NE(VerdictOf(conversation, HashOf("Password")), Verdict::kAccepted) << cut;
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

bool StartsWith(const std::string& text, absl::string_view prefix) {
  return text.rfind(std::string(prefix), 0) == 0;
}

TEST(RecordedConversations, AreJudgedAsTheirClientsMadeThem) {
  Rules rules = Lenient();
  rules.channel_bindings.own = absl::HexStringToBytes("93aaf52af9173dd0f5e6a3d4ba5c3b5e");
  std::map<ResponseForm, int> accepted;
  for (const auto& block : RecordedConversations()) {
    const Conversation conversation = {absl::HexStringToBytes(block.at("type1")),
                                       absl::HexStringToBytes(block.at("type2")),
                                       absl::HexStringToBytes(block.at("type3"))};
    const Exchange exchange(conversation);
    const Match match = exchange.MatchWith(HashOf("Pa55 w0rd!"));
    const std::string& client = block.at("client");
    const std::string& result = block.at("result");
    EXPECT_FALSE(exchange.MatchWith(HashOf("Pa55 w0rd")).right) << client;
    if (StartsWith(result, "NTLMv1 False")) {
      // Java Mail: it had agreed to session security, and read the challenge late.
      EXPECT_EQ(VerdictName(exchange.Judge(match, rules)), "NTLMV1_DOWNGRADED") << client;
      EXPECT_TRUE(match.challenge_read_late) << client;
      continue;
    }
    EXPECT_EQ(VerdictName(exchange.Judge(match, rules)), "ACCEPTED") << client;
    EXPECT_FALSE(match.challenge_read_late) << client;
    const bool is_v2 = StartsWith(result, "NTLMv2");
    EXPECT_EQ(VerdictName(exchange.Judge(match, {})), is_v2 ? "ACCEPTED"
                                                      : StartsWith(result, "NTLM2-sess")
                                                          ? "NTLM2_SESSION_NOT_ALLOWED"
                                                          : "NTLMV1_NOT_ALLOWED")
        << client;
    ++accepted[exchange.form()];
  }
  EXPECT_EQ(accepted[ResponseForm::kNtlmV2], 8);
  EXPECT_EQ(accepted[ResponseForm::kNtlm2Session], 1);
  EXPECT_EQ(accepted[ResponseForm::kNtlmV1], 4);
}

// Every octet of a recorded MIC counts, and so does the whole of each message that it covers.
TEST(RecordedConversations, HaveMicsThatAreEnforced) {
  int with_mic = 0;
  for (const auto& block : RecordedConversations()) {
    if (block.at("result").find("MIC True") == std::string::npos) continue;
    ++with_mic;
    Conversation conversation = {absl::HexStringToBytes(block.at("type1")),
                                 absl::HexStringToBytes(block.at("type2")),
                                 absl::HexStringToBytes(block.at("type3"))};
    Rules rules;
    rules.policy.require_mic = true;
    EXPECT_EQ(VerdictName(VerdictOf(conversation, HashOf("Pa55 w0rd!"), rules)), "ACCEPTED");
    conversation.authenticate[kMicOffset] ^= 1;
    EXPECT_EQ(VerdictName(VerdictOf(conversation, HashOf("Pa55 w0rd!"), rules)), "MIC_WRONG");
    conversation.authenticate[kMicOffset] ^= 1;
    conversation.negotiate.back() ^= 1;
    EXPECT_EQ(VerdictName(VerdictOf(conversation, HashOf("Pa55 w0rd!"), rules)), "MIC_WRONG");
  }
  EXPECT_EQ(with_mic, 2);
}

}  // namespace
}  // namespace restante::ntlm
