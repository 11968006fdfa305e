#ifndef RESTANTE_MAILSTORE_SERVICE_LMTP_PROTOCOL_EVENT_H_
#define RESTANTE_MAILSTORE_SERVICE_LMTP_PROTOCOL_EVENT_H_

#include <string>
#include <variant>
#include <vector>

// What can happen to an LMTP session besides octets from the client. The driver makes these from
// timers and calls.
namespace restante::lmtp {

// Answers to ResolveRecipient.
struct RecipientFound {
  std::string mailbox_id;
  std::string placement;
};
struct RecipientUnknown {};
// Nobody could decide: auth is away or the call failed.
struct RecipientUndecided {};

// What became of one copy of a message.
enum class DeliveryOutcome {
  kDelivered,       // durable
  kMailboxFull,     // over the mailbox's quota
  kMailboxDeleted,  // an operator deleted it
  kStoreFull,       // the store has no room
  kTooLarge,        // over the store's own limit
  kUnavailable,     // everything else: not stored, or not known to be
};
// Answers CheckDelivery: kMailboxFull and kMailboxDeleted refuse the recipient; after any other the
// delivery decides.
struct DeliveryChecked {
  DeliveryOutcome outcome = DeliveryOutcome::kDelivered;
};
// Answers FinishDelivery: one outcome for each mailbox of BeginDelivery, in its order.
struct Delivered {
  std::vector<DeliveryOutcome> outcomes;
};

// The client was silent for too long.
struct IdleTimeout {};
// The server is going down. A message that is being received is still taken and answered.
struct Drain {};
// The client closed the connection or it broke.
struct PeerGone {};

using Event = std::variant<RecipientFound, RecipientUnknown, RecipientUndecided, DeliveryChecked,
                           Delivered, IdleTimeout, Drain, PeerGone>;

}  // namespace restante::lmtp

#endif  // RESTANTE_MAILSTORE_SERVICE_LMTP_PROTOCOL_EVENT_H_
