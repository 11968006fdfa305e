#include "pop3-frontend/protocol/transaction.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/check.h"
#include "pop3-frontend/protocol/capability.h"
#include "pop3-frontend/protocol/language.h"
#include "pop3-frontend/protocol/reply.h"

namespace restante::pop3 {
namespace {

// A listing is made in pieces, so that a long one takes no more memory than a short one.
constexpr size_t kListingOctets = 16'384;

}  // namespace

void Transaction::Answer(absl::string_view text, Effects* effects) {
  effects->push_back(Send{absl::StrCat(text, "\r\n")});
}

void Transaction::Greet(Effects* effects) const {
  Answer(
      absl::StrCat("+OK ", maildrop_.count(), " messages (", maildrop_.total_octets(), " octets)"),
      effects);
}

void Transaction::OnCommand(const Command& command, Effects* effects) {
  RESTANTE_CHECK(phase_ == Phase::kIdle);
  switch (command.verb) {
    case Verb::kStat:
      return Stat(effects);
    case Verb::kList:
      return List(command, effects);
    case Verb::kUidl:
      return Uidl(command, effects);
    case Verb::kRetr:
      return Retr(command, effects);
    case Verb::kTop:
      return Top(command, effects);
    case Verb::kDele:
      return Dele(command, effects);
    case Verb::kNoop:
      return Answer("+OK", effects);
    case Verb::kRset:
      maildrop_.UnmarkAll();
      return Greet(effects);
    case Verb::kCapa:
      effects->push_back(Send{absl::StrCat("+OK Capabilities follow\r\n",
                                           CapabilityLinesAfterLogon(retention_days_), ".\r\n")});
      return;
    case Verb::kLang:
      effects->push_back(Send{AnswerLang(command)});
      return;
    case Verb::kUtf8:
      return Answer(reply::kBeforeLogonOnly, effects);
    case Verb::kQuit:
      return Quit(effects);
    case Verb::kUser:
    case Verb::kPass:
    case Verb::kAuth:
    case Verb::kStls:
      return Answer(reply::kLoggedOnAlready, effects);
  }
}

void Transaction::Stat(Effects* effects) const {
  Answer(absl::StrCat("+OK ", maildrop_.count(), " ", maildrop_.total_octets()), effects);
}

void Transaction::BeginListing(MaildropView::Listing listing, std::string status_line,
                               Effects* effects) {
  listing_ = listing;
  next_listed_ = 1;
  GoOnListing(std::move(status_line), effects);
}

void Transaction::GoOnListing(std::string text, Effects* effects) {
  text += maildrop_.List(listing_, &next_listed_, kListingOctets);
  bool end = maildrop_.IsBehindLast(next_listed_);
  if (end) text += ".\r\n";
  effects->push_back(Send{std::move(text)});
  phase_ = end ? Phase::kIdle : Phase::kListing;
  if (!end) effects->push_back(AwaitRoom());
}

void Transaction::OnRoomForMore(Effects* effects) {
  RESTANTE_CHECK(phase_ == Phase::kListing);
  GoOnListing("", effects);
}

void Transaction::List(const Command& command, Effects* effects) {
  if (!command.has_argument) {
    return BeginListing(MaildropView::Listing::kSize,
                        absl::StrCat("+OK ", maildrop_.count(), " messages\r\n"), effects);
  }
  int32_t number = ParseNumber(command.argument).value_or(0);
  const MaildropMessage* message = maildrop_.Find(number);
  if (message == nullptr) return Answer(reply::kNoSuchMessage, effects);
  Answer(absl::StrCat("+OK ", number, " ", message->size_octets), effects);
}

void Transaction::Uidl(const Command& command, Effects* effects) {
  if (!command.has_argument) {
    return BeginListing(MaildropView::Listing::kUniqueId, "+OK\r\n", effects);
  }
  int32_t number = ParseNumber(command.argument).value_or(0);
  const MaildropMessage* message = maildrop_.Find(number);
  if (message == nullptr) return Answer(reply::kNoSuchMessage, effects);
  Answer(absl::StrCat("+OK ", number, " ", maildrop_.UidlOf(*message)), effects);
}

void Transaction::Retr(const Command& command, Effects* effects) {
  const int32_t number = ParseNumber(command.argument).value_or(0);
  const MaildropMessage* message = maildrop_.Find(number);
  if (message == nullptr) return Answer(reply::kNoSuchMessage, effects);
  phase_ = Phase::kBodyAsked;
  announced_octets_ = message->size_octets;
  retrieved_ = number;
  effects->push_back(ReadBody{message->message_id, std::nullopt});
}

void Transaction::Top(const Command& command, Effects* effects) {
  size_t space = command.argument.find(' ');
  std::optional<int32_t> lines;
  if (space != absl::string_view::npos) lines = ParseNumber(command.argument.substr(space + 1));
  if (!lines) return Answer("-ERR TOP needs a message and a number of lines", effects);
  const MaildropMessage* message =
      maildrop_.Find(ParseNumber(command.argument.substr(0, space)).value_or(0));
  if (message == nullptr) return Answer(reply::kNoSuchMessage, effects);
  phase_ = Phase::kBodyAsked;
  announced_octets_ = -1;
  retrieved_ = 0;
  effects->push_back(ReadBody{message->message_id, lines});
}

void Transaction::Dele(const Command& command, Effects* effects) {
  if (!may_delete_) return Answer(reply::kReadOnly, effects);
  if (!maildrop_.Mark(ParseNumber(command.argument).value_or(0))) {
    return Answer(reply::kNoSuchMessage, effects);
  }
  Answer("+OK Marked as deleted", effects);
}

void Transaction::Quit(Effects* effects) {
  phase_ = Phase::kClosing;
  std::vector<uint64_t> marked = maildrop_.MarkedIds();
  deletes_ = !marked.empty();
  effects->push_back(CloseMaildrop{std::move(marked), true, maildrop_.ReadIds()});
}

void Transaction::OnBodyStarted(Effects* effects) {
  RESTANTE_CHECK(phase_ == Phase::kBodyAsked);
  phase_ = Phase::kBodySending;
  if (announced_octets_ < 0) return Answer("+OK", effects);
  Answer(absl::StrCat("+OK ", announced_octets_, " octets"), effects);
}

void Transaction::OnBodyDone(Effects* effects) {
  RESTANTE_CHECK(phase_ == Phase::kBodySending);
  phase_ = Phase::kIdle;
  if (retrieved_ > 0) maildrop_.NoteRead(retrieved_);
  Answer(".", effects);
}

void Transaction::OnBodyFailed(BodyFailure failure, Effects* effects) {
  if (phase_ == Phase::kBodySending) {
    // A final dot would make a client take half a message for whole and delete it.
    return Abandon(EndReason::kBodyBroken, "", effects);
  }
  RESTANTE_CHECK(phase_ == Phase::kBodyAsked);
  phase_ = Phase::kIdle;
  switch (failure) {
    case BodyFailure::kNotFound:
      return Answer(reply::kNoSuchMessage, effects);
    case BodyFailure::kCorrupt:
      return Answer(reply::kMessageCorrupt, effects);
    case BodyFailure::kUnavailable:
      return Answer(reply::kStoreAway, effects);
  }
}

void Transaction::OnClosed(Effects* effects) {
  RESTANTE_CHECK(phase_ == Phase::kClosing);
  Answer("+OK Bye", effects);
  effects->push_back(Disconnect{EndReason::kQuit});
}

void Transaction::OnBackendDown(Effects* effects) {
  RESTANTE_CHECK(phase_ == Phase::kClosing);
  // Without marks there is nothing that could have stayed behind.
  Answer(deletes_ ? reply::kNotAllRemoved : "+OK Bye", effects);
  effects->push_back(Disconnect{EndReason::kQuit});
}

void Transaction::OnLeaseLost(Effects* effects) {
  if (!InMultiLine()) Answer(reply::kLeaseLost, effects);
  effects->push_back(Disconnect{EndReason::kLeaseLost});
}

void Transaction::Abandon(EndReason reason, absl::string_view farewell, Effects* effects) {
  // A QUIT that is under way has a deadline and an answer of its own; letting go of the maildrop
  // now would race with it.
  if (phase_ == Phase::kClosing) {
    if (reason == EndReason::kPeerGone) effects->push_back(Disconnect{reason});
    return;
  }
  if (!farewell.empty() && !InMultiLine()) Answer(farewell, effects);
  effects->push_back(CloseMaildrop{{}, false});
  effects->push_back(Disconnect{reason});
}

}  // namespace restante::pop3
