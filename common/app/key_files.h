#ifndef RESTANTE_COMMON_APP_KEY_FILES_H_
#define RESTANTE_COMMON_APP_KEY_FILES_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/crypto/key_ring.h"

namespace restante::app {

// Reads a key ring from a directory: files KEYID.key, each 64 hexadecimal digits and a newline
// (openssl rand -hex 32). `active` empty means the last id in byte order. Files of other names are
// passed over, as are names that begin with a dot.
//
// An error names the file or directory and says what to do: NOT_FOUND for a missing directory or
// one without keys, PERMISSION_DENIED for a file that cannot be read or that others can read (mode
// & 007), INVALID_ARGUMENT for a malformed key or an unknown `active`. At most 1,000 keys. The
// key's text is never part of an error.
absl::StatusOr<KeyRing> LoadKeyRing(const std::string& directory, absl::string_view active);

}  // namespace restante::app

#endif  // RESTANTE_COMMON_APP_KEY_FILES_H_
