#ifndef RESTANTE_COMMON_RPC_PAGES_H_
#define RESTANTE_COMMON_RPC_PAGES_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

// Pages of lists. Pure functions, thread-safe.
namespace restante::rpc {

// A page ends early when it is this large: every message must stay under the channel's 16 MiB.
inline constexpr size_t kMaxPageOctets = 4 << 20;
// How many a page looks through by a filter that few pass; and at a time, since others wait
// meanwhile.
inline constexpr size_t kMaxLookedAt = 20'000;
inline constexpr size_t kLookedAtOnce = 500;

// 1 to 1,000, from what a request says; 0 means 100. INVALID_ARGUMENT/FIELD_INVALID when it is
// negative.
absl::StatusOr<size_t> ToPageSize(int32_t page_size);

// INVALID_ARGUMENT/PAGE_TOKEN_INVALID.
absl::Status WrongPageToken();

// Of what is listed by descending number: the page ends with this one. An empty token is behind all
// there are. INVALID_ARGUMENT/PAGE_TOKEN_INVALID.
std::string MakeNumberPageToken(uint64_t number);
absl::StatusOr<uint64_t> ParseNumberPageToken(const std::string& token);

}  // namespace restante::rpc

#endif  // RESTANTE_COMMON_RPC_PAGES_H_
