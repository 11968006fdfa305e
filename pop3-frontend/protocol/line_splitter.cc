#include "pop3-frontend/protocol/line_splitter.h"

#include <algorithm>
#include <cstddef>

namespace restante::pop3 {
namespace {

// An idle connection keeps no more, whatever it once sent.
constexpr size_t kKeptOctets = 512;
// How far a buffer grows beyond what it has to hold: octets that come one by one are not to move it
// each time.
constexpr size_t kSpareOctets = 4096;

}  // namespace

LineSplitter::~LineSplitter() { Wipe(&buffer_); }

void LineSplitter::Append(absl::string_view octets) {
  MakeRoom(octets.size());
  buffer_.append(octets.data(), octets.size());
}

// A string that grows or shifts would leave copies of passwords behind.
void LineSplitter::MakeRoom(size_t octets) {
  if (buffer_.size() + octets <= buffer_.capacity()) return;
  absl::string_view kept = absl::string_view(buffer_).substr(start_);
  std::string larger;
  const size_t needed = kept.size() + octets;
  larger.reserve(needed + std::min(needed, kSpareOctets));
  larger.append(kept.data(), kept.size());
  Wipe(&buffer_);
  buffer_.swap(larger);
  start_ = 0;
}

void LineSplitter::Consume(size_t octets) {
  std::fill_n(buffer_.begin() + static_cast<std::ptrdiff_t>(start_), octets, '\0');
  start_ += octets;
  if (start_ < buffer_.size()) return;
  buffer_.clear();
  if (buffer_.capacity() > kKeptOctets) std::string().swap(buffer_);
  start_ = 0;
}

std::variant<LineSplitter::NeedMore, Line, LineTooLong> LineSplitter::Next(size_t max_octets) {
  absl::string_view rest = absl::string_view(buffer_).substr(start_);
  size_t end = rest.find('\n');
  if (skipping_) {
    size_t passed = end == absl::string_view::npos ? rest.size() : end + 1;
    Consume(passed);
    if (end == absl::string_view::npos) return NeedMore();
    skipping_ = false;
    return Next(max_octets);
  }
  if (end == absl::string_view::npos) {
    // One more octet than the limit could still be the CR of the line's end.
    if (rest.size() <= max_octets + 1) return NeedMore();
    skipping_ = true;
    Consume(rest.size());
    return LineTooLong();
  }
  size_t length = end > 0 && rest[end - 1] == '\r' ? end - 1 : end;
  if (length > max_octets) {
    Consume(end + 1);
    return LineTooLong();
  }
  Line line{Secret::CopyOf(rest.substr(0, length))};
  Consume(end + 1);
  return line;
}

}  // namespace restante::pop3
