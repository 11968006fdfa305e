#include "pop3-frontend/protocol/language.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "pop3-frontend/protocol/reply.h"

namespace restante::pop3 {

std::string AnswerLang(const Command& command) {
  if (!command.has_argument) {
    return "+OK Languages follow\r\nen English\r\ni-default English\r\n.\r\n";
  }
  for (absl::string_view tag : {"en", "i-default"}) {
    if (absl::EqualsIgnoreCase(command.argument, tag)) {
      return absl::StrCat("+OK ", tag, " English from now on\r\n");
    }
  }
  if (command.argument == "*") return "+OK i-default English from now on\r\n";
  return absl::StrCat(reply::kNoSuchLanguage, "\r\n");
}

}  // namespace restante::pop3
