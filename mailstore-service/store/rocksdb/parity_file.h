#ifndef RESTANTE_MAILSTORE_SERVICE_STORE_ROCKSDB_PARITY_FILE_H_
#define RESTANTE_MAILSTORE_SERVICE_STORE_ROCKSDB_PARITY_FILE_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/statusor.h"

// Files that can mend another file's damage. A parity file has, for each 64 KiB of a file that only
// grows, a checksum for each page of 4 KiB and the XOR of the pages, so that any one of the sixteen
// can be made again; parity.md says how. It takes 6.4 % of the room. Pure functions of the two
// files; one thread at a time for each pair.
namespace restante::mailstore {

inline constexpr size_t kPageOctets = 4096;
inline constexpr size_t kGroupPages = 16;
inline constexpr size_t kGroupOctets = kPageOctets * kGroupPages;

// Makes the parity file, or brings it up to what `path` has now; the octets that it then covers. A
// parity file of another file that had this name, or one that does not decode, is made anew. It is
// not synced: what a crash leaves half is not used. NOT_FOUND when `path` is gone; UNAVAILABLE.
absl::StatusOr<int64_t> ExtendParity(const std::string& path, const std::string& parity_path);

struct MendResult {
  int64_t mended_pages = 0;
  int64_t damaged_pages = 0;  // that cannot be mended

  MendResult& operator+=(const MendResult& other);
};

// Makes pages that are not as they were again, and syncs them. Nothing for a file without a parity
// file. UNAVAILABLE.
absl::StatusOr<MendResult> MendFile(const std::string& path, const std::string& parity_path);

}  // namespace restante::mailstore

#endif  // RESTANTE_MAILSTORE_SERVICE_STORE_ROCKSDB_PARITY_FILE_H_
