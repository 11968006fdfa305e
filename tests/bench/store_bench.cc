// What the verbs of the mailstore on disk cost, in one process and without services: durable
// deliveries by several threads at a time, opening mailboxes of several sizes, reading, closing,
// and starting on a store with many messages. On the disk that holds TMPDIR.

#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/app/system_clock.h"
#include "common/app/system_random.h"
#include "common/base/check.h"
#include "mailstore-service/store/rocksdb/rocksdb_store.h"
#include "tests/bench/load/store_filling.h"
#include "tests/support/temporary_directory.h"

namespace restante::mailstore {
namespace {

constexpr size_t kMailOctets = 10'000;
constexpr size_t kSmallOctets = 600;
constexpr size_t kFillers = 32;
constexpr int kFew = 20;

// A store of its own directory, which goes with it.
class TemporaryStore {
 public:
  TemporaryStore() { Start(); }

  void Start() {
    store_.reset();
    RocksdbStoreOptions options;
    options.directory = directory_.path();
    auto store = OpenRocksdbStore(options, clock_, random_);
    RESTANTE_CHECK(store.ok());
    store_ = *std::move(store);
  }
  void Stop() { store_.reset(); }

  void Fill(size_t mailboxes, size_t messages, size_t octets) {
    load::StoreFilling filling{.mailbox_ids = {}, .messages = messages, .octets = octets};
    for (size_t i = 0; i < mailboxes; ++i) filling.mailbox_ids.push_back(absl::StrCat("box", i));
    load::FillStore(*store_, filling, kFillers);
  }

  Mailstore& store() { return *store_; }
  const std::string& directory() const { return directory_.path(); }

 private:
  const app::SystemClock clock_;
  app::SystemRandom random_;
  TemporaryDirectory directory_;
  std::unique_ptr<RocksdbStore> store_;
};

SessionInfo Session() { return {std::string(32, 'a'), "192.0.2.1", "pop3-0", true}; }

// The floor under a delivery: what the disk does by itself, one at a time.
void BM_AppendAndSync(benchmark::State& state) {
  const TemporaryDirectory directory;
  const int file =
      open((directory.path() + "/file").c_str(), O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0600);
  RESTANTE_CHECK(file >= 0);
  const std::string text(kMailOctets, 'x');
  for (auto _ : state) {
    RESTANTE_CHECK(write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
    RESTANTE_CHECK(fdatasync(file) == 0);
  }
  close(file);
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_AppendAndSync)->UseRealTime();

// Items: messages of 10 KB, durable. Argument: threads that deliver at a time.
void BM_Deliver(benchmark::State& state) {
  constexpr size_t kEach = 50;
  TemporaryStore temporary;
  const auto threads = static_cast<size_t>(state.range(0));
  load::StoreFilling filling{.mailbox_ids = {}, .messages = kEach, .octets = kMailOctets};
  for (size_t i = 0; i < threads; ++i) filling.mailbox_ids.push_back(absl::StrCat("box", i));
  for (auto _ : state) load::FillStore(temporary.store(), filling, threads);
  state.SetItemsProcessed(state.iterations() * state.range(0) * static_cast<int64_t>(kEach));
}
BENCHMARK(BM_Deliver)->Arg(1)->Arg(16)->Arg(64)->UseRealTime()->MeasureProcessCPUTime();

// Opening a mailbox and listing its beginning; closing it is not counted. Arguments: its messages,
// and how many of them are listed.
void BM_Open(benchmark::State& state) {
  TemporaryStore temporary;
  temporary.Fill(1, static_cast<size_t>(state.range(0)), kSmallOctets);
  const auto listed = static_cast<size_t>(state.range(1));
  for (auto _ : state) {
    const absl::StatusOr<OpenedMaildrop> opened = temporary.store().Open("box0", Session(), listed);
    RESTANTE_CHECK(opened.ok() && opened->messages.size() == listed);
    state.PauseTiming();
    RESTANTE_CHECK(temporary.store().Close(opened->lease, {}).ok());
    state.ResumeTiming();
  }
}
BENCHMARK(BM_Open)
    ->ArgNames({"messages", "listed"})
    ->Args({10, 10})
    ->Args({1'000, 1'000})
    ->Args({100'000, 1'000})
    ->Args({100'000, 100'000})
    ->Iterations(kFew)  // or it would be filled again and again
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

// A session that opens `mailbox_id` and deletes all that it lists.
void DeleteAll(Mailstore& store, const std::string& mailbox_id) {
  const absl::StatusOr<OpenedMaildrop> opened = store.Open(mailbox_id, Session());
  RESTANTE_CHECK(opened.ok());
  MaildropUpdate all;
  for (const MessageSummary& message : opened->messages) {
    all.delete_message_ids.push_back(message.message_id);
  }
  RESTANTE_CHECK(store.Close(opened->lease, all).ok());
}

// Opening a mailbox that is empty, as its neighbours are. Argument: the messages that were in each
// of them, all deleted since.
void BM_OpenEmptied(benchmark::State& state) {
  constexpr size_t kMailboxes = 8;
  TemporaryStore temporary;
  temporary.Fill(kMailboxes, static_cast<size_t>(state.range(0)), kSmallOctets);
  for (size_t i = 0; i < kMailboxes; ++i) DeleteAll(temporary.store(), absl::StrCat("box", i));
  for (auto _ : state) {
    const absl::StatusOr<OpenedMaildrop> opened = temporary.store().Open("box0", Session());
    RESTANTE_CHECK(opened.ok() && opened->messages.empty());
    state.PauseTiming();
    RESTANTE_CHECK(temporary.store().Close(opened->lease, {}).ok());
    state.ResumeTiming();
  }
}
BENCHMARK(BM_OpenEmptied)
    ->ArgName("deleted")
    ->Arg(0)
    ->Arg(100)
    ->Arg(10'000)
    ->Iterations(kFew)
    ->UseRealTime()
    ->Unit(benchmark::kMicrosecond);

// A session that finds 100 messages and deletes them, durably.
void BM_DeleteHundred(benchmark::State& state) {
  TemporaryStore temporary;
  for (auto _ : state) {
    state.PauseTiming();
    temporary.Fill(1, 100, kSmallOctets);
    state.ResumeTiming();
    DeleteAll(temporary.store(), "box0");
  }
}
BENCHMARK(BM_DeleteHundred)
    ->Iterations(10 * kFew)
    ->UseRealTime()
    ->MeasureProcessCPUTime()
    ->Unit(benchmark::kMicrosecond);

// Items: messages read to their end, in order, from a mailbox of 1,000. Argument: their size.
void BM_Read(benchmark::State& state) {
  constexpr size_t kMessages = 1'000;
  TemporaryStore temporary;
  temporary.Fill(1, kMessages, static_cast<size_t>(state.range(0)));
  const absl::StatusOr<OpenedMaildrop> opened = temporary.store().Open("box0", Session());
  RESTANTE_CHECK(opened.ok());
  size_t next = 0;
  for (auto _ : state) {
    const auto reader = temporary.store().Read(
        opened->lease, {opened->messages[next++ % kMessages].message_id, 0, {}});
    RESTANTE_CHECK(reader.ok());
    for (bool more = true; more;) {
      const absl::StatusOr<std::string> piece = (*reader)->Next();
      RESTANTE_CHECK(piece.ok());
      more = !piece->empty();
    }
  }
  state.SetItemsProcessed(state.iterations());
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_Read)->ArgName("octets")->Arg(4'096)->Arg(10'000);

// Starting on a store with as many messages, in mailboxes of 1,000, that was closed in order.
void BM_Start(benchmark::State& state) {
  constexpr size_t kInEach = 1'000;
  TemporaryStore temporary;
  temporary.Fill(static_cast<size_t>(state.range(0)) / kInEach, kInEach, kSmallOctets);
  for (auto _ : state) {
    state.PauseTiming();
    temporary.Stop();
    state.ResumeTiming();
    temporary.Start();
  }
}
BENCHMARK(BM_Start)
    ->ArgName("messages")
    ->Arg(10'000)
    ->Arg(100'000)
    ->Iterations(kFew)  // or it would be filled again and again
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace restante::mailstore

BENCHMARK_MAIN();
