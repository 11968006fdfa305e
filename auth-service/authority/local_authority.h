#ifndef RESTANTE_AUTH_SERVICE_AUTHORITY_LOCAL_AUTHORITY_H_
#define RESTANTE_AUTH_SERVICE_AUTHORITY_LOCAL_AUTHORITY_H_

#include <optional>
#include <vector>

#include "auth-service/authority/authority.h"
#include "auth-service/directory/credential_vault.h"
#include "auth-service/ntlm/verify.h"
#include "common/base/random.h"

namespace restante::authority {

// Proves claims with the credentials that the directory keeps, sealed, in its accounts. An account
// whose key-encryption key is missing cannot be decided on:
// FAILED_PRECONDITION/CREDENTIAL_KEY_MISSING.
class LocalAuthority : public Authority {
 public:
  // `vault` outlives this. `random` is used during construction only. `channel_bindings.own` is
  // each connection's and not looked at here.
  LocalAuthority(const directory::CredentialVault& vault,
                 ntlm::ChannelBindingRules channel_bindings, Random& random);

  absl::StatusOr<Verdict> Validate(const Claim& claim, const TlsBinding& binding,
                                   const ntlm::Policy& ntlm,
                                   const std::vector<Candidate>& candidates) const override;
  absl::StatusOr<sasl::ScramParameters> ScramParametersOf(const directory::AccountPtr& account,
                                                          absl::string_view name) const override;
  std::optional<Refused> Foresee(const directory::Account& account,
                                 absl::string_view mechanism) const override;

 private:
  // A credential to compute with; not real for nobody, and for an account without one.
  struct Opened {
    directory::Credential credential;
    bool real = false;
  };
  absl::StatusOr<Opened> Open(const directory::AccountPtr& account) const;
  absl::StatusOr<Verdict> ValidateNtlm(const sasl::NtlmClaim& claim, const TlsBinding& binding,
                                       const ntlm::Policy& policy,
                                       const std::vector<Candidate>& candidates) const;
  absl::StatusOr<Verdict> ValidatePassword(const sasl::PasswordClaim& claim,
                                           const std::vector<Candidate>& candidates) const;
  absl::StatusOr<Verdict> ValidateScram(const sasl::ScramClaim& claim,
                                        const std::vector<Candidate>& candidates) const;

  const directory::CredentialVault& vault_;
  const ntlm::ChannelBindingRules channel_bindings_;
  // What an unknown user's claim is computed with: nobody knows its password.
  const Secret decoy_hash_;
  const directory::SealedCredential decoy_;
  const Secret decoy_key_;
};

}  // namespace restante::authority

#endif  // RESTANTE_AUTH_SERVICE_AUTHORITY_LOCAL_AUTHORITY_H_
