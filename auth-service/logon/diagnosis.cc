#include "auth-service/logon/diagnosis.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "auth-service/authority/refusal.h"
#include "auth-service/directory/validation.h"
#include "auth-service/logon/name_rules.h"
#include "auth-service/logon/proven_name.h"
#include "common/base/error_reason.h"
#include "common/base/escape.h"
#include "common/base/status_macros.h"
#include "common/base/unicode.h"

namespace restante::logon {
namespace {

using authority::Refusal;
using directory::AccountPtr;

constexpr absl::string_view kAccountPrefix = "accounts/";
constexpr size_t kMaxHolders = 5;

std::string Named(const directory::Account& account) {
  return absl::StrCat(kAccountPrefix, account.id);
}

// One diagnosis under way.
class Examination {
 public:
  Examination(const DiagnosisParts& parts, const HypotheticalLogon& logon)
      : parts_(parts), logon_(logon) {}

  absl::StatusOr<Diagnosis> Run() {
    RESTANTE_ASSIGN_OR_RETURN(found_.explained, parts_.flow.Explain(logon_));
    FindAccount();
    ExamineExplanation();
    if (found_.account != nullptr) ExamineAccount(*found_.account);
    FindAttempts();
    ExamineAttempts();
    ExamineThrottle();
    return std::move(found_);
  }

 private:
  void Add(absl::string_view cause, std::string finding, std::string next_step, bool certain) {
    const bool there = std::any_of(found_.obstacles.begin(), found_.obstacles.end(),
                                   [cause](const Obstacle& one) { return one.cause == cause; });
    if (there || found_.obstacles.size() == kMaxObstacles) return;
    found_.obstacles.push_back(
        {std::string(cause), std::move(finding), std::move(next_step), certain});
  }

  void AddRefusal(Refusal refusal, std::string finding, bool certain) {
    Add(authority::RefusalName(refusal), std::move(finding),
        std::string(authority::NextStep(refusal)), certain);
  }

  void FindAccount() {
    const Attempt& explained = found_.explained;
    if (!explained.account_id.empty()) {
      const absl::StatusOr<AccountPtr> account = parts_.directory.Get(explained.account_id);
      // Purged meanwhile.
      if (!account.ok()) return;
      found_.account = *account;
      found_.matched_by = RuleThatFound();
      return;
    }
    // Such a name is one to log on with, only that it says too little.
    if (explained.refusal == Refusal::kAmbiguousName ||
        explained.refusal == Refusal::kDomainMissing) {
      return;
    }
    FindByWhatIsNoLogonName();
    if (found_.account == nullptr) FindInOtherDomains();
  }

  // The last rule for names that was asked.
  std::string RuleThatFound() const {
    const Trace& trace = found_.explained.trace;
    for (auto step = trace.rbegin(); step != trace.rend(); ++step) {
      for (const NameRule& rule : NameRules()) {
        if (rule.name == step->rule) return step->rule;
      }
    }
    return "";
  }

  void FindByWhatIsNoLogonName() {
    const std::string& text = logon_.client_name;
    absl::string_view id = text;
    absl::ConsumePrefix(&id, kAccountPrefix);
    const absl::StatusOr<AccountPtr> by_id =
        directory::IsAccountId(id) ? parts_.directory.Get(id) : absl::NotFoundError("no id");
    if (AccountPtr deleted = parts_.directory.FindDeleted(text)) {
      return FoundDeleted(std::move(deleted), "deleted-name");
    }
    if (by_id.ok() && (*by_id)->deletion) return FoundDeleted(*by_id, "account-id");
    if (AccountPtr owner = parts_.directory.FindByAlias(text)) {
      return FoundUnusable(std::move(owner), "alias", "NAME_IS_ALIAS",
                           "is the alias of a mailbox, which is no name to log on with");
    }
    if (by_id.ok()) {
      FoundUnusable(*by_id, "account-id", "NAME_IS_ACCOUNT_ID",
                    "is the id of an account, which is no name to log on with");
    }
  }

  void FoundDeleted(AccountPtr account, const char* matched_by) {
    Add("ACCOUNT_DELETED",
        absl::StrCat(Named(*account), " was deleted at ",
                     absl::FormatTime(absl::RFC3339_sec, account->deletion->delete_time,
                                      absl::UTCTimeZone())),
        absl::StrCat("If that was wrong: restantectl accounts undelete ", account->id), true);
    found_.account = std::move(account);
    found_.matched_by = matched_by;
  }

  void FoundUnusable(AccountPtr account, const char* matched_by, const char* cause,
                     absl::string_view what) {
    std::vector<std::string> names = account->windows_names;
    names.insert(names.end(), account->principal_names.begin(), account->principal_names.end());
    const std::string next_step =
        names.empty() ? absl::StrCat("Give it a name: restantectl accounts update ", account->id,
                                     " --add-windows-name 'DOMAIN\\user'")
                      : absl::StrCat("Let the client give ", absl::StrJoin(names, " or "));
    Add(cause,
        absl::StrCat("\"", EscapeForLog(logon_.client_name), "\" ", what, ": it is of ",
                     Named(*account)),
        next_step, true);
    found_.account = std::move(account);
    found_.matched_by = matched_by;
  }

  void FindInOtherDomains() {
    const std::optional<ProvenName> name = ParseName(logon_.client_name);
    if (!name) return;
    const std::vector<AccountPtr> holders =
        parts_.directory.FindByWindowsUser(name->user, kMaxHolders);
    if (holders.empty()) return;
    std::vector<std::string> texts;
    for (const AccountPtr& holder : holders) {
      for (const std::string& windows_name : holder->windows_names) {
        const size_t slash = windows_name.find('\\');
        if (!SameName(absl::string_view(windows_name).substr(slash + 1), name->user)) continue;
        texts.push_back(absl::StrCat(windows_name, " (", Named(*holder), ")"));
      }
    }
    Add("OTHER_DOMAIN",
        absl::StrCat("the user is known in another domain than the client's: ",
                     absl::StrJoin(texts, ", ")),
        "Let the client give that domain; or let the one it gives mean it: restantectl policy "
        "update pop3 --add-realm NAME=DOMAIN",
        true);
    if (holders.size() == 1) {
      found_.account = holders.front();
      found_.matched_by = "windows-user";
    }
  }

  void ExamineExplanation() {
    const Attempt& explained = found_.explained;
    if (!explained.refusal) return;
    AddRefusal(*explained.refusal, explained.trace.empty() ? "" : explained.trace.back().finding,
               true);
  }

  // What the explanation did not get to, because something else was in the way before.
  void ExamineAccount(const directory::Account& account) {
    if (account.disabled) AddRefusal(Refusal::kAccountDisabled, "the account is disabled", true);
    const std::vector<std::string>& switched_off = account.disabled_mechanisms;
    if (std::find(switched_off.begin(), switched_off.end(), logon_.mechanism) !=
        switched_off.end()) {
      AddRefusal(Refusal::kAccountMechanismDisabled,
                 absl::StrCat("the account may not use ", EscapeForLog(logon_.mechanism)), true);
    }
    const auto foreseen = parts_.authority.Foresee(account, logon_.mechanism);
    if (foreseen) AddRefusal(foreseen->refusal, foreseen->finding, true);
    ExamineCredential(account);
    if (account.alias.empty()) {
      AddRefusal(Refusal::kNoMailbox, "the account has no alias, so it opens no mailbox", true);
    }
    const std::string& placement =
        found_.explained.placement.empty() ? account.placement : found_.explained.placement;
    found_.placement_known = parts_.grant_keys.count(placement) > 0;
    if (found_.placement_known) return;
    Add("PLACEMENT_UNKNOWN",
        absl::StrCat("auth has no key for grants on ", placement, ", where the mailbox is"),
        absl::StrCat("Put the mailstore's key into grant_keys/", placement,
                     " of auth's configuration and restart auth"),
        true);
  }

  void ExamineCredential(const directory::Account& account) {
    if (!account.credential) return;
    const absl::Status opened = parts_.vault.Open(account.id, *account.credential).status();
    if (opened.ok()) return;
    if (GetErrorReason(opened) == ErrorReason::kCredentialKeyMissing) {
      Add("CREDENTIAL_KEY_MISSING",
          absl::StrCat("the credential is sealed under the key ",
                       EscapeForLog(account.credential->key_id), ", which auth does not have"),
          "Put the key back into auth's credential_keys and restart auth, or set the credential "
          "anew",
          true);
    } else {
      Add("CREDENTIAL_DAMAGED", std::string(opened.message()),
          absl::StrCat("Set it anew: restantectl accounts set-credential ", account.id), true);
    }
  }

  void FindAttempts() {
    for (RecentAttempts::Numbered& one : parts_.attempts.Latest()) {
      const bool of_account =
          found_.account != nullptr && one.attempt->account_id == found_.account->id;
      if (!of_account && !SameName(one.attempt->client_name, logon_.client_name)) continue;
      found_.attempts.push_back(std::move(one.attempt));
      if (found_.attempts.size() == kMaxAttemptsShown) return;
    }
  }

  // Since the last one that was accepted.
  void ExamineAttempts() {
    for (const auto& attempt : found_.attempts) {
      if (attempt->accepted()) return;
      const std::string detail = !attempt->undecided.ok()
                                     ? std::string(attempt->undecided.message())
                                 : attempt->trace.empty() ? std::string()
                                                          : attempt->trace.back().finding;
      Add(ReasonOf(*attempt),
          absl::StrCat("at ",
                       absl::FormatTime(absl::RFC3339_sec, attempt->time, absl::UTCTimeZone()),
                       " from ", attempt->client_address, " by ", EscapeForLog(attempt->mechanism),
                       attempt->ntlm_form.empty() ? "" : ", " + attempt->ntlm_form, ": ", detail),
          NextStepOf(*attempt), false);
    }
    if (!found_.attempts.empty()) return;
    Add("NO_ATTEMPT_SEEN", "no attempt of this name is remembered",
        "Let the person try once more. If nothing is seen then either, the client does not reach "
        "this service: look at its server, port and TLS settings",
        false);
  }

  void ExamineThrottle() {
    const std::optional<ProvenName> name = ParseName(logon_.client_name);
    std::set<std::string> addresses;
    if (logon_.client) addresses.insert(logon_.client_address);
    for (const auto& attempt : found_.attempts) addresses.insert(attempt->client_address);
    for (const std::string& text : addresses) {
      const std::optional<IpAddress> address = IpAddress::Parse(text);
      if (!address) continue;
      const Throttle::Slowing slowing = parts_.throttle.SlowingOf(name ? name->user : "", *address);
      found_.slowed.push_back({text, slowing});
      if (slowing.next_delay <= Throttle::kLeastDelay) continue;
      Add("THROTTLED",
          absl::StrCat("failures from ", text, " are answered after ",
                       absl::FormatDuration(slowing.next_delay), " now"),
          "A right password is let in at once, and each failure is forgiven in time; let clients "
          "with an old password stop",
          false);
    }
  }

  const DiagnosisParts& parts_;
  const HypotheticalLogon& logon_;
  Diagnosis found_;
};

}  // namespace

absl::StatusOr<Diagnosis> Diagnose(const DiagnosisParts& parts, const HypotheticalLogon& logon) {
  return Examination(parts, logon).Run();
}

}  // namespace restante::logon
