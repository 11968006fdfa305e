#include "tools/restantectl/command_line.h"

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/app/program_options.h"
#include "tools/restantectl/accounts.h"
#include "tools/restantectl/delegates.h"
#include "tools/restantectl/diagnosis.h"
#include "tools/restantectl/help_text.h"
#include "tools/restantectl/logons.h"
#include "tools/restantectl/mailboxes.h"
#include "tools/restantectl/ntlm_forms.h"
#include "tools/restantectl/session.h"
#include "tools/restantectl/transfer.h"

namespace restante::ctl {
namespace {

constexpr char kTable[] = "table";
constexpr char kJson[] = "json";

// Everything that the command line fills. CLI11 keeps references to it while it parses.
struct CommandLine {
  ConnectionSettings connection;
  std::string format = kTable;
  double timeout_seconds = 10;
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
  ImportWish import_wish;
  ExportWish export_wish;
  LogonQuestion question;
  DelegateGrant delegate_grant;
  bool no_tls = false;
  PolicyChanges policy_changes;
  Action action;
};

// An option that may be given several times, with one value each time.
void AddEach(CLI::App* command, const std::string& name, std::vector<std::string>* values,
             const std::string& type, const std::string& help) {
  command->add_option(name, *values, help + " (may be repeated)")
      ->type_name(type)
      ->allow_extra_args(false);
}

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

// A switch that can be asked for both ways.
void AddBoth(CLI::App* command, const std::string& name, std::optional<bool>* value,
             const std::string& on_help, const std::string& off_help) {
  CLI::Option* on = command->add_flag_callback(
      "--" + name, [value] { *value = true; }, on_help);
  command
      ->add_flag_callback(
          "--no-" + name, [value] { *value = false; }, off_help)
      ->excludes(on);
}

void AddWeakestNtlmResponse(CLI::App* command, std::vector<std::string> names,
                            std::optional<auth::v1::NtlmResponseForm>* value,
                            const std::string& help) {
  command
      ->add_option_function<std::string>(
          "--weakest-ntlm-response",
          [value](const std::string& name) { *value = NtlmFormOf(name); }, help)
      ->check(CLI::IsMember(std::move(names)))
      ->type_name("FORM");
}

CLI::App* AddCommand(CLI::App* group, const std::string& name, const std::string& help) {
  return group->add_subcommand(name, help);
}

void AddId(CLI::App* command, std::string* id, const std::string& help) {
  command->add_option("ID", *id, help)->required()->type_name("");
}

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
  list->add_option("--filter", line->filter, "Only those that the comparisons hold for")
      ->type_name("COMPARISONS");
  list->add_flag("--show-deleted", line->show_deleted,
                 "Those too that are deleted and not yet purged");
  list->callback([line] {
    line->action = [line](Session& session) {
      return ListAccounts(session, line->filter, line->show_deleted);
    };
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
  CLI::App* import = AddCommand(accounts, "import", "Create or update the accounts of a file");
  import->footer(kImportFooter);
  ImportWish& wish = line->import_wish;
  import->add_option("FILE", wish.path, "CSV or JSON lines; - for standard input")
      ->required()
      ->type_name("");
  AddFileFormat(import, &wish.format, "csv or jsonl (default: csv for a FILE of that name)");
  import->add_flag("--update-existing", wish.update_existing,
                   "Bring accounts that are there to what the file says");
  import->add_flag("--dry-run", wish.dry_run, "Check every line and change nothing");
  import->callback([line] {
    line->action = [line](Session& session) { return ImportAccounts(session, line->import_wish);
};
}  // namespace
);
CLI::App* out = AddCommand(accounts, "export", "Write accounts as import reads them, no secrets");
out->footer(kExportFooter);
AddFileFormat(out, &line->export_wish.format, "csv or jsonl (the default)");
out->add_option("--filter", line->export_wish.filter, "Only those that the comparisons hold for")
    ->type_name("COMPARISONS");
out->add_flag("--show-deleted", line->export_wish.show_deleted,
              "Those too that are deleted and not yet purged");
out->callback([line] {
  line->action = [line](Session& session) { return ExportAccounts(session, line->export_wish); };
});
}  // namespace restante::ctl

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

void AddExplainLogon(CLI::App* top, CommandLine* line) {
  CLI::App* command = AddCommand(top, "explain-logon",
                                 "Why a logon is accepted or refused, and which mailbox it opens");
  command->footer(kExplainFooter);
  LogonQuestion& question = line->question;
  CLI::Option_group* subject = command->add_option_group("Subject", "Exactly one of");
  CLI::Option* reference =
      subject->add_option("--ref", question.reference, "What the client was told")
          ->type_name("REFERENCE");
  subject
      ->add_option("--name", question.name,
                   "The name as a client would give it: DOMAIN\\user, user@realm, user, "
                   "DOMAIN/user/alias")
      ->type_name("NAME");
  subject->require_option(1);
  command->add_option("--mechanism", question.mechanism, "NTLM, PLAIN or LOGIN; default NTLM")
      ->type_name("MECHANISM")
      ->excludes(reference);
  command->add_option("--client-address", question.client_address, "The client's IP address")
      ->type_name("IP")
      ->excludes(reference);
  command->add_flag("--no-tls", line->no_tls, "As if the client did not use TLS")
      ->excludes(reference);
  command->callback([line] {
    line->question.tls = !line->no_tls;
    line->action = [line](Session& session) { return ExplainLogon(session, line->question); };
  });
}

void AddDiagnoseLogon(CLI::App* top, CommandLine* line) {
  CLI::App* command =
      AddCommand(top, "diagnose-logon", "Why a person cannot log on, and what to do about it");
  command->footer(kDiagnoseFooter);
  LogonQuestion& question = line->question;
  command
      ->add_option("NAME", question.name,
                   "What the person typed, or any name, alias, address or account ID of theirs")
      ->required()
      ->type_name("");
  command->add_option("--mechanism", question.mechanism, "What the client uses; default NTLM")
      ->type_name("MECHANISM");
  command->add_option("--client-address", question.client_address, "The client's IP address")
      ->type_name("IP");
  command->add_flag("--no-tls", line->no_tls, "The client does not use TLS");
  command->callback([line] {
    line->question.tls = !line->no_tls;
    line->action = [line](Session& session) { return DiagnoseLogon(session, line->question); };
  });
}

void AddLogons(CLI::App* top, CommandLine* line) {
  CLI::App* logons = AddCommand(top, "logons", "The logons that auth remembers");
  logons->require_subcommand(1)->footer(kLogonsFooter);
  CLI::App* list = AddCommand(logons, "list", "Show logons, newest first");
  list->footer(kLogonsFooter);
  list->add_option("--filter", line->filter, "Only those that the comparisons hold for")
      ->type_name("COMPARISONS");
  list->add_option("--limit", line->limit, "How many; 0 for all that auth remembers")
      ->check(CLI::Range(0, 1'000'000))
      ->type_name("NUMBER")
      ->capture_default_str();
  list->callback([line] {
    line->action = [line](Session& session) {
      return ListLogons(session, line->filter, line->limit);
    };
  });
}

void AddNtlmPolicy(CLI::App* update, NtlmChanges* changes) {
  AddWeakestNtlmResponse(update, NtlmFormNames(), &changes->weakest_response,
                         "The weakest NTLM response that is accepted: ntlmv2 (the default), "
                         "ntlm2-session or ntlmv1; an account may have its own");
  AddBoth(update, "weak-ntlm-without-tls", &changes->weak_responses_without_tls,
          "Accept what is weaker than NTLMv2 without TLS too", "Accept it over TLS only");
  AddBoth(update, "allow-lmv2", &changes->allow_lmv2, "Accept LMv2 from clients that send it alone",
          "Refuse it");
  AddBoth(update, "require-ntlm-mic", &changes->require_mic,
          "Refuse NTLM without an integrity code, which most mail clients lack",
          "Check one where there is one");
  AddEach(update, "--add-ntlm-target-name", &changes->add_target_names, "NAME",
          "Accept NTLM proofs for this service name, such as pop/mail.example, and refuse others");
  AddEach(update, "--remove-ntlm-target-name", &changes->remove_target_names, "NAME",
          "Take one away; without any, none is looked at");
}

void AddChoice(CLI::App* command, const std::string& name, std::vector<std::string> choices,
               std::string* value, const std::string& help) {
  command->add_option(name, *value, help)
      ->check(CLI::IsMember(std::move(choices)))
      ->type_name("RULE");
}

void AddNamePolicy(CLI::App* update, NameChanges* changes) {
  update
      ->add_option_function<std::string>(
          "--default-domain",
          [changes](const std::string& domain) { changes->default_domain = domain; },
          "The Windows domain of names without one; '' for none")
      ->type_name("DOMAIN");
  AddChoice(
      update, "--empty-domain", EmptyDomainNames(), &changes->empty_domain,
      "Names without a domain: default-or-unique (the default domain's user, else the only one "
      "of that name), default, or refuse");
  AddChoice(update, "--foreign-domain", ForeignDomainNames(), &changes->foreign_domain,
            "Domains that nobody knows: refuse, or ignore, as if there were none");
  AddChoice(update, "--user-case", NameCaseNames(), &changes->user_case,
            "Users are compared without regard to case (insensitive), or exact");
  AddEach(
      update, "--add-realm", &changes->add_realms, "NAME[=DOMAIN][:CASE]",
      "A domain or realm that clients send, and the domain whose users it means (the default one "
      "when left out); :exact or :insensitive for its users alone");
  AddEach(update, "--remove-realm", &changes->remove_realms, "NAME", "Take one away");
  update->add_flag("--names-from-configuration", changes->from_configuration,
                   "Leave names to auth's configuration again");
}

void AddPolicy(CLI::App* top, CommandLine* line) {
  CLI::App* policy = AddCommand(top, "policy", "Which mechanisms clients may use to log on");
  policy->require_subcommand(1)->footer(kPolicyFooter);
  PolicyChanges& changes = line->policy_changes;

  CLI::App* get = AddCommand(policy, "get", "Show the policy of a protocol");
  get->footer("Example:\n  restantectl policy get pop3");
  get->add_option("PROTOCOL", changes.protocol, "pop3")->required()->type_name("");
  get->callback([line] {
    line->action = [line](Session& session) {
      return GetPolicy(session, line->policy_changes.protocol);
    };
  });

  CLI::App* update = AddCommand(policy, "update", "Change the policy of a protocol");
  update->footer(kPolicyFooter);
  update->add_option("PROTOCOL", changes.protocol, "pop3")->required()->type_name("");
  AddEach(update, "--enable", &changes.enable, "MECHANISM", "Offer and accept it");
  AddEach(update, "--disable", &changes.disable, "MECHANISM", "Neither offer nor accept it");
  AddEach(update, "--require-tls", &changes.require_tls, "MECHANISM", "Accept it over TLS only");
  AddEach(update, "--no-require-tls", &changes.no_require_tls, "MECHANISM",
          "Accept it without TLS too");
  AddNtlmPolicy(update, &changes.ntlm);
  AddNamePolicy(update, &changes.names);
  update->callback([line] {
    line->action = [line](Session& session) { return UpdatePolicy(session, line->policy_changes); };
  });
}

void AddMailboxes(CLI::App* top, CommandLine* line) {
  CLI::App* mailboxes = AddCommand(top, "mailboxes", "What a mailstore holds");
  mailboxes->require_subcommand(1)->footer(kMailboxesFooter);
  CLI::App* get = AddCommand(mailboxes, "get", "Show one mailbox");
  AddId(get, &line->id, "The mailbox");
  get->footer("Example:\n  restantectl mailboxes get jsmith-4k2v");
  get->callback([line] {
    line->action = [line](Session& session) { return GetMailbox(session, line->id); };
  });
  CLI::App* list = AddCommand(mailboxes, "list", "Show all mailboxes");
  list->footer("Example:\n  restantectl mailboxes list -o json");
  list->callback([line] { line->action = ListMailboxes; });
  CLI::App* messages = AddCommand(mailboxes, "messages", "Show the messages of one mailbox");
  AddId(messages, &line->id, "The mailbox");
  messages->footer(kMailboxesFooter);
  messages->callback([line] {
    line->action = [line](Session& session) { return ListMessages(session, line->id); };
  });
}

void Describe(CLI::App* top, CommandLine* line) {
  // Inherited by every command, so that the options below may stand anywhere.
  top->fallthrough();
  top->require_subcommand(1)->footer(kTopFooter);
  top->set_version_flag("--version", absl::StrCat("restantectl ", app::Version()));
  top->set_help_flag("-h,--help", "Show this help; every command has its own");
  top->add_option("-o,--output", line->format, "table, for people, or json, for scripts")
      ->check(CLI::IsMember(std::vector<std::string>{kTable, kJson}))
      ->type_name("FORMAT")
      ->capture_default_str();
  top->add_option("--timeout", line->timeout_seconds, "Seconds to wait for each answer")
      ->check(CLI::Range(0.1, 3600.0))
      ->type_name("SECONDS")
      ->capture_default_str();
  AddConnection(top, &line->connection);
  AddAccounts(top, line);
  AddDiagnoseLogon(top, line);
  AddExplainLogon(top, line);
  AddLogons(top, line);
  AddPolicy(top, line);
  AddMailboxes(top, line);
}

}  // namespace

ExitCode RunCommandLine(int argc, const char* const* argv, const Connect& connect, Console& console,
                        Random& random) {
  CLI::App top("Manage Restante: accounts, logons, policy and mailboxes", "restantectl");
  CommandLine line;
  Describe(&top, &line);
  try {
    top.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return top.exit(error, console.out(), console.err()) == 0 ? ExitCode::kOk : ExitCode::kUsage;
  }
  const std::unique_ptr<Services> services = connect(line.connection);
  const OutputFormat format = line.format == kJson ? OutputFormat::kJson : OutputFormat::kTable;
  Session session{*services, console, random, format, absl::Seconds(line.timeout_seconds)};
  const absl::Status status = line.action(session);
  if (!status.ok()) console.err() << DescribeError(status);
  return ExitCodeOf(status);
}

}  // namespace restante::ctl
