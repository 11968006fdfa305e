#ifndef RESTANTE_MAILSTORE_SERVICE_LMTP_PROTOCOL_EFFECT_H_
#define RESTANTE_MAILSTORE_SERVICE_LMTP_PROTOCOL_EFFECT_H_

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

// What an LMTP session wants done. The driver carries them out in order; those marked "answered"
// come back as an event, and there is never more than one of them under way.
namespace restante::lmtp {

// Octets for the client, whole lines.
struct Send {
  std::string text;
};

// Answered: RecipientFound, RecipientUnknown or RecipientUndecided.
struct ResolveRecipient {
  std::string address;  // canonical, see Address
};

// A place where a copy of the message goes.
struct Mailbox {
  std::string mailbox_id;
  std::string placement;

  friend bool operator==(const Mailbox& a, const Mailbox& b) {
    return a.mailbox_id == b.mailbox_id && a.placement == b.placement;
  }
};

// Whether a large message will be taken, before the client sends it. Answered: DeliveryChecked.
struct CheckDelivery {
  Mailbox mailbox;
  int64_t size_octets = 0;
};

// What the client said about a message ahead of it.
struct Envelope {
  std::string client_name;         // of LHLO: printable ASCII without spaces, as the client gave it
  std::string sender;              // canonical address; empty: the null sender
  std::string only_recipient;      // canonical; empty when there are several
  std::vector<Mailbox> mailboxes;  // each once; 1 to SessionOptions::max_recipients
};

// A message begins. Its text follows in pieces, then FinishDelivery or AbandonDelivery.
struct BeginDelivery {
  Envelope envelope;
};
// The next piece of the text, as it is to be stored: CRLF line ends, no dots stuffed. Not empty.
struct WriteText {
  std::string text;
};
// The text is whole. Answered: Delivered.
struct FinishDelivery {};
// Nothing of the message may be stored. Also follows an end of the session within a message.
struct AbandonDelivery {};

// Close the connection once everything sent has left; nothing follows.
enum class EndReason { kQuit, kPeerGone, kIdle, kDrain, kTooManyErrors, kTooManyCommands };
struct Disconnect {
  EndReason reason = EndReason::kQuit;
};

using Effect = std::variant<Send, ResolveRecipient, CheckDelivery, BeginDelivery, WriteText,
                            FinishDelivery, AbandonDelivery, Disconnect>;

}  // namespace restante::lmtp

#endif  // RESTANTE_MAILSTORE_SERVICE_LMTP_PROTOCOL_EFFECT_H_
