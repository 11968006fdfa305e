#include "auth-service/directory/rocksdb/codec.h"

#include <memory>
#include <utility>
#include <vector>

#include "common/base/byte_reader.h"
#include "common/base/byte_writer.h"

namespace restante::directory {
namespace {

constexpr uint8_t kRecordVersion = 1;
// Above every limit of the domain; only a damaged record has more.
constexpr size_t kMaxTextOctets = 65536;
constexpr uint32_t kMaxListItems = 1024;

enum class AnswerKind : uint8_t { kNone = 0, kAccount = 1, kPolicy = 2 };

void WriteTexts(ByteWriter& writer, const std::vector<std::string>& texts) {
  writer.U32Be(static_cast<uint32_t>(texts.size()));
  for (const std::string& text : texts) writer.LengthPrefixed(text);
}

void WriteTime(ByteWriter& writer, absl::Time time) {
  writer.U64Be(static_cast<uint64_t>(absl::ToUnixMicros(time)));
}

// Reads field after field and remembers whether all were there, so that a record reads as a list.
class RecordReader {
 public:
  explicit RecordReader(absl::string_view record) : reader_(record) {
    good_ = reader_.ReadU8() == kRecordVersion;
  }

  // Whether every field was there and nothing is left.
  bool Complete() const { return good_ && reader_.empty(); }
  bool good() const { return good_; }

  uint8_t U8() { return Take(reader_.ReadU8()); }
  bool Bool() {
    const uint8_t value = U8();
    if (value > 1) good_ = false;
    return value == 1;
  }
  uint64_t U64() { return Take(reader_.ReadU64Be()); }
  absl::Time Time() { return absl::FromUnixMicros(static_cast<int64_t>(U64())); }
  std::string Text() { return std::string(Take(reader_.ReadLengthPrefixed(kMaxTextOctets))); }
  uint32_t Count() {
    const uint32_t count = Take(reader_.ReadU32Be());
    if (count > kMaxListItems) good_ = false;
    return good_ ? count : 0;
  }
  std::vector<std::string> Texts() {
    std::vector<std::string> texts;
    for (uint32_t left = Count(); left > 0 && good_; --left) texts.push_back(Text());
    return texts;
  }

 private:
  template <typename T>
  T Take(std::optional<T> value) {
    if (!value) good_ = false;
    return value.value_or(T());
  }

  ByteReader reader_;
  bool good_;
};

}  // namespace

std::string EncodeAccount(const Account& account) {
  ByteWriter writer;
  writer.U8(kRecordVersion).LengthPrefixed(account.id);
  WriteTexts(writer, account.windows_names);
  WriteTexts(writer, account.principal_names);
  writer.LengthPrefixed(account.alias);
  WriteTexts(writer, account.addresses);
  writer.LengthPrefixed(account.mailbox_id).LengthPrefixed(account.placement);
  writer.U8(account.disabled ? 1 : 0);
  WriteTexts(writer, account.disabled_mechanisms);
  writer.U8(account.credential ? 1 : 0);
  if (account.credential) {
    writer.LengthPrefixed(account.credential->key_id).LengthPrefixed(account.credential->sealed);
  }
  writer.U64Be(account.revision);
  WriteTime(writer, account.create_time);
  WriteTime(writer, account.update_time);
  return writer.Take();
}

std::optional<Account> DecodeAccount(absl::string_view record) {
  RecordReader reader(record);
  Account account;
  account.id = reader.Text();
  account.windows_names = reader.Texts();
  account.principal_names = reader.Texts();
  account.alias = reader.Text();
  account.addresses = reader.Texts();
  account.mailbox_id = reader.Text();
  account.placement = reader.Text();
  account.disabled = reader.Bool();
  account.disabled_mechanisms = reader.Texts();
  if (reader.Bool()) {
    SealedCredential credential;
    credential.key_id = reader.Text();
    credential.sealed = reader.Text();
    account.credential = std::move(credential);
  }
  account.revision = reader.U64();
  account.create_time = reader.Time();
  account.update_time = reader.Time();
  if (!reader.Complete()) return std::nullopt;
  return account;
}

std::string EncodePolicy(const ProtocolPolicy& policy) {
  ByteWriter writer;
  writer.U8(kRecordVersion).LengthPrefixed(policy.protocol);
  writer.U32Be(static_cast<uint32_t>(policy.mechanisms.size()));
  for (const MechanismSetting& setting : policy.mechanisms) {
    writer.LengthPrefixed(setting.mechanism);
    writer.U8(setting.enabled ? 1 : 0).U8(setting.require_tls ? 1 : 0);
    writer.U8(setting.client_first ? 1 : 0);
  }
  writer.U64Be(policy.revision);
  WriteTime(writer, policy.update_time);
  return writer.Take();
}

std::optional<ProtocolPolicy> DecodePolicy(absl::string_view record) {
  RecordReader reader(record);
  ProtocolPolicy policy;
  policy.protocol = reader.Text();
  for (uint32_t left = reader.Count(); left > 0 && reader.good(); --left) {
    MechanismSetting setting;
    setting.mechanism = reader.Text();
    setting.enabled = reader.Bool();
    setting.require_tls = reader.Bool();
    setting.client_first = reader.Bool();
    policy.mechanisms.push_back(std::move(setting));
  }
  policy.revision = reader.U64();
  policy.update_time = reader.Time();
  if (!reader.Complete()) return std::nullopt;
  return policy;
}

std::string EncodeRequest(const RememberedRequest& request) {
  ByteWriter writer;
  writer.U8(kRecordVersion).LengthPrefixed(request.request_id).LengthPrefixed(request.fingerprint);
  WriteTime(writer, request.time);
  if (request.account) {
    writer.U8(static_cast<uint8_t>(AnswerKind::kAccount));
    writer.LengthPrefixed(EncodeAccount(*request.account));
  } else if (request.policy) {
    writer.U8(static_cast<uint8_t>(AnswerKind::kPolicy));
    writer.LengthPrefixed(EncodePolicy(*request.policy));
  } else {
    writer.U8(static_cast<uint8_t>(AnswerKind::kNone));
  }
  return writer.Take();
}

std::optional<RememberedRequest> DecodeRequest(absl::string_view record) {
  RecordReader reader(record);
  RememberedRequest request;
  request.request_id = reader.Text();
  request.fingerprint = reader.Text();
  request.time = reader.Time();
  const uint8_t kind = reader.U8();
  if (kind == static_cast<uint8_t>(AnswerKind::kAccount)) {
    std::optional<Account> account = DecodeAccount(reader.Text());
    if (!account) return std::nullopt;
    request.account = std::make_shared<const Account>(*std::move(account));
  } else if (kind == static_cast<uint8_t>(AnswerKind::kPolicy)) {
    request.policy = DecodePolicy(reader.Text());
    if (!request.policy) return std::nullopt;
  } else if (kind != static_cast<uint8_t>(AnswerKind::kNone)) {
    return std::nullopt;
  }
  if (!reader.Complete()) return std::nullopt;
  return request;
}

}  // namespace restante::directory
