#include "common/audit/codec.h"

#include <utility>
#include <vector>

#include "common/base/byte_reader.h"
#include "common/base/byte_writer.h"

namespace restante::audit {
namespace {

constexpr uint8_t kVersion = 1;
// Above what any change has; only a damaged record has more.
constexpr size_t kMaxTextOctets = 65536;
constexpr uint32_t kMaxListItems = 1024;

void WriteTexts(ByteWriter& writer, const std::vector<std::string>& texts) {
  writer.U32Be(static_cast<uint32_t>(texts.size()));
  for (const std::string& text : texts) writer.LengthPrefixed(text);
}

// Each takes one field off the front; false when it is not there.
bool Read(ByteReader* reader, std::string* text) {
  const std::optional<absl::string_view> found = reader->ReadLengthPrefixed(kMaxTextOctets);
  if (found) *text = std::string(*found);
  return found.has_value();
}

bool Read(ByteReader* reader, std::vector<std::string>* texts) {
  const std::optional<uint32_t> count = reader->ReadU32Be();
  if (!count || *count > kMaxListItems) return false;
  for (uint32_t i = 0; i < *count; ++i) {
    if (!Read(reader, &texts->emplace_back())) return false;
  }
  return true;
}

bool Read(ByteReader* reader, std::vector<FieldChange>* changes) {
  const std::optional<uint32_t> count = reader->ReadU32Be();
  if (!count || *count > kMaxListItems) return false;
  for (uint32_t i = 0; i < *count; ++i) {
    FieldChange& change = changes->emplace_back();
    if (!Read(reader, &change.field) || !Read(reader, &change.old_values) ||
        !Read(reader, &change.new_values)) {
      return false;
    }
  }
  return true;
}

}  // namespace

std::string EncodeKey(uint64_t number) { return ByteWriter().U64Be(number).Take(); }

std::optional<uint64_t> DecodeKey(absl::string_view key) {
  ByteReader reader(key);
  const std::optional<uint64_t> number = reader.ReadU64Be();
  return reader.empty() ? number : std::nullopt;
}

std::string EncodeEntry(const Entry& entry) {
  ByteWriter writer;
  writer.U8(kVersion).U64Be(static_cast<uint64_t>(absl::ToUnixMicros(entry.time)));
  writer.LengthPrefixed(entry.author.caller).LengthPrefixed(entry.author.method);
  writer.LengthPrefixed(entry.resource).LengthPrefixed(entry.request_id);
  writer.U32Be(static_cast<uint32_t>(entry.changes.size()));
  for (const FieldChange& change : entry.changes) {
    writer.LengthPrefixed(change.field);
    WriteTexts(writer, change.old_values);
    WriteTexts(writer, change.new_values);
  }
  return writer.Take();
}

std::optional<Entry> DecodeEntry(uint64_t number, absl::string_view record) {
  ByteReader reader(record);
  if (reader.ReadU8() != kVersion) return std::nullopt;
  const std::optional<uint64_t> time = reader.ReadU64Be();
  if (!time) return std::nullopt;
  Entry entry;
  entry.number = number;
  entry.time = absl::FromUnixMicros(static_cast<int64_t>(*time));
  const bool whole = Read(&reader, &entry.author.caller) && Read(&reader, &entry.author.method) &&
                     Read(&reader, &entry.resource) && Read(&reader, &entry.request_id) &&
                     Read(&reader, &entry.changes);
  if (!whole || !reader.empty()) return std::nullopt;
  return entry;
}

}  // namespace restante::audit
