#ifndef RESTANTE_MAILSTORE_SERVICE_LMTP_BACKEND_DELIVERY_STREAM_H_
#define RESTANTE_MAILSTORE_SERVICE_LMTP_BACKEND_DELIVERY_STREAM_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/log/logger.h"
#include "common/net/executor.h"
#include "common/rpc/call_counter.h"
#include "common/rpc/call_options.h"
#include "common/rpc/timer.h"
#include "mailstore-service/lmtp/backend/delivery_call.h"
#include "mailstore-service/lmtp/backend/delivery_turns.h"
#include "mailstore-service/lmtp/protocol/event.h"

namespace restante::lmtp {

// What the streams of one message have in common. Everything outlives them.
struct DeliveryCommons {
  const log::Logger& logger;
  rpc::CallCounter& counter;
  // How long a store may take over what it was given: for the first part, for each later one that
  // it has no room for, and for its answer. A store that went away is tried again meanwhile.
  rpc::CallOptions calls;
  // As long as the text is not longer, it is kept until the answer, so that the delivery can be
  // repeated. A longer message's delivery is broken by a broken call.
  size_t repeatable_octets;
  // As long as the text is not longer, it goes when it is whole, in one part and in the mailbox's
  // turn. A longer one goes as it comes, at its client's pace and out of turn, which it could keep
  // from the others for as long as it likes. Not more than repeatable_octets.
  size_t whole_octets;
  DeliveryTurns& turns;
};

// A message on its way into the mailboxes of one placement, for whose turn the first stands. Used
// and destroyed on the executor's thread; held by a shared_ptr, because answers hold weak ones.
class DeliveryStream : public std::enable_shared_from_this<DeliveryStream> {
 public:
  struct Target {
    std::string placement;
    std::vector<std::string> mailbox_ids;
    // One for each mailbox, the same in every repetition; those of a fingerprint take their place.
    std::vector<std::string> delivery_ids;
    std::string delivery_id;  // for the log
  };

  // `on_progress` runs on the executor's thread when text was taken and when the outcomes are
  // known.
  DeliveryStream(const DeliveryCommons& commons, std::shared_ptr<DeliveryCall::Stub> stub,
                 Target target, net::Executor executor, std::function<void()> on_progress);

  // At most 256 KiB.
  void Write(std::shared_ptr<const std::string> piece);
  // `fingerprint` as Delivery::Finish has it.
  void Finish(int64_t size_octets, uint32_t crc32c, const std::string& fingerprint);

  // Written and not yet taken; none once the outcomes are known.
  size_t unsent_octets() const { return unsent_octets_; }
  // One for each mailbox.
  const std::optional<std::vector<DeliveryOutcome>>& outcomes() const { return outcomes_; }

 private:
  using Response = mailstore::v1::DeliverMessageResponse;
  struct FinalPart {
    int64_t size_octets;
    uint32_t crc32c;
  };

  void TakeTurn();
  void Call();
  void Pump();
  void AddHeader(mailstore::v1::DeliveryHeader* header) const;
  // As much as one part holds.
  void AddText(std::string* text);
  void AddFinish(mailstore::v1::DeliveryFinish* finish) const;
  void OnWritten();
  void OnAnswer(absl::StatusOr<Response> answer);
  void OnBroken(const absl::Status& status);
  void OnStallCheck();
  void End(std::vector<DeliveryOutcome> outcomes);
  void Fail(const absl::Status& status);

  bool waits_for_store() const {
    return begun_ && !outcomes_ && (writing_ || call_ == nullptr || answer_due_);
  }
  // The store has `calls.deadline` from now.
  void ExtendDeadline();
  // A task that runs the member on the executor unless another call has begun or this is gone.
  net::Task Later(void (DeliveryStream::*member)());

  const DeliveryCommons& commons_;
  const std::shared_ptr<DeliveryCall::Stub> stub_;
  Target target_;
  const net::Executor executor_;
  const std::function<void()> on_progress_;

  std::deque<std::shared_ptr<const std::string>> pieces_;
  size_t next_piece_ = 0;           // of pieces_, to be written next
  size_t most_pieces_written_ = 0;  // of pieces_, by any call
  size_t text_octets_ = 0;          // of all pieces ever
  size_t unsent_octets_ = 0;        // of pieces_ from next_piece_ on
  bool repeatable_ = true;          // pieces_ begins with the first
  std::optional<FinalPart> finish_;

  bool begun_ = false;  // calls, or waits for its turn to
  std::unique_ptr<DeliveryTurns::Turn> turn_;
  std::unique_ptr<DeliveryCall> call_;  // null before the first try and between two
  uint64_t try_ = 0;                    // counts calls: tells a late answer from one waited for
  bool header_written_ = false;
  bool writing_ = false;
  bool answer_due_ = false;  // the last part was written
  gpr_timespec deadline_{};
  std::unique_ptr<rpc::Timeout> stall_check_;
  std::optional<std::vector<DeliveryOutcome>> outcomes_;
};

}  // namespace restante::lmtp

#endif  // RESTANTE_MAILSTORE_SERVICE_LMTP_BACKEND_DELIVERY_STREAM_H_
