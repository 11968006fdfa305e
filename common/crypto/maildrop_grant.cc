#include "common/crypto/maildrop_grant.h"

#include <optional>

#include "common/base/byte_reader.h"
#include "common/base/byte_writer.h"
#include "common/base/check.h"
#include "common/base/error_reason.h"
#include "common/crypto/digest.h"

namespace restante {
namespace {

// sealed = body mac
// body   = version:u8 key_id mailbox_id placement session_id frontend_identity rights:u32be
//          expire:u64be (milliseconds since 1970); the strings length-prefixed
// mac    = HMAC-SHA256(key, "restante maildrop grant" body)
constexpr uint8_t kVersion = 1;
constexpr size_t kMacOctets = 32;
constexpr size_t kMaxFieldOctets = 255;
constexpr absl::string_view kPurpose = "restante maildrop grant";

std::string Mac(const Secret& key, absl::string_view body) {
  return HmacSha256(key.view(), std::string(kPurpose) + std::string(body));
}

absl::Status Invalid() {
  return MakeError(absl::StatusCode::kPermissionDenied, ErrorReason::kGrantInvalid,
                   "the maildrop grant is not one of this placement's");
}

// The key id says which key to check with, so it is read before anything is authenticated.
std::optional<absl::string_view> ReadKeyId(ByteReader* reader) {
  if (reader->ReadU8() != kVersion) return std::nullopt;
  return reader->ReadLengthPrefixed(KeyRing::kMaxKeyIdOctets);
}

std::optional<MaildropGrant> ReadFields(ByteReader* reader) {
  MaildropGrant grant;
  for (std::string* field :
       {&grant.mailbox_id, &grant.placement, &grant.session_id, &grant.frontend_identity}) {
    std::optional<absl::string_view> value = reader->ReadLengthPrefixed(kMaxFieldOctets);
    if (!value) return std::nullopt;
    *field = std::string(*value);
  }
  std::optional<uint32_t> rights = reader->ReadU32Be();
  std::optional<uint64_t> expire = reader->ReadU64Be();
  if (!rights || !expire || !reader->empty()) return std::nullopt;
  grant.rights = *rights;
  grant.expire_time = absl::FromUnixMillis(static_cast<int64_t>(*expire));
  return grant;
}

}  // namespace

std::string SealGrant(const MaildropGrant& grant, const KeyRing& keys) {
  ByteWriter writer;
  writer.U8(kVersion).LengthPrefixed(keys.active_id());
  for (const std::string* field :
       {&grant.mailbox_id, &grant.placement, &grant.session_id, &grant.frontend_identity}) {
    RESTANTE_CHECK(field->size() <= kMaxFieldOctets);
    writer.LengthPrefixed(*field);
  }
  writer.U32Be(grant.rights);
  writer.U64Be(static_cast<uint64_t>(absl::ToUnixMillis(grant.expire_time)));
  std::string body = writer.Take();
  return body + Mac(keys.active_key(), body);
}

absl::StatusOr<MaildropGrant> OpenGrant(absl::string_view sealed, const KeyRing& keys,
                                        absl::Time now) {
  if (sealed.size() < kMacOctets) return Invalid();
  absl::string_view body = sealed.substr(0, sealed.size() - kMacOctets);
  ByteReader reader(body);
  std::optional<absl::string_view> key_id = ReadKeyId(&reader);
  const Secret* key = key_id ? keys.Find(*key_id) : nullptr;
  if (key == nullptr) return Invalid();
  if (!EqualInConstantTime(Mac(*key, body), sealed.substr(body.size()))) return Invalid();
  std::optional<MaildropGrant> grant = ReadFields(&reader);
  if (!grant) return Invalid();
  if (now >= grant->expire_time) {
    return MakeError(absl::StatusCode::kPermissionDenied, ErrorReason::kGrantExpired,
                     "the maildrop grant has expired: log on again");
  }
  return *grant;
}

}  // namespace restante
