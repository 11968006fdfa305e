#include "auth-service/authority/refusal.h"

#include "common/base/check.h"

namespace restante::authority {
namespace {

struct Description {
  absl::string_view name;
  absl::string_view next_step;
};

// A table, written as a switch so that the compiler asks for every refusal.
Description Describe(Refusal refusal) {  // NOLINT(readability-function-size): one row a refusal
  switch (refusal) {
    case Refusal::kMechanismUnknown:
      return {"MECHANISM_UNKNOWN", "Let the client use a mechanism that the server lists."};
    case Refusal::kMechanismDisabled:
      return {"MECHANISM_DISABLED",
              "Enable it with: restantectl policy update pop3 --enable MECHANISM"};
    case Refusal::kTlsRequired:
      return {"TLS_REQUIRED", "Let the client use STLS or the POP3S port."};
    case Refusal::kMessageMalformed:
      return {"MESSAGE_MALFORMED", "The client breaks the mechanism's rules; see the trace."};
    case Refusal::kChallengeExpired:
      return {"CHALLENGE_EXPIRED", "The client took over 60 seconds to answer; let it try again."};
    case Refusal::kNameMalformed:
      return {"NAME_MALFORMED",
              "Let the client give user, DOMAIN\\user or user@realm, optionally with /alias."};
    case Refusal::kUnknownName:
      return {"UNKNOWN_NAME",
              "If the name is right, give it to an account: restantectl accounts update ID "
              "--add-windows-name 'DOMAIN\\user'"};
    case Refusal::kAmbiguousName:
      return {
          "AMBIGUOUS_NAME",
          "Let the client give DOMAIN\\user, or set the domain of names without one: restantectl "
          "policy update pop3 --default-domain DOMAIN"};
    case Refusal::kDomainMissing:
      return {
          "DOMAIN_MISSING",
          "Let the client give DOMAIN\\user or user@realm, or let names do without: restantectl "
          "policy update pop3 --empty-domain default"};
    case Refusal::kNoCredential:
      return {"NO_CREDENTIAL",
              "Set one with: restantectl accounts set-credential ID --password-stdin"};
    case Refusal::kWrongPassword:
      return {"WRONG_PASSWORD",
              "Let the person check the password; set a new one with: restantectl accounts "
              "set-credential ID --password-stdin"};
    case Refusal::kAnonymous:
      return {"ANONYMOUS", "Let the client log on with a name and a password."};
    case Refusal::kNtlmV1NotAllowed:
      return {"NTLMV1_NOT_ALLOWED",
              "Set the client to NTLMv2, or to a normal password over TLS; or allow it for this "
              "account: restantectl accounts update ID --weakest-ntlm-response ntlmv1"};
    case Refusal::kNtlm2SessionNotAllowed:
      return {"NTLM2_SESSION_NOT_ALLOWED",
              "Set the client to NTLMv2, or to a normal password over TLS; or allow it for this "
              "account: restantectl accounts update ID --weakest-ntlm-response ntlm2-session"};
    case Refusal::kLmNotAllowed:
      return {"LM_NOT_ALLOWED",
              "Set the client to NTLMv2, or to a normal password over TLS. LM cannot be allowed; "
              "if the client speaks LMv2: restantectl policy update pop3 --allow-lmv2"};
    case Refusal::kWeakNtlmWithoutTls:
      return {"WEAK_NTLM_WITHOUT_TLS",
              "Let the client use STLS or the POP3S port; or allow it: restantectl policy update "
              "pop3 --weak-ntlm-without-tls"};
    case Refusal::kNtlmV1Downgraded:
      return {"NTLMV1_DOWNGRADED",
              "The client agreed to session security and then sent plain NTLMv1: a broken client, "
              "or the messages were changed on their way. No setting allows it."};
    case Refusal::kMicWrong:
      return {"MIC_WRONG",
              "The messages were changed on their way; look for a relay or a broken proxy."};
    case Refusal::kMicMissing:
      return {"MIC_MISSING",
              "Use a client that protects its messages, or: restantectl policy update pop3 "
              "--no-require-ntlm-mic"};
    case Refusal::kChannelBindingWrong:
      return {"CHANNEL_BINDING_WRONG",
              "The client saw another certificate than this server's; look for a proxy that ends "
              "TLS, or a relay."};
    case Refusal::kChannelBindingMissing:
      return {"CHANNEL_BINDING_MISSING",
              "Set channel_bindings to allow in auth's configuration, or use a client that sends "
              "channel bindings."};
    case Refusal::kChannelBindingStripped:
      return {"CHANNEL_BINDING_STRIPPED",
              "Somebody between client and server hides SCRAM-SHA-256-PLUS; look for a proxy that "
              "changes CAPA, or an attack."};
    case Refusal::kTimestampChanged:
      return {"TIMESTAMP_CHANGED", "The challenge was changed on its way; look for a relay."};
    case Refusal::kTargetNameNotAccepted:
      return {"TARGET_NAME_NOT_ACCEPTED",
              "The proof was made for another service, or for none; if it is ours: restantectl "
              "policy update pop3 --add-ntlm-target-name NAME"};
    case Refusal::kNoCertificate:
      return {"NO_CERTIFICATE",
              "Give the client a certificate of an authority in the listener's client_ca."};
    case Refusal::kTokenInvalid:
      return {
          "TOKEN_INVALID",
          "The token is damaged, or its issuer signs with other keys than those in oauth.key_set; "
          "see the trace."};
    case Refusal::kTokenExpired:
      return {"TOKEN_EXPIRED", "Let the client get a new token; compare the clocks if it is new."};
    case Refusal::kTokenForOthers:
      return {"TOKEN_FOR_OTHERS",
              "Compare the token's iss and aud with oauth.issuer and oauth.audience in auth's "
              "configuration."};
    case Refusal::kTokenNamesNobody:
      return {"TOKEN_NAMES_NOBODY",
              "Let the issuer put the claim into its tokens, or set oauth.account_claim."};
    case Refusal::kAccountDisabled:
      return {"ACCOUNT_DISABLED", "Enable it with: restantectl accounts update ID --enable"};
    case Refusal::kAccountMechanismDisabled:
      return {"ACCOUNT_MECHANISM_DISABLED",
              "Take the mechanism out of the account's disabled_mechanisms."};
    case Refusal::kNoMailbox:
      return {"NO_MAILBOX", "Give it an alias: restantectl accounts update ID --alias ALIAS"};
    case Refusal::kMailboxUnknown:
      return {
          "MAILBOX_UNKNOWN",
          "Let the client leave out /alias and the authorization identity, or give the alias of "
          "a mailbox that there is."};
    case Refusal::kNotDelegate:
      return {"NOT_DELEGATE",
              "Let the client leave out /alias and the authorization identity; or make the account "
              "a delegate: restantectl accounts grant-delegate OWNER ID"};
    case Refusal::kDelegationExpired:
      return {"DELEGATION_EXPIRED", "Grant it anew: restantectl accounts grant-delegate OWNER ID"};
  }
  RESTANTE_CHECK(false && "every refusal is described");
}

}  // namespace

absl::string_view RefusalName(Refusal refusal) { return Describe(refusal).name; }

absl::string_view NextStep(Refusal refusal) { return Describe(refusal).next_step; }

}  // namespace restante::authority
