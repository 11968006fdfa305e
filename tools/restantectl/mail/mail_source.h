#ifndef RESTANTE_TOOLS_RESTANTECTL_MAIL_MAIL_SOURCE_H_
#define RESTANTE_TOOLS_RESTANTECTL_MAIL_MAIL_SOURCE_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace restante::ctl {

// A message of a source, without its text.
struct SourceMessage {
  // The source's own name for it, unique there.
  std::string import_id;
  std::string uidl;                    // empty where the source knows none
  std::optional<int64_t> size_octets;  // as the source says it, where it does
  std::optional<absl::Time> delivery_time;
  bool read = false;
};

// Where messages come from. One thread.
class MailSource {
 public:
  virtual ~MailSource() = default;

  // All of them, oldest first; the same each time.
  virtual absl::StatusOr<std::vector<SourceMessage>> List() = 0;
  // The text of the message at `index` of that list: CRLF line ends, the last line ended too.
  virtual absl::StatusOr<std::string> Read(size_t index) = 0;
};

}  // namespace restante::ctl

#endif  // RESTANTE_TOOLS_RESTANTECTL_MAIL_MAIL_SOURCE_H_
