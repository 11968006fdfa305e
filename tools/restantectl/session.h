#ifndef RESTANTE_TOOLS_RESTANTECTL_SESSION_H_
#define RESTANTE_TOOLS_RESTANTECTL_SESSION_H_

#include <grpcpp/client_context.h>

#include <algorithm>
#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/base/random.h"
#include "common/base/status_macros.h"
#include "common/rpc/status.h"
#include "tools/restantectl/console.h"
#include "tools/restantectl/output.h"
#include "tools/restantectl/services.h"

namespace restante::ctl {

// What a command works with, for the one call of the program. All outlive it.
struct Session {
  Services& services;
  Console& console;
  Random& random;  // for request ids
  OutputFormat format;
  absl::Duration timeout;  // of each call
  int page_size = 1'000;   // of lists
};

// A parsed command, ready to run.
using Action = std::function<absl::Status(Session&)>;

// stub->Method(request), with the session's deadline.
template <typename Stub, typename Request, typename Response>
absl::Status Call(const Session& session, Stub* stub,
                  grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                  const Request& request, Response* response) {
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + session.timeout));
  return rpc::FromGrpcStatus((stub->*method)(&context, request, response));
}

// Page after page of a list into one message: at most `limit` elements, which `count` says of a
// message; 0 for all.
template <typename Stub, typename Request, typename Response, typename Count>
absl::StatusOr<Response> CallForPages(const Session& session, Stub* stub,
                                      grpc::Status (Stub::*method)(grpc::ClientContext*,
                                                                   const Request&, Response*),
                                      Request request, int limit, const Count& count) {
  Response all;
  do {
    const int left = limit == 0 ? session.page_size : limit - count(all);
    request.set_page_size(std::min(left, session.page_size));
    Response page;
    RESTANTE_RETURN_IF_ERROR(Call(session, stub, method, request, &page));
    request.set_page_token(page.next_page_token());
    all.MergeFrom(page);
  } while (!request.page_token().empty() && (limit == 0 || count(all) < limit));
  all.clear_next_page_token();
  return all;
}

// "accounts/jsmith" of "jsmith" or "accounts/jsmith".
std::string ResourceName(absl::string_view collection, absl::string_view id);

}  // namespace restante::ctl

#endif  // RESTANTE_TOOLS_RESTANTECTL_SESSION_H_
