#include "common/rpc/audit_service.h"

#include "absl/strings/str_cat.h"
#include "common/audit/filter.h"
#include "common/base/status_macros.h"
#include "common/rpc/pages.h"
#include "common/rpc/status.h"
#include "common/rpc/time_messages.h"
#include "common/rpc/unary_call.h"

namespace restante::rpc {
namespace {

common::v1::AuditEntry ToProto(const audit::Entry& entry) {
  common::v1::AuditEntry proto;
  proto.set_name(absl::StrCat("auditEntries/", absl::Hex(entry.number, absl::kZeroPad16)));
  *proto.mutable_time() = ToTimestamp(entry.time);
  proto.set_caller(entry.author.caller);
  proto.set_method(entry.author.method);
  proto.set_resource(entry.resource);
  proto.set_request_id(entry.request_id);
  for (const audit::FieldChange& change : entry.changes) {
    common::v1::AuditFieldChange* added = proto.add_changes();
    added->set_field(change.field);
    for (const std::string& value : change.old_values) added->add_old_values(value);
    for (const std::string& value : change.new_values) added->add_new_values(value);
  }
  return proto;
}

}  // namespace

grpc::ServerUnaryReactor* AuditService::ListAuditEntries(
    grpc::CallbackServerContext* context, const common::v1::ListAuditEntriesRequest* request,
    common::v1::ListAuditEntriesResponse* response) {
  return Answer(workers_, context, [this, request, response] { return List(*request, response); });
}

absl::Status AuditService::List(const common::v1::ListAuditEntriesRequest& request,
                                common::v1::ListAuditEntriesResponse* response) const {
  RESTANTE_ASSIGN_OR_RETURN(const size_t page_size, ToPageSize(request.page_size()));
  RESTANTE_ASSIGN_OR_RETURN(uint64_t before, ParseNumberPageToken(request.page_token()));
  RESTANTE_ASSIGN_OR_RETURN(const audit::Filter filter, audit::Filter::Parse(request.filter()));
  size_t octets = 0;
  for (size_t looked_at = 0; looked_at < kMaxLookedAt; looked_at += kLookedAtOnce) {
    RESTANTE_ASSIGN_OR_RETURN(const std::vector<audit::Entry> entries,
                              read_(before, kLookedAtOnce));
    for (const audit::Entry& entry : entries) {
      if (static_cast<size_t>(response->entries_size()) == page_size || octets >= kMaxPageOctets) {
        response->set_next_page_token(MakeNumberPageToken(before));
        return absl::OkStatus();
      }
      before = entry.number;
      if (!filter.Matches(entry)) continue;
      common::v1::AuditEntry* added = response->add_entries();
      *added = ToProto(entry);
      octets += added->ByteSizeLong();
    }
    if (entries.size() < kLookedAtOnce) return absl::OkStatus();
  }
  response->set_next_page_token(MakeNumberPageToken(before));
  return absl::OkStatus();
}

}  // namespace restante::rpc
