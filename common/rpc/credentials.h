#ifndef RESTANTE_COMMON_RPC_CREDENTIALS_H_
#define RESTANTE_COMMON_RPC_CREDENTIALS_H_

#include <memory>

#include "common/rpc/tls_files.h"

namespace grpc {
class ChannelCredentials;
class ServerCredentials;
}  // namespace grpc

namespace restante::rpc {

// The two sides of mutual TLS, for Server and MakeChannel; the one place that knows gRPC's
// experimental TLS interface. The files must have passed CheckTlsFiles; they are watched, and new
// connections use what they then say.

// Requires a client certificate from one of the authorities.
std::shared_ptr<grpc::ServerCredentials> MakeServerCredentials(const TlsFiles& files);

// Requires a server certificate from one of the authorities with the name that the channel's
// argument GRPC_SSL_TARGET_NAME_OVERRIDE_ARG says.
std::shared_ptr<grpc::ChannelCredentials> MakeChannelCredentials(const TlsFiles& files);

}  // namespace restante::rpc

#endif  // RESTANTE_COMMON_RPC_CREDENTIALS_H_
