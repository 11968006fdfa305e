// The groups "audit", "operations", "credentials" and "directory".
#include <string>

#include "tools/restantectl/audit.h"
#include "tools/restantectl/command_tree.h"
#include "tools/restantectl/help_text.h"
#include "tools/restantectl/jobs.h"

namespace restante::ctl {
namespace {

// Whose operations, or changes, are meant.
void AddService(CLI::App* command, CommandLine* line) {
  command
      ->add_option_function<std::string>(
          "--service",
          [line](const std::string& name) {
            line->service = name == "auth" ? Program::kAuth : Program::kMailstore;
          },
          "auth, which is the default, or mailstore")
      ->check(CLI::IsMember({"auth", "mailstore"}))
      ->type_name("NAME");
}

void AddAudit(CLI::App* top, CommandLine* line) {
  CLI::App* audit = AddCommand(top, "audit", "Who changed which account, policy or mailbox");
  audit->require_subcommand(1)->footer(kAuditFooter);
  CLI::App* list = AddCommand(audit, "list", "Show changes, newest first");
  list->footer(kAuditFooter);
  AddFilter(list, &line->filter);
  AddLimit(list, &line->limit);
  AddService(list, line);
  list->callback([line] {
    line->action = [line](Session& session) {
      return ListAudit(session, line->service, line->filter, line->limit);
    };
  });
}

// A command of one operation.
void AddOperationCommand(CLI::App* operations, CommandLine* line, const std::string& name,
                         const std::string& help,
                         absl::Status (*run)(Session&, Program, const std::string&)) {
  CLI::App* command = AddCommand(operations, name, help);
  AddId(command, &line->id, "The operation");
  AddService(command, line);
  command->footer(kOperationsFooter);
  command->callback([line, run] {
    line->action = [line, run](Session& session) { return run(session, line->service, line->id); };
  });
}

void AddOperations(CLI::App* top, CommandLine* line) {
  CLI::App* operations = AddCommand(top, "operations", "Jobs that take longer than a call");
  operations->require_subcommand(1)->footer(kOperationsFooter);
  CLI::App* list = AddCommand(operations, "list", "Show operations, newest first");
  list->footer(kOperationsFooter);
  AddService(list, line);
  AddFilter(list, &line->filter);
  AddLimit(list, &line->limit);
  list->callback([line] {
    line->action = [line](Session& session) {
      return ListOperations(session, line->service, line->filter, line->limit);
    };
  });
  AddOperationCommand(operations, line, "get", "Show one operation", GetOperation);
  AddOperationCommand(operations, line, "wait", "Show its progress until it has ended",
                      WaitOperation);
  AddOperationCommand(operations, line, "cancel", "Ask it to stop; what it has done stays done",
                      CancelOperation);
  AddOperationCommand(operations, line, "delete", "Forget one that has ended", DeleteOperation);
}

// A command that begins a job.
void AddJob(CLI::App* group, CommandLine* line, const std::string& name, const std::string& help,
            const char* footer, absl::Status (*run)(Session&, bool)) {
  CLI::App* command = AddCommand(group, name, help);
  command->add_flag("--no-wait", line->no_wait, "Begin it, and do not wait for its end");
  command->footer(footer);
  command->callback([line, run] {
    line->action = [line, run](Session& session) { return run(session, line->no_wait); };
  });
}

}  // namespace

void AddAdministration(CLI::App* top, CommandLine* line) {
  AddAudit(top, line);
  AddOperations(top, line);
  CLI::App* credentials = AddCommand(top, "credentials", "What passwords are sealed under");
  credentials->require_subcommand(1)->footer(kRewrapFooter);
  AddJob(credentials, line, "rewrap", "Seal every credential under the active key", kRewrapFooter,
         RewrapCredentials);
  CLI::App* directory = AddCommand(top, "directory", "Where the accounts are kept");
  directory->require_subcommand(1)->footer(kBackupFooter);
  AddJob(directory, line, "backup", "Write a copy on auth's machine while auth serves",
         kBackupFooter, BackupDirectory);
}

}  // namespace restante::ctl
