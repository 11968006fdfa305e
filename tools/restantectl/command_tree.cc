#include "tools/restantectl/command_tree.h"

#include <utility>

#include "tools/restantectl/ntlm_forms.h"

namespace restante::ctl {

CLI::App* AddCommand(CLI::App* group, const std::string& name, const std::string& help) {
  return group->add_subcommand(name, help);
}

void AddId(CLI::App* command, std::string* id, const std::string& help) {
  command->add_option("ID", *id, help)->required()->type_name("");
}

void AddEach(CLI::App* command, const std::string& name, std::vector<std::string>* values,
             const std::string& type, const std::string& help) {
  command->add_option(name, *values, help + " (may be repeated)")
      ->type_name(type)
      ->allow_extra_args(false);
}

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

void AddFilter(CLI::App* command, std::string* filter) {
  command->add_option("--filter", *filter, "Only those that the comparisons hold for")
      ->type_name("COMPARISONS");
}

void AddLimit(CLI::App* command, int* limit) {
  command->add_option("--limit", *limit, "How many at most; 0 for all")
      ->check(CLI::Range(0, 1'000'000))
      ->type_name("NUMBER")
      ->capture_default_str();
}

void AddWatchLimit(CLI::App* command, int* limit) {
  command->add_option("--limit", *limit, "End after so many; 0 for no end")
      ->check(CLI::Range(0, 1'000'000))
      ->type_name("NUMBER")
      ->capture_default_str();
}

}  // namespace restante::ctl
