// A sealed logon state: octets that nobody sealed never open, and what was sealed opens to what
// went in, but not with any one octet of it changed. The input is taken as a seal, and as a state;
// its first two octets say which octet is changed.
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <variant>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "auth-service/sasl/sealed_state.h"
#include "common/base/check.h"
#include "tests/support/fake_random.h"

namespace {

using namespace restante::sasl;
using restante::KeyRing;
using restante::Secret;

constexpr size_t kMaxStateOctets = 12'288;

const KeyRing& Keys() {
  static const KeyRing* const keys = [] {
    std::map<std::string, Secret> by_id;
    by_id.emplace("k1", Secret(std::string(KeyRing::kKeyOctets, 'k')));
    return new KeyRing(*KeyRing::Create(std::move(by_id), "k1"));
  }();
  return *keys;
}

bool Opens(absl::string_view sealed, absl::string_view binding) {
  auto opened = OpenLogonState(sealed, binding, Keys(), absl::UnixEpoch());
  return std::holds_alternative<LogonState>(opened);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  absl::string_view input(reinterpret_cast<const char*>(data), size);
  RESTANTE_CHECK(!Opens(input, "binding"));
  if (input.size() < 2 || input.size() > kMaxStateOctets) return 0;

  restante::FakeRandom random;
  LogonState state{"NTLM", std::string(input)};
  std::string sealed = SealLogonState(state, "binding", Keys(), absl::UnixEpoch(), random);
  auto opened = OpenLogonState(sealed, "binding", Keys(), absl::UnixEpoch());
  RESTANTE_CHECK(std::holds_alternative<LogonState>(opened));
  RESTANTE_CHECK(std::get<LogonState>(opened).state == input);
  RESTANTE_CHECK(!Opens(sealed, "another binding"));
  size_t changed = (data[0] * 256U + data[1]) % sealed.size();
  sealed[changed] = static_cast<char>(sealed[changed] ^ 0x20);
  RESTANTE_CHECK(!Opens(sealed, "binding"));
  return 0;
}
