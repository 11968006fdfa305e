#include "mailstore-service/maintenance/sweeper.h"

#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <string>

#include "mailstore-service/store/memory_store.h"
#include "tests/support/fake_clock.h"

namespace restante::mailstore {
namespace {

// Answers Sweep as the test says, each answer once, and tells when they are used up.
class ScriptedStore : public Mailstore {
 public:
  explicit ScriptedStore(std::vector<absl::StatusOr<SweepResult>> answers)
      : answers_(std::move(answers)) {}

  absl::StatusOr<SweepResult> Sweep(size_t limit) override {
    EXPECT_EQ(limit, 7u);
    if (next_ == answers_.size()) return SweepResult{0, true};
    absl::StatusOr<SweepResult> answer = answers_[next_++];
    if (next_ == answers_.size()) used_up_.set_value();
    return answer;
  }
  void WaitUntilUsedUp() { used_up_.get_future().wait(); }

  absl::StatusOr<std::unique_ptr<DeliveryWriter>> BeginDelivery(std::vector<std::string>) override {
    return absl::InternalError("");
  }
  absl::StatusOr<OpenedMaildrop> Open(const std::string&, const SessionInfo&) override {
    return absl::InternalError("");
  }
  absl::Status Renew(const Lease&) override { return absl::InternalError(""); }
  absl::StatusOr<std::unique_ptr<MessageReader>> Read(const Lease&, const MessageRead&) override {
    return absl::InternalError("");
  }
  absl::StatusOr<int64_t> Close(const Lease&, const std::vector<uint64_t>&) override {
    return absl::InternalError("");
  }
  absl::StatusOr<MailboxInfo> GetMailbox(const std::string&) override {
    return absl::InternalError("");
  }
  absl::StatusOr<std::vector<MailboxInfo>> ListMailboxes(const std::string&, size_t) override {
    return absl::InternalError("");
  }
  absl::StatusOr<std::vector<MessageSummary>> ListMessages(const std::string&, uint64_t,
                                                           size_t) override {
    return absl::InternalError("");
  }
  absl::Status CheckDelivery(const std::string&, int64_t) override {
    return absl::InternalError("");
  }
  absl::Status SetQuota(const std::string&, const MailboxQuota&) override {
    return absl::InternalError("");
  }
  absl::StatusOr<int64_t> DeleteMessages(const std::string&, const std::vector<uint64_t>&,
                                         const std::string&) override {
    return absl::InternalError("");
  }
  absl::StatusOr<std::vector<DeletedMessage>> ListDeletedMessages(const std::string&, uint64_t,
                                                                  size_t) override {
    return absl::InternalError("");
  }
  absl::StatusOr<int64_t> UndeleteMessages(const std::string&,
                                           const std::vector<uint64_t>&) override {
    return absl::InternalError("");
  }
  absl::StatusOr<int64_t> PurgeDeletedMessages(const std::string&,
                                               const std::vector<uint64_t>&) override {
    return absl::InternalError("");
  }
  absl::StatusOr<std::optional<SessionInfo>> BreakLease(const std::string&) override {
    return absl::InternalError("");
  }

 private:
  const std::vector<absl::StatusOr<SweepResult>> answers_;
  size_t next_ = 0;
  std::promise<void> used_up_;
};

TEST(Sweeper, GoesOnToTheRoundsEndAndBeginsAnewAfterAFailure) {
  ScriptedStore store({SweepResult{3, false}, SweepResult{4, true}, absl::UnavailableError("disk"),
                       SweepResult{0, true}});
  FakeClock clock;
  metrics::Registry registry;
  std::string lines;
  log::Logger logger("test", log::Level::kInfo, clock,
                     [&lines](absl::string_view line) { lines += std::string(line) + "\n"; });
  {
    Sweeper sweeper({absl::Milliseconds(1), 7}, store, registry, logger);
    store.WaitUntilUsedUp();
  }
  const std::string metrics = registry.Render();
  EXPECT_NE(metrics.find("restante_mailstore_swept_records_total 7"), std::string::npos) << metrics;
  EXPECT_NE(metrics.find("restante_mailstore_sweeps_total{outcome=\"failed\"} 1"),
            std::string::npos)
      << metrics;
  EXPECT_NE(lines.find("sweep_failed"), std::string::npos);
}

TEST(Sweeper, EndsAtOnce) {
  FakeClock clock;
  metrics::Registry registry;
  log::Logger logger("test", log::Level::kInfo, clock, [](absl::string_view) {});
  std::unique_ptr<Mailstore> store = NewMemoryStore(clock, 1);
  Sweeper sweeper({absl::Hours(24), 1}, *store, registry, logger);
}

}  // namespace
}  // namespace restante::mailstore
