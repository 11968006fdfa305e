#ifndef RESTANTE_COMMON_AUDIT_CODEC_H_
#define RESTANTE_COMMON_AUDIT_CODEC_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "common/audit/entry.h"

// How entries are kept; rocksdb/schema.md says the octets. Pure functions, thread-safe. Decoding
// gives nullopt for an unknown version and for octets that are missing or left over.
namespace restante::audit {

std::string EncodeKey(uint64_t number);
std::optional<uint64_t> DecodeKey(absl::string_view key);

// The number is in the key, not in the record.
std::string EncodeEntry(const Entry& entry);
std::optional<Entry> DecodeEntry(uint64_t number, absl::string_view record);

}  // namespace restante::audit

#endif  // RESTANTE_COMMON_AUDIT_CODEC_H_
