// The responses of a SASL exchange: what reaches auth, put into base64 again, is what the client
// sent. The input's first octet chooses between a response and an initial response.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "common/base/check.h"
#include "pop3-frontend/protocol/session.h"

namespace {

using restante::Secret;
using namespace restante::pop3;

std::vector<Effect> Say(Session* session, absl::string_view line) {
  std::vector<Effect> effects;
  session->Handle(Line{Secret::CopyOf(line)}, &effects);
  return effects;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  absl::string_view input(reinterpret_cast<const char*>(data), size);
  if (input.empty() || input.size() > Session::kMaxResponseOctets) return 0;
  bool initial = (input.front() & 1) != 0;
  input.remove_prefix(1);
  if (input.find('\n') != absl::string_view::npos) return 0;

  auto policy = std::make_shared<MechanismPolicy>();
  policy->mechanisms = {{"NTLM", true, false, true}};
  Session session{SessionOptions()};
  session.SetPolicy(policy);
  std::vector<Effect> effects;
  if (!initial) Say(&session, "AUTH NTLM");
  effects = Say(&session, initial ? absl::StrCat("AUTH NTLM ", input) : std::string(input));

  RESTANTE_CHECK(effects.size() == 1);
  const BeginLogon* logon = std::get_if<BeginLogon>(&effects[0]);
  if (logon == nullptr) {
    RESTANTE_CHECK(std::holds_alternative<Send>(effects[0]) && session.WantsLine());
    return 0;
  }
  RESTANTE_CHECK(logon->initial_response.has_value());
  std::string again = absl::Base64Escape(logon->initial_response->view());
  RESTANTE_CHECK(again == input || (initial && input == "=" && again.empty()));
  return 0;
}
