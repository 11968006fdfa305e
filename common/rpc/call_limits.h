#ifndef RESTANTE_COMMON_RPC_CALL_LIMITS_H_
#define RESTANTE_COMMON_RPC_CALL_LIMITS_H_

namespace restante::rpc {

// The largest message of any call, either way.
inline constexpr int kMaxMessageOctets = 16 << 20;

// What the sender of a stream may send ahead of the receiver, and so what a receiver that is slow
// has in memory for it. gRPC's own probing would make megabytes of it where the network is fast;
// with less than one answer of ReadMessages both sides would wake each other in the middle of it.
inline constexpr int kStreamLookaheadOctets = 256 << 10;

}  // namespace restante::rpc

#endif  // RESTANTE_COMMON_RPC_CALL_LIMITS_H_
