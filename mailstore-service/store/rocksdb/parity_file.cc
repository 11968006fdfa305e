#include "mailstore-service/store/rocksdb/parity_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "common/base/byte_reader.h"
#include "common/base/byte_writer.h"
#include "common/base/crc32c.h"
#include "common/base/status_macros.h"

namespace restante::mailstore {
namespace {

constexpr absl::string_view kMagic = "RSTPAR1\n";
constexpr size_t kHeaderOctets = 8 + 8 + 4;
constexpr size_t kRecordOctets = 4 + 4 * kGroupPages + kPageOctets + 4;

absl::Status Failed(const std::string& path) {
  if (errno == ENOENT) return absl::NotFoundError(path);
  return absl::UnavailableError(absl::StrCat(path, ": ", std::strerror(errno)));
}

// An open file, read and written at offsets.
class File {
 public:
  static absl::StatusOr<File> Open(const std::string& path, int flags) {
    File file(open(path.c_str(), flags | O_CLOEXEC, 0600), path);
    if (file.descriptor_ < 0 || fstat(file.descriptor_, &file.stat_) != 0) return Failed(path);
    return file;
  }
  ~File() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  File(File&& other) noexcept : descriptor_(other.descriptor_), path_(std::move(other.path_)) {
    stat_ = other.stat_;
    other.descriptor_ = -1;
  }
  File& operator=(File&&) = delete;

  size_t size() const { return static_cast<size_t>(stat_.st_size); }
  uint64_t inode() const { return stat_.st_ino; }

  // `octets` filled whole, or nullopt.
  bool Read(size_t offset, absl::Span<char> octets) const {
    return pread(descriptor_, octets.data(), octets.size(), static_cast<off_t>(offset)) ==
           static_cast<ssize_t>(octets.size());
  }
  absl::Status Write(size_t offset, absl::string_view octets) {
    if (pwrite(descriptor_, octets.data(), octets.size(), static_cast<off_t>(offset)) ==
        static_cast<ssize_t>(octets.size())) {
      return absl::OkStatus();
    }
    return Failed(path_);
  }
  absl::Status Empty() {
    if (ftruncate(descriptor_, 0) != 0) return Failed(path_);
    stat_.st_size = 0;
    return absl::OkStatus();
  }
  absl::Status Sync() { return fdatasync(descriptor_) == 0 ? absl::OkStatus() : Failed(path_); }

 private:
  File(int descriptor, const std::string& path) : descriptor_(descriptor), path_(path) {}

  int descriptor_;
  std::string path_;
  struct stat stat_ = {};
};

// What is known of up to 64 KiB.
struct Group {
  uint32_t covered_octets = 0;
  std::array<uint32_t, kGroupPages> checksums = {};
  std::array<char, kPageOctets> parity = {};
};

absl::string_view PageOf(absl::string_view octets, size_t page) {
  const size_t begin = page * kPageOctets;
  return begin < octets.size() ? octets.substr(begin, kPageOctets) : absl::string_view();
}

void Xor(absl::string_view page, std::array<char, kPageOctets>* sum) {
  for (size_t i = 0; i < page.size(); ++i) (*sum)[i] = static_cast<char>((*sum)[i] ^ page[i]);
}

Group MakeGroup(absl::string_view octets) {
  Group group;
  group.covered_octets = static_cast<uint32_t>(octets.size());
  for (size_t page = 0; page < kGroupPages; ++page) {
    group.checksums[page] = ExtendCrc32c(0, PageOf(octets, page));
    Xor(PageOf(octets, page), &group.parity);
  }
  return group;
}

std::string WithChecksum(ByteWriter* writer) {
  std::string octets = writer->Take();
  return octets + ByteWriter().U32Be(ExtendCrc32c(0, octets)).Take();
}

std::string EncodeGroup(const Group& group) {
  ByteWriter writer;
  writer.U32Be(group.covered_octets);
  for (const uint32_t checksum : group.checksums) writer.U32Be(checksum);
  writer.Bytes({group.parity.data(), group.parity.size()});
  return WithChecksum(&writer);
}

std::string EncodeHeader(uint64_t inode) {
  ByteWriter writer;
  writer.Bytes(kMagic).U64Be(inode);
  return WithChecksum(&writer);
}

// nullopt for one that is not there whole.
std::optional<Group> ReadGroup(const File& parity, size_t index) {
  std::array<char, kRecordOctets> record;
  if (!parity.Read(kHeaderOctets + index * kRecordOctets, absl::MakeSpan(record))) {
    return std::nullopt;
  }
  const absl::string_view octets(record.data(), record.size() - 4);
  ByteReader reader(absl::string_view(record.data(), record.size()));
  Group group;
  group.covered_octets = reader.ReadU32Be().value_or(0);
  for (uint32_t& checksum : group.checksums) checksum = reader.ReadU32Be().value_or(0);
  const absl::string_view page = reader.ReadBytes(kPageOctets).value_or("");
  std::copy(page.begin(), page.end(), group.parity.begin());
  if (reader.ReadU32Be() != ExtendCrc32c(0, octets) || group.covered_octets == 0 ||
      group.covered_octets > kGroupOctets) {
    return std::nullopt;
  }
  return group;
}

size_t GroupsIn(const File& parity) {
  return parity.size() < kHeaderOctets ? 0 : (parity.size() - kHeaderOctets) / kRecordOctets;
}

// Whether it was made for this very file, and not for one that had its name before.
bool IsOf(const File& parity, const File& file) {
  std::array<char, kHeaderOctets> header;
  return parity.Read(0, absl::MakeSpan(header)) &&
         absl::string_view(header.data(), header.size()) == EncodeHeader(file.inode());
}

// The first group that is not there, or does not cover all that it can.
absl::StatusOr<size_t> FirstToWrite(const File& file, File* parity) {
  const size_t groups = GroupsIn(*parity);
  const bool fits = IsOf(*parity, file);
  std::optional<Group> last;
  if (fits && groups > 0) last = ReadGroup(*parity, groups - 1);
  if (fits && groups == 0) return 0;
  if (!last || (groups - 1) * kGroupOctets + last->covered_octets > file.size()) {
    RESTANTE_RETURN_IF_ERROR(parity->Empty());
    RESTANTE_RETURN_IF_ERROR(parity->Write(0, EncodeHeader(file.inode())));
    return 0;
  }
  // What is covered is not looked at again: it may be damaged by now.
  const size_t covered = (groups - 1) * kGroupOctets + last->covered_octets;
  return covered == file.size() || last->covered_octets == kGroupOctets ? groups : groups - 1;
}

// Puts the one page of `octets` that is not as it was right, if it is one; `group` says how they
// were.
MendResult MendGroup(const Group& group, std::string* octets, size_t* mended_page) {
  std::vector<size_t> wrong;
  std::array<char, kPageOctets> page = group.parity;
  for (size_t i = 0; i < kGroupPages; ++i) {
    if (ExtendCrc32c(0, PageOf(*octets, i)) != group.checksums[i]) {
      wrong.push_back(i);
    } else {
      Xor(PageOf(*octets, i), &page);
    }
  }
  if (wrong.empty()) return {};
  const absl::string_view right(page.data(), PageOf(*octets, wrong.front()).size());
  if (wrong.size() > 1 || ExtendCrc32c(0, right) != group.checksums[wrong.front()]) {
    return {0, static_cast<int64_t>(wrong.size())};
  }
  *mended_page = wrong.front();
  octets->replace(*mended_page * kPageOctets, right.size(), right.data(), right.size());
  return {1, 0};
}

}  // namespace

MendResult& MendResult::operator+=(const MendResult& other) {
  mended_pages += other.mended_pages;
  damaged_pages += other.damaged_pages;
  return *this;
}

absl::StatusOr<int64_t> ExtendParity(const std::string& path, const std::string& parity_path) {
  RESTANTE_ASSIGN_OR_RETURN(const File file, File::Open(path, O_RDONLY));
  RESTANTE_ASSIGN_OR_RETURN(File parity, File::Open(parity_path, O_RDWR | O_CREAT));
  RESTANTE_ASSIGN_OR_RETURN(size_t index, FirstToWrite(file, &parity));
  std::string octets;
  for (; index * kGroupOctets < file.size(); ++index) {
    const size_t offset = index * kGroupOctets;
    octets.resize(std::min(kGroupOctets, file.size() - offset));
    if (!file.Read(offset, absl::MakeSpan(octets.data(), octets.size()))) return Failed(path);
    RESTANTE_RETURN_IF_ERROR(
        parity.Write(kHeaderOctets + index * kRecordOctets, EncodeGroup(MakeGroup(octets))));
  }
  return static_cast<int64_t>(file.size());
}

absl::StatusOr<MendResult> MendFile(const std::string& path, const std::string& parity_path) {
  absl::StatusOr<File> parity = File::Open(parity_path, O_RDONLY);
  absl::StatusOr<File> file = File::Open(path, O_RDWR);
  if (absl::IsNotFound(parity.status()) || absl::IsNotFound(file.status())) return MendResult();
  RESTANTE_RETURN_IF_ERROR(parity.status());
  RESTANTE_RETURN_IF_ERROR(file.status());
  MendResult result;
  if (!IsOf(*parity, *file)) return result;
  for (size_t index = 0; index < GroupsIn(*parity); ++index) {
    const std::optional<Group> group = ReadGroup(*parity, index);
    const size_t offset = index * kGroupOctets;
    // What a power cut took off the end is not damage.
    if (!group || offset + group->covered_octets > file->size()) continue;
    std::string octets(group->covered_octets, '\0');
    if (!file->Read(offset, absl::MakeSpan(octets.data(), octets.size()))) return Failed(path);
    size_t page = 0;
    const MendResult mended = MendGroup(*group, &octets, &page);
    result += mended;
    if (mended.mended_pages == 0) continue;
    RESTANTE_RETURN_IF_ERROR(file->Write(offset + page * kPageOctets, PageOf(octets, page)));
  }
  if (result.mended_pages > 0) RESTANTE_RETURN_IF_ERROR(file->Sync());
  return result;
}

}  // namespace restante::mailstore
