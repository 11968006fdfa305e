#ifndef RESTANTE_COMMON_AUDIT_TRAIL_H_
#define RESTANTE_COMMON_AUDIT_TRAIL_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/audit/entry.h"

namespace restante::audit {

// Where the entries of a trail are kept. Adding is not here: an entry becomes durable with the
// change that it tells of, in the owner's own write.
class EntryStorage {
 public:
  virtual ~EntryStorage() = default;

  // Entries with a number below `before`, the latest first, at most `limit`. DATA_LOSS when one is
  // damaged or cannot be read.
  virtual absl::StatusOr<std::vector<Entry>> Read(uint64_t before, size_t limit) const = 0;
  // Drops the entries below `number`. UNAVAILABLE when it failed; what was dropped is then unknown.
  virtual absl::Status Drop(uint64_t number) = 0;
};

// Entries in memory. Not thread-safe.
class EntriesInMemory : public EntryStorage {
 public:
  // Numbered on from the last one.
  void Add(const Entry& entry) { entries_.push_back(entry); }

  absl::StatusOr<std::vector<Entry>> Read(uint64_t before, size_t limit) const override;
  absl::Status Drop(uint64_t number) override;

 private:
  std::deque<Entry> entries_;
};

// The first and the next number of a trail.
struct Numbers {
  uint64_t first = 1;
  uint64_t next = 1;
};

// Keeps count of a trail's entries, and drops the old ones. Not thread-safe: who writes entries
// holds a lock from asking for `next` to having counted them.
class Trail {
 public:
  // `numbers` as the storage has them. `storage` outlives this.
  Trail(EntryStorage* storage, const Numbers& numbers) : storage_(*storage), numbers_(numbers) {}

  uint64_t next() const { return numbers_.next; }
  // Entries with numbers from `next` on are in the storage.
  void CountAdded(size_t count) { numbers_.next += count; }

  // Drops the entries of a time before `oldest`, and those beyond the last kMaxEntries, but never
  // the latest, from which numbers go on; how many. The storage's errors.
  absl::StatusOr<size_t> Trim(absl::Time oldest);

 private:
  absl::StatusOr<uint64_t> FirstNumberAt(absl::Time time) const;

  EntryStorage& storage_;
  Numbers numbers_;
};

}  // namespace restante::audit

#endif  // RESTANTE_COMMON_AUDIT_TRAIL_H_
