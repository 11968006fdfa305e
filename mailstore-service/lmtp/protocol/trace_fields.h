#ifndef RESTANTE_MAILSTORE_SERVICE_LMTP_PROTOCOL_TRACE_FIELDS_H_
#define RESTANTE_MAILSTORE_SERVICE_LMTP_PROTOCOL_TRACE_FIELDS_H_

#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "mailstore-service/lmtp/protocol/effect.h"

namespace restante::lmtp {

// What the driver knows about a message's arrival.
struct Arrival {
  std::string client_address;  // IP address in text form
  std::string host_name;       // of this server
  std::string delivery_id;     // NewId(), joins the field to the log
  absl::Time time;
};

// The fields that go on top of a message (RFC 5321 section 4.4): Return-Path and Received, each
// ended by CRLF. The recipient is named only when there is one, so that no copy tells of another.
// Fields of these names that the message brought stay where they are: section 4.4 lets a server
// remove a Return-Path but does not ask for it, and what was sent is read octet for octet.
std::string TraceFields(const Envelope& envelope, const Arrival& arrival);

}  // namespace restante::lmtp

#endif  // RESTANTE_MAILSTORE_SERVICE_LMTP_PROTOCOL_TRACE_FIELDS_H_
