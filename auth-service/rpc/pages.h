#ifndef RESTANTE_AUTH_SERVICE_RPC_PAGES_H_
#define RESTANTE_AUTH_SERVICE_RPC_PAGES_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

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

// The page token that goes on behind account `id`, and back. INVALID_ARGUMENT/PAGE_TOKEN_INVALID
// for one that was not made here; empty for an empty one.
std::string MakePageToken(absl::string_view id);
absl::StatusOr<std::string> ParsePageToken(const std::string& token);

// Of what is listed by descending number: the page ends with this one. An empty token is behind all
// there are. INVALID_ARGUMENT/PAGE_TOKEN_INVALID.
std::string MakeNumberPageToken(uint64_t number);
absl::StatusOr<uint64_t> ParseNumberPageToken(const std::string& token);

}  // namespace restante::rpc

#endif  // RESTANTE_AUTH_SERVICE_RPC_PAGES_H_
