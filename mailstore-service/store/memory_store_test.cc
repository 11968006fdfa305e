#include "mailstore-service/store/memory_store.h"

#include <gtest/gtest.h>

#include "tests/conformance/mailstore_conformance.h"

namespace restante::mailstore {
namespace {

class MemoryStoreUnderTest : public StoreUnderTest {
 public:
  explicit MemoryStoreUnderTest(const Clock& clock)
      : store_(NewMemoryStore(clock, MailstoreConformance::kMaxMessageOctets)) {}
  Mailstore& store() override { return *store_; }
  bool Restart() override { return false; }

 private:
  const std::unique_ptr<Mailstore> store_;
};

INSTANTIATE_TEST_SUITE_P(Memory, MailstoreConformance,
                         testing::Values(StoreFactory{
                             "Memory",
                             [](const Clock& clock) {
                               return std::make_unique<MemoryStoreUnderTest>(clock);
                             }}),
                         [](const auto& factory) { return factory.param.name; });

}  // namespace
}  // namespace restante::mailstore
