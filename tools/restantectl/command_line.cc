#include "tools/restantectl/command_line.h"

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/app/program_options.h"
#include "common/base/status_macros.h"
#include "tools/restantectl/command_tree.h"
#include "tools/restantectl/contexts.h"
#include "tools/restantectl/help_text.h"
#include "tools/restantectl/session.h"

namespace restante::ctl {
namespace {

void AddSetting(CLI::App* top, const std::string& name, const std::string& variable,
                std::string* value, const std::string& type, const std::string& help) {
  top->add_option(name, *value, help)->envname(variable)->type_name(type)->group("Connection");
}

void AddConnection(CLI::App* top, ConnectionSettings* connection) {
  AddSetting(top, "--auth-admin", "RESTANTE_AUTH_ADMIN", &connection->auth_admin, "HOST:PORT",
             "auth's management listener");
  AddSetting(top, "--mailstore-admin", "RESTANTE_MAILSTORE_ADMIN", &connection->mailstore_admin,
             "HOST:PORT", "the mailstore's management listener");
  AddSetting(top, "--tls-ca", "RESTANTE_TLS_CA", &connection->tls_ca, "FILE",
             "the authority of the services' certificates");
  AddSetting(top, "--tls-certificate", "RESTANTE_TLS_CERTIFICATE", &connection->tls_certificate,
             "FILE", "your certificate, whose roles decide what you may do");
  AddSetting(top, "--tls-private-key", "RESTANTE_TLS_PRIVATE_KEY", &connection->tls_private_key,
             "FILE", "its key");
  AddSetting(top, "--auth-server-name", "RESTANTE_AUTH_SERVER_NAME", &connection->auth_server_name,
             "NAME", "the name in auth's certificate");
  AddSetting(top, "--mailstore-server-name", "RESTANTE_MAILSTORE_SERVER_NAME",
             &connection->mailstore_server_name, "NAME", "the name in the mailstore's certificate");
}

void Describe(CLI::App* top, CommandLine* line) {
  // Inherited by every command, so that the options below may stand anywhere.
  top->fallthrough();
  top->require_subcommand(1)->footer(kTopFooter);
  top->set_version_flag("--version", absl::StrCat("restantectl ", app::Version()));
  top->set_help_flag("-h,--help", "Show this help; every command has its own");
  top->add_option("-o,--output", line->format,
                  "table or wide, for people; json or yaml, for scripts")
      ->check(CLI::IsMember(std::vector<std::string>{kTable, "wide", "json", "yaml"}))
      ->type_name("FORMAT")
      ->capture_default_str();
  top->add_option("--timeout", line->timeout_seconds, "Seconds to wait for each answer")
      ->check(CLI::Range(0.1, 3600.0))
      ->type_name("SECONDS")
      ->capture_default_str();
  top->add_option("--page-size", line->page_size, "How many of a list to ask for at a time")
      ->check(CLI::Range(1, 1'000))
      ->type_name("NUMBER")
      ->capture_default_str();
  AddSetting(top, "--context", "RESTANTE_CONTEXT", &line->context, "NAME",
             "the context that has what is not given otherwise (default: the current one)");
  AddConnection(top, &line->connection);
  AddAccounts(top, line);
  AddLogonCommands(top, line);
  AddMailboxes(top, line);
  AddAdministration(top, line);
  AddConnectionCommands(top, line);
}

absl::Status Run(CommandLine* line, const Connect& connect, Console& console, Random& random) {
  RESTANTE_ASSIGN_OR_RETURN(const Contexts contexts, LoadContexts(ContextsPath()));
  RESTANTE_RETURN_IF_ERROR(FillFromContext(contexts, line->context, &line->connection));
  const std::unique_ptr<Services> services = connect(line->connection);
  Session session{*services,
                  console,
                  random,
                  OutputFormatOf(line->format),
                  absl::Seconds(line->timeout_seconds),
                  line->page_size};
  return line->action(session);
}

}  // namespace

ExitCode RunCommandLine(int argc, const char* const* argv, const Connect& connect, Console& console,
                        Random& random) {
  CLI::App top("Manage Restante: accounts, logons, policy, mailboxes, keys and backups",
               "restantectl");
  CommandLine line;
  Describe(&top, &line);
  try {
    top.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return top.exit(error, console.out(), console.err()) == 0 ? ExitCode::kOk : ExitCode::kUsage;
  }
  const absl::Status status = Run(&line, connect, console, random);
  if (!status.ok()) console.err() << DescribeError(status);
  return ExitCodeOf(status);
}

}  // namespace restante::ctl
