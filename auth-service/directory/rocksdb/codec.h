#ifndef RESTANTE_AUTH_SERVICE_DIRECTORY_ROCKSDB_CODEC_H_
#define RESTANTE_AUTH_SERVICE_DIRECTORY_ROCKSDB_CODEC_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "auth-service/directory/account.h"
#include "auth-service/directory/journal.h"
#include "auth-service/directory/protocol_policy.h"

// The records of schema.md. Pure functions, thread-safe. Decoding gives nullopt for an unknown
// version and for octets that are missing or left over.
namespace restante::directory {

std::string EncodeAccount(const Account& account);
std::optional<Account> DecodeAccount(absl::string_view record);

std::string EncodePolicy(const ProtocolPolicy& policy);
std::optional<ProtocolPolicy> DecodePolicy(absl::string_view record);

std::string EncodeRequest(const RememberedRequest& request);
std::optional<RememberedRequest> DecodeRequest(absl::string_view record);

}  // namespace restante::directory

#endif  // RESTANTE_AUTH_SERVICE_DIRECTORY_ROCKSDB_CODEC_H_
