#include "tools/restantectl/audit.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/status_macros.h"
#include "tools/restantectl/table.h"

namespace restante::ctl {
namespace {

using Audit = common::v1::AuditService::StubInterface;

template <typename Strings>
std::string Values(const Strings& values) {
  return values.empty() ? "nothing" : Printable(absl::StrJoin(values, ", "));
}

// "alias: john.smith -> j.smith".
std::string ChangeText(const common::v1::AuditFieldChange& change) {
  return absl::StrCat(Printable(change.field()), ": ", Values(change.old_values()), " -> ",
                      Values(change.new_values()));
}

std::string EntryTable(const common::v1::ListAuditEntriesResponse& entries, bool wide) {
  std::vector<Row> rows = {{"TIME", "CALLER", "METHOD", "RESOURCE", "CHANGES"}};
  if (wide) {
    rows.front().insert(rows.front().begin(), "ENTRY");
    rows.front().insert(rows.front().end() - 1, "REQUEST");
  }
  for (const common::v1::AuditEntry& entry : entries.entries()) {
    std::vector<std::string> changes;
    for (const common::v1::AuditFieldChange& change : entry.changes()) {
      changes.push_back(ChangeText(change));
    }
    Row row = {TimeOf(entry.time(), entry.has_time()), OrDash(Printable(entry.caller())),
               OrDash(Printable(entry.method())), Printable(entry.resource())};
    if (wide) {
      row.insert(row.begin(), LastPart(entry.name()));
      row.push_back(OrDash(Printable(entry.request_id())));
    }
    row.push_back(OrDash(absl::StrJoin(changes, "; ")));
    rows.push_back(std::move(row));
  }
  return Columns(rows);
}

}  // namespace

std::string ToTable(const common::v1::ListAuditEntriesResponse& entries) {
  return EntryTable(entries, /*wide=*/false);
}

template <>
std::string ToWideTable(const common::v1::ListAuditEntriesResponse& entries) {
  return EntryTable(entries, /*wide=*/true);
}

absl::Status ListAudit(Session& session, Program program, const std::string& filter, int limit) {
  RESTANTE_ASSIGN_OR_RETURN(Audit * audit, session.services.Audit(program));
  common::v1::ListAuditEntriesRequest request;
  request.set_filter(filter);
  RESTANTE_ASSIGN_OR_RETURN(const common::v1::ListAuditEntriesResponse all,
                            CallForPages(session, audit, &Audit::ListAuditEntries, request, limit,
                                         [](const auto& listed) { return listed.entries_size(); }));
  Print(all, session.format, session.console.out());
  return absl::OkStatus();
}

}  // namespace restante::ctl
