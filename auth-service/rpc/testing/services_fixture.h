#ifndef RESTANTE_AUTH_SERVICE_RPC_TESTING_SERVICES_FIXTURE_H_
#define RESTANTE_AUTH_SERVICE_RPC_TESTING_SERVICES_FIXTURE_H_

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <future>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "auth-service/authority/local_authority.h"
#include "auth-service/directory/indexed_directory.h"
#include "auth-service/logon/recent_attempts.h"
#include "auth-service/logon/testing/flow_parts.h"
#include "auth-service/rpc/access.h"
#include "auth-service/rpc/directory_service.h"
#include "auth-service/rpc/faults.h"
#include "auth-service/rpc/jobs.h"
#include "auth-service/rpc/logon_service.h"
#include "common/base/error_reason.h"
#include "common/base/ids.h"
#include "common/crypto/maildrop_grant.h"
#include "common/operations/testing/memory_operation_store.h"
#include "common/rpc/audit_service.h"
#include "common/rpc/channel.h"
#include "common/rpc/server.h"
#include "common/rpc/server_info_service.h"
#include "common/rpc/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_random.h"
#include "tests/support/ntlm_client.h"
#include "tests/support/test_pki.h"

namespace restante::rpc {

inline constexpr char kServerName[] = "auth.restante.internal";
inline constexpr char kFrontend[] = "spiffe://restante/frontend/pop3-0";

using logon::Keys;

// The auth services behind real mutual TLS on loopback, on a memory directory.
class ServicesTest : public testing::Test {
 protected:
  ServicesTest() {
    mechanisms_.push_back(sasl::NewNtlmMechanism(
        {"CORP", "MAIL", "corp.example", "mail.corp.example", "corp.example"}, clock_, random_));
    mechanisms_.push_back(sasl::NewPlainMechanism());
    grant_keys_.emplace("mailstore-0", Keys('g'));
    server_ = *Server::Start({"127.0.0.1:0", Issue("server", "service/auth-0"), AuthDataAccess()},
                             {&logon_});
    admin_server_ =
        *Server::Start({"127.0.0.1:0", Issue("server", "service/auth-0"), AuthManagementAccess()},
                       {&admin_, &audit_, &info_});
    logon_stub_ = auth::v1::LogonService::NewStub(Connect(*server_, "frontend/pop3-0"));
    ingress_stub_ = auth::v1::LogonService::NewStub(Connect(*server_, "ingress/lmtp-0"));
    admin_stub_ = auth::v1::DirectoryService::NewStub(Connect(*admin_server_, "account-admin/ops"));
    reader_stub_ = auth::v1::DirectoryService::NewStub(Connect(*admin_server_, "reader/ops"));
    audit_stub_ = common::v1::AuditService::NewStub(Connect(*admin_server_, "reader/ops"));
  }

  TlsFiles Issue(const char* name, const char* role) {
    const TestCertificate files =
        pki_.Issue(name, {kServerName}, {absl::StrCat("spiffe://restante/", role)});
    return {files.certificate, files.private_key, files.ca};
  }
  std::shared_ptr<grpc::ChannelInterface> Connect(const Server& server, const char* role) {
    std::string name = role;
    std::replace(name.begin(), name.end(), '/', '-');
    return *MakeChannel(
        {absl::StrCat("ipv4:127.0.0.1:", server.port()), kServerName, Issue(name.c_str(), role)});
  }

  // One unary call.
  template <typename Response, typename Stub, typename Method, typename Request>
  static absl::StatusOr<Response> Call(const std::unique_ptr<Stub>& stub, Method method,
                                       const Request& request) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
    context.set_wait_for_ready(true);
    Response response;
    const absl::Status status = FromGrpcStatus((stub.get()->*method)(&context, request, &response));
    if (!status.ok()) return status;
    return response;
  }
  using Admin = auth::v1::DirectoryService::Stub;
  using Logon = auth::v1::LogonService::Stub;

  auth::v1::CreateAccountRequest Smith() {
    auth::v1::CreateAccountRequest request;
    request.set_account_id("jsmith");
    request.mutable_account()->add_windows_names("CORP\\jsmith");
    request.mutable_account()->add_addresses("john.smith@corp.example");
    request.mutable_account()->set_alias("john.smith");
    request.set_request_id(NewId(random_));
    return request;
  }
  void CreateSmith() {
    ASSERT_TRUE(Call<auth::v1::Account>(admin_stub_, &Admin::CreateAccount, Smith()).ok());
    auth::v1::SetCredentialRequest credential;
    credential.set_name("accounts/jsmith");
    credential.set_password("Password");
    const auto set =
        Call<auth::v1::SetCredentialResponse>(admin_stub_, &Admin::SetCredential, credential);
    ASSERT_TRUE(set.ok()) << set.status();
    EXPECT_THAT(set->kinds(), testing::ElementsAre("nt_hash", "scram_sha_256"));
    EXPECT_EQ(set->key_id(), "k1");
  }

  auth::v1::BeginLogonRequest Begin(const char* mechanism, const std::string& initial_response) {
    auth::v1::BeginLogonRequest request;
    request.set_attempt_id(NewId(random_));
    request.set_session_id(NewId(random_));
    request.set_mechanism(mechanism);
    request.set_initial_response(initial_response);
    request.mutable_channel()->set_protocol("pop3");
    request.mutable_channel()->set_client_address("192.0.2.1");
    request.mutable_channel()->set_connection_id(NewId(random_));
    request.mutable_channel()->mutable_tls()->set_version("TLSv1.3");
    return request;
  }

  FakeClock clock_;
  FakeRandom random_;
  TestPki pki_;
  std::unique_ptr<directory::Directory> directory_ = directory::MakeMemoryDirectory(
      {{.protocol = "pop3",
        .mechanisms = {{"NTLM", true, true, true}, {"PLAIN", true, true, true}},
        .revision = 0,
        .update_time = {}}},
      clock_, random_);
  directory::CredentialVault vault_{Keys('v'), random_};
  authority::LocalAuthority authority_{vault_, {}, random_};
  std::vector<std::unique_ptr<sasl::Mechanism>> mechanisms_;
  logon::Decider decider_{*directory_, {"CORP", {}, {"CORP", "MAIL"}}};
  logon::Throttle throttle_{clock_};
  logon::Memory memory_;
  const KeyRing state_keys_ = Keys('s');
  std::map<std::string, KeyRing> grant_keys_;
  logon::LogonFlow flow_{{*directory_, authority_, mechanisms_, decider_, throttle_, memory_,
                          state_keys_, grant_keys_, clock_, random_},
                         {.netbios_domain = "CORP", .development_mode = false}};
  std::vector<std::string> log_lines_;
  log::Logger logger_{"restante-auth", log::Level::kInfo, clock_,
                      [this](absl::string_view line) { log_lines_.emplace_back(line); }};
  LogonService logon_{flow_, *directory_};
  WorkerPool workers_{1, 100};
  operations::MemoryOperationStore::Records operation_records_;
  const std::string backup_directory_;
  std::unique_ptr<operations::Operations> operations_ = *operations::Operations::Open(
      std::make_unique<operations::MemoryOperationStore>(&operation_records_),
      MakeDirectoryJobs({*directory_, vault_, backup_directory_, clock_}), clock_, random_,
      logger_);
  DirectoryService admin_{{*directory_, vault_, flow_, memory_.attempts, authority_, throttle_,
                           grant_keys_, workers_, *operations_, clock_, logger_},
                          {}};
  AuditService audit_{*directory_, workers_};
  ServerInfoService info_{{.program = "restante-auth",
                           .version = "1.2.3",
                           .features = {"audit"},
                           .limits = {{"page_size", 1'000}}},
                          AuthManagementAccess(),
                          [this] { return FindFaults(*directory_, vault_, false); },
                          clock_};
  std::unique_ptr<Server> server_;
  std::unique_ptr<Server> admin_server_;
  std::unique_ptr<Logon> logon_stub_;
  std::unique_ptr<Logon> ingress_stub_;
  std::unique_ptr<Admin> admin_stub_;
  std::unique_ptr<Admin> reader_stub_;
  std::unique_ptr<common::v1::AuditService::Stub> audit_stub_;
};

}  // namespace restante::rpc

#endif  // RESTANTE_AUTH_SERVICE_RPC_TESTING_SERVICES_FIXTURE_H_
