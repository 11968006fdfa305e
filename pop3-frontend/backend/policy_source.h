#ifndef RESTANTE_POP3_FRONTEND_BACKEND_POLICY_SOURCE_H_
#define RESTANTE_POP3_FRONTEND_BACKEND_POLICY_SOURCE_H_

#include <memory>

#include "pop3-frontend/protocol/mechanism_policy.h"

namespace restante::pop3 {

// What auth lets clients log on with, kept current in the background. Thread-safe.
class PolicySource {
 public:
  virtual ~PolicySource() = default;

  // The last policy heard; null until the first. Cheap: asked for before each event of a session.
  virtual std::shared_ptr<const MechanismPolicy> Current() const = 0;
};

}  // namespace restante::pop3

#endif  // RESTANTE_POP3_FRONTEND_BACKEND_POLICY_SOURCE_H_
