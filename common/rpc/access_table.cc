#include "common/rpc/access_table.h"

#include <google/protobuf/descriptor.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/check.h"
#include "common/base/error_reason.h"
#include "common/base/escape.h"

namespace restante::rpc {
namespace {

absl::Status Denied(absl::string_view method, absl::string_view needs, const PeerIdentity& caller) {
  const std::string who = caller.roles.empty() ? "the caller's certificate has none"
                                               : absl::StrCat("the caller, ", caller.uri, ", has ",
                                                              absl::StrJoin(caller.roles, ", "));
  return MakeError(absl::StatusCode::kPermissionDenied, ErrorReason::kRoleMissing,
                   absl::StrCat(EscapeForLog(method, 128), " ", needs, "; ", who));
}

}  // namespace

absl::Status AccessTable::Check(absl::string_view method, const PeerIdentity& caller) const {
  const auto rule = rules_.find(method);
  if (rule == rules_.end()) return Denied(method, "is open to no role here", caller);
  const std::vector<std::string>& roles = rule->second;
  const bool allowed = std::any_of(roles.begin(), roles.end(),
                                   [&](const std::string& role) { return caller.HasRole(role); });
  if (allowed) return absl::OkStatus();
  return Denied(method, absl::StrCat("needs a role of: ", absl::StrJoin(roles, ", ")), caller);
}

std::vector<std::string> AccessTable::MethodsFor(const PeerIdentity& caller) const {
  std::vector<std::string> methods;
  for (const auto& [method, roles] : rules_) {
    if (Check(method, caller).ok()) methods.push_back(method);
  }
  return methods;
}

std::vector<std::string> AccessTable::MethodsLeftOut(const std::string& service) const {
  const auto* descriptor =
      google::protobuf::DescriptorPool::generated_pool()->FindServiceByName(service);
  RESTANTE_CHECK(descriptor != nullptr);
  std::vector<std::string> left_out;
  for (int i = 0; i < descriptor->method_count(); ++i) {
    std::string method = absl::StrCat("/", service, "/", descriptor->method(i)->name());
    if (rules_.find(method) == rules_.end()) left_out.push_back(std::move(method));
  }
  return left_out;
}

}  // namespace restante::rpc
