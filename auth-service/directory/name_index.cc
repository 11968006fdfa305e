#include "auth-service/directory/name_index.h"

#include <algorithm>
#include <optional>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/check.h"
#include "common/base/error_reason.h"
#include "common/base/escape.h"
#include "common/base/unicode.h"

namespace restante::directory {
namespace {

struct KindedName {
  NameKind kind;
  absl::string_view name;
};

std::vector<KindedName> NamesOf(const Account& account) {
  std::vector<KindedName> names;
  for (const std::string& name : account.windows_names) names.push_back({NameKind::kWindows, name});
  for (const std::string& name : account.principal_names) {
    names.push_back({NameKind::kPrincipal, name});
  }
  if (!account.alias.empty()) names.push_back({NameKind::kAlias, account.alias});
  for (const std::string& name : account.addresses) names.push_back({NameKind::kAddress, name});
  for (const std::string& name : account.certificate_names) {
    names.push_back({NameKind::kCertificate, name});
  }
  for (const std::string& name : account.token_subjects) names.push_back({NameKind::kToken, name});
  return names;
}

std::string FoldValid(absl::string_view name) {
  std::optional<std::string> folded = FoldName(name);
  RESTANTE_CHECK(folded.has_value());
  return *std::move(folded);
}

std::string KeyOf(NameKind kind, absl::string_view compared_form) {
  return absl::StrCat(std::string(1, static_cast<char>(kind)), compared_form);
}

std::string KeyOf(const KindedName& name) {
  const std::optional<std::string> form = ComparedForm(name.kind, name.name);
  RESTANTE_CHECK(form.has_value());
  return KeyOf(name.kind, *form);
}

absl::string_view KindText(NameKind kind) {
  switch (kind) {
    case NameKind::kWindows:
      return "Windows name";
    case NameKind::kPrincipal:
      return "principal name";
    case NameKind::kAlias:
      return "alias";
    case NameKind::kAddress:
      return "address";
    case NameKind::kCertificate:
      return "certificate name";
    case NameKind::kToken:
      return "token subject";
  }
  RESTANTE_CHECK(false && "every kind has a text");
}

}  // namespace

std::optional<std::string> ComparedForm(NameKind kind, absl::string_view name) {
  std::optional<std::string> folded = FoldName(name);
  if (!folded) return std::nullopt;
  // Whoever gave these out may have given one that differs in case alone to somebody else.
  const bool exact = kind == NameKind::kToken ||
                     (kind == NameKind::kCertificate &&
                      (absl::StartsWith(name, "uri:") || absl::StartsWith(name, "subject:")));
  return exact ? std::string(name) : folded;
}

absl::string_view WindowsUserOf(absl::string_view windows_name) {
  return windows_name.substr(windows_name.find('\\') + 1);
}

absl::Status NameIndex::CheckFree(const Account& account) const {
  for (const KindedName& name : NamesOf(account)) {
    const auto held = by_name_.find(KeyOf(name));
    if (held == by_name_.end() || held->second->id == account.id) continue;
    const std::string holder = absl::StrCat("accounts/", held->second->id);
    absl::Status taken =
        MakeError(absl::StatusCode::kAlreadyExists, ErrorReason::kNameTaken,
                  absl::StrCat("the ", KindText(name.kind), " ", EscapeForLog(name.name, 320),
                               " belongs to ", holder));
    SetErrorMetadata(&taken, "holder", holder);
    return taken;
  }
  return absl::OkStatus();
}

void NameIndex::Add(const AccountPtr& account) {
  for (const KindedName& name : NamesOf(*account)) by_name_[KeyOf(name)] = account;
  for (const std::string& name : account->windows_names) {
    std::vector<AccountPtr>& holders = by_windows_user_[FoldValid(WindowsUserOf(name))];
    if (std::find(holders.begin(), holders.end(), account) == holders.end()) {
      holders.push_back(account);
    }
  }
}

void NameIndex::Remove(const Account& account) {
  for (const KindedName& name : NamesOf(account)) by_name_.erase(KeyOf(name));
  for (const std::string& name : account.windows_names) {
    const auto entry = by_windows_user_.find(FoldValid(WindowsUserOf(name)));
    if (entry == by_windows_user_.end()) continue;  // gone with an earlier name of the same user
    std::erase_if(entry->second,
                  [&account](const AccountPtr& holder) { return holder->id == account.id; });
    if (entry->second.empty()) by_windows_user_.erase(entry);
  }
}

AccountPtr NameIndex::Find(NameKind kind, absl::string_view name) const {
  const std::optional<std::string> form = ComparedForm(kind, name);
  if (!form) return nullptr;
  const auto found = by_name_.find(KeyOf(kind, *form));
  return found == by_name_.end() ? nullptr : found->second;
}

const std::vector<AccountPtr>* NameIndex::FindByWindowsUser(absl::string_view user) const {
  std::optional<std::string> folded = FoldName(user);
  if (!folded) return nullptr;
  const auto found = by_windows_user_.find(*folded);
  return found == by_windows_user_.end() ? nullptr : &found->second;
}

}  // namespace restante::directory
