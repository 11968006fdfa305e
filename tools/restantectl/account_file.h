#ifndef RESTANTE_TOOLS_RESTANTECTL_ACCOUNT_FILE_H_
#define RESTANTE_TOOLS_RESTANTECTL_ACCOUNT_FILE_H_

#include <cstdint>
#include <istream>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "restante/auth/v1/account_transfer.pb.h"

// Files of accounts, as `accounts import` reads and `accounts export` writes them.
namespace restante::ctl {

enum class AccountFileFormat {
  kCsv,        // RFC 4180 with a line of column names; several values of a column parted by ";"
  kJsonLines,  // restante.auth.v1.ImportItem in the proto JSON mapping, one a line
};

// One account of a file, and where it stands.
struct FileItem {
  int64_t line = 0;  // from 1: of a JSON file; of a CSV file the row, its column names counted
  absl::StatusOr<auth::v1::ImportItem> item;  // its item_number is `line`
};

// Reads a file from its beginning to its end, a piece at a time. One thread.
class AccountFileReader {
 public:
  virtual ~AccountFileReader() = default;

  // The next account; nullopt at the end. An account that cannot be read is one with an error; when
  // the file itself is none (its columns are not known, its quotes never end), the call fails and
  // nothing more can be read.
  virtual absl::StatusOr<std::optional<FileItem>> Next() = 0;
};

// `in` outlives the reader.
std::unique_ptr<AccountFileReader> ReadAccountFile(AccountFileFormat format, std::istream* in);

// The line of column names of a CSV file; nothing for JSON lines. With the end of the line.
std::string AccountFileHeader(AccountFileFormat format);

// What can be set of an account, as one line with its end. INVALID_ARGUMENT for a value that CSV
// cannot have, because of a ";" in it.
absl::StatusOr<std::string> AccountFileLine(AccountFileFormat format,
                                            const auth::v1::Account& account);

// By the name: ".csv", else JSON lines.
AccountFileFormat FormatOfFile(absl::string_view path);

}  // namespace restante::ctl

#endif  // RESTANTE_TOOLS_RESTANTECTL_ACCOUNT_FILE_H_
