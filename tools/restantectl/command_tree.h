#ifndef RESTANTE_TOOLS_RESTANTECTL_COMMAND_TREE_H_
#define RESTANTE_TOOLS_RESTANTECTL_COMMAND_TREE_H_

#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <vector>

#include "tools/restantectl/accounts.h"
#include "tools/restantectl/contexts.h"
#include "tools/restantectl/delegates.h"
#include "tools/restantectl/jobs.h"
#include "tools/restantectl/logons.h"
#include "tools/restantectl/mail_transfer.h"
#include "tools/restantectl/mailboxes.h"
#include "tools/restantectl/messages.h"
#include "tools/restantectl/session.h"
#include "tools/restantectl/transfer.h"

// The commands and options of restantectl, group by group. Each function adds one group to `top`,
// and what it fills to `line`.
namespace restante::ctl {

inline constexpr char kTable[] = "table";

// Everything that the command line fills. CLI11 keeps references to it while it parses.
struct CommandLine {
  ConnectionSettings connection;
  std::string format = kTable;
  double timeout_seconds = 10;
  int page_size = 1'000;
  std::string context;  // whose settings fill those that are not given; empty: the current one
  std::string id;
  NewAccount new_account;
  AccountChanges account_changes;
  std::string alias;
  bool disable = false;
  bool enable = false;
  bool password_stdin = false;
  bool nt_hash_stdin = false;
  bool scram_stdin = false;
  std::string filter;
  bool show_deleted = false;
  bool purge = false;
  int limit = 100;
  int watch_limit = 0;
  int backlog = 0;
  bool no_wait = false;
  ImportWish import_wish;
  ExportWish export_wish;
  LogonQuestion question;
  DelegateGrant delegate_grant;
  bool no_tls = false;
  PolicyChanges policy_changes;
  MessageChoice message_choice;
  MailboxChanges mailbox_changes;
  MailboxJob mailbox_job;
  MailImportWish mail_import;
  MailExportWish mail_export;
  Program service = Program::kAuth;
  Action action;
};

CLI::App* AddCommand(CLI::App* group, const std::string& name, const std::string& help);
void AddId(CLI::App* command, std::string* id, const std::string& help);
// An option that may be given several times, with one value each time.
void AddEach(CLI::App* command, const std::string& name, std::vector<std::string>* values,
             const std::string& type, const std::string& help);
// A switch that can be asked for both ways.
void AddBoth(CLI::App* command, const std::string& name, std::optional<bool>* value,
             const std::string& on_help, const std::string& off_help);
void AddFilter(CLI::App* command, std::string* filter);
// How many at most; 0 for all.
void AddLimit(CLI::App* command, int* limit);
// Of a command that goes on until then; 0 for no end.
void AddWatchLimit(CLI::App* command, int* limit);
void AddWeakestNtlmResponse(CLI::App* command, std::vector<std::string> names,
                            std::optional<auth::v1::NtlmResponseForm>* value,
                            const std::string& help);

void AddAccounts(CLI::App* top, CommandLine* line);
// diagnose-logon, explain-logon, logons and policy.
void AddLogonCommands(CLI::App* top, CommandLine* line);
// mailboxes and messages.
void AddMailboxes(CLI::App* top, CommandLine* line);
// audit, operations, credentials and directory.
void AddAdministration(CLI::App* top, CommandLine* line);
// whoami, doctor, contexts, completion and man.
void AddConnectionCommands(CLI::App* top, CommandLine* line);

}  // namespace restante::ctl

#endif  // RESTANTE_TOOLS_RESTANTECTL_COMMAND_TREE_H_
