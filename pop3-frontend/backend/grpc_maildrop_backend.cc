#include "pop3-frontend/backend/grpc_maildrop_backend.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "common/base/error_reason.h"
#include "common/base/mutex.h"
#include "common/base/status_macros.h"
#include "common/net/ip_network.h"
#include "common/rpc/retrying_call.h"
#include "pop3-frontend/backend/grpc_maildrop.h"

namespace restante::pop3 {
namespace {

using mailstore::v1::OpenMaildropRequest;
using mailstore::v1::OpenMaildropResponse;

// One opening: its first page takes the lease, the others list the rest. Shared by its calls.
class Opening : public std::enable_shared_from_this<Opening> {
 public:
  Opening(std::shared_ptr<MaildropCommons> commons, std::shared_ptr<StoreLink> store,
          OpenRequest request, net::Executor executor, net::Task on_lease_lost,
          MaildropBackend::Done done)
      : commons_(std::move(commons)),
        store_(std::move(store)),
        request_(std::move(request)),
        executor_(std::move(executor)),
        on_lease_lost_(std::move(on_lease_lost)),
        done_(std::move(done)),
        deadline_(rpc::DeadlineAfter(commons_->options.calls.deadline)),
        busy_deadline_(rpc::DeadlineAfter(commons_->options.busy_wait)) {}

  void AskForPage(const std::string& page_token) {
    constexpr int kPageSize = 2'000;
    auto request = std::make_shared<OpenMaildropRequest>();
    if (page_token.empty()) request->set_maildrop_grant(request_.target.maildrop_grant);
    request->set_mailbox_id(request_.target.mailbox_id);
    request->set_session_id(request_.session_id);
    request->set_client_address(request_.client_address);
    request->set_page_size(kPageSize);
    request->set_page_token(page_token);
    rpc::CallOptions options = commons_->options.calls;
    options.deadline = rpc::TimeLeft(deadline_);
    rpc::RetryingCall<OpenMaildropRequest, OpenMaildropResponse>::Start(
        [store = store_](auto* context, auto* sent, auto* answer, auto answered) {
          store->stub->async()->OpenMaildrop(context, sent, answer, std::move(answered));
        },
        std::move(request), options, &commons_->calls,
        [self = shared_from_this()](absl::StatusOr<OpenMaildropResponse> page) {
          self->OnPage(std::move(page));
        });
  }

 private:
  void OnPage(absl::StatusOr<OpenMaildropResponse> page) {
    constexpr size_t kMaxMessages = MaildropBackend::kMaxMessages;
    if (page.ok() && page->has_lease()) lease_ = page->lease();
    if (page.ok() && page->has_retention_days()) retention_days_ = page->retention_days();
    if (page.ok()) uidl_prefix_ = page->uidl_prefix();
    if (GetErrorReason(page.status()) == ErrorReason::kMaildropInUse && AskAgainSoon()) return;
    if (!page.ok()) return Fail(page.status());
    if (page->message_ids_size() != page->sizes_octets_size()) {
      return Fail(absl::InternalError("the store listed messages without their sizes"));
    }
    messages_.reserve(
        std::min(static_cast<size_t>(std::max<int64_t>(page->message_count(), 0)), kMaxMessages));
    const size_t before = messages_.size();
    for (int i = 0; i < page->message_ids_size(); ++i) {
      Add({page->message_ids(i), page->sizes_octets(i), ""});
    }
    for (mailstore::v1::MaildropMessage& message : *page->mutable_messages()) {
      Add({message.message_id(), message.size_octets(), std::move(*message.mutable_uidl())});
    }
    // A server that pages for ever without messages would hold the client for ever.
    if (page->next_page_token().empty() || messages_.size() == before) return Succeed();
    AskForPage(page->next_page_token());
  }

  void Add(MaildropMessage message) {
    if (messages_.size() < MaildropBackend::kMaxMessages) messages_.push_back(std::move(message));
  }

  // False when a busy maildrop has been waited for long enough.
  bool AskAgainSoon() {
    constexpr absl::Duration kPause = absl::Milliseconds(50);
    if (rpc::TimeLeft(busy_deadline_) < kPause) return false;
    rpc::CallCounter::Ticket ticket = commons_->calls.Enter();
    if (!ticket) return false;
    rpc::RunAfter(
        kPause, [self = shared_from_this(), ticket = std::move(ticket)] { self->AskForPage(""); });
    return true;
  }

  std::unique_ptr<GrpcMaildrop> MakeMaildrop() {
    std::vector<GrpcMaildrop::Size> sizes;
    sizes.reserve(messages_.size());
    for (const MaildropMessage& message : messages_) {
      sizes.push_back({message.message_id, message.size_octets});
    }
    return std::make_unique<GrpcMaildrop>(commons_, store_, *std::move(lease_), std::move(sizes),
                                          net::SourceNetwork(request_.client_address), executor_);
  }

  void Succeed() {
    if (!lease_) return Fail(absl::InternalError("the store gave no lease"));
    // A task that never runs destroys the maildrop and so lets go of the lease.
    executor_([maildrop = MakeMaildrop(), messages = std::move(messages_),
               retention_days = retention_days_, uidl_prefix = std::move(uidl_prefix_),
               on_lease_lost = std::move(on_lease_lost_), done = std::move(done_)]() mutable {
      maildrop->KeepLease(std::move(on_lease_lost));
      std::move(done)(OpenedMaildrop{std::move(messages), std::move(maildrop), retention_days,
                                     std::move(uidl_prefix)});
    });
  }

  void Fail(absl::Status status) {
    // Let go of what the first page took.
    if (lease_) MakeMaildrop().reset();
    executor_([done = std::move(done_), status = std::move(status)]() mutable {
      std::move(done)(std::move(status));
    });
  }

  const std::shared_ptr<MaildropCommons> commons_;
  const std::shared_ptr<StoreLink> store_;
  const OpenRequest request_;
  const net::Executor executor_;
  net::Task on_lease_lost_;
  MaildropBackend::Done done_;
  const gpr_timespec deadline_;
  const gpr_timespec busy_deadline_;
  std::optional<mailstore::v1::Lease> lease_;
  std::optional<int32_t> retention_days_;
  std::string uidl_prefix_;
  std::vector<MaildropMessage> messages_;
};

}  // namespace

class GrpcMaildropBackend::Engine {
 public:
  Engine(rpc::PlacementRouter* router, const log::Logger& logger,
         const GrpcMaildropOptions& options)
      : router_(router), commons_(std::make_shared<MaildropCommons>(logger, options)) {}

  ~Engine() {
    commons_->leases->Stop();
    commons_->calls.StopAndWait();
  }

  absl::StatusOr<std::shared_ptr<StoreLink>> StoreOf(const std::string& placement) {
    RESTANTE_ASSIGN_OR_RETURN(std::shared_ptr<grpc::ChannelInterface> channel,
                              router_->ChannelTo(placement));
    MutexLock lock(&mutex_);
    std::shared_ptr<StoreLink>& store = stores_[placement];
    if (store == nullptr) {
      store = std::make_shared<StoreLink>();
      store->placement = placement;
      store->stub = mailstore::v1::MaildropService::NewStub(channel);
    }
    return store;
  }

  const std::shared_ptr<MaildropCommons>& commons() const { return commons_; }

 private:
  rpc::PlacementRouter* const router_;
  const std::shared_ptr<MaildropCommons> commons_;
  Mutex mutex_;
  std::map<std::string, std::shared_ptr<StoreLink>> stores_ ABSL_GUARDED_BY(mutex_);
};

GrpcMaildropBackend::GrpcMaildropBackend(rpc::PlacementRouter* router, const log::Logger& logger,
                                         GrpcMaildropOptions options)
    : engine_(std::make_unique<Engine>(router, logger, options)) {}

GrpcMaildropBackend::~GrpcMaildropBackend() = default;

void GrpcMaildropBackend::Open(OpenRequest request, net::Executor executor, net::Task on_lease_lost,
                               Done done) {
  absl::StatusOr<std::shared_ptr<StoreLink>> store = engine_->StoreOf(request.target.placement);
  if (!store.ok()) {
    executor([done = std::move(done), status = store.status()]() mutable {
      std::move(done)(std::move(status));
    });
    return;
  }
  std::make_shared<Opening>(engine_->commons(), *std::move(store), std::move(request),
                            std::move(executor), std::move(on_lease_lost), std::move(done))
      ->AskForPage("");
}

}  // namespace restante::pop3
