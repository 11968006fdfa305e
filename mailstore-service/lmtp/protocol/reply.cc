#include "mailstore-service/lmtp/protocol/reply.h"

#include "absl/strings/str_cat.h"

namespace restante::lmtp::reply {
namespace {

absl::string_view BadArgument(ArgumentError error, absl::string_view malformed_address) {
  switch (error) {
    case ArgumentError::kAddressMalformed:
      return malformed_address;
    case ArgumentError::kAddressNotAscii:
      return "553 5.6.7 Addresses must be ASCII";
    case ArgumentError::kParameterUnknown:
      return "555 5.5.4 Unknown parameter";
    case ArgumentError::kParameterMalformed:
      return "501 5.5.4 Bad parameter value";
  }
  return malformed_address;
}

}  // namespace

absl::string_view BadSender(ArgumentError error) {
  return BadArgument(error, "501 5.1.7 Say MAIL FROM:<address>");
}

absl::string_view BadRecipient(ArgumentError error) {
  return BadArgument(error, "501 5.1.3 Say RCPT TO:<address>");
}

std::string OfOutcome(DeliveryOutcome outcome, absl::string_view address) {
  switch (outcome) {
    case DeliveryOutcome::kDelivered:
      return absl::StrCat("250 2.1.5 <", address, "> Delivered");
    case DeliveryOutcome::kMailboxFull:
      return absl::StrCat("552 5.2.2 <", address, "> Mailbox full");
    case DeliveryOutcome::kMailboxDeleted:
      return absl::StrCat("550 5.2.1 <", address, "> This mailbox takes no mail");
    case DeliveryOutcome::kStoreFull:
      return absl::StrCat("452 4.3.1 <", address, "> The mailbox cannot take mail just now");
    case DeliveryOutcome::kTooLarge:
      return std::string(kMessageTooLarge);
    case DeliveryOutcome::kUnavailable:
      break;
  }
  return absl::StrCat("451 4.3.0 <", address, "> The mailbox cannot be reached just now");
}

}  // namespace restante::lmtp::reply
