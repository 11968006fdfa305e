// diagnose-logon, explain-logon, and the groups "logons" and "policy".
#include <string>
#include <utility>
#include <vector>

#include "tools/restantectl/command_tree.h"
#include "tools/restantectl/diagnosis.h"
#include "tools/restantectl/help_text.h"
#include "tools/restantectl/ntlm_forms.h"
#include "tools/restantectl/watches.h"

namespace restante::ctl {
namespace {

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
  AddFilter(list, &line->filter);
  AddLimit(list, &line->limit);
  list->callback([line] {
    line->action = [line](Session& session) {
      return ListLogons(session, line->filter, line->limit);
    };
  });
  CLI::App* watch = AddCommand(logons, "watch", "Show logons as they are decided");
  watch->footer(kLogonsFooter);
  AddFilter(watch, &line->filter);
  watch->add_option("--backlog", line->backlog, "Begin with so many of the latest")
      ->check(CLI::Range(0, 1'000))
      ->type_name("NUMBER")
      ->capture_default_str();
  AddWatchLimit(watch, &line->watch_limit);
  watch->callback([line] {
    line->action = [line](Session& session) {
      return WatchLogons(session, line->filter, line->backlog, line->watch_limit);
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

}  // namespace

void AddLogonCommands(CLI::App* top, CommandLine* line) {
  AddDiagnoseLogon(top, line);
  AddExplainLogon(top, line);
  AddLogons(top, line);
  AddPolicy(top, line);
}

}  // namespace restante::ctl
