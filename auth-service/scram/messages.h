#ifndef RESTANTE_AUTH_SERVICE_SCRAM_MESSAGES_H_
#define RESTANTE_AUTH_SERVICE_SCRAM_MESSAGES_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

// The messages of SCRAM (RFC 5802 section 7). Pure functions, thread-safe. Every error is
// INVALID_ARGUMENT with a text that holds nothing of the message.
namespace restante::scram {

inline constexpr size_t kMaxNonceOctets = 1024;

// What begins a message of the GS2 family (RFC 5801 section 4), SCRAM's and OAUTHBEARER's.
struct Gs2Header {
  // 'n': the client has no channel binding; 'y': it has, and believes that the server has none;
  // 'p': it uses the one named.
  char flag = 'n';
  std::string binding_name;      // with 'p'
  std::string authorization_id;  // UTF-8; empty when none was given
  std::string text;              // the header itself, with its last comma
};
// Reads it from the front of `message` and leaves what follows.
absl::StatusOr<Gs2Header> ReadGs2Header(absl::string_view* message);

struct ClientFirst {
  Gs2Header header;
  std::string bare;      // all behind the header
  std::string username;  // UTF-8, not empty
  std::string nonce;     // 1 to kMaxNonceOctets
};
// Extensions that must be understood are refused: there are none.
absl::StatusOr<ClientFirst> ParseClientFirst(absl::string_view message);

// `nonce` is the client's with the server's behind it.
std::string MakeServerFirst(absl::string_view nonce, absl::string_view salt, uint32_t iterations);

struct ClientFinal {
  std::string channel_binding;  // the header's text and the binding's data, as octets
  std::string nonce;
  std::string proof;          // 32 octets
  std::string without_proof;  // all before ",p="
};
absl::StatusOr<ClientFinal> ParseClientFinal(absl::string_view message);

std::string MakeServerFinal(absl::string_view server_signature);

}  // namespace restante::scram

#endif  // RESTANTE_AUTH_SERVICE_SCRAM_MESSAGES_H_
