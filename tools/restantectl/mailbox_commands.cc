// The groups "mailboxes" and "messages".
#include "tools/restantectl/command_tree.h"
#include "tools/restantectl/help_text.h"
#include "tools/restantectl/jobs.h"
#include "tools/restantectl/mailboxes.h"
#include "tools/restantectl/messages.h"

namespace restante::ctl {
namespace {

// A command about one mailbox.
CLI::App* AddMailboxCommand(CLI::App* group, CommandLine* line, const char* name, const char* help,
                            const char* footer, absl::Status (*run)(Session&, const std::string&)) {
  CLI::App* command = AddCommand(group, name, help);
  AddId(command, &line->id, "The mailbox");
  command->footer(footer);
  command->callback([line, run] {
    line->action = [line, run](Session& session) { return run(session, line->id); };
  });
  return command;
}

void AddSettingsCommand(CLI::App* mailboxes, CommandLine* line, const char* name, const char* help,
                        absl::Status (*run)(Session&, const MailboxChanges&)) {
  CLI::App* command = AddCommand(mailboxes, name, help);
  MailboxChanges& changes = line->mailbox_changes;
  AddId(command, &changes.mailbox_id, "The mailbox");
  command->add_option("--max-octets", changes.max_octets, "Octets of all messages")
      ->type_name("LIMIT");
  command->add_option("--max-messages", changes.max_messages, "Messages")->type_name("LIMIT");
  command->add_option("--keep", changes.keep, "How long a message is kept")->type_name("DAYS");
  command->add_option("--keep-read", changes.keep_read, "How long, once it was read")
      ->type_name("DAYS");
  command->footer(kMailboxSettingsFooter);
  command->callback([line, run] {
    line->action = [line, run](Session& session) { return run(session, line->mailbox_changes); };
  });
}

// A job about one mailbox or all of them.
CLI::App* AddMailboxJob(CLI::App* mailboxes, CommandLine* line, const char* name, const char* help,
                        const char* footer, absl::Status (*run)(Session&, const MailboxJob&)) {
  CLI::App* command = AddCommand(mailboxes, name, help);
  command->add_option("ID", line->mailbox_job.mailbox_id, "The mailbox; without it, every one")
      ->type_name("");
  command->add_flag("--no-wait", line->mailbox_job.no_wait,
                    "Begin it, and do not wait for its end");
  command->footer(footer);
  command->callback([line, run] {
    line->action = [line, run](Session& session) { return run(session, line->mailbox_job); };
  });
  return command;
}

// A command about some messages of one mailbox.
void AddMessageCommand(CLI::App* messages, CommandLine* line, const char* name, const char* help,
                       bool has_all, absl::Status (*run)(Session&, const MessageChoice&)) {
  CLI::App* command = AddCommand(messages, name, help);
  MessageChoice& choice = line->message_choice;
  AddId(command, &choice.mailbox_id, "The mailbox");
  command->add_option("MESSAGE", choice.messages, "The messages, by id")->type_name("");
  if (has_all) command->add_flag("--all", choice.all, "Every message that is deleted");
  command->footer(kMessagesFooter);
  command->callback([line, run] {
    line->action = [line, run](Session& session) { return run(session, line->message_choice); };
  });
}

void AddMailImport(CLI::App* mailboxes, CommandLine* line) {
  CLI::App* command =
      AddCommand(mailboxes, "import", "Take messages from a Maildir, an mbox or another server");
  MailImportWish& wish = line->mail_import;
  AddId(command, &wish.mailbox_id, "The mailbox");
  CLI::Option_group* source = command->add_option_group("Source");
  source->add_option("--maildir", wish.maildir, "A Maildir")->type_name("DIRECTORY");
  source->add_option("--mbox", wish.mbox, "An mbox")->type_name("FILE");
  source->add_option("--pop3", wish.pop3, "A maildrop: pop3s://HOST[:PORT] or pop3://HOST[:PORT]")
      ->type_name("URL");
  source->require_option(1);
  command->add_option("--user", wish.pop3_user, "The user of the maildrop")->type_name("NAME");
  command->add_option("--mechanism", wish.pop3_mechanism, "How to log on, such as NTLM")
      ->type_name("NAME");
  command->add_option("--source-ca", wish.pop3_ca, "The authorities of the other server's TLS")
      ->type_name("FILE");
  command->add_flag("--without-tls", wish.pop3_without_tls,
                    "Also when the other server has no TLS: the password and the mail can be read "
                    "on the way");
  command->add_flag("--dry-run", wish.dry_run, "Count, and import nothing");
  command->add_flag("--allow-uidl-change", wish.allow_uidl_change,
                    "End with 0 also when UIDLs, sizes or the order differ");
  command->footer(kMailImportFooter);
  command->callback([line] {
    line->action = [line](Session& session) { return ImportMail(session, line->mail_import); };
  });
}

void AddMailExport(CLI::App* mailboxes, CommandLine* line) {
  CLI::App* command = AddCommand(mailboxes, "export", "Write all messages to a Maildir or an mbox");
  MailExportWish& wish = line->mail_export;
  AddId(command, &wish.mailbox_id, "The mailbox");
  CLI::Option_group* sink = command->add_option_group("Target");
  sink->add_option("--maildir", wish.maildir, "A Maildir")->type_name("DIRECTORY");
  sink->add_option("--mbox", wish.mbox, "An mbox, which must not be there")->type_name("FILE");
  sink->require_option(1);
  command->footer(kMailExportFooter);
  command->callback([line] {
    line->action = [line](Session& session) { return ExportMail(session, line->mail_export); };
  });
}

void AddMessages(CLI::App* top, CommandLine* line) {
  CLI::App* messages = AddCommand(top, "messages", "The messages of a mailbox");
  messages->require_subcommand(1)->footer(kMessagesFooter);
  AddMailboxCommand(messages, line, "list", "Show the messages of one mailbox", kMessagesFooter,
                    ListMessages);
  AddMailboxCommand(messages, line, "deleted", "Show those that were deleted and can come back",
                    kMessagesFooter, ListDeletedMessages);
  AddMessageCommand(messages, line, "delete", "Delete messages, as QUIT does", /*has_all=*/false,
                    DeleteMessages);
  AddMessageCommand(messages, line, "undelete", "Bring deleted messages back", /*has_all=*/true,
                    UndeleteMessages);
  AddMessageCommand(messages, line, "purge", "Remove deleted messages for good, now",
                    /*has_all=*/true, PurgeDeletedMessages);
}

}  // namespace

void AddMailboxes(CLI::App* top, CommandLine* line) {
  CLI::App* mailboxes = AddCommand(top, "mailboxes", "What a mailstore holds");
  mailboxes->require_subcommand(1)->footer(kMailboxesFooter);
  AddMailboxCommand(mailboxes, line, "get", "Show one mailbox", kMailboxesFooter, GetMailbox);
  CLI::App* list = AddCommand(mailboxes, "list", "Show all mailboxes");
  list->add_flag("--deleted", line->show_deleted, "Deleted ones too");
  list->footer(kMailboxesFooter);
  list->callback([line] {
    line->action = [line](Session& session) { return ListMailboxes(session, line->show_deleted); };
  });
  AddSettingsCommand(mailboxes, line, "create",
                     "Make a mailbox, to give it its settings before its first message",
                     CreateMailbox);
  AddSettingsCommand(mailboxes, line, "update", "Change what a mailbox may hold, and how long",
                     UpdateMailbox);
  AddMailboxCommand(mailboxes, line, "delete", "Delete a mailbox with all that is in it",
                    kDeletedMailboxesFooter, DeleteMailbox);
  AddMailboxCommand(mailboxes, line, "undelete", "Bring a deleted mailbox back",
                    kDeletedMailboxesFooter, UndeleteMailbox);
  AddMailboxCommand(mailboxes, line, "purge", "Remove a deleted mailbox for good, now",
                    kDeletedMailboxesFooter, PurgeMailbox);
  AddMailboxCommand(mailboxes, line, "break-lease", "Take a mailbox from the session that has it",
                    "Example:\n  restantectl mailboxes break-lease jsmith-4k2v", BreakLease);
  AddMailboxJob(mailboxes, line, "apply-retention",
                "Delete now what is kept no longer; the mailstore also does it by itself",
                kRetentionFooter, ApplyRetention)
      ->add_flag("--dry-run", line->mailbox_job.validate_only, "Count it, and delete nothing");
  AddMailboxJob(mailboxes, line, "verify", "Read every message and compare its checksum",
                kVerifyFooter, VerifyMailboxes);
  CLI::App* backup =
      AddCommand(mailboxes, "backup", "Copy the store on the mailstore's machine while it serves");
  backup->add_flag("--no-wait", line->no_wait, "Begin it, and do not wait for its end");
  backup->footer(kMailBackupFooter);
  backup->callback([line] {
    line->action = [line](Session& session) { return BackupMailboxes(session, line->no_wait); };
  });
  AddMailImport(mailboxes, line);
  AddMailExport(mailboxes, line);
  AddMessages(top, line);
}

}  // namespace restante::ctl
