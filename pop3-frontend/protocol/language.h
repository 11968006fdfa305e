#ifndef RESTANTE_POP3_FRONTEND_PROTOCOL_LANGUAGE_H_
#define RESTANTE_POP3_FRONTEND_PROTOCOL_LANGUAGE_H_

#include <string>

#include "pop3-frontend/protocol/command.h"

namespace restante::pop3 {

// The reply to LANG (RFC 6856 section 3), whole lines: the list of languages, or the one that was
// chosen. There is English alone, under its own name and as the default that RFC 2277 asks for, so
// that nothing needs to be remembered.
std::string AnswerLang(const Command& command);

}  // namespace restante::pop3

#endif  // RESTANTE_POP3_FRONTEND_PROTOCOL_LANGUAGE_H_
