#ifndef RESTANTE_TESTS_CONFORMANCE_MAILSTORE_CONFORMANCE_H_
#define RESTANTE_TESTS_CONFORMANCE_MAILSTORE_CONFORMANCE_H_

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "mailstore-service/store/mailstore.h"
#include "tests/support/fake_clock.h"

namespace restante::mailstore {

// What a conformance test needs of an implementation.
class StoreUnderTest {
 public:
  virtual ~StoreUnderTest() = default;
  virtual Mailstore& store() = 0;
  // Stops the store and starts it anew on what it kept; false for one that keeps nothing.
  virtual bool Restart() = 0;
};

struct StoreFactory {
  std::string name;
  std::function<std::unique_ptr<StoreUnderTest>(const Clock&)> make;
};

// What a failing test is called after.
inline void PrintTo(const StoreFactory& factory, std::ostream* out) { *out << factory.name; }

// Instantiated once for each implementation of Mailstore:
//   INSTANTIATE_TEST_SUITE_P(Memory, MailstoreConformance, testing::Values(StoreFactory{...}));
class MailstoreConformance : public testing::TestWithParam<StoreFactory> {
 public:
  static constexpr int64_t kMaxMessageOctets = 4 * 1024 * 1024;

 protected:
  void SetUp() override { under_test_ = GetParam().make(clock_); }

  Mailstore& store() { return under_test_->store(); }
  bool Restart() { return under_test_->Restart(); }

  // Delivers and expects it to work.
  std::vector<DeliveryResult> Deliver(const std::vector<std::string>& mailbox_ids,
                                      const std::string& text,
                                      const std::vector<std::string>& delivery_ids = {});
  OpenedMaildrop Open(const std::string& mailbox_id, const std::string& session_id);
  std::string ReadAll(const Lease& lease, const MessageRead& read);
  // The texts of the mailbox's messages, through a session of its own that deletes nothing.
  std::vector<std::string> Texts(const std::string& mailbox_id);

  FakeClock clock_;
  std::unique_ptr<StoreUnderTest> under_test_;
};

}  // namespace restante::mailstore

#endif  // RESTANTE_TESTS_CONFORMANCE_MAILSTORE_CONFORMANCE_H_
