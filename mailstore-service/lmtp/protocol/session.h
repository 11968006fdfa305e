#ifndef RESTANTE_MAILSTORE_SERVICE_LMTP_PROTOCOL_SESSION_H_
#define RESTANTE_MAILSTORE_SERVICE_LMTP_PROTOCOL_SESSION_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "mailstore-service/lmtp/protocol/command.h"
#include "mailstore-service/lmtp/protocol/data_decoder.h"
#include "mailstore-service/lmtp/protocol/effect.h"
#include "mailstore-service/lmtp/protocol/event.h"
#include "mailstore-service/lmtp/protocol/line_assembler.h"
#include "mailstore-service/lmtp/protocol/session_options.h"

namespace restante::lmtp {

// One LMTP connection (RFC 2033) from greeting to end, as a state machine: octets or an event in,
// effects out. It never blocks, reads no clock and does no I/O. Each command gets exactly one reply
// and each message one for every recipient accepted, in order; at most one answered effect is under
// way. Holds at most one command line, the envelope, and no text of a message. Owned by the
// connection's driver, used on its thread alone.
class Session {
 public:
  explicit Session(SessionOptions options);

  // To be called first, once. Appends the greeting.
  void Start(std::vector<Effect>* effects);

  // Whether octets of the client may be given. The driver leaves them unread until then, which is
  // what keeps pipelined commands in order and memory bounded.
  bool WantsOctets() const;

  // Takes octets off the front of `octets`: at most one command, or a piece of a message that is as
  // long as the driver made it. Appends what follows. To be called while WantsOctets() and there
  // are octets left.
  void Feed(absl::string_view* octets, std::vector<Effect>* effects);

  // Appends what follows from `event`. Nothing follows after a Disconnect. An answer to nothing
  // that is under way is a broken invariant.
  void Handle(Event event, std::vector<Effect>* effects);

  bool ended() const { return state_ == State::kEnded; }

 private:
  using Effects = std::vector<Effect>;

  enum class State {
    kCommand,     // between commands
    kResolving,   // waits for the answer to ResolveRecipient
    kChecking,    // waits for DeliveryChecked
    kText,        // within a message
    kDelivering,  // waits for Delivered
    kEnded,
  };
  // Why the rest of a message is read and dropped.
  enum class Refusal { kNone, kTooLarge, kBareLineEnd };
  struct Recipient {
    std::string address;
    size_t mailbox = 0;  // index into the envelope's
  };
  // From MAIL to the last reply to its message.
  struct Transaction {
    Transaction(std::string from, int64_t declared)
        : sender(std::move(from)), declared_octets(declared) {}

    const std::string sender;
    const int64_t declared_octets;  // by SIZE; 0 when it was not said
    std::vector<Recipient> recipients;
    std::vector<Mailbox> mailboxes;
    std::string resolving;  // the address that ResolveRecipient asks for
    Mailbox checked;        // that CheckDelivery asks for
    DataDecoder decoder;
    int64_t text_octets = 0;
    Refusal refusal = Refusal::kNone;
  };

  void FeedCommand(absl::string_view* octets, Effects* effects);
  void FeedText(absl::string_view* octets, Effects* effects);
  void OnLine(absl::string_view line, Effects* effects);
  void OnCommand(const Command& command, Effects* effects);
  void OnLhlo(absl::string_view argument, Effects* effects);
  void OnMail(absl::string_view argument, Effects* effects);
  void OnRcpt(absl::string_view argument, Effects* effects);
  void OnData(absl::string_view argument, Effects* effects);
  void OnRset(absl::string_view argument, Effects* effects);
  void OnQuit(absl::string_view argument, Effects* effects);
  void Accept(Mailbox mailbox, Effects* effects);
  void OnTextEnd(Effects* effects);
  void ReplyToMessage(const std::vector<DeliveryOutcome>& outcomes, Effects* effects);
  void RefuseText(Refusal refusal, Effects* effects);

  void On(const RecipientFound& found, Effects* effects);
  void On(const RecipientUnknown& unknown, Effects* effects);
  void On(const RecipientUndecided& undecided, Effects* effects);
  void On(const DeliveryChecked& checked, Effects* effects);
  void On(const Delivered& delivered, Effects* effects);
  void On(const IdleTimeout& idle, Effects* effects);
  void On(const Drain& drain, Effects* effects);
  void On(const PeerGone& gone, Effects* effects);

  // The client broke the protocol; too many such replies end the session.
  void Refuse(absl::string_view reply, Effects* effects);
  void End(EndReason reason, absl::string_view farewell, Effects* effects);

  const SessionOptions options_;
  State state_ = State::kCommand;
  LineAssembler lines_;
  std::string client_name_;  // empty before LHLO
  std::optional<Transaction> transaction_;
  int64_t commands_ = 0;
  int errors_ = 0;
  bool draining_ = false;
};

}  // namespace restante::lmtp

#endif  // RESTANTE_MAILSTORE_SERVICE_LMTP_PROTOCOL_SESSION_H_
