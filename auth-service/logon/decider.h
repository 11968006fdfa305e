#ifndef RESTANTE_AUTH_SERVICE_LOGON_DECIDER_H_
#define RESTANTE_AUTH_SERVICE_LOGON_DECIDER_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "auth-service/authority/refusal.h"
#include "auth-service/directory/directory.h"
#include "auth-service/logon/mailbox_rules.h"
#include "auth-service/logon/proven_name.h"
#include "auth-service/sasl/mechanism.h"

namespace restante::logon {

// What the configuration says about names. But for own_names, a protocol's policy that says what
// names mean goes before it.
struct NameSettings {
  // The Windows domain of a name without one. Empty: such a name must be unique by itself.
  std::string default_domain;
  // Domains and realms that mean default_domain. At most 100.
  std::vector<std::string> accepted_domains;
  // The names this server goes by in an NTLM challenge. Many clients send one of them back as the
  // user's domain, whoever the user is: they say nothing.
  std::vector<std::string> own_names;
};

// One step of a decision, for a person. `finding` may contain a client's text, escaped.
struct TraceStep {
  std::string rule;
  std::string finding;
};
using Trace = std::vector<TraceStep>;

// What a decision depends on besides the name.
struct Circumstances {
  absl::string_view mechanism;  // upper case
  // Whom the client wants to act for (RFC 4422 section 3.4.1); empty: itself.
  absl::string_view authorization_id;
  absl::Time now;
  const directory::NamePolicy* names = nullptr;  // the protocol's; nullptr: the configuration's
};

// Where a name leads.
struct Decision {
  // Whose credential must be proven; nullptr when the name leads to nobody.
  directory::AccountPtr account;
  // Whose mailbox opens: the account's own, or one that it is a delegate of; nullptr with a
  // refusal.
  directory::AccountPtr owner;
  bool may_delete = false;
  // Why it opens no mailbox even when it is proven; nullopt when it does.
  std::optional<authority::Refusal> refusal;
  Trace trace;
};

// From a proven name to the mailbox that it opens, by an ordered list of small rules. The name and
// the mailbox are two things; this is the one place where the first leads to the second. Nothing is
// ever guessed: a name that could be two accounts' is refused.
//
// Pure over the directory's state. Thread-safe.
class Decider {
 public:
  // `directory` outlives this.
  Decider(const directory::Directory& directory, NameSettings settings);

  // `name` is nullopt for one that could not be read.
  Decision Decide(const std::optional<ProvenName>& name, const Circumstances& circumstances) const;

  // The same for a client whom a certificate or a token names, by any of `names` as the directory
  // has them.
  Decision DecideAsserted(sasl::AssertedClaim::By by, const std::vector<std::string>& names,
                          const Circumstances& circumstances) const;

  // One text for all the names that would be one account's where people have the names that they
  // usually have: a user of the default domain, with and without the domain or a realm that means
  // it. The same whether there is such an account or not.
  std::string CanonicalName(const ProvenName& name, const directory::NamePolicy* names) const;

 private:
  void FindAccount(const ProvenName& name, const directory::NamePolicy* names,
                   Decision* decision) const;
  // Whose mailboxes a client may mean besides its own.
  struct Wanted {
    absl::string_view alias;  // behind the client's name
    directory::AccountPtr of_alias;
    Decision named;                             // whom the authorization id names
    directory::AccountPtr of_authorization_id;  // whose alias it is
  };
  // To be called before it is known whether the client is anybody, which takes no longer then.
  Wanted LookUpWanted(absl::string_view alias, const Circumstances& circumstances) const;
  // What follows once there is an account.
  static void CheckAccount(const Wanted& wanted, const Circumstances& circumstances,
                           Decision* decision);
  static void FindMailbox(const Wanted& wanted, const Circumstances& circumstances,
                          Decision* decision);
  static MailboxOwner OwnerOf(const Wanted& wanted, absl::string_view authorization_id,
                              const directory::Account& account);

  const directory::Directory& directory_;
  const std::vector<std::string> own_names_;
  const directory::NamePolicy configured_;
};

}  // namespace restante::logon

#endif  // RESTANTE_AUTH_SERVICE_LOGON_DECIDER_H_
