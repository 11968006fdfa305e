#include "pop3-frontend/protocol/maildrop_view.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace restante::pop3 {

MaildropView::MaildropView(std::vector<MaildropMessage> messages) : messages_(std::move(messages)) {
  UnmarkAll();
}

bool MaildropView::Exists(int32_t number) const {
  return number >= 1 && static_cast<size_t>(number) <= messages_.size() &&
         !marked_[static_cast<size_t>(number) - 1];
}

const MaildropMessage* MaildropView::Find(int32_t number) const {
  return Exists(number) ? &messages_[static_cast<size_t>(number) - 1] : nullptr;
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

std::string MaildropView::ScanListing() const {
  std::string lines;
  for (size_t i = 0; i < messages_.size(); ++i) {
    if (!marked_[i]) absl::StrAppend(&lines, i + 1, " ", messages_[i].size_octets, "\r\n");
  }
  return lines;
}

std::string MaildropView::UniqueIdListing() const {
  std::string lines;
  for (size_t i = 0; i < messages_.size(); ++i) {
    if (!marked_[i]) absl::StrAppend(&lines, i + 1, " ", messages_[i].uidl, "\r\n");
  }
  return lines;
}

}  // namespace restante::pop3
