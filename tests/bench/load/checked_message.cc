#include "tests/bench/load/checked_message.h"

#include <algorithm>
#include <cstdio>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/crc32c.h"
#include "tests/bench/load/fault.h"

namespace restante::load {
namespace {

constexpr absl::string_view kField = "X-Body-CRC32C: ";
constexpr size_t kHexDigits = 8;
constexpr size_t kLineOctets = 76;
constexpr size_t kDotEvery = 7;

std::string Hex(uint32_t value) { return absl::StrCat(absl::Hex(value, absl::kZeroPad8)); }

std::string Body(uint64_t number, size_t octets) {
  std::string body;
  body.reserve(octets);
  uint64_t state = number * 0x9E3779B97F4A7C15U + 1;
  for (size_t line = 0; body.size() + 2 < octets; ++line) {
    if (line % kDotEvery == 0) body.push_back('.');
    size_t text = std::min(kLineOctets, octets - 2 - body.size());
    for (size_t i = 0; i < text; ++i) {
      state = state * 6364136223846793005U + 1442695040888963407U;
      body.push_back(static_cast<char>('a' + (state >> 33U) % 26));
    }
    body.append("\r\n");
    // What is left must hold a line of its own.
    size_t left = octets - body.size();
    if (left > 0 && left < 4) body.insert(body.size() - 2, left, 'x');
  }
  return body;
}

}  // namespace

std::string MakeCheckedMessage(uint64_t number, size_t octets) {
  std::string header =
      absl::StrCat("From: load@example.net\r\nSubject: message ", number, "\r\n", kField);
  constexpr size_t kRest = kHexDigits + 4;
  if (octets < kLeastMessageOctets)
    Fail(absl::StrCat("a message has ", kLeastMessageOctets, " octets or more"));
  std::string body = Body(number, octets - header.size() - kRest);
  return absl::StrCat(header, Hex(ExtendCrc32c(0, body)), "\r\n\r\n", body);
}

bool IsIntact(absl::string_view message) {
  size_t end = message.find("\r\n\r\n");
  if (end == absl::string_view::npos) return false;
  absl::string_view header = message.substr(0, end);
  size_t field = header.find(kField);
  if (field == absl::string_view::npos) return false;
  return header.substr(field + kField.size(), kHexDigits) ==
         Hex(ExtendCrc32c(0, message.substr(end + 4)));
}

}  // namespace restante::load
