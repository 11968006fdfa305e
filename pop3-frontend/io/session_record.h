#ifndef RESTANTE_POP3_FRONTEND_IO_SESSION_RECORD_H_
#define RESTANTE_POP3_FRONTEND_IO_SESSION_RECORD_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/log/logger.h"
#include "common/net/connection.h"
#include "pop3-frontend/backend/auth_backend.h"
#include "pop3-frontend/io/session_metrics.h"
#include "pop3-frontend/protocol/effect.h"
#include "pop3-frontend/protocol/event.h"

namespace restante::pop3 {

// What one connection's life leaves behind: metrics, a log line for each logon, and one for its
// end, which ids join to the lines of the other programs. Nothing that a client said is in them but
// names, escaped. Times are the loop's. On the thread of the connection's loop.
class SessionRecord {
 public:
  // `logger` and `metrics` outlive the record.
  SessionRecord(const log::Logger& logger, const SessionMetrics& metrics, std::string connection_id,
                absl::Duration now);
  ~SessionRecord();
  SessionRecord(const SessionRecord&) = delete;
  SessionRecord& operator=(const SessionRecord&) = delete;

  const std::string& connection_id() const { return connection_id_; }

  void ClientIs(const net::Endpoint& client) { client_ = client; }
  void TlsBegun() { handshaking_ = true; }
  void TlsReady(const std::string& version);

  void Received(size_t octets);
  void Sent(size_t octets);
  void CommandBegun(absl::Duration now);
  // Its reply was made; nothing when no command is under way. `command` as Session has it.
  void CommandDone(absl::string_view command, absl::Duration now);
  // A piece of a message's text, the last one when `end`.
  void BodyPiece(size_t octets, bool end);
  void BodyFailed(const absl::Status& why);

  void LogonBegun(const LogonAttempt& attempt, const std::string& mechanism);
  void LogonAnswered(const absl::StatusOr<LogonAnswer>& answer);
  void MaildropOpened(size_t messages);
  // `busy`: another session has it.
  void MaildropNotOpened(const absl::Status& why, const Event& event);
  void SessionRefused();
  void MaildropLeft();
  void MaildropClosed(const absl::Status& status, size_t deleted);
  void LimitHit(Limit limit) const { metrics_.CountLimit(limit); }

  // Why the connection will end; the first word counts.
  void WillEnd(absl::string_view reason);
  void WillEnd(EndReason reason);
  // It is over; `why` as ConnectionHandler::OnEnd has it. Once.
  void Ended(const absl::Status& why, absl::Duration now);

 private:
  const log::Logger& logger_;
  const SessionMetrics& metrics_;
  const std::string connection_id_;
  const absl::Duration begun_;
  net::Endpoint client_;
  bool handshaking_ = false;
  std::string tls_version_;
  std::string attempt_id_;
  std::string session_id_;
  std::string mechanism_;
  std::string account_;
  std::string mailbox_id_;
  bool logged_on_ = false;
  bool has_maildrop_ = false;
  bool in_command_ = false;
  absl::Duration command_begun_;
  int64_t commands_ = 0;
  int64_t messages_ = 0;
  int64_t deleted_ = 0;
  uint64_t octets_in_ = 0;
  uint64_t octets_out_ = 0;
  std::string reason_;
};

}  // namespace restante::pop3

#endif  // RESTANTE_POP3_FRONTEND_IO_SESSION_RECORD_H_
