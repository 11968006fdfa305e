#ifndef RESTANTE_TESTS_BENCH_LOAD_STORE_FILLING_H_
#define RESTANTE_TESTS_BENCH_LOAD_STORE_FILLING_H_

#include <cstddef>
#include <string>
#include <vector>

#include "mailstore-service/store/mailstore.h"

namespace restante::load {

// What FillStore delivers.
struct StoreFilling {
  std::vector<std::string> mailbox_ids;
  size_t messages = 1;  // to each mailbox
  size_t octets = 600;  // of each message: kLeastMessageOctets or more
};

// Delivers checked messages, each to one mailbox, by the store's own verbs: as durable as any mail,
// and many times as fast as through the services. `threads` deliver at a time, so that they share
// syncs. A refusal ends the process (Fail).
void FillStore(mailstore::Mailstore& store, const StoreFilling& filling, size_t threads);

}  // namespace restante::load

#endif  // RESTANTE_TESTS_BENCH_LOAD_STORE_FILLING_H_
