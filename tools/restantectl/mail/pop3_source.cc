#include "tools/restantectl/mail/pop3_source.h"

#include <curl/curl.h>

#include <map>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/check.h"
#include "common/base/status_macros.h"
#include "tools/restantectl/mail/line_ends.h"

namespace restante::ctl {
namespace {

constexpr size_t kMaxTextOctets = size_t{1} << 30;
constexpr long kConnectSeconds = 30;
constexpr long kSilentSeconds = 60;

size_t Append(char* data, size_t size, size_t count, void* text) {
  auto* const out = static_cast<std::string*>(text);
  // Less than was given ends the transfer.
  if (out->size() + size * count > kMaxTextOctets) return 0;
  out->append(data, size * count);
  return size * count;
}

absl::StatusCode CodeOf(CURLcode code) {
  switch (static_cast<int>(code)) {
    case CURLE_LOGIN_DENIED:
      return absl::StatusCode::kUnauthenticated;
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_SSL_CACERT_BADFILE:
      return absl::StatusCode::kInvalidArgument;
    default:
      return absl::StatusCode::kUnavailable;
  }
}

// "NUMBER REST" of each line of a listing.
std::map<int64_t, std::string> ParseListing(absl::string_view text) {
  std::map<int64_t, std::string> rows;
  for (absl::string_view line : absl::StrSplit(text, '\n', absl::SkipWhitespace())) {
    const std::pair<absl::string_view, absl::string_view> parts =
        absl::StrSplit(absl::StripAsciiWhitespace(line), absl::MaxSplits(' ', 1));
    int64_t number = 0;
    if (absl::SimpleAtoi(parts.first, &number)) rows.emplace(number, parts.second);
  }
  return rows;
}

class Pop3Source : public MailSource {
 public:
  explicit Pop3Source(const Pop3Maildrop& maildrop)
      : url_(absl::StrCat(maildrop.url, absl::EndsWith(maildrop.url, "/") ? "" : "/")),
        curl_(curl_easy_init()) {
    RESTANTE_CHECK(curl_ != nullptr);
    Set(CURLOPT_PROTOCOLS_STR, "pop3,pop3s");
    Set(CURLOPT_NOSIGNAL, 1L);
    Set(CURLOPT_ERRORBUFFER, error_);
    Set(CURLOPT_WRITEFUNCTION, &Append);
    Set(CURLOPT_CONNECTTIMEOUT, kConnectSeconds);
    Set(CURLOPT_LOW_SPEED_LIMIT, 1L);
    Set(CURLOPT_LOW_SPEED_TIME, kSilentSeconds);
    Set(CURLOPT_USE_SSL, static_cast<long>(maildrop.without_tls ? CURLUSESSL_TRY : CURLUSESSL_ALL));
    Set(CURLOPT_USERNAME, maildrop.user.c_str());
    std::string password(maildrop.password.view());  // with its end
    Set(CURLOPT_PASSWORD, password.c_str());
    Wipe(&password);
    if (!maildrop.ca.empty()) Set(CURLOPT_CAINFO, maildrop.ca.c_str());
    if (!maildrop.mechanism.empty()) {
      Set(CURLOPT_LOGIN_OPTIONS, absl::StrCat("AUTH=", maildrop.mechanism).c_str());
    }
  }
  ~Pop3Source() override { curl_easy_cleanup(curl_); }
  Pop3Source(const Pop3Source&) = delete;
  Pop3Source& operator=(const Pop3Source&) = delete;

  absl::StatusOr<std::vector<SourceMessage>> List() override {
    RESTANTE_ASSIGN_OR_RETURN(const std::string sizes, Get("", "LIST"));
    RESTANTE_ASSIGN_OR_RETURN(const std::string uidls, Get("", "UIDL"));
    const std::map<int64_t, std::string> uidl_of = ParseListing(uidls);
    numbers_.clear();
    std::vector<SourceMessage> messages;
    for (const auto& [number, size] : ParseListing(sizes)) {
      SourceMessage message;
      int64_t octets = 0;
      if (absl::SimpleAtoi(size, &octets)) message.size_octets = octets;
      const auto uidl = uidl_of.find(number);
      if (uidl != uidl_of.end()) message.uidl = uidl->second;
      message.import_id = absl::StrCat("pop3-", number);
      numbers_.push_back(number);
      messages.push_back(std::move(message));
    }
    return messages;
  }

  absl::StatusOr<std::string> Read(size_t index) override {
    RESTANTE_ASSIGN_OR_RETURN(const std::string text,
                              Get(absl::StrCat(numbers_.at(index)), nullptr));
    return WithCrlf(text);
  }

 private:
  template <typename Value>
  void Set(CURLoption option, Value value) {
    RESTANTE_CHECK(curl_easy_setopt(curl_, option, value) == CURLE_OK);
  }

  // What `command` gives, or RETR of the message at `path`.
  absl::StatusOr<std::string> Get(const std::string& path, const char* command) {
    if (broken_) return absl::UnavailableError("the connection to the source was lost");
    std::string text;
    error_[0] = '\0';
    Set(CURLOPT_URL, (url_ + path).c_str());
    Set(CURLOPT_CUSTOMREQUEST, command);
    Set(CURLOPT_WRITEDATA, &text);
    const CURLcode code = curl_easy_perform(curl_);
    long connections = 0;
    curl_easy_getinfo(curl_, CURLINFO_NUM_CONNECTS, &connections);
    broken_ = code != CURLE_OK || (connected_ && connections > 0);
    if (code != CURLE_OK) {
      return absl::Status(
          CodeOf(code),
          absl::StrCat("the source: ", error_[0] != '\0' ? error_ : curl_easy_strerror(code)));
    }
    if (broken_) return absl::UnavailableError("the connection to the source was lost");
    connected_ = true;
    return text;
  }

  const std::string url_;
  CURL* const curl_;
  char error_[CURL_ERROR_SIZE] = "";
  bool connected_ = false;
  bool broken_ = false;
  std::vector<int64_t> numbers_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<MailSource>> OpenPop3Maildrop(Pop3Maildrop maildrop) {
  if (!absl::StartsWith(maildrop.url, "pop3://") && !absl::StartsWith(maildrop.url, "pop3s://")) {
    return absl::InvalidArgumentError("the URL must be pop3s://HOST[:PORT] or pop3://HOST[:PORT]");
  }
  return std::make_unique<Pop3Source>(maildrop);
}

}  // namespace restante::ctl
