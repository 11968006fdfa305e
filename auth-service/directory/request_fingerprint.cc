#include "auth-service/directory/request_fingerprint.h"

#include <optional>
#include <vector>

#include "common/base/byte_writer.h"
#include "common/crypto/digest.h"

namespace restante::directory {
namespace {

// What a write asks for, as octets to digest: the verb, then its arguments one after the other.
class Fingerprint {
 public:
  explicit Fingerprint(absl::string_view verb) { bytes_.LengthPrefixed(verb); }

  Fingerprint& Add(absl::string_view text) {
    bytes_.U8('s').LengthPrefixed(text);
    return *this;
  }
  Fingerprint& Add(const std::vector<std::string>& texts) {
    bytes_.U8('l').U32Be(static_cast<uint32_t>(texts.size()));
    for (const std::string& text : texts) bytes_.LengthPrefixed(text);
    return *this;
  }
  Fingerprint& Add(bool value) {
    bytes_.U8(value ? 'y' : 'n');
    return *this;
  }
  Fingerprint& Add(ntlm::WeakestResponse value) {
    bytes_.U8('e').U8(static_cast<uint8_t>(value));
    return *this;
  }
  Fingerprint& Add(const ntlm::Policy& policy) {
    return Add(policy.weakest_response)
        .Add(policy.weak_responses_without_tls)
        .Add(policy.allow_lmv2)
        .Add(policy.require_mic)
        .Add(policy.accepted_target_names);
  }
  Fingerprint& Add(const NamePolicy& policy) {
    Add(absl::string_view(policy.default_domain));
    bytes_.U8(static_cast<uint8_t>(policy.empty_domain))
        .U8(static_cast<uint8_t>(policy.foreign_domain))
        .U8(static_cast<uint8_t>(policy.user_case))
        .U32Be(static_cast<uint32_t>(policy.realms.size()));
    for (const Realm& realm : policy.realms) {
      bytes_.LengthPrefixed(realm.name).LengthPrefixed(realm.windows_domain);
      bytes_.U8(realm.user_case ? static_cast<uint8_t>(*realm.user_case) : 0);
    }
    return *this;
  }
  template <typename T>
  Fingerprint& Add(const std::optional<T>& value) {
    if (value) return Add(*value);
    bytes_.U8('-');
    return *this;
  }
  Fingerprint& AddRevision(const std::optional<uint64_t>& revision) {
    bytes_.U8(revision ? 1 : 0).U64Be(revision.value_or(0));
    return *this;
  }

  std::string Digest() const { return Sha256(bytes_.bytes()); }

 private:
  ByteWriter bytes_;
};

}  // namespace

std::string FingerprintOfCreate(const NewAccount& account) {
  return Fingerprint("create")
      .Add(absl::string_view(account.id))
      .Add(account.windows_names)
      .Add(account.principal_names)
      .Add(absl::string_view(account.alias))
      .Add(account.addresses)
      .Add(account.certificate_names)
      .Add(account.token_subjects)
      .Add(absl::string_view(account.placement))
      .Add(account.disabled)
      .Add(account.disabled_mechanisms)
      .Add(account.weakest_ntlm_response)
      .Digest();
}

std::string FingerprintOfUpdate(absl::string_view id, const AccountChange& change,
                                const WriteOptions& options) {
  return Fingerprint("update")
      .Add(id)
      .AddRevision(options.expected_revision)
      .Add(change.windows_names)
      .Add(change.principal_names)
      .Add(change.alias)
      .Add(change.addresses)
      .Add(change.certificate_names)
      .Add(change.token_subjects)
      .Add(change.disabled)
      .Add(change.disabled_mechanisms)
      .Add(change.weakest_ntlm_response)
      .Digest();
}

std::string FingerprintOfPolicyUpdate(absl::string_view protocol, const PolicyChange& change,
                                      const WriteOptions& options) {
  Fingerprint fingerprint("update-policy");
  fingerprint.Add(protocol).AddRevision(options.expected_revision);
  for (const MechanismChange& mechanism : change.mechanisms) {
    fingerprint.Add(absl::string_view(mechanism.mechanism))
        .Add(mechanism.enabled)
        .Add(mechanism.require_tls);
  }
  if (change.ntlm) fingerprint.Add(*change.ntlm);
  fingerprint.Add(change.names);
  return fingerprint.Digest();
}

// Not of the secret: a digest of it at rest could be guessed at.
std::string FingerprintOfSetCredential(absl::string_view id, const WriteOptions& options) {
  return Fingerprint("set-credential").Add(id).AddRevision(options.expected_revision).Digest();
}

std::string FingerprintOfGrant(absl::string_view id, const DelegateGrant& grant,
                               const WriteOptions& options) {
  return Fingerprint("grant-delegate")
      .Add(id)
      .Add(absl::string_view(grant.account_id))
      .Add(grant.may_delete)
      .Add(absl::FormatTime(grant.expire_time))
      .AddRevision(options.expected_revision)
      .Digest();
}

std::string FingerprintOfRevoke(absl::string_view id, absl::string_view delegate_account_id,
                                const WriteOptions& options) {
  return Fingerprint("revoke-delegate")
      .Add(id)
      .Add(delegate_account_id)
      .AddRevision(options.expected_revision)
      .Digest();
}

std::string FingerprintOfDelete(absl::string_view id, const WriteOptions& options) {
  return Fingerprint("soft-delete").Add(id).AddRevision(options.expected_revision).Digest();
}

std::string FingerprintOfUndelete(absl::string_view id, const WriteOptions& options) {
  return Fingerprint("undelete").Add(id).AddRevision(options.expected_revision).Digest();
}

// Named as when each deletion was one.
std::string FingerprintOfPurge(absl::string_view id, const WriteOptions& options) {
  return Fingerprint("delete").Add(id).AddRevision(options.expected_revision).Digest();
}

}  // namespace restante::directory
