// The messages of OAUTHBEARER and XOAUTH2: each is read or refused, and a token that is read is one
// by its form.
#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"
#include "auth-service/oauth/bearer_message.h"
#include "common/base/check.h"

using namespace restante::oauth;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  absl::string_view input(reinterpret_cast<const char*>(data), size);
  for (const auto& message : {ParseOauthBearer(input), ParseXoauth2(input)}) {
    if (!message.ok()) continue;
    for (const char c : message->token.view()) RESTANTE_CHECK(c > 0x20 && c < 0x7f);
    RESTANTE_CHECK(message->authorization_id.find('\0') == std::string::npos);
  }
  return 0;
}
