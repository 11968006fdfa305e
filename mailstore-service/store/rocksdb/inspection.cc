#include "mailstore-service/store/rocksdb/inspection.h"

#include <rocksdb/db.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "common/base/status_macros.h"
#include "mailstore-service/store/rocksdb/codec.h"
#include "mailstore-service/store/rocksdb/database.h"
#include "mailstore-service/store/rocksdb/tuning.h"

namespace restante::mailstore {
namespace {

absl::Status CannotRead(const rocksdb::Status& status) {
  return absl::UnavailableError(absl::StrCat("the store cannot be read: ", status.ToString()));
}

// One look through a store.
class Inspector {
 public:
  explicit Inspector(std::unique_ptr<rocksdb::DB> db,
                     std::vector<rocksdb::ColumnFamilyHandle*> families)
      : db_(std::move(db)), families_(std::move(families)) {}
  ~Inspector() {
    for (rocksdb::ColumnFamilyHandle* family : families_) {
      db_->DestroyColumnFamilyHandle(family).PermitUncheckedError();
    }
  }
  Inspector(const Inspector&) = delete;
  Inspector& operator=(const Inspector&) = delete;

  absl::StatusOr<StoreInspection> Run() {
    RESTANTE_RETURN_IF_ERROR(ReadDefaults());
    RESTANTE_RETURN_IF_ERROR(ReadMessages());
    RESTANTE_RETURN_IF_ERROR(ReadMailboxes());
    RESTANTE_RETURN_IF_ERROR(ForEach("deliveries", [this](auto, auto value) {
      ++found_.delivery_ids;
      if (!codec::DecodeDelivery(value)) AddFault("a delivery id does not decode");
    }));
    RESTANTE_RETURN_IF_ERROR(ForEach("outcomes", [this](auto, auto value) {
      ++found_.outcomes;
      if (!codec::DecodeOutcome(value)) AddFault("a session's outcome does not decode");
    }));
    return std::move(found_);
  }

 private:
  using Row = std::function<void(absl::string_view key, absl::string_view value)>;

  void AddFault(std::string what) {
    if (found_.faults.size() < StoreInspection::kMaxFaults) {
      found_.faults.push_back(std::move(what));
    } else {
      ++found_.more_faults;
    }
  }

  absl::Status ForEach(const std::string& family, const Row& row) {
    for (rocksdb::ColumnFamilyHandle* handle : families_) {
      if (handle->GetName() != family) continue;
      std::unique_ptr<rocksdb::Iterator> it(db_->NewIterator(rocksdb::ReadOptions(), handle));
      for (it->SeekToFirst(); it->Valid(); it->Next()) row(ToView(it->key()), ToView(it->value()));
      if (!it->status().ok()) return CannotRead(it->status());
    }
    return absl::OkStatus();
  }

  absl::Status ReadDefaults() {
    return ForEach(rocksdb::kDefaultColumnFamilyName,
                   [this](absl::string_view key, absl::string_view value) {
                     const uint32_t number = codec::DecodeU32(value).value_or(0);
                     if (key == "format") found_.format = number;
                     if (key == "store") found_.store_id = number;
                     if (key == "boot") found_.last_boot = number;
                     if (codec::DecodePendingKey(key)) ++found_.unfinished_deliveries;
                   });
  }

  absl::Status ReadMessages() {
    for (const bool deleted : {false, true}) {
      MessageTotals& totals = deleted ? found_.deleted_messages : found_.messages;
      const auto row = [&](absl::string_view key, absl::string_view value) {
        const std::string mailbox = codec::MailboxIdOfIndexKey(key);
        const auto entry = codec::DecodeEntryOf(deleted, key, value);
        if (!entry) {
          return AddFault(absl::StrCat("the record of mailboxes/", mailbox, "/messages/",
                                       codec::MessageIdOfIndexKey(key), " does not decode"));
        }
        ++totals.count;
        totals.octets += entry->summary.size_octets;
        if (deleted) return;
        ++counted_[mailbox].count;
        counted_[mailbox].octets += entry->summary.size_octets;
      };
      RESTANTE_RETURN_IF_ERROR(ForEach(deleted ? "deleted" : "index", row));
    }
    return absl::OkStatus();
  }

  absl::Status ReadMailboxes() {
    RESTANTE_RETURN_IF_ERROR(ForEach("mailboxes", [this](absl::string_view key,
                                                         absl::string_view value) {
      ++found_.mailboxes;
      const codec::Usage usage = codec::DecodeUsage(value).value_or(codec::Usage());
      const auto counted = counted_.extract(std::string(key));
      const MessageTotals held = counted ? counted.mapped() : MessageTotals();
      if (held == MessageTotals{usage.count, usage.octets}) return;
      AddFault(absl::StrCat("mailboxes/", key, " counts ", usage.count, " messages of ",
                            usage.octets, " octets, and holds ", held.count, " of ", held.octets));
    }));
    for (const auto& [mailbox, held] : counted_) {
      AddFault(absl::StrCat("mailboxes/", mailbox, " counts nothing, and holds ", held.count,
                            " messages"));
    }
    return ForEach("quotas", [this](absl::string_view key, absl::string_view value) {
      const std::optional<codec::MailboxRecord> record = codec::DecodeMailbox(value);
      if (!record)
        return AddFault(absl::StrCat("the record of mailboxes/", key, " does not decode"));
      if (record->state != codec::MailboxState::kActive) ++found_.deleted_mailboxes;
    });
  }

  const std::unique_ptr<rocksdb::DB> db_;
  const std::vector<rocksdb::ColumnFamilyHandle*> families_;
  std::map<std::string, MessageTotals> counted_;  // by mailbox, of messages that decode
  StoreInspection found_;
};

}  // namespace

absl::StatusOr<StoreInspection> InspectStore(const std::string& directory) {
  constexpr size_t kBlockCacheOctets = size_t{32} << 20;
  std::error_code error;
  if (!std::filesystem::exists(directory + "/CURRENT", error)) {
    return absl::NotFoundError(absl::StrCat("there is no store in ", directory));
  }
  // A store of an earlier format has fewer families.
  std::vector<std::string> names;
  rocksdb::Status status = rocksdb::DB::ListColumnFamilies(DatabaseOptions(), directory, &names);
  if (!status.ok()) return CannotRead(status);
  std::vector<rocksdb::ColumnFamilyDescriptor> there;
  for (rocksdb::ColumnFamilyDescriptor& family : Database::ColumnFamilies(kBlockCacheOctets)) {
    if (std::find(names.begin(), names.end(), family.name) != names.end()) {
      there.push_back(std::move(family));
    }
  }
  rocksdb::DBOptions options = DatabaseOptions();
  options.create_if_missing = false;
  rocksdb::DB* db = nullptr;
  std::vector<rocksdb::ColumnFamilyHandle*> families;
  status = rocksdb::DB::OpenForReadOnly(options, directory, there, &families, &db);
  if (!status.ok()) return CannotRead(status);
  return Inspector(std::unique_ptr<rocksdb::DB>(db), std::move(families)).Run();
}

std::string ToText(const StoreInspection& found) {
  std::string text = absl::StrFormat(
      "format                 %d\n"
      "store                  %08x\n"
      "last start             %s\n"
      "mailboxes              %d, %d of them deleted\n"
      "messages               %d, %d octets\n"
      "deleted messages       %d, %d octets\n"
      "delivery ids           %d\n"
      "outcomes of sessions   %d\n"
      "unfinished deliveries  %d\n"
      "faults                 %d\n",
      found.format, found.store_id,
      absl::FormatTime(absl::RFC3339_sec, absl::FromUnixSeconds(found.last_boot),
                       absl::UTCTimeZone()),
      found.mailboxes, found.deleted_mailboxes, found.messages.count, found.messages.octets,
      found.deleted_messages.count, found.deleted_messages.octets, found.delivery_ids,
      found.outcomes, found.unfinished_deliveries,
      static_cast<int64_t>(found.faults.size()) + found.more_faults);
  for (const std::string& fault : found.faults) absl::StrAppend(&text, "  ", fault, "\n");
  if (found.more_faults > 0) absl::StrAppend(&text, "  and ", found.more_faults, " more\n");
  return text;
}

}  // namespace restante::mailstore
