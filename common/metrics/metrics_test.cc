#include "common/metrics/metrics.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>

#include "absl/strings/str_cat.h"

namespace restante::metrics {
namespace {

using testing::HasSubstr;
using testing::Not;

// What a plain GET gives, with its headers.
std::string Get(int port, const std::string& path) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  std::string answer;
  if (connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0) {
    const std::string request = "GET " + path + " HTTP/1.0\r\n\r\n";
    EXPECT_EQ(write(fd, request.data(), request.size()), static_cast<ssize_t>(request.size()));
    char piece[4096];
    for (ssize_t count = 1; count > 0;) {
      count = read(fd, piece, sizeof(piece));
      if (count > 0) answer.append(piece, static_cast<size_t>(count));
    }
  }
  close(fd);
  return answer;
}

TEST(Registry, RendersEachKind) {
  Registry registry;
  const CounterFamily logons = registry.Counters("restante_x_logons_total", "Logons by outcome");
  const Counter accepted = logons.With({{"outcome", "accepted"}});
  accepted.Add();
  accepted.Add(2);
  logons.With({{"outcome", "accepted"}}).Add();
  logons.With({{"outcome", "rejected"}}).Add();
  const Gauge sessions = registry.Gauges("restante_x_sessions", "Open sessions").With();
  sessions.Set(5);
  sessions.Add(-2);
  const Histogram time = registry.Histograms("restante_x_logon_seconds", "Time").With();
  time.Observe(absl::Milliseconds(3));

  const std::string text = registry.Render();
  EXPECT_THAT(text, HasSubstr("# HELP restante_x_logons_total Logons by outcome"));
  EXPECT_THAT(text, HasSubstr("restante_x_logons_total{outcome=\"accepted\"} 4"));
  EXPECT_THAT(text, HasSubstr("restante_x_logons_total{outcome=\"rejected\"} 1"));
  EXPECT_THAT(text, HasSubstr("restante_x_sessions 3"));
  EXPECT_THAT(text, HasSubstr("restante_x_logon_seconds_bucket{le=\"0.0025\"} 0"));
  EXPECT_THAT(text, HasSubstr("restante_x_logon_seconds_bucket{le=\"0.005\"} 1"));
  EXPECT_THAT(text, HasSubstr("restante_x_logon_seconds_count 1"));
}

TEST(Registry, TheSameNameIsTheSameFamily) {
  Registry registry;
  registry.Counters("restante_x_total", "X").With().Add();
  registry.Counters("restante_x_total", "X").With().Add();
  EXPECT_THAT(registry.Render(), HasSubstr("restante_x_total 2"));
}

TEST(RegistryDeathTest, RefusesForeignNamesAndTwoKinds) {
  Registry registry;
  EXPECT_DEATH(registry.Counters("logons_total", "X"), "broken invariant");
  registry.Counters("restante_x_total", "X");
  EXPECT_DEATH(registry.Gauges("restante_x_total", "X"), "broken invariant");
}

TEST(Endpoint, ServesTheRegistry) {
  Registry registry;
  const Counter counter = registry.Counters("restante_x_total", "X").With();
  counter.Add(7);
  const auto endpoint = Endpoint::Start("127.0.0.1:0", registry);
  ASSERT_TRUE(endpoint.ok()) << endpoint.status();
  EXPECT_THAT(Get((*endpoint)->port(), "/metrics"), HasSubstr("restante_x_total 7"));
  counter.Add();
  EXPECT_THAT(Get((*endpoint)->port(), "/metrics"), HasSubstr("restante_x_total 8"));
  EXPECT_THAT(Get((*endpoint)->port(), "/"), Not(HasSubstr("restante_x_total")));
}

TEST(Endpoint, SaysWhereItCannotListen) {
  Registry registry;
  const auto first = Endpoint::Start("127.0.0.1:0", registry);
  ASSERT_TRUE(first.ok());
  const std::string address = absl::StrCat("127.0.0.1:", (*first)->port());
  const auto second = Endpoint::Start(address, registry);
  EXPECT_EQ(second.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(second.status().message()), HasSubstr(address));
}

}  // namespace
}  // namespace restante::metrics
