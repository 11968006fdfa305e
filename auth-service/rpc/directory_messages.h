#ifndef RESTANTE_AUTH_SERVICE_RPC_DIRECTORY_MESSAGES_H_
#define RESTANTE_AUTH_SERVICE_RPC_DIRECTORY_MESSAGES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "auth-service/directory/credential_vault.h"
#include "auth-service/directory/directory.h"
#include "common/base/error_reason.h"
#include "common/base/secret.h"
#include "restante/auth/v1/directory_service.pb.h"

// DirectoryService's messages as the directory's structs, and back. Pure functions, thread-safe.
namespace restante::rpc {

auth::v1::Account ToProto(const directory::Account& account);
auth::v1::ProtocolPolicy ToProto(const directory::ProtocolPolicy& policy);
auth::v1::MailboxAccess ToMailboxAccess(bool may_delete);

// "jsmith" of "accounts/jsmith", "pop3" of "protocolPolicies/pop3".
// INVALID_ARGUMENT/FIELD_INVALID, naming `field`, for another form.
absl::StatusOr<std::string> ParseAccountName(absl::string_view field, absl::string_view name);
absl::StatusOr<std::string> ParsePolicyName(absl::string_view field, absl::string_view name);

// What is to be kept of the secret in `input`, SetCredentialRequest or CredentialInput.
// INVALID_ARGUMENT/FIELD_INVALID.
template <typename Input>
absl::StatusOr<directory::Credential> ToCredential(const Input& input,
                                                   const directory::CredentialVault& vault) {
  switch (input.credential_case()) {
    case Input::kPassword:
      return vault.CredentialOf(Secret::CopyOf(input.password()));
    case Input::kNtHash:
      return directory::CredentialOfNtHash(Secret::CopyOf(input.nt_hash()));
    case Input::kScramSha256: {
      const auth::v1::ScramKeys& keys = input.scram_sha_256();
      return directory::CredentialOfScramKeys({keys.salt(), keys.iterations(),
                                               Secret::CopyOf(keys.stored_key()),
                                               Secret::CopyOf(keys.server_key())});
    }
    case Input::CREDENTIAL_NOT_SET:
      break;
  }
  return InvalidField("credential", "must be a password, an nt_hash or scram_sha_256");
}

// An etag that nothing has is one that does not match, and no error in itself.
directory::WriteOptions ToWriteOptions(const std::string& etag, const std::string& request_id);

// INVALID_ARGUMENT/FIELD_INVALID for a value that this program does not know.
absl::StatusOr<directory::NewAccount> ToNewAccount(const auth::v1::CreateAccountRequest& request,
                                                   const std::string& default_placement);

// INVALID_ARGUMENT/FIELD_INVALID for an empty mask, one with a field that cannot be changed, or a
// value that this program does not know.
absl::StatusOr<directory::AccountChange> ToAccountChange(
    const auth::v1::UpdateAccountRequest& request);
// INVALID_ARGUMENT/FIELD_INVALID for a malformed name or time, or an access that this program does
// not know.
absl::StatusOr<directory::DelegateGrant> ToDelegateGrant(const auth::v1::Delegate& delegate);
absl::StatusOr<directory::PolicyChange> ToPolicyChange(
    const auth::v1::UpdateProtocolPolicyRequest& request);

// The page token that goes on behind account `id`, and back. INVALID_ARGUMENT/PAGE_TOKEN_INVALID
// for one that was not made here; empty for an empty one.
std::string MakePageToken(absl::string_view id);
absl::StatusOr<std::string> ParsePageToken(const std::string& token);

}  // namespace restante::rpc

#endif  // RESTANTE_AUTH_SERVICE_RPC_DIRECTORY_MESSAGES_H_
