#include "common/rpc/polling_thread_limit.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>
#include <gtest/gtest.h>

#include <memory>
#include <mutex>
#include <set>
#include <thread>

#include "absl/synchronization/blocking_counter.h"
#include "common/base/usable_processors.h"

namespace restante::rpc {
namespace {

// The threads that run the callbacks of many calls, each of which gives the others its chance.
std::set<std::thread::id> ThreadsOfCallbacks() {
  constexpr int kCalls = 200;
  struct Call {
    grpc::ClientContext context;
    grpc::ByteBuffer response;
  };
  grpc::GenericStub stub(grpc::CreateChannel("", nullptr));
  const grpc::Slice nothing;
  const grpc::ByteBuffer request(&nothing, 1);
  std::mutex mutex;
  std::set<std::thread::id> threads;
  absl::BlockingCounter ended(kCalls);
  const auto calls = std::make_unique<Call[]>(kCalls);
  for (int i = 0; i < kCalls; ++i) {
    stub.UnaryCall(&calls[i].context, "/none", grpc::StubOptions(), &request, &calls[i].response,
                   [&](const grpc::Status&) {
                     {
                       const std::lock_guard<std::mutex> lock(mutex);
                       threads.insert(std::this_thread::get_id());
                     }
                     std::this_thread::yield();
                     ended.DecrementCount();
                   });
  }
  ended.Wait();
  return threads;
}

TEST(PollingThreadLimitTest, LeavesOneForEachFourProcessors) {
  const PollingThreadLimit limit;
  EXPECT_GT(limit.kept(), 0);
  const auto left = static_cast<size_t>(std::max(1, UsableProcessors() / 4));
  for (int i = 0; i < 10; ++i) EXPECT_LE(ThreadsOfCallbacks().size(), left);
}

TEST(PollingThreadLimitTest, GivesThemBack) {
  // So that the threads are the same ones before and after.
  const auto channel = grpc::CreateChannel("", nullptr);
  for (int i = 0; i < 3; ++i) const PollingThreadLimit limit;
  size_t most = 0;
  for (int i = 0; i < 1'000 && most < 2; ++i) most = ThreadsOfCallbacks().size();
  EXPECT_GE(most, 2u);
}

TEST(PollingThreadLimitTest, MayGoBeforeAndAfterAChannel) {
  auto limit = std::make_unique<PollingThreadLimit>();
  auto channel = grpc::CreateChannel("", nullptr);
  limit.reset();
  EXPECT_FALSE(ThreadsOfCallbacks().empty());
  limit = std::make_unique<PollingThreadLimit>();
  channel.reset();
  EXPECT_FALSE(ThreadsOfCallbacks().empty());
}

}  // namespace
}  // namespace restante::rpc
