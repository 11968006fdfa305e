#include "tools/restantectl/mail/maildir.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <system_error>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/status_macros.h"
#include "tools/restantectl/mail/files.h"
#include "tools/restantectl/mail/line_ends.h"

namespace restante::ctl {
namespace {

namespace fs = std::filesystem;

constexpr char kUidlFile[] = "restante-uidl";
constexpr char kOwnSuffix[] = ".restante";

absl::Status DiskError(const std::string& path, const std::error_code& error) {
  return absl::UnavailableError(absl::StrCat(path, ": ", error.message()));
}

// What it is called whatever its flags are.
std::string BaseName(const std::string& name) { return name.substr(0, name.find(':')); }

std::optional<int64_t> SecondsOf(const std::string& name) {
  int64_t seconds = 0;
  if (!absl::SimpleAtoi(name.substr(0, name.find('.')), &seconds)) return std::nullopt;
  return seconds;
}

// "TIME.MID.restante": the id in its middle.
uint64_t MessageIdOf(const std::string& base) {
  const std::vector<std::string> parts = absl::StrSplit(base, '.');
  uint64_t id = 0;
  if (parts.size() != 3 || !absl::EndsWith(base, kOwnSuffix) || !absl::StartsWith(parts[1], "M") ||
      !absl::SimpleAtoi(parts[1].substr(1), &id)) {
    return 0;
  }
  return id;
}

using Uidls = std::map<std::string, std::string>;  // by base name

absl::StatusOr<Uidls> ReadUidls(const std::string& directory) {
  Uidls uidls;
  const std::string path = absl::StrCat(directory, "/", kUidlFile);
  std::error_code error;
  if (!fs::exists(path, error)) return uidls;
  RESTANTE_ASSIGN_OR_RETURN(const std::string text, ReadFile(path));
  for (absl::string_view line : absl::StrSplit(text, '\n', absl::SkipEmpty())) {
    const std::pair<std::string, std::string> parts = absl::StrSplit(line, absl::MaxSplits(' ', 1));
    uidls.insert(parts);
  }
  return uidls;
}

struct Entry {
  std::string path;
  std::string name;
};

absl::StatusOr<std::vector<Entry>> ReadEntries(const std::string& directory) {
  std::vector<Entry> entries;
  for (const char* part : {"cur", "new"}) {
    std::error_code error;
    const fs::path folder = fs::path(directory) / part;
    for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) {
      const std::string name = entry.path().filename();
      if (!absl::StartsWith(name, ".")) entries.push_back({entry.path(), name});
    }
    if (error) return DiskError(folder, error);
  }
  const auto order = [](const Entry& entry) {
    return std::pair(SecondsOf(entry.name).value_or(0), BaseName(entry.name));
  };
  std::sort(entries.begin(), entries.end(),
            [&order](const Entry& a, const Entry& b) { return order(a) < order(b); });
  return entries;
}

class MaildirSource : public MailSource {
 public:
  MaildirSource(std::vector<Entry> entries, Uidls uidls)
      : entries_(std::move(entries)), uidls_(std::move(uidls)) {}

  absl::StatusOr<std::vector<SourceMessage>> List() override {
    std::vector<SourceMessage> messages;
    for (const Entry& entry : entries_) {
      SourceMessage message;
      message.import_id = BaseName(entry.name);
      const auto uidl = uidls_.find(message.import_id);
      if (uidl != uidls_.end()) message.uidl = uidl->second;
      if (const auto seconds = SecondsOf(entry.name)) {
        message.delivery_time = absl::FromUnixSeconds(*seconds);
      }
      const size_t flags = entry.name.find(":2,");
      message.read = flags != std::string::npos && entry.name.find('S', flags) != std::string::npos;
      messages.push_back(std::move(message));
    }
    return messages;
  }

  absl::StatusOr<std::string> Read(size_t index) override {
    RESTANTE_ASSIGN_OR_RETURN(const std::string text, ReadFile(entries_.at(index).path));
    return WithCrlf(text);
  }

 private:
  const std::vector<Entry> entries_;
  const Uidls uidls_;
};

class MaildirSink : public MailSink {
 public:
  MaildirSink(std::string directory, Uidls uidls)
      : directory_(std::move(directory)), uidls_(std::move(uidls)) {}

  absl::StatusOr<uint64_t> LastMessageId() override {
    RESTANTE_ASSIGN_OR_RETURN(const std::vector<Entry> entries, ReadEntries(directory_));
    uint64_t last = 0;
    for (const Entry& entry : entries) last = std::max(last, MessageIdOf(BaseName(entry.name)));
    return last;
  }

  absl::Status Write(const ExportedMail& mail, const std::string& text) override {
    const std::string base =
        absl::StrCat(absl::ToUnixSeconds(mail.delivery_time), ".M", mail.message_id, kOwnSuffix);
    const std::string temporary = absl::StrCat(directory_, "/tmp/", base);
    RESTANTE_RETURN_IF_ERROR(WriteFile(temporary, WithLf(text)));
    const std::string path = mail.read ? absl::StrCat(directory_, "/cur/", base, ":2,S")
                                       : absl::StrCat(directory_, "/new/", base);
    std::error_code error;
    fs::rename(temporary, path, error);
    if (error) return DiskError(path, error);
    uidls_[base] = mail.uidl;
    return absl::OkStatus();
  }

  absl::Status Close() override {
    std::string lines;
    for (const auto& [name, uidl] : uidls_) absl::StrAppend(&lines, name, " ", uidl, "\n");
    RESTANTE_RETURN_IF_ERROR(WriteFile(absl::StrCat(directory_, "/", kUidlFile), lines));
    for (const char* part : {"/cur", "/new", ""}) {
      RESTANTE_RETURN_IF_ERROR(Sync(directory_ + part));
    }
    return absl::OkStatus();
  }

 private:
  const std::string directory_;
  Uidls uidls_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<MailSource>> OpenMaildir(const std::string& directory) {
  std::error_code error;
  if (!fs::is_directory(directory + "/cur", error) ||
      !fs::is_directory(directory + "/new", error)) {
    return absl::InvalidArgumentError(
        absl::StrCat(directory, " is no Maildir: it has no folders cur and new"));
  }
  RESTANTE_ASSIGN_OR_RETURN(std::vector<Entry> entries, ReadEntries(directory));
  RESTANTE_ASSIGN_OR_RETURN(Uidls uidls, ReadUidls(directory));
  return std::make_unique<MaildirSource>(std::move(entries), std::move(uidls));
}

absl::StatusOr<std::unique_ptr<MailSink>> MakeMaildir(const std::string& directory) {
  for (const char* part : {"", "/cur", "/new", "/tmp"}) {
    const std::string path = directory + part;
    std::error_code error;
    if (fs::create_directory(path, error)) {
      fs::permissions(path, fs::perms::owner_all, error);
    }
    if (error) return DiskError(path, error);
  }
  RESTANTE_ASSIGN_OR_RETURN(Uidls uidls, ReadUidls(directory));
  return std::make_unique<MaildirSink>(directory, std::move(uidls));
}

}  // namespace restante::ctl
