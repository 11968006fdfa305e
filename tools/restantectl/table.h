#ifndef RESTANTE_TOOLS_RESTANTECTL_TABLE_H_
#define RESTANTE_TOOLS_RESTANTECTL_TABLE_H_

#include <google/protobuf/timestamp.pb.h>

#include <string>
#include <utility>
#include <vector>

namespace restante::ctl {

using Row = std::vector<std::string>;

// Columns wide enough for their cells, two blanks apart; nothing after the last. Each row ends with
// a newline.
std::string Columns(const std::vector<Row>& rows);

// "Alias:  john.smith", a line each; leaves out fields without a value.
std::string Fields(const std::vector<std::pair<std::string, std::string>>& fields);

std::string OrDash(std::string text);

// "jsmith" of "accounts/jsmith", made Printable.
std::string LastPart(const std::string& name);

// As RFC 3339 writes it; empty when there is none.
std::string TimeOf(const google::protobuf::Timestamp& time, bool has);

}  // namespace restante::ctl

#endif  // RESTANTE_TOOLS_RESTANTECTL_TABLE_H_
