#ifndef RESTANTE_TOOLS_RESTANTECTL_OUTPUT_H_
#define RESTANTE_TOOLS_RESTANTECTL_OUTPUT_H_

#include <google/longrunning/operations.pb.h>
#include <google/protobuf/message.h>

#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "restante/auth/v1/directory_service.pb.h"
#include "restante/common/v1/audit_service.pb.h"
#include "restante/common/v1/server_info_service.pb.h"
#include "restante/mailstore/v1/mailbox_service.pb.h"

namespace restante::ctl {

enum class OutputFormat { kTable, kWide, kJson, kYaml };

// Table or wide; not for programs.
inline bool IsForPeople(OutputFormat format) {
  return format == OutputFormat::kTable || format == OutputFormat::kWide;
}
// Of "table", "wide", "json" or "yaml".
OutputFormat OutputFormatOf(absl::string_view name);

// Text that cannot steer a terminal: as it is when it is UTF-8 without control and direction
// characters, otherwise with octets as \xHH.
std::string Printable(absl::string_view text);

// The whole message as JSON with the proto's field names, every field present, 64-bit numbers as
// strings (the proto JSON mapping); indented. Stable: scripts may rely on it.
std::string ToJson(const google::protobuf::Message& message);

// The same as YAML, texts in quotes; one document that begins with "---".
std::string ToYaml(const google::protobuf::Message& message);

// For people; the form may change. A list is one line an element under a headline, a single thing
// is one line a field. Every line ends with a newline.
std::string ToTable(const auth::v1::Account& account);
std::string ToTable(const auth::v1::ListAccountsResponse& accounts);
std::string ToTable(const auth::v1::SetCredentialResponse& credential);
std::string ToTable(const auth::v1::ListCredentialsResponse& credentials);
std::string ToTable(const auth::v1::NtlmSettings& settings);
std::string ToTable(const auth::v1::ProtocolPolicy& policy);
std::string ToTable(const auth::v1::ExplainLogonResponse& explanation);
std::string ToTable(const auth::v1::DiagnoseLogonResponse& diagnosis);
std::string ToTable(const auth::v1::ListLogonEventsResponse& events);
std::string ToTable(const common::v1::ListAuditEntriesResponse& entries);
std::string ToTable(const google::longrunning::Operation& operation);
std::string ToTable(const google::longrunning::ListOperationsResponse& operations);
std::string ToTable(const common::v1::ServerInfo& info);
std::string ToTable(const mailstore::v1::Mailbox& mailbox);
std::string ToTable(const mailstore::v1::ListMailboxesResponse& mailboxes);
std::string ToTable(const mailstore::v1::ListMessagesResponse& messages);
std::string ToTable(const mailstore::v1::ListDeletedMessagesResponse& messages);
std::string ToTable(const mailstore::v1::BreakLeaseResponse& response);

// With more columns, where there are more.
template <typename Message>
std::string ToWideTable(const Message& message) {
  return ToTable(message);
}
template <>
std::string ToWideTable(const auth::v1::ListAccountsResponse& accounts);
template <>
std::string ToWideTable(const auth::v1::ListLogonEventsResponse& events);
template <>
std::string ToWideTable(const common::v1::ListAuditEntriesResponse& entries);

template <typename Message>
void Print(const Message& message, OutputFormat format, std::ostream& out) {
  switch (format) {
    case OutputFormat::kTable:
      out << ToTable(message);
      return;
    case OutputFormat::kWide:
      out << ToWideTable(message);
      return;
    case OutputFormat::kJson:
      out << ToJson(message);
      return;
    case OutputFormat::kYaml:
      out << ToYaml(message);
      return;
  }
}

}  // namespace restante::ctl

#endif  // RESTANTE_TOOLS_RESTANTECTL_OUTPUT_H_
