#include "mailstore-service/store/mailbox_changes.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/audit/field_texts.h"

namespace restante::mailstore {
namespace {

using audit::FieldTexts;

constexpr char kInUse[] = "in use";
constexpr char kDeleted[] = "deleted";
// With the one that says how many more there are, as many as an entry may have.
constexpr size_t kMaxIds = 99;

std::string TextOf(const std::optional<int64_t>& limit) {
  return limit ? absl::StrCat(*limit) : "";
}

std::string DaysOf(const std::optional<absl::Duration>& time) {
  return time ? absl::StrCat(*time / absl::Hours(24)) : "";
}

FieldTexts TextsOf(const MailboxSettings& settings, const std::string& state) {
  FieldTexts texts;
  texts.Add("state", state);
  texts.Add("quota.max_octets", TextOf(settings.quota.max_octets));
  texts.Add("quota.max_messages", TextOf(settings.quota.max_messages));
  texts.Add("retention.after_delivery_days", DaysOf(settings.retention.after_delivery));
  texts.Add("retention.after_read_days", DaysOf(settings.retention.after_read));
  return texts;
}

std::vector<std::string> TextsOf(const std::vector<uint64_t>& ids) {
  std::vector<std::string> texts;
  for (size_t i = 0; i < std::min(ids.size(), kMaxIds); ++i) texts.push_back(absl::StrCat(ids[i]));
  if (ids.size() > kMaxIds) texts.push_back(absl::StrCat("and ", ids.size() - kMaxIds, " more"));
  return texts;
}

}  // namespace

audit::Entry EntryOf(const std::string& mailbox_id, const audit::Author& author,
                     FieldChanges changes, uint64_t number, absl::Time time) {
  return {number, time, author, absl::StrCat("mailboxes/", mailbox_id), "", std::move(changes)};
}

FieldChanges CreationOf(const MailboxSettings& settings) {
  return FieldTexts::Compare(FieldTexts(), TextsOf(settings, kInUse));
}

FieldChanges SettingsChanges(const MailboxSettings& before, const MailboxSettings& after) {
  return FieldTexts::Compare(TextsOf(before, kInUse), TextsOf(after, kInUse));
}

FieldChanges DeletionOfMailbox() { return {{"state", {kInUse}, {kDeleted}}}; }

FieldChanges UndeletionOfMailbox() { return {{"state", {kDeleted}, {kInUse}}}; }

FieldChanges PurgeOfMailbox(const MailboxSettings& settings) {
  return FieldTexts::Compare(TextsOf(settings, kDeleted), FieldTexts());
}

FieldChanges DeletionOfMessages(const std::vector<uint64_t>& ids) {
  if (ids.empty()) return {};
  return {{"messages", TextsOf(ids), {}}};
}

FieldChanges UndeletionOfMessages(const std::vector<uint64_t>& ids) {
  if (ids.empty()) return {};
  return {{"messages", {}, TextsOf(ids)}};
}

FieldChanges PurgeOfMessages(const std::vector<uint64_t>& ids) {
  if (ids.empty()) return {};
  return {{"deleted_messages", TextsOf(ids), {}}};
}

FieldChanges TransferBegun(const std::string& field, const std::string& operation) {
  return {{field, {}, {absl::StrCat("begun as ", operation)}}};
}

FieldChanges TransferEnded(const std::string& field, const std::string& operation,
                           int64_t messages) {
  return {{field,
           {absl::StrCat("begun as ", operation)},
           {absl::StrCat("ended after ", messages, " messages")}}};
}

FieldChanges SessionBroken(const SessionInfo& session) {
  return {{"session",
           {absl::StrCat(session.session_id, " of client ", session.client_address, " by ",
                         session.frontend)},
           {}}};
}

}  // namespace restante::mailstore
