#include "tools/restantectl/accounts.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/error_reason.h"
#include "common/base/ids.h"
#include "common/base/secret.h"
#include "common/base/status_macros.h"
#include "common/base/unicode.h"
#include "common/rpc/wipe_credential.h"
#include "tools/restantectl/errors.h"

namespace restante::ctl {
namespace {

using auth::v1::Account;
using Directory = auth::v1::DirectoryService::StubInterface;
using Strings = google::protobuf::RepeatedPtrField<std::string>;

absl::Status ChangeNames(const AccountChanges::Names& changes, absl::string_view what,
                         Strings* names) {
  for (const std::string& name : changes.remove) {
    const auto found = std::find_if(names->begin(), names->end(),
                                    [&](const std::string& held) { return SameName(held, name); });
    if (found == names->end()) {
      return UsageError(absl::StrCat("the account has no ", what, " ", name, "; it has: ",
                                     names->empty() ? "none" : absl::StrJoin(*names, ", ")));
    }
    names->erase(found);
  }
  for (const std::string& name : changes.add) {
    const bool held = std::any_of(names->begin(), names->end(),
                                  [&](const std::string& other) { return SameName(other, name); });
    if (!held) *names->Add() = name;
  }
  return absl::OkStatus();
}

bool Any(const AccountChanges::Names& changes) {
  return !changes.add.empty() || !changes.remove.empty();
}

absl::StatusOr<Account> FetchAccount(Session& session, Directory* directory,
                                     const std::string& id) {
  auth::v1::GetAccountRequest request;
  request.set_name(ResourceName("accounts", id));
  Account account;
  RESTANTE_RETURN_IF_ERROR(Call(session, directory, &Directory::GetAccount, request, &account));
  return account;
}

absl::StatusOr<Account> TryUpdate(Session& session, Directory* directory,
                                  const AccountChanges& changes) {
  auth::v1::UpdateAccountRequest request;
  RESTANTE_ASSIGN_OR_RETURN(*request.mutable_account(),
                            FetchAccount(session, directory, changes.id));
  RESTANTE_ASSIGN_OR_RETURN(const std::vector<std::string> paths,
                            ApplyChanges(changes, request.mutable_account()));
  for (const std::string& path : paths) request.mutable_update_mask()->add_paths(path);
  request.set_request_id(NewId(session.random));
  Account account;
  RESTANTE_RETURN_IF_ERROR(Call(session, directory, &Directory::UpdateAccount, request, &account));
  return account;
}

absl::StatusOr<auth::v1::SetCredentialResponse> SendCredential(
    Session& session, Directory* directory, auth::v1::SetCredentialRequest request) {
  request.set_request_id(NewId(session.random));
  auth::v1::SetCredentialResponse response;
  const absl::Status status =
      Call(session, directory, &Directory::SetCredential, request, &response);
  rpc::WipeCredential(&request);
  RESTANTE_RETURN_IF_ERROR(status);
  return response;
}

// The same error, told as what it means for a new account.
absl::Status CreatedWithoutPassword(const std::string& id, const absl::Status& status) {
  absl::Status told(status.code(), absl::StrCat("account ", id,
                                                " was created, but its password was not set "
                                                "(restantectl accounts set-credential ",
                                                id, "): ", status.message()));
  status.ForEachPayload(
      [&](absl::string_view type, const absl::Cord& value) { told.SetPayload(type, value); });
  return told;
}

auth::v1::CreateAccountRequest CreationOf(const NewAccount& account) {
  auth::v1::CreateAccountRequest request;
  request.set_account_id(account.id);
  Account& wanted = *request.mutable_account();
  wanted.mutable_windows_names()->Add(account.windows_names.begin(), account.windows_names.end());
  wanted.mutable_principal_names()->Add(account.principal_names.begin(),
                                        account.principal_names.end());
  wanted.set_alias(account.alias);
  wanted.mutable_addresses()->Add(account.addresses.begin(), account.addresses.end());
  wanted.mutable_certificate_names()->Add(account.certificate_names.begin(),
                                          account.certificate_names.end());
  wanted.mutable_token_subjects()->Add(account.token_subjects.begin(),
                                       account.token_subjects.end());
  wanted.set_placement(account.placement);
  if (account.weakest_ntlm_response) {
    wanted.set_weakest_ntlm_response(*account.weakest_ntlm_response);
  }
  return request;
}

}  // namespace

absl::StatusOr<std::vector<std::string>> ApplyChanges(const AccountChanges& changes,
                                                      Account* account) {
  struct NamesField {
    const AccountChanges::Names& changes;
    const char* path;
    const char* what;
    Strings* names;
  };
  std::vector<std::string> paths;
  for (const NamesField& field : {
           NamesField{changes.windows_names, "windows_names", "Windows name",
                      account->mutable_windows_names()},
           NamesField{changes.principal_names, "principal_names", "principal name",
                      account->mutable_principal_names()},
           NamesField{changes.addresses, "addresses", "address", account->mutable_addresses()},
           NamesField{changes.certificate_names, "certificate_names", "certificate name",
                      account->mutable_certificate_names()},
           NamesField{changes.token_subjects, "token_subjects", "token subject",
                      account->mutable_token_subjects()},
           NamesField{changes.disabled_mechanisms, "disabled_mechanisms", "switched-off mechanism",
                      account->mutable_disabled_mechanisms()},
       }) {
    if (!Any(field.changes)) continue;
    RESTANTE_RETURN_IF_ERROR(ChangeNames(field.changes, field.what, field.names));
    paths.emplace_back(field.path);
  }
  if (changes.alias) {
    account->set_alias(*changes.alias);
    paths.emplace_back("alias");
  }
  if (changes.disabled) {
    account->set_disabled(*changes.disabled);
    paths.emplace_back("disabled");
  }
  if (changes.weakest_ntlm_response) {
    account->set_weakest_ntlm_response(*changes.weakest_ntlm_response);
    paths.emplace_back("weakest_ntlm_response");
  }
  if (paths.empty()) return UsageError("nothing to change was given");
  return paths;
}

absl::Status CreateAccount(Session& session, const NewAccount& account) {
  RESTANTE_ASSIGN_OR_RETURN(Directory * directory, session.services.Directory());
  auth::v1::SetCredentialRequest credential;
  if (account.with_password) {
    RESTANTE_ASSIGN_OR_RETURN(const Secret password, ReadNewPassword(session.console));
    credential.set_password(std::string(password.view()));
  }
  auth::v1::CreateAccountRequest request = CreationOf(account);
  request.set_request_id(NewId(session.random));
  Account created;
  RESTANTE_RETURN_IF_ERROR(Call(session, directory, &Directory::CreateAccount, request, &created));
  if (account.with_password) {
    credential.set_name(created.name());
    const auto response = SendCredential(session, directory, std::move(credential));
    if (!response.ok()) return CreatedWithoutPassword(account.id, response.status());
    RESTANTE_ASSIGN_OR_RETURN(created, FetchAccount(session, directory, created.name()));
  }
  Print(created, session.format, session.console.out());
  return absl::OkStatus();
}

absl::Status GetAccount(Session& session, const std::string& id) {
  RESTANTE_ASSIGN_OR_RETURN(Directory * directory, session.services.Directory());
  RESTANTE_ASSIGN_OR_RETURN(const Account account, FetchAccount(session, directory, id));
  Print(account, session.format, session.console.out());
  return absl::OkStatus();
}

absl::Status ListAccounts(Session& session, const std::string& filter, bool show_deleted) {
  RESTANTE_ASSIGN_OR_RETURN(Directory * directory, session.services.Directory());
  auth::v1::ListAccountsRequest request;
  request.set_filter(filter);
  request.set_show_deleted(show_deleted);
  RESTANTE_ASSIGN_OR_RETURN(
      const auth::v1::ListAccountsResponse all,
      CallForPages(session, directory, &Directory::ListAccounts, request, /*limit=*/0,
                   [](const auto& accounts) { return accounts.accounts_size(); }));
  Print(all, session.format, session.console.out());
  return absl::OkStatus();
}

absl::Status UpdateAccount(Session& session, const AccountChanges& changes) {
  constexpr int kMaxTries = 3;
  RESTANTE_ASSIGN_OR_RETURN(Directory * directory, session.services.Directory());
  absl::StatusOr<Account> account = TryUpdate(session, directory, changes);
  for (int i = 1; i < kMaxTries; ++i) {
    if (GetErrorReason(account.status()) != ErrorReason::kEtagMismatch) break;
    account = TryUpdate(session, directory, changes);
  }
  if (!account.ok()) return account.status();
  Print(*account, session.format, session.console.out());
  return absl::OkStatus();
}

absl::Status DeleteAccount(Session& session, const std::string& id, bool purge) {
  RESTANTE_ASSIGN_OR_RETURN(Directory * directory, session.services.Directory());
  auth::v1::DeleteAccountRequest request;
  request.set_name(ResourceName("accounts", id));
  request.set_request_id(NewId(session.random));
  request.set_force(purge);
  auth::v1::DeleteAccountResponse response;
  RESTANTE_RETURN_IF_ERROR(Call(session, directory, &Directory::DeleteAccount, request, &response));
  if (session.format == OutputFormat::kJson) {
    session.console.out() << ToJson(response);
  } else {
    session.console.out() << (purge ? "Purged " : "Deleted ") << Printable(request.name())
                          << "; its mailbox stays in the mailstore.\n";
    if (!purge) {
      session.console.out() << "To bring it back: restantectl accounts undelete " << Printable(id)
                            << "\n";
    }
  }
  return absl::OkStatus();
}

absl::Status UndeleteAccount(Session& session, const std::string& id) {
  RESTANTE_ASSIGN_OR_RETURN(Directory * directory, session.services.Directory());
  auth::v1::UndeleteAccountRequest request;
  request.set_name(ResourceName("accounts", id));
  request.set_request_id(NewId(session.random));
  Account account;
  RESTANTE_RETURN_IF_ERROR(
      Call(session, directory, &Directory::UndeleteAccount, request, &account));
  Print(account, session.format, session.console.out());
  return absl::OkStatus();
}

absl::Status ListCredentials(Session& session, const std::string& id) {
  RESTANTE_ASSIGN_OR_RETURN(Directory * directory, session.services.Directory());
  auth::v1::ListCredentialsRequest request;
  request.set_name(ResourceName("accounts", id));
  auth::v1::ListCredentialsResponse response;
  RESTANTE_RETURN_IF_ERROR(
      Call(session, directory, &Directory::ListCredentials, request, &response));
  Print(response, session.format, session.console.out());
  return absl::OkStatus();
}

absl::Status SetCredential(Session& session, const std::string& id, CredentialKind kind) {
  RESTANTE_ASSIGN_OR_RETURN(Directory * directory, session.services.Directory());
  auth::v1::SetCredentialRequest request;
  request.set_name(ResourceName("accounts", id));
  switch (kind) {
    case CredentialKind::kPassword: {
      RESTANTE_ASSIGN_OR_RETURN(const Secret password, ReadNewPassword(session.console));
      request.set_password(std::string(password.view()));
      break;
    }
    case CredentialKind::kNtHash: {
      RESTANTE_ASSIGN_OR_RETURN(const Secret hash, ReadNtHash(session.console));
      request.set_nt_hash(std::string(hash.view()));
      break;
    }
    case CredentialKind::kScramSha256: {
      RESTANTE_ASSIGN_OR_RETURN(const ScramKeysText keys, ReadScramKeys(session.console));
      auth::v1::ScramKeys& wanted = *request.mutable_scram_sha_256();
      wanted.set_salt(keys.salt);
      wanted.set_iterations(keys.iterations);
      wanted.set_stored_key(std::string(keys.stored_key.view()));
      wanted.set_server_key(std::string(keys.server_key.view()));
      break;
    }
  }
  RESTANTE_ASSIGN_OR_RETURN(const auth::v1::SetCredentialResponse response,
                            SendCredential(session, directory, std::move(request)));
  Print(response, session.format, session.console.out());
  return absl::OkStatus();
}

}  // namespace restante::ctl
