// A whole POP3 session: the client's octets and what happens behind it, both as the input says.
//
// Input: one octet of options, then steps. A step's first octet below 0x80 is a count of octets
// that the client sends next; otherwise its low bits choose an event.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "common/base/check.h"
#include "pop3-frontend/protocol/line_splitter.h"
#include "pop3-frontend/protocol/session.h"

namespace restante::pop3 {
namespace {

std::shared_ptr<const MechanismPolicy> Policy(uint8_t options) {
  if ((options & 0x10) != 0) return nullptr;
  auto policy = std::make_shared<MechanismPolicy>();
  policy->mechanisms = {{"NTLM", (options & 0x20) == 0, false, true},
                        {"PLAIN", true, (options & 0x40) != 0, true},
                        {"LOGIN", true, false, false}};
  return policy;
}

SessionOptions Options(uint8_t octet) {
  SessionOptions options;
  options.stls_available = (octet & 1) != 0;
  options.tls = (octet & 2) != 0;
  options.logon_without_tls = (octet & 4) != 0;
  options.ntlm_ready_is_ok = (octet & 8) != 0;
  return options;
}

// Plays the driver, and holds the session against its contract.
class Driver {
 public:
  explicit Driver(uint8_t options) : session_(Options(options)) {
    session_.SetPolicy(Policy(options));
    std::vector<Effect> effects;
    session_.Start(&effects);
    Carry(effects);
    replies_ = 0;
  }

  void Client(absl::string_view octets) {
    splitter_.Append(octets);
    TakeLines();
  }

  void Behind(uint8_t choice) {
    std::optional<Event> event = Choose(choice);
    if (!event) return;
    Give(*std::move(event));
    TakeLines();
  }

 private:
  enum class Awaited { kNothing, kTls, kLogon, kOpen, kRoom, kBody, kBodyEnd, kClose, kDelay };

  // What the driver could truthfully report now.
  std::optional<Event> Choose(uint8_t choice) {
    switch (choice & 0x0F) {
      case 0x0F:
        return PeerGone();
      case 0x0E:
        return IdleTimeout();
      case 0x0D:
        return Drain();
      case 0x0C:
        if (session_.logged_on()) return LeaseLost();
        return std::nullopt;
      default:
        return Answer(choice & 0x07);
    }
  }

  std::optional<Event> Answer(int choice) {
    switch (std::exchange(awaited_, Awaited::kNothing)) {
      case Awaited::kNothing:
        return std::nullopt;
      case Awaited::kTls:
        return TlsReady();
      case Awaited::kLogon:
        if (choice == 0) return BackendDown();
        if (choice == 1) return AuthRejected{RefusalReason::kCredentials, "7F3A-22Q9", {}};
        if (choice == 2) return AuthRejected{RefusalReason::kTlsRequired, "", absl::Seconds(2)};
        if (choice < 5) return AuthChallenge{"challenge", "state"};
        return AuthAccepted{"accounts/a",  "a",     "m",
                            "mailstore-0", "grant", absl::Seconds(choice == 5 ? 2 : 0)};
      case Awaited::kOpen:
        if (choice == 0) return BackendDown();
        if (choice == 1) return Busy();
        if (choice == 2) return TooManySessions();
        if (choice == 4) return MailboxDeleted();
        if (choice == 3) return Opened{std::vector<MaildropMessage>(2000, {1, 100, "unique-id"})};
        return Opened{{{1, 100, "u1"}, {2, 20, "u2"}, {3, 0, "u3"}}};
      case Awaited::kRoom:
        return RoomForMore();
      case Awaited::kBody:
        if (choice == 0) return BodyFailed{BodyFailure::kNotFound};
        if (choice == 1) return BodyFailed{BodyFailure::kUnavailable};
        awaited_ = Awaited::kBodyEnd;
        return BodyStarted();
      case Awaited::kBodyEnd:
        if (choice == 0) return BodyFailed{BodyFailure::kCorrupt};
        return BodyDone();
      case Awaited::kClose:
        if (choice == 0) return BackendDown();
        return Closed();
      case Awaited::kDelay:
        return DelayOver();
    }
    return std::nullopt;
  }

  void Give(Event event) {
    std::vector<Effect> effects;
    session_.Handle(std::move(event), &effects);
    Carry(effects);
  }

  void TakeLines() {
    while (session_.WantsLine()) {
      auto next = splitter_.Next(session_.MaxLineOctets());
      if (std::holds_alternative<LineSplitter::NeedMore>(next)) return;
      RESTANTE_CHECK(awaited_ == Awaited::kNothing);
      ++lines_;
      if (Line* line = std::get_if<Line>(&next)) {
        Give(std::move(*line));
      } else {
        Give(LineTooLong());
      }
      // One reply a command, and none before the command.
      if (session_.WantsLine()) RESTANTE_CHECK(replies_ == lines_);
    }
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
  }

  void On(const Send& send) {
    RESTANTE_CHECK(absl::EndsWith(send.text, "\r\n"));
    bool reply = absl::StartsWith(send.text, "+") || absl::StartsWith(send.text, "-ERR");
    bool goes_on = absl::ascii_isdigit(static_cast<unsigned char>(send.text[0])) ||
                   absl::EndsWith(send.text, ".\r\n");
    RESTANTE_CHECK(reply || goes_on);
    if (reply) ++replies_;
  }
  void On(const StartTls&) { Await(Awaited::kTls); }
  void On(const BeginLogon&) { Await(Awaited::kLogon); }
  void On(const ContinueLogon&) { Await(Awaited::kLogon); }
  void On(const OpenMaildrop&) { Await(Awaited::kOpen); }
  void On(const AwaitRoom&) { Await(Awaited::kRoom); }
  void On(const ReadBody&) { Await(Awaited::kBody); }
  void On(const CloseMaildrop& close) {
    if (close.answered) return Await(Awaited::kClose);
    RESTANTE_CHECK(close.delete_message_ids.empty());
  }
  void On(const Delay&) { Await(Awaited::kDelay); }
  void On(const Disconnect&) { over_ = true; }

  Session session_;
  LineSplitter splitter_;
  Awaited awaited_ = Awaited::kNothing;
  bool over_ = false;
  int64_t lines_ = 0;
  int64_t replies_ = 0;
};

}  // namespace
}  // namespace restante::pop3

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  absl::string_view input(reinterpret_cast<const char*>(data), size);
  if (input.empty()) return 0;
  restante::pop3::Driver driver(static_cast<uint8_t>(input.front()));
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
