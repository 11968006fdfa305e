// What it costs to make and to read what travels or is stored: the sealed state of a half-done
// logon, the grant for a maildrop, and the records of the mailstore. In one thread, without
// services.

#include <benchmark/benchmark.h>

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <variant>

#include "absl/time/time.h"
#include "auth-service/sasl/sealed_state.h"
#include "common/app/system_random.h"
#include "common/base/check.h"
#include "common/crypto/key_ring.h"
#include "common/crypto/maildrop_grant.h"
#include "mailstore-service/store/rocksdb/codec.h"

namespace restante {
namespace {

constexpr char kBinding[] = "0123456789abcdef0123456789abcdef 192.0.2.1 4711 TLSv1.3";
const absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);

// `count` keys, the last of which seals: the more there are, the longer a search could take.
KeyRing Keys(int64_t count) {
  std::map<std::string, Secret> keys;
  std::string last;
  for (int64_t i = 0; i < count; ++i) {
    last = "k" + std::to_string(i);
    keys.emplace(last, Secret(std::string(KeyRing::kKeyOctets, 's')));
  }
  return *KeyRing::Create(std::move(keys), last);
}

// As long as the state of NTLM and of the longest mechanism. Argument: octets of it.
void BM_SealLogonState(benchmark::State& state) {
  app::SystemRandom random;
  const KeyRing keys = Keys(2);
  const sasl::LogonState half_done{"NTLM", std::string(static_cast<size_t>(state.range(0)), 'x')};
  for (auto _ : state) {
    benchmark::DoNotOptimize(sasl::SealLogonState(half_done, kBinding, keys, kNow, random));
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_SealLogonState)->ArgName("octets")->Arg(256)->Arg(12'288);

void BM_OpenLogonState(benchmark::State& state) {
  app::SystemRandom random;
  const KeyRing keys = Keys(2);
  const sasl::LogonState half_done{"NTLM", std::string(static_cast<size_t>(state.range(0)), 'x')};
  const std::string sealed = sasl::SealLogonState(half_done, kBinding, keys, kNow, random);
  for (auto _ : state) {
    const auto opened = sasl::OpenLogonState(sealed, kBinding, keys, kNow);
    RESTANTE_CHECK(std::holds_alternative<sasl::LogonState>(opened));
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_OpenLogonState)->ArgName("octets")->Arg(256)->Arg(12'288);

// What a stranger can have done without end.
void BM_RefuseForgedLogonState(benchmark::State& state) {
  app::SystemRandom random;
  const KeyRing keys = Keys(2);
  std::string forged =
      sasl::SealLogonState({"NTLM", std::string(256, 'x')}, kBinding, keys, kNow, random);
  forged.back() = static_cast<char>(forged.back() ^ 1);
  for (auto _ : state) {
    const auto opened = sasl::OpenLogonState(forged, kBinding, keys, kNow);
    RESTANTE_CHECK(std::holds_alternative<sasl::StateInvalid>(opened));
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_RefuseForgedLogonState);

MaildropGrant Grant() {
  return {.mailbox_id = std::string(32, 'm'),
          .placement = "mailstore-0",
          .session_id = std::string(32, 'a'),
          .frontend_identity = "spiffe://restante/frontend/pop3-0",
          .rights = MaildropGrant::kRead | MaildropGrant::kDelete,
          .expire_time = kNow + absl::Seconds(60)};
}

void BM_SealGrant(benchmark::State& state) {
  const KeyRing keys = Keys(2);
  const MaildropGrant grant = Grant();
  for (auto _ : state) benchmark::DoNotOptimize(SealGrant(grant, keys));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_SealGrant);

// Argument: keys that are kept at a time.
void BM_OpenGrant(benchmark::State& state) {
  const KeyRing keys = Keys(state.range(0));
  const std::string sealed = SealGrant(Grant(), keys);
  for (auto _ : state) RESTANTE_CHECK(OpenGrant(sealed, keys, kNow).ok());
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_OpenGrant)->ArgName("keys")->Arg(1)->Arg(32);

}  // namespace

namespace mailstore::codec {
namespace {

const std::string kMailbox(32, 'm');

IndexEntry Entry() {
  IndexEntry entry;
  entry.summary = {.message_id = 4711,
                   .size_octets = 10'000,
                   .uidl = "0123456789abcdef0123456789abcdef",
                   .delivery_time = kNow};
  entry.body_id = 4712;
  return entry;
}

// A mailbox of 100,000 messages is opened by as many of these.
void BM_DecodeIndexEntry(benchmark::State& state) {
  const std::string key = IndexKey(kMailbox, Entry().summary.message_id);
  const std::string value = EncodeIndexEntry(Entry());
  for (auto _ : state) RESTANTE_CHECK(DecodeIndexEntry(key, value).has_value());
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_DecodeIndexEntry);

void BM_EncodeIndexEntry(benchmark::State& state) {
  const IndexEntry entry = Entry();
  for (auto _ : state) {
    benchmark::DoNotOptimize(IndexKey(kMailbox, entry.summary.message_id));
    benchmark::DoNotOptimize(EncodeIndexEntry(entry));
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_EncodeIndexEntry);

// Text of a message with its checksum. Argument: its octets.
void BM_EncodePiece(benchmark::State& state) {
  const std::string text(static_cast<size_t>(state.range(0)), 'x');
  for (auto _ : state) benchmark::DoNotOptimize(EncodePiece(BodyKey(1, 2), text));
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_EncodePiece)->ArgName("octets")->Arg(4'096)->Arg(262'144);

void BM_DecodePiece(benchmark::State& state) {
  const std::string key = BodyKey(1, 2);
  const std::string value = EncodePiece(key, std::string(static_cast<size_t>(state.range(0)), 'x'));
  for (auto _ : state) RESTANTE_CHECK(DecodePiece(key, value).has_value());
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_DecodePiece)->ArgName("octets")->Arg(4'096)->Arg(262'144);

// A session's lease, written and read once for each logon.
void BM_Lease(benchmark::State& state) {
  const HeldLease held{{kMailbox, std::string(32, 'a'), {1, 2}, "pop3-0"},
                       {std::string(32, 'a'), "192.0.2.1", "pop3-0", true}};
  for (auto _ : state) RESTANTE_CHECK(DecodeLease(kMailbox, EncodeLease(held)).has_value());
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_Lease);

}  // namespace
}  // namespace mailstore::codec
}  // namespace restante

BENCHMARK_MAIN();
