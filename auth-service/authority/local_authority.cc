#include "auth-service/authority/local_authority.h"

#include <string>
#include <utility>

#include "auth-service/authority/ntlm_trial.h"
#include "common/base/check.h"
#include "common/base/status_macros.h"

namespace restante::authority {
namespace {

// No account can have this id.
constexpr char kDecoyId[] = "";
constexpr size_t kMaxCandidates = 8;

directory::Credential CredentialOf(const Secret& nt_hash) {
  directory::Credential credential;
  credential.nt_hash = nt_hash.Clone();
  return credential;
}

// What to say when no reading was proven: the most telling of what each had.
class Failure {
 public:
  void Add(const Candidate& candidate, bool has_credential, Refusal refusal, std::string finding) {
    if (refusal == Refusal::kWrongPassword && candidate.account == nullptr) {
      refusal = Refusal::kUnknownName;
    } else if (refusal == Refusal::kWrongPassword && !has_credential) {
      refusal = Refusal::kNoCredential;
    }
    if (Weight(refusal) <= weight_) return;
    weight_ = Weight(refusal);
    refused_ = {refusal, std::move(finding)};
  }
  void AddUndecided(absl::Status status) { undecided_.Update(std::move(status)); }

  absl::StatusOr<Verdict> Result() const {
    if (!undecided_.ok()) return undecided_;
    return refused_;
  }

 private:
  static int Weight(Refusal refusal) {
    if (refusal == Refusal::kUnknownName) return 1;
    return refusal == Refusal::kNoCredential ? 2 : 3;
  }

  int weight_ = 0;
  Refused refused_;
  absl::Status undecided_;
};

}  // namespace

LocalAuthority::LocalAuthority(const directory::CredentialVault& vault,
                               ntlm::ChannelBindingRules channel_bindings, Random& random)
    : vault_(vault),
      channel_bindings_(std::move(channel_bindings)),
      decoy_hash_(random.Bytes(directory::kNtHashOctets)),
      decoy_(vault.Seal(kDecoyId, CredentialOf(decoy_hash_))) {}

absl::StatusOr<Verdict> LocalAuthority::Validate(const Claim& claim, const TlsBinding& binding,
                                                 const ntlm::Policy& ntlm,
                                                 const std::vector<Candidate>& candidates) const {
  RESTANTE_CHECK(!candidates.empty() && candidates.size() <= kMaxCandidates);
  if (const auto* ntlm_claim = std::get_if<sasl::NtlmClaim>(&claim)) {
    return ValidateNtlm(*ntlm_claim, binding, ntlm, candidates);
  }
  return ValidatePassword(std::get<sasl::PasswordClaim>(claim), candidates);
}

std::optional<Refused> LocalAuthority::Foresee(const directory::Account& account) const {
  if (account.credential) return std::nullopt;
  return Refused{Refusal::kNoCredential, "the account has no credential"};
}

// Nobody's credential is opened too: decryption takes time.
absl::StatusOr<LocalAuthority::Opened> LocalAuthority::Open(
    const directory::AccountPtr& account) const {
  const bool real = account != nullptr && account->credential.has_value();
  RESTANTE_ASSIGN_OR_RETURN(
      directory::Credential credential,
      real ? vault_.Open(account->id, *account->credential) : vault_.Open(kDecoyId, decoy_));
  return Opened{std::move(credential), real};
}

absl::StatusOr<Verdict> LocalAuthority::ValidateNtlm(
    const sasl::NtlmClaim& claim, const TlsBinding& binding, const ntlm::Policy& policy,
    const std::vector<Candidate>& candidates) const {
  ntlm::Rules rules = {policy, binding.tls, channel_bindings_};
  if (binding.tls && !binding.server_end_point.empty()) {
    rules.channel_bindings.own = ntlm::ChannelBindingHash(binding.server_end_point);
  }
  NtlmTrial trial(claim, rules);
  for (const Candidate& candidate : candidates) {
    const absl::StatusOr<Opened> opened = Open(candidate.account);
    if (!opened.ok()) {
      trial.Skip(opened.status());
      continue;
    }
    // Every reading costs two computations, whatever its account has.
    const directory::Credential& credential = opened->credential;
    trial.Try(candidate, opened->real, credential.nt_hash,
              credential.widened_nt_hash ? *credential.widened_nt_hash : decoy_hash_);
  }
  return trial.Result();
}

absl::StatusOr<Verdict> LocalAuthority::ValidatePassword(
    const sasl::PasswordClaim& claim, const std::vector<Candidate>& candidates) const {
  const Secret given = ntlm::NtHash(claim.password);
  Failure failure;
  for (size_t i = 0; i < candidates.size(); ++i) {
    absl::StatusOr<Opened> opened = Open(candidates[i].account);
    if (!opened.ok()) {
      failure.AddUndecided(opened.status());
      continue;
    }
    if (opened->credential.nt_hash.EqualsInConstantTime(given.view()) && opened->real) {
      return Validated{i, "the password is right"};
    }
    failure.Add(candidates[i], opened->real, Refusal::kWrongPassword, "the password is wrong");
  }
  return failure.Result();
}

}  // namespace restante::authority
