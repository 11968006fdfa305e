// The group "accounts".
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tools/restantectl/command_tree.h"
#include "tools/restantectl/errors.h"
#include "tools/restantectl/help_text.h"
#include "tools/restantectl/ntlm_forms.h"
#include "tools/restantectl/watches.h"

namespace restante::ctl {
namespace {

void AddAccountCreate(CLI::App* accounts, CommandLine* line) {
  CLI::App* command = AddCommand(accounts, "create", "Create an account");
  command->footer(kCreateFooter);
  NewAccount& account = line->new_account;
  AddId(command, &account.id, "1 to 63 of a-z 0-9 . _ -; never changes");
  AddEach(command, "--windows-name", &account.windows_names, "DOMAIN\\USER",
          "A Windows name that proves this person");
  AddEach(command, "--principal-name", &account.principal_names, "USER@REALM",
          "A user principal name likewise");
  command->add_option("--alias", account.alias,
                      "What the mailbox is called; without one the "
                      "account opens no mailbox");
  AddEach(command, "--address", &account.addresses, "LOCAL@DOMAIN",
          "An address that mail is delivered for");
  AddEach(command, "--certificate-name", &account.certificate_names, "KIND:NAME",
          "What a client certificate calls this person: email:, upn:, uri:, subject: or sha256:");
  AddEach(command, "--token-subject", &account.token_subjects, "TEXT",
          "What the token issuer calls this person");
  command->add_option("--placement", account.placement,
                      "The mailstore that holds the mailbox (default: auth's configuration)");
  AddWeakestNtlmResponse(command, NtlmFormNames(), &account.weakest_ntlm_response,
                         "The weakest NTLM response of this account, ntlmv2, ntlm2-session or "
                         "ntlmv1 (default: the policy's)");
  command->add_flag("--password-stdin", account.with_password,
                    "Set the password that standard input says");
  command->callback([line] {
    line->action = [line](Session& session) { return CreateAccount(session, line->new_account); };
  });
}

void AddAccountUpdate(CLI::App* accounts, CommandLine* line) {
  CLI::App* command = AddCommand(accounts, "update", "Change an account");
  command->footer(kUpdateFooter);
  AccountChanges& changes = line->account_changes;
  AddId(command, &changes.id, "The account");
  CLI::Option* alias =
      command->add_option("--alias", line->alias, "The mailbox's new name; '' takes it away");
  AddEach(command, "--add-windows-name", &changes.windows_names.add, "DOMAIN\\USER", "Add one");
  AddEach(command, "--remove-windows-name", &changes.windows_names.remove, "DOMAIN\\USER",
          "Remove one");
  AddEach(command, "--add-principal-name", &changes.principal_names.add, "USER@REALM", "Add one");
  AddEach(command, "--remove-principal-name", &changes.principal_names.remove, "USER@REALM",
          "Remove one");
  AddEach(command, "--add-address", &changes.addresses.add, "LOCAL@DOMAIN", "Add one");
  AddEach(command, "--remove-address", &changes.addresses.remove, "LOCAL@DOMAIN", "Remove one");
  AddEach(command, "--add-certificate-name", &changes.certificate_names.add, "KIND:NAME",
          "Add one");
  AddEach(command, "--remove-certificate-name", &changes.certificate_names.remove, "KIND:NAME",
          "Remove one");
  AddEach(command, "--add-token-subject", &changes.token_subjects.add, "TEXT", "Add one");
  AddEach(command, "--remove-token-subject", &changes.token_subjects.remove, "TEXT", "Remove one");
  AddEach(command, "--disable-mechanism", &changes.disabled_mechanisms.add, "MECHANISM",
          "Refuse it for this account, whatever the policy says");
  AddEach(command, "--enable-mechanism", &changes.disabled_mechanisms.remove, "MECHANISM",
          "Leave it to the policy again");
  std::vector<std::string> forms = NtlmFormNames();
  forms.emplace_back("policy");
  AddWeakestNtlmResponse(
      command, std::move(forms), &changes.weakest_ntlm_response,
      "The weakest NTLM response of this account, ntlmv2, ntlm2-session or ntlmv1, whatever the "
      "policy says; policy leaves it to that again");
  CLI::Option* disable =
      command->add_flag("--disable", line->disable, "Refuse all logons; mail is still received");
  command->add_flag("--enable", line->enable, "Allow logons again")->excludes(disable);
  command->callback([line, alias] {
    if (alias->count() > 0) line->account_changes.alias = line->alias;
    if (line->disable || line->enable) line->account_changes.disabled = line->disable;
    line->action = [line](Session& session) {
      return UpdateAccount(session, line->account_changes);
    };
  });
}

void AddAccountCredential(CLI::App* accounts, CommandLine* line) {
  CLI::App* command =
      AddCommand(accounts, "set-credential", "Set the password, its NT hash or SCRAM keys");
  command->footer(kCredentialFooter);
  AddId(command, &line->id, "The account");
  CLI::Option* password = command->add_flag("--password-stdin", line->password_stdin,
                                            "Read the password from standard input");
  CLI::Option* hash = command
                          ->add_flag("--nt-hash-stdin", line->nt_hash_stdin,
                                     "Read the NT hash, 32 hexadecimal digits, from standard input")
                          ->excludes(password);
  command
      ->add_flag(
          "--scram-sha-256-stdin", line->scram_stdin,
          "Read ITERATIONS,SALT,STOREDKEY,SERVERKEY, the last three in base64, from standard "
          "input")
      ->excludes(password)
      ->excludes(hash);
  command->callback([line] {
    line->action = [line](Session& session) -> absl::Status {
      const bool said = line->password_stdin || line->nt_hash_stdin || line->scram_stdin;
      if (!said && !session.console.IsTerminal()) {
        return UsageError(
            "say what standard input is: --password-stdin, --nt-hash-stdin or "
            "--scram-sha-256-stdin");
      }
      CredentialKind kind = CredentialKind::kPassword;
      if (line->nt_hash_stdin) kind = CredentialKind::kNtHash;
      if (line->scram_stdin) kind = CredentialKind::kScramSha256;
      return SetCredential(session, line->id, kind);
    };
  });
}

void AddDelegates(CLI::App* accounts, CommandLine* line) {
  DelegateGrant& grant = line->delegate_grant;
  CLI::App* command =
      AddCommand(accounts, "grant-delegate", "Let another account open this one's mailbox");
  command->footer(kDelegateFooter);
  command->add_option("OWNER", grant.owner, "Whose mailbox")->required()->type_name("");
  command->add_option("DELEGATE", grant.delegate, "Who may open it")->required()->type_name("");
  command->add_flag("--may-delete", grant.may_delete, "Not only to read, but to delete messages");
  command->add_option("--until", grant.until, "When the right ends: a day, or a time as RFC 3339")
      ->type_name("TIME");
  command->callback([line] {
    line->action = [line](Session& session) {
      return GrantDelegate(session, line->delegate_grant);
    };
  });

  CLI::App* revoke = AddCommand(accounts, "revoke-delegate", "Take that right back");
  revoke->footer("Example:\n  restantectl accounts revoke-delegate helpdesk anna");
  revoke->add_option("OWNER", grant.owner, "Whose mailbox")->required()->type_name("");
  revoke->add_option("DELEGATE", grant.delegate, "Who might open it")->required()->type_name("");
  revoke->callback([line] {
    line->action = [line](Session& session) {
      return RevokeDelegate(session, line->delegate_grant.owner, line->delegate_grant.delegate);
    };
  });
}

void AddAccountList(CLI::App* accounts, CommandLine* line) {
  CLI::App* list = AddCommand(accounts, "list", "Show accounts");
  list->footer(kListFooter);
  AddFilter(list, &line->filter);
  list->add_flag("--show-deleted", line->show_deleted,
                 "Those too that are deleted and not yet purged");
  list->callback([line] {
    line->action = [line](Session& session) {
      return ListAccounts(session, line->filter, line->show_deleted);
    };
  });
  CLI::App* watch = AddCommand(accounts, "watch", "Show every account, then each change");
  watch->footer(kWatchFooter);
  AddWatchLimit(watch, &line->watch_limit);
  watch->callback([line] {
    line->action = [line](Session& session) { return WatchAccounts(session, line->watch_limit); };
  });
  CLI::App* credentials = AddCommand(accounts, "list-credentials",
                                     "Show what credential an account has, never a secret");
  AddId(credentials, &line->id, "The account");
  credentials->footer("Example:\n  restantectl accounts list-credentials jsmith");
  credentials->callback([line] {
    line->action = [line](Session& session) { return ListCredentials(session, line->id); };
  });
}

void AddAccountRemoval(CLI::App* accounts, CommandLine* line) {
  CLI::App* remove = AddCommand(
      accounts, "delete", "Take an account out of use; it can be brought back, and its mail stays");
  AddId(remove, &line->id, "The account");
  remove->add_flag("--purge", line->purge,
                   "Remove it for good, deleted before or not, with names and credential");
  remove->footer(kDeleteFooter);
  remove->callback([line] {
    line->action = [line](Session& session) {
      return DeleteAccount(session, line->id, line->purge);
    };
  });
  CLI::App* undelete = AddCommand(accounts, "undelete", "Bring a deleted account back");
  AddId(undelete, &line->id, "The account");
  undelete->footer("Example:\n  restantectl accounts undelete jsmith");
  undelete->callback([line] {
    line->action = [line](Session& session) { return UndeleteAccount(session, line->id); };
  });
}

void AddFileFormat(CLI::App* command, std::string* format, const std::string& help) {
  command->add_option("--format", *format, help)
      ->check(CLI::IsMember(std::vector<std::string>{"csv", "jsonl"}))
      ->type_name("FORMAT");
}

void AddAccountTransfer(CLI::App* accounts, CommandLine* line) {
  CLI::App* command = AddCommand(accounts, "import", "Create or update the accounts of a file");
  command->footer(kImportFooter);
  ImportWish& wish = line->import_wish;
  command->add_option("FILE", wish.path, "CSV or JSON lines; - for standard input")
      ->required()
      ->type_name("");
  AddFileFormat(command, &wish.format, "csv or jsonl (default: csv for a FILE of that name)");
  command->add_flag("--update-existing", wish.update_existing,
                    "Bring accounts that are there to what the file says");
  command->add_flag("--dry-run", wish.dry_run, "Check every line and change nothing");
  command->callback([line] {
    line->action = [line](Session& session) { return ImportAccounts(session, line->import_wish); };
  });
  CLI::App* out = AddCommand(accounts, "export", "Write accounts as import reads them, no secrets");
  out->footer(kExportFooter);
  AddFileFormat(out, &line->export_wish.format, "csv or jsonl (the default)");
  AddFilter(out, &line->export_wish.filter);
  out->add_flag("--show-deleted", line->export_wish.show_deleted,
                "Those too that are deleted and not yet purged");
  out->callback([line] {
    line->action = [line](Session& session) { return ExportAccounts(session, line->export_wish); };
  });
}

}  // namespace

void AddAccounts(CLI::App* top, CommandLine* line) {
  CLI::App* accounts =
      AddCommand(top, "accounts", "Who may log on, by which names, and to which mailbox");
  accounts->require_subcommand(1)->footer(kAccountsFooter);
  AddAccountCreate(accounts, line);
  AddAccountUpdate(accounts, line);
  AddAccountCredential(accounts, line);
  AddDelegates(accounts, line);

  CLI::App* get = AddCommand(accounts, "get", "Show one account");
  AddId(get, &line->id, "The account");
  get->footer("Example:\n  restantectl accounts get jsmith -o json");
  get->callback([line] {
    line->action = [line](Session& session) { return GetAccount(session, line->id); };
  });
  AddAccountList(accounts, line);
  AddAccountRemoval(accounts, line);
  AddAccountTransfer(accounts, line);
}

}  // namespace restante::ctl
