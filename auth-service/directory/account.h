#ifndef RESTANTE_AUTH_SERVICE_DIRECTORY_ACCOUNT_H_
#define RESTANTE_AUTH_SERVICE_DIRECTORY_ACCOUNT_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "auth-service/ntlm/policy.h"

namespace restante::directory {

// The limits of restante.auth.v1.Account, which ValidateAccount enforces.
inline constexpr size_t kMaxAccountIdOctets = 63;
inline constexpr size_t kMaxWindowsNames = 16;
inline constexpr size_t kMaxWindowsNameOctets = 256;
inline constexpr size_t kMaxPrincipalNames = 16;
inline constexpr size_t kMaxPrincipalNameOctets = 320;
inline constexpr size_t kMaxAliasOctets = 64;
inline constexpr size_t kMaxAddresses = 64;
inline constexpr size_t kMaxAddressOctets = 320;
inline constexpr size_t kMaxPlacementOctets = 63;
inline constexpr size_t kMaxCertificateNames = 16;
inline constexpr size_t kMaxCertificateNameOctets = 512;
inline constexpr size_t kMaxTokenSubjects = 16;
inline constexpr size_t kMaxTokenSubjectOctets = 320;
inline constexpr size_t kMaxDisabledMechanisms = 32;
inline constexpr size_t kMaxDelegates = 100;
inline constexpr size_t kMaxMechanismNameOctets = 20;

// What CredentialVault made of a password or hash: ciphertext that only the vault can open. At rest
// and in memory a credential exists in this form alone.
struct SealedCredential {
  std::string key_id;  // the key-encryption key that it is sealed under
  std::string sealed;  // at most kMaxSealedCredentialOctets
  std::optional<absl::Time> set_time = std::nullopt;  // nullopt: not known, of an earlier version
};
inline constexpr size_t kMaxSealedCredentialOctets = 1024;

// Another account that may open this one's mailbox.
struct Delegate {
  std::string account_id;
  // The other account's own, by which it is known for the one that was meant: a new account under
  // the id of a deleted one is no delegate.
  std::string mailbox_id;
  bool may_delete = false;                          // else it may only read
  absl::Time expire_time = absl::InfiniteFuture();  // a delegate no more from then on

  bool operator==(const Delegate&) const = default;
};

// That an account was deleted, and until when that can be taken back.
struct Deletion {
  absl::Time delete_time;
  absl::Time expire_time;

  bool operator==(const Deletion&) const = default;
};

// A person or a shared mailbox: the names that may be proven, and the mailbox they lead to. The two
// are independent of each other; that is the point of the directory.
struct Account {
  std::string id;                              // chosen at creation, never changes
  std::vector<std::string> windows_names;      // "DOMAIN\user", as the operator wrote them
  std::vector<std::string> principal_names;    // "user@realm"
  std::string alias;                           // empty: opens no mailbox
  std::vector<std::string> addresses;          // "local@domain"
  std::vector<std::string> certificate_names;  // "email:js@corp.example"
  std::vector<std::string> token_subjects;     // as the token issuer calls the person
  std::string mailbox_id;                      // given at creation, never changes
  std::string placement;                       // the mailstore that holds the mailbox
  bool disabled = false;
  std::vector<std::string> disabled_mechanisms;                // upper case
  std::optional<ntlm::WeakestResponse> weakest_ntlm_response;  // nullopt: the policy's
  std::vector<Delegate> delegates;             // each account at most once; expired ones too
  std::optional<SealedCredential> credential;  // nullopt: nobody can log on with this account
  // The directory's revision at the last change: never the same twice, not even for an account that
  // was deleted and created again.
  uint64_t revision = 0;
  absl::Time create_time;
  absl::Time update_time;
  std::optional<Deletion> deletion = std::nullopt;  // nullopt: it is not deleted
};

// An account as it was at one moment. Shared, because the directory's index, the table of repeated
// requests and any number of logons under way hold the same one; immutable, so no lock is needed.
using AccountPtr = std::shared_ptr<const Account>;

}  // namespace restante::directory

#endif  // RESTANTE_AUTH_SERVICE_DIRECTORY_ACCOUNT_H_
