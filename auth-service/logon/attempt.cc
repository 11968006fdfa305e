#include "auth-service/logon/attempt.h"

namespace restante::logon {

absl::string_view ReasonOf(const Attempt& attempt) {
  if (!attempt.undecided.ok()) return "UNDECIDED";
  return attempt.refusal ? authority::RefusalName(*attempt.refusal) : "ACCEPTED";
}

std::string NextStepOf(const Attempt& attempt) {
  if (!attempt.undecided.ok()) return std::string(attempt.undecided.message());
  return attempt.refusal ? std::string(authority::NextStep(*attempt.refusal)) : std::string();
}

}  // namespace restante::logon
