#include "tools/restantectl/account_file.h"

#include <csv.h>
#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <array>
#include <deque>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/base/secret.h"
#include "common/base/status_macros.h"
#include "tools/restantectl/errors.h"
#include "tools/restantectl/ntlm_forms.h"
#include "tools/restantectl/output.h"

namespace restante::ctl {
namespace {

using auth::v1::Account;
using auth::v1::ImportItem;
using Strings = google::protobuf::RepeatedPtrField<std::string>;
using Row = std::vector<std::string>;

constexpr size_t kPieceOctets = 65'536;
constexpr size_t kMaxLineOctets = 1 << 20;
constexpr size_t kNtHashDigits = 32;

// A column with several values.
struct ListColumn {
  absl::string_view name;
  Strings* (Account::*mutable_values)();
  const Strings& (Account::*values)() const;
};

constexpr std::array<ListColumn, 6> kListColumns = {{
    {"windows_names", &Account::mutable_windows_names, &Account::windows_names},
    {"principal_names", &Account::mutable_principal_names, &Account::principal_names},
    {"addresses", &Account::mutable_addresses, &Account::addresses},
    {"certificate_names", &Account::mutable_certificate_names, &Account::certificate_names},
    {"token_subjects", &Account::mutable_token_subjects, &Account::token_subjects},
    {"disabled_mechanisms", &Account::mutable_disabled_mechanisms, &Account::disabled_mechanisms},
}};

// The others; the last two are never written.
constexpr std::array<absl::string_view, 7> kPlainColumns = {
    "account_id", "alias", "placement", "disabled", "weakest_ntlm_response", "nt_hash", "password"};

const ListColumn* FindListColumn(absl::string_view name) {
  const auto* found =
      std::find_if(kListColumns.begin(), kListColumns.end(),
                   [name](const ListColumn& column) { return column.name == name; });
  return found == kListColumns.end() ? nullptr : found;
}

absl::Status CheckColumns(const Row& names) {
  std::vector<absl::string_view> known(kPlainColumns.begin(), kPlainColumns.end());
  for (const ListColumn& column : kListColumns) known.push_back(column.name);
  for (auto name = names.begin(); name != names.end(); ++name) {
    if (std::find(known.begin(), known.end(), *name) == known.end()) {
      return UsageError(absl::StrCat("the file's first line has the column \"", Printable(*name),
                                     "\", which is none of ", absl::StrJoin(known, ", ")));
    }
    if (std::find(names.begin(), name, *name) != name) {
      return UsageError(absl::StrCat("the file has the column ", *name, " twice"));
    }
  }
  if (std::find(names.begin(), names.end(), "account_id") != names.end()) return absl::OkStatus();
  return UsageError("the file's first line must name its columns, account_id among them");
}

absl::Status Unreadable(absl::string_view column, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat(column, " ", what));
}

absl::Status TakeBoolean(const std::string& value, Account* account) {
  const std::string lower = absl::AsciiStrToLower(value);
  account->set_disabled(lower == "true");
  if (lower == "true" || lower == "false" || lower.empty()) return absl::OkStatus();
  return Unreadable("disabled", "must be true or false");
}

absl::Status TakeNtHash(const std::string& digits, ImportItem* item) {
  if (digits.empty()) return absl::OkStatus();
  if (digits.size() != kNtHashDigits ||
      !std::all_of(digits.begin(), digits.end(), absl::ascii_isxdigit)) {
    return Unreadable("nt_hash", "must be 32 hexadecimal digits");
  }
  if (item->has_credential()) return Unreadable("nt_hash", "and password exclude each other");
  item->mutable_credential()->set_nt_hash(absl::HexStringToBytes(digits));
  return absl::OkStatus();
}

absl::Status TakeCell(const std::string& column, const std::string& value, ImportItem* item) {
  Account* account = item->mutable_account();
  if (const ListColumn* list = FindListColumn(column)) {
    for (const absl::string_view one : absl::StrSplit(value, ';', absl::SkipWhitespace())) {
      (account->*list->mutable_values)()->Add(std::string(absl::StripAsciiWhitespace(one)));
    }
    return absl::OkStatus();
  }
  if (column == "account_id") item->set_account_id(value);
  if (column == "alias") account->set_alias(value);
  if (column == "placement") account->set_placement(value);
  if (column == "disabled") return TakeBoolean(value, account);
  if (column == "weakest_ntlm_response" && !value.empty()) {
    const std::vector<std::string> forms = NtlmFormNames();
    if (std::find(forms.begin(), forms.end(), value) == forms.end()) {
      return Unreadable(column, absl::StrCat("must be one of ", absl::StrJoin(forms, ", ")));
    }
    account->set_weakest_ntlm_response(NtlmFormOf(value));
  }
  if (column == "nt_hash") return TakeNtHash(value, item);
  if (column != "password" || value.empty()) return absl::OkStatus();
  if (item->has_credential()) return Unreadable(column, "and nt_hash exclude each other");
  item->mutable_credential()->set_password(value);
  return absl::OkStatus();
}

class CsvReader : public AccountFileReader {
 public:
  explicit CsvReader(std::istream* in) : in_(*in) {
    // Fails for unknown options alone.
    csv_init(&parser_, CSV_STRICT | CSV_STRICT_FINI | CSV_APPEND_NULL);
  }
  ~CsvReader() override {
    for (Row& row : rows_) WipeAll(&row);
    csv_free(&parser_);
  }

  absl::StatusOr<std::optional<FileItem>> Next() override {
    while (rows_.empty()) {
      if (ended_) return std::nullopt;
      RESTANTE_RETURN_IF_ERROR(ReadPiece());
      if (columns_.empty() && !rows_.empty()) {
        columns_ = std::move(rows_.front());
        rows_.pop_front();
        ++line_;
        RESTANTE_RETURN_IF_ERROR(CheckColumns(columns_));
      }
    }
    Row row = std::move(rows_.front());
    rows_.pop_front();
    FileItem item{++line_, ToItem(row)};
    WipeAll(&row);
    if (item.item.ok()) item.item->set_item_number(item.line);
    return item;
  }

 private:
  static void OnField(void* text, size_t size, void* self) {
    static_cast<CsvReader*>(self)->row_.emplace_back(static_cast<const char*>(text), size);
  }
  static void OnRow(int /*end*/, void* self) {
    auto* reader = static_cast<CsvReader*>(self);
    reader->rows_.push_back(std::exchange(reader->row_, Row()));
  }
  static void WipeAll(Row* row) {
    for (std::string& cell : *row) Wipe(&cell);
  }

  absl::Status ReadPiece() {
    std::string piece(kPieceOctets, '\0');
    in_.read(piece.data(), static_cast<std::streamsize>(piece.size()));
    const auto count = static_cast<size_t>(in_.gcount());
    ended_ = count == 0;
    const bool good = ended_
                          ? csv_fini(&parser_, OnField, OnRow, this) == 0
                          : csv_parse(&parser_, piece.data(), count, OnField, OnRow, this) == count;
    Wipe(&piece);
    if (good) return absl::OkStatus();
    return absl::InvalidArgumentError(absl::StrCat("the file is no CSV behind row ",
                                                   line_ + static_cast<int64_t>(rows_.size()), ": ",
                                                   csv_strerror(csv_error(&parser_))));
  }

  absl::StatusOr<ImportItem> ToItem(const Row& row) const {
    if (row.size() != columns_.size()) {
      return absl::InvalidArgumentError(
          absl::StrCat("has ", row.size(), " cells and not ", columns_.size()));
    }
    ImportItem item;
    for (size_t i = 0; i < row.size(); ++i) {
      RESTANTE_RETURN_IF_ERROR(TakeCell(columns_[i], row[i], &item));
    }
    return item;
  }

  std::istream& in_;
  csv_parser parser_;
  Row row_;               // being read
  std::deque<Row> rows_;  // read, and not yet given
  Row columns_;
  bool ended_ = false;
  int64_t line_ = 0;
};

class JsonLinesReader : public AccountFileReader {
 public:
  explicit JsonLinesReader(std::istream* in) : in_(*in) {}

  absl::StatusOr<std::optional<FileItem>> Next() override {
    std::string line;
    while (std::getline(in_, line)) {
      ++line_;
      if (absl::StripAsciiWhitespace(line).empty()) continue;
      FileItem item{line_, ToItem(line)};
      Wipe(&line);
      if (item.item.ok()) item.item->set_item_number(line_);
      return item;
    }
    return std::nullopt;
  }

 private:
  static absl::StatusOr<ImportItem> ToItem(const std::string& line) {
    if (line.size() > kMaxLineOctets) return absl::InvalidArgumentError("is over 1 MiB long");
    ImportItem item;
    // Its text may quote the line, and so a secret.
    if (google::protobuf::util::JsonStringToMessage(line, &item).ok()) return item;
    return absl::InvalidArgumentError(
        "is no account as JSON; restantectl accounts export shows how one is written");
  }

  std::istream& in_;
  int64_t line_ = 0;
};

absl::StatusOr<std::string> Joined(const Account& account, const ListColumn& column) {
  const Strings& values = (account.*column.values)();
  for (const std::string& value : values) {
    if (absl::StrContains(value, ';')) {
      return absl::InvalidArgumentError(
          absl::StrCat(Printable(account.name()), " has a \";\" in ", column.name,
                       ", which stands between values in CSV; export with --format jsonl"));
    }
  }
  return absl::StrJoin(values, ";");
}

void AppendCell(absl::string_view text, std::string* line) {
  if (!line->empty()) line->push_back(',');
  // Twice the text and two quotes at most.
  std::string quoted(2 * text.size() + 2, '\0');
  quoted.resize(csv_write(quoted.data(), quoted.size(), text.data(), text.size()));
  *line += quoted;
}

absl::StatusOr<std::string> CsvLine(const Account& account) {
  std::string line;
  AppendCell(absl::string_view(account.name()).substr(account.name().rfind('/') + 1), &line);
  for (const ListColumn& column : kListColumns) {
    RESTANTE_ASSIGN_OR_RETURN(const std::string values, Joined(account, column));
    AppendCell(values, &line);
  }
  AppendCell(account.alias(), &line);
  AppendCell(account.placement(), &line);
  AppendCell(account.disabled() ? "true" : "false", &line);
  const auth::v1::NtlmResponseForm form = account.weakest_ntlm_response();
  AppendCell(form == auth::v1::NTLM_RESPONSE_FORM_UNSPECIFIED ? "" : NtlmFormName(form), &line);
  return line + "\r\n";
}

std::string JsonLine(const Account& account) {
  ImportItem item;
  item.set_account_id(account.name().substr(account.name().rfind('/') + 1));
  *item.mutable_account() = account;
  Account& kept = *item.mutable_account();
  kept.clear_name();
  kept.clear_mailbox_id();
  kept.clear_etag();
  kept.clear_create_time();
  kept.clear_update_time();
  kept.clear_has_credential();
  kept.clear_delegates();
  kept.clear_delete_time();
  kept.clear_expire_time();
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  std::string json;
  // Fails for unknown kinds of messages alone.
  if (!google::protobuf::util::MessageToJsonString(item, &json, options).ok()) json.clear();
  return json + "\n";
}

}  // namespace

std::unique_ptr<AccountFileReader> ReadAccountFile(AccountFileFormat format, std::istream* in) {
  if (format == AccountFileFormat::kCsv) return std::make_unique<CsvReader>(in);
  return std::make_unique<JsonLinesReader>(in);
}

std::string AccountFileHeader(AccountFileFormat format) {
  if (format == AccountFileFormat::kJsonLines) return "";
  std::vector<absl::string_view> names = {"account_id"};
  for (const ListColumn& column : kListColumns) names.push_back(column.name);
  for (const char* name : {"alias", "placement", "disabled", "weakest_ntlm_response"}) {
    names.push_back(name);
  }
  return absl::StrJoin(names, ",") + "\r\n";
}

absl::StatusOr<std::string> AccountFileLine(AccountFileFormat format, const Account& account) {
  if (format == AccountFileFormat::kJsonLines) return JsonLine(account);
  return CsvLine(account);
}

AccountFileFormat FormatOfFile(absl::string_view path) {
  return absl::EndsWithIgnoreCase(path, ".csv") ? AccountFileFormat::kCsv
                                                : AccountFileFormat::kJsonLines;
}

}  // namespace restante::ctl
