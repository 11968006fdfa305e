#include "auth-service/ntlm/messages.h"

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/base/byte_reader.h"
#include "common/base/byte_writer.h"
#include "common/base/check.h"
#include "common/base/status_macros.h"
#include "common/base/unicode.h"

namespace restante::ntlm {
namespace {

constexpr absl::string_view kSignature("NTLMSSP\0", 8);
constexpr uint32_t kNegotiateType = 1;
constexpr uint32_t kChallengeType = 2;
constexpr uint32_t kAuthenticateType = 3;
constexpr size_t kChallengeOctets = 8;
constexpr uint32_t kChallengePayloadOffset = 56;
constexpr uint32_t kEchoedFlags = kSign | kSeal | kAlwaysSign | kExtendedSessionSecurity |
                                  kVersion | k128Bit | kKeyExchange | k56Bit;

absl::Status ReadHeader(ByteReader* reader, uint32_t type) {
  if (reader->ReadBytes(kSignature.size()) != kSignature) {
    return absl::InvalidArgumentError("the NTLMSSP signature is missing");
  }
  if (reader->ReadU32Le() != type) {
    return absl::InvalidArgumentError(absl::StrCat("not a message of type ", type));
  }
  return absl::OkStatus();
}

// Text whose charset nobody names: UTF-8 if it can be, else one octet a character.
std::string DecodeOem(absl::string_view octets) {
  if (IsValidUtf8(octets)) return std::string(octets);
  ByteWriter wide;
  for (char c : octets) wide.U16Le(static_cast<uint8_t>(c));
  return Utf16LeToUtf8(wide.bytes()).value_or("");
}

std::string ToUtf16(absl::string_view utf8) {
  std::optional<std::string> wide = Utf8ToUtf16Le(utf8);
  RESTANTE_CHECK(wide.has_value());
  return *std::move(wide);
}

void WriteAvPair(ByteWriter* writer, AvId id, absl::string_view value) {
  writer->U16Le(static_cast<uint16_t>(id)).U16Le(static_cast<uint16_t>(value.size())).Bytes(value);
}

std::string BuildTargetInfo(const ServerNames& names, uint64_t filetime) {
  ByteWriter writer;
  WriteAvPair(&writer, AvId::kNetbiosDomain, ToUtf16(names.netbios_domain));
  WriteAvPair(&writer, AvId::kNetbiosComputer, ToUtf16(names.netbios_computer));
  const std::pair<AvId, const std::string&> dns[] = {{AvId::kDnsDomain, names.dns_domain},
                                                     {AvId::kDnsComputer, names.dns_computer},
                                                     {AvId::kDnsTree, names.dns_tree}};
  for (const auto& [id, name] : dns) {
    if (!name.empty()) WriteAvPair(&writer, id, ToUtf16(name));
  }
  WriteAvPair(&writer, AvId::kTimestamp, ByteWriter().U64Le(filetime).bytes());
  WriteAvPair(&writer, AvId::kEnd, "");
  return writer.Take();
}

uint32_t ChallengeFlags(uint32_t offered) {
  // A client that offers neither charset understands Unicode in practice.
  bool oem_only = (offered & kOem) != 0 && (offered & kUnicode) == 0;
  return kNtlm | kRequestTarget | kTargetTypeDomain | kTargetInfo | (oem_only ? kOem : kUnicode) |
         (offered & kEchoedFlags);
}

void WriteField(ByteWriter* writer, absl::string_view value, uint32_t offset) {
  auto length = static_cast<uint16_t>(value.size());
  writer->U16Le(length).U16Le(length).U32Le(offset);
}

struct Field {
  absl::string_view octets;
  uint32_t offset = 0;
};

// Length, maximum (which clients fill in badly, and which is not needed) and offset.
absl::StatusOr<Field> ReadField(ByteReader* reader, absl::string_view name) {
  std::optional<uint16_t> length = reader->ReadU16Le();
  std::optional<uint16_t> maximum = reader->ReadU16Le();
  std::optional<uint32_t> offset = reader->ReadU32Le();
  if (!length || !maximum || !offset) {
    return absl::InvalidArgumentError("the message ends inside its fixed part");
  }
  std::optional<absl::string_view> octets = reader->At(*offset, *length);
  if (!octets) {
    return absl::InvalidArgumentError(absl::StrCat("the ", name, " lies outside the message"));
  }
  return Field{*octets, *offset};
}

absl::StatusOr<std::string> DecodeName(const Field& field, bool unicode, absl::string_view name) {
  std::optional<std::string> text =
      unicode ? Utf16LeToUtf8(field.octets) : std::optional<std::string>(DecodeOem(field.octets));
  if (!text || text->find('\0') != std::string::npos) {
    return absl::InvalidArgumentError(absl::StrCat("the ", name, " is not text"));
  }
  return *std::move(text);
}

}  // namespace

absl::StatusOr<NegotiateMessage> ParseNegotiate(absl::string_view message) {
  ByteReader reader(message);
  RESTANTE_RETURN_IF_ERROR(ReadHeader(&reader, kNegotiateType));
  return NegotiateMessage{.flags = reader.ReadU32Le().value_or(0)};
}

std::string BuildChallenge(const NegotiateMessage& negotiate, const ServerNames& names,
                           absl::string_view server_challenge, uint64_t filetime) {
  RESTANTE_CHECK(server_challenge.size() == kChallengeOctets);
  uint32_t flags = ChallengeFlags(negotiate.flags);
  std::string domain = UpperSimple(names.netbios_domain).value_or("");
  // The name is in the session's charset, the target info in UTF-16 always.
  std::string target_name = (flags & kUnicode) != 0 ? ToUtf16(domain) : domain;
  std::string target_info = BuildTargetInfo(names, filetime);

  ByteWriter writer;
  writer.Bytes(kSignature).U32Le(kChallengeType);
  WriteField(&writer, target_name, kChallengePayloadOffset);
  writer.U32Le(flags).Bytes(server_challenge).U64Le(0);
  WriteField(&writer, target_info,
             kChallengePayloadOffset + static_cast<uint32_t>(target_name.size()));
  // Version 10.0, revision 15; nothing is derived from it ([MS-NLMP] 2.2.2.10).
  writer.U8(10).U8(0).U16Le(0).Bytes(absl::string_view("\0\0\0", 3)).U8(15);
  writer.Bytes(target_name).Bytes(target_info);
  return writer.Take();
}

absl::StatusOr<ChallengeMessage> ParseChallenge(absl::string_view message) {
  ByteReader reader(message);
  RESTANTE_RETURN_IF_ERROR(ReadHeader(&reader, kChallengeType));
  RESTANTE_RETURN_IF_ERROR(ReadField(&reader, "target name").status());
  std::optional<uint32_t> flags = reader.ReadU32Le();
  std::optional<absl::string_view> server_challenge = reader.ReadBytes(kChallengeOctets);
  if (!flags || !server_challenge) return absl::InvalidArgumentError("the challenge is cut");
  ChallengeMessage challenge;
  challenge.flags = *flags;
  challenge.server_challenge = std::string(*server_challenge);
  if ((*flags & kTargetInfo) == 0) return challenge;
  if (!reader.Skip(8)) return absl::InvalidArgumentError("the challenge is cut");
  RESTANTE_ASSIGN_OR_RETURN(Field target_info, ReadField(&reader, "target info"));
  std::optional<AvPairs> pairs = ParseAvPairs(target_info.octets);
  if (!pairs) return absl::InvalidArgumentError("the target info is malformed");
  challenge.timestamp = std::string(pairs->timestamp.value_or(""));
  challenge.netbios_domain = Utf16LeToUtf8(pairs->netbios_domain.value_or("")).value_or("");
  return challenge;
}

absl::StatusOr<AuthenticateMessage> ParseAuthenticate(absl::string_view message,
                                                      uint32_t challenge_flags) {
  ByteReader reader(message);
  RESTANTE_RETURN_IF_ERROR(ReadHeader(&reader, kAuthenticateType));
  RESTANTE_ASSIGN_OR_RETURN(Field lm, ReadField(&reader, "LM response"));
  RESTANTE_ASSIGN_OR_RETURN(Field nt, ReadField(&reader, "NT response"));
  RESTANTE_ASSIGN_OR_RETURN(Field domain, ReadField(&reader, "domain"));
  RESTANTE_ASSIGN_OR_RETURN(Field user, ReadField(&reader, "user name"));
  RESTANTE_ASSIGN_OR_RETURN(Field workstation, ReadField(&reader, "workstation"));

  AuthenticateMessage authenticate;
  size_t payload_offset = message.size();
  auto note_payload = [&payload_offset](const Field& field) {
    if (!field.octets.empty()) payload_offset = std::min<size_t>(payload_offset, field.offset);
  };
  for (const Field& field : {lm, nt, domain, user, workstation}) note_payload(field);
  // Very old clients end the fixed part here and begin the payload at 52.
  if (payload_offset >= reader.position() + 8) {
    RESTANTE_ASSIGN_OR_RETURN(Field session_key, ReadField(&reader, "session key"));
    note_payload(session_key);
    authenticate.encrypted_session_key = std::string(session_key.octets);
    if (payload_offset >= reader.position() + 4) authenticate.flags = reader.ReadU32Le();
  }

  uint32_t charset = authenticate.flags.value_or(0) & (kUnicode | kOem);
  if (charset == 0) charset = challenge_flags;
  const bool unicode = (charset & kUnicode) != 0;
  authenticate.unicode = unicode;
  RESTANTE_ASSIGN_OR_RETURN(authenticate.domain, DecodeName(domain, unicode, "domain"));
  RESTANTE_ASSIGN_OR_RETURN(authenticate.user, DecodeName(user, unicode, "user name"));
  RESTANTE_ASSIGN_OR_RETURN(authenticate.workstation,
                            DecodeName(workstation, unicode, "workstation"));
  authenticate.lm_response = std::string(lm.octets);
  authenticate.nt_response = std::string(nt.octets);
  return authenticate;
}

std::optional<AvPairs> ParseAvPairs(absl::string_view octets) {
  AvPairs pairs;
  ByteReader reader(octets);
  while (true) {
    std::optional<uint16_t> id = reader.ReadU16Le();
    std::optional<uint16_t> length = reader.ReadU16Le();
    if (!id || !length) return std::nullopt;
    std::optional<absl::string_view> value = reader.ReadBytes(*length);
    if (!value) return std::nullopt;
    // Ids we do not know are passed over, so this is a chain and not a switch over the enum.
    if (*id == static_cast<uint16_t>(AvId::kEnd)) return pairs;
    if (*id == static_cast<uint16_t>(AvId::kFlags)) {
      pairs.flags = ByteReader(*value).ReadU32Le();
      if (value->size() != 4) return std::nullopt;
    } else if (*id == static_cast<uint16_t>(AvId::kTimestamp)) {
      pairs.timestamp = *value;
      if (value->size() != 8) return std::nullopt;
    } else if (*id == static_cast<uint16_t>(AvId::kChannelBindings)) {
      pairs.channel_bindings = *value;
      if (value->size() != 16) return std::nullopt;
    } else if (*id == static_cast<uint16_t>(AvId::kNetbiosDomain)) {
      pairs.netbios_domain = *value;
    } else if (*id == static_cast<uint16_t>(AvId::kTargetName)) {
      pairs.target_name = *value;
    }
  }
}

}  // namespace restante::ntlm
