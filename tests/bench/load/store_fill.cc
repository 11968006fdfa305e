// Fills the mailboxes of a store that no mailstore serves at the moment, for benchmarks of large
// mailboxes. The ids of the mailboxes come from standard input, one a line.

#include <CLI/CLI.hpp>
#include <iostream>
#include <string>

#include "common/app/system_clock.h"
#include "common/app/system_random.h"
#include "mailstore-service/store/rocksdb/rocksdb_store.h"
#include "tests/bench/load/store_filling.h"

int main(int argc, char** argv) {
  restante::mailstore::RocksdbStoreOptions options;
  restante::load::StoreFilling filling;
  size_t threads = 32;
  CLI::App app("Delivers to mailboxes, whose ids are read from standard input, without services.",
               "store_fill");
  app.add_option("--directory", options.directory, "Data directory of a stopped mailstore")
      ->required();
  app.add_option("--messages", filling.messages, "Messages to each mailbox")->required();
  app.add_option("--octets", filling.octets, "Size of each")->capture_default_str();
  app.add_option("--threads", threads, "Deliveries at a time")
      ->capture_default_str()
      ->check(CLI::Range(1, 256));
  CLI11_PARSE(app, argc, argv);
  for (std::string line; std::getline(std::cin, line);) filling.mailbox_ids.push_back(line);
  if (filling.mailbox_ids.empty()) {
    std::cerr << "store_fill: no mailbox ids on standard input\n";
    return 1;
  }
  const restante::app::SystemClock clock;
  restante::app::SystemRandom random;
  const auto store = restante::mailstore::OpenRocksdbStore(options, clock, random);
  if (!store.ok()) {
    std::cerr << "store_fill: " << store.status().ToString() << "\n";
    return 1;
  }
  restante::load::FillStore(**store, filling, threads);
  return 0;
}
