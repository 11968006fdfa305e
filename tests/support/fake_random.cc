#include "tests/support/fake_random.h"

namespace restante {

std::string FakeRandom::Bytes(size_t count) {
  MutexLock lock(&mutex_);
  std::string bytes = scripted_.substr(0, count);
  scripted_.erase(0, bytes.size());
  while (bytes.size() < count) {
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    bytes.push_back(static_cast<char>(state_ >> 56));
  }
  return bytes;
}

void FakeRandom::Next(absl::string_view bytes) {
  MutexLock lock(&mutex_);
  scripted_.append(bytes.data(), bytes.size());
}

}  // namespace restante
