#include "mailstore-service/rpc/page_token.h"

#include <optional>

#include "absl/strings/escaping.h"
#include "common/base/byte_reader.h"
#include "common/base/byte_writer.h"
#include "common/base/error_reason.h"
#include "common/base/ids.h"
#include "common/base/status_macros.h"
#include "mailstore-service/store/mailbox_id.h"

namespace restante::mailstore {
namespace {

// The first octet: which listing, and which form of its token.
constexpr uint8_t kMaildropToken = 1;
constexpr uint8_t kMailboxToken = 2;
constexpr uint8_t kMessageToken = 3;
constexpr size_t kMaxTokenOctets = 512;
constexpr size_t kMaxIdOctets = 64;

absl::Status Invalid() {
  return MakeError(absl::StatusCode::kInvalidArgument, ErrorReason::kPageTokenInvalid,
                   "page_token: not one that this listing gave out; begin without it");
}

// The octets behind the kind.
absl::StatusOr<std::string> Open(absl::string_view text, uint8_t kind) {
  std::string bytes;
  if (text.size() > kMaxTokenOctets || !absl::WebSafeBase64Unescape(text, &bytes)) return Invalid();
  if (ByteReader(bytes).ReadU8() != kind) return Invalid();
  return bytes.substr(1);
}

}  // namespace

std::string EncodePageToken(const MaildropPageToken& token) {
  ByteWriter writer;
  writer.U8(kMaildropToken)
      .LengthPrefixed(token.lease.mailbox_id)
      .LengthPrefixed(token.lease.session_id)
      .U64Be(token.lease.epoch.boot)
      .U64Be(token.lease.epoch.counter)
      .U64Be(static_cast<uint64_t>(token.message_count))
      .U64Be(static_cast<uint64_t>(token.total_size_octets))
      .U64Be(token.after)
      .U64Be(token.last);
  return absl::WebSafeBase64Escape(writer.bytes());
}

absl::StatusOr<MaildropPageToken> DecodeMaildropPageToken(absl::string_view text) {
  RESTANTE_ASSIGN_OR_RETURN(std::string bytes, Open(text, kMaildropToken));
  ByteReader reader(bytes);
  std::optional<absl::string_view> mailbox_id = reader.ReadLengthPrefixed(kMaxIdOctets);
  std::optional<absl::string_view> session_id = reader.ReadLengthPrefixed(kMaxIdOctets);
  std::optional<uint64_t> boot = reader.ReadU64Be();
  std::optional<uint64_t> counter = reader.ReadU64Be();
  std::optional<uint64_t> count = reader.ReadU64Be();
  std::optional<uint64_t> octets = reader.ReadU64Be();
  std::optional<uint64_t> after = reader.ReadU64Be();
  std::optional<uint64_t> last = reader.ReadU64Be();
  if (!mailbox_id || !session_id || !boot || !counter || !count || !octets || !after || !last ||
      !reader.empty() || !CheckMailboxId(*mailbox_id).ok() || !IsId(*session_id)) {
    return Invalid();
  }
  MaildropPageToken token;
  token.lease = {std::string(*mailbox_id), std::string(*session_id), {*boot, *counter}, ""};
  token.message_count = static_cast<int64_t>(*count);
  token.total_size_octets = static_cast<int64_t>(*octets);
  token.after = *after;
  token.last = *last;
  return token;
}

std::string EncodeMailboxPageToken(absl::string_view after) {
  return absl::WebSafeBase64Escape(ByteWriter().U8(kMailboxToken).Bytes(after).bytes());
}

absl::StatusOr<std::string> DecodeMailboxPageToken(absl::string_view text) {
  RESTANTE_ASSIGN_OR_RETURN(std::string after, Open(text, kMailboxToken));
  if (!CheckMailboxId(after).ok()) return Invalid();
  return after;
}

std::string EncodeMessagePageToken(absl::string_view mailbox_id, uint64_t after) {
  return absl::WebSafeBase64Escape(
      ByteWriter().U8(kMessageToken).LengthPrefixed(mailbox_id).U64Be(after).bytes());
}

absl::StatusOr<uint64_t> DecodeMessagePageToken(absl::string_view mailbox_id,
                                                absl::string_view text) {
  RESTANTE_ASSIGN_OR_RETURN(std::string bytes, Open(text, kMessageToken));
  ByteReader reader(bytes);
  std::optional<absl::string_view> of = reader.ReadLengthPrefixed(kMaxIdOctets);
  std::optional<uint64_t> after = reader.ReadU64Be();
  if (of != mailbox_id || !after || !reader.empty()) return Invalid();
  return *after;
}

}  // namespace restante::mailstore
