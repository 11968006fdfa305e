#include "common/rpc/placement_router.h"

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/error_reason.h"

namespace restante::rpc {
namespace {

class PlacementRouterTest : public testing::Test {
 protected:
  PlacementRouter MakeRouter(PlacementRoutes routes) {
    return PlacementRouter(std::move(routes), [this](const ChannelOptions& options) {
      made_.push_back(absl::StrCat(options.target, " ", options.server_name));
      return absl::StatusOr<std::shared_ptr<grpc::ChannelInterface>>(
          grpc::CreateChannel("127.0.0.1:1", grpc::InsecureChannelCredentials()));
    });
  }

  static PlacementRoutes Pattern() {
    PlacementRoutes routes;
    routes.pattern = {"dns:///{placement}.mailstore:7420", "{placement}.restante.internal", {}};
    return routes;
  }

  std::vector<std::string> made_;
};

TEST_F(PlacementRouterTest, FillsThePatternAndKeepsTheChannel) {
  PlacementRouter router = MakeRouter(Pattern());
  auto first = router.ChannelTo("mailstore-0");
  auto again = router.ChannelTo("mailstore-0");
  ASSERT_TRUE(first.ok() && again.ok());
  EXPECT_EQ(*first, *again);
  EXPECT_NE(*router.ChannelTo("mailstore-1"), *first);
  EXPECT_EQ(made_, (std::vector<std::string>{
                       "dns:///mailstore-0.mailstore:7420 mailstore-0.restante.internal",
                       "dns:///mailstore-1.mailstore:7420 mailstore-1.restante.internal"}));
}

TEST_F(PlacementRouterTest, TheTableGoesBeforeThePattern) {
  PlacementRoutes routes = Pattern();
  routes.table["mailstore-1"] = {"ipv4:192.0.2.1:7420", "old.example", {}};
  PlacementRouter router = MakeRouter(routes);
  ASSERT_TRUE(router.ChannelTo("mailstore-1").ok());
  EXPECT_EQ(made_, std::vector<std::string>{"ipv4:192.0.2.1:7420 old.example"});

  routes.pattern.target.clear();
  PlacementRouter table_alone = MakeRouter(routes);
  EXPECT_TRUE(table_alone.ChannelTo("mailstore-1").ok());
  EXPECT_FALSE(table_alone.ChannelTo("mailstore-0").ok());
}

TEST_F(PlacementRouterTest, NothingButALabelBecomesPartOfAnAddress) {
  PlacementRouter router = MakeRouter(Pattern());
  for (const std::string& name :
       {std::string(), std::string("a.b"), std::string("a:1"), std::string("a/b"),
        std::string("UPPER"), std::string("a\0b", 3), std::string(64, 'a')}) {
    EXPECT_EQ(router.ChannelTo(name).status().code(), absl::StatusCode::kInternal) << name;
  }
  EXPECT_TRUE(router.ChannelTo(std::string(63, 'a')).ok());
  EXPECT_EQ(made_.size(), 1u);
}

TEST_F(PlacementRouterTest, KeepsABoundedNumberOfChannels) {
  PlacementRouter router = MakeRouter(Pattern());
  for (size_t i = 0; i < PlacementRouter::kMaxPlacements; ++i) {
    ASSERT_TRUE(router.ChannelTo(absl::StrCat("m-", i)).ok());
  }
  EXPECT_EQ(GetErrorReason(router.ChannelTo("one-more").status()), ErrorReason::kLimitExceeded);
  EXPECT_TRUE(router.ChannelTo("m-0").ok());
}

}  // namespace
}  // namespace restante::rpc
