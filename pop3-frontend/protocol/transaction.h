#ifndef RESTANTE_POP3_FRONTEND_PROTOCOL_TRANSACTION_H_
#define RESTANTE_POP3_FRONTEND_PROTOCOL_TRANSACTION_H_

#include <optional>
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

  explicit Transaction(std::vector<MaildropMessage> messages) : maildrop_(std::move(messages)) {}

  // True while nothing but an event other than Line goes on.
  bool waiting() const { return phase_ != Phase::kIdle; }

  // What the client is told when the maildrop opens.
  void Greet(Effects* effects) const;

  void OnCommand(const Command& command, Effects* effects);
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
    kBodyAsked,    // "+OK" not said yet: a failure can still be told
    kBodySending,  // "+OK" said: after a failure only silence is honest
    kClosing,
  };

  void Stat(Effects* effects) const;
  void List(const Command& command, Effects* effects) const;
  void Uidl(const Command& command, Effects* effects) const;
  void Retr(const Command& command, Effects* effects);
  void Top(const Command& command, Effects* effects);
  void Dele(const Command& command, Effects* effects);
  void Quit(Effects* effects);
  static void Answer(absl::string_view text, Effects* effects);

  MaildropView maildrop_;
  Phase phase_ = Phase::kIdle;
  int64_t announced_octets_ = 0;  // of the message being sent; negative for TOP
  bool deletes_ = false;          // CloseMaildrop under way removes something
};

}  // namespace restante::pop3

#endif  // RESTANTE_POP3_FRONTEND_PROTOCOL_TRANSACTION_H_
