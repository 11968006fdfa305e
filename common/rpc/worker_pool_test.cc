#include "common/rpc/worker_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <string>

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

TEST(WorkerPool, ATenantLeavesTheOthersThreads) {
  constexpr size_t kThreads = 8;
  std::promise<void> go_on;
  const std::shared_future<void> may_end = go_on.get_future().share();
  std::atomic<size_t> begun = 0, most = 0, running = 0;
  {
    WorkerPool pool(kThreads, 100);
    for (size_t i = 0; i < 2 * kThreads; ++i) {
      ASSERT_TRUE(pool.Post("busy",
                            [&] {
                              ++begun;
                              const size_t now = ++running;
                              if (now > most) most = now;
                              may_end.wait();
                              --running;
                            })
                      .ok());
    }
    std::promise<void> ran;
    ASSERT_TRUE(pool.Post("other", [&ran] { ran.set_value(); }).ok());
    EXPECT_EQ(ran.get_future().wait_for(std::chrono::seconds(20)), std::future_status::ready);
    EXPECT_LE(begun, kThreads / 4);
    go_on.set_value();
  }
  EXPECT_EQ(begun, 2 * kThreads);
  EXPECT_LE(most, kThreads / 4);
}

TEST(WorkerPool, TenantsTakeTurns) {
  std::promise<void> begun, go_on;
  std::string order;
  {
    WorkerPool pool(1, 100);
    ASSERT_TRUE(pool.Post([&begun, &go_on] {
                      begun.set_value();
                      go_on.get_future().wait();
                    })
                    .ok());
    begun.get_future().wait();
    for (const char* tenant : {"a", "a", "a", "b", "", "b"}) {
      ASSERT_TRUE(
          pool.Post(tenant, [&order, tenant] { order += *tenant == '\0' ? '-' : *tenant; }).ok());
    }
    go_on.set_value();
  }
  EXPECT_EQ(order, "ab-aba");
}

TEST(WorkerPool, ATenantLeavesTheOthersRoomToWait) {
  std::promise<void> begun, go_on;
  std::atomic<int> ran = 0;
  {
    WorkerPool pool(1, 4);
    ASSERT_TRUE(pool.Post([&begun, &go_on] {
                      begun.set_value();
                      go_on.get_future().wait();
                    })
                    .ok());
    begun.get_future().wait();
    EXPECT_TRUE(pool.Post("busy", [&ran] { ++ran; }).ok());
    EXPECT_TRUE(pool.Post("busy", [&ran] { ++ran; }).ok());
    EXPECT_EQ(pool.Post("busy", [&ran] { ++ran; }).code(), absl::StatusCode::kUnavailable);
    EXPECT_TRUE(pool.Post("other", [&ran] { ++ran; }).ok());
    EXPECT_TRUE(pool.Post([&ran] { ++ran; }).ok());
    EXPECT_EQ(pool.Post([&ran] { ++ran; }).code(), absl::StatusCode::kUnavailable);
    go_on.set_value();
  }
  EXPECT_EQ(ran, 4);
}

}  // namespace
}  // namespace restante::rpc
