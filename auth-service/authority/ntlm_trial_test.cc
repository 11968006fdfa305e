#include "auth-service/authority/ntlm_trial.h"

#include <time.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "tests/support/ntlm_client.h"

namespace restante::authority {
namespace {

using Form = NtlmClient::Form;

const ntlm::ServerNames kNames = {"CORP", "MAIL", "corp.example", "mail.corp.example",
                                  "corp.example"};

sasl::NtlmClaim ClaimOf(const NtlmClient& client) {
  sasl::NtlmClaim claim;
  claim.conversation.negotiate = client.Negotiate();
  claim.conversation.challenge = ntlm::BuildChallenge(
      *ntlm::ParseNegotiate(claim.conversation.negotiate), kNames, "12345678", 42);
  claim.conversation.authenticate =
      client.Authenticate(claim.conversation.negotiate, claim.conversation.challenge);
  claim.message = *ntlm::ParseAuthenticate(claim.conversation.authenticate, ntlm::kUnicode);
  return claim;
}

// A way for a logon to end; the client sees no difference between those of one form.
struct Case {
  std::string name;
  sasl::NtlmClaim claim;
  bool account;
  ntlm::WeakestResponse weakest;
  bool right;
};

double ThreadSeconds() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

class NtlmTrialCost : public testing::TestWithParam<Form> {
 protected:
  // As LogonFlow and LocalAuthority do it for the domain sent, our own and none.
  double SecondsOf(const Case& tried) const {
    ntlm::Rules rules;
    rules.tls = true;
    rules.policy.weakest_response = tried.weakest;
    const directory::AccountPtr account = tried.account ? account_ : nullptr;
    const double start = ThreadSeconds();
    NtlmTrial trial(tried.claim, rules);
    for (const char* domain : {"Domain", "CORP", ""}) {
      trial.Try({domain, account}, tried.account, tried.account ? hash_ : decoy_, decoy_);
    }
    const auto verdict = trial.Result();
    const double seconds = ThreadSeconds() - start;
    EXPECT_EQ(std::holds_alternative<Validated>(*verdict), tried.right) << tried.name;
    return seconds;
  }

  const Secret hash_ = ntlm::NtHash(Secret::CopyOf("Password"));
  const Secret decoy_ = ntlm::NtHash(Secret::CopyOf("nobody's"));
  const directory::AccountPtr account_ = std::make_shared<const directory::Account>();
};

INSTANTIATE_TEST_SUITE_P(Forms, NtlmTrialCost,
                         testing::Values(Form::kNtlmV2, Form::kNtlm2Session, Form::kNtlmV1));

// Neither the password nor the account nor what is allowed shows in the work.
TEST_P(NtlmTrialCost, IsTheSameHoweverItEnds) {
  NtlmClient client;
  client.form = GetParam();
  client.send_mic = GetParam() == Form::kNtlmV2;
  const sasl::NtlmClaim right = ClaimOf(client);
  client.password = "wrong";
  const sasl::NtlmClaim wrong = ClaimOf(client);
  const bool is_v2 = GetParam() == Form::kNtlmV2;
  const std::vector<Case> cases = {
      {"right", right, true, ntlm::WeakestResponse::kNtlmV1, true},
      {"wrong", wrong, true, ntlm::WeakestResponse::kNtlmV1, false},
      {"unknown", right, false, ntlm::WeakestResponse::kNtlmV1, false},
      {"right, strict", right, true, ntlm::WeakestResponse::kNtlmV2, is_v2},
      {"wrong, strict", wrong, true, ntlm::WeakestResponse::kNtlmV2, false},
  };
  constexpr size_t kRounds = 201;
  std::map<std::string, std::vector<double>> seconds;
  for (size_t round = 0; round < kRounds; ++round) {
    for (const Case& tried : cases) seconds[tried.name].push_back(SecondsOf(tried));
  }
  const auto median = [&seconds](const std::string& name) {
    std::vector<double>& all = seconds[name];
    std::nth_element(all.begin(), all.begin() + kRounds / 2, all.end());
    return all[kRounds / 2];
  };
  const double least = median("wrong");
  for (const Case& tried : cases) {
    EXPECT_GT(median(tried.name), 0.85 * least) << tried.name;
    EXPECT_LT(median(tried.name), least / 0.85) << tried.name;
  }
}

}  // namespace
}  // namespace restante::authority
