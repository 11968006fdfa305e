#include "mailstore-service/rpc/tenant_pace.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "tests/support/fake_clock.h"

namespace restante::mailstore {
namespace {

constexpr absl::Duration kPiece = absl::Milliseconds(2);

class TenantPaceTest : public testing::Test {
 protected:
  // Begins a piece of `tenant`, kPiece after the clock's time.
  absl::Duration NextPiece(absl::string_view tenant) {
    clock_.Advance(kPiece);
    return pace_.PauseBefore(tenant);
  }

  FakeClock clock_;
  TenantPace pace_{clock_};
};

TEST_F(TenantPaceTest, NobodyWaitsAlone) {
  for (int i = 0; i < 100; ++i) EXPECT_EQ(NextPiece("loud"), absl::ZeroDuration());
}

TEST_F(TenantPaceTest, WaitsAsLongAsTheLastPieceTookWhileOthersAreAbout) {
  pace_.Show("other");
  EXPECT_EQ(NextPiece("loud"), absl::ZeroDuration()) << "its first";
  EXPECT_EQ(NextPiece("loud"), kPiece);
  // The pause is no part of the piece.
  clock_.Advance(kPiece);
  EXPECT_EQ(NextPiece("loud"), kPiece);
}

TEST_F(TenantPaceTest, OthersAreAboutForAWhile) {
  pace_.Show("other");
  clock_.Advance(TenantPace::kPresence - 2 * kPiece);
  EXPECT_EQ(NextPiece("loud"), absl::ZeroDuration()) << "its first";
  EXPECT_EQ(NextPiece("loud"), kPiece);
  clock_.Advance(kPiece);
  EXPECT_EQ(NextPiece("loud"), absl::ZeroDuration()) << "they have gone";
}

TEST_F(TenantPaceTest, TwoTenantsAreOthersToEachOther) {
  EXPECT_EQ(NextPiece("one"), absl::ZeroDuration());
  EXPECT_EQ(NextPiece("two"), absl::ZeroDuration());
  EXPECT_EQ(NextPiece("one"), 2 * kPiece);
  EXPECT_EQ(NextPiece("two"), 2 * kPiece);
}

TEST_F(TenantPaceTest, WhoTakesLongIsNotPaused) {
  pace_.Show("other");
  (void)NextPiece("slow");
  clock_.Advance(TenantPace::kLongestPause);
  EXPECT_EQ(NextPiece("slow"), absl::ZeroDuration());
}

TEST_F(TenantPaceTest, APieceThatWaitsStillMakesNoFurtherOneWait) {
  pace_.Show("other");
  (void)NextPiece("loud");
  EXPECT_EQ(NextPiece("loud"), kPiece);
  EXPECT_EQ(pace_.PauseBefore("loud"), absl::ZeroDuration());
}

TEST_F(TenantPaceTest, TellsTenantsApartAfterManyHaveCome) {
  for (int i = 0; i < 10'000; ++i) (void)NextPiece(absl::StrCat("tenant", i));
  EXPECT_EQ(NextPiece("tenant9999"), kPiece);
  EXPECT_EQ(NextPiece("tenant1"), absl::ZeroDuration());
}

}  // namespace
}  // namespace restante::mailstore
