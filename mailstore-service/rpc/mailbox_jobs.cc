#include "mailstore-service/rpc/mailbox_jobs.h"

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/operations/job_progress.h"
#include "mailstore-service/maintenance/mailbox_walk.h"
#include "mailstore-service/maintenance/retention.h"
#include "mailstore-service/maintenance/verification.h"
#include "mailstore-service/rpc/convert.h"
#include "restante/mailstore/v1/mailbox_job.pb.h"

namespace restante::mailstore {
namespace {

using operations::JobProgress;

google::protobuf::Any Pack(const google::protobuf::Message& response) {
  google::protobuf::Any packed;
  packed.PackFrom(response);
  return packed;
}

// The mailbox that a request names; empty for every one.
absl::StatusOr<std::string> ScopeOf(const std::string& name) {
  if (name.empty()) return std::string();
  return ParseMailboxName("name", name);
}

class RetentionJob : public operations::Job {
 public:
  RetentionJob(MailboxJobParts parts, v1::ApplyRetentionMetadata metadata)
      : parts_(parts), metadata_(std::move(metadata)) {}

  absl::StatusOr<google::protobuf::Any> Run(operations::JobContext& context) override {
    JobProgress progress(context, parts_.clock);
    RESTANTE_ASSIGN_OR_RETURN(const std::string scope, ScopeOf(metadata_.name()));
    RESTANTE_ASSIGN_OR_RETURN(const WalkTotals there,
                              CountMailboxes(parts_.store, scope, /*show_deleted=*/false));
    progress.BeginPhase("retention", there.messages, &metadata_);
    RESTANTE_ASSIGN_OR_RETURN(
        const RetentionTotals totals,
        ApplyRetention(parts_.store,
                       {scope, metadata_.validate_only(), {metadata_.caller(), "ApplyRetention"}},
                       [&](const RetentionTotals& so_far) {
                         metadata_.set_expired(so_far.expired.count);
                         return progress.Report(so_far.seen.count, &metadata_);
                       }));
    metadata_.set_phase("done");
    progress.Report(totals.seen.count, &metadata_);
    v1::ApplyRetentionResponse response;
    response.set_expired_messages(totals.expired.count);
    response.set_expired_octets(totals.expired.octets);
    response.set_mailboxes(totals.mailboxes);
    response.set_mailboxes_in_use(totals.in_use);
    response.set_validate_only(metadata_.validate_only());
    return Pack(response);
  }

 private:
  const MailboxJobParts parts_;
  v1::ApplyRetentionMetadata metadata_;
};

v1::VerifyMailboxesResponse ToProto(const VerificationTotals& totals) {
  v1::VerifyMailboxesResponse response;
  response.set_mailboxes(totals.mailboxes);
  response.set_messages(totals.seen.count);
  response.set_octets(totals.seen.octets);
  for (const DamageFound& damage : totals.damaged) {
    v1::DamagedMessage& message = *response.add_damaged();
    message.set_name(
        absl::StrCat(MailboxName(damage.mailbox_id), "/messages/", damage.message.message_id));
    message.set_deleted(damage.message.deleted);
  }
  response.set_more_damaged(totals.more_damaged);
  for (const std::string& id : totals.unreadable) {
    response.add_unreadable_mailboxes(MailboxName(id));
  }
  response.set_more_unreadable_mailboxes(totals.more_unreadable);
  return response;
}

class VerificationJob : public operations::Job {
 public:
  VerificationJob(MailboxJobParts parts, v1::VerifyMailboxesMetadata metadata)
      : parts_(parts), metadata_(std::move(metadata)) {}

  absl::StatusOr<google::protobuf::Any> Run(operations::JobContext& context) override {
    JobProgress progress(context, parts_.clock);
    RESTANTE_ASSIGN_OR_RETURN(const std::string scope, ScopeOf(metadata_.name()));
    RESTANTE_ASSIGN_OR_RETURN(const WalkTotals there,
                              CountMailboxes(parts_.store, scope, /*show_deleted=*/true));
    progress.BeginPhase("verify", there.messages, &metadata_);
    RESTANTE_ASSIGN_OR_RETURN(
        const VerificationTotals totals,
        VerifyMailboxes(parts_.store, scope, [&](const VerificationTotals& so_far) {
          metadata_.set_damaged(static_cast<int64_t>(so_far.damaged.size()) + so_far.more_damaged);
          return progress.Report(so_far.seen.count, &metadata_);
        }));
    metadata_.set_phase("done");
    progress.Report(totals.seen.count, &metadata_);
    return Pack(ToProto(totals));
  }

 private:
  const MailboxJobParts parts_;
  v1::VerifyMailboxesMetadata metadata_;
};

class BackupJob : public operations::Job {
 public:
  BackupJob(MailboxJobParts parts, v1::BackupMailboxesMetadata metadata)
      : parts_(parts), metadata_(std::move(metadata)) {}

  absl::StatusOr<google::protobuf::Any> Run(operations::JobContext& context) override {
    JobProgress progress(context, parts_.clock);
    const std::string& directory = parts_.backups.directory;
    progress.BeginPhase("copy", 0, &metadata_);
    RESTANTE_ASSIGN_OR_RETURN(const BackupInfo backup,
                              parts_.store.Backup(directory, [&](int64_t octets) {
                                return progress.Report(octets, &metadata_);
                              }));
    progress.BeginPhase("verify", 0, &metadata_);
    RESTANTE_RETURN_IF_ERROR(VerifyBackup(directory, backup.backup_id));
    // Only once the new one is known to be good.
    RESTANTE_RETURN_IF_ERROR(DropOldBackups(directory, parts_.backups.kept));
    RESTANTE_ASSIGN_OR_RETURN(const std::vector<BackupInfo> backups, ListBackups(directory));
    metadata_.set_phase("done");
    progress.Report(backup.size_octets, &metadata_);
    v1::BackupMailboxesResponse response;
    response.set_directory(directory);
    response.set_backup_id(backup.backup_id);
    response.set_size_octets(backup.size_octets);
    response.set_backups(static_cast<int32_t>(backups.size()));
    return Pack(response);
  }

 private:
  const MailboxJobParts parts_;
  v1::BackupMailboxesMetadata metadata_;
};

}  // namespace

operations::MakeJob MakeMailboxJobs(MailboxJobParts parts) {
  return [parts](const google::protobuf::Any& metadata) -> std::unique_ptr<operations::Job> {
    if (v1::ApplyRetentionMetadata retention; metadata.UnpackTo(&retention)) {
      return std::make_unique<RetentionJob>(parts, std::move(retention));
    }
    if (v1::VerifyMailboxesMetadata verification; metadata.UnpackTo(&verification)) {
      return std::make_unique<VerificationJob>(parts, std::move(verification));
    }
    if (v1::BackupMailboxesMetadata backup; metadata.UnpackTo(&backup)) {
      return std::make_unique<BackupJob>(parts, std::move(backup));
    }
    return nullptr;
  };
}

}  // namespace restante::mailstore
