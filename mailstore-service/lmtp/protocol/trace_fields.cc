#include "mailstore-service/lmtp/protocol/trace_fields.h"

#include "absl/strings/str_cat.h"

namespace restante::lmtp {
namespace {

// RFC 5321 section 4.1.3.
std::string AddressLiteral(absl::string_view ip_address) {
  bool is_ipv6 = ip_address.find(':') != absl::string_view::npos;
  return absl::StrCat("[", is_ipv6 ? "IPv6:" : "", ip_address, "]");
}

}  // namespace

std::string TraceFields(const Envelope& envelope, const Arrival& arrival) {
  std::string recipient;
  if (!envelope.only_recipient.empty()) {
    recipient = absl::StrCat("\r\n\tfor <", envelope.only_recipient, ">");
  }
  return absl::StrCat(
      "Return-Path: <", envelope.sender, ">\r\n",     //
      "Received: from ", envelope.client_name, " (",  //
      AddressLiteral(arrival.client_address), ")",    //
      "\r\n\tby ", arrival.host_name, " with LMTP id ", arrival.delivery_id, recipient, ";\r\n\t",
      absl::FormatTime("%a, %d %b %Y %H:%M:%S +0000", arrival.time, absl::UTCTimeZone()), "\r\n");
}

}  // namespace restante::lmtp
