#ifndef RESTANTE_POP3_FRONTEND_PROTOCOL_MAILDROP_VIEW_H_
#define RESTANTE_POP3_FRONTEND_PROTOCOL_MAILDROP_VIEW_H_

#include <cstdint>
#include <string>
#include <vector>

#include "pop3-frontend/protocol/event.h"

namespace restante::pop3 {

// The maildrop as one session sees it: numbered from 1, fixed when it was opened, with the marks
// that DELE sets and RSET takes away. Nothing here touches the store.
class MaildropView {
 public:
  // `uidl_prefix` as Opened has it.
  MaildropView(std::vector<MaildropMessage> messages, std::string uidl_prefix);

  // nullptr when there is no such number, or it is marked as deleted.
  const MaildropMessage* Find(int32_t number) const;

  // Of a message of this maildrop.
  std::string UidlOf(const MaildropMessage& message) const;

  // False when there is no such number, or it is marked already.
  [[nodiscard]] bool Mark(int32_t number);
  void UnmarkAll();

  // Without the marked ones.
  int64_t count() const { return count_; }
  int64_t total_octets() const { return total_octets_; }

  std::vector<uint64_t> MarkedIds() const;

  // The message was retrieved to its end.
  void NoteRead(int32_t number);
  // Those that were, without the marked ones.
  std::vector<uint64_t> ReadIds() const;

  // What a line of a multi-line LIST or UIDL says of a message.
  enum class Listing { kSize, kUniqueId };

  // Such lines, without status line and final dot, from message number `*next` on, as many as make
  // `octets` full; moves `*next` behind them, behind the last message at the end.
  std::string List(Listing listing, int32_t* next, size_t octets) const;
  bool IsBehindLast(int32_t number) const;

 private:
  bool Exists(int32_t number) const;
  void AppendUidl(const MaildropMessage& message, std::string* text) const;

  const std::vector<MaildropMessage> messages_;
  const std::string uidl_prefix_;
  std::vector<bool> marked_;
  std::vector<bool> read_;
  int64_t count_ = 0;
  int64_t total_octets_ = 0;
};

}  // namespace restante::pop3

#endif  // RESTANTE_POP3_FRONTEND_PROTOCOL_MAILDROP_VIEW_H_
