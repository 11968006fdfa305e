#ifndef RESTANTE_POP3_FRONTEND_IO_SESSION_DRIVER_H_
#define RESTANTE_POP3_FRONTEND_IO_SESSION_DRIVER_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <variant>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/random.h"
#include "common/log/logger.h"
#include "common/net/connection.h"
#include "common/net/event_loop.h"
#include "common/net/ip_network.h"
#include "common/net/session_host.h"
#include "common/net/tls_context_source.h"
#include "pop3-frontend/backend/auth_backend.h"
#include "pop3-frontend/backend/maildrop_backend.h"
#include "pop3-frontend/backend/policy_source.h"
#include "pop3-frontend/backend/source_quota.h"
#include "pop3-frontend/io/client_settings.h"
#include "pop3-frontend/io/session_record.h"
#include "pop3-frontend/io/unread_tally.h"
#include "pop3-frontend/protocol/dot_stuffer.h"
#include "pop3-frontend/protocol/line_splitter.h"
#include "pop3-frontend/protocol/session.h"

namespace restante::pop3 {

// What the clients of one front end take together.
struct ClientTotals {
  SourceQuota connections;
  SourceQuota sessions;
  UnreadTally unread;
};

// What the listener that a client came by says of it.
struct ListenerTraits {
  // TLS from the first octet; else STLS where it is offered.
  bool implicit_tls = false;
  bool offers_stls = true;
  // Not empty: only load balancers in these networks connect, and say who the client is by a PROXY
  // header.
  std::vector<net::IpNetwork> proxy_networks;
  // Clients on the loopback interface may log on without TLS.
  bool development_mode = false;
  // As ClientSettings has it, for this listener alone.
  bool ntlm_ready_is_ok = false;
  // The listener's own TLS, which asks clients for a certificate. Null: SessionParts::tls.
  const net::TlsContextSource* tls = nullptr;
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
  const ClientSettingsSource& settings;
  ClientTotals& totals;
};

// One client's connection: carries out what its Session decides, and tells it what happened. Made,
// used and destroyed on the thread of the connection's loop. What backends answer after its end is
// dropped, and a maildrop that they bring is let go of.
class SessionDriver : public net::HostedSession,
                      public net::ConnectionHandler,
                      public std::enable_shared_from_this<SessionDriver> {
 public:
  // `on_gone` is called at the end, once; it may let go of the driver. `parts` and `listener`
  // outlive it.
  SessionDriver(const SessionParts& parts, const ListenerTraits& listener, net::EventLoop* loop,
                net::AcceptedSocket socket, absl::AnyInvocable<void()> on_gone);

  void Start() override;
  // A session without a maildrop ends at once, any one when the time is over.
  void Drain(bool over) override;
  void Cut() override;

  void OnProxyHeader() override;
  void OnOctets(absl::string_view octets) override;
  void OnTlsReady() override;
  void OnBacklogLow() override;
  void OnPeerFinished() override;
  void OnEnd(const absl::Status& why) override;

 private:
  // The client is known: makes room for it, and greets it or begins TLS.
  void Welcome();
  // Null where there is none.
  const net::TlsContextSource* Tls() const;
  bool HasCertificate() const;
  void TurnAway(TurnedAway why);
  void Greet();
  // Whether the connection comes from a load balancer that the listener knows.
  bool IsFromBalancer() const;
  void Feed(Event event);
  // Not from inside what an effect does.
  void Soon(Event event);
  void Perform(std::vector<Effect>* effects);
  void Do(Send send);
  void Do(StartTls effect);
  void Do(BeginLogon logon);
  void Do(ContinueLogon logon);
  void Do(OpenMaildrop target);
  void Do(const ReadBody& read);
  void Do(const CloseMaildrop& close);
  void Do(const AwaitRoom& await);
  void Do(const Delay& delay);
  void Do(const Disconnect& disconnect);

  // Gives the session the lines that it can take now, and reads on when there is room for more.
  void TakeLines();
  void TakeLine(std::variant<LineSplitter::NeedMore, Line, LineTooLong> next);
  // Whether the client has read enough to be given more; OnBacklogLow follows when not.
  bool HasRoom();
  // The limit over many clients that is exceeded just now, when one is.
  std::optional<Limit> CommonLimitOnUnread() const;
  void OnLogonAnswer(absl::StatusOr<LogonAnswer> answer);
  void OnOpened(absl::StatusOr<OpenedMaildrop> opened);
  void OnChunk(absl::StatusOr<BodyChunk> chunk);
  void ReadMore();
  void OnLogonDeadline();
  void WatchForIdleness(absl::Duration delay);
  void CheckIdleness();
  // A callback that does nothing once the driver is gone.
  template <typename Argument>
  auto Later(void (SessionDriver::*member)(Argument));

  const SessionParts& parts_;
  const ListenerTraits& listener_;
  net::EventLoop& loop_;
  const std::shared_ptr<const ClientSettings> settings_;
  absl::AnyInvocable<void()> on_gone_;
  SessionRecord record_;
  net::Endpoint peer_;
  std::optional<SourceQuota::Share> connection_place_;
  std::optional<SourceQuota::Share> session_place_;
  std::shared_ptr<UnreadTally::Octets> unread_of_source_;
  std::unique_ptr<net::Connection> connection_;  // null once it has ended
  std::unique_ptr<Session> session_;
  LineSplitter splitter_;
  bool reading_ = true;
  bool peer_finished_ = false;
  absl::Duration last_activity_;
  net::Timer deadline_timer_;
  net::Timer delay_timer_;

  LogonAttempt attempt_;
  std::unique_ptr<Maildrop> maildrop_;
  DotStuffer stuffer_;
  bool body_started_ = false;
  // What goes on once the client has read enough.
  enum class Awaited { kLines, kBody, kListing } awaited_ = Awaited::kLines;
  bool held_back_ = false;
  bool closing_ = false;  // CloseMaildrop is under way and alone says what became of the maildrop
};

}  // namespace restante::pop3

#endif  // RESTANTE_POP3_FRONTEND_IO_SESSION_DRIVER_H_
