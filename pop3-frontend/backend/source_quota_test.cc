#include "pop3-frontend/backend/source_quota.h"

#include <gtest/gtest.h>

#include <optional>
#include <variant>

namespace restante::pop3 {
namespace {

using Full = SourceQuota::Full;
using Share = SourceQuota::Share;

constexpr SourceQuota::Most kMost = {.all = 10, .per_source = 6};

std::optional<Full> WhyNot(const std::variant<Share, Full>& taken) {
  const Full* full = std::get_if<Full>(&taken);
  return full == nullptr ? std::nullopt : std::optional<Full>(*full);
}

TEST(SourceQuota, LimitsASourceAndAll) {
  SourceQuota quota;
  auto first = quota.Take("a", 4, kMost);
  EXPECT_EQ(WhyNot(first), std::nullopt);
  EXPECT_EQ(WhyNot(quota.Take("a", 3, kMost)), Full::kSource);
  auto second = quota.Take("b", 5, kMost);
  EXPECT_EQ(WhyNot(second), std::nullopt);
  EXPECT_EQ(WhyNot(quota.Take("c", 2, kMost)), Full::kAll);
}

TEST(SourceQuota, WhatIsGivenBackIsFree) {
  SourceQuota quota;
  for (int i = 0; i < 3; ++i) {
    auto all_of_it = quota.Take("a", 6, kMost);
    EXPECT_EQ(WhyNot(all_of_it), std::nullopt);
    // Moving a share gives nothing back.
    Share moved = std::get<Share>(std::move(all_of_it));
    EXPECT_EQ(WhyNot(quota.Take("a", 1, kMost)), Full::kSource);
  }
}

TEST(SourceQuota, ALimitThatWasLoweredRefusesUntilThereIsRoom) {
  SourceQuota quota;
  auto before = quota.Take("a", 6, kMost);
  EXPECT_EQ(WhyNot(quota.Take("b", 1, {.all = 5, .per_source = 5})), Full::kAll);
}

}  // namespace
}  // namespace restante::pop3
