#ifndef RESTANTE_TOOLS_RESTANTECTL_IMPORT_CALL_H_
#define RESTANTE_TOOLS_RESTANTECTL_IMPORT_CALL_H_

#include <grpcpp/grpcpp.h>

#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "common/base/status_macros.h"
#include "common/rpc/status.h"
#include "tools/restantectl/table.h"
#include "tools/restantectl/transfer_request_id.h"

namespace restante::ctl {

// The stream of an import, whose first message begins an operation or takes one on and whose last
// says that it is complete. One thread.
template <typename Request, typename Response>
class ImportCall {
 public:
  using Stream = grpc::ClientReaderWriterInterface<Request, Response>;
  using Open = std::function<std::unique_ptr<Stream>(grpc::ClientContext*)>;

  explicit ImportCall(Open open) : open_(std::move(open)) {}

  // Sends what `first` makes of a request id, with the next one when the operation of that one had
  // ended, and says on `err` which operation it is. The call's errors.
  absl::Status Begin(TransferRequestIds ids,
                     const std::function<Request(const std::string& request_id)>& first,
                     std::ostream& err) {
    while (true) {
      context_ = std::make_unique<grpc::ClientContext>();
      stream_ = open_(context_.get());
      Response answer;
      const bool going = stream_->Write(first(ids.current())) && stream_->Read(&answer);
      if (going && !answer.already_ended()) {
        err << "This import is " << Printable(answer.operation()) << ".\n";
        return absl::OkStatus();
      }
      RESTANTE_RETURN_IF_ERROR(End(/*complete=*/false));
      if (!answer.already_ended()) return absl::InternalError("the service says no operation");
      ids.SkipEnded(answer.operation());
    }
  }

  // False when the call is over.
  bool Write(const Request& request) { return stream_->Write(request); }
  bool Read(Response* response) { return stream_->Read(response); }

  // Ends the call; not `complete`, the operation is broken off.
  absl::Status End(bool complete) {
    if (complete) {
      Request last;
      last.set_complete(true);
      // That it does not arrive is in the status.
      (void)stream_->Write(last);
    }
    stream_->WritesDone();
    return rpc::FromGrpcStatus(stream_->Finish());
  }

 private:
  const Open open_;
  std::unique_ptr<grpc::ClientContext> context_;
  std::unique_ptr<Stream> stream_;
};

}  // namespace restante::ctl

#endif  // RESTANTE_TOOLS_RESTANTECTL_IMPORT_CALL_H_
