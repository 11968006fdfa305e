#ifndef RESTANTE_POP3_FRONTEND_IO_SESSION_DRIVER_H_
#define RESTANTE_POP3_FRONTEND_IO_SESSION_DRIVER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/random.h"
#include "common/log/logger.h"
#include "common/net/connection.h"
#include "common/net/event_loop.h"
#include "common/net/session_host.h"
#include "common/net/tls_context_source.h"
#include "pop3-frontend/backend/auth_backend.h"
#include "pop3-frontend/backend/maildrop_backend.h"
#include "pop3-frontend/backend/policy_source.h"
#include "pop3-frontend/io/session_metrics.h"
#include "pop3-frontend/protocol/dot_stuffer.h"
#include "pop3-frontend/protocol/line_splitter.h"
#include "pop3-frontend/protocol/session.h"

namespace restante::pop3 {

// How long a client may take.
struct ClientDeadlines {
  // From the connection to an open maildrop, whatever the client does meanwhile.
  absl::Duration logon = absl::Minutes(3);
  // Between two commands afterwards. RFC 1939 section 3: at least ten minutes.
  absl::Duration idle = absl::Minutes(10);
  // For reading the next octet of what was sent.
  absl::Duration stall = absl::Minutes(2);
};

// What all sessions of one front end share. Everything outlives every session and is thread-safe.
struct SessionParts {
  AuthBackend& auth;
  MaildropBackend& maildrops;
  const PolicySource& policy;
  Random& random;
  const log::Logger& logger;
  const SessionMetrics& metrics;
  // Null where there is no TLS for clients.
  const net::TlsContextSource* tls;
  ClientDeadlines deadlines;
};

// One client's connection: carries out what its Session decides, and tells it what happened. Made,
// used and destroyed on the thread of the connection's loop. What backends answer after its end is
// dropped, and a maildrop that they bring is let go of.
class SessionDriver : public net::HostedSession,
                      public net::ConnectionHandler,
                      public std::enable_shared_from_this<SessionDriver> {
 public:
  // `on_gone` is called at the end, once; it may let go of the driver. `options` without what TLS
  // and the client's address say, and `implicit_tls` for POP3S.
  SessionDriver(const SessionParts& parts, net::EventLoop* loop, net::AcceptedSocket socket,
                SessionOptions options, bool implicit_tls, absl::AnyInvocable<void()> on_gone);
  ~SessionDriver() override;

  void Start() override;
  // A session without a maildrop ends at once, any one when the time is over.
  void Drain(bool over) override;
  void Cut() override;

  void OnOctets(absl::string_view octets) override;
  void OnTlsReady() override;
  void OnBacklogLow() override;
  void OnPeerFinished() override;
  void OnEnd(const absl::Status& why) override;

 private:
  void Greet();
  void Feed(Event event);
  void Perform(std::vector<Effect>* effects);
  void Do(Send send);
  void Do(StartTls effect);
  void Do(BeginLogon logon);
  void Do(ContinueLogon logon);
  void Do(OpenMaildrop target);
  void Do(const ReadBody& read);
  void Do(CloseMaildrop close);
  void Do(const Delay& delay);
  void Do(const Disconnect& disconnect);

  // Gives the session the lines that it can take now, and reads on when there is room for more.
  void TakeLines();
  void OnLogonAnswer(absl::StatusOr<LogonAnswer> answer);
  void OnOpened(absl::StatusOr<OpenedMaildrop> opened);
  void OnChunk(absl::StatusOr<BodyChunk> chunk);
  void ReadMore();
  void OnLogonDeadline();
  void WatchForIdleness(absl::Duration delay);
  void CheckIdleness();
  void LogEnd(EndReason reason) const;
  // A callback that does nothing once the driver is gone.
  template <typename Argument>
  auto Later(void (SessionDriver::*member)(Argument));

  const SessionParts& parts_;
  net::EventLoop& loop_;
  SessionOptions options_;
  const bool implicit_tls_;
  absl::AnyInvocable<void()> on_gone_;
  const std::string connection_id_;
  const net::Endpoint peer_;
  std::unique_ptr<net::Connection> connection_;  // null once it has ended
  std::unique_ptr<Session> session_;
  LineSplitter splitter_;
  bool reading_ = true;
  bool peer_finished_ = false;
  absl::Duration last_activity_;
  net::Timer deadline_timer_;
  net::Timer delay_timer_;

  LogonAttempt attempt_;
  std::string mechanism_;
  std::string account_;
  std::string mailbox_id_;

  std::unique_ptr<Maildrop> maildrop_;
  DotStuffer stuffer_;
  bool body_started_ = false;
  bool more_when_backlog_is_low_ = false;
  bool closing_ = false;  // CloseMaildrop is under way and alone says what became of the maildrop
  int64_t messages_sent_ = 0;
  int64_t octets_sent_ = 0;
  size_t messages_to_delete_ = 0;
};

}  // namespace restante::pop3

#endif  // RESTANTE_POP3_FRONTEND_IO_SESSION_DRIVER_H_
