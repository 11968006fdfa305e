#include "auth-service/rpc/pages.h"

#include <algorithm>
#include <limits>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "auth-service/directory/account.h"
#include "auth-service/directory/validation.h"
#include "common/base/error_reason.h"

namespace restante::rpc {
namespace {

constexpr char kPageTokenPrefix[] = "1:";
constexpr char kNumberTokenPrefix[] = "before-";
constexpr size_t kDefaultPageSize = 100;
constexpr size_t kMaxPageSize = 1000;

absl::Status WrongPageToken() {
  return MakeError(absl::StatusCode::kInvalidArgument, ErrorReason::kPageTokenInvalid,
                   "page_token is not one that this method gave out; list from the beginning");
}

}  // namespace

std::string MakePageToken(absl::string_view id) {
  return absl::WebSafeBase64Escape(absl::StrCat(kPageTokenPrefix, id));
}

absl::StatusOr<std::string> ParsePageToken(const std::string& token) {
  if (token.empty()) return std::string();
  std::string text;
  absl::string_view id;
  if (token.size() <= 2 * directory::kMaxAccountIdOctets &&
      absl::WebSafeBase64Unescape(token, &text)) {
    id = text;
  }
  if (absl::ConsumePrefix(&id, kPageTokenPrefix) && directory::IsAccountId(id)) {
    return std::string(id);
  }
  return WrongPageToken();
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
