#ifndef RESTANTE_POP3_FRONTEND_APP_CONFIG_H_
#define RESTANTE_POP3_FRONTEND_APP_CONFIG_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/app/operator_endpoints.h"
#include "common/log/logger.h"
#include "common/net/tls_context.h"
#include "common/rpc/channel.h"
#include "common/rpc/placement_router.h"
#include "pop3-frontend/backend/grpc_maildrop_backend.h"
#include "pop3-frontend/io/pop3_server.h"

namespace google::protobuf {
class Message;
}  // namespace google::protobuf

namespace restante::pop3 {

// A front end's configuration with every default applied; restante.config.v1.Pop3Config says what
// each key means.
struct Config {
  std::string path;
  // As it was read, for what changes later.
  std::shared_ptr<const google::protobuf::Message> file;
  std::vector<ListenerOptions> listeners;
  bool development_mode = false;
  ClientSettings clients;
  // Without certificates: no TLS for clients.
  net::TlsSettings client_tls;
  // All that it is read from.
  std::vector<std::string> client_tls_files;
  rpc::ChannelOptions auth;
  rpc::PlacementRoutes mailstores;
  GrpcMaildropOptions maildrop;
  app::OperatorEndpointAddresses endpoints;
  log::Level log_level = log::Level::kInfo;
  int event_loops = 0;  // 0: one for each core
  absl::Duration drain_grace;
};

// INVALID_ARGUMENT or NOT_FOUND that names file, line, key and what was expected.
absl::StatusOr<Config> LoadConfig(const std::string& path);

// Whether the files that the configuration names can be used.
absl::Status CheckFiles(const Config& config);

}  // namespace restante::pop3

#endif  // RESTANTE_POP3_FRONTEND_APP_CONFIG_H_
