#include "common/rpc/worker_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>

#include "common/base/error_reason.h"

namespace restante::rpc {
namespace {

TEST(WorkerPool, RunsEachJobOnceAndFinishesWhatWaits) {
  constexpr int kJobs = 1'000;
  std::atomic<int> ran = 0;
  {
    WorkerPool pool(4, kJobs);
    for (int i = 0; i < kJobs; ++i) ASSERT_TRUE(pool.Post([&ran] { ++ran; }).ok());
  }
  EXPECT_EQ(ran, kJobs);
}

TEST(WorkerPool, TellsTheOneTooManyToComeAgain) {
  std::promise<void> begun;
  std::promise<void> go_on;
  std::atomic<int> ran = 0;
  {
    WorkerPool pool(1, 2);
    ASSERT_TRUE(pool.Post([&begun, &go_on] {
                      begun.set_value();
                      go_on.get_future().wait();
                    })
                    .ok());
    begun.get_future().wait();
    EXPECT_TRUE(pool.Post([&ran] { ++ran; }).ok());
    EXPECT_TRUE(pool.Post([&ran] { ++ran; }).ok());
    const absl::Status busy = pool.Post([&ran] { ++ran; });
    EXPECT_EQ(busy.code(), absl::StatusCode::kUnavailable);
    EXPECT_TRUE(GetRetryDelay(busy).has_value());
    go_on.set_value();
  }
  EXPECT_EQ(ran, 2);
}

}  // namespace
}  // namespace restante::rpc
