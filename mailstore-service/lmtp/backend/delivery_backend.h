#ifndef RESTANTE_MAILSTORE_SERVICE_LMTP_BACKEND_DELIVERY_BACKEND_H_
#define RESTANTE_MAILSTORE_SERVICE_LMTP_BACKEND_DELIVERY_BACKEND_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "common/net/executor.h"
#include "mailstore-service/lmtp/protocol/effect.h"
#include "mailstore-service/lmtp/protocol/event.h"

namespace restante::lmtp {

// One message on its way into mailboxes. Used and destroyed on its executor's thread. Destroying it
// before Finish stores nothing; after Finish it gives up waiting, and what became of the message is
// not known.
class Delivery {
 public:
  // Runs on the executor, once.
  using Done = absl::AnyInvocable<void(Delivered delivered) &&>;

  virtual ~Delivery() = default;

  // The next piece of the text; at most 256 KiB.
  virtual void Write(std::string text) = 0;
  // Whether the mailstores have taken enough of what was written. While not, the caller makes no
  // more; on_room tells when they have.
  virtual bool has_room() const = 0;
  // The text is whole. A mailstore that is away is waited for within the backend's deadline.
  // `fingerprint`, of sender and text as they were received: a delivery to the same mailbox with
  // the same one within a day is answered delivered, and makes no second copy. Empty: it is none of
  // another delivery.
  virtual void Finish(const std::string& fingerprint, Done done) = 0;
};

// The mailstores as the ingress needs them. Thread-safe; lives in app.cc, longer than every
// connection.
class DeliveryBackend {
 public:
  virtual ~DeliveryBackend() = default;

  // `mailboxes`: each once, at most 1,000 of one placement. `delivery_id` for the log. `on_room`
  // runs on the executor.
  virtual std::unique_ptr<Delivery> Begin(const std::vector<Mailbox>& mailboxes,
                                          const std::string& delivery_id, net::Executor executor,
                                          std::function<void()> on_room) = 0;

  // Runs on the executor, once.
  using Checked = absl::AnyInvocable<void(DeliveryChecked checked) &&>;
  // Whether a message of `size_octets` will be taken: kMailboxFull or kMailboxDeleted when it
  // will not, kUnavailable when that could not be asked within two seconds.
  virtual void Check(const Mailbox& mailbox, int64_t size_octets, net::Executor executor,
                     Checked checked) = 0;
};

}  // namespace restante::lmtp

#endif  // RESTANTE_MAILSTORE_SERVICE_LMTP_BACKEND_DELIVERY_BACKEND_H_
