#include "tools/restantectl/server_info.h"

#include <grpc/grpc_security_constants.h>
#include <grpcpp/security/auth_context.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "common/base/status_macros.h"
#include "common/rpc/time_messages.h"
#include "tools/restantectl/errors.h"
#include "tools/restantectl/table.h"

namespace restante::ctl {

std::string ProgramName(Program program) {
  return program == Program::kAuth ? "auth" : "mailstore";
}

absl::StatusOr<ServerAnswer> FetchServerInfo(Session& session, Program program, bool check) {
  RESTANTE_ASSIGN_OR_RETURN(const auto stub,
                            session.services.Stub<common::v1::ServerInfoService>(program));
  common::v1::GetServerInfoRequest request;
  grpc::ClientContext context;
  // The first call opens the connection, which is not to be counted.
  ServerAnswer answer;
  RESTANTE_RETURN_IF_ERROR(Call(session, stub.get(),
                                &common::v1::ServerInfoService::StubInterface::GetServerInfo,
                                request, &answer.info));
  request.set_check(check);
  context.set_deadline(absl::ToChronoTime(absl::Now() + session.timeout));
  const absl::Time before = absl::Now();
  RESTANTE_RETURN_IF_ERROR(
      rpc::FromGrpcStatus(stub->GetServerInfo(&context, request, &answer.info)));
  answer.round_trip = absl::Now() - before;
  if (const auto time = rpc::FromTimestamp(answer.info.time())) {
    answer.clock_ahead = *time - (before + answer.round_trip / 2);
  }
  const auto peer = context.auth_context();
  if (peer == nullptr) return answer;
  for (const auto& pem : peer->FindPropertyValues(GRPC_X509_PEM_CERT_PROPERTY_NAME)) {
    answer.certificate_pem = std::string(pem.data(), pem.size());
  }
  return answer;
}

std::string ToTable(const common::v1::ServerInfo& info) {
  std::string text = Fields({
      {"Program", absl::StrCat(Printable(info.program()), " ", Printable(info.version()))},
      {"You are", Printable(info.caller())},
      {"Roles", Printable(absl::StrJoin(info.caller_roles(), ", "))},
      {"Started", TimeOf(info.start_time(), info.has_start_time())},
      {"Its clock", TimeOf(info.time(), info.has_time())},
      {"Features", Printable(absl::StrJoin(info.features(), ", "))},
  });
  text += "You may call:\n";
  for (const std::string& method : info.callable_methods()) {
    absl::StrAppend(&text, "  ", Printable(method), "\n");
  }
  return text;
}

absl::Status WhoAmI(Session& session) {
  absl::Status first_error;
  int answered = 0;
  for (const Program program : {Program::kAuth, Program::kMailstore}) {
    const absl::StatusOr<ServerAnswer> answer = FetchServerInfo(session, program, /*check=*/false);
    if (!answer.ok()) {
      first_error.Update(answer.status());
      session.console.err() << ProgramName(program) << ": " << Printable(answer.status().message())
                            << "\n";
      continue;
    }
    if (answered++ > 0 && IsForPeople(session.format)) session.console.out() << "\n";
    Print(answer->info, session.format, session.console.out());
  }
  return answered > 0 ? absl::OkStatus() : first_error;
}

}  // namespace restante::ctl
