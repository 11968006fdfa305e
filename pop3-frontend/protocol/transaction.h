#ifndef RESTANTE_POP3_FRONTEND_PROTOCOL_TRANSACTION_H_
#define RESTANTE_POP3_FRONTEND_PROTOCOL_TRANSACTION_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "pop3-frontend/protocol/command.h"
#include "pop3-frontend/protocol/effect.h"
#include "pop3-frontend/protocol/event.h"
#include "pop3-frontend/protocol/maildrop_view.h"

namespace restante::pop3 {

// The TRANSACTION and UPDATE states (RFC 1939 sections 5 and 6): a maildrop is open, and messages
// are deleted by QUIT or not at all. Owned by Session, which says when each function may be called.
class Transaction {
 public:
  using Effects = std::vector<Effect>;

  Transaction(Opened opened, bool may_delete)
      : maildrop_(std::move(opened.messages), std::move(opened.uidl_prefix)),
        retention_days_(opened.retention_days),
        may_delete_(may_delete) {}

  // True while nothing but an event other than Line goes on.
  bool waiting() const { return phase_ != Phase::kIdle; }

  // What the client is told when the maildrop opens.
  void Greet(Effects* effects) const;

  void OnCommand(const Command& command, Effects* effects);
  // The listing under way goes on.
  void OnRoomForMore(Effects* effects);
  void OnBodyStarted(Effects* effects);
  void OnBodyDone(Effects* effects);
  void OnBodyFailed(BodyFailure failure, Effects* effects);
  void OnClosed(Effects* effects);
  // The outcome of CloseMaildrop could not be learnt.
  void OnBackendDown(Effects* effects);
  void OnLeaseLost(Effects* effects);

  // Ends the session without UPDATE: nothing is deleted, the maildrop is let go.
  void Abandon(EndReason reason, absl::string_view farewell, Effects* effects);

 private:
  enum class Phase {
    kIdle,
    kListing,
    kBodyAsked,    // "+OK" not said yet: a failure can still be told
    kBodySending,  // "+OK" said: after a failure only silence is honest
    kClosing,
  };

  void Stat(Effects* effects) const;
  void List(const Command& command, Effects* effects);
  void Uidl(const Command& command, Effects* effects);
  void BeginListing(MaildropView::Listing listing, std::string status_line, Effects* effects);
  // Sends the next piece of the listing behind `text`.
  void GoOnListing(std::string text, Effects* effects);
  void Retr(const Command& command, Effects* effects);
  void Top(const Command& command, Effects* effects);
  void Dele(const Command& command, Effects* effects);
  void Quit(Effects* effects);
  // Inside a reply of many lines, where another word would be taken for one of them.
  bool InMultiLine() const { return phase_ == Phase::kListing || phase_ == Phase::kBodySending; }
  static void Answer(absl::string_view text, Effects* effects);

  MaildropView maildrop_;
  const std::optional<int32_t> retention_days_;
  const bool may_delete_;
  Phase phase_ = Phase::kIdle;
  MaildropView::Listing listing_ = MaildropView::Listing::kSize;
  int32_t next_listed_ = 1;
  int64_t announced_octets_ = 0;  // of the message being sent; negative for TOP
  int32_t retrieved_ = 0;         // the number of the message being sent; 0 for TOP
  bool deletes_ = false;          // CloseMaildrop under way removes something
};

}  // namespace restante::pop3

#endif  // RESTANTE_POP3_FRONTEND_PROTOCOL_TRANSACTION_H_
