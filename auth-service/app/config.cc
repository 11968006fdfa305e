#include "auth-service/app/config.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "auth-service/app/key_set_file.h"
#include "common/app/config_sections.h"
#include "common/app/key_files.h"
#include "common/base/status_macros.h"
#include "common/base/unicode.h"
#include "common/config/config.h"
#include "common/rpc/placement_router.h"
#include "restante/config/v1/auth.pb.h"

namespace restante::logon {
namespace {

using restante::config::v1::AuthConfig;

constexpr size_t kMaxNameOctets = 255;
constexpr size_t kMinCertificateHashOctets = 20;
constexpr size_t kMaxCertificateHashOctets = 64;

absl::Status CheckName(const config::KeyLines& lines, absl::string_view key,
                       const std::string& name) {
  if (name.size() <= kMaxNameOctets && Utf8ToUtf16Le(name)) return absl::OkStatus();
  return lines.Error(key, "at most 255 octets of UTF-8", name);
}

absl::StatusOr<ntlm::ServerNames> ToServerNames(const config::v1::NtlmNames& section,
                                                const config::KeyLines& lines) {
  ntlm::ServerNames names{
      section.netbios_domain(),
      section.netbios_computer().empty() ? "RESTANTE" : section.netbios_computer(),
      section.dns_domain(), section.dns_computer(), section.dns_tree()};
  const std::pair<absl::string_view, const std::string&> named[] = {
      {"ntlm.netbios_domain", names.netbios_domain},
      {"ntlm.netbios_computer", names.netbios_computer},
      {"ntlm.dns_domain", names.dns_domain},
      {"ntlm.dns_computer", names.dns_computer},
      {"ntlm.dns_tree", names.dns_tree}};
  for (const auto& [key, name] : named) {
    RESTANTE_RETURN_IF_ERROR(CheckName(lines, key, name));
  }
  return names;
}

ntlm::ChannelBindingPolicy ToPolicy(config::v1::ChannelBindings key) {
  if (key == config::v1::CHANNEL_BINDINGS_NONE) return ntlm::ChannelBindingPolicy::kNone;
  if (key == config::v1::CHANNEL_BINDINGS_REQUIRE) return ntlm::ChannelBindingPolicy::kRequire;
  return ntlm::ChannelBindingPolicy::kAllow;
}

absl::StatusOr<ntlm::ChannelBindingRules> ToChannelBindings(const AuthConfig& file,
                                                            const config::KeyLines& lines) {
  ntlm::ChannelBindingRules rules;
  rules.policy = ToPolicy(file.channel_bindings());
  for (const std::string& digits : file.load_balancer_certificates()) {
    const bool is_hex = std::all_of(digits.begin(), digits.end(), absl::ascii_isxdigit);
    if (!is_hex || digits.size() % 2 != 0 || digits.size() < 2 * kMinCertificateHashOctets ||
        digits.size() > 2 * kMaxCertificateHashOctets) {
      return lines.Error("load_balancer_certificates",
                         "the hash of a certificate, 40 to 128 hexadecimal digits", digits);
    }
    rules.load_balancers.push_back(ntlm::ChannelBindingHash(absl::HexStringToBytes(digits)));
  }
  return rules;
}

NameSettings ToNameSettings(const config::v1::LogonNames& section,
                            const ntlm::ServerNames& server) {
  NameSettings names;
  names.default_domain =
      section.default_domain().empty() ? server.netbios_domain : section.default_domain();
  names.accepted_domains.assign(section.accepted_domains().begin(),
                                section.accepted_domains().end());
  for (const std::string& own : {server.netbios_domain, server.netbios_computer, server.dns_domain,
                                 server.dns_computer, server.dns_tree}) {
    if (!own.empty()) names.own_names.push_back(own);
  }
  return names;
}

oauth::TokenRules ToTokenRules(const config::v1::TokenIssuer& section) {
  oauth::TokenRules rules;
  rules.issuer = section.issuer();
  rules.audience = section.audience();
  if (!section.account_claim().empty()) rules.account_claim = section.account_claim();
  rules.claim_is_logon_name = section.claim_is_logon_name();
  app::SetDuration(section.clock_skew(), section.has_clock_skew(), &rules.skew);
  return rules;
}

absl::StatusOr<std::map<std::string, KeyRing>> LoadGrantKeys(const std::string& directory) {
  std::map<std::string, KeyRing> rings;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(directory, error)) {
    std::string placement = entry.path().filename().string();
    if (!rpc::PlacementRouter::IsPlacement(placement)) continue;
    RESTANTE_ASSIGN_OR_RETURN(KeyRing ring, app::LoadKeyRing(entry.path().string(), ""));
    rings.emplace(std::move(placement), std::move(ring));
  }
  if (!rings.empty()) return rings;
  return absl::NotFoundError(absl::StrCat(
      "grant_keys.directory ", directory, error ? ": " + error.message() : " has no placement",
      "; make a directory with a key for each: mkdir -p ", directory, "/mailstore-0 && openssl ",
      "rand -hex 32 > ", directory, "/mailstore-0/k1.key"));
}

}  // namespace

absl::StatusOr<Config> LoadConfig(const std::string& path) {
  AuthConfig file;
  RESTANTE_ASSIGN_OR_RETURN(const config::KeyLines lines, config::LoadYamlFile(path, &file));
  Config config;
  config.development_mode = file.development_mode();
  config.data_directory = file.data_directory();
  config.rpc_address = file.rpc_address();
  config.management_address = file.management_address();
  config.tls = rpc::ToTlsFiles(file.tls());
  config.sealed_state_keys = {file.sealed_state_keys().directory(),
                              file.sealed_state_keys().active()};
  config.credential_keys = {file.credential_keys().directory(), file.credential_keys().active()};
  config.grant_key_directory = file.grant_keys().directory();
  RESTANTE_ASSIGN_OR_RETURN(config.server_names, ToServerNames(file.ntlm(), lines));
  RESTANTE_ASSIGN_OR_RETURN(config.channel_bindings, ToChannelBindings(file, lines));
  config.names = ToNameSettings(file.names(), config.server_names);
  if (!file.default_placement().empty()) config.default_placement = file.default_placement();
  if (!rpc::PlacementRouter::IsPlacement(config.default_placement)) {
    return lines.Error("default_placement", "1 to 63 of [a-z0-9-]", config.default_placement);
  }
  config.endpoints = {file.metrics().address(), file.health().address()};
  config.log_level = app::ToLogLevel(file.log());
  app::SetDuration(file.drain_grace(), file.has_drain_grace(), &config.drain_grace);
  if (file.has_oauth()) {
    config.token_rules = ToTokenRules(file.oauth());
    config.token_key_set = file.oauth().key_set();
  }
  if (file.scram_iterations() != 0) {
    config.scram_iterations = static_cast<uint32_t>(file.scram_iterations());
  }
  app::SetDuration(file.deleted_accounts_kept(), file.has_deleted_accounts_kept(),
                   &config.deleted_accounts_kept);
  config.backup_directory = file.backup_directory();
  app::SetDuration(file.audit_retention(), file.has_audit_retention(), &config.audit_retention);
  return config;
}

absl::StatusOr<Keys> LoadKeys(const Config& config) {
  RESTANTE_ASSIGN_OR_RETURN(KeyRing state, app::LoadKeyRing(config.sealed_state_keys.path,
                                                            config.sealed_state_keys.active));
  RESTANTE_ASSIGN_OR_RETURN(KeyRing credential, app::LoadKeyRing(config.credential_keys.path,
                                                                 config.credential_keys.active));
  RESTANTE_ASSIGN_OR_RETURN(auto grants, LoadGrantKeys(config.grant_key_directory));
  return Keys{std::move(state), std::move(credential), std::move(grants)};
}

absl::Status CheckFiles(const Config& config) {
  RESTANTE_RETURN_IF_ERROR(rpc::CheckTlsFiles(config.tls));
  if (config.token_rules) {
    RESTANTE_RETURN_IF_ERROR(KeySetFile::Load(config.token_key_set).status());
  }
  return LoadKeys(config).status();
}

}  // namespace restante::logon
