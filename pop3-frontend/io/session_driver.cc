#include "pop3-frontend/io/session_driver.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "common/base/ids.h"
#include "pop3-frontend/backend/outcome_events.h"

namespace restante::pop3 {
namespace {

// Octets that a client may send ahead of what the session takes: two of the longest lines.
constexpr size_t kMaxOctetsAhead = 2 * Session::kMaxResponseOctets;

}  // namespace

SessionDriver::SessionDriver(const SessionParts& parts, net::EventLoop* loop,
                             net::AcceptedSocket socket, SessionOptions options, bool implicit_tls,
                             absl::AnyInvocable<void()> on_gone)
    : parts_(parts),
      loop_(*loop),
      options_(options),
      implicit_tls_(implicit_tls),
      on_gone_(std::move(on_gone)),
      connection_id_(NewId(parts.random)),
      peer_(socket.peer()),
      connection_(std::make_unique<net::Connection>(loop, std::move(socket))) {
  options_.stls_available = parts.tls != nullptr && !implicit_tls;
  options_.tls = implicit_tls;
  parts_.metrics.connections().Add(1);
}

SessionDriver::~SessionDriver() {
  parts_.metrics.connections().Add(-1);
  if (maildrop_ != nullptr) parts_.metrics.open_maildrops().Add(-1);
}

void SessionDriver::Start() {
  last_activity_ = loop_.Now();
  connection_->Start(this, parts_.deadlines.stall);
  deadline_timer_ = loop_.After(parts_.deadlines.logon, [this] { OnLogonDeadline(); });
  if (implicit_tls_) return connection_->StartTls(parts_.tls->Current());
  Greet();
}

void SessionDriver::Greet() {
  session_ = std::make_unique<Session>(options_);
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
  last_activity_ = loop_.Now();
  splitter_.Append(octets);
  TakeLines();
}

void SessionDriver::OnTlsReady() {
  const net::TlsInfo& tls = *connection_->tls();
  attempt_.channel.tls = TlsChannel{tls.version, tls.server_end_point, tls.exporter};
  if (implicit_tls_) return Greet();
  Feed(TlsReady());
}

void SessionDriver::OnBacklogLow() {
  last_activity_ = loop_.Now();
  if (std::exchange(more_when_backlog_is_low_, false)) return ReadMore();
  TakeLines();
}

void SessionDriver::OnPeerFinished() {
  peer_finished_ = true;
  // What it said before is still answered.
  if (session_ == nullptr) return OnEnd(absl::UnavailableError("the client left"));
  TakeLines();
}

void SessionDriver::OnEnd(const absl::Status& why) {
  auto alive = shared_from_this();
  if (!why.ok()) {
    parts_.logger.Debug("connection_ended", {{"connection_id", connection_id_},
                                             {"client_address", peer_.address},
                                             {"error", why.message()}});
  }
  connection_.reset();
  if (session_ != nullptr && !session_->ended()) Feed(PeerGone());
  deadline_timer_.Cancel();
  delay_timer_.Cancel();
  if (auto on_gone = std::exchange(on_gone_, nullptr)) on_gone();
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
}

void SessionDriver::TakeLines() {
  while (connection_ != nullptr && session_ != nullptr && session_->WantsLine() &&
         connection_->backlog_octets() <= net::Connection::kLowMark) {
    auto next = splitter_.Next(session_->MaxLineOctets());
    if (std::holds_alternative<LineSplitter::NeedMore>(next)) {
      if (peer_finished_) return Feed(PeerGone());
      break;
    }
    if (!session_->logged_on()) session_->SetPolicy(parts_.policy.Current());
    std::vector<Effect> effects;
    if (Line* line = std::get_if<Line>(&next)) {
      session_->Handle(std::move(*line), &effects);
    } else {
      session_->Handle(LineTooLong(), &effects);
    }
    Perform(&effects);
  }
  if (connection_ == nullptr) return;
  bool room = splitter_.buffered_octets() < kMaxOctetsAhead;
  if (room == std::exchange(reading_, room)) return;
  room ? connection_->ResumeReading() : connection_->PauseReading();
}

void SessionDriver::Do(Send send) {
  if (connection_ != nullptr) connection_->Write(std::move(send.text));
}

void SessionDriver::Do(StartTls) {
  if (connection_ == nullptr) return;
  if (splitter_.buffered_octets() == 0) return connection_->StartTls(parts_.tls->Current());
  // RFC 2595 section 4: commands sent in the clear behind STLS may be an attacker's.
  parts_.logger.Warn("commands_ahead_of_tls",
                     {{"connection_id", connection_id_}, {"client_address", peer_.address}});
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
  mechanism_ = logon.mechanism;
  attempt_.attempt_id = NewId(parts_.random);
  attempt_.session_id = NewId(parts_.random);
  attempt_.channel.client_address = peer_.address;
  attempt_.channel.client_port = peer_.port;
  attempt_.channel.connection_id = connection_id_;
  parts_.auth.Begin(attempt_, std::move(logon), loop_.executor(),
                    Later(&SessionDriver::OnLogonAnswer));
}

void SessionDriver::Do(ContinueLogon logon) {
  parts_.auth.Continue(attempt_, std::move(logon), loop_.executor(),
                       Later(&SessionDriver::OnLogonAnswer));
}

void SessionDriver::OnLogonAnswer(absl::StatusOr<LogonAnswer> answer) {
  if (!answer.ok()) {
    parts_.metrics.CountLogon(mechanism_, "undecided");
    parts_.logger.Warn("logon_undecided", {{"attempt_id", attempt_.attempt_id},
                                           {"connection_id", connection_id_},
                                           {"error", answer.status().message()}});
  } else if (const auto* rejected = std::get_if<AuthRejected>(&*answer)) {
    parts_.metrics.CountLogon(mechanism_, "rejected");
    parts_.logger.Info("logon_rejected", {{"attempt_id", attempt_.attempt_id},
                                          {"reference", rejected->reference},
                                          {"mechanism", mechanism_},
                                          {"client_address", peer_.address},
                                          {"connection_id", connection_id_}});
  } else if (const auto* accepted = std::get_if<AuthAccepted>(&*answer)) {
    account_ = accepted->account;
    mailbox_id_ = accepted->mailbox_id;
  }
  Feed(LogonEvent(std::move(answer)));
}

void SessionDriver::Do(OpenMaildrop target) {
  auto lost = [weak = weak_from_this()] {
    auto self = weak.lock();
    if (self != nullptr && !self->closing_) self->Feed(LeaseLost());
  };
  parts_.maildrops.Open({std::move(target), attempt_.session_id, peer_.address}, loop_.executor(),
                        std::move(lost), Later(&SessionDriver::OnOpened));
}

void SessionDriver::OnOpened(absl::StatusOr<OpenedMaildrop> opened) {
  if (!opened.ok()) {
    Event event = FailedOpen(opened.status());
    bool busy = std::holds_alternative<Busy>(event);
    parts_.metrics.CountLogon(mechanism_, busy ? "in_use" : "store_away");
    parts_.logger.Warn(busy ? "maildrop_in_use" : "maildrop_not_opened",
                       {{"attempt_id", attempt_.attempt_id},
                        {"session_id", attempt_.session_id},
                        {"account", account_},
                        {"mailbox_id", mailbox_id_},
                        {"error", opened.status().message()}});
    return Feed(std::move(event));
  }
  parts_.metrics.CountLogon(mechanism_, "accepted");
  parts_.metrics.open_maildrops().Add(1);
  parts_.logger.Info("maildrop_opened", {{"attempt_id", attempt_.attempt_id},
                                         {"session_id", attempt_.session_id},
                                         {"connection_id", connection_id_},
                                         {"client_address", peer_.address},
                                         {"account", account_},
                                         {"mailbox_id", mailbox_id_},
                                         {"mechanism", mechanism_},
                                         {"tls", attempt_.channel.tls.has_value()},
                                         {"messages", opened->messages.size()}});
  maildrop_ = std::move(opened->maildrop);
  WatchForIdleness(parts_.deadlines.idle);
  Feed(Opened{std::move(opened->messages)});
}

void SessionDriver::Do(const ReadBody& read) {
  stuffer_ = DotStuffer();
  body_started_ = false;
  maildrop_->Read(read.message_id, read.top_lines, Later(&SessionDriver::OnChunk));
}

void SessionDriver::OnChunk(absl::StatusOr<BodyChunk> chunk) {
  if (!chunk.ok()) {
    parts_.logger.Warn("message_not_read", {{"session_id", attempt_.session_id},
                                            {"mailbox_id", mailbox_id_},
                                            {"error", chunk.status().message()}});
    return Feed(FailedRead(chunk.status()));
  }
  if (!std::exchange(body_started_, true)) Feed(BodyStarted());
  std::string stuffed;
  stuffer_.Stuff(chunk->text, &stuffed);
  if (chunk->end) stuffer_.Finish(&stuffed);
  octets_sent_ += static_cast<int64_t>(chunk->text.size());
  parts_.metrics.message_octets_sent().Add(static_cast<double>(chunk->text.size()));
  if (connection_ != nullptr) connection_->Write(std::move(stuffed));
  if (!chunk->end) return ReadMore();
  ++messages_sent_;
  parts_.metrics.messages_sent().Add();
  Feed(BodyDone());
}

void SessionDriver::ReadMore() {
  if (maildrop_ == nullptr || connection_ == nullptr) return;
  more_when_backlog_is_low_ = connection_->backlog_octets() > net::Connection::kLowMark;
  if (!more_when_backlog_is_low_) maildrop_->ReadMore(Later(&SessionDriver::OnChunk));
}

void SessionDriver::Do(CloseMaildrop close) {
  std::unique_ptr<Maildrop> maildrop = std::move(maildrop_);
  parts_.metrics.open_maildrops().Add(-1);
  if (!close.answered) return;
  closing_ = true;
  messages_to_delete_ = close.delete_message_ids.size();
  maildrop->Close(std::move(close.delete_message_ids), [weak = weak_from_this()](
                                                           const absl::Status& status) {
    auto self = weak.lock();
    if (self == nullptr) return;
    if (status.ok()) {
      self->parts_.metrics.messages_deleted().Add(static_cast<double>(self->messages_to_delete_));
    } else {
      self->parts_.logger.Warn("maildrop_not_closed", {{"session_id", self->attempt_.session_id},
                                                       {"mailbox_id", self->mailbox_id_},
                                                       {"error", status.message()}});
    }
    self->Feed(CloseEvent(status));
  });
}

void SessionDriver::Do(const Delay& delay) {
  delay_timer_ = loop_.After(delay.duration, [this] { Feed(DelayOver()); });
}

void SessionDriver::Do(const Disconnect& disconnect) {
  parts_.metrics.CountEnd(disconnect.reason);
  LogEnd(disconnect.reason);
  deadline_timer_.Cancel();
  delay_timer_.Cancel();
  if (connection_ != nullptr) connection_->Finish();
}

void SessionDriver::LogEnd(EndReason reason) const {
  if (!session_->logged_on()) return;
  parts_.logger.Info("session_ended", {{"session_id", attempt_.session_id},
                                       {"connection_id", connection_id_},
                                       {"mailbox_id", mailbox_id_},
                                       {"reason", EndReasonName(reason)},
                                       {"messages_sent", messages_sent_},
                                       {"octets_sent", octets_sent_},
                                       {"messages_to_delete", messages_to_delete_}});
}

void SessionDriver::OnLogonDeadline() {
  if (session_ == nullptr) return OnEnd(absl::DeadlineExceededError("no TLS handshake"));
  Feed(IdleTimeout());
}

void SessionDriver::WatchForIdleness(absl::Duration delay) {
  deadline_timer_ = loop_.After(delay, [this] { CheckIdleness(); });
}

// Only a client that could say something is idle: what else may take long has its own deadline.
void SessionDriver::CheckIdleness() {
  absl::Duration idle_for = loop_.Now() - last_activity_;
  bool clients_turn = session_->WantsLine() && connection_->backlog_octets() == 0;
  if (!clients_turn) return WatchForIdleness(parts_.deadlines.idle);
  if (idle_for < parts_.deadlines.idle) return WatchForIdleness(parts_.deadlines.idle - idle_for);
  Feed(IdleTimeout());
}

}  // namespace restante::pop3
