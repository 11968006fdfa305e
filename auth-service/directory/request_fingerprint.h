#ifndef RESTANTE_AUTH_SERVICE_DIRECTORY_REQUEST_FINGERPRINT_H_
#define RESTANTE_AUTH_SERVICE_DIRECTORY_REQUEST_FINGERPRINT_H_

#include <string>

#include "absl/strings/string_view.h"
#include "auth-service/directory/directory.h"

// What a write asks for as 32 octets, by which a repeat of it is told from another write under the
// same request id. They are kept on disk: what makes them must not change while requests are
// remembered. Pure functions, thread-safe.
namespace restante::directory {

std::string FingerprintOfCreate(const NewAccount& account);
std::string FingerprintOfUpdate(absl::string_view id, const AccountChange& change,
                                const WriteOptions& options);
std::string FingerprintOfSetCredential(absl::string_view id, const WriteOptions& options);
std::string FingerprintOfGrant(absl::string_view id, const DelegateGrant& grant,
                               const WriteOptions& options);
std::string FingerprintOfRevoke(absl::string_view id, absl::string_view delegate_account_id,
                                const WriteOptions& options);
std::string FingerprintOfDelete(absl::string_view id, const WriteOptions& options);
std::string FingerprintOfUndelete(absl::string_view id, const WriteOptions& options);
std::string FingerprintOfPurge(absl::string_view id, const WriteOptions& options);
std::string FingerprintOfPolicyUpdate(absl::string_view protocol, const PolicyChange& change,
                                      const WriteOptions& options);

}  // namespace restante::directory

#endif  // RESTANTE_AUTH_SERVICE_DIRECTORY_REQUEST_FINGERPRINT_H_
