#include "common/base/unicode.h"

#include <utf8proc.h>

#include <cstdint>
#include <cstdlib>
#include <memory>

#include "absl/functional/function_ref.h"
#include "common/base/byte_reader.h"
#include "common/base/byte_writer.h"

namespace restante {
namespace {

using CodePoint = utf8proc_int32_t;

// Calls `visit` for each code point. False for invalid UTF-8, wherever it stands.
bool ForEachCodePoint(absl::string_view utf8, absl::FunctionRef<void(CodePoint)> visit) {
  const auto* data = reinterpret_cast<const utf8proc_uint8_t*>(utf8.data());
  auto remaining = static_cast<utf8proc_ssize_t>(utf8.size());
  while (remaining > 0) {
    CodePoint code_point = -1;
    utf8proc_ssize_t used = utf8proc_iterate(data, remaining, &code_point);
    if (used <= 0) return false;
    visit(code_point);
    data += used;
    remaining -= used;
  }
  return true;
}

void AppendUtf8(CodePoint code_point, std::string* out) {
  utf8proc_uint8_t buffer[4];
  utf8proc_ssize_t size = utf8proc_encode_char(code_point, buffer);
  out->append(reinterpret_cast<const char*>(buffer), static_cast<size_t>(size));
}

CodePoint UpperOne(CodePoint code_point) {
  constexpr CodePoint kSharpS = 0xdf;  // the library has U+1E9E for it; Windows has none
  if (code_point == kSharpS) return code_point;
  CodePoint upper = utf8proc_toupper(code_point);
  return upper > 0xffff ? code_point : upper;
}

}  // namespace

bool IsValidUtf8(absl::string_view text) {
  return ForEachCodePoint(text, [](CodePoint) {});
}

std::optional<std::string> Utf8ToUtf16Le(absl::string_view utf8) {
  ByteWriter writer;
  bool valid = ForEachCodePoint(utf8, [&writer](CodePoint code_point) {
    auto value = static_cast<uint32_t>(code_point);
    if (value < 0x10000) {
      writer.U16Le(static_cast<uint16_t>(value));
      return;
    }
    value -= 0x10000;
    writer.U16Le(static_cast<uint16_t>(0xd800 | (value >> 10)));
    writer.U16Le(static_cast<uint16_t>(0xdc00 | (value & 0x3ff)));
  });
  if (!valid) return std::nullopt;
  return writer.Take();
}

std::optional<std::string> Utf16LeToUtf8(absl::string_view utf16le) {
  std::string utf8;
  ByteReader reader(utf16le);
  while (!reader.empty()) {
    std::optional<uint16_t> unit = reader.ReadU16Le();
    if (!unit) return std::nullopt;
    CodePoint code_point = *unit;
    if (*unit >= 0xdc00 && *unit <= 0xdfff) return std::nullopt;
    if (*unit >= 0xd800 && *unit <= 0xdbff) {
      std::optional<uint16_t> low = reader.ReadU16Le();
      if (!low || *low < 0xdc00 || *low > 0xdfff) return std::nullopt;
      code_point = 0x10000 + ((*unit & 0x3ff) << 10) + (*low & 0x3ff);
    }
    AppendUtf8(code_point, &utf8);
  }
  return utf8;
}

std::optional<std::string> UpperSimple(absl::string_view utf8) {
  std::string upper;
  bool valid = ForEachCodePoint(
      utf8, [&upper](CodePoint code_point) { AppendUtf8(UpperOne(code_point), &upper); });
  if (!valid) return std::nullopt;
  return upper;
}

std::optional<std::string> FoldName(absl::string_view utf8) {
  utf8proc_uint8_t* composed = nullptr;
  // REJECTNA would refuse code points newer than the table; a name may be newer than the library.
  auto options = static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE);
  utf8proc_ssize_t size =
      utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(utf8.data()),
                   static_cast<utf8proc_ssize_t>(utf8.size()), &composed, options);
  std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owner(composed, &std::free);
  if (size < 0) return std::nullopt;
  absl::string_view text(reinterpret_cast<const char*>(composed), static_cast<size_t>(size));
  bool has_control = false;
  bool valid = ForEachCodePoint(text, [&has_control](CodePoint code_point) {
    has_control = has_control || utf8proc_category(code_point) == UTF8PROC_CATEGORY_CC;
  });
  if (!valid || has_control) return std::nullopt;
  return UpperSimple(text);
}

bool SameName(absl::string_view a, absl::string_view b) {
  if (a == b) return true;
  const std::optional<std::string> folded = FoldName(a);
  return folded.has_value() && folded == FoldName(b);
}

}  // namespace restante
