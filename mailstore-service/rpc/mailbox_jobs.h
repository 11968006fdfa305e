#ifndef RESTANTE_MAILSTORE_SERVICE_RPC_MAILBOX_JOBS_H_
#define RESTANTE_MAILSTORE_SERVICE_RPC_MAILBOX_JOBS_H_

#include <cstddef>
#include <string>

#include "common/base/clock.h"
#include "common/operations/operations.h"
#include "mailstore-service/store/rocksdb/rocksdb_store.h"

// The store's long jobs, restante/mailstore/v1/mailbox_job.proto.
namespace restante::mailstore {

struct BackupOptions {
  std::string directory;  // empty: there are no backups
  size_t kept = 7;
};

// What they work with. Everything outlives them.
struct MailboxJobParts {
  RocksdbStore& store;
  const BackupOptions& backups;
  const Clock& clock;
};

// For ApplyRetentionMetadata, VerifyMailboxesMetadata and BackupMailboxesMetadata. Each may be
// begun again at any step: what was deleted is not there any more, reading changes nothing, and a
// backup that was not finished is none.
operations::MakeJob MakeMailboxJobs(MailboxJobParts parts);

}  // namespace restante::mailstore

#endif  // RESTANTE_MAILSTORE_SERVICE_RPC_MAILBOX_JOBS_H_
