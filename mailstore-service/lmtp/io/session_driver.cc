#include "mailstore-service/lmtp/io/session_driver.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "common/base/ids.h"
#include "mailstore-service/lmtp/protocol/trace_fields.h"

namespace restante::lmtp {

SessionDriver::SessionDriver(const SessionParts& parts, net::EventLoop* loop,
                             net::AcceptedSocket socket, const SessionOptions& options,
                             absl::AnyInvocable<void()> on_gone)
    : parts_(parts),
      loop_(*loop),
      host_name_(options.host_name),
      on_gone_(std::move(on_gone)),
      connection_id_(NewId(parts.random)),
      peer_(socket.peer()),
      connection_(std::make_unique<net::Connection>(loop, std::move(socket))),
      session_(options) {
  parts_.metrics.connections().Add(1);
}

SessionDriver::~SessionDriver() { parts_.metrics.connections().Add(-1); }

void SessionDriver::Start() {
  last_activity_ = loop_.Now();
  connection_->Start(this, parts_.deadlines.stall);
  WatchForIdleness(parts_.deadlines.idle);
  std::vector<Effect> effects;
  session_.Start(&effects);
  Perform(&effects);
}

void SessionDriver::Drain(bool over) {
  if (over) return Cut();
  Handle(lmtp::Drain());
}

void SessionDriver::Cut() { OnEnd(absl::CancelledError("going down")); }

void SessionDriver::OnOctets(absl::string_view octets) {
  last_activity_ = loop_.Now();
  if (unread_.empty()) Feed(&octets);
  unread_.append(octets.data(), octets.size());
  FeedUnread();
}

// There is no TLS on this connection.
void SessionDriver::OnTlsReady() {}

void SessionDriver::OnBacklogLow() {
  last_activity_ = loop_.Now();
  FeedUnread();
}

void SessionDriver::OnPeerFinished() {
  peer_finished_ = true;
  // What it said before is still answered.
  FeedUnread();
}

void SessionDriver::OnEnd(const absl::Status& why) {
  auto alive = shared_from_this();
  if (!why.ok()) {
    parts_.logger.Debug("connection_ended", {{"connection_id", connection_id_},
                                             {"client_address", peer_.address},
                                             {"error", why.message()}});
  }
  connection_.reset();
  Handle(PeerGone());
  idle_timer_.Cancel();
  if (auto on_gone = std::exchange(on_gone_, nullptr)) on_gone();
}

void SessionDriver::Handle(Event event) {
  if (session_.ended()) return;
  std::vector<Effect> effects;
  session_.Handle(std::move(event), &effects);
  Perform(&effects);
  FeedUnread();
}

void SessionDriver::Perform(std::vector<Effect>* effects) {
  for (Effect& effect : *effects) {
    std::visit([this](auto& alternative) { Do(std::move(alternative)); }, effect);
  }
}

bool SessionDriver::CanFeed() const {
  return connection_ != nullptr && session_.WantsOctets() &&
         connection_->backlog_octets() <= net::Connection::kLowMark &&
         (delivery_ == nullptr || delivery_->has_room());
}

void SessionDriver::Feed(absl::string_view* octets) {
  while (!octets->empty() && CanFeed()) {
    std::vector<Effect> effects;
    session_.Feed(octets, &effects);
    Perform(&effects);
  }
}

void SessionDriver::FeedUnread() {
  absl::string_view rest = unread_;
  Feed(&rest);
  unread_.erase(0, unread_.size() - rest.size());
  if (connection_ == nullptr || session_.ended()) return;
  if (peer_finished_ && unread_.empty() && session_.WantsOctets()) return Handle(PeerGone());
  bool room = unread_.size() < kMaxOctetsAhead;
  if (room == std::exchange(reading_, room)) return;
  room ? connection_->ResumeReading() : connection_->PauseReading();
}

void SessionDriver::Do(Send send) {
  if (connection_ != nullptr) connection_->Write(std::move(send.text));
}

template <typename Argument>
auto SessionDriver::Later(void (SessionDriver::*member)(Argument)) {
  return [weak = weak_from_this(), member](Argument argument) {
    auto self = weak.lock();
    if (self == nullptr || self->session_.ended()) return;
    self->last_activity_ = self->loop_.Now();
    (self.get()->*member)(std::move(argument));
  };
}

void SessionDriver::Do(const ResolveRecipient& resolve) {
  parts_.recipients.Resolve(resolve.address, loop_.executor(), Later(&SessionDriver::OnRecipient));
}

void SessionDriver::OnRecipient(Event answer) {
  bool found = std::holds_alternative<RecipientFound>(answer);
  bool unknown = std::holds_alternative<RecipientUnknown>(answer);
  parts_.metrics.CountRecipient(found ? "found" : unknown ? "unknown" : "undecided");
  Handle(std::move(answer));
}

void SessionDriver::Do(const CheckDelivery& check) {
  parts_.mailstores.Check(check.mailbox, check.size_octets, loop_.executor(),
                          Later(&SessionDriver::OnChecked));
}

void SessionDriver::OnChecked(DeliveryChecked checked) {
  if (checked.outcome == DeliveryOutcome::kMailboxFull) parts_.metrics.CountRecipient("full");
  if (checked.outcome == DeliveryOutcome::kMailboxDeleted) {
    parts_.metrics.CountRecipient("mailbox_deleted");
  }
  Handle(checked);
}

void SessionDriver::Do(const BeginDelivery& begin) {
  delivery_id_ = NewId(parts_.random);
  sender_ = begin.envelope.sender;
  text_octets_ = 0;
  if (!parts_.keep_identical_messages) {
    fingerprint_.emplace();
    fingerprint_->Add(absl::StrCat(sender_, std::string(1, '\0')));
  }
  auto on_room = [weak = weak_from_this()] {
    if (auto self = weak.lock()) self->FeedUnread();
  };
  delivery_ = parts_.mailstores.Begin(begin.envelope.mailboxes, delivery_id_, loop_.executor(),
                                      std::move(on_room));
  delivery_->Write(TraceFields(begin.envelope,
                               {peer_.address, host_name_, delivery_id_, parts_.clock.WallNow()}));
}

void SessionDriver::Do(WriteText write) {
  text_octets_ += static_cast<int64_t>(write.text.size());
  if (fingerprint_) fingerprint_->Add(write.text);
  delivery_->Write(std::move(write.text));
}

void SessionDriver::Do(const FinishDelivery&) {
  finished_at_ = loop_.Now();
  delivery_->Finish(fingerprint_ ? fingerprint_->Finish() : "", Later(&SessionDriver::OnDelivered));
  fingerprint_.reset();
}

void SessionDriver::OnDelivered(Delivered delivered) {
  delivery_.reset();
  auto durable =
      std::count(delivered.outcomes.begin(), delivered.outcomes.end(), DeliveryOutcome::kDelivered);
  for (DeliveryOutcome outcome : delivered.outcomes) parts_.metrics.CountDelivery(outcome);
  parts_.metrics.message_octets().Add(static_cast<double>(text_octets_));
  absl::Duration took = loop_.Now() - finished_at_;
  parts_.metrics.delivery_time().Observe(took);
  parts_.logger.Info("message_received", {{"delivery_id", delivery_id_},
                                          {"connection_id", connection_id_},
                                          {"client_address", peer_.address},
                                          {"sender", sender_},
                                          {"octets", text_octets_},
                                          {"mailboxes", delivered.outcomes.size()},
                                          {"delivered", durable},
                                          {"seconds", took}});
  Handle(std::move(delivered));
}

void SessionDriver::Do(const AbandonDelivery&) {
  delivery_.reset();
  parts_.logger.Info("message_dropped", {{"delivery_id", delivery_id_},
                                         {"connection_id", connection_id_},
                                         {"client_address", peer_.address},
                                         {"sender", sender_},
                                         {"octets", text_octets_}});
}

void SessionDriver::Do(const Disconnect& disconnect) {
  parts_.metrics.CountEnd(disconnect.reason);
  parts_.logger.Debug("session_ended", {{"connection_id", connection_id_},
                                        {"client_address", peer_.address},
                                        {"reason", EndReasonName(disconnect.reason)}});
  idle_timer_.Cancel();
  if (connection_ != nullptr) connection_->Finish();
}

void SessionDriver::WatchForIdleness(absl::Duration delay) {
  idle_timer_ = loop_.After(delay, [this] { CheckIdleness(); });
}

// Only a client that could say something is idle: what else may take long has its own deadline.
void SessionDriver::CheckIdleness() {
  absl::Duration idle_for = loop_.Now() - last_activity_;
  bool clients_turn = CanFeed() && connection_->backlog_octets() == 0;
  if (!clients_turn) return WatchForIdleness(parts_.deadlines.idle);
  if (idle_for < parts_.deadlines.idle) return WatchForIdleness(parts_.deadlines.idle - idle_for);
  Handle(IdleTimeout());
}

}  // namespace restante::lmtp
