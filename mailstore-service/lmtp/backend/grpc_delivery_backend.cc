#include "mailstore-service/lmtp/backend/grpc_delivery_backend.h"

#include <algorithm>
#include <map>
#include <utility>

#include "common/base/check.h"
#include "common/base/crc32c.h"
#include "common/rpc/retrying_call.h"
#include "mailstore-service/lmtp/backend/delivery_outcomes.h"
#include "mailstore-service/lmtp/backend/delivery_stream.h"
#include "restante/mailstore/v1/delivery_service.grpc.pb.h"

namespace restante::lmtp {
namespace {

using mailstore::v1::DeliveryService;
using CheckCall =
    rpc::RetryingCall<mailstore::v1::CheckDeliveryRequest, mailstore::v1::CheckDeliveryResponse>;

// A check saves sending a message; what cannot be asked soon is not worth waiting for.
constexpr absl::Duration kCheckDeadline = absl::Seconds(2);
// DeliveryFinish: 32 octets.
constexpr size_t kDeliveryIdOctets = 32;

// Fans one message out to the streams of its placements.
class GrpcDelivery : public Delivery {
 public:
  GrpcDelivery(size_t waiting_octets, net::Executor executor, std::function<void()> on_room)
      : progress_(std::make_shared<GrpcDelivery*>(this)),
        waiting_octets_(waiting_octets),
        executor_(std::move(executor)),
        on_room_(std::move(on_room)) {}

  // What the streams call; does nothing once this is gone.
  std::function<void()> on_progress() {
    return [weak = std::weak_ptr<GrpcDelivery*>(progress_)] {
      if (auto delivery = weak.lock()) (*delivery)->OnProgress();
    };
  }

  // The mailboxes of `stream` are those at `mailboxes` in the envelope. Null: nowhere to go.
  void Add(std::shared_ptr<DeliveryStream> stream, std::vector<size_t> mailboxes) {
    count_ += mailboxes.size();
    legs_.push_back({std::move(stream), std::move(mailboxes)});
  }

  void Write(std::string text) override {
    size_octets_ += static_cast<int64_t>(text.size());
    crc32c_ = ExtendCrc32c(crc32c_, text);
    auto piece = std::make_shared<const std::string>(std::move(text));
    for (const Leg& leg : legs_) {
      if (leg.stream != nullptr) leg.stream->Write(piece);
    }
    full_ = !has_room();
  }

  bool has_room() const override {
    return std::all_of(legs_.begin(), legs_.end(), [this](const Leg& leg) {
      return leg.stream == nullptr || leg.stream->unsent_octets() <= waiting_octets_;
    });
  }

  void Finish(const std::string& fingerprint, Done done) override {
    done_ = std::move(done);
    for (const Leg& leg : legs_) {
      if (leg.stream != nullptr) leg.stream->Finish(size_octets_, crc32c_, fingerprint);
    }
    finishing_ = true;
    // Streams that ended before have nothing more to tell.
    executor_(on_progress());
  }

  // Answers when every stream has ended; may end in the owner's destroying this.
  void OnProgress() {
    if (full_ && has_room()) {
      full_ = false;
      // A copy: the owner may destroy this from it.
      std::function<void()> on_room = on_room_;
      return on_room();
    }
    bool all_known = std::all_of(legs_.begin(), legs_.end(), [](const Leg& leg) {
      return leg.stream == nullptr || leg.stream->outcomes().has_value();
    });
    if (!finishing_ || !all_known) return;
    finishing_ = false;
    Done done = std::move(done_);
    std::move(done)(Collect());
  }

 private:
  struct Leg {
    std::shared_ptr<DeliveryStream> stream;
    std::vector<size_t> mailboxes;
  };

  Delivered Collect() const {
    Delivered delivered{std::vector<DeliveryOutcome>(count_, DeliveryOutcome::kUnavailable)};
    for (const Leg& leg : legs_) {
      if (leg.stream == nullptr) continue;
      for (size_t i = 0; i < leg.mailboxes.size(); ++i) {
        delivered.outcomes[leg.mailboxes[i]] = (*leg.stream->outcomes())[i];
      }
    }
    return delivered;
  }

  const std::shared_ptr<GrpcDelivery*> progress_;
  const size_t waiting_octets_;
  const net::Executor executor_;
  const std::function<void()> on_room_;
  std::vector<Leg> legs_;
  size_t count_ = 0;
  int64_t size_octets_ = 0;
  uint32_t crc32c_ = 0;
  bool full_ = false;
  bool finishing_ = false;
  Done done_;
};

}  // namespace

class GrpcDeliveryBackend::Engine {
 public:
  Engine(rpc::PlacementRouter* router, Random& random, const log::Logger& logger,
         metrics::Gauge waiting, const Clock& clock, GrpcDeliveryOptions options)
      : router_(*router),
        random_(random),
        waiting_octets_(options.waiting_octets),
        turns_(options.deliveries_per_mailbox, waiting, clock),
        commons_{logger,
                 counter_,
                 options.calls,
                 options.repeatable_octets,
                 std::min(options.repeatable_octets, options.waiting_octets),
                 turns_} {}
  ~Engine() { counter_.StopAndWait(); }

  std::unique_ptr<Delivery> Begin(const std::vector<Mailbox>& mailboxes,
                                  const std::string& delivery_id, const net::Executor& executor,
                                  std::function<void()> on_room) {
    auto delivery = std::make_unique<GrpcDelivery>(waiting_octets_, executor, std::move(on_room));
    std::map<std::string, std::vector<size_t>> placements;
    for (size_t i = 0; i < mailboxes.size(); ++i) placements[mailboxes[i].placement].push_back(i);
    for (const auto& [placement, indexes] : placements) {
      DeliveryStream::Target target{placement, {}, {}, delivery_id};
      for (size_t index : indexes) {
        target.mailbox_ids.push_back(mailboxes[index].mailbox_id);
        target.delivery_ids.push_back(random_.Bytes(kDeliveryIdOctets));
      }
      delivery->Add(MakeStream(std::move(target), executor, delivery->on_progress()), indexes);
    }
    return delivery;
  }

  void Check(const Mailbox& mailbox, int64_t size_octets, net::Executor executor, Checked checked) {
    const auto channel = router_.ChannelTo(mailbox.placement);
    if (!channel.ok()) {
      return executor([checked = std::move(checked)]() mutable {
        std::move(checked)({DeliveryOutcome::kUnavailable});
      });
    }
    auto request = std::make_shared<mailstore::v1::CheckDeliveryRequest>();
    request->set_mailbox_id(mailbox.mailbox_id);
    request->set_size_octets(size_octets);
    rpc::CallOptions options = commons_.calls;
    options.deadline = std::min(options.deadline, kCheckDeadline);
    CheckCall::Start(
        [stub = std::shared_ptr<DeliveryService::Stub>(DeliveryService::NewStub(*channel))](
            auto* context, auto* sent, auto* answer, auto answered) {
          stub->async()->CheckDelivery(context, sent, answer, std::move(answered));
        },
        std::move(request), options, &counter_,
        [executor = std::move(executor), checked = std::move(checked)](
            absl::StatusOr<mailstore::v1::CheckDeliveryResponse> response) mutable {
          executor(
              [checked = std::move(checked), outcome = ToOutcome(response.status())]() mutable {
                std::move(checked)({outcome});
              });
        });
  }

 private:
  std::shared_ptr<DeliveryStream> MakeStream(DeliveryStream::Target target,
                                             const net::Executor& executor,
                                             std::function<void()> on_progress) {
    auto channel = router_.ChannelTo(target.placement);
    if (!channel.ok()) {
      commons_.logger.Error("no_way_to_placement", {{"placement", target.placement},
                                                    {"error", channel.status().message()}});
      return nullptr;
    }
    return std::make_shared<DeliveryStream>(commons_, DeliveryService::NewStub(*channel),
                                            std::move(target), executor, std::move(on_progress));
  }

  rpc::PlacementRouter& router_;
  Random& random_;
  const size_t waiting_octets_;
  rpc::CallCounter counter_;
  DeliveryTurns turns_;
  const DeliveryCommons commons_;
};

GrpcDeliveryBackend::GrpcDeliveryBackend(rpc::PlacementRouter* router, Random& random,
                                         const log::Logger& logger, metrics::Gauge waiting,
                                         const Clock& clock, GrpcDeliveryOptions options)
    : engine_(std::make_unique<Engine>(router, random, logger, waiting, clock, options)) {}

GrpcDeliveryBackend::~GrpcDeliveryBackend() = default;

std::unique_ptr<Delivery> GrpcDeliveryBackend::Begin(const std::vector<Mailbox>& mailboxes,
                                                     const std::string& delivery_id,
                                                     net::Executor executor,
                                                     std::function<void()> on_room) {
  return engine_->Begin(mailboxes, delivery_id, executor, std::move(on_room));
}

void GrpcDeliveryBackend::Check(const Mailbox& mailbox, int64_t size_octets, net::Executor executor,
                                Checked checked) {
  engine_->Check(mailbox, size_octets, std::move(executor), std::move(checked));
}

}  // namespace restante::lmtp
