#include "auth-service/authority/local_authority.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/check.h"
#include "common/base/escape.h"
#include "common/base/status_macros.h"
#include "common/base/unicode.h"

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

bool SameName(absl::string_view a, absl::string_view b) {
  const std::optional<std::string> folded = FoldName(a);
  return folded.has_value() && folded == FoldName(b);
}

Refusal RefusalOf(ntlm::Verdict verdict) {
  switch (verdict) {
    case ntlm::Verdict::kAccepted:  // under another reading's domain: not a proof of this one
    case ntlm::Verdict::kWrongPassword:
      return Refusal::kWrongPassword;
    case ntlm::Verdict::kMalformed:
      return Refusal::kMessageMalformed;
    case ntlm::Verdict::kAnonymous:
      return Refusal::kAnonymous;
    case ntlm::Verdict::kNtlmV1NotAllowed:
      return Refusal::kNtlmV1NotAllowed;
    case ntlm::Verdict::kNtlm2SessionNotAllowed:
      return Refusal::kNtlm2SessionNotAllowed;
    case ntlm::Verdict::kLmNotAllowed:
      return Refusal::kLmNotAllowed;
    case ntlm::Verdict::kMicWrong:
      return Refusal::kMicWrong;
    case ntlm::Verdict::kChannelBindingWrong:
      return Refusal::kChannelBindingWrong;
    case ntlm::Verdict::kChannelBindingMissing:
      return Refusal::kChannelBindingMissing;
    case ntlm::Verdict::kTimestampChanged:
      return Refusal::kTimestampChanged;
  }
  RESTANTE_CHECK(false && "every verdict has a refusal");
}

std::string FindingOf(const ntlm::Verification& verification) {
  if (verification.made_without_password) {
    return "the response was made with the text \"[object Promise]\" in the password's place: a "
           "known fault of Thunderbird; let it use a normal password over TLS";
  }
  return absl::StrCat("the client speaks ", ntlm::ResponseFormName(verification.form));
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
    if (refusal == Refusal::kNoCredential) return 2;
    if (refusal == Refusal::kWrongPassword) return 3;
    return 4;
  }

  int weight_ = 0;
  Refused refused_;
  absl::Status undecided_;
};

}  // namespace

LocalAuthority::LocalAuthority(const directory::CredentialVault& vault,
                               ntlm::ChannelBindingPolicy channel_bindings, Random& random)
    : vault_(vault),
      channel_bindings_(channel_bindings),
      decoy_hash_(random.Bytes(directory::kNtHashOctets)),
      decoy_(vault.Seal(kDecoyId, CredentialOf(decoy_hash_))) {}

absl::StatusOr<Verdict> LocalAuthority::Validate(const Claim& claim, const TlsBinding& binding,
                                                 const std::vector<Candidate>& candidates) const {
  RESTANTE_CHECK(!candidates.empty() && candidates.size() <= kMaxCandidates);
  if (const auto* ntlm_claim = std::get_if<sasl::NtlmClaim>(&claim)) {
    return ValidateNtlm(*ntlm_claim, binding, candidates);
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
    const sasl::NtlmClaim& claim, const TlsBinding& binding,
    const std::vector<Candidate>& candidates) const {
  ntlm::ChannelBindingRules rules;
  rules.policy = channel_bindings_;
  rules.tls = binding.tls;
  if (!binding.server_end_point.empty()) {
    rules.accepted.push_back(ntlm::ChannelBindingHash(binding.server_end_point));
  }
  Failure failure;
  for (size_t i = 0; i < candidates.size(); ++i) {
    absl::StatusOr<Opened> opened = Open(candidates[i].account);
    if (!opened.ok()) {
      failure.AddUndecided(opened.status());
      continue;
    }
    // Every reading costs two computations, whatever its account has.
    const directory::Credential& credential = opened->credential;
    const Secret& second = credential.widened_nt_hash ? *credential.widened_nt_hash : decoy_hash_;
    for (const Secret* hash : {&credential.nt_hash, &second}) {
      const ntlm::Verification verification = ntlm::Verify(claim.conversation, *hash, rules);
      if (opened->real && verification.verdict == ntlm::Verdict::kAccepted &&
          SameName(verification.verified_domain, candidates[i].proof_domain)) {
        return Validated{i, absl::StrCat(FindingOf(verification), ", proven with the domain \"",
                                         EscapeForLog(verification.verified_domain), "\"")};
      }
      failure.Add(candidates[i], opened->real, RefusalOf(verification.verdict),
                  FindingOf(verification));
    }
  }
  return failure.Result();
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
