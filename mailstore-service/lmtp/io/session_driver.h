#ifndef RESTANTE_MAILSTORE_SERVICE_LMTP_IO_SESSION_DRIVER_H_
#define RESTANTE_MAILSTORE_SERVICE_LMTP_IO_SESSION_DRIVER_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/base/random.h"
#include "common/crypto/digest.h"
#include "common/log/logger.h"
#include "common/net/connection.h"
#include "common/net/event_loop.h"
#include "common/net/session_host.h"
#include "mailstore-service/lmtp/backend/delivery_backend.h"
#include "mailstore-service/lmtp/backend/recipient_resolver.h"
#include "mailstore-service/lmtp/io/lmtp_metrics.h"
#include "mailstore-service/lmtp/protocol/session.h"

namespace restante::lmtp {

// How long a client may take.
struct ClientDeadlines {
  // For its next octet. RFC 5321 section 4.5.3.2.7: at least five minutes.
  absl::Duration idle = absl::Minutes(5);
  // For reading the next octet of what was sent.
  absl::Duration stall = absl::Minutes(2);
};

// What all sessions of one ingress share. Everything outlives every session and is thread-safe.
struct SessionParts {
  RecipientResolver& recipients;
  DeliveryBackend& mailstores;
  const Clock& clock;
  Random& random;
  const log::Logger& logger;
  const LmtpMetrics& metrics;
  ClientDeadlines deadlines;
  // Also those that look like a repeat.
  bool keep_identical_messages = false;
};

// One client's connection: carries out what its Session decides, and tells it what happened. Made,
// used and destroyed on the thread of the connection's loop. A client that sends faster than the
// mailstores take waits: at most kMaxOctetsAhead and what its Delivery holds are kept of it.
class SessionDriver : public net::HostedSession,
                      public net::ConnectionHandler,
                      public std::enable_shared_from_this<SessionDriver> {
 public:
  // What may lie unread before nothing more is read.
  static constexpr size_t kMaxOctetsAhead = size_t{64} * 1024;

  // `on_gone` is called at the end, once; it may let go of the driver.
  SessionDriver(const SessionParts& parts, net::EventLoop* loop, net::AcceptedSocket socket,
                const SessionOptions& options, absl::AnyInvocable<void()> on_gone);
  ~SessionDriver() override;

  void Start() override;
  void Drain(bool over) override;
  void Cut() override;

  void OnOctets(absl::string_view octets) override;
  void OnTlsReady() override;
  void OnBacklogLow() override;
  void OnPeerFinished() override;
  void OnEnd(const absl::Status& why) override;

 private:
  void Handle(Event event);
  void Perform(std::vector<Effect>* effects);
  void Do(Send send);
  void Do(const ResolveRecipient& resolve);
  void Do(const CheckDelivery& check);
  void Do(const BeginDelivery& begin);
  void Do(WriteText write);
  void Do(const FinishDelivery& finish);
  void Do(const AbandonDelivery& abandon);
  void Do(const Disconnect& disconnect);

  // Whether the session can be given octets now.
  bool CanFeed() const;
  // Gives the session what it can take of `octets`.
  void Feed(absl::string_view* octets);
  // The same for what lies unread, and reads on when there is room for more.
  void FeedUnread();
  void OnRecipient(Event answer);
  void OnChecked(DeliveryChecked checked);
  void OnDelivered(Delivered delivered);
  void WatchForIdleness(absl::Duration delay);
  void CheckIdleness();
  // A callback that does nothing once the driver is gone or its session has ended.
  template <typename Argument>
  auto Later(void (SessionDriver::*member)(Argument));

  const SessionParts& parts_;
  net::EventLoop& loop_;
  const std::string host_name_;
  absl::AnyInvocable<void()> on_gone_;
  const std::string connection_id_;
  const net::Endpoint peer_;
  std::unique_ptr<net::Connection> connection_;  // null once it has ended
  Session session_;
  std::string unread_;
  bool reading_ = true;
  bool peer_finished_ = false;
  absl::Duration last_activity_;
  net::Timer idle_timer_;

  // The message under way.
  std::unique_ptr<Delivery> delivery_;
  std::string delivery_id_;
  std::optional<Sha256Sum> fingerprint_;  // while a message is received
  std::string sender_;
  int64_t text_octets_ = 0;
  absl::Duration finished_at_;
};

}  // namespace restante::lmtp

#endif  // RESTANTE_MAILSTORE_SERVICE_LMTP_IO_SESSION_DRIVER_H_
