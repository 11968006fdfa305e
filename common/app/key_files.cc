#include "common/app/key_files.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <map>
#include <system_error>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/base/status_macros.h"

namespace restante::app {
namespace {

constexpr size_t kMaxKeys = 1000;
constexpr size_t kKeyDigits = 2 * KeyRing::kKeyOctets;
constexpr char kHowToMakeOne[] = "make one with: openssl rand -hex 32";

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  const int fd_;
};

absl::Status CannotRead(const std::string& path, int error) {
  const std::string message =
      absl::StrCat(path, ": cannot be read: ", std::system_category().message(error));
  if (error == EACCES || error == EPERM) return absl::PermissionDeniedError(message);
  return absl::NotFoundError(message);
}

// The text of a key file. One octet more than is allowed is read, so that a longer file shows.
absl::StatusOr<Secret> ReadKeyText(const std::string& path) {
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) return CannotRead(path, errno);
  // Of the file that was opened, so that nobody exchanges it in between.
  struct stat about;
  if (fstat(file.get(), &about) != 0) return CannotRead(path, errno);
  if (!S_ISREG(about.st_mode)) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": is not a regular file"));
  }
  if ((about.st_mode & 007) != 0) {
    return absl::PermissionDeniedError(absl::StrCat(
        path, ": every user of this machine has access to the key; chmod o= the file"));
  }
  std::string text(kKeyDigits + 2, '\0');
  const ssize_t count = read(file.get(), text.data(), text.size());
  if (count < 0) return CannotRead(path, errno);
  text.resize(static_cast<size_t>(count));
  return Secret(std::move(text));
}

absl::StatusOr<Secret> ReadKey(const std::string& path) {
  RESTANTE_ASSIGN_OR_RETURN(const Secret text, ReadKeyText(path));
  absl::string_view digits = text.view();
  absl::ConsumeSuffix(&digits, "\n");
  bool well_formed = digits.size() == kKeyDigits;
  for (const char digit : digits) {
    well_formed = well_formed && absl::ascii_isxdigit(static_cast<unsigned char>(digit));
  }
  if (!well_formed) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": expected 64 hexadecimal digits and a newline; ", kHowToMakeOne));
  }
  return Secret(absl::HexStringToBytes(digits));
}

bool IsKeyFile(const std::filesystem::path& path) {
  return path.extension() == ".key" && path.filename().native().front() != '.';
}

absl::Status WithoutKeys(const std::string& directory) {
  return absl::NotFoundError(absl::StrCat(directory, ": has no keys (files KEYID.key); ",
                                          kHowToMakeOne, " > ", directory,
                                          "/2025-01.key && chmod 600 ", directory, "/2025-01.key"));
}

}  // namespace

absl::StatusOr<KeyRing> LoadKeyRing(const std::string& directory, absl::string_view active) {
  std::error_code error;
  std::filesystem::directory_iterator entries(directory, error);
  if (error) return CannotRead(directory, error.value());
  std::map<std::string, Secret> keys;
  for (const std::filesystem::directory_entry& entry : entries) {
    if (!IsKeyFile(entry.path())) continue;
    if (keys.size() == kMaxKeys) {
      return absl::InvalidArgumentError(
          absl::StrCat(directory, ": has more than ", kMaxKeys, " keys; remove retired ones"));
    }
    RESTANTE_ASSIGN_OR_RETURN(Secret key, ReadKey(entry.path()));
    keys.emplace(entry.path().stem().native(), std::move(key));
  }
  if (keys.empty()) return WithoutKeys(directory);
  const std::string active_id = active.empty() ? keys.rbegin()->first : std::string(active);
  absl::StatusOr<KeyRing> ring = KeyRing::Create(std::move(keys), active_id);
  if (ring.ok()) return ring;
  return absl::InvalidArgumentError(absl::StrCat(directory, ": ", ring.status().message()));
}

}  // namespace restante::app
