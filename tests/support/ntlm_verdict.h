#ifndef RESTANTE_TESTS_SUPPORT_NTLM_VERDICT_H_
#define RESTANTE_TESTS_SUPPORT_NTLM_VERDICT_H_

#include "auth-service/ntlm/verify.h"

namespace restante {

// What one password and set of rules make of a whole conversation.
inline ntlm::Verdict VerdictOf(const ntlm::Conversation& conversation, const Secret& nt_hash,
                               const ntlm::Rules& rules = {}) {
  const ntlm::Exchange exchange(conversation);
  return exchange.Judge(exchange.MatchWith(nt_hash), rules);
}

}  // namespace restante

#endif  // RESTANTE_TESTS_SUPPORT_NTLM_VERDICT_H_
