#include "tests/support/ntlm_client.h"

#include "absl/strings/str_cat.h"
#include "auth-service/ntlm/messages.h"
#include "auth-service/ntlm/verify.h"
#include "common/base/byte_reader.h"
#include "common/base/byte_writer.h"
#include "common/base/check.h"
#include "common/base/unicode.h"
#include "common/crypto/cipher.h"
#include "common/crypto/digest.h"

namespace restante {
namespace {

constexpr absl::string_view kSignature("NTLMSSP\0", 8);
constexpr size_t kPayloadOffset = 88;  // with version and MIC

std::string TargetInfoOf(absl::string_view challenge) {
  ByteReader reader(challenge);
  RESTANTE_CHECK(reader.Skip(40));
  uint16_t length = reader.ReadU16Le().value();
  RESTANTE_CHECK(reader.Skip(2));
  return std::string(reader.At(reader.ReadU32Le().value(), length).value());
}

// The server's pairs and our own, in front of the end.
std::string AvPairsFor(const NtlmClient& client, absl::string_view challenge) {
  std::string pairs = TargetInfoOf(challenge);
  pairs.resize(pairs.size() - 4);
  if (!client.echo_timestamp) pairs.back() = static_cast<char>(pairs.back() ^ 1);
  ByteWriter writer;
  writer.Bytes(pairs);
  if (client.send_mic) writer.U16Le(6).U16Le(4).U32Le(2);
  if (!client.channel_bindings.empty()) writer.U16Le(10).U16Le(16).Bytes(client.channel_bindings);
  return writer.U32Le(0).Take();
}

struct Responses {
  std::string lm;
  std::string nt;
  std::string session_base_key;
};

Responses NtlmV2(const NtlmClient& client, const Secret& nt_hash, absl::string_view challenge,
                 absl::string_view server_challenge) {
  absl::string_view domain = client.domain;
  if (client.proof_domain != nullptr) domain = client.proof_domain;
  Secret key = ntlm::NtlmV2Key(nt_hash, client.user, domain);
  std::string temp = ByteWriter()
                         .U16Le(0x0101)
                         .U16Le(0)
                         .U32Le(0)
                         .U64Le(0)
                         .Bytes(client.client_challenge)
                         .U32Le(0)
                         .Bytes(AvPairsFor(client, challenge))
                         .U32Le(0)
                         .Take();
  std::string proof = HmacMd5(key.view(), absl::StrCat(server_challenge, temp));
  return {std::string(24, '\0'), proof + temp, HmacMd5(key.view(), proof)};
}

Responses Respond(const NtlmClient& client, absl::string_view challenge) {
  Secret nt_hash = ntlm::NtHash(Secret::CopyOf(client.password));
  std::string server_challenge(ByteReader(challenge).At(24, 8).value());
  switch (client.form) {
    case NtlmClient::Form::kNtlmV2:
      return NtlmV2(client, nt_hash, challenge, server_challenge);
    case NtlmClient::Form::kNtlm2Session: {
      std::string session = Md5(server_challenge + client.client_challenge).substr(0, 8);
      return {client.client_challenge + std::string(16, '\0'), Desl(nt_hash.view(), session), ""};
    }
    case NtlmClient::Form::kNtlmV1: {
      std::string response = Desl(nt_hash.view(), server_challenge);
      return {response, response, ""};
    }
    case NtlmClient::Form::kLmOnly:
      return {std::string(24, 'l'), "", ""};
    case NtlmClient::Form::kAnonymous:
      break;
  }
  return {std::string(1, '\0'), "", ""};
}

}  // namespace

std::string NtlmClient::Negotiate() const {
  uint32_t flags = ntlm::kNtlm | ntlm::kRequestTarget | ntlm::kExtendedSessionSecurity | ntlm::kOem;
  if (unicode) flags |= ntlm::kUnicode;
  if (exchange_key) flags |= ntlm::kKeyExchange;
  return ByteWriter().Bytes(kSignature).U32Le(1).U32Le(flags).U64Le(0).U64Le(0).Take();
}

std::string NtlmClient::Authenticate(absl::string_view negotiate,
                                     absl::string_view challenge) const {
  auto text = [this](absl::string_view value) {
    return unicode ? Utf8ToUtf16Le(value).value() : std::string(value);
  };
  Responses responses = Respond(*this, challenge);
  std::string exported_key(16, '\x55');
  std::string encrypted_key =
      exchange_key ? Rc4(responses.session_base_key, exported_key) : std::string();
  if (!exchange_key) exported_key = responses.session_base_key;

  ByteWriter header;
  ByteWriter payload;
  header.Bytes(kSignature).U32Le(3);
  for (const std::string& value :
       {responses.lm, responses.nt, text(domain), text(user), text(workstation), encrypted_key}) {
    auto length = static_cast<uint16_t>(value.size());
    auto offset = static_cast<uint32_t>(kPayloadOffset + payload.bytes().size());
    header.U16Le(length).U16Le(length).U32Le(offset);
    payload.Bytes(value);
  }
  uint32_t flags = ntlm::kNtlm | (unicode ? ntlm::kUnicode : ntlm::kOem);
  if (exchange_key) flags |= ntlm::kKeyExchange;
  header.U32Le(flags).U64Le(0).Bytes(std::string(16, '\0'));
  std::string message = header.Take() + payload.Take();
  if (!send_mic) return message;
  std::string mic = HmacMd5(exported_key, absl::StrCat(negotiate, challenge, message));
  if (spoil_mic) mic[0] = static_cast<char>(mic[0] ^ 1);
  return message.replace(ntlm::kMicOffset, mic.size(), mic);
}

}  // namespace restante
