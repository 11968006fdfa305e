#include "pop3-frontend/io/session_driver.h"

#include <algorithm>
#include <limits>
#include <utility>
#include <variant>

#include "common/base/ids.h"
#include "pop3-frontend/backend/outcome_events.h"

namespace restante::pop3 {
namespace {

// Octets that a client may send ahead of what the session takes: two of the longest lines.
constexpr size_t kMaxOctetsAhead = 2 * Session::kMaxResponseOctets;

}  // namespace

SessionDriver::SessionDriver(const SessionParts& parts, const ListenerTraits& listener,
                             net::EventLoop* loop, net::AcceptedSocket socket,
                             absl::AnyInvocable<void()> on_gone)
    : parts_(parts),
      listener_(listener),
      loop_(*loop),
      settings_(parts.settings.Current()),
      on_gone_(std::move(on_gone)),
      record_(parts.logger, parts.metrics, NewId(parts.random), loop->Now()),
      peer_(socket.peer()),
      connection_(std::make_unique<net::Connection>(loop, std::move(socket))) {
  record_.ClientIs(peer_);
}

void SessionDriver::Start() {
  last_activity_ = loop_.Now();
  connection_->CountBacklogIn(&parts_.totals.unread.all());
  const bool clients_connect = listener_.proxy_networks.empty();
  // Anybody else could say to be anybody.
  const bool from_balancer = !clients_connect && IsFromBalancer();
  if (from_balancer) connection_->ExpectProxyHeader();
  connection_->Start(this, settings_->deadlines.stall);
  deadline_timer_ = loop_.After(settings_->deadlines.logon, [this] { OnLogonDeadline(); });
  if (clients_connect) return Welcome();
  if (!from_balancer) TurnAway(TurnedAway::kNotABalancer);
}

bool SessionDriver::IsFromBalancer() const {
  return std::any_of(listener_.proxy_networks.begin(), listener_.proxy_networks.end(),
                     [this](const auto& network) { return network.Contains(peer_.address); });
}

void SessionDriver::OnProxyHeader() {
  peer_ = connection_->peer();
  record_.ClientIs(peer_);
  Welcome();
}

void SessionDriver::Welcome() {
  const std::string source = net::SourceNetwork(peer_.address);
  // How many there may be in all is the host's to say.
  auto place = parts_.totals.connections.Take(
      source, 1,
      {std::numeric_limits<int64_t>::max(), settings_->limits.max_connections_per_source});
  if (std::holds_alternative<SourceQuota::Full>(place)) {
    record_.LimitHit(Limit::kConnectionsPerSource);
    return TurnAway(TurnedAway::kTooManyFromSource);
  }
  connection_place_.emplace(std::get<SourceQuota::Share>(std::move(place)));
  unread_of_source_ = parts_.totals.unread.Of(source);
  connection_->CountBacklogIn(unread_of_source_.get());
  if (!listener_.implicit_tls) return Greet();
  record_.TlsBegun();
  connection_->StartTls(Tls()->Current());
}

const net::TlsContextSource* SessionDriver::Tls() const {
  return listener_.tls != nullptr ? listener_.tls : parts_.tls;
}

bool SessionDriver::HasCertificate() const {
  return attempt_.channel.tls && !attempt_.channel.tls->certificate_names.empty();
}

void SessionDriver::TurnAway(TurnedAway why) {
  session_ = std::make_unique<Session>(SessionOptions());
  std::vector<Effect> effects;
  session_->TurnAway(why, &effects);
  Perform(&effects);
}

void SessionDriver::Greet() {
  SessionOptions options;
  options.stls_available = Tls() != nullptr && listener_.offers_stls && !listener_.implicit_tls;
  options.tls = listener_.implicit_tls;
  options.has_certificate = HasCertificate();
  options.logon_without_tls = listener_.development_mode && peer_.loopback;
  options.ntlm_ready_is_ok = listener_.ntlm_ready_is_ok || settings_->ntlm_ready_is_ok;
  session_ = std::make_unique<Session>(options);
  std::vector<Effect> effects;
  session_->Start(&effects);
  Perform(&effects);
}

void SessionDriver::Drain(bool over) {
  if (session_ == nullptr) return Cut();
  if (over || !session_->logged_on()) Feed(pop3::Drain());
}

void SessionDriver::Cut() { OnEnd(absl::CancelledError("going down")); }

void SessionDriver::OnOctets(absl::string_view octets) {
  record_.Received(octets.size());
  splitter_.Append(octets);
  TakeLines();
}

void SessionDriver::OnTlsReady() {
  const net::TlsInfo& tls = *connection_->tls();
  attempt_.channel.tls =
      TlsChannel{tls.version, tls.server_end_point, tls.exporter, tls.certificate_names};
  record_.TlsReady(tls.version);
  if (listener_.implicit_tls) return Greet();
  Feed(TlsReady{HasCertificate()});
}

void SessionDriver::OnBacklogLow() {
  last_activity_ = loop_.Now();
  switch (std::exchange(awaited_, Awaited::kLines)) {
    case Awaited::kLines:
      return TakeLines();
    case Awaited::kBody:
      return ReadMore();
    case Awaited::kListing:
      return Do(AwaitRoom());
  }
}

void SessionDriver::OnPeerFinished() {
  peer_finished_ = true;
  // What it said before is still answered.
  if (session_ == nullptr) return OnEnd(absl::UnavailableError("the client left"));
  TakeLines();
}

void SessionDriver::OnEnd(const absl::Status& why) {
  auto alive = shared_from_this();
  connection_.reset();
  if (session_ != nullptr && !session_->ended()) Feed(PeerGone());
  deadline_timer_.Cancel();
  delay_timer_.Cancel();
  if (on_gone_ == nullptr) return;
  record_.Ended(why, loop_.Now());
  std::exchange(on_gone_, nullptr)();
}

void SessionDriver::Feed(Event event) {
  if (session_->ended()) return;
  if (!session_->logged_on()) session_->SetPolicy(parts_.policy.Current());
  std::vector<Effect> effects;
  session_->Handle(std::move(event), &effects);
  Perform(&effects);
  TakeLines();
}

void SessionDriver::Perform(std::vector<Effect>* effects) {
  for (Effect& effect : *effects) {
    std::visit([this](auto&& alternative) { Do(std::forward<decltype(alternative)>(alternative)); },
               std::move(effect));
  }
  if (session_->WantsLine() || session_->ended()) {
    record_.CommandDone(session_->command(), loop_.Now());
  }
}

bool SessionDriver::HasRoom() {
  const std::optional<Limit> common = CommonLimitOnUnread();
  const size_t mark = common ? 0 : static_cast<size_t>(settings_->limits.max_unread_octets);
  if (connection_->backlog_octets() <= mark) {
    held_back_ = false;
    return true;
  }
  connection_->SetLowMark(mark);
  if (!std::exchange(held_back_, true)) {
    record_.LimitHit(common.value_or(Limit::kUnreadOctets));
  }
  return false;
}

std::optional<Limit> SessionDriver::CommonLimitOnUnread() const {
  const ClientLimits& limits = settings_->limits;
  if (parts_.totals.unread.all() > limits.max_total_unread_octets) return Limit::kTotalUnreadOctets;
  if (*unread_of_source_ > limits.max_unread_octets_per_source) {
    return Limit::kUnreadOctetsPerSource;
  }
  return std::nullopt;
}

void SessionDriver::TakeLines() {
  while (connection_ != nullptr && session_ != nullptr && session_->WantsLine() && HasRoom()) {
    auto next = splitter_.Next(session_->MaxLineOctets());
    if (std::holds_alternative<LineSplitter::NeedMore>(next)) {
      if (peer_finished_) return Feed(PeerGone());
      break;
    }
    TakeLine(std::move(next));
  }
  if (connection_ == nullptr) return;
  bool room = splitter_.buffered_octets() < kMaxOctetsAhead;
  if (room == std::exchange(reading_, room)) return;
  room ? connection_->ResumeReading() : connection_->PauseReading();
}

void SessionDriver::TakeLine(std::variant<LineSplitter::NeedMore, Line, LineTooLong> next) {
  // Octets alone are no activity: who sends one now and then would never be idle.
  last_activity_ = loop_.Now();
  record_.CommandBegun(last_activity_);
  if (!session_->logged_on()) session_->SetPolicy(parts_.policy.Current());
  std::vector<Effect> effects;
  if (Line* line = std::get_if<Line>(&next)) {
    session_->Handle(std::move(*line), &effects);
  } else {
    session_->Handle(LineTooLong(), &effects);
  }
  Perform(&effects);
}

void SessionDriver::Do(Send send) {
  if (connection_ == nullptr) return;
  // Ahead of its TLS nobody can be told anything.
  if (listener_.implicit_tls && !connection_->tls()) return;
  record_.Sent(send.text.size());
  connection_->Write(std::move(send.text));
}

void SessionDriver::Do(StartTls) {
  if (connection_ == nullptr) return;
  if (splitter_.buffered_octets() == 0) {
    record_.TlsBegun();
    return connection_->StartTls(Tls()->Current());
  }
  // RFC 2595 section 4: commands sent in the clear behind STLS may be an attacker's.
  record_.WillEnd("commands_ahead_of_tls");
  loop_.Post([weak = weak_from_this()] {
    if (auto self = weak.lock()) self->OnEnd(absl::InvalidArgumentError("commands ahead of TLS"));
  });
}

template <typename Argument>
auto SessionDriver::Later(void (SessionDriver::*member)(Argument)) {
  return [weak = weak_from_this(), member](Argument argument) {
    auto self = weak.lock();
    if (self == nullptr || self->session_->ended()) return;
    self->last_activity_ = self->loop_.Now();
    (self.get()->*member)(std::move(argument));
  };
}

void SessionDriver::Do(BeginLogon logon) {
  attempt_.attempt_id = NewId(parts_.random);
  attempt_.session_id = NewId(parts_.random);
  attempt_.channel.client_address = peer_.address;
  attempt_.channel.client_port = peer_.port;
  attempt_.channel.connection_id = record_.connection_id();
  record_.LogonBegun(attempt_, logon.mechanism);
  parts_.auth.Begin(attempt_, std::move(logon), loop_.executor(),
                    Later(&SessionDriver::OnLogonAnswer));
}

void SessionDriver::Do(ContinueLogon logon) {
  parts_.auth.Continue(attempt_, std::move(logon), loop_.executor(),
                       Later(&SessionDriver::OnLogonAnswer));
}

void SessionDriver::OnLogonAnswer(absl::StatusOr<LogonAnswer> answer) {
  record_.LogonAnswered(answer);
  Feed(LogonEvent(std::move(answer)));
}

void SessionDriver::Do(OpenMaildrop target) {
  auto place = parts_.totals.sessions.Take(
      net::SourceNetwork(peer_.address), 1,
      {settings_->limits.max_sessions, settings_->limits.max_sessions_per_source});
  if (const auto* full = std::get_if<SourceQuota::Full>(&place)) {
    bool all = *full == SourceQuota::Full::kAll;
    record_.LimitHit(all ? Limit::kSessions : Limit::kSessionsPerSource);
    record_.SessionRefused();
    return Soon(TooManySessions());
  }
  session_place_.emplace(std::get<SourceQuota::Share>(std::move(place)));
  auto lost = [weak = weak_from_this()] {
    auto self = weak.lock();
    if (self != nullptr && !self->closing_) self->Feed(LeaseLost());
  };
  parts_.maildrops.Open({std::move(target), attempt_.session_id, peer_.address}, loop_.executor(),
                        std::move(lost), Later(&SessionDriver::OnOpened));
}

void SessionDriver::Soon(Event event) {
  auto later = [weak = weak_from_this(), event = std::move(event)]() mutable {
    if (auto self = weak.lock()) self->Feed(std::move(event));
  };
  loop_.Post(std::move(later));
}

void SessionDriver::OnOpened(absl::StatusOr<OpenedMaildrop> opened) {
  if (!opened.ok()) {
    session_place_.reset();
    Event event = FailedOpen(opened.status());
    record_.MaildropNotOpened(opened.status(), event);
    return Feed(std::move(event));
  }
  record_.MaildropOpened(opened->messages.size());
  maildrop_ = std::move(opened->maildrop);
  WatchForIdleness(settings_->deadlines.idle);
  Feed(Opened{std::move(opened->messages), opened->retention_days, std::move(opened->uidl_prefix)});
}

void SessionDriver::Do(const ReadBody& read) {
  stuffer_ = DotStuffer();
  body_started_ = false;
  maildrop_->Read(read.message_id, read.top_lines, Later(&SessionDriver::OnChunk));
}

void SessionDriver::OnChunk(absl::StatusOr<BodyChunk> chunk) {
  if (!chunk.ok()) {
    record_.BodyFailed(chunk.status());
    return Feed(FailedRead(chunk.status()));
  }
  if (!std::exchange(body_started_, true)) Feed(BodyStarted());
  record_.BodyPiece(chunk->text.size(), chunk->end);
  std::string stuffed = stuffer_.Stuff(std::move(chunk->text));
  if (chunk->end) stuffer_.Finish(&stuffed);
  Do(Send{std::move(stuffed)});
  if (!chunk->end) return ReadMore();
  Feed(BodyDone());
}

void SessionDriver::ReadMore() {
  if (maildrop_ == nullptr || connection_ == nullptr) return;
  if (HasRoom()) return maildrop_->ReadMore(Later(&SessionDriver::OnChunk));
  awaited_ = Awaited::kBody;
}

void SessionDriver::Do(const AwaitRoom&) {
  if (connection_ == nullptr) return;
  if (HasRoom()) return Soon(RoomForMore());
  awaited_ = Awaited::kListing;
}

void SessionDriver::Do(const CloseMaildrop& close) {
  std::unique_ptr<Maildrop> maildrop = std::move(maildrop_);
  record_.MaildropLeft();
  if (!close.answered) return;
  closing_ = true;
  size_t deleted = close.delete_message_ids.size();
  maildrop->Close(close, [weak = weak_from_this(), deleted](const absl::Status& status) {
    auto self = weak.lock();
    if (self == nullptr) return;
    self->record_.MaildropClosed(status, deleted);
    self->Feed(CloseEvent(status));
  });
}

void SessionDriver::Do(const Delay& delay) {
  delay_timer_ = loop_.After(delay.duration, [this] { Feed(DelayOver()); });
}

void SessionDriver::Do(const Disconnect& disconnect) {
  record_.WillEnd(disconnect.reason);
  // Until the deadline, which is for all that comes ahead of a logon, its goodbye included.
  if (session_->logged_on()) deadline_timer_.Cancel();
  delay_timer_.Cancel();
  if (connection_ != nullptr) connection_->Finish();
}

void SessionDriver::OnLogonDeadline() {
  // Nobody is told who has no session, or does not read.
  const bool deaf = connection_ != nullptr && connection_->backlog_octets() > 0;
  if (session_ != nullptr && !session_->ended() && !deaf) return Feed(IdleTimeout());
  record_.WillEnd("logon_timeout");
  OnEnd(absl::DeadlineExceededError("no logon in time"));
}

void SessionDriver::WatchForIdleness(absl::Duration delay) {
  deadline_timer_ = loop_.After(delay, [this] { CheckIdleness(); });
}

// Only a client that could say something is idle: what else may take long has its own deadline.
void SessionDriver::CheckIdleness() {
  absl::Duration idle_for = loop_.Now() - last_activity_;
  bool clients_turn = session_->WantsLine() && connection_->backlog_octets() == 0;
  if (!clients_turn) return WatchForIdleness(settings_->deadlines.idle);
  if (idle_for < settings_->deadlines.idle)
    return WatchForIdleness(settings_->deadlines.idle - idle_for);
  Feed(IdleTimeout());
}

}  // namespace restante::pop3
