#include "common/rpc/pages.h"

#include <algorithm>
#include <limits>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/base/error_reason.h"

namespace restante::rpc {
namespace {

constexpr char kNumberTokenPrefix[] = "before-";
constexpr size_t kDefaultPageSize = 100;
constexpr size_t kMaxPageSize = 1000;

}  // namespace

absl::Status WrongPageToken() {
  return MakeError(absl::StatusCode::kInvalidArgument, ErrorReason::kPageTokenInvalid,
                   "page_token is not one that this method gave out; list from the beginning");
}

absl::StatusOr<size_t> ToPageSize(int32_t page_size) {
  if (page_size < 0) return InvalidField("page_size", "must not be negative");
  if (page_size == 0) return kDefaultPageSize;
  return std::min(static_cast<size_t>(page_size), kMaxPageSize);
}

std::string MakeNumberPageToken(uint64_t number) {
  return absl::StrCat(kNumberTokenPrefix, number);
}

absl::StatusOr<uint64_t> ParseNumberPageToken(const std::string& token) {
  if (token.empty()) return std::numeric_limits<uint64_t>::max();
  absl::string_view digits = token;
  uint64_t number = 0;
  if (absl::ConsumePrefix(&digits, kNumberTokenPrefix) && absl::SimpleAtoi(digits, &number)) {
    return number;
  }
  return WrongPageToken();
}

}  // namespace restante::rpc
