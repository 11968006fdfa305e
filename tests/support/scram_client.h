#ifndef RESTANTE_TESTS_SUPPORT_SCRAM_CLIENT_H_
#define RESTANTE_TESTS_SUPPORT_SCRAM_CLIENT_H_

#include <string>

#include "absl/strings/string_view.h"

namespace restante {

// The client's side of SCRAM-SHA-256 (RFC 5802, RFC 7677), by code of its own. Set what it should
// say before First. Thread-compatible.
class ScramClient {
 public:
  std::string user = "user";
  std::string password = "pencil";
  std::string gs2_header = "n,,";
  std::string binding_data;  // with a header that begins with "p="
  std::string nonce = "rOprNGfwEbeRWgbNEkqO";

  std::string First() const { return gs2_header + FirstBare(); }
  // The answer to a server's first message.
  std::string Final(absl::string_view server_first);
  // Whether the server's last message proves that it knows the password; after Final.
  bool ServerIsRight(absl::string_view server_final) const;

 private:
  std::string FirstBare() const;

  std::string salted_password_;
  std::string auth_message_;
};

}  // namespace restante

#endif  // RESTANTE_TESTS_SUPPORT_SCRAM_CLIENT_H_
