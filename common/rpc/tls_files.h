#ifndef RESTANTE_COMMON_RPC_TLS_FILES_H_
#define RESTANTE_COMMON_RPC_TLS_FILES_H_

#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace restante::config::v1 {
class TlsFiles;
}  // namespace restante::config::v1

namespace restante::rpc {

// One side of mutual TLS; see restante.config.v1.TlsFiles. Paths of PEM files.
struct TlsFiles {
  std::string certificate;
  std::string private_key;
  std::string ca;
  absl::Duration reload_interval = absl::Seconds(10);  // at least 1 s
};

TlsFiles ToTlsFiles(const config::v1::TlsFiles& files);

// Whether mutual TLS could start from these files: each can be read and parsed, and the key is the
// certificate's. INVALID_ARGUMENT that names the file and says what to do. Programs call it with
// --check-config; Server and MakeChannel call it themselves.
absl::Status CheckTlsFiles(const TlsFiles& files);

}  // namespace restante::rpc

#endif  // RESTANTE_COMMON_RPC_TLS_FILES_H_
