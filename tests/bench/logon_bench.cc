// Logons that auth decides in one second of processor time, by mechanism, in one thread and without
// gRPC: LogonFlow with everything real behind it, on a directory in memory. The client's own
// computations are not counted.

#include <benchmark/benchmark.h>
#include <time.h>

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/strings/str_cat.h"
#include "auth-service/authority/local_authority.h"
#include "auth-service/directory/credential_vault.h"
#include "auth-service/directory/indexed_directory.h"
#include "auth-service/logon/logon_flow.h"
#include "auth-service/logon/scram_lookup.h"
#include "common/app/system_clock.h"
#include "common/app/system_random.h"
#include "common/base/check.h"
#include "common/base/ids.h"
#include "tests/support/ntlm_client.h"
#include "tests/support/scram_client.h"

namespace restante::logon {
namespace {

constexpr int kAccounts = 1000;
constexpr char kPassword[] = "Correct horse 1";

KeyRing Keys(char octet) {
  std::map<std::string, Secret> keys;
  keys.emplace("k1", Secret(std::string(32, octet)));
  return *KeyRing::Create(std::move(keys), "k1");
}

class Nobody : public AttemptObserver {
 public:
  void OnAttempt(const Attempt& /*attempt*/) override {}
};

// An auth service without its network.
class Auth {
 public:
  Auth() {
    mechanisms_.push_back(sasl::NewNtlmMechanism(
        {"CORP", "MAIL", "corp.example", "mail.corp.example", "corp.example"}, clock_, random_));
    mechanisms_.push_back(sasl::NewScramMechanism(
        /*plus=*/false,
        [this](absl::string_view protocol, absl::string_view name) {
          return lookup_.Find(protocol, name);
        },
        random_));
    grant_keys_.emplace("mailstore-0", Keys('g'));
    for (int i = 0; i < kAccounts; ++i) Create(absl::StrCat("user", i));
    directory::PolicyChange change;
    change.ntlm = ntlm::Policy{};
    change.ntlm->weakest_response = ntlm::WeakestResponse::kNtlmV1;
    RESTANTE_CHECK(directory_->UpdatePolicy("pop3", change, {}).ok());
  }

  const LogonFlow& flow() const { return flow_; }
  Random& random() { return random_; }

 private:
  void Create(const std::string& id) {
    directory::NewAccount account;
    account.id = id;
    account.windows_names = {absl::StrCat("CORP\\", id)};
    account.alias = id;
    account.placement = "mailstore-0";
    RESTANTE_CHECK(directory_->Create(account, {}).ok());
    const auto credential = vault_.CredentialOf(Secret::CopyOf(kPassword));
    RESTANTE_CHECK(directory_->SetCredential(id, vault_.Seal(id, *credential), {}).ok());
  }

  app::SystemClock clock_;
  app::SystemRandom random_;
  Nobody observer_;
  std::vector<std::unique_ptr<sasl::Mechanism>> mechanisms_;
  const KeyRing state_keys_ = Keys('s');
  std::map<std::string, KeyRing> grant_keys_;
  std::unique_ptr<directory::Directory> directory_ = directory::MakeMemoryDirectory(
      {{.protocol = "pop3",
        .mechanisms = {{.mechanism = "NTLM", .enabled = true, .require_tls = true},
                       {.mechanism = "SCRAM-SHA-256",
                        .enabled = true,
                        .require_tls = true,
                        .client_first = true}},
        .revision = 0,
        .update_time = {}}},
      clock_, random_);
  directory::CredentialVault vault_{Keys('v'), random_};
  authority::LocalAuthority authority_{vault_, {}, random_};
  Decider decider_{*directory_,
                   {.default_domain = "CORP", .accepted_domains = {}, .own_names = {"CORP"}}};
  const ScramLookup lookup_{*directory_, decider_, authority_};
  Throttle throttle_{clock_};
  const LogonFlow flow_{{*directory_, authority_, mechanisms_, decider_, throttle_, observer_,
                         state_keys_, grant_keys_, clock_, random_},
                        {.netbios_domain = "CORP", .development_mode = false}};
};

Auth& TheAuth() {
  static Auth* const auth = new Auth;
  return *auth;
}

double ThreadSeconds() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

BeginRequest BeginOf(const char* mechanism, const std::string& message, Random& random) {
  BeginRequest request;
  request.attempt_id = NewId(random);
  request.channel.protocol = "pop3";
  request.channel.client_address = "192.0.2.1";
  request.channel.client = *IpAddress::Parse("192.0.2.1");
  request.channel.client_port = 4711;
  request.channel.connection_id = NewId(random);
  request.channel.tls = TlsFacts{"TLSv1.3", std::string(32, 'e'), std::string(32, 'x')};
  request.mechanism = mechanism;
  request.initial_response = Secret::CopyOf(message);
  request.session_id = NewId(random);
  request.caller_identity = "spiffe://restante/frontend/pop3-0";
  return request;
}

// One logon, of which `respond` is the client's side; gives the seconds that auth worked for it.
double LogOn(const BeginRequest& begin,
             absl::FunctionRef<std::string(const std::string& server_message)> respond,
             bool expected, Auth& auth) {
  double start = ThreadSeconds();
  auto answer = auth.flow().Begin(begin);
  double worked = ThreadSeconds() - start;
  while (const auto* challenge = std::get_if<ChallengeAnswer>(&*answer)) {
    ContinueRequest next;
    next.attempt_id = begin.attempt_id;
    next.channel = begin.channel;
    next.sealed_state = challenge->sealed_state;
    next.response = Secret(respond(challenge->server_message));
    next.caller_identity = begin.caller_identity;
    start = ThreadSeconds();
    answer = auth.flow().Continue(next);
    worked += ThreadSeconds() - start;
  }
  RESTANTE_CHECK(std::holds_alternative<Identity>(*answer) == expected);
  return worked;
}

void Ntlm(benchmark::State& state, const NtlmClient& model, bool expected) {
  Auth& auth = TheAuth();
  NtlmClient client = model;
  client.domain = "CORP";
  int i = 0;
  for (auto _ : state) {
    if (model.user.empty()) client.user = absl::StrCat("user", i++ % kAccounts);
    const std::string negotiate = client.Negotiate();
    const auto authenticate = [&](const std::string& challenge) {
      return client.Authenticate(negotiate, challenge);
    };
    state.SetIterationTime(
        LogOn(BeginOf("NTLM", negotiate, auth.random()), authenticate, expected, auth));
  }
  state.SetItemsProcessed(state.iterations());
}

void Scram(benchmark::State& state, const ScramClient& model, bool expected) {
  Auth& auth = TheAuth();
  int i = 0;
  for (auto _ : state) {
    ScramClient client = model;
    if (model.user.empty()) client.user = absl::StrCat("user", i++ % kAccounts);
    bool proven = false;
    const auto respond = [&](const std::string& server_message) {
      // Nothing is left to say once the server has proven itself too.
      return std::exchange(proven, true) ? "" : client.Final(server_message);
    };
    state.SetIterationTime(
        LogOn(BeginOf("SCRAM-SHA-256", client.First(), auth.random()), respond, expected, auth));
  }
  state.SetItemsProcessed(state.iterations());
}

NtlmClient Somebody(NtlmClient::Form form = NtlmClient::Form::kNtlmV2) {
  NtlmClient client;
  client.form = form;
  client.user = "";
  client.password = kPassword;
  return client;
}

ScramClient SomebodyByScram(const char* user, const char* password) {
  ScramClient client;
  client.user = user;
  client.password = password;
  return client;
}

NtlmClient WithMic() {
  NtlmClient client = Somebody();
  client.send_mic = true;
  client.exchange_key = true;
  return client;
}

NtlmClient WithWrongPassword() {
  NtlmClient client = Somebody();
  client.password = "wrong";
  return client;
}

NtlmClient Unknown() {
  NtlmClient client = Somebody();
  client.user = "nobody";
  return client;
}

BENCHMARK_CAPTURE(Ntlm, v2, Somebody(), true)->UseManualTime();
BENCHMARK_CAPTURE(Ntlm, v2_with_mic, WithMic(), true)->UseManualTime();
BENCHMARK_CAPTURE(Ntlm, v2_wrong_password, WithWrongPassword(), false)->UseManualTime();
BENCHMARK_CAPTURE(Ntlm, v2_unknown_user, Unknown(), false)->UseManualTime();
BENCHMARK_CAPTURE(Ntlm, ntlm2_session, Somebody(NtlmClient::Form::kNtlm2Session), true)
    ->UseManualTime();
BENCHMARK_CAPTURE(Ntlm, v1, Somebody(NtlmClient::Form::kNtlmV1), true)->UseManualTime();
BENCHMARK_CAPTURE(Scram, right, SomebodyByScram("", kPassword), true)->UseManualTime();
BENCHMARK_CAPTURE(Scram, wrong_password, SomebodyByScram("", "wrong"), false)->UseManualTime();
BENCHMARK_CAPTURE(Scram, unknown_user, SomebodyByScram("nobody", kPassword), false)
    ->UseManualTime();

}  // namespace
}  // namespace restante::logon

BENCHMARK_MAIN();
