#ifndef RESTANTE_TOOLS_RESTANTECTL_TRANSFER_H_
#define RESTANTE_TOOLS_RESTANTECTL_TRANSFER_H_

#include <string>

#include "absl/status/status.h"
#include "tools/restantectl/session.h"

namespace restante::ctl {

// The commands `accounts import` and `accounts export`.

struct ImportWish {
  std::string path;    // "-": standard input
  std::string format;  // "csv", "jsonl"; empty: by the path
  bool update_existing = false;
  bool dry_run = false;
};

// Sends the accounts of a file and prints how many were created, updated, left as they were, and
// failed; each failed line with its reason goes to err(). An error when any failed. What was
// answered is durable: an import that broke off is repeated with update_existing, and goes on with
// the same operation when it is of the same file.
absl::Status ImportAccounts(Session& session, const ImportWish& wish);

struct ExportWish {
  std::string format;  // "csv" or "jsonl"
  std::string filter;
  bool show_deleted = false;
};

// Every account that the filter holds for, to out(), as ImportAccounts reads it; no secrets.
absl::Status ExportAccounts(Session& session, const ExportWish& wish);

}  // namespace restante::ctl

#endif  // RESTANTE_TOOLS_RESTANTECTL_TRANSFER_H_
