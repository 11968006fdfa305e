#include "pop3-frontend/protocol/line_splitter.h"

#include <algorithm>

namespace restante::pop3 {

LineSplitter::~LineSplitter() { Wipe(&buffer_); }

void LineSplitter::Append(absl::string_view octets) {
  // A growing string would leave its old memory, passwords included, behind.
  if (buffer_.size() + octets.size() > buffer_.capacity()) {
    std::string larger;
    larger.reserve(2 * (buffer_.size() + octets.size()));
    larger = buffer_;
    Wipe(&buffer_);
    buffer_.swap(larger);
  }
  buffer_.append(octets.data(), octets.size());
}

void LineSplitter::Consume(size_t octets) {
  std::fill_n(buffer_.begin(), octets, '\0');
  buffer_.erase(0, octets);
}

std::variant<LineSplitter::NeedMore, Line, LineTooLong> LineSplitter::Next(size_t max_octets) {
  size_t end = buffer_.find('\n');
  if (skipping_) {
    Consume(end == std::string::npos ? buffer_.size() : end + 1);
    if (end == std::string::npos) return NeedMore();
    skipping_ = false;
    end = buffer_.find('\n');
  }
  if (end == std::string::npos) {
    // One more octet than the limit could still be the CR of the line's end.
    if (buffer_.size() <= max_octets + 1) return NeedMore();
    skipping_ = true;
    Consume(buffer_.size());
    return LineTooLong();
  }
  size_t length = end > 0 && buffer_[end - 1] == '\r' ? end - 1 : end;
  if (length > max_octets) {
    Consume(end + 1);
    return LineTooLong();
  }
  Line line{Secret::CopyOf(absl::string_view(buffer_).substr(0, length))};
  Consume(end + 1);
  return line;
}

}  // namespace restante::pop3
