#include "pop3-frontend/protocol/maildrop_view.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace restante::pop3 {

MaildropView::MaildropView(std::vector<MaildropMessage> messages, std::string uidl_prefix)
    : messages_(std::move(messages)),
      uidl_prefix_(std::move(uidl_prefix)),
      read_(messages_.size(), false) {
  UnmarkAll();
}

bool MaildropView::Exists(int32_t number) const {
  return number >= 1 && static_cast<size_t>(number) <= messages_.size() &&
         !marked_[static_cast<size_t>(number) - 1];
}

const MaildropMessage* MaildropView::Find(int32_t number) const {
  return Exists(number) ? &messages_[static_cast<size_t>(number) - 1] : nullptr;
}

void MaildropView::AppendUidl(const MaildropMessage& message, std::string* text) const {
  if (!message.uidl.empty()) {
    *text += message.uidl;
  } else {
    absl::StrAppend(text, uidl_prefix_, absl::Hex(message.message_id, absl::kZeroPad16));
  }
}

std::string MaildropView::UidlOf(const MaildropMessage& message) const {
  std::string uidl;
  AppendUidl(message, &uidl);
  return uidl;
}

bool MaildropView::Mark(int32_t number) {
  const MaildropMessage* message = Find(number);
  if (message == nullptr) return false;
  marked_[static_cast<size_t>(number) - 1] = true;
  --count_;
  total_octets_ -= message->size_octets;
  return true;
}

void MaildropView::UnmarkAll() {
  marked_.assign(messages_.size(), false);
  count_ = static_cast<int64_t>(messages_.size());
  total_octets_ = 0;
  for (const MaildropMessage& message : messages_) total_octets_ += message.size_octets;
}

std::vector<uint64_t> MaildropView::MarkedIds() const {
  std::vector<uint64_t> ids;
  for (size_t i = 0; i < messages_.size(); ++i) {
    if (marked_[i]) ids.push_back(messages_[i].message_id);
  }
  return ids;
}

void MaildropView::NoteRead(int32_t number) {
  if (!IsBehindLast(number)) read_[static_cast<size_t>(number) - 1] = true;
}

std::vector<uint64_t> MaildropView::ReadIds() const {
  std::vector<uint64_t> ids;
  for (size_t i = 0; i < messages_.size(); ++i) {
    if (read_[i] && !marked_[i]) ids.push_back(messages_[i].message_id);
  }
  return ids;
}

bool MaildropView::IsBehindLast(int32_t number) const {
  return static_cast<size_t>(number) > messages_.size();
}

std::string MaildropView::List(Listing listing, int32_t* next, size_t octets) const {
  std::string lines;
  for (; !IsBehindLast(*next) && lines.size() < octets; ++*next) {
    const MaildropMessage* message = Find(*next);
    if (message == nullptr) continue;
    absl::StrAppend(&lines, *next, " ");
    if (listing == Listing::kSize) {
      absl::StrAppend(&lines, message->size_octets);
    } else {
      AppendUidl(*message, &lines);
    }
    lines += "\r\n";
  }
  return lines;
}

}  // namespace restante::pop3
