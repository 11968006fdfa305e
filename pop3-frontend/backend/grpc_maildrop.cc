#include "pop3-frontend/backend/grpc_maildrop.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "common/base/check.h"
#include "common/rpc/retrying_call.h"

namespace restante::pop3 {

using mailstore::v1::CloseMaildropRequest;
using mailstore::v1::CloseMaildropResponse;

GrpcMaildrop::GrpcMaildrop(std::shared_ptr<MaildropCommons> commons,
                           std::shared_ptr<StoreLink> store, mailstore::v1::Lease lease,
                           std::vector<Size> sizes, std::string source, net::Executor executor)
    : commons_(std::move(commons)),
      store_(std::move(store)),
      lease_(std::move(lease)),
      sizes_(std::move(sizes)),
      source_(std::move(source)),
      executor_(std::move(executor)),
      reader_(std::make_shared<MessageReader>(store_, lease_, commons_->options.read_ahead_octets,
                                              commons_->options.calls, executor_,
                                              &commons_->calls)) {}

GrpcMaildrop::~GrpcMaildrop() {
  // Nobody waits: what cannot be told to the store in time ends with the lease.
  if (open_) GrpcMaildrop::Close({}, [](const absl::Status&) {});
}

void GrpcMaildrop::KeepLease(net::Task on_lost) {
  kept_ = commons_->leases->Keep(store_, lease_, executor_, std::move(on_lost));
}

std::vector<MessageReader::Wanted> GrpcMaildrop::PlanFrom(const MessageReader::Wanted& first) {
  constexpr size_t kMaxReadsPerCall = 1000;
  std::vector<MessageReader::Wanted> plan = {first};
  auto next = std::find_if(sizes_.begin(), sizes_.end(), [&first](const Size& size) {
    return size.message_id == first.message_id;
  });
  if (next == sizes_.end()) return plan;
  const GrpcMaildropOptions& options = commons_->options;
  int64_t ahead = 0;
  while (++next != sizes_.end() && plan.size() < kMaxReadsPerCall) {
    if (next->octets > options.read_ahead_octets) {
      options.on_read_ahead_limit(ReadAheadLimit::kSession);
      break;
    }
    ahead += next->octets;
    plan.push_back({next->message_id, first.top_lines});
  }
  if (ahead > 0) TakeReadAhead(std::min(ahead, options.read_ahead_octets), &plan);
  return plan;
}

void GrpcMaildrop::TakeReadAhead(int64_t octets, std::vector<MessageReader::Wanted>* plan) {
  const GrpcMaildropOptions& options = commons_->options;
  auto taken = commons_->read_ahead.Take(
      source_, octets, {options.total_read_ahead_octets, options.read_ahead_octets_per_source});
  if (auto* share = std::get_if<SourceQuota::Share>(&taken)) {
    read_ahead_.emplace(std::move(*share));
    return;
  }
  const bool all = std::get<SourceQuota::Full>(taken) == SourceQuota::Full::kAll;
  options.on_read_ahead_limit(all ? ReadAheadLimit::kAll : ReadAheadLimit::kSource);
  plan->resize(1);
}

void GrpcMaildrop::Read(uint64_t message_id, std::optional<int32_t> top_lines, ChunkDone done) {
  RESTANTE_CHECK(reader_ != nullptr);
  MessageReader::Wanted wanted{message_id, top_lines};
  if (reader_->IsNext(wanted)) return reader_->Resume(std::move(done));
  read_ahead_.reset();
  reader_->Start(PlanFrom(wanted), std::move(done));
}

void GrpcMaildrop::ReadMore(ChunkDone done) {
  RESTANTE_CHECK(reader_ != nullptr);
  reader_->More(std::move(done));
}

void GrpcMaildrop::Close(const CloseMaildrop& close, CloseDone done) {
  open_ = false;
  // A renewal that crosses the close would find the lease gone and take that for a loss.
  kept_.reset();
  reader_.reset();
  read_ahead_.reset();
  auto request = std::make_shared<CloseMaildropRequest>();
  *request->mutable_lease() = lease_;
  request->mutable_delete_message_ids()->Assign(close.delete_message_ids.begin(),
                                                close.delete_message_ids.end());
  request->mutable_read_message_ids()->Assign(close.read_message_ids.begin(),
                                              close.read_message_ids.end());
  rpc::RetryingCall<CloseMaildropRequest, CloseMaildropResponse>::Start(
      [store = store_](auto* context, auto* sent, auto* answer, auto answered) {
        store->stub->async()->CloseMaildrop(context, sent, answer, std::move(answered));
      },
      std::move(request), commons_->options.calls, &commons_->calls,
      [executor = executor_,
       done = std::move(done)](const absl::StatusOr<CloseMaildropResponse>& response) mutable {
        executor([done = std::move(done), status = response.status()]() mutable {
          std::move(done)(status);
        });
      });
}

}  // namespace restante::pop3
