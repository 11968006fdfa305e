#ifndef RESTANTE_COMMON_RPC_MESSAGE_LIMIT_H_
#define RESTANTE_COMMON_RPC_MESSAGE_LIMIT_H_

namespace restante::rpc {

// The largest message of any call, either way.
inline constexpr int kMaxMessageOctets = 16 << 20;

}  // namespace restante::rpc

#endif  // RESTANTE_COMMON_RPC_MESSAGE_LIMIT_H_
