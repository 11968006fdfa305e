#include "auth-service/scram/messages.h"

#include <algorithm>
#include <optional>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "auth-service/scram/keys.h"
#include "common/base/status_macros.h"
#include "common/base/unicode.h"

namespace restante::scram {
namespace {

constexpr size_t kMaxBindingNameOctets = 64;

absl::Status Wrong(absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("SCRAM: ", what));
}

// Takes what stands before the next comma, and the comma.
absl::string_view TakeField(absl::string_view* rest) {
  const size_t comma = rest->find(',');
  const absl::string_view field = rest->substr(0, comma);
  rest->remove_prefix(comma == absl::string_view::npos ? rest->size() : comma + 1);
  return field;
}

// saslname: a comma and an equals sign are written "=2C" and "=3D".
absl::StatusOr<std::string> DecodeName(absl::string_view text) {
  std::string name;
  while (!text.empty()) {
    if (absl::ConsumePrefix(&text, "=2C")) {
      name.push_back(',');
    } else if (absl::ConsumePrefix(&text, "=3D")) {
      name.push_back('=');
    } else if (text.front() == '=' || text.front() == '\0') {
      return Wrong("a name with an escape that is none");
    } else {
      name.push_back(text.front());
      text.remove_prefix(1);
    }
  }
  if (name.empty() || !IsValidUtf8(name)) return Wrong("a name that is none");
  return name;
}

bool IsNonce(absl::string_view text) {
  return !text.empty() && text.size() <= kMaxNonceOctets &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return c > 0x20 && c < 0x7f && c != ','; });
}

// The strict form: what gives the same text again.
std::optional<std::string> DecodeBase64(absl::string_view text) {
  std::string octets;
  if (!absl::Base64Unescape(text, &octets) || absl::Base64Escape(octets) != text) {
    return std::nullopt;
  }
  return octets;
}

// Extensions: a letter, "=", and something.
bool IsExtension(absl::string_view field) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  return field.size() > 2 && is_letter(field[0]) && field[1] == '=' && field[0] != 'm' &&
         field.find('\0') == absl::string_view::npos;
}

}  // namespace

absl::StatusOr<Gs2Header> ReadGs2Header(absl::string_view* message) {
  Gs2Header header;
  const absl::string_view whole = *message;
  if (std::count(whole.begin(), whole.end(), ',') < 2) return Wrong("no header");
  absl::string_view flag = TakeField(message);
  if (absl::ConsumePrefix(&flag, "p=")) {
    header.flag = 'p';
    header.binding_name = std::string(flag);
    if (flag.empty() || flag.size() > kMaxBindingNameOctets) return Wrong("no binding's name");
  } else if (flag == "n" || flag == "y") {
    header.flag = flag.front();
  } else {
    return Wrong("a header without a flag");
  }
  absl::string_view name = TakeField(message);
  if (absl::ConsumePrefix(&name, "a=")) {
    RESTANTE_ASSIGN_OR_RETURN(header.authorization_id, DecodeName(name));
  } else if (!name.empty()) {
    return Wrong("a header with something else than a name");
  }
  header.text = std::string(whole.substr(0, whole.size() - message->size()));
  return header;
}

absl::StatusOr<ClientFirst> ParseClientFirst(absl::string_view message) {
  ClientFirst first;
  RESTANTE_ASSIGN_OR_RETURN(first.header, ReadGs2Header(&message));
  first.bare = std::string(message);
  absl::string_view name = TakeField(&message);
  if (!absl::ConsumePrefix(&name, "n=")) return Wrong("a first message without a name");
  RESTANTE_ASSIGN_OR_RETURN(first.username, DecodeName(name));
  absl::string_view nonce = TakeField(&message);
  if (!absl::ConsumePrefix(&nonce, "r=") || !IsNonce(nonce)) {
    return Wrong("a first message without a nonce");
  }
  first.nonce = std::string(nonce);
  if (first.bare.back() == ',') return Wrong("a first message that ends with a comma");
  while (!message.empty()) {
    if (!IsExtension(TakeField(&message))) return Wrong("a first message with something more");
  }
  return first;
}

std::string MakeServerFirst(absl::string_view nonce, absl::string_view salt, uint32_t iterations) {
  return absl::StrCat("r=", nonce, ",s=", absl::Base64Escape(salt), ",i=", iterations);
}

absl::StatusOr<ClientFinal> ParseClientFinal(absl::string_view message) {
  ClientFinal final;
  const size_t proof_at = message.rfind(",p=");
  if (proof_at == absl::string_view::npos) return Wrong("a last message without a proof");
  const absl::string_view proof = message.substr(proof_at + 3);
  absl::string_view rest = message.substr(0, proof_at);
  final.without_proof = std::string(rest);
  absl::string_view binding = TakeField(&rest);
  if (!absl::ConsumePrefix(&binding, "c=")) return Wrong("a last message without a binding");
  const std::optional<std::string> channel_binding = DecodeBase64(binding);
  if (!channel_binding) return Wrong("a binding that is no base64");
  final.channel_binding = *channel_binding;
  absl::string_view nonce = TakeField(&rest);
  if (!absl::ConsumePrefix(&nonce, "r=")) return Wrong("a last message without a nonce");
  final.nonce = std::string(nonce);
  if (final.without_proof.back() == ',') return Wrong("a last message with an empty part");
  while (!rest.empty()) {
    if (!IsExtension(TakeField(&rest))) return Wrong("a last message with something more");
  }
  const std::optional<std::string> key = DecodeBase64(proof);
  if (!key || key->size() != kKeyOctets) return Wrong("a proof that is none");
  final.proof = *key;
  return final;
}

std::string MakeServerFinal(absl::string_view server_signature) {
  return absl::StrCat("v=", absl::Base64Escape(server_signature));
}

}  // namespace restante::scram
