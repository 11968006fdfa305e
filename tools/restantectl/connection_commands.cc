// whoami, doctor, completion, man, and the group "contexts".
#include <string>

#include "common/app/program_options.h"
#include "tools/restantectl/command_tree.h"
#include "tools/restantectl/doctor.h"
#include "tools/restantectl/help_text.h"
#include "tools/restantectl/server_info.h"
#include "tools/restantectl/shell_help.h"

namespace restante::ctl {
namespace {

void AddContextName(CLI::App* command, std::string* name) {
  command->add_option("NAME", *name, "The context")->required()->type_name("");
}

void AddContexts(CLI::App* top, CommandLine* line) {
  CLI::App* contexts = AddCommand(top, "contexts", "Installations by name");
  contexts->require_subcommand(1)->footer(kContextsFooter);
  CLI::App* list = AddCommand(contexts, "list", "Show contexts; * marks the current one");
  list->footer(kContextsFooter);
  list->callback([line] { line->action = ListContexts; });
  CLI::App* use = AddCommand(contexts, "use", "Make a context the current one");
  AddContextName(use, &line->id);
  use->footer(kContextsFooter);
  use->callback([line] {
    line->action = [line](Session& session) { return UseContext(session, line->id); };
  });
  CLI::App* save = AddCommand(contexts, "save", "Keep the present settings under a name");
  AddContextName(save, &line->id);
  save->footer(kContextsFooter);
  save->callback([line] {
    line->action = [line](Session& session) {
      return SaveContext(session, line->id, line->connection);
    };
  });
  CLI::App* remove = AddCommand(contexts, "remove", "Forget a context; its files stay");
  AddContextName(remove, &line->id);
  remove->footer(kContextsFooter);
  remove->callback([line] {
    line->action = [line](Session& session) { return RemoveContext(session, line->id); };
  });
}

void AddShellHelp(CLI::App* top, CommandLine* line) {
  CLI::App* completion = AddCommand(top, "completion", "Print a script that completes commands");
  completion->require_subcommand(1)->footer(kCompletionFooter);
  for (const auto& [shell, script] :
       {std::pair("bash", &BashCompletion), std::pair("zsh", &ZshCompletion)}) {
    CLI::App* command = AddCommand(completion, shell, std::string("For ") + shell);
    command->footer(kCompletionFooter);
    command->callback([line, top, script = script] {
      line->action = [top, script](Session& session) {
        session.console.out() << script(*top);
        return absl::OkStatus();
      };
    });
  }
  CLI::App* man = AddCommand(top, "man", "Print the man page");
  man->footer("Example:\n  restantectl man | man -l -");
  man->callback([line, top] {
    line->action = [top](Session& session) {
      session.console.out() << ManPage(*top, std::string(app::Version()));
      return absl::OkStatus();
    };
  });
}

}  // namespace

void AddConnectionCommands(CLI::App* top, CommandLine* line) {
  CLI::App* whoami =
      AddCommand(top, "whoami", "Who the services take you for, and what you may do");
  whoami->footer("Example:\n  restantectl whoami");
  whoami->callback([line] { line->action = WhoAmI; });
  CLI::App* doctor =
      AddCommand(top, "doctor", "Look for what is wrong with the installation, and say what to do");
  doctor->footer(kDoctorFooter);
  doctor->callback([line] {
    line->action = [line](Session& session) { return Examine(session, line->connection); };
  });
  AddContexts(top, line);
  AddShellHelp(top, line);
}

}  // namespace restante::ctl
