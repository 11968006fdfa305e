// The group "mailboxes".
#include "tools/restantectl/command_tree.h"
#include "tools/restantectl/help_text.h"
#include "tools/restantectl/mailboxes.h"

namespace restante::ctl {

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

}  // namespace restante::ctl
