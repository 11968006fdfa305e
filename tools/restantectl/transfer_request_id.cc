#include "tools/restantectl/transfer_request_id.h"

#include <filesystem>
#include <system_error>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/base/byte_writer.h"
#include "common/base/ids.h"
#include "common/crypto/digest.h"

namespace restante::ctl {
namespace {

namespace fs = std::filesystem;

constexpr size_t kRequestIdOctets = 16;
// Each costs a call; who repeats a command more often within a day gets an id that is new.
constexpr int kMostSkipped = 32;

// Lengths keep what is in one part from being taken for two.
std::string Derive(const std::vector<std::string>& parts) {
  ByteWriter writer;
  writer.LengthPrefixed("restantectl transfer");
  for (const std::string& part : parts) writer.LengthPrefixed(part);
  return absl::BytesToHexString(Sha256(writer.Take()).substr(0, kRequestIdOctets));
}

}  // namespace

TransferRequestIds::TransferRequestIds(const std::vector<std::string>& work, Random* random)
    : random_(*random), current_(work.empty() ? NewId(*random) : Derive(work)) {}

void TransferRequestIds::SkipEnded(absl::string_view operation) {
  if (++skipped_ > kMostSkipped) return UseNew();
  current_ = Derive({current_, std::string(operation)});
}

void TransferRequestIds::UseNew() { current_ = NewId(random_); }

std::vector<std::string> IdentityOfFile(const std::string& path) {
  std::vector<std::string> identity = {IdentityOfPlace(path)};
  std::error_code error;
  const auto size = fs::file_size(path, error);
  if (error) return identity;
  const auto written = fs::last_write_time(path, error);
  if (error) return identity;
  identity.push_back(absl::StrCat(size));
  identity.push_back(absl::StrCat(written.time_since_epoch().count()));
  return identity;
}

std::string IdentityOfPlace(const std::string& path) {
  std::error_code error;
  const fs::path absolute = fs::absolute(path, error);
  const fs::path canonical = fs::weakly_canonical(absolute, error);
  return error ? path : canonical.string();
}

}  // namespace restante::ctl
