#ifndef RESTANTE_TESTS_SUPPORT_REQUEST_LIMITS_H_
#define RESTANTE_TESTS_SUPPORT_REQUEST_LIMITS_H_

#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>
#include <vector>

namespace restante {

// A method, and a request of it that the server takes.
struct MethodWithRequest {
  std::string path;  // "/restante.auth.v1.DirectoryService/GetAccount"
  std::string text;  // of the request, in protobuf's text form
  // Fields that the server does not look at, such as those that are output only: "account.name".
  std::vector<std::string> unused = {};
};

// Sends the request again and again, each time with one field beyond every limit: a text of 100,000
// octets, 200,001 elements, a negative number, a time that is none, an enum value that is not
// known. Fields of fields too. Which of these were not refused with INVALID_ARGUMENT and the name
// of a field (or PAGE_TOKEN_INVALID), each with what was answered. The request as it is must not be
// refused so.
std::vector<std::string> FindUnenforcedLimits(
    const std::shared_ptr<grpc::ChannelInterface>& channel, const MethodWithRequest& method);

// Those of the service's methods with one request that `methods` lack.
std::vector<std::string> FindMissingMethods(const std::string& service,
                                            const std::vector<MethodWithRequest>& methods);

}  // namespace restante

#endif  // RESTANTE_TESTS_SUPPORT_REQUEST_LIMITS_H_
