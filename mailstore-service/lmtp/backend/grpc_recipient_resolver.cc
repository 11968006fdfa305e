#include "mailstore-service/lmtp/backend/grpc_recipient_resolver.h"

#include <utility>

#include "common/rpc/placement_router.h"
#include "common/rpc/retrying_call.h"
#include "restante/auth/v1/logon_service.grpc.pb.h"

namespace restante::lmtp {
namespace {

using auth::v1::LogonService;
using auth::v1::ResolveRecipientsRequest;
using auth::v1::ResolveRecipientsResponse;
using ResolveCall = rpc::RetryingCall<ResolveRecipientsRequest, ResolveRecipientsResponse>;

// What a mailbox's name may be, by DeliveryHeader.
constexpr size_t kMaxMailboxIdOctets = 64;

absl::StatusOr<Event> ToEvent(absl::StatusOr<ResolveRecipientsResponse> response) {
  if (!response.ok()) return response.status();
  if (response->recipients_size() != 1) {
    return absl::InternalError("auth gave another number of answers than it was asked for");
  }
  auth::v1::ResolvedRecipient* recipient = response->mutable_recipients(0);
  if (!recipient->found()) return Event(RecipientUnknown());
  bool usable = !recipient->mailbox_id().empty() &&
                recipient->mailbox_id().size() <= kMaxMailboxIdOctets &&
                rpc::PlacementRouter::IsPlacement(recipient->placement());
  if (!usable) return absl::InternalError("auth gave no usable mailbox or placement");
  return Event(RecipientFound{std::move(*recipient->mutable_mailbox_id()),
                              std::move(*recipient->mutable_placement())});
}

}  // namespace

class GrpcRecipientResolver::Engine {
 public:
  Engine(const std::shared_ptr<grpc::ChannelInterface>& auth, const log::Logger& logger,
         rpc::CallOptions options)
      : logger_(logger), options_(options), stub_(LogonService::NewStub(auth)) {}
  ~Engine() { counter_.StopAndWait(); }

  void Resolve(const std::string& address, net::Executor executor, Done done) {
    auto request = std::make_shared<ResolveRecipientsRequest>();
    request->add_addresses(address);
    ResolveCall::Start(
        [stub = stub_.get()](auto* context, auto* sent, auto* answer, auto answered) {
          stub->async()->ResolveRecipients(context, sent, answer, std::move(answered));
        },
        std::move(request), options_, &counter_,
        [this, executor = std::move(executor),
         done = std::move(done)](absl::StatusOr<ResolveRecipientsResponse> response) mutable {
          executor([done = std::move(done), event = EventOf(std::move(response))]() mutable {
            std::move(done)(std::move(event));
          });
        });
  }

 private:
  Event EventOf(absl::StatusOr<ResolveRecipientsResponse> response) const {
    absl::StatusOr<Event> event = ToEvent(std::move(response));
    if (event.ok()) return *std::move(event);
    logger_.Warn("recipient_undecided", {{"error", event.status().message()}});
    return RecipientUndecided();
  }

  const log::Logger& logger_;
  const rpc::CallOptions options_;
  const std::unique_ptr<LogonService::Stub> stub_;
  rpc::CallCounter counter_;
};

GrpcRecipientResolver::GrpcRecipientResolver(const std::shared_ptr<grpc::ChannelInterface>& auth,
                                             const log::Logger& logger, rpc::CallOptions options)
    : engine_(std::make_unique<Engine>(auth, logger, options)) {}

GrpcRecipientResolver::~GrpcRecipientResolver() = default;

void GrpcRecipientResolver::Resolve(const std::string& address, net::Executor executor, Done done) {
  engine_->Resolve(address, std::move(executor), std::move(done));
}

}  // namespace restante::lmtp
