#include "common/rpc/grpc_log.h"

#include <grpc/support/log.h>

#include <atomic>

#include "common/base/check.h"

namespace restante::rpc {
namespace {

// NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables): gRPC's hook has no argument
std::atomic<const log::Logger*> current_logger = nullptr;

void Forward(gpr_log_func_args* entry) {
  const log::Logger* logger = current_logger.load();
  if (logger == nullptr) return;
  if (entry->severity == GPR_LOG_SEVERITY_ERROR) {
    logger->Warn("grpc", {{"message", entry->message}, {"source", entry->file}});
  } else {
    logger->Debug("grpc", {{"message", entry->message}, {"source", entry->file}});
  }
}

}  // namespace

GrpcLog::GrpcLog(const log::Logger& logger) {
  RESTANTE_CHECK(current_logger.exchange(&logger) == nullptr);
  gpr_set_log_function(Forward);
}

GrpcLog::~GrpcLog() {
  gpr_set_log_function(nullptr);
  current_logger = nullptr;
}

}  // namespace restante::rpc
