#ifndef RESTANTE_MAILSTORE_SERVICE_LMTP_BACKEND_RECIPIENT_RESOLVER_H_
#define RESTANTE_MAILSTORE_SERVICE_LMTP_BACKEND_RECIPIENT_RESOLVER_H_

#include <string>

#include "absl/functional/any_invocable.h"
#include "common/net/executor.h"
#include "mailstore-service/lmtp/protocol/event.h"

namespace restante::lmtp {

// Turns addresses into mailboxes. Thread-safe; lives in app.cc, longer than every connection.
class RecipientResolver {
 public:
  // RecipientFound, RecipientUnknown or RecipientUndecided. Runs on the executor, once, within the
  // resolver's deadline.
  using Done = absl::AnyInvocable<void(Event answer) &&>;

  virtual ~RecipientResolver() = default;

  virtual void Resolve(const std::string& address, net::Executor executor, Done done) = 0;
};

}  // namespace restante::lmtp

#endif  // RESTANTE_MAILSTORE_SERVICE_LMTP_BACKEND_RECIPIENT_RESOLVER_H_
