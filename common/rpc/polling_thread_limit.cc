#include "common/rpc/polling_thread_limit.h"

#include <grpc/support/cpu.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>

#include <algorithm>
#include <functional>
#include <utility>
#include <vector>

#include "absl/synchronization/notification.h"
#include "absl/time/time.h"
#include "common/base/usable_processors.h"

namespace restante::rpc {
namespace {

constexpr int kProcessorsForEach = 4;

// As gRPC counts them.
int PollingThreads() { return std::clamp(static_cast<int>(gpr_cpu_num_cores()) / 2, 2, 16); }

// A call that fails at once, on a channel that leads nowhere, and runs `callback` on one of the
// threads.
class FailingCall {
 public:
  FailingCall(const std::shared_ptr<grpc::Channel>& channel, std::function<void()> callback)
      : stub_(channel) {
    stub_.UnaryCall(&context_, "/none", grpc::StubOptions(), &request_, &response_,
                    [this, callback = std::move(callback)](const grpc::Status&) {
                      callback();
                      ended_.Notify();
                    });
  }
  // Waits until the callback has run.
  ~FailingCall() { ended_.WaitForNotification(); }
  FailingCall(const FailingCall&) = delete;
  FailingCall& operator=(const FailingCall&) = delete;

  bool EndsWithin(absl::Duration time) const { return ended_.WaitForNotificationWithTimeout(time); }

 private:
  grpc::GenericStub stub_;
  grpc::ClientContext context_;
  const grpc::Slice nothing_;
  const grpc::ByteBuffer request_{&nothing_, 1};
  grpc::ByteBuffer response_;
  absl::Notification ended_;
};

}  // namespace

class PollingThreadLimit::Engine {
 public:
  Engine() {
    const int left = std::max(1, UsableProcessors() / kProcessorsForEach);
    for (int kept = left; kept < PollingThreads(); ++kept) {
      kept_.push_back(
          std::make_unique<FailingCall>(channel_, [this] { over_.WaitForNotification(); }));
    }
    // Were there fewer than that, none would be left.
    constexpr absl::Duration kPatience = absl::Seconds(10);
    const FailingCall probe(channel_, [] {});
    if (!probe.EndsWithin(kPatience)) LetGo();
  }
  ~Engine() {
    if (!kept_.empty()) LetGo();
  }

  int kept() const { return static_cast<int>(kept_.size()); }

 private:
  void LetGo() {
    over_.Notify();
    kept_.clear();
  }

  // Holds gRPC's threads, which are joined when the last channel or server goes: that is never done
  // by one of them.
  const std::shared_ptr<grpc::Channel> channel_ = grpc::CreateChannel("", nullptr);
  absl::Notification over_;
  std::vector<std::unique_ptr<FailingCall>> kept_;
};

PollingThreadLimit::PollingThreadLimit() : engine_(std::make_unique<Engine>()) {}
PollingThreadLimit::~PollingThreadLimit() = default;

int PollingThreadLimit::kept() const { return engine_->kept(); }

}  // namespace restante::rpc
