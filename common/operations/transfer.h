#ifndef RESTANTE_COMMON_OPERATIONS_TRANSFER_H_
#define RESTANTE_COMMON_OPERATIONS_TRANSFER_H_

#include <cstdint>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "restante/common/v1/transfer.pb.h"

namespace restante::operations {

class Operations;

// What a call asks for that carries an operation.
struct TransferRequest {
  std::string kind;      // the method, "ImportMessages"
  std::string resource;  // "mailboxes/x"; empty for accounts
  bool validate_only = false;
  std::string request_id;
  std::string caller;  // by certificate
  // Its items begin with the first: what earlier calls counted does not count.
  bool from_the_beginning = false;
};

// An operation that a call carries: the call's own, and used by one thread at a time. When it goes
// without End the operation is broken off, and another call may take it on. End and, once a second,
// Report wait for a synced write; destruction does not.
class Transfer {
 public:
  ~Transfer();
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  // "operations/{id}".
  const std::string& name() const { return name_; }
  // There is nothing to do: it ended before this call came. What is below does nothing then.
  bool already_ended() const { return already_ended_; }

  // `counts` are of this call so far. CANCELLED when the operation was cancelled,
  // UNAVAILABLE/DRAINING when the service stops: the call is to end with that.
  absl::Status Report(const common::v1::TransferCounts& counts);

  // The call ends with `status`, and `counts` are all of its. With an error that another call need
  // not meet, as CANCELLED, UNAVAILABLE and RESOURCE_EXHAUSTED, the operation is broken off; else
  // it has ended. Durable when it returns, or the log says so and it is broken off after a restart.
  void End(const absl::Status& status, const common::v1::TransferCounts& counts);

 private:
  friend class Operations;

  Transfer(Operations* operations, uint64_t number, std::string name, bool already_ended)
      : operations_(*operations),
        number_(number),
        name_(std::move(name)),
        already_ended_(already_ended) {}

  Operations& operations_;  // outlives it
  const uint64_t number_;
  const std::string name_;
  const bool already_ended_;
  bool carries_ = false;
  common::v1::TransferCounts before_;  // of the calls before this one
  absl::Duration kept_ = absl::ZeroDuration();
};

}  // namespace restante::operations

#endif  // RESTANTE_COMMON_OPERATIONS_TRANSFER_H_
