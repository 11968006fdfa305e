#ifndef RESTANTE_AUTH_SERVICE_DIRECTORY_FIELD_CHANGES_H_
#define RESTANTE_AUTH_SERVICE_DIRECTORY_FIELD_CHANGES_H_

#include <vector>

#include "auth-service/directory/account.h"
#include "auth-service/directory/protocol_policy.h"
#include "common/audit/entry.h"

namespace restante::directory {

// What `after` says otherwise than `before`, by field; nullptr for an account that is not there.
std::vector<audit::FieldChange> FieldChanges(const Account* before, const Account* after);
std::vector<audit::FieldChange> FieldChanges(const ProtocolPolicy& before,
                                             const ProtocolPolicy& after);

}  // namespace restante::directory

#endif  // RESTANTE_AUTH_SERVICE_DIRECTORY_FIELD_CHANGES_H_
