#include "common/audit/rocksdb/entry_family.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/audit/codec.h"

namespace restante::audit {
namespace {

absl::string_view ToView(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }

absl::Status CannotBeRead(const rocksdb::Status& status) {
  return absl::DataLossError(absl::StrCat("the audit entries cannot be read: ", status.ToString()));
}

absl::Status Damaged() { return absl::DataLossError("an audit entry is damaged"); }

}  // namespace

absl::StatusOr<Numbers> EntryFamily::ReadNumbers() const {
  const std::unique_ptr<rocksdb::Iterator> it(database_.NewIterator({}, &family_));
  it->SeekToFirst();
  if (!it->Valid()) {
    if (!it->status().ok()) return CannotBeRead(it->status());
    return Numbers();
  }
  const std::optional<uint64_t> first = DecodeKey(ToView(it->key()));
  it->SeekToLast();
  if (!it->Valid()) return CannotBeRead(it->status());
  const std::optional<uint64_t> last = DecodeKey(ToView(it->key()));
  if (!first || !last) return Damaged();
  return Numbers{*first, *last + 1};
}

// The batch's own call fails only beyond 4 GiB.
void EntryFamily::AddPut(const Entry& entry, rocksdb::WriteBatch* batch) const {
  batch->Put(&family_, EncodeKey(entry.number), EncodeEntry(entry));
}

absl::StatusOr<std::vector<Entry>> EntryFamily::Read(uint64_t before, size_t limit) const {
  std::vector<Entry> entries;
  const std::unique_ptr<rocksdb::Iterator> it(database_.NewIterator({}, &family_));
  const std::string upper = EncodeKey(before);
  for (it->SeekForPrev(upper); it->Valid() && entries.size() < limit; it->Prev()) {
    if (it->key() == upper) continue;
    const std::optional<uint64_t> number = DecodeKey(ToView(it->key()));
    std::optional<Entry> entry;
    if (number) entry = DecodeEntry(*number, ToView(it->value()));
    if (!entry) return Damaged();
    entries.push_back(*std::move(entry));
  }
  if (!it->status().ok()) return CannotBeRead(it->status());
  return entries;
}

absl::Status EntryFamily::Drop(uint64_t number) {
  const rocksdb::Status status =
      database_.DeleteRange({}, &family_, EncodeKey(0), EncodeKey(number));
  if (status.ok()) return absl::OkStatus();
  return absl::UnavailableError(
      absl::StrCat("old audit entries cannot be dropped: ", status.ToString()));
}

}  // namespace restante::audit
