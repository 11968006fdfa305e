#include "pop3-frontend/io/session_record.h"

#include <utility>
#include <variant>

namespace restante::pop3 {
namespace {

absl::string_view ReasonName(EndReason reason) {
  switch (reason) {
    case EndReason::kQuit:
      return "quit";
    case EndReason::kPeerGone:
      return "peer_gone";
    case EndReason::kIdle:
      return "idle";
    case EndReason::kDrain:
      return "drain";
    case EndReason::kLeaseLost:
      return "lease_lost";
    case EndReason::kTooManyFailures:
      return "too_many_failures";
    case EndReason::kBodyBroken:
      return "body_broken";
    case EndReason::kTooManyConnections:
      return "too_many_connections";
    case EndReason::kNotABalancer:
      return "proxy_not_trusted";
  }
  return "";
}

}  // namespace

SessionRecord::SessionRecord(const log::Logger& logger, const SessionMetrics& metrics,
                             std::string connection_id, absl::Duration now)
    : logger_(logger), metrics_(metrics), connection_id_(std::move(connection_id)), begun_(now) {
  metrics_.connections().Add(1);
}

SessionRecord::~SessionRecord() {
  metrics_.connections().Add(-1);
  MaildropLeft();
}

void SessionRecord::TlsReady(const std::string& version) {
  handshaking_ = false;
  tls_version_ = version;
  metrics_.CountHandshake(version);
}

void SessionRecord::Received(size_t octets) {
  octets_in_ += octets;
  metrics_.octets_received().Add(static_cast<double>(octets));
}

void SessionRecord::Sent(size_t octets) {
  octets_out_ += octets;
  metrics_.octets_sent().Add(static_cast<double>(octets));
}

void SessionRecord::CommandBegun(absl::Duration now) {
  ++commands_;
  in_command_ = true;
  command_begun_ = now;
}

void SessionRecord::CommandDone(absl::string_view command, absl::Duration now) {
  if (std::exchange(in_command_, false)) metrics_.ObserveCommand(command, now - command_begun_);
}

void SessionRecord::BodyPiece(size_t octets, bool end) {
  metrics_.message_octets_sent().Add(static_cast<double>(octets));
  if (!end) return;
  ++messages_;
  metrics_.messages_sent().Add();
}

void SessionRecord::BodyFailed(const absl::Status& why) {
  logger_.Warn(
      "message_not_read",
      {{"session_id", session_id_}, {"mailbox_id", mailbox_id_}, {"error", why.message()}});
}

void SessionRecord::LogonBegun(const LogonAttempt& attempt, const std::string& mechanism) {
  attempt_id_ = attempt.attempt_id;
  session_id_ = attempt.session_id;
  mechanism_ = mechanism;
}

void SessionRecord::LogonAnswered(const absl::StatusOr<LogonAnswer>& answer) {
  if (!answer.ok()) {
    metrics_.CountLogon(mechanism_, "undecided");
    logger_.Warn("logon_undecided", {{"attempt_id", attempt_id_},
                                     {"connection_id", connection_id_},
                                     {"error", answer.status().message()}});
  } else if (const auto* rejected = std::get_if<AuthRejected>(&*answer)) {
    metrics_.CountRejection(mechanism_, rejected->reason);
    logger_.Info("logon_rejected", {{"attempt_id", attempt_id_},
                                    {"reference", rejected->reference},
                                    {"mechanism", mechanism_},
                                    {"client_address", client_.address},
                                    {"connection_id", connection_id_}});
  } else if (const auto* accepted = std::get_if<AuthAccepted>(&*answer)) {
    account_ = accepted->account;
    mailbox_id_ = accepted->mailbox_id;
  }
}

void SessionRecord::MaildropOpened(size_t messages) {
  logged_on_ = true;
  has_maildrop_ = true;
  metrics_.CountLogon(mechanism_, "accepted");
  metrics_.open_maildrops().Add(1);
  logger_.Info("maildrop_opened", {{"attempt_id", attempt_id_},
                                   {"session_id", session_id_},
                                   {"connection_id", connection_id_},
                                   {"client_address", client_.address},
                                   {"account", account_},
                                   {"mailbox_id", mailbox_id_},
                                   {"mechanism", mechanism_},
                                   {"tls", tls_version_},
                                   {"messages", messages}});
}

void SessionRecord::MaildropNotOpened(const absl::Status& why, const Event& event) {
  const bool busy = std::holds_alternative<Busy>(event);
  const bool deleted = std::holds_alternative<MailboxDeleted>(event);
  metrics_.CountLogon(mechanism_, busy ? "in_use" : deleted ? "mailbox_deleted" : "store_away");
  logger_.Warn(busy ? "maildrop_in_use" : "maildrop_not_opened", {{"attempt_id", attempt_id_},
                                                                  {"session_id", session_id_},
                                                                  {"account", account_},
                                                                  {"mailbox_id", mailbox_id_},
                                                                  {"error", why.message()}});
}

void SessionRecord::SessionRefused() { metrics_.CountLogon(mechanism_, "too_many_sessions"); }

void SessionRecord::MaildropLeft() {
  if (std::exchange(has_maildrop_, false)) metrics_.open_maildrops().Add(-1);
}

void SessionRecord::MaildropClosed(const absl::Status& status, size_t deleted) {
  if (status.ok()) {
    deleted_ = static_cast<int64_t>(deleted);
    metrics_.messages_deleted().Add(static_cast<double>(deleted));
    return;
  }
  logger_.Warn(
      "maildrop_not_closed",
      {{"session_id", session_id_}, {"mailbox_id", mailbox_id_}, {"error", status.message()}});
}

void SessionRecord::WillEnd(absl::string_view reason) {
  if (reason_.empty()) reason_ = std::string(reason);
}

void SessionRecord::WillEnd(EndReason reason) {
  bool never_logged_on = reason == EndReason::kIdle && !logged_on_;
  WillEnd(never_logged_on ? "logon_timeout" : ReasonName(reason));
}

void SessionRecord::Ended(const absl::Status& why, absl::Duration now) {
  if (handshaking_) {
    metrics_.CountHandshake("failed");
    WillEnd("handshake_failed");
  }
  if (absl::IsDeadlineExceeded(why)) WillEnd("stalled");
  if (absl::IsInvalidArgument(why)) {
    WillEnd(tls_version_.empty() ? "proxy_header_invalid" : "tls_broken");
  }
  WillEnd(EndReason::kPeerGone);
  metrics_.CountEnd(reason_);
  // Load balancers look whether somebody listens, and say nothing.
  bool probe = octets_in_ == 0 && tls_version_.empty() && why.ok() && reason_ == "peer_gone";
  if (probe && !logger_.Writes(log::Level::kDebug)) return;
  logger_.Info("session_ended", {{"connection_id", connection_id_},
                                 {"attempt_id", attempt_id_},
                                 {"session_id", session_id_},
                                 {"client_address", client_.address},
                                 {"client_port", client_.port},
                                 {"tls", tls_version_},
                                 {"mechanism", mechanism_},
                                 {"account", account_},
                                 {"mailbox_id", mailbox_id_},
                                 {"commands", commands_},
                                 {"messages_sent", messages_},
                                 {"messages_deleted", deleted_},
                                 {"octets_in", octets_in_},
                                 {"octets_out", octets_out_},
                                 {"duration", now - begun_},
                                 {"reason", reason_},
                                 {"error", why.message()}});
}

}  // namespace restante::pop3
