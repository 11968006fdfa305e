#include "tools/restantectl/output.h"

#include <google/protobuf/util/json_util.h>
#include <yaml-cpp/yaml.h>

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/byte_reader.h"
#include "common/base/check.h"
#include "common/base/escape.h"
#include "common/base/unicode.h"
#include "tools/restantectl/name_changes.h"
#include "tools/restantectl/ntlm_forms.h"
#include "tools/restantectl/table.h"

namespace restante::ctl {
namespace {

// Of UTF-16. Control characters move the cursor; direction marks make text read as something else.
bool SteersTerminals(uint16_t unit) {
  return unit < 0x20 || (unit >= 0x7f && unit <= 0x9f) || unit == 0x200e || unit == 0x200f ||
         (unit >= 0x2028 && unit <= 0x202e) || (unit >= 0x2066 && unit <= 0x2069);
}

template <typename Strings>
std::string List(const Strings& strings) {
  return Printable(absl::StrJoin(strings, ", "));
}

// "anna (read), ben (read and delete, until 2027-01-31T00:00:00Z)".
std::string DelegatesOf(const auth::v1::Account& account) {
  std::vector<std::string> texts;
  for (const auth::v1::Delegate& delegate : account.delegates()) {
    const std::string end = TimeOf(delegate.expire_time(), delegate.has_expire_time());
    texts.push_back(absl::StrCat(LastPart(delegate.account()),
                                 delegate.access() == auth::v1::MAILBOX_ACCESS_READ_AND_DELETE
                                     ? " (read and delete"
                                     : " (read",
                                 end.empty() ? "" : ", until ", end, ")"));
  }
  return absl::StrJoin(texts, ", ");
}

std::string StateOf(const auth::v1::Account& account) {
  if (account.has_delete_time()) return "deleted";
  return account.disabled() ? "disabled" : "enabled";
}

std::string YesNo(bool value) { return value ? "yes" : "no"; }

// `json` as YAML reads it, since JSON is YAML; what was quoted there is quoted here.
void EmitYaml(const YAML::Node& json, YAML::Emitter* out) {
  if (json.IsMap()) {
    *out << YAML::BeginMap;
    for (const auto& field : json) {
      *out << YAML::Key << field.first.Scalar() << YAML::Value;
      EmitYaml(field.second, out);
    }
    *out << YAML::EndMap;
  } else if (json.IsSequence()) {
    *out << YAML::BeginSeq;
    for (const YAML::Node& element : json) EmitYaml(element, out);
    *out << YAML::EndSeq;
  } else if (json.Tag() == "!") {
    *out << YAML::DoubleQuoted << json.Scalar();
  } else {
    *out << json.Scalar();
  }
}

// "500 (its own)"; empty when there is none, by the store's default.
std::string LimitText(int64_t limit, bool own) {
  if (limit == 0 && !own) return "";
  return absl::StrCat(limit == 0 ? "no limit" : absl::StrCat(limit),
                      own ? " (its own)" : " (the store's)");
}

// Likewise.
std::string DaysText(int32_t days, bool own) {
  if (days == 0 && !own) return "";
  return absl::StrCat(days == 0 ? "for ever" : absl::StrCat(days, " days"),
                      own ? " (its own)" : " (the store's)");
}

std::vector<Row> AccountRows(const auth::v1::ListAccountsResponse& accounts, bool wide) {
  std::vector<Row> rows = {
      {"ACCOUNT", "WINDOWS NAMES", "ALIAS", "ADDRESSES", "MAILBOX", "PLACEMENT", "STATE"}};
  if (wide) {
    for (const char* title : {"PRINCIPAL NAMES", "CREDENTIAL", "DELEGATES", "UPDATED"}) {
      rows.front().emplace_back(title);
    }
  }
  for (const auth::v1::Account& account : accounts.accounts()) {
    rows.push_back({LastPart(account.name()), OrDash(List(account.windows_names())),
                    OrDash(Printable(account.alias())), OrDash(List(account.addresses())),
                    OrDash(Printable(account.mailbox_id())), OrDash(Printable(account.placement())),
                    StateOf(account)});
    if (!wide) continue;
    for (std::string cell :
         {List(account.principal_names()), std::string(account.has_credential() ? "set" : ""),
          DelegatesOf(account), TimeOf(account.update_time(), account.has_update_time())}) {
      rows.back().push_back(OrDash(std::move(cell)));
    }
  }
  return rows;
}

}  // namespace

std::string Printable(absl::string_view text) {
  const std::optional<std::string> units = Utf8ToUtf16Le(text);
  bool harmless = units.has_value();
  if (harmless) {
    ByteReader reader(*units);
    while (std::optional<uint16_t> unit = reader.ReadU16Le()) {
      harmless = harmless && !SteersTerminals(*unit);
    }
  }
  return harmless ? std::string(text) : EscapeForLog(text, text.size());
}

std::string ToJson(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.add_whitespace = true;
  options.always_print_primitive_fields = true;
  options.preserve_proto_field_names = true;
  std::string json;
  RESTANTE_CHECK(google::protobuf::util::MessageToJsonString(message, &json, options).ok());
  return json;
}

std::string ToYaml(const google::protobuf::Message& message) {
  YAML::Emitter out;
  out << YAML::BeginDoc;
  EmitYaml(YAML::Load(ToJson(message)), &out);
  return std::string(out.c_str()) + "\n";
}

OutputFormat OutputFormatOf(absl::string_view name) {
  if (name == "wide") return OutputFormat::kWide;
  if (name == "json") return OutputFormat::kJson;
  return name == "yaml" ? OutputFormat::kYaml : OutputFormat::kTable;
}

std::string ToTable(const auth::v1::Account& account) {
  return Fields({
      {"Account", LastPart(account.name())},
      {"Windows names", List(account.windows_names())},
      {"Principal names", List(account.principal_names())},
      {"Alias", account.alias().empty() ? "none: opens no mailbox" : Printable(account.alias())},
      {"Addresses", List(account.addresses())},
      {"Certificate names", List(account.certificate_names())},
      {"Token subjects", List(account.token_subjects())},
      {"Mailbox", Printable(account.mailbox_id())},
      {"Placement", Printable(account.placement())},
      {"State", StateOf(account)},
      {"Deleted", TimeOf(account.delete_time(), account.has_delete_time())},
      {"Purged at", TimeOf(account.expire_time(), account.has_expire_time())},
      {"Mechanisms switched off", List(account.disabled_mechanisms())},
      {"Weakest NTLM response",
       account.weakest_ntlm_response() == auth::v1::NTLM_RESPONSE_FORM_UNSPECIFIED
           ? ""
           : NtlmFormName(account.weakest_ntlm_response())},
      {"Delegates", DelegatesOf(account)},
      {"Credential", account.has_credential() ? "set" : "none: nobody can log on"},
      {"Created", TimeOf(account.create_time(), account.has_create_time())},
      {"Updated", TimeOf(account.update_time(), account.has_update_time())},
  });
}

std::string ToTable(const auth::v1::ListAccountsResponse& accounts) {
  return Columns(AccountRows(accounts, /*wide=*/false));
}

template <>
std::string ToWideTable(const auth::v1::ListAccountsResponse& accounts) {
  return Columns(AccountRows(accounts, /*wide=*/true));
}

std::string ToTable(const auth::v1::SetCredentialResponse& credential) {
  return Fields(
      {{"Credential", List(credential.kinds())}, {"Sealed under", Printable(credential.key_id())}});
}

std::string ToTable(const auth::v1::ListCredentialsResponse& credentials) {
  if (credentials.credentials().empty()) return "No credential: nobody can log on.\n";
  std::vector<Row> rows = {{"KIND", "SET", "SEALED UNDER", "USABLE"}};
  for (const auth::v1::Credential& credential : credentials.credentials()) {
    rows.push_back({OrDash(Printable(credential.kind())),
                    OrDash(TimeOf(credential.set_time(), credential.has_set_time())),
                    OrDash(Printable(credential.key_id())),
                    credential.usable() ? "yes" : "no: auth lacks the key"});
  }
  return Columns(rows);
}

std::string ToTable(const auth::v1::NtlmSettings& settings) {
  return Fields({
      {"Weakest NTLM response", NtlmFormName(settings.weakest_response())},
      {"Weaker than NTLMv2 without TLS", YesNo(settings.weak_responses_without_tls())},
      {"LMv2", YesNo(settings.allow_lmv2())},
      {"NTLM integrity code required", YesNo(settings.require_mic())},
      {"NTLM target names", List(settings.accepted_target_names())},
  });
}

std::string ToTable(const auth::v1::ProtocolPolicy& policy) {
  std::vector<Row> rows = {{"MECHANISM", "ENABLED", "REQUIRES TLS"}};
  for (const auth::v1::MechanismSetting& setting : policy.mechanisms()) {
    rows.push_back(
        {Printable(setting.mechanism()), YesNo(setting.enabled()), YesNo(setting.require_tls())});
  }
  std::string table = Columns(rows);
  if (policy.has_ntlm()) absl::StrAppend(&table, "\n", ToTable(policy.ntlm()));
  if (policy.has_names()) absl::StrAppend(&table, "\n", ToTable(policy.names()));
  return table;
}

std::string ToTable(const auth::v1::ExplainLogonResponse& explanation) {
  std::string text = Fields({
      {"Decision",
       explanation.accepted() ? "accepted" : "refused: " + Printable(explanation.reason())},
      {"Name", Printable(explanation.client_name())},
      {"Mechanism", Printable(explanation.mechanism())},
      {"Account", LastPart(explanation.account())},
      {"Alias", Printable(explanation.alias())},
      {"Mailbox", Printable(explanation.mailbox_id())},
      {"Placement", Printable(explanation.placement())},
      {"Client address", Printable(explanation.client_address())},
      {"Time", TimeOf(explanation.attempt_time(), explanation.has_attempt_time())},
      {"Attempt", Printable(explanation.attempt_id())},
      {"Next step", Printable(explanation.next_step())},
  });
  if (explanation.steps().empty()) return text;
  std::vector<Row> rows = {{"", "RULE", "FINDING"}};
  for (int i = 0; i < explanation.steps_size(); ++i) {
    rows.push_back({absl::StrCat(i + 1, "."), Printable(explanation.steps(i).rule()),
                    Printable(explanation.steps(i).finding())});
  }
  return text + "\n" + Columns(rows);
}

std::string ToTable(const mailstore::v1::Mailbox& mailbox) {
  const mailstore::v1::MailboxSession& session = mailbox.session();
  return Fields({
      {"Mailbox", LastPart(mailbox.name())},
      {"Messages", absl::StrCat(mailbox.message_count())},
      {"Octets", absl::StrCat(mailbox.total_size_octets())},
      {"Most messages",
       LimitText(mailbox.effective_quota().max_messages(), mailbox.quota().has_max_messages())},
      {"Most octets",
       LimitText(mailbox.effective_quota().max_octets(), mailbox.quota().has_max_octets())},
      {"Kept", DaysText(mailbox.effective_retention().after_delivery_days(),
                        mailbox.retention().has_after_delivery_days())},
      {"Kept once read", DaysText(mailbox.effective_retention().after_read_days(),
                                  mailbox.retention().has_after_read_days())},
      {"Deleted", TimeOf(mailbox.delete_time(), mailbox.has_delete_time())},
      {"Deleted by", Printable(mailbox.deleted_by())},
      {"Gone for good", TimeOf(mailbox.expire_time(), mailbox.has_expire_time())},
      {"Open in session", mailbox.has_session() ? Printable(session.session_id()) : "none"},
      {"Client address", Printable(session.client_address())},
      {"Front end", Printable(session.frontend())},
  });
}

std::string ToTable(const mailstore::v1::ListMailboxesResponse& mailboxes) {
  std::vector<Row> rows = {{"MAILBOX", "MESSAGES", "OCTETS", "OPEN BY", "DELETED"}};
  for (const mailstore::v1::Mailbox& mailbox : mailboxes.mailboxes()) {
    rows.push_back({LastPart(mailbox.name()), absl::StrCat(mailbox.message_count()),
                    absl::StrCat(mailbox.total_size_octets()),
                    OrDash(Printable(mailbox.session().client_address())),
                    OrDash(TimeOf(mailbox.delete_time(), mailbox.has_delete_time()))});
  }
  return Columns(rows);
}

std::string ToTable(const mailstore::v1::ListMessagesResponse& messages) {
  std::vector<Row> rows = {{"MESSAGE", "UIDL", "OCTETS", "DELIVERED", "READ"}};
  for (const mailstore::v1::Message& message : messages.messages()) {
    rows.push_back({LastPart(message.name()), Printable(message.uidl()),
                    absl::StrCat(message.size_octets()),
                    OrDash(TimeOf(message.delivery_time(), message.has_delivery_time())),
                    OrDash(TimeOf(message.read_time(), message.has_read_time()))});
  }
  return Columns(rows);
}

}  // namespace restante::ctl
