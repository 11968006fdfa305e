#ifndef RESTANTE_TOOLS_RESTANTECTL_TESTING_FAKE_CONSOLE_H_
#define RESTANTE_TOOLS_RESTANTECTL_TESTING_FAKE_CONSOLE_H_

#include <grpcpp/server.h>

#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "tools/restantectl/console.h"
#include "tools/restantectl/errors.h"
#include "tools/restantectl/services.h"

namespace restante::ctl {

// Both programs' services on one server of the test's process.
class InProcessServices : public Services {
 public:
  // `opened`, which may be null, gets the program of each service that was asked for.
  explicit InProcessServices(grpc::Server& server, std::vector<Program>* opened = nullptr)
      : channel_(server.InProcessChannel({})), opened_(opened) {}

 private:
  absl::StatusOr<std::shared_ptr<grpc::ChannelInterface>> Open(Program program) override {
    if (opened_ != nullptr) opened_->push_back(program);
    return channel_;
  }

  const std::shared_ptr<grpc::ChannelInterface> channel_;
  std::vector<Program>* const opened_;
};

// What a test types, and what is printed.
class FakeConsole : public Console {
 public:
  std::ostream& out() override { return out_; }
  std::ostream& err() override { return err_; }
  bool IsTerminal() const override { return terminal; }
  bool ShowsProgress() const override { return terminal; }
  absl::StatusOr<Secret> ReadAll(size_t max_octets) override {
    if (input.size() > max_octets) return UsageError("too long");
    return Secret::CopyOf(input);
  }
  absl::StatusOr<Secret> Ask(const std::string& /*prompt*/) override {
    const std::string line = typed.front();
    typed.erase(typed.begin());
    return Secret::CopyOf(line);
  }

  bool terminal = false;
  std::string input;
  std::vector<std::string> typed;
  std::ostringstream out_;
  std::ostringstream err_;
};

}  // namespace restante::ctl

#endif  // RESTANTE_TOOLS_RESTANTECTL_TESTING_FAKE_CONSOLE_H_
