#include "tools/restantectl/contexts.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "tools/restantectl/errors.h"
#include "tools/restantectl/table.h"

namespace restante::ctl {
namespace {

namespace fs = std::filesystem;

struct Setting {
  const char* key;
  std::string ConnectionSettings::*value;
  bool is_file;
};

constexpr std::array<Setting, 7> kSettings = {{
    {"auth_admin", &ConnectionSettings::auth_admin, false},
    {"auth_server_name", &ConnectionSettings::auth_server_name, false},
    {"mailstore_admin", &ConnectionSettings::mailstore_admin, false},
    {"mailstore_server_name", &ConnectionSettings::mailstore_server_name, false},
    {"tls_ca", &ConnectionSettings::tls_ca, true},
    {"tls_certificate", &ConnectionSettings::tls_certificate, true},
    {"tls_private_key", &ConnectionSettings::tls_private_key, true},
}};

constexpr size_t kMaxNameLength = 63;

bool IsContextName(absl::string_view name) {
  return !name.empty() && name.size() <= kMaxNameLength &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return absl::ascii_islower(c) || absl::ascii_isdigit(c) || c == '.' || c == '_' ||
                  c == '-';
         });
}

absl::Status Unknown(const Contexts& contexts, const std::string& name) {
  std::string known;
  for (const auto& [other, settings] : contexts.by_name) {
    absl::StrAppend(&known, known.empty() ? "" : ", ", other);
  }
  return UsageError(absl::StrCat("there is no context ", Printable(name),
                                 "; there are: ", known.empty() ? "none" : known));
}

ConnectionSettings ToSettings(const YAML::Node& node) {
  ConnectionSettings settings;
  for (const Setting& setting : kSettings) {
    const YAML::Node value = node[setting.key];
    if (value) settings.*setting.value = value.as<std::string>();
  }
  return settings;
}

absl::StatusOr<std::string> PathToWrite() {
  const std::string path = ContextsPath();
  if (path.empty())
    return UsageError("set HOME or RESTANTE_CONTEXTS, which say where contexts are");
  return path;
}

absl::Status SaveContexts(const std::string& path, const Contexts& contexts) {
  YAML::Emitter out;
  out << YAML::BeginMap << YAML::Key << "current" << YAML::Value << contexts.current << YAML::Key
      << "contexts" << YAML::Value << YAML::BeginMap;
  for (const auto& [name, settings] : contexts.by_name) {
    out << YAML::Key << name << YAML::Value << YAML::BeginMap;
    for (const Setting& setting : kSettings) {
      if ((settings.*setting.value).empty()) continue;
      out << YAML::Key << setting.key << YAML::Value << YAML::DoubleQuoted
          << settings.*setting.value;
    }
    out << YAML::EndMap;
  }
  out << YAML::EndMap << YAML::EndMap;
  std::error_code error;
  fs::create_directories(fs::path(path).parent_path(), error);
  // A reader sees the old file or the new one.
  const std::string fresh = path + ".new";
  std::ofstream file(fresh, std::ios::trunc);
  file << out.c_str() << "\n";
  file.close();
  if (file) fs::rename(fresh, path, error);
  if (file && !error) return absl::OkStatus();
  return UsageError(
      absl::StrCat(path, " cannot be written", error ? absl::StrCat(": ", error.message()) : ""));
}

}  // namespace

std::string ContextsPath() {
  const auto variable = [](const char* name) {
    const char* value = std::getenv(name);
    return std::string(value == nullptr ? "" : value);
  };
  if (const std::string path = variable("RESTANTE_CONTEXTS"); !path.empty()) return path;
  if (const std::string home = variable("XDG_CONFIG_HOME"); !home.empty()) {
    return home + "/restante/contexts.yaml";
  }
  const std::string home = variable("HOME");
  return home.empty() ? "" : home + "/.config/restante/contexts.yaml";
}

absl::StatusOr<Contexts> LoadContexts(const std::string& path) {
  Contexts contexts;
  std::error_code error;
  if (path.empty() || !fs::exists(path, error)) return contexts;
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  if (fs::is_directory(path, error)) return UsageError(absl::StrCat(path, " is a folder"));
  try {
    const YAML::Node file = YAML::Load(text.str());
    if (file["current"]) contexts.current = file["current"].as<std::string>();
    for (const auto& entry : file["contexts"]) {
      contexts.by_name[entry.first.as<std::string>()] = ToSettings(entry.second);
    }
  } catch (const YAML::Exception& wrong) {
    return UsageError(absl::StrCat(path, ": ", wrong.what(), "; correct or remove the file"));
  }
  return contexts;
}

absl::Status FillFromContext(const Contexts& contexts, const std::string& name,
                             ConnectionSettings* settings) {
  const std::string& wanted = name.empty() ? contexts.current : name;
  if (wanted.empty()) return absl::OkStatus();
  const auto found = contexts.by_name.find(wanted);
  if (found == contexts.by_name.end()) return Unknown(contexts, wanted);
  for (const Setting& setting : kSettings) {
    std::string& value = settings->*setting.value;
    if (value.empty()) value = found->second.*setting.value;
  }
  return absl::OkStatus();
}

absl::Status ListContexts(Session& session) {
  RESTANTE_ASSIGN_OR_RETURN(const Contexts contexts, LoadContexts(ContextsPath()));
  std::vector<Row> rows = {{"", "CONTEXT", "AUTH", "MAILSTORE", "CERTIFICATE"}};
  for (const auto& [name, settings] : contexts.by_name) {
    rows.push_back({name == contexts.current ? "*" : "", Printable(name),
                    OrDash(Printable(settings.auth_admin)),
                    OrDash(Printable(settings.mailstore_admin)),
                    OrDash(Printable(settings.tls_certificate))});
  }
  session.console.out() << Columns(rows);
  return absl::OkStatus();
}

absl::Status UseContext(Session& /*session*/, const std::string& name) {
  RESTANTE_ASSIGN_OR_RETURN(const std::string path, PathToWrite());
  RESTANTE_ASSIGN_OR_RETURN(Contexts contexts, LoadContexts(path));
  if (contexts.by_name.count(name) == 0) return Unknown(contexts, name);
  contexts.current = name;
  return SaveContexts(path, contexts);
}

absl::Status SaveContext(Session& session, const std::string& name,
                         const ConnectionSettings& settings) {
  if (!IsContextName(name)) {
    return UsageError("a context's name is 1 to 63 of a-z, 0-9, \".\", \"_\" and \"-\"");
  }
  RESTANTE_ASSIGN_OR_RETURN(const std::string path, PathToWrite());
  RESTANTE_ASSIGN_OR_RETURN(Contexts contexts, LoadContexts(path));
  ConnectionSettings kept = settings;
  for (const Setting& setting : kSettings) {
    std::string& value = kept.*setting.value;
    if (setting.is_file && !value.empty()) value = fs::absolute(value).lexically_normal().string();
  }
  contexts.by_name[name] = kept;
  if (contexts.current.empty()) contexts.current = name;
  RESTANTE_RETURN_IF_ERROR(SaveContexts(path, contexts));
  session.console.err() << "Saved in " << path << ".\n";
  return absl::OkStatus();
}

absl::Status RemoveContext(Session& /*session*/, const std::string& name) {
  RESTANTE_ASSIGN_OR_RETURN(const std::string path, PathToWrite());
  RESTANTE_ASSIGN_OR_RETURN(Contexts contexts, LoadContexts(path));
  if (contexts.by_name.erase(name) == 0) return Unknown(contexts, name);
  if (contexts.current == name) contexts.current.clear();
  return SaveContexts(path, contexts);
}

}  // namespace restante::ctl
