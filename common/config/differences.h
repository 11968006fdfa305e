#ifndef RESTANTE_COMMON_CONFIG_DIFFERENCES_H_
#define RESTANTE_COMMON_CONFIG_DIFFERENCES_H_

#include <string>
#include <vector>

namespace google::protobuf {
class Message;
}  // namespace google::protobuf

namespace restante::config {

// The keys of two configurations of one type that are not the same, as paths from the top in byte
// order: "clients.max_connections". A list or map that differs is one key.
std::vector<std::string> ChangedKeys(const google::protobuf::Message& before,
                                     const google::protobuf::Message& after);

}  // namespace restante::config

#endif  // RESTANTE_COMMON_CONFIG_DIFFERENCES_H_
