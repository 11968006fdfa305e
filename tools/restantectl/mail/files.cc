#include "tools/restantectl/mail/files.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <fstream>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"

namespace restante::ctl {
namespace {

absl::Status Failed(const std::string& path) { return absl::ErrnoToStatus(errno, path); }

absl::Status WriteAll(int file, const std::string& path, absl::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(file, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return Failed(path);
    text.remove_prefix(static_cast<size_t>(written));
  }
  return fsync(file) == 0 ? absl::OkStatus() : Failed(path);
}

}  // namespace

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  errno = 0;
  if (!file) return Failed(path);
  text << file.rdbuf();
  if (file.bad()) return Failed(path);
  return text.str();
}

absl::Status WriteFile(const std::string& path, absl::string_view text) {
  const std::string partial = absl::StrCat(path, ".partial");
  const int file = open(partial.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) return Failed(partial);
  const absl::Status written = WriteAll(file, partial, text);
  close(file);
  RESTANTE_RETURN_IF_ERROR(written);
  return rename(partial.c_str(), path.c_str()) == 0 ? absl::OkStatus() : Failed(path);
}

absl::Status Sync(const std::string& path) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return Failed(path);
  const absl::Status status = fsync(file) == 0 ? absl::OkStatus() : Failed(path);
  close(file);
  return status;
}

}  // namespace restante::ctl
