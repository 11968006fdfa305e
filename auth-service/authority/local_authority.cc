#include "auth-service/authority/local_authority.h"

#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "auth-service/authority/ntlm_trial.h"
#include "auth-service/scram/keys.h"
#include "auth-service/scram/messages.h"
#include "common/base/check.h"
#include "common/base/status_macros.h"
#include "common/crypto/digest.h"

namespace restante::authority {
namespace {

// No account can have this id.
constexpr char kDecoyId[] = "";
constexpr size_t kMaxCandidates = 8;

// As long as a real one.
directory::Credential DecoyCredential(const Secret& nt_hash, Random& random) {
  directory::Credential credential;
  credential.nt_hash = nt_hash.Clone();
  credential.scram_sha_256 =
      scram::Keys{random.Bytes(scram::kSaltOctets), scram::kLeastIterations,
                  Secret(random.Bytes(scram::kKeyOctets)), Secret(random.Bytes(scram::kKeyOctets))};
  return credential;
}

// Whether SCRAM keys were made of this password.
bool AreOfPassword(const scram::Keys& keys, const Secret& password) {
  const auto derived = scram::DeriveKeys(password, keys.salt, keys.iterations);
  return derived && keys.stored_key.EqualsInConstantTime(derived->stored_key.view());
}

// By a certificate or a token, someone else vouches: nothing is left to hold against a credential.
Verdict ValidateAsserted(const std::vector<Candidate>& candidates) {
  for (size_t i = 0; i < candidates.size(); ++i) {
    if (candidates[i].account != nullptr) return Validated{i, "somebody trusted vouches for it"};
  }
  return Refused{Refusal::kUnknownName, "what was proven belongs to no account"};
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
      decoy_(vault.Seal(kDecoyId, DecoyCredential(decoy_hash_, random))),
      decoy_key_(vault.DecoyKey()) {}

absl::StatusOr<Verdict> LocalAuthority::Validate(const Claim& claim, const TlsBinding& binding,
                                                 const ntlm::Policy& ntlm,
                                                 const std::vector<Candidate>& candidates) const {
  RESTANTE_CHECK(!candidates.empty() && candidates.size() <= kMaxCandidates);
  if (const auto* ntlm_claim = std::get_if<sasl::NtlmClaim>(&claim)) {
    return ValidateNtlm(*ntlm_claim, binding, ntlm, candidates);
  }
  if (const auto* scram_claim = std::get_if<sasl::ScramClaim>(&claim)) {
    return ValidateScram(*scram_claim, candidates);
  }
  if (std::holds_alternative<sasl::AssertedClaim>(claim)) return ValidateAsserted(candidates);
  return ValidatePassword(std::get<sasl::PasswordClaim>(claim), candidates);
}

absl::StatusOr<sasl::ScramParameters> LocalAuthority::ScramParametersOf(
    const directory::AccountPtr& account, absl::string_view name) const {
  std::string decoy_salt = HmacSha256(decoy_key_.view(), name).substr(0, scram::kSaltOctets);
  RESTANTE_ASSIGN_OR_RETURN(const Opened opened, Open(account));
  const auto& keys = opened.credential.scram_sha_256;
  if (opened.real && keys) return sasl::ScramParameters{keys->salt, keys->iterations};
  return sasl::ScramParameters{std::move(decoy_salt), vault_.scram_iterations()};
}

std::optional<Refused> LocalAuthority::Foresee(const directory::Account& account,
                                               absl::string_view mechanism) const {
  if (!account.credential) {
    return Refused{Refusal::kNoCredential, "the account has no credential"};
  }
  const auto credential = vault_.Open(account.id, *account.credential);
  if (!credential.ok()) return std::nullopt;  // which no refusal would say
  if (absl::StartsWith(mechanism, "SCRAM-") && !credential->scram_sha_256) {
    return Refused{Refusal::kNoCredential,
                   "the account has no SCRAM-SHA-256 keys; they are made when a password is set"};
  }
  if (mechanism == "NTLM" && !credential->nt_hash) {
    return Refused{Refusal::kNoCredential, "the account has no NT hash"};
  }
  return std::nullopt;
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
    trial.Try(candidate, opened->real && credential.nt_hash,
              credential.nt_hash ? *credential.nt_hash : decoy_hash_,
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
    const auto& [nt_hash, widened, scram_keys] = opened->credential;
    if (nt_hash && nt_hash->EqualsInConstantTime(given.view()) && opened->real) {
      return Validated{i, "the password is right"};
    }
    // Of an account that has SCRAM keys alone the password is held against those, and every other
    // refusal takes as long.
    const scram::Keys decoy{
        std::string(scram::kSaltOctets, '\0'), vault_.scram_iterations(), {}, {}};
    const bool has_scram_alone = opened->real && !nt_hash && scram_keys;
    if (AreOfPassword(has_scram_alone ? *scram_keys : decoy, claim.password) && has_scram_alone) {
      return Validated{i, "the password is right, by its SCRAM keys"};
    }
    failure.Add(candidates[i], opened->real, Refusal::kWrongPassword, "the password is wrong");
  }
  return failure.Result();
}

absl::StatusOr<Verdict> LocalAuthority::ValidateScram(
    const sasl::ScramClaim& claim, const std::vector<Candidate>& candidates) const {
  Failure failure;
  for (size_t i = 0; i < candidates.size(); ++i) {
    absl::StatusOr<Opened> opened = Open(candidates[i].account);
    if (!opened.ok()) {
      failure.AddUndecided(opened.status());
      continue;
    }
    const bool real = opened->real && opened->credential.scram_sha_256;
    const scram::Keys none{"", scram::kLeastIterations, Secret(std::string(scram::kKeyOctets, 'x')),
                           Secret(std::string(scram::kKeyOctets, 'x'))};
    const scram::Keys& keys = real ? *opened->credential.scram_sha_256 : none;
    if (scram::ProofIsRight(keys, claim.auth_message, claim.proof) && real) {
      return Validated{i, "the proof is right",
                       scram::MakeServerFinal(scram::ServerSignature(keys, claim.auth_message))};
    }
    failure.Add(candidates[i], real, Refusal::kWrongPassword,
                real || candidates[i].account == nullptr ? "the proof is wrong"
                                                         : "the account has no SCRAM-SHA-256 keys");
  }
  return failure.Result();
}

}  // namespace restante::authority
