// A whole LMTP session: the client's octets and what happens behind it, both as the input says.
//
// Input: one octet of options, then steps. A step's first octet below 0x80 is a count of octets
// that the client sends next; otherwise its low bits choose an event.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "common/base/check.h"
#include "mailstore-service/lmtp/protocol/session.h"

namespace restante::lmtp {
namespace {

SessionOptions Options(uint8_t octet) {
  SessionOptions options;
  if ((octet & 1) != 0) options.bare_line_ends = BareLineEnds::kNormalise;
  if ((octet & 2) != 0) options.max_message_octets = 40;
  if ((octet & 4) != 0) options.max_recipients = 2;
  if ((octet & 8) != 0) options.max_commands = 20;
  if ((octet & 16) != 0) options.max_errors = 3;
  return options;
}

// Plays the driver, and holds the session against its contract.
class Driver {
 public:
  explicit Driver(uint8_t options) : options_(Options(options)), session_(options_) {
    std::vector<Effect> effects;
    session_.Start(&effects);
    Carry(effects);
  }

  void Client(absl::string_view octets) {
    unread_.append(octets.data(), octets.size());
    FeedUnread();
  }

  void Behind(uint8_t choice) {
    std::optional<Event> event = Choose(choice);
    if (!event) return;
    std::vector<Effect> effects;
    session_.Handle(*std::move(event), &effects);
    Carry(effects);
    FeedUnread();
  }

 private:
  enum class Awaited { kNothing, kRecipient, kChecked, kDelivered };

  // What the driver could truthfully report now.
  std::optional<Event> Choose(uint8_t choice) {
    switch (choice & 0x0F) {
      case 0x0F:
        return PeerGone();
      case 0x0E:
        return IdleTimeout();
      case 0x0D:
        return Drain();
      default:
        return Answer(choice & 0x07);
    }
  }

  std::optional<Event> Answer(int choice) {
    switch (std::exchange(awaited_, Awaited::kNothing)) {
      case Awaited::kNothing:
        return std::nullopt;
      case Awaited::kRecipient:
        if (choice == 0) return RecipientUnknown();
        if (choice == 1) return RecipientUndecided();
        return RecipientFound{choice < 4 ? "mbx-a" : "mbx-b", "mailstore-0"};
      case Awaited::kChecked:
        if (choice == 7) return DeliveryChecked{DeliveryOutcome::kMailboxDeleted};
        return DeliveryChecked{choice < 2 ? DeliveryOutcome::kMailboxFull
                                          : DeliveryOutcome::kUnavailable};
      case Awaited::kDelivered:
        return Delivered{std::vector<DeliveryOutcome>(
            mailboxes_, choice < 2 ? DeliveryOutcome::kUnavailable : DeliveryOutcome::kDelivered)};
    }
    return std::nullopt;
  }

  void FeedUnread() {
    absl::string_view rest = unread_;
    while (!rest.empty() && session_.WantsOctets()) {
      RESTANTE_CHECK(awaited_ == Awaited::kNothing);
      size_t before = rest.size();
      std::vector<Effect> effects;
      session_.Feed(&rest, &effects);
      RESTANTE_CHECK(rest.size() < before);
      Carry(effects);
    }
    unread_ = std::string(rest);
  }

  void Await(Awaited what) {
    RESTANTE_CHECK(awaited_ == Awaited::kNothing);
    awaited_ = what;
  }

  void Carry(const std::vector<Effect>& effects) {
    for (const Effect& effect : effects) {
      RESTANTE_CHECK(!over_);
      std::visit([this](const auto& one) { On(one); }, effect);
    }
    RESTANTE_CHECK(over_ == session_.ended());
    if (over_) RESTANTE_CHECK(!receiving_);
  }

  void On(const Send& send) {
    RESTANTE_CHECK(absl::EndsWith(send.text, "\r\n"));
    for (char c : send.text) RESTANTE_CHECK((c >= ' ' && c <= '~') || c == '\r' || c == '\n');
  }
  void On(const ResolveRecipient& resolve) {
    RESTANTE_CHECK(!resolve.address.empty() && resolve.address.size() <= 320);
    Await(Awaited::kRecipient);
  }
  void On(const CheckDelivery& check) {
    RESTANTE_CHECK(check.size_octets > 0 && check.size_octets <= options_.max_message_octets);
    Await(Awaited::kChecked);
  }
  void On(const BeginDelivery& begin) {
    RESTANTE_CHECK(!receiving_);
    receiving_ = true;
    octets_ = 0;
    ends_in_crlf_ = true;
    mailboxes_ = begin.envelope.mailboxes.size();
    RESTANTE_CHECK(mailboxes_ >= 1 && mailboxes_ <= options_.max_recipients);
  }
  void On(const WriteText& write) {
    RESTANTE_CHECK(receiving_ && !write.text.empty());
    octets_ += static_cast<int64_t>(write.text.size());
    ends_in_crlf_ = absl::EndsWith(write.text, "\r\n");
    // Text of which each CR and LF is half of a CRLF.
    for (absl::string_view line : absl::StrSplit(write.text, "\r\n")) {
      RESTANTE_CHECK(line.find_first_of("\r\n") == absl::string_view::npos);
    }
  }
  void On(const FinishDelivery&) {
    RESTANTE_CHECK(receiving_ && ends_in_crlf_ && octets_ <= options_.max_message_octets);
    receiving_ = false;
    Await(Awaited::kDelivered);
  }
  void On(const AbandonDelivery&) {
    RESTANTE_CHECK(receiving_);
    receiving_ = false;
  }
  void On(const Disconnect&) { over_ = true; }

  const SessionOptions options_;
  Session session_;
  std::string unread_;
  Awaited awaited_ = Awaited::kNothing;
  bool over_ = false;
  bool receiving_ = false;
  bool ends_in_crlf_ = true;
  size_t mailboxes_ = 0;
  int64_t octets_ = 0;
};

}  // namespace
}  // namespace restante::lmtp

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  absl::string_view input(reinterpret_cast<const char*>(data), size);
  if (input.empty()) return 0;
  restante::lmtp::Driver driver(static_cast<uint8_t>(input.front()));
  input.remove_prefix(1);
  while (!input.empty()) {
    uint8_t step = static_cast<uint8_t>(input.front());
    input.remove_prefix(1);
    if (step >= 0x80) {
      driver.Behind(step);
      continue;
    }
    driver.Client(input.substr(0, step));
    input.remove_prefix(std::min<size_t>(step, input.size()));
  }
  return 0;
}
