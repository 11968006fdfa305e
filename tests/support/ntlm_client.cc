#include "tests/support/ntlm_client.h"

#include <array>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "auth-service/ntlm/messages.h"
#include "auth-service/ntlm/responses.h"
#include "common/base/byte_reader.h"
#include "common/base/byte_writer.h"
#include "common/base/check.h"
#include "common/base/unicode.h"
#include "common/crypto/cipher.h"
#include "common/crypto/digest.h"

namespace restante {
namespace {

using Form = NtlmClient::Form;

constexpr absl::string_view kSignature("NTLMSSP\0", 8);
constexpr size_t kResponseOctets = 24;

std::string Widened(absl::string_view octets) {
  ByteWriter writer;
  for (const char octet : octets) writer.U16Le(static_cast<uint8_t>(octet));
  return writer.Take();
}

std::string Wide(const NtlmClient& client, absl::string_view text) {
  return client.widen_utf8 ? Widened(text) : Utf8ToUtf16Le(text).value();
}

Secret NtHashOf(const NtlmClient& client) { return Secret(Md4(Wide(client, client.password))); }

std::string NtlmV2KeyOf(const NtlmClient& client) {
  const std::string domain = client.proof_domain ? client.proof_domain : client.domain;
  const std::string upper =
      client.widen_utf8 ? absl::AsciiStrToUpper(client.user) : UpperSimple(client.user).value();
  return HmacMd5(NtHashOf(client).view(), Wide(client, absl::StrCat(upper, domain)));
}

std::string TargetInfoOf(absl::string_view challenge) {
  ByteReader reader(challenge);
  RESTANTE_CHECK(reader.Skip(40));
  uint16_t length = reader.ReadU16Le().value();
  RESTANTE_CHECK(reader.Skip(2));
  return std::string(reader.At(reader.ReadU32Le().value(), length).value());
}

// The server's pairs and our own, in front of the end.
std::string AvPairsFor(const NtlmClient& client, absl::string_view challenge) {
  std::string pairs;
  if (client.echo_target_info) {
    pairs = TargetInfoOf(challenge);
    pairs.resize(pairs.size() - 4);
    if (!client.echo_timestamp) pairs.back() = static_cast<char>(pairs.back() ^ 1);
  }
  ByteWriter writer;
  writer.Bytes(pairs);
  if (client.send_mic) writer.U16Le(6).U16Le(4).U32Le(2);
  const std::string target_name = Utf8ToUtf16Le(client.target_name).value();
  if (!target_name.empty()) {
    writer.U16Le(9).U16Le(static_cast<uint16_t>(target_name.size())).Bytes(target_name);
  }
  if (!client.channel_bindings.empty()) writer.U16Le(10).U16Le(16).Bytes(client.channel_bindings);
  return writer.U32Le(0).Take();
}

struct Responses {
  std::string lm;
  std::string nt;
  // KXKEY of [MS-NLMP] 3.4.5.1.
  std::string key_exchange_key;
};

Responses NtlmV2(const NtlmClient& client, absl::string_view challenge,
                 absl::string_view server_challenge) {
  const std::string key = NtlmV2KeyOf(client);
  std::string temp = ByteWriter()
                         .U16Le(0x0101)
                         .U16Le(0)
                         .U32Le(0)
                         .U64Le(client.filetime)
                         .Bytes(client.client_challenge)
                         .U32Le(0)
                         .Bytes(AvPairsFor(client, challenge))
                         .U32Le(0)
                         .Take();
  std::string proof = HmacMd5(key, absl::StrCat(server_challenge, temp));
  std::string lm(kResponseOctets, '\0');
  if (client.send_lmv2) {
    lm = HmacMd5(key, absl::StrCat(server_challenge, client.client_challenge)) +
         client.client_challenge;
  }
  return {std::move(lm), proof + temp, HmacMd5(key, proof)};
}

Responses Respond(const NtlmClient& client, absl::string_view challenge) {
  const Secret nt_hash = NtHashOf(client);
  std::string server_challenge(ByteReader(challenge).At(24, 8).value());
  if (client.read_challenge_late) {
    server_challenge = std::string(ByteReader(challenge).At(27, 8).value());
  }
  const std::string both = server_challenge + client.client_challenge;
  switch (client.form) {
    case Form::kNtlmV2:
      return NtlmV2(client, challenge, server_challenge);
    case Form::kNtlm2Session:
      return {client.client_challenge + std::string(16, '\0'),
              Desl(nt_hash.view(), Md5(both).substr(0, 8)), HmacMd5(Md4(nt_hash.view()), both)};
    case Form::kNtlmV1: {
      std::string response = Desl(nt_hash.view(), server_challenge);
      return {response, response, Md4(nt_hash.view())};
    }
    case Form::kLmV2:
      return {HmacMd5(NtlmV2KeyOf(client), both) + client.client_challenge, "", ""};
    case Form::kLmOnly:
      return {std::string(kResponseOctets, 'l'), "", ""};
    case Form::kAnonymous:
      break;
  }
  return {std::string(1, '\0'), "", ""};
}

bool OffersSessionSecurity(const NtlmClient& client) {
  return client.session_security.value_or(client.form == Form::kNtlmV2 ||
                                          client.form == Form::kNtlm2Session);
}

// The fields, and what stands between them and the payload.
std::string Head(const NtlmClient& client, const std::array<std::string, 6>& values,
                 uint32_t flags) {
  ByteWriter head;
  head.Bytes(kSignature).U32Le(3);
  size_t offset = client.payload_offset;
  for (const std::string& value : values) {
    const auto length = static_cast<uint16_t>(value.size());
    head.U16Le(length).U16Le(length).U32Le(static_cast<uint32_t>(offset));
    offset += value.size();
  }
  head.U32Le(flags);
  std::string octets = head.Take();
  octets.resize(client.payload_offset, '\0');
  return octets;
}

}  // namespace

std::string NtlmClient::Negotiate() const {
  uint32_t flags = ntlm::kNtlm | ntlm::kRequestTarget | ntlm::kOem;
  if (unicode) flags |= ntlm::kUnicode;
  if (OffersSessionSecurity(*this)) flags |= ntlm::kExtendedSessionSecurity;
  if (exchange_key) flags |= ntlm::kKeyExchange;
  return ByteWriter().Bytes(kSignature).U32Le(1).U32Le(flags).U64Le(0).U64Le(0).Take();
}

std::string NtlmClient::Authenticate(absl::string_view negotiate,
                                     absl::string_view challenge) const {
  const auto text = [this](absl::string_view value) {
    return unicode ? Wide(*this, value) : std::string(value);
  };
  Responses responses = Respond(*this, challenge);
  responses.nt.resize(responses.nt.size() - cut_nt_response);
  std::string exported_key = responses.key_exchange_key;
  std::string encrypted_key;
  if (exchange_key && !exported_key.empty()) {
    exported_key = std::string(16, '\x55');
    encrypted_key = Rc4(responses.key_exchange_key, exported_key);
  }
  uint32_t flags = ntlm::kNtlm | (unicode ? ntlm::kUnicode : ntlm::kOem);
  if (exchange_key) flags |= ntlm::kKeyExchange;

  const std::array<std::string, 6> values = {responses.lm, responses.nt,      text(domain),
                                             text(user),   text(workstation), encrypted_key};
  std::string message = Head(*this, values, flags);
  for (const std::string& value : values) message += value;
  if (!send_mic) return message;
  std::string mic = HmacMd5(exported_key, absl::StrCat(negotiate, challenge, message));
  if (spoil_mic) mic[0] = static_cast<char>(mic[0] ^ 1);
  return message.replace(ntlm::kMicOffset, mic.size(), mic);
}

}  // namespace restante
