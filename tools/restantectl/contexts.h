#ifndef RESTANTE_TOOLS_RESTANTECTL_CONTEXTS_H_
#define RESTANTE_TOOLS_RESTANTECTL_CONTEXTS_H_

#include <map>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tools/restantectl/services.h"
#include "tools/restantectl/session.h"

namespace restante::ctl {

// Installations by name, so that one word says which is meant. Kept in a YAML file:
//   current: test
//   contexts:
//     test: {auth_admin: "127.0.0.1:8420", ..., tls_ca: /etc/restante/ca.pem}
// It names keys and holds none.
struct Contexts {
  std::string current;  // empty: none
  std::map<std::string, ConnectionSettings> by_name;
};

// RESTANTE_CONTEXTS, or restante/contexts.yaml below XDG_CONFIG_HOME or ~/.config; empty when
// none of these variables is set.
std::string ContextsPath();

// Empty when there is no file. Usage errors that name the file and what is wrong with it.
absl::StatusOr<Contexts> LoadContexts(const std::string& path);

// Fills the settings that are empty from the context `name`, or from the current one when it is
// empty. A usage error for a name that there is not.
absl::Status FillFromContext(const Contexts& contexts, const std::string& name,
                             ConnectionSettings* settings);

// The commands. Names are 1 to 63 of a-z 0-9 . _ -.
absl::Status ListContexts(Session& session);
absl::Status UseContext(Session& session, const std::string& name);
// Keeps `settings`, with absolute paths; the first one becomes the current one.
absl::Status SaveContext(Session& session, const std::string& name,
                         const ConnectionSettings& settings);
absl::Status RemoveContext(Session& session, const std::string& name);

}  // namespace restante::ctl

#endif  // RESTANTE_TOOLS_RESTANTECTL_CONTEXTS_H_
