#include "tools/restantectl/mail/mbox.h"

#include <openssl/evp.h>

#include <cerrno>
#include <fstream>
#include <map>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "tools/restantectl/mail/files.h"
#include "tools/restantectl/mail/line_ends.h"

namespace restante::ctl {
namespace {

constexpr char kFrom[] = "From ";

// Whether a line begins with "From " behind any number of ">".
bool IsQuotable(absl::string_view line) {
  line.remove_prefix(std::min(line.find_first_not_of('>'), line.size()));
  return absl::StartsWith(line, kFrom);
}

std::string Digest(absl::string_view text) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  EVP_Digest(text.data(), text.size(), digest, &size, EVP_sha256(), nullptr);
  return absl::BytesToHexString(absl::string_view(reinterpret_cast<const char*>(digest), size));
}

// The date of "From SENDER Thu Nov  6 12:00:00 2025", in UTC as RFC 4155 has it.
std::optional<absl::Time> DateOf(absl::string_view line) {
  constexpr size_t kDateOctets = 24;
  line = absl::StripAsciiWhitespace(line);
  if (line.size() < kDateOctets) return std::nullopt;
  absl::Time time;
  std::string error;
  const std::string date(line.substr(line.size() - kDateOctets));
  if (!absl::ParseTime("%a %b %e %H:%M:%S %Y", date, absl::UTCTimeZone(), &time, &error)) {
    return std::nullopt;
  }
  return time;
}

struct Place {
  std::streamoff begin = 0;  // behind the From line
  std::streamoff end = 0;    // before the empty line that closes it
  std::optional<absl::Time> date;
};

class MboxSource : public MailSource {
 public:
  explicit MboxSource(std::ifstream file) : file_(std::move(file)) {}

  absl::Status Scan() {
    bool after_empty = true;
    std::string line;
    std::streamoff at = 0;
    while (std::getline(file_, line)) {
      const std::streamoff next = at + static_cast<std::streamoff>(line.size()) + 1;
      if (after_empty && absl::StartsWith(line, kFrom)) {
        if (!places_.empty()) places_.back().end = EndBefore(at);
        places_.push_back({next, 0, DateOf(line)});
      } else if (places_.empty()) {
        return absl::InvalidArgumentError("it does not begin with a line \"From \"");
      }
      after_empty = line.empty() || line == "\r";
      last_empty_octets_ = after_empty ? next - at : 0;
      at = next;
    }
    if (file_.bad()) return absl::UnavailableError("it cannot be read");
    file_.clear();
    file_.seekg(0, std::ios::end);
    if (!places_.empty()) places_.back().end = EndBefore(file_.tellg());
    return absl::OkStatus();
  }

  absl::StatusOr<std::vector<SourceMessage>> List() override {
    std::vector<SourceMessage> messages;
    std::map<std::string, int> copies;
    for (size_t i = 0; i < places_.size(); ++i) {
      RESTANTE_ASSIGN_OR_RETURN(const std::string text, Read(i));
      SourceMessage message;
      const std::string digest = Digest(text);
      // Of equal messages each is one.
      message.import_id = absl::StrCat("mbox-", digest, "-", ++copies[digest]);
      message.size_octets = static_cast<int64_t>(text.size());
      message.delivery_time = places_[i].date;
      messages.push_back(std::move(message));
    }
    return messages;
  }

  absl::StatusOr<std::string> Read(size_t index) override {
    const Place& place = places_.at(index);
    std::string raw(static_cast<size_t>(place.end - place.begin), '\0');
    file_.clear();
    file_.seekg(place.begin);
    file_.read(raw.data(), static_cast<std::streamsize>(raw.size()));
    if (!file_) return absl::UnavailableError("the mbox was changed meanwhile");
    std::string text;
    for (size_t at = 0; at < raw.size();) {
      const size_t end = std::min(raw.find('\n', at), raw.size() - 1) + 1;
      absl::string_view line = absl::string_view(raw).substr(at, end - at);
      if (absl::StartsWith(line, ">") && IsQuotable(line)) line.remove_prefix(1);
      text.append(line.data(), line.size());
      at = end;
    }
    return WithCrlf(text);
  }

 private:
  // The empty line before the next From line belongs to the format.
  std::streamoff EndBefore(std::streamoff at) const {
    return std::max(places_.back().begin, at - last_empty_octets_);
  }

  std::ifstream file_;
  std::vector<Place> places_;
  std::streamoff last_empty_octets_ = 0;
};

class MboxSink : public MailSink {
 public:
  explicit MboxSink(std::string path)
      : path_(std::move(path)), partial_(path_ + ".partial"), file_(partial_, std::ios::binary) {}

  bool is_open() const { return file_.is_open(); }

  absl::StatusOr<uint64_t> LastMessageId() override { return 0; }

  absl::Status Write(const ExportedMail& mail, const std::string& text) override {
    file_ << kFrom << "MAILER-DAEMON "
          << absl::FormatTime("%a %b %e %H:%M:%S %Y", mail.delivery_time, absl::UTCTimeZone())
          << "\n";
    const std::string lines = WithLf(text);
    for (size_t at = 0; at < lines.size();) {
      const size_t end = std::min(lines.find('\n', at), lines.size() - 1) + 1;
      const absl::string_view line = absl::string_view(lines).substr(at, end - at);
      if (IsQuotable(line)) file_ << '>';
      file_ << line;
      at = end;
    }
    if (!lines.empty() && lines.back() != '\n') file_ << "\n";
    file_ << "\n";
    return file_ ? absl::OkStatus() : absl::UnavailableError(partial_ + " cannot be written");
  }

  absl::Status Close() override {
    file_.close();
    if (!file_) return absl::UnavailableError(partial_ + " cannot be written");
    RESTANTE_RETURN_IF_ERROR(Sync(partial_));
    if (rename(partial_.c_str(), path_.c_str()) != 0) return absl::ErrnoToStatus(errno, path_);
    return absl::OkStatus();
  }

 private:
  const std::string path_;
  const std::string partial_;
  std::ofstream file_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<MailSource>> OpenMbox(const std::string& path) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file) return absl::ErrnoToStatus(errno, path);
  auto source = std::make_unique<MboxSource>(std::move(file));
  const absl::Status scanned = source->Scan();
  if (!scanned.ok())
    return absl::Status(scanned.code(), absl::StrCat(path, ": ", scanned.message()));
  return source;
}

absl::StatusOr<std::unique_ptr<MailSink>> MakeMbox(const std::string& path) {
  if (std::ifstream(path)) {
    return absl::AlreadyExistsError(absl::StrCat(path, " is there; name another file"));
  }
  errno = 0;
  auto sink = std::make_unique<MboxSink>(path);
  if (!sink->is_open()) return absl::ErrnoToStatus(errno, path);
  return sink;
}

}  // namespace restante::ctl
