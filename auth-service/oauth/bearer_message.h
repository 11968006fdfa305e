#ifndef RESTANTE_AUTH_SERVICE_OAUTH_BEARER_MESSAGE_H_
#define RESTANTE_AUTH_SERVICE_OAUTH_BEARER_MESSAGE_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/base/secret.h"

// The client's message of OAUTHBEARER (RFC 7628 section 3.1) and of its forerunner XOAUTH2. Pure
// functions, thread-safe. Every error is INVALID_ARGUMENT with a text that holds nothing of the
// message.
namespace restante::oauth {

struct BearerMessage {
  std::string authorization_id;  // UTF-8; empty when none was given
  Secret token;                  // empty when the client asks where to get one
};

// "n,a=user@example.com,^Ahost=...^Aport=...^Aauth=Bearer TOKEN^A^A"
absl::StatusOr<BearerMessage> ParseOauthBearer(absl::string_view message);

// "user=user@example.com^Aauth=Bearer TOKEN^A^A"
absl::StatusOr<BearerMessage> ParseXoauth2(absl::string_view message);

}  // namespace restante::oauth

#endif  // RESTANTE_AUTH_SERVICE_OAUTH_BEARER_MESSAGE_H_
