// The group "mailboxes".
#include "tools/restantectl/command_tree.h"
#include "tools/restantectl/help_text.h"
#include "tools/restantectl/mailboxes.h"

namespace restante::ctl {
namespace {

// A command about some messages of one mailbox.
void AddMessageCommand(CLI::App* mailboxes, CommandLine* line, const char* name, const char* help,
                       bool has_all, absl::Status (*run)(Session&, const MessageChoice&)) {
  CLI::App* command = AddCommand(mailboxes, name, help);
  MessageChoice& choice = line->message_choice;
  AddId(command, &choice.mailbox_id, "The mailbox");
  command->add_option("MESSAGE", choice.messages, "The messages, by id")->type_name("");
  if (has_all) command->add_flag("--all", choice.all, "Every message that is deleted");
  command->footer(kDeletedMessagesFooter);
  command->callback([line, run] {
    line->action = [line, run](Session& session) { return run(session, line->message_choice); };
  });
}

}  // namespace

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
  CLI::App* update = AddCommand(mailboxes, "update", "Change what a mailbox may hold");
  QuotaChanges& quota = line->quota_changes;
  AddId(update, &quota.mailbox_id, "The mailbox");
  update->add_option("--max-octets", quota.max_octets, "Octets of all messages")
      ->type_name("LIMIT");
  update->add_option("--max-messages", quota.max_messages, "Messages")->type_name("LIMIT");
  update->add_flag("--create", quota.create, "Make the mailbox when it is not there yet");
  update->footer(kQuotaFooter);
  update->callback([line] {
    line->action = [line](Session& session) { return UpdateMailbox(session, line->quota_changes); };
  });
  CLI::App* messages = AddCommand(mailboxes, "messages", "Show the messages of one mailbox");
  AddId(messages, &line->id, "The mailbox");
  messages->footer(kMailboxesFooter);
  messages->callback([line] {
    line->action = [line](Session& session) { return ListMessages(session, line->id); };
  });
  CLI::App* deleted =
      AddCommand(mailboxes, "deleted", "Show the messages that were deleted and can come back");
  AddId(deleted, &line->id, "The mailbox");
  deleted->footer(kDeletedMessagesFooter);
  deleted->callback([line] {
    line->action = [line](Session& session) { return ListDeletedMessages(session, line->id); };
  });
  AddMessageCommand(mailboxes, line, "undelete", "Bring deleted messages back", /*has_all=*/true,
                    UndeleteMessages);
  AddMessageCommand(mailboxes, line, "delete-messages", "Delete messages, as QUIT does",
                    /*has_all=*/false, DeleteMessages);
  AddMessageCommand(mailboxes, line, "purge-deleted", "Remove deleted messages for good, now",
                    /*has_all=*/true, PurgeDeletedMessages);
  CLI::App* lease =
      AddCommand(mailboxes, "break-lease", "Take a mailbox from the session that has it");
  AddId(lease, &line->id, "The mailbox");
  lease->footer("Example:\n  restantectl mailboxes break-lease jsmith-4k2v");
  lease->callback([line] {
    line->action = [line](Session& session) { return BreakLease(session, line->id); };
  });
}

}  // namespace restante::ctl
