#ifndef RESTANTE_TOOLS_RESTANTECTL_HELP_TEXT_H_
#define RESTANTE_TOOLS_RESTANTECTL_HELP_TEXT_H_

namespace restante::ctl {

// What stands below the options in --help; docs/restantectl.md has the same examples.

inline constexpr char kTopFooter[] = R"help(Connection:
  restantectl finds and trusts the services by the variables named above, or by a context; an installation made by
  deploy/local/up has them in DIR/restantectl.env:
      . .restante/restantectl.env

Exit codes:
  0  done                                4  taken, or changed by somebody else meanwhile
  1  the call failed or was refused      5  the service does not answer
  2  wrong command line or setting       6  this certificate may not do that
  3  no such thing                       7  what was imported is not what the source has

Examples:
  restantectl accounts list
  restantectl explain-logon --name 'CORP\jsmith'
  restantectl policy update pop3 --disable NTLM
  restantectl doctor)help";

inline constexpr char kAccountsFooter[] = R"help(Examples:
  restantectl accounts create jsmith --windows-name 'CORP\jsmith' --alias john.smith \
      --address john.smith@corp.example --password-stdin < password.txt
  restantectl accounts update jsmith --alias j.smith
  restantectl accounts get jsmith -o json)help";

inline constexpr char kCreateFooter[] =
    R"help(The Windows name and the alias need not have anything in common. An account without a password is
a shared mailbox: it receives mail, and nobody logs on as it.

Examples:
  restantectl accounts create jsmith --windows-name 'CORP\jsmith' --alias john.smith \
      --address john.smith@corp.example --password-stdin < password.txt
  restantectl accounts create sales --alias sales --address sales@corp.example)help";

inline constexpr char kDelegateFooter[] =
    R"help(The delegate logs on with its own name and password and asks for the mailbox by its alias:
DOMAIN/user/alias or user/alias as the name, or the alias as SASL's authorization identity. Granting
again replaces what was granted before.

Examples:
  restantectl accounts grant-delegate helpdesk anna --may-delete
  restantectl accounts grant-delegate boss anna --until 2027-01-31)help";

inline constexpr char kUpdateFooter[] =
    R"help(Only what is given changes. Changing the alias touches no mail: clients keep their settings and
download nothing twice.

Examples:
  restantectl accounts update jsmith --alias j.smith
  restantectl accounts update jsmith --add-windows-name 'EMEA\jsmith' \
      --remove-windows-name 'CORP\jsmith'
  restantectl accounts update jsmith --add-address j.smith@corp.example
  restantectl accounts update jsmith --weakest-ntlm-response ntlmv1
  restantectl accounts update jsmith --disable)help";

inline constexpr char kCredentialFooter[] =
    R"help(The secret comes from standard input, or is asked for without showing it where a person sits at the
terminal; never from the command line, which every user of the machine can read.

Examples:
  restantectl accounts set-credential jsmith
  printf %s "$password" | restantectl accounts set-credential jsmith --password-stdin
  restantectl accounts set-credential jsmith --nt-hash-stdin < nt-hash.txt
  restantectl accounts set-credential jsmith --scram-sha-256-stdin < keys.txt

keys.txt may be what Dovecot keeps: {SCRAM-SHA-256}4096,SALT,STOREDKEY,SERVERKEY)help";

inline constexpr char kListFooter[] =
    R"help(--filter takes comparisons joined by AND. Texts (name, alias, placement, mailbox_id) take =, != and :,
with * for any characters; lists (windows_names, principal_names, addresses, disabled_mechanisms) take
:; disabled, has_credential and deleted take = and !=; create_time, update_time and delete_time take
=, !=, <, <=, > and >= with a time. FIELD:* is for those where the field says anything.

Examples:
  restantectl accounts list
  restantectl accounts list --filter 'has_credential = false AND windows_names:*'
  restantectl accounts list --filter 'windows_names:"CORP\\*"'
  restantectl accounts list --show-deleted --filter 'deleted = true')help";

inline constexpr char kImportFooter[] =
    R"help(A CSV file names its columns in its first line: account_id, and any of windows_names,
principal_names, addresses, certificate_names, token_subjects, disabled_mechanisms (each with ";"
between several), alias, placement, disabled, weakest_ntlm_response, nt_hash (32 hexadecimal digits)
and password. Of an account that is there everything is replaced, but for a credential that the file
does not have. Lines that fail are listed, the others are done; an import that broke off is repeated
with --update-existing.

Examples:
  restantectl accounts import people.csv --dry-run
  restantectl accounts import people.csv
  restantectl accounts import people.csv --update-existing)help";

inline constexpr char kExportFooter[] =
    R"help(Passwords stay in the directory, and delegates and mailboxes are not in the file.

Examples:
  restantectl accounts export --format csv > people.csv
  restantectl accounts export --filter 'placement = mailstore-0')help";

inline constexpr char kDeleteFooter[] =
    R"help(A deleted account cannot log on and receives no mail; its names stay its own until it is purged, 30
days later unless auth is configured otherwise.

Examples:
  restantectl accounts delete jsmith
  restantectl accounts undelete jsmith
  restantectl accounts delete jsmith --purge)help";

inline constexpr char kExplainFooter[] =
    R"help(Runs the rules that decide a real logon and prints each step, without any password. --ref explains
an attempt that was made: the reference stands in what the client was told,
"-ERR [AUTH] Logon failed (ref 7F3A-22Q9)".

Examples:
  restantectl explain-logon --name 'CORP\jsmith'
  restantectl explain-logon --name jsmith@corp.example --mechanism PLAIN --no-tls \
      --client-address 192.0.2.7
  restantectl explain-logon --ref 7F3A-22Q9)help";

inline constexpr char kDiagnoseFooter[] =
    R"help(Says what stands in the way, most telling first, whom the name leads to and by which rule, what
credential there is, the last attempts, how guessing is slowed, and what the mailstore says of the
mailbox. No password is needed, and nothing is changed.

Examples:
  restantectl diagnose-logon 'CORP\jsmith'
  restantectl diagnose-logon john.smith@corp.example --mechanism PLAIN --no-tls \
      --client-address 192.0.2.7)help";

inline constexpr char kLogonsFooter[] =
    R"help(auth remembers its last 10,000 logons; its log has all. --filter takes comparisons joined by AND:
account, outcome, client_address, client_name, mechanism, protocol, reference and attempt_id with =,
!= and :, with * for any characters; time with =, !=, <, <=, > and >=.

Examples:
  restantectl logons list
  restantectl logons list --filter 'account = jsmith AND outcome != ACCEPTED'
  restantectl logons list --filter 'client_address = "192.0.2.*"' --limit 20
  restantectl logons watch --filter 'outcome != ACCEPTED' --backlog 10)help";

inline constexpr char kWatchFooter[] =
    R"help(Goes on until it is interrupted, over restarts of auth too. Nothing is left out; of an account that
changes faster than this is read, the latest state is shown. -o json gives a line for each.

Examples:
  restantectl accounts watch
  restantectl accounts watch -o json)help";

inline constexpr char kAuditFooter[] =
    R"help(--filter takes comparisons joined by AND: resource, caller, method and request_id with =, != and :,
with * for any characters; field, which is any changed one, with :; time with =, !=, <, <=, > and >=.
Of a password it is said that it was set, and never what it is. --service mailstore shows what operators and
retention did with mailboxes and their messages, and what was imported and exported.

Examples:
  restantectl audit list
  restantectl audit list --filter 'resource = accounts/jsmith'
  restantectl audit list --service mailstore --filter 'resource = mailboxes/jsmith'
  restantectl audit list --filter 'field:alias AND time >= "2026-01-01T00:00:00Z"' --limit 0)help";

inline constexpr char kOperationsFooter[] =
    R"help(Operations go on when their service is restarted; of those that have ended each keeps the last 1,000.
Auth has those about accounts, the mailstore (--service mailstore) those about mail. --filter is
'done = true' or 'done = false'.

Examples:
  restantectl operations list --filter 'done = false'
  restantectl operations list --service mailstore
  restantectl operations wait 0123456789abcdef0123456789abcdef
  restantectl operations cancel 0123456789abcdef0123456789abcdef)help";

inline constexpr char kRewrapFooter[] =
    R"help(After a new key was put beside the old ones and auth was restarted: logons go on meanwhile. When it
reports none that could not be opened, the old keys can be removed a day later. Needs the role
key-admin.

Examples:
  restantectl credentials rewrap
  restantectl credentials rewrap --no-wait)help";

inline constexpr char kBackupFooter[] =
    R"help(The copy is a folder below backup_directory of auth's configuration, read back whole before it gets
its name. A stopped auth is started on it by putting it in place of data_directory; it needs the keys
that are listed, which are not in it. Needs the role key-admin.

Example:
  restantectl directory backup)help";

inline constexpr char kContextsFooter[] =
    R"help(A context has the settings of one installation, and names the files of its certificate and key. They
are kept in RESTANTE_CONTEXTS, or in restante/contexts.yaml below XDG_CONFIG_HOME or ~/.config. What a
flag or a variable says goes first.

Examples:
  . .restante/restantectl.env && restantectl contexts save local
  restantectl contexts use local
  restantectl --context local accounts list)help";

inline constexpr char kCompletionFooter[] =
    R"help(Examples:
  source <(restantectl completion bash)
  restantectl completion bash > ~/.local/share/bash-completion/completions/restantectl
  source <(restantectl completion zsh))help";

inline constexpr char kDoctorFooter[] =
    R"help(Looks at this program's settings and certificates, at whether auth and the mailstore answer and take
this certificate, at their certificates, versions and clocks, at credentials whose key is missing or
old, and at the policy. Ends with 1 when something is wrong; warnings alone end with 0.

Example:
  restantectl doctor)help";

inline constexpr char kPolicyFooter[] =
    R"help(Front ends follow within five seconds, without a restart. USER and PASS follow PLAIN.

Examples:
  restantectl policy get pop3
  restantectl policy update pop3 --disable NTLM
  restantectl policy update pop3 --enable PLAIN --require-tls PLAIN
  restantectl policy update pop3 --weakest-ntlm-response ntlm2-session)help";

inline constexpr char kMailboxesFooter[] =
    R"help(A mailbox goes by its id, which "restantectl accounts get" shows and which stays when the alias
changes. It comes to be with its first message or session.

Examples:
  restantectl mailboxes list
  restantectl mailboxes list --deleted -o json
  restantectl mailboxes get "$(restantectl accounts get jsmith -o json | jq -r .mailbox_id)")help";

inline constexpr char kMailboxSettingsFooter[] =
    R"help(LIMIT is a number, with K, M or G behind it or not, or none. A message that does not fit is refused
with "552 5.2.2", a large one before it is sent; what is in the mailbox stays.

DAYS is a number, or ever. A message is kept at least so long: then it is deleted as by QUIT, within two
days, and can be brought back for as long as the mailstore keeps deleted messages. "Read" is what a
session retrieved that ended by QUIT.

Both take default, for what the mailstore's configuration says.

Examples:
  restantectl mailboxes create jsmith-4k2v --max-octets 500M --keep 365
  restantectl mailboxes update jsmith-4k2v --keep ever --keep-read 30
  restantectl mailboxes update jsmith-4k2v --max-octets default --max-messages none)help";

inline constexpr char kDeletedMailboxesFooter[] =
    R"help(A deleted mailbox is taken from the session that has it, cannot be opened, and takes no mail: senders
get "550 5.2.1". It comes back as it was for 30 days, unless the mailstore is configured otherwise. The
account that opens it stays; delete or disable that too.

Examples:
  restantectl mailboxes delete jsmith-4k2v
  restantectl mailboxes list --deleted
  restantectl mailboxes undelete jsmith-4k2v
  restantectl mailboxes purge jsmith-4k2v)help";

inline constexpr char kRetentionFooter[] =
    R"help(Deletes, as QUIT does, what the mailboxes' --keep and --keep-read keep no longer. A mailbox that a
session has is left alone. Messages come back by "restantectl messages undelete".

Examples:
  restantectl mailboxes apply-retention --dry-run
  restantectl mailboxes apply-retention jsmith-4k2v)help";

inline constexpr char kVerifyFooter[] =
    R"help(Deleted messages that can come back are read too. Changes nothing. Ends with 1 when a message is
damaged: it costs that message alone, and the others can be read.

Examples:
  restantectl mailboxes verify
  restantectl mailboxes verify jsmith-4k2v
  restantectl operations list --service mailstore)help";

inline constexpr char kMailBackupFooter[] =
    R"help(The copy goes to backup_directory of the mailstore's configuration, and is read back whole; only what
is new since the last one is copied. A stopped mailstore takes one back into an empty data_directory
with "restante-mailstore --restore-backup".

Example:
  restantectl mailboxes backup)help";

inline constexpr char kMailImportFooter[] =
    R"help(Messages come behind those that are there, in the source's order, each with its UIDL where the source
knows one, so that clients do not download them again. A repeat brings nothing twice, and nothing back
that was deleted meanwhile: an import that broke off is begun anew. Nothing is deleted at the source.

From another server it ends with a proof: UIDL, size and order of every message are compared. Where they
differ it ends with 7. The password is read from standard input, or asked for. Needs the role mover.

Examples:
  restantectl mailboxes import jsmith-4k2v --pop3 pop3s://old.example --user jsmith < password
  restantectl mailboxes import jsmith-4k2v --pop3 pop3://exchange.example --user 'CORP\jsmith' \
      --mechanism NTLM
  restantectl mailboxes import jsmith-4k2v --maildir ~jsmith/Maildir --dry-run
  restantectl mailboxes import jsmith-4k2v --mbox /var/mail/jsmith)help";

inline constexpr char kMailExportFooter[] =
    R"help(Changes nothing in the mailbox, whoever has it open. A Maildir gets a file restante-uidl with the UIDLs,
which import reads again, and a repeat goes on behind its last message; an mbox has no place for UIDLs.
Lines end by LF there. Needs the role mover.

Examples:
  restantectl mailboxes export jsmith-4k2v --maildir ./jsmith
  restantectl mailboxes export jsmith-4k2v --mbox ./jsmith.mbox)help";

inline constexpr char kMessagesFooter[] =
    R"help(What QUIT, retention or an operator deletes is kept for 7 days unless the mailstore is configured
otherwise, and comes back under its old UIDL and at its old place, so that clients do not download it
twice. The next session sees it.

Examples:
  restantectl messages list jsmith-4k2v
  restantectl messages deleted jsmith-4k2v
  restantectl messages undelete jsmith-4k2v 7593845912543
  restantectl messages undelete jsmith-4k2v --all
  restantectl messages purge jsmith-4k2v --all)help";

}  // namespace restante::ctl

#endif  // RESTANTE_TOOLS_RESTANTECTL_HELP_TEXT_H_
