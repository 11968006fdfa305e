// A token, and a key set, that an attacker made up: neither is more than read, and no token is
// taken, since its maker does not have the issuer's key.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <variant>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "auth-service/oauth/key_set.h"
#include "auth-service/oauth/token_verifier.h"
#include "common/base/check.h"
#include "tests/support/fake_clock.h"

using namespace restante::oauth;

namespace {

// The public keys of RFC 7515 appendices A.2 and A.3, and of nobody here.
constexpr char kKeys[] =
    R"({"keys":[{"kty":"RSA","kid":"r","e":"AQAB","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"},{"kty":"EC","kid":"e","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]})";

class Keys : public KeySource {
 public:
  std::shared_ptr<const KeySet> Current() override { return keys_; }

 private:
  const std::shared_ptr<const KeySet> keys_ = *KeySet::Parse(kKeys);
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  absl::string_view input(reinterpret_cast<const char*>(data), size);
  static const auto* const clock = new restante::FakeClock();
  static auto* const keys = new Keys();
  static const auto* const verifier =
      new TokenVerifier({.issuer = "i", .audience = "a"}, *keys, *clock);
  RESTANTE_CHECK(std::holds_alternative<TokenRefused>(verifier->Verify(input)));
  // As the header of a token that is well formed otherwise.
  const std::string token = absl::StrCat(absl::WebSafeBase64Escape(input), ".e30.AAAA");
  RESTANTE_CHECK(std::holds_alternative<TokenRefused>(verifier->Verify(token)));
  (void)KeySet::Parse(input).ok();
  return 0;
}
