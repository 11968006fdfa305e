#ifndef RESTANTE_MAILSTORE_SERVICE_STORE_MEMORY_STORE_H_
#define RESTANTE_MAILSTORE_SERVICE_STORE_MEMORY_STORE_H_

#include <memory>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "mailstore-service/store/mailstore.h"

namespace restante::mailstore {

// A Mailstore that forgets everything when it is destroyed; for unit tests of what stands on the
// interface. The conformance suite holds it to the same contract as the store on disk. `clock` must
// outlive it.
std::unique_ptr<Mailstore> NewMemoryStore(const Clock& clock, int64_t max_message_octets,
                                          const KeepingTimes& kept = {},
                                          const MailboxDefaults& defaults = {});

}  // namespace restante::mailstore

#endif  // RESTANTE_MAILSTORE_SERVICE_STORE_MEMORY_STORE_H_
