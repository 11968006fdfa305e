#ifndef RESTANTE_MAILSTORE_SERVICE_STORE_MAILBOX_CHANGES_H_
#define RESTANTE_MAILSTORE_SERVICE_STORE_MAILBOX_CHANGES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/audit/entry.h"
#include "mailstore-service/store/types.h"

// What the audit entries of mailboxes say. Pure functions, thread-safe.
namespace restante::mailstore {

// Of what the program does by itself.
inline constexpr char kProgramName[] = "restante-mailstore";

using FieldChanges = std::vector<audit::FieldChange>;

// One that was made by `author`, under a number of the store's trail.
audit::Entry EntryOf(const std::string& mailbox_id, const audit::Author& author,
                     FieldChanges changes, uint64_t number, absl::Time time);

FieldChanges CreationOf(const MailboxSettings& settings);
FieldChanges SettingsChanges(const MailboxSettings& before, const MailboxSettings& after);
FieldChanges DeletionOfMailbox();
FieldChanges UndeletionOfMailbox();
FieldChanges PurgeOfMailbox(const MailboxSettings& settings);

// Nothing for no ids.
FieldChanges DeletionOfMessages(const std::vector<uint64_t>& ids);
FieldChanges UndeletionOfMessages(const std::vector<uint64_t>& ids);
FieldChanges PurgeOfMessages(const std::vector<uint64_t>& ids);

// Mail of the mailbox begins to move, or has moved as far as it will: `field` is "import" or
// "export", and `operation` what carries it.
FieldChanges TransferBegun(const std::string& field, const std::string& operation);
FieldChanges TransferEnded(const std::string& field, const std::string& operation,
                           int64_t messages);

FieldChanges SessionBroken(const SessionInfo& session);

}  // namespace restante::mailstore

#endif  // RESTANTE_MAILSTORE_SERVICE_STORE_MAILBOX_CHANGES_H_
