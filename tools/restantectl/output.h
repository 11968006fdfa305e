#ifndef RESTANTE_TOOLS_RESTANTECTL_OUTPUT_H_
#define RESTANTE_TOOLS_RESTANTECTL_OUTPUT_H_

#include <google/protobuf/message.h>

#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "restante/auth/v1/directory_service.pb.h"
#include "restante/mailstore/v1/mailbox_service.pb.h"

namespace restante::ctl {

enum class OutputFormat { kTable, kJson };

// Text that cannot steer a terminal: as it is when it is UTF-8 without control and direction
// characters, otherwise with octets as \xHH.
std::string Printable(absl::string_view text);

// The whole message as JSON with the proto's field names, every field present, 64-bit numbers as
// strings (the proto JSON mapping); indented. Stable: scripts may rely on it.
std::string ToJson(const google::protobuf::Message& message);

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
std::string ToTable(const mailstore::v1::Mailbox& mailbox);
std::string ToTable(const mailstore::v1::ListMailboxesResponse& mailboxes);
std::string ToTable(const mailstore::v1::ListMessagesResponse& messages);

template <typename Message>
void Print(const Message& message, OutputFormat format, std::ostream& out) {
  out << (format == OutputFormat::kJson ? ToJson(message) : ToTable(message));
}

}  // namespace restante::ctl

#endif  // RESTANTE_TOOLS_RESTANTECTL_OUTPUT_H_
