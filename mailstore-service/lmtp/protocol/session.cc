#include "mailstore-service/lmtp/protocol/session.h"

#include <algorithm>
#include <iterator>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "common/base/check.h"
#include "mailstore-service/lmtp/protocol/reply.h"

namespace restante::lmtp {
namespace {

// A smaller message is sent whole about as soon as it is asked whether it may be.
constexpr int64_t kTakenUnchecked = 65'536;

void Say(absl::string_view reply, std::vector<Effect>* effects) {
  effects->push_back(Send{absl::StrCat(reply, "\r\n")});
}

}  // namespace

Session::Session(SessionOptions options) : options_(std::move(options)) {}

void Session::Start(Effects* effects) {
  Say(absl::StrCat("220 ", options_.host_name, " LMTP Restante ready"), effects);
}

bool Session::WantsOctets() const { return state_ == State::kCommand || state_ == State::kText; }

void Session::Feed(absl::string_view* octets, Effects* effects) {
  RESTANTE_CHECK(WantsOctets() && !octets->empty());
  if (state_ == State::kText) return FeedText(octets, effects);
  FeedCommand(octets, effects);
}

void Session::FeedCommand(absl::string_view* octets, Effects* effects) {
  LineAssembler::Result result = lines_.Take(octets);
  if (std::holds_alternative<LineAssembler::NeedMore>(result)) return;
  if (++commands_ > options_.max_commands) {
    return End(EndReason::kTooManyCommands, reply::kTooManyCommands, effects);
  }
  if (const auto* line = std::get_if<LineAssembler::Line>(&result)) {
    return OnLine(line->text, effects);
  }
  Refuse(reply::kLineTooLong, effects);
}

void Session::OnLine(absl::string_view line, Effects* effects) {
  std::optional<Command> command = ParseCommand(line);
  if (!command) return Refuse(reply::kUnknownCommand, effects);
  OnCommand(*command, effects);
}

void Session::OnCommand(const Command& command, Effects* effects) {
  switch (command.verb) {
    case Verb::kLhlo:
      return OnLhlo(command.argument, effects);
    case Verb::kHelo:
    case Verb::kEhlo:
      // RFC 2033 section 4.1: an SMTP client must not take this for SMTP.
      return Refuse(reply::kLmtpOnly, effects);
    case Verb::kMail:
      return OnMail(command.argument, effects);
    case Verb::kRcpt:
      return OnRcpt(command.argument, effects);
    case Verb::kData:
      return OnData(command.argument, effects);
    case Verb::kRset:
      return OnRset(command.argument, effects);
    case Verb::kNoop:
      return Say(reply::kOk, effects);
    case Verb::kVrfy:
      return Say(reply::kCannotVerify, effects);
    case Verb::kExpn:
    case Verb::kHelp:
      return Refuse(reply::kNotImplemented, effects);
    case Verb::kQuit:
      return OnQuit(command.argument, effects);
  }
}

void Session::OnLhlo(absl::string_view argument, Effects* effects) {
  if (!IsClientName(argument)) return Refuse(reply::kClientNameMissing, effects);
  client_name_ = std::string(argument);
  transaction_.reset();
  Say(absl::StrCat("250-", options_.host_name,
                   "\r\n250-PIPELINING"
                   "\r\n250-8BITMIME"
                   "\r\n250-ENHANCEDSTATUSCODES"
                   "\r\n250 SIZE ",
                   options_.max_message_octets),
      effects);
}

void Session::OnMail(absl::string_view argument, Effects* effects) {
  if (client_name_.empty()) return Refuse(reply::kLhloFirst, effects);
  if (transaction_) return Refuse(reply::kSenderGiven, effects);
  auto parsed = ParseMailArgument(argument);
  if (const ArgumentError* error = std::get_if<ArgumentError>(&parsed)) {
    return Refuse(reply::BadSender(*error), effects);
  }
  MailArgument& mail = std::get<MailArgument>(parsed);
  if (mail.size_octets.value_or(0) > options_.max_message_octets) {
    return Say(reply::kMessageTooLarge, effects);
  }
  transaction_.emplace(std::move(mail.sender), mail.size_octets.value_or(0));
  Say(reply::kSenderOk, effects);
}

void Session::OnRcpt(absl::string_view argument, Effects* effects) {
  if (!transaction_) return Refuse(reply::kMailFirst, effects);
  auto parsed = ParseRcptArgument(argument);
  if (const ArgumentError* error = std::get_if<ArgumentError>(&parsed)) {
    return Refuse(reply::BadRecipient(*error), effects);
  }
  if (transaction_->recipients.size() >= options_.max_recipients) {
    return Say(reply::kTooManyRecipients, effects);
  }
  transaction_->resolving = std::get<std::string>(std::move(parsed));
  state_ = State::kResolving;
  effects->push_back(ResolveRecipient{transaction_->resolving});
}

void Session::OnData(absl::string_view argument, Effects* effects) {
  if (!argument.empty()) return Refuse(reply::kNoArgument, effects);
  if (!transaction_) return Refuse(reply::kMailFirst, effects);
  // RFC 2033 section 4.2 and RFC 2920 section 3.1: a client that sent MAIL, RCPT and DATA in one
  // group learns here that nothing would be delivered.
  if (transaction_->recipients.empty()) return Say(reply::kNoRecipients, effects);
  bool is_only = transaction_->recipients.size() == 1;
  effects->push_back(
      BeginDelivery{Envelope{client_name_, transaction_->sender,
                             is_only ? transaction_->recipients.front().address : std::string(),
                             transaction_->mailboxes}});
  state_ = State::kText;
  Say(reply::kSendText, effects);
}

void Session::OnRset(absl::string_view argument, Effects* effects) {
  if (!argument.empty()) return Refuse(reply::kNoArgument, effects);
  transaction_.reset();
  Say(reply::kOk, effects);
}

void Session::OnQuit(absl::string_view argument, Effects* effects) {
  if (!argument.empty()) return Refuse(reply::kNoArgument, effects);
  End(EndReason::kQuit, reply::kBye, effects);
}

void Session::FeedText(absl::string_view* octets, Effects* effects) {
  Transaction& transaction = *transaction_;
  std::string text;
  transaction.decoder.Decode(octets, &text);
  transaction.text_octets += static_cast<int64_t>(text.size());
  if (transaction.text_octets > options_.max_message_octets) {
    RefuseText(Refusal::kTooLarge, effects);
  }
  if (transaction.decoder.saw_bare_line_end() && options_.bare_line_ends == BareLineEnds::kRefuse) {
    RefuseText(Refusal::kBareLineEnd, effects);
  }
  if (transaction.refusal == Refusal::kNone && !text.empty()) {
    effects->push_back(WriteText{std::move(text)});
  }
  if (transaction.decoder.ended()) OnTextEnd(effects);
}

void Session::RefuseText(Refusal refusal, Effects* effects) {
  if (transaction_->refusal != Refusal::kNone) return;
  transaction_->refusal = refusal;
  effects->push_back(AbandonDelivery());
}

void Session::OnTextEnd(Effects* effects) {
  state_ = State::kDelivering;
  if (transaction_->refusal != Refusal::kNone) return ReplyToMessage({}, effects);
  effects->push_back(FinishDelivery());
}

void Session::ReplyToMessage(const std::vector<DeliveryOutcome>& outcomes, Effects* effects) {
  std::string replies;
  for (const Recipient& recipient : transaction_->recipients) {
    switch (transaction_->refusal) {
      case Refusal::kNone:
        absl::StrAppend(&replies, reply::OfOutcome(outcomes[recipient.mailbox], recipient.address),
                        "\r\n");
        break;
      case Refusal::kTooLarge:
        absl::StrAppend(&replies, reply::kMessageTooLarge, "\r\n");
        break;
      case Refusal::kBareLineEnd:
        absl::StrAppend(&replies, reply::kBareLineEnd, "\r\n");
        break;
    }
  }
  effects->push_back(Send{std::move(replies)});
  transaction_.reset();
  state_ = State::kCommand;
  if (draining_) End(EndReason::kDrain, reply::kGoingDown, effects);
}

void Session::Handle(Event event, Effects* effects) {
  if (ended()) return;
  std::visit([this, effects](const auto& alternative) { On(alternative, effects); }, event);
}

void Session::On(const RecipientFound& found, Effects* effects) {
  RESTANTE_CHECK(state_ == State::kResolving);
  Mailbox mailbox{found.mailbox_id, found.placement};
  if (transaction_->declared_octets <= kTakenUnchecked) return Accept(std::move(mailbox), effects);
  state_ = State::kChecking;
  transaction_->checked = mailbox;
  effects->push_back(CheckDelivery{std::move(mailbox), transaction_->declared_octets});
}

void Session::On(const DeliveryChecked& checked, Effects* effects) {
  RESTANTE_CHECK(state_ == State::kChecking);
  if (checked.outcome != DeliveryOutcome::kMailboxFull &&
      checked.outcome != DeliveryOutcome::kMailboxDeleted) {
    return Accept(std::move(transaction_->checked), effects);
  }
  state_ = State::kCommand;
  Say(reply::OfOutcome(checked.outcome, std::exchange(transaction_->resolving, "")), effects);
}

void Session::Accept(Mailbox mailbox, Effects* effects) {
  state_ = State::kCommand;
  // Two addresses of one account: one copy, two replies.
  std::vector<Mailbox>& mailboxes = transaction_->mailboxes;
  auto at = std::find(mailboxes.begin(), mailboxes.end(), mailbox);
  size_t index = static_cast<size_t>(std::distance(mailboxes.begin(), at));
  if (at == mailboxes.end()) mailboxes.push_back(std::move(mailbox));
  transaction_->recipients.push_back({std::exchange(transaction_->resolving, ""), index});
  Say(reply::kRecipientOk, effects);
}

void Session::On(const RecipientUnknown&, Effects* effects) {
  RESTANTE_CHECK(state_ == State::kResolving);
  state_ = State::kCommand;
  Say(reply::kRecipientUnknown, effects);
}

void Session::On(const RecipientUndecided&, Effects* effects) {
  RESTANTE_CHECK(state_ == State::kResolving);
  state_ = State::kCommand;
  Say(reply::kRecipientUndecided, effects);
}

void Session::On(const Delivered& delivered, Effects* effects) {
  RESTANTE_CHECK(state_ == State::kDelivering);
  RESTANTE_CHECK(delivered.outcomes.size() == transaction_->mailboxes.size());
  ReplyToMessage(delivered.outcomes, effects);
}

void Session::On(const IdleTimeout&, Effects* effects) {
  End(EndReason::kIdle, reply::kIdle, effects);
}

void Session::On(const Drain&, Effects* effects) {
  draining_ = true;
  if (state_ == State::kText || state_ == State::kDelivering) return;
  End(EndReason::kDrain, reply::kGoingDown, effects);
}

void Session::On(const PeerGone&, Effects* effects) { End(EndReason::kPeerGone, "", effects); }

void Session::Refuse(absl::string_view reply, Effects* effects) {
  Say(reply, effects);
  if (++errors_ >= options_.max_errors) {
    End(EndReason::kTooManyErrors, reply::kTooManyErrors, effects);
  }
}

void Session::End(EndReason reason, absl::string_view farewell, Effects* effects) {
  bool delivery_is_open = state_ == State::kText && transaction_->refusal == Refusal::kNone;
  if (delivery_is_open) effects->push_back(AbandonDelivery());
  if (!farewell.empty()) Say(farewell, effects);
  effects->push_back(Disconnect{reason});
  state_ = State::kEnded;
}

}  // namespace restante::lmtp
