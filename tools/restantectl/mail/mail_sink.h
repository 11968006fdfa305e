#ifndef RESTANTE_TOOLS_RESTANTECTL_MAIL_MAIL_SINK_H_
#define RESTANTE_TOOLS_RESTANTECTL_MAIL_MAIL_SINK_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace restante::ctl {

// A message that goes out, without its text.
struct ExportedMail {
  uint64_t message_id = 0;
  std::string uidl;
  absl::Time delivery_time;
  bool read = false;
};

// Where messages go. One thread.
class MailSink {
 public:
  virtual ~MailSink() = default;

  // The greatest id of what is there from an earlier export of the same mailbox; 0 for nothing. The
  // next message to come is that behind it.
  virtual absl::StatusOr<uint64_t> LastMessageId() = 0;
  // One whole message, CRLF line ends; durable once Close has returned.
  virtual absl::Status Write(const ExportedMail& mail, const std::string& text) = 0;
  virtual absl::Status Close() = 0;
};

}  // namespace restante::ctl

#endif  // RESTANTE_TOOLS_RESTANTECTL_MAIL_MAIL_SINK_H_
