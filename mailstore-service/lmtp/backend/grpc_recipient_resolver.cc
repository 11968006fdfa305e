#include "mailstore-service/lmtp/backend/grpc_recipient_resolver.h"

#include <optional>
#include <utility>
#include <variant>

#include "common/rpc/client_watch.h"
#include "common/rpc/placement_router.h"
#include "common/rpc/retrying_call.h"
#include "mailstore-service/lmtp/backend/kept_recipients.h"
#include "restante/auth/v1/logon_service.grpc.pb.h"

namespace restante::lmtp {
namespace {

using auth::v1::LogonService;
using auth::v1::ResolveRecipientsRequest;
using auth::v1::ResolveRecipientsResponse;
using auth::v1::WatchRecipientsRequest;
using auth::v1::WatchRecipientsResponse;
using ResolveCall = rpc::RetryingCall<ResolveRecipientsRequest, ResolveRecipientsResponse>;

// What a mailbox's name may be, by DeliveryHeader.
constexpr size_t kMaxMailboxIdOctets = 64;

absl::StatusOr<Event> ToEvent(const absl::StatusOr<ResolveRecipientsResponse>& response) {
  if (!response.ok()) return response.status();
  if (response->recipients_size() != 1) {
    return absl::InternalError("auth gave another number of answers than it was asked for");
  }
  const auth::v1::ResolvedRecipient& recipient = response->recipients(0);
  if (!recipient.found()) return Event(RecipientUnknown());
  bool usable = !recipient.mailbox_id().empty() &&
                recipient.mailbox_id().size() <= kMaxMailboxIdOctets &&
                rpc::PlacementRouter::IsPlacement(recipient.placement());
  if (!usable) return absl::InternalError("auth gave no usable mailbox or placement");
  return Event(RecipientFound{recipient.mailbox_id(), recipient.placement()});
}

}  // namespace

class GrpcRecipientResolver::Engine {
 public:
  Engine(const std::shared_ptr<grpc::ChannelInterface>& auth, const log::Logger& logger,
         const Clock& clock, metrics::Counter kept_count, GrpcRecipientOptions options)
      : logger_(logger),
        options_(options),
        kept_count_(kept_count),
        stub_(LogonService::NewStub(auth)),
        kept_(clock, options.keep_for) {
    if (options_.keep_for > absl::ZeroDuration()) Watch();
  }
  ~Engine() { counter_.StopAndWait(); }

  void Resolve(const std::string& address, net::Executor executor, Done done) {
    if (std::optional<RecipientFound> kept = kept_.Find(address)) {
      kept_count_.Add();
      return executor([done = std::move(done), event = Event(*std::move(kept))]() mutable {
        std::move(done)(std::move(event));
      });
    }
    auto request = std::make_shared<ResolveRecipientsRequest>();
    request->add_addresses(address);
    ResolveCall::Start(
        [stub = stub_.get()](auto* context, auto* sent, auto* answer, auto answered) {
          stub->async()->ResolveRecipients(context, sent, answer, std::move(answered));
        },
        std::move(request), options_.calls, &counter_,
        [this, address, executor = std::move(executor), done = std::move(done)](
            const absl::StatusOr<ResolveRecipientsResponse>& response) mutable {
          executor([done = std::move(done), event = EventOf(address, response)]() mutable {
            std::move(done)(std::move(event));
          });
        });
  }

 private:
  void Watch() {
    watch_.emplace(
        [stub = stub_.get(), request = WatchRecipientsRequest()](grpc::ClientContext* context,
                                                                 auto* reactor) {
          stub->async()->WatchRecipients(context, &request, reactor);
        },
        rpc::ClientWatch<WatchRecipientsResponse>::Events{
            .on_response =
                [this](const WatchRecipientsResponse& response) {
                  kept_.SetRevision(response.directory_revision());
                },
            .on_end =
                [this](const absl::Status& status) {
                  kept_.Forget();
                  // Deliveries go on, with a question for each recipient.
                  logger_.Info("recipient_watch_ended", {{"error", status.ToString()}});
                }},
        options_.watch_retry_delay);
  }

  Event EventOf(const std::string& address,
                const absl::StatusOr<ResolveRecipientsResponse>& response) {
    absl::StatusOr<Event> event = ToEvent(response);
    if (!event.ok()) {
      logger_.Warn("recipient_undecided", {{"error", event.status().message()}});
      return RecipientUndecided();
    }
    if (const auto* found = std::get_if<RecipientFound>(&*event)) {
      kept_.Keep(address, *found, response->directory_revision());
    }
    return *std::move(event);
  }

  const log::Logger& logger_;
  const GrpcRecipientOptions options_;
  const metrics::Counter kept_count_;
  const std::unique_ptr<LogonService::Stub> stub_;
  rpc::CallCounter counter_;
  KeptRecipients kept_;
  std::optional<rpc::ClientWatch<WatchRecipientsResponse>> watch_;  // the last: calls back
};

GrpcRecipientResolver::GrpcRecipientResolver(const std::shared_ptr<grpc::ChannelInterface>& auth,
                                             const log::Logger& logger, const Clock& clock,
                                             metrics::Counter kept, GrpcRecipientOptions options)
    : engine_(std::make_unique<Engine>(auth, logger, clock, kept, options)) {}

GrpcRecipientResolver::~GrpcRecipientResolver() = default;

void GrpcRecipientResolver::Resolve(const std::string& address, net::Executor executor, Done done) {
  engine_->Resolve(address, std::move(executor), std::move(done));
}

}  // namespace restante::lmtp
