#ifndef RESTANTE_AUTH_SERVICE_RPC_REQUEST_LIMITS_H_
#define RESTANTE_AUTH_SERVICE_RPC_REQUEST_LIMITS_H_

#include <cstddef>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "common/base/error_reason.h"

// What requests of several methods are held against.
namespace restante::rpc {

inline constexpr size_t kMaxProtocolOctets = 16;
inline constexpr size_t kMaxMechanismOctets = 20;

// INVALID_ARGUMENT/FIELD_INVALID that names the field.
inline absl::Status CheckSize(absl::string_view field, absl::string_view octets, size_t max) {
  if (octets.size() <= max) return absl::OkStatus();
  return InvalidField(field, absl::StrCat("must be at most ", max, " octets"));
}

}  // namespace restante::rpc

#endif  // RESTANTE_AUTH_SERVICE_RPC_REQUEST_LIMITS_H_
