#include "auth-service/directory/rocksdb/codec.h"

#include <memory>
#include <utility>
#include <vector>

#include "common/base/byte_reader.h"
#include "common/base/byte_writer.h"

namespace restante::directory {
namespace {

// Of accounts and policies; version 1 ends before the extensions.
constexpr uint8_t kExtendedVersion = 2;
constexpr uint8_t kRequestVersion = 1;
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

// What records gained after version 1: each field under its tag, and only when it says something.
struct Extension {
  uint8_t tag = 0;
  std::string value;
};

// `extensions` by ascending tag, each tag once.
void WriteExtensions(ByteWriter& writer, const std::vector<Extension>& extensions) {
  writer.U32Be(static_cast<uint32_t>(extensions.size()));
  for (const Extension& extension : extensions) {
    writer.U8(extension.tag).LengthPrefixed(extension.value);
  }
}

// Reads field after field and remembers whether all were there, so that a record reads as a list.
class RecordReader {
 public:
  RecordReader(absl::string_view record, uint8_t newest_version) : reader_(record) {
    version_ = Take(reader_.ReadU8());
    if (version_ == 0 || version_ > newest_version) good_ = false;
  }

  // Of an extension's value, which has no version of its own.
  explicit RecordReader(absl::string_view value) : reader_(value), version_(0) {}

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
  // Hands each extension to `take`, which returns whether it knows the tag and could read the
  // value.
  template <typename TakeExtension>
  void Extensions(TakeExtension take) {
    if (version_ < kExtendedVersion) return;
    uint8_t last_tag = 0;
    for (uint32_t left = Count(); left > 0 && good_; --left) {
      const uint8_t tag = U8();
      const std::string value = Text();
      if (tag <= last_tag || !take(tag, value)) good_ = false;
      last_tag = tag;
    }
  }

 private:
  template <typename T>
  T Take(std::optional<T> value) {
    if (!value) good_ = false;
    return value.value_or(T());
  }

  ByteReader reader_;
  bool good_ = true;
  uint8_t version_;
};

enum AccountTag : uint8_t {
  kWeakestNtlmResponse = 1,
  kDelegates = 2,
  kCertificateNames = 3,
  kTokenSubjects = 4,
  kDeletion = 5,
  kCredentialSetTime = 6
};
enum PolicyTag : uint8_t { kNtlmPolicy = 1, kNamePolicy = 2 };

std::optional<ntlm::WeakestResponse> ToWeakestResponse(std::optional<uint8_t> octet) {
  for (const auto known : {ntlm::WeakestResponse::kNtlmV2, ntlm::WeakestResponse::kNtlm2Session,
                           ntlm::WeakestResponse::kNtlmV1}) {
    if (octet == static_cast<uint8_t>(known)) return known;
  }
  return std::nullopt;
}

std::string EncodeNtlmPolicy(const ntlm::Policy& policy) {
  ByteWriter writer;
  writer.U8(static_cast<uint8_t>(policy.weakest_response));
  writer.U8(policy.weak_responses_without_tls ? 1 : 0);
  writer.U8(policy.allow_lmv2 ? 1 : 0).U8(policy.require_mic ? 1 : 0);
  WriteTexts(writer, policy.accepted_target_names);
  return writer.Take();
}

std::optional<ntlm::Policy> DecodeNtlmPolicy(absl::string_view value) {
  RecordReader reader(value);
  const std::optional<ntlm::WeakestResponse> weakest = ToWeakestResponse(reader.U8());
  if (!weakest) return std::nullopt;
  ntlm::Policy policy;
  policy.weakest_response = *weakest;
  policy.weak_responses_without_tls = reader.Bool();
  policy.allow_lmv2 = reader.Bool();
  policy.require_mic = reader.Bool();
  policy.accepted_target_names = reader.Texts();
  if (!reader.Complete()) return std::nullopt;
  return policy;
}

std::string EncodeNamePolicy(const NamePolicy& policy) {
  ByteWriter writer;
  writer.LengthPrefixed(policy.default_domain)
      .U8(static_cast<uint8_t>(policy.empty_domain))
      .U8(static_cast<uint8_t>(policy.foreign_domain))
      .U8(static_cast<uint8_t>(policy.user_case))
      .U32Be(static_cast<uint32_t>(policy.realms.size()));
  for (const Realm& realm : policy.realms) {
    writer.LengthPrefixed(realm.name).LengthPrefixed(realm.windows_domain);
    writer.U8(realm.user_case ? static_cast<uint8_t>(*realm.user_case) : 0);
  }
  return writer.Take();
}

// Whether `octet` is one of an enumeration's values, which begin with 1 and end with `last`.
template <typename Enum>
bool IsValueOf(uint8_t octet, Enum last) {
  return octet >= 1 && octet <= static_cast<uint8_t>(last);
}

std::optional<NamePolicy> DecodeNamePolicy(absl::string_view value) {
  RecordReader reader(value);
  NamePolicy policy;
  policy.default_domain = reader.Text();
  const uint8_t empty_domain = reader.U8();
  const uint8_t foreign_domain = reader.U8();
  const uint8_t user_case = reader.U8();
  if (!IsValueOf(empty_domain, EmptyDomain::kRefuse) ||
      !IsValueOf(foreign_domain, ForeignDomain::kIgnore) ||
      !IsValueOf(user_case, NameCase::kExact)) {
    return std::nullopt;
  }
  policy.empty_domain = static_cast<EmptyDomain>(empty_domain);
  policy.foreign_domain = static_cast<ForeignDomain>(foreign_domain);
  policy.user_case = static_cast<NameCase>(user_case);
  for (uint32_t left = reader.Count(); left > 0 && reader.good(); --left) {
    Realm realm;
    realm.name = reader.Text();
    realm.windows_domain = reader.Text();
    const uint8_t realm_case = reader.U8();
    if (realm_case != 0 && !IsValueOf(realm_case, NameCase::kExact)) return std::nullopt;
    if (realm_case != 0) realm.user_case = static_cast<NameCase>(realm_case);
    policy.realms.push_back(std::move(realm));
  }
  if (!reader.Complete()) return std::nullopt;
  return policy;
}

std::string EncodeDelegates(const std::vector<Delegate>& delegates) {
  ByteWriter writer;
  writer.U32Be(static_cast<uint32_t>(delegates.size()));
  for (const Delegate& delegate : delegates) {
    writer.LengthPrefixed(delegate.account_id).LengthPrefixed(delegate.mailbox_id);
    const bool expires = delegate.expire_time != absl::InfiniteFuture();
    writer.U8(delegate.may_delete ? 1 : 0).U8(expires ? 1 : 0);
    if (expires) WriteTime(writer, delegate.expire_time);
  }
  return writer.Take();
}

bool DecodeDelegates(absl::string_view value, std::vector<Delegate>* delegates) {
  RecordReader reader(value);
  for (uint32_t left = reader.Count(); left > 0 && reader.good(); --left) {
    Delegate delegate;
    delegate.account_id = reader.Text();
    delegate.mailbox_id = reader.Text();
    delegate.may_delete = reader.Bool();
    if (reader.Bool()) delegate.expire_time = reader.Time();
    delegates->push_back(std::move(delegate));
  }
  return reader.Complete();
}

std::string EncodeTexts(const std::vector<std::string>& texts) {
  ByteWriter writer;
  WriteTexts(writer, texts);
  return writer.Take();
}

bool DecodeTexts(absl::string_view value, std::vector<std::string>* texts) {
  RecordReader reader(value);
  *texts = reader.Texts();
  return reader.Complete();
}

std::string EncodeTimes(std::initializer_list<absl::Time> times) {
  ByteWriter writer;
  for (const absl::Time time : times) WriteTime(writer, time);
  return writer.Take();
}

// The extensions that an account's record has, and the reading of one.
std::vector<Extension> ExtensionsOf(const Account& account) {
  std::vector<Extension> extensions;
  if (account.weakest_ntlm_response) {
    extensions.push_back(
        {kWeakestNtlmResponse, std::string(1, static_cast<char>(*account.weakest_ntlm_response))});
  }
  if (!account.delegates.empty()) {
    extensions.push_back({kDelegates, EncodeDelegates(account.delegates)});
  }
  if (!account.certificate_names.empty()) {
    extensions.push_back({kCertificateNames, EncodeTexts(account.certificate_names)});
  }
  if (!account.token_subjects.empty()) {
    extensions.push_back({kTokenSubjects, EncodeTexts(account.token_subjects)});
  }
  if (account.deletion) {
    extensions.push_back(
        {kDeletion, EncodeTimes({account.deletion->delete_time, account.deletion->expire_time})});
  }
  if (account.credential && account.credential->set_time) {
    extensions.push_back({kCredentialSetTime, EncodeTimes({*account.credential->set_time})});
  }
  return extensions;
}

bool TakeExtension(uint8_t tag, absl::string_view value, Account* account) {
  if (tag == kCertificateNames) return DecodeTexts(value, &account->certificate_names);
  if (tag == kDelegates) return DecodeDelegates(value, &account->delegates);
  if (tag == kTokenSubjects) return DecodeTexts(value, &account->token_subjects);
  if (tag == kDeletion) {
    RecordReader reader(value);
    const absl::Time deleted = reader.Time();
    account->deletion = Deletion{deleted, reader.Time()};
    return reader.Complete();
  }
  if (tag == kCredentialSetTime) {
    RecordReader reader(value);
    if (account->credential) account->credential->set_time = reader.Time();
    return reader.Complete();
  }
  if (tag != kWeakestNtlmResponse || value.size() != 1) return false;
  account->weakest_ntlm_response = ToWeakestResponse(static_cast<uint8_t>(value.front()));
  return account->weakest_ntlm_response.has_value();
}

// Likewise of a policy's record.
std::vector<Extension> ExtensionsOf(const ProtocolPolicy& policy) {
  std::vector<Extension> extensions;
  if (policy.ntlm != ntlm::Policy()) {
    extensions.push_back({kNtlmPolicy, EncodeNtlmPolicy(policy.ntlm)});
  }
  if (policy.names) extensions.push_back({kNamePolicy, EncodeNamePolicy(*policy.names)});
  return extensions;
}

bool TakeExtension(uint8_t tag, absl::string_view value, ProtocolPolicy* policy) {
  if (tag == kNamePolicy) {
    policy->names = DecodeNamePolicy(value);
    return policy->names.has_value();
  }
  if (tag != kNtlmPolicy) return false;
  const std::optional<ntlm::Policy> ntlm = DecodeNtlmPolicy(value);
  if (ntlm) policy->ntlm = *ntlm;
  return ntlm.has_value();
}

}  // namespace

std::string EncodeAccount(const Account& account) {
  ByteWriter writer;
  writer.U8(kExtendedVersion).LengthPrefixed(account.id);
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
  WriteExtensions(writer, ExtensionsOf(account));
  return writer.Take();
}

std::optional<Account> DecodeAccount(absl::string_view record) {
  RecordReader reader(record, kExtendedVersion);
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
  reader.Extensions([&account](uint8_t tag, absl::string_view value) {
    return TakeExtension(tag, value, &account);
  });
  if (!reader.Complete()) return std::nullopt;
  return account;
}

std::string EncodePolicy(const ProtocolPolicy& policy) {
  ByteWriter writer;
  writer.U8(kExtendedVersion).LengthPrefixed(policy.protocol);
  writer.U32Be(static_cast<uint32_t>(policy.mechanisms.size()));
  for (const MechanismSetting& setting : policy.mechanisms) {
    writer.LengthPrefixed(setting.mechanism);
    writer.U8(setting.enabled ? 1 : 0).U8(setting.require_tls ? 1 : 0);
    writer.U8(setting.client_first ? 1 : 0);
  }
  writer.U64Be(policy.revision);
  WriteTime(writer, policy.update_time);
  WriteExtensions(writer, ExtensionsOf(policy));
  return writer.Take();
}

std::optional<ProtocolPolicy> DecodePolicy(absl::string_view record) {
  RecordReader reader(record, kExtendedVersion);
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
  reader.Extensions([&policy](uint8_t tag, absl::string_view value) {
    return TakeExtension(tag, value, &policy);
  });
  if (!reader.Complete()) return std::nullopt;
  return policy;
}

std::string EncodeRequest(const RememberedRequest& request) {
  ByteWriter writer;
  writer.U8(kRequestVersion).LengthPrefixed(request.request_id).LengthPrefixed(request.fingerprint);
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
  RecordReader reader(record, kRequestVersion);
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
