#include "mailstore-service/store/rocksdb/deliveries.h"

#include <utility>

#include "common/base/error_reason.h"
#include "common/base/status_macros.h"
#include "mailstore-service/store/mailbox_id.h"

namespace restante::mailstore {

class Deliveries::Writer : public DeliveryWriter {
 public:
  Writer(Deliveries* deliveries, std::vector<std::string> mailbox_ids,
         std::optional<ImportedMessage> imported = std::nullopt)
      : deliveries_(deliveries),
        mailbox_ids_(std::move(mailbox_ids)),
        imported_(std::move(imported)),
        body_(deliveries->database_, deliveries->ids_.Next()) {}

  absl::Status Append(absl::string_view text) override {
    const auto octets = static_cast<int64_t>(text.size());
    if (body_.size_octets() + octets > deliveries_->max_message_octets_) {
      return MakeError(absl::StatusCode::kInvalidArgument, ErrorReason::kMessageTooLarge,
                       "the message is over the store's limit");
    }
    RESTANTE_RETURN_IF_ERROR(deliveries_->space_.CheckRoom(octets));
    return body_.Append(text);
  }

  absl::StatusOr<std::vector<DeliveryResult>> Finish(
      int64_t size_octets, uint32_t crc32c, const std::vector<std::string>& delivery_ids) override {
    RESTANTE_RETURN_IF_ERROR(CheckDeliveryIds(delivery_ids, mailbox_ids_));
    if (size_octets != body_.size_octets() || crc32c != body_.crc32c()) {
      return MakeError(absl::StatusCode::kInvalidArgument, ErrorReason::kDeliveryIncomplete,
                       "size or checksum are not those of the text");
    }
    if (!imported_) {
      return deliveries_->Commit(mailbox_ids_, delivery_ids, &body_, nullptr);
    }
    if (!delivery_ids.empty()) return InvalidField("delivery_ids", "must not be given");
    return deliveries_->Commit(mailbox_ids_, {ImportKey(*imported_)}, &body_, &*imported_);
  }

 private:
  Deliveries* const deliveries_;
  const std::vector<std::string> mailbox_ids_;
  const std::optional<ImportedMessage> imported_;
  BodyWriter body_;
};

class Deliveries::UnderWay {
 public:
  explicit UnderWay(Deliveries* deliveries) : deliveries_(*deliveries) {
    MutexLock lock(&deliveries_.mutex_);
    place_ = deliveries_.under_way_.insert(deliveries_.ids_.Last());
  }
  ~UnderWay() {
    MutexLock lock(&deliveries_.mutex_);
    deliveries_.under_way_.erase(place_);
  }
  UnderWay(const UnderWay&) = delete;
  UnderWay& operator=(const UnderWay&) = delete;

 private:
  Deliveries& deliveries_;
  std::multiset<uint64_t>::iterator place_;
};

uint64_t Deliveries::SettledBelow() const {
  MutexLock lock(&mutex_);
  return 1 + (under_way_.empty() ? ids_.Last() : *under_way_.begin());
}

absl::StatusOr<std::unique_ptr<DeliveryWriter>> Deliveries::Begin(
    std::vector<std::string> mailbox_ids) {
  RESTANTE_RETURN_IF_ERROR(CheckTargets(mailbox_ids));
  return std::make_unique<Writer>(this, std::move(mailbox_ids));
}

absl::StatusOr<std::unique_ptr<DeliveryWriter>> Deliveries::BeginImport(
    const std::string& mailbox_id, const ImportedMessage& message) {
  RESTANTE_RETURN_IF_ERROR(CheckTargets({mailbox_id}));
  RESTANTE_RETURN_IF_ERROR(CheckImportedMessage(message));
  return std::make_unique<Writer>(this, std::vector{mailbox_id}, message);
}

std::vector<DeliveryResult> Deliveries::Commit(const std::vector<std::string>& mailbox_ids,
                                               const std::vector<std::string>& delivery_ids,
                                               BodyWriter* body, const ImportedMessage* imported) {
  std::vector<std::string> keys;
  for (size_t i = 0; i < delivery_ids.size(); ++i) {
    keys.push_back(codec::DeliveryKey(mailbox_ids[i], delivery_ids[i]));
  }
  Turn turn(&turns_, keys);
  const UnderWay under_way(this);
  std::vector<DeliveryResult> results(mailbox_ids.size());
  rocksdb::WriteBatch batch;
  std::vector<size_t> in_batch;
  for (size_t i = 0; i < mailbox_ids.size(); ++i) {
    const std::string key = keys.empty() ? "" : keys[i];
    if (IsKnown(key, &results[i]) || IsOwn(mailbox_ids[i], imported, &results[i])) continue;
    results[i].status = records_.CheckDelivery(mailbox_ids[i], body->size_octets());
    if (!results[i].status.ok()) continue;
    results[i].message_id =
        AddMessage(mailbox_ids[i], key, *body, mailbox_ids.size() > 1, imported, &batch);
    in_batch.push_back(i);
  }
  if (in_batch.empty()) return results;
  body->AddLastPiece(&batch);
  const absl::Status written = database_->Write(&batch, true);
  if (written.ok()) {
    body->SetCommitted();
  } else {
    for (size_t each : in_batch) results[each] = {written, 0, false};
  }
  return results;
}

bool Deliveries::IsKnown(const std::string& key, DeliveryResult* result) const {
  if (key.empty()) return false;
  absl::StatusOr<std::optional<uint64_t>> known = Find(key);
  if (!known.ok()) {
    result->status = known.status();
    return true;
  }
  if (!*known) return false;
  *result = {absl::OkStatus(), **known, true};
  return true;
}

absl::StatusOr<std::optional<uint64_t>> Deliveries::Find(const std::string& key) const {
  RESTANTE_ASSIGN_OR_RETURN(std::optional<std::string> value,
                            database_->Get(database_->deliveries(), key));
  if (!value) return std::optional<uint64_t>();
  std::optional<codec::Delivery> delivery = codec::DecodeDelivery(*value);
  RESTANTE_ASSIGN_OR_RETURN(const bool over, IsOverAndGone(key, delivery));
  if (over) return std::optional<uint64_t>();
  return std::optional<uint64_t>(delivery->message_id);
}

uint64_t Deliveries::AddMessage(const std::string& mailbox_id, const std::string& key,
                                const BodyWriter& body, bool shared,
                                const ImportedMessage* imported, rocksdb::WriteBatch* batch) {
  const uint64_t id = ids_.Next();
  const absl::Time now = clock_.WallNow();
  codec::IndexEntry entry;
  entry.summary = {id, body.size_octets(), UidlFor(database_->store_id(), id), now};
  if (imported != nullptr) {
    if (!imported->uidl.empty()) entry.summary.uidl = imported->uidl;
    entry.summary.delivery_time = imported->delivery_time;
    entry.summary.read_time = imported->read_time;
  }
  entry.body_id = body.body_id();
  entry.shared = shared;
  if (shared) batch->Put(database_->references(), codec::ReferenceKey(entry.body_id, id), "");
  batch->Put(database_->index(), codec::IndexKey(mailbox_id, id), codec::EncodeIndexEntry(entry));
  batch->Merge(database_->mailboxes(), mailbox_id, codec::EncodeUsage({1, body.size_octets()}));
  if (!key.empty()) batch->Put(database_->deliveries(), key, codec::EncodeDelivery({id, now}));
  return id;
}

absl::StatusOr<bool> Deliveries::Has(const std::string& mailbox_id, uint64_t message_id) const {
  const std::string key = codec::IndexKey(mailbox_id, message_id);
  for (rocksdb::ColumnFamilyHandle* family : {database_->index(), database_->deleted()}) {
    RESTANTE_ASSIGN_OR_RETURN(const std::optional<std::string> value, database_->Get(family, key));
    if (value) return true;
  }
  return false;
}

bool Deliveries::IsOwn(const std::string& mailbox_id, const ImportedMessage* imported,
                       DeliveryResult* result) const {
  if (imported == nullptr) return false;
  const std::optional<uint64_t> id = MessageIdOfUidl(database_->store_id(), imported->uidl);
  if (!id) return false;
  const absl::StatusOr<bool> has = Has(mailbox_id, *id);
  if (has.ok() && !*has) return false;
  *result = {has.status(), has.ok() ? *id : 0, has.ok()};
  return true;
}

bool Deliveries::IsOver(absl::string_view key,
                        const std::optional<codec::Delivery>& delivery) const {
  const bool imported = IsImportKey(codec::DeliveryIdOfKey(key));
  return !delivery || clock_.WallNow() - delivery->when >=
                          (imported ? Mailstore::kImportIdKept : Mailstore::kDeliveryIdKept);
}

absl::StatusOr<bool> Deliveries::IsOverAndGone(
    const std::string& key, const std::optional<codec::Delivery>& delivery) const {
  if (!IsOver(key, delivery)) return false;
  if (!delivery || !IsImportKey(codec::DeliveryIdOfKey(key))) return true;
  // As long as the message is there, no other may have its UIDL.
  RESTANTE_ASSIGN_OR_RETURN(const bool has,
                            Has(codec::MailboxIdOfIndexKey(key), delivery->message_id));
  return !has;
}

absl::Status Deliveries::RemoveIfOver(const std::string& key) {
  // The same message may be delivered anew at this moment: its new record must stay.
  Turn turn(&turns_, {key});
  RESTANTE_ASSIGN_OR_RETURN(std::optional<std::string> value,
                            database_->Get(database_->deliveries(), key));
  const std::optional<codec::Delivery> delivery = codec::DecodeDelivery(value.value_or(""));
  if (!value) return absl::OkStatus();
  RESTANTE_ASSIGN_OR_RETURN(const bool over, IsOverAndGone(key, delivery));
  if (!over) return absl::OkStatus();
  rocksdb::WriteBatch batch;
  batch.Delete(database_->deliveries(), key);
  return database_->Write(&batch, false);
}

}  // namespace restante::mailstore
