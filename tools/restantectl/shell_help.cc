#include "tools/restantectl/shell_help.h"

#include <functional>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"

namespace restante::ctl {
namespace {

std::vector<const CLI::App*> CommandsOf(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App* command) { return !command->get_name().empty(); });
}

// Those of its option groups too, which are commands without a name.
std::vector<const CLI::Option*> OptionsOf(const CLI::App& app) {
  std::vector<const CLI::Option*> options =
      app.get_options([](const CLI::Option*) { return true; });
  for (const CLI::App* group :
       app.get_subcommands([](const CLI::App* command) { return command->get_name().empty(); })) {
    const std::vector<const CLI::Option*> more = OptionsOf(*group);
    options.insert(options.end(), more.begin(), more.end());
  }
  return options;
}

// "accounts create", of every command and group below `app`.
void ForEachCommand(const CLI::App& app, const std::string& path,
                    const std::function<void(const std::string&, const CLI::App&)>& visit) {
  for (const CLI::App* command : CommandsOf(app)) {
    const std::string name =
        path.empty() ? command->get_name() : absl::StrCat(path, " ", command->get_name());
    visit(name, *command);
    ForEachCommand(*command, name, visit);
  }
}

std::vector<std::string> WordsOf(const CLI::App& app) {
  std::vector<std::string> words;
  for (const CLI::App* command : CommandsOf(app)) words.push_back(command->get_name());
  for (const CLI::Option* option : OptionsOf(app)) {
    for (const std::string& name : option->get_lnames()) words.push_back("--" + name);
  }
  return words;
}

std::string CaseOf(const std::string& path, const CLI::App& app) {
  return absl::StrCat("    '", path, "') words='", absl::StrJoin(WordsOf(app), " "), "' ;;\n");
}

// A backslash, a dash and a line that begins with a dot or a quote mean something to man.
std::string Roff(const std::string& text) {
  std::vector<std::string> lines;
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    std::string escaped = absl::StrReplaceAll(line, {{"\\", "\\e"}, {"-", "\\-"}});
    if (absl::StartsWith(escaped, ".") || absl::StartsWith(escaped, "'")) {
      escaped.insert(0, "\\&");
    }
    lines.push_back(std::move(escaped));
  }
  return absl::StrJoin(lines, "\n");
}

// "--filter COMPARISONS".
std::string Usage(const CLI::Option& option) {
  const std::string type = option.get_type_name();
  return absl::StrCat(option.get_name(/*positional=*/option.get_positional(),
                                      /*all_options=*/true),
                      type.empty() || option.get_items_expected_max() == 0 ? "" : " " + type);
}

std::string OptionList(const CLI::App& app) {
  std::string text;
  for (const CLI::Option* option : OptionsOf(app)) {
    absl::StrAppend(&text, ".TP\n.B ", Roff(Usage(*option)), "\n", Roff(option->get_description()),
                    "\n");
  }
  return text;
}

std::string Verbatim(const std::string& text) {
  return text.empty() ? "" : absl::StrCat(".PP\n.nf\n", Roff(text), "\n.fi\n");
}

}  // namespace

std::string BashCompletion(const CLI::App& top) {
  std::string cases = CaseOf("", top);
  std::string paths;
  ForEachCommand(top, "", [&](const std::string& path, const CLI::App& command) {
    cases += CaseOf(path, command);
    absl::StrAppend(&paths, "|", path);
  });
  return absl::StrCat(
      R"(# bash completion for restantectl; load it with: source <(restantectl completion bash)
_restantectl() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} path='' words='' word
  local known=')",
      paths, R"(|'
  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    [[ $known == *"|${path:+$path }$word|"* ]] && path="${path:+$path }$word"
  done
  case $path in
)",
      cases, R"(  esac
  case $previous in
    -o|--output) words='table wide json yaml' ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _restantectl restantectl
)");
}

std::string ZshCompletion(const CLI::App& top) {
  return absl::StrCat(
      "# zsh completion for restantectl; load it with: "
      "source <(restantectl completion zsh)\n"
      "autoload -Uz compinit bashcompinit && compinit -i && bashcompinit\n",
      BashCompletion(top));
}

std::string ManPage(const CLI::App& top, const std::string& version) {
  std::string summary = top.get_description();
  summary[0] = absl::ascii_tolower(summary[0]);
  std::string text =
      absl::StrCat(".TH RESTANTECTL 1 \"\" \"Restante ", version, "\" \"Restante\"\n.SH NAME\n",
                   "restantectl \\- ", Roff(summary),
                   "\n.SH SYNOPSIS\n.B restantectl\n[OPTIONS] GROUP COMMAND [ARGUMENTS]\n",
                   ".SH OPTIONS\nOf every command.\n", OptionList(top), ".SH COMMANDS\n");
  ForEachCommand(top, "", [&](const std::string& path, const CLI::App& command) {
    if (!CommandsOf(command).empty()) return;
    absl::StrAppend(&text, ".SS restantectl ", Roff(path), "\n", Roff(command.get_description()),
                    ".\n", OptionList(command), Verbatim(command.get_footer()));
  });
  return absl::StrCat(text, ".SH NOTES\n", Verbatim(top.get_footer()));
}

}  // namespace restante::ctl
