#include "auth-service/app/key_set_file.h"

#include <fstream>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"

namespace restante::logon {
namespace {

absl::StatusOr<std::shared_ptr<const oauth::KeySet>> Read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  // One octet more than there may be, so that a longer file is seen to be one.
  std::string text(oauth::kMaxKeySetOctets + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<size_t>(file.gcount()));
  if (text.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("oauth.key_set ", path, " cannot be read or is empty; fetch it from the ",
                     "issuer's jwks_uri"));
  }
  auto keys = oauth::KeySet::Parse(text);
  if (keys.ok()) return keys;
  return absl::InvalidArgumentError(
      absl::StrCat("oauth.key_set ", path, " is no key set (RFC 7517): ", keys.status().message()));
}

}  // namespace

absl::StatusOr<std::unique_ptr<KeySetFile>> KeySetFile::Load(std::string path) {
  std::unique_ptr<KeySetFile> file(new KeySetFile(std::move(path)));
  RESTANTE_RETURN_IF_ERROR(file->Reload());
  return file;
}

std::shared_ptr<const oauth::KeySet> KeySetFile::Current() {
  MutexLock lock(&mutex_);
  return current_;
}

absl::Status KeySetFile::Reload() {
  RESTANTE_ASSIGN_OR_RETURN(auto keys, Read(path_));
  MutexLock lock(&mutex_);
  current_ = std::move(keys);
  return absl::OkStatus();
}

KeySetReloader::KeySetReloader(KeySetFile* file, const std::string& path, const log::Logger& logger)
    : file_(file), logger_(logger) {
  if (file_ == nullptr) return;
  loops_.emplace(1);
  watch_.emplace(std::vector<std::string>{path}, &loops_->loop(0), [this] { ReloadNow(); });
}

void KeySetReloader::ReloadNow() const {
  if (file_ == nullptr) return logger_.Info("reload_has_no_effect");
  const absl::Status status = file_->Reload();
  if (status.ok()) return logger_.Info("key_set_reloaded");
  logger_.Error("key_set_not_reloaded", {{"error", status.message()}});
}

}  // namespace restante::logon
