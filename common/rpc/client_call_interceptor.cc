#include "common/rpc/client_call_interceptor.h"

#include <chrono>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace restante::rpc {
namespace {

using grpc::experimental::ClientInterceptorFactoryInterface;
using grpc::experimental::ClientRpcInfo;
using grpc::experimental::InterceptionHookPoints;
using grpc::experimental::Interceptor;
using grpc::experimental::InterceptorBatchMethods;

std::string CodeName(grpc::StatusCode code) {
  return absl::StatusCodeToString(static_cast<absl::StatusCode>(code));
}

class CallInterceptor : public Interceptor {
 public:
  CallInterceptor(const ClientCallMetrics& metrics, const char* method)
      : metrics_(metrics), method_(method), begun_(std::chrono::steady_clock::now()) {}

  void Intercept(InterceptorBatchMethods* methods) override {
    if (methods->QueryInterceptionHookPoint(InterceptionHookPoints::POST_RECV_STATUS)) {
      metrics_.Observe(method_, CodeName(methods->GetRecvStatus()->error_code()),
                       absl::FromChrono(std::chrono::steady_clock::now() - begun_));
    }
    methods->Proceed();
  }

 private:
  const ClientCallMetrics& metrics_;
  const std::string method_;
  const std::chrono::steady_clock::time_point begun_;
};

class CallInterceptors : public ClientInterceptorFactoryInterface {
 public:
  explicit CallInterceptors(const ClientCallMetrics& metrics) : metrics_(metrics) {}

  Interceptor* CreateClientInterceptor(ClientRpcInfo* info) override {
    return new CallInterceptor(metrics_, info->method());
  }

 private:
  const ClientCallMetrics& metrics_;
};

}  // namespace

std::unique_ptr<ClientInterceptorFactoryInterface> MakeClientCallInterceptors(
    const ClientCallMetrics& metrics) {
  return std::make_unique<CallInterceptors>(metrics);
}

}  // namespace restante::rpc
