#include "tools/restantectl/watches.h"

#include <google/protobuf/util/json_util.h>

#include <functional>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "common/base/check.h"
#include "common/base/status_macros.h"
#include "tools/restantectl/table.h"

namespace restante::ctl {
namespace {

using Directory = auth::v1::DirectoryService::StubInterface;

constexpr absl::Duration kPause = absl::Seconds(1);

// Prints events until there were enough.
class Printer {
 public:
  Printer(Session& session, int limit) : session_(session), limit_(limit) {}

  // One event as its kind of message, and as a line for people. False: that is all.
  bool Print(const google::protobuf::Message& event, const std::string& line) {
    switch (session_.format) {
      case OutputFormat::kTable:
      case OutputFormat::kWide:
        session_.console.out() << line << "\n";
        break;
      case OutputFormat::kJson:
        session_.console.out() << JsonLine(event) << "\n";
        break;
      case OutputFormat::kYaml:
        session_.console.out() << ToYaml(event);
        break;
    }
    session_.console.out() << std::flush;
    return limit_ == 0 || ++printed_ < limit_;
  }

 private:
  static std::string JsonLine(const google::protobuf::Message& event) {
    google::protobuf::util::JsonPrintOptions options;
    options.always_print_primitive_fields = true;
    options.preserve_proto_field_names = true;
    std::string json;
    RESTANTE_CHECK(google::protobuf::util::MessageToJsonString(event, &json, options).ok());
    return json;
  }

  Session& session_;
  const int limit_;
  int printed_ = 0;
};

// Opens the stream again when the server went away, until `take` has had enough of the pieces.
template <typename Response>
absl::Status Watch(Session& session,
                   const std::function<std::unique_ptr<grpc::ClientReaderInterface<Response>>(
                       grpc::ClientContext*)>& open,
                   const std::function<bool(const Response&)>& take) {
  bool was_there = false;
  while (true) {
    grpc::ClientContext context;
    const auto stream = open(&context);
    Response piece;
    while (stream->Read(&piece)) {
      was_there = true;
      if (take(piece)) continue;
      context.TryCancel();
      (void)stream->Finish();
      return absl::OkStatus();
    }
    const absl::Status status = rpc::FromGrpcStatus(stream->Finish());
    if (!was_there || !absl::IsUnavailable(status)) return status;
    session.console.err() << "auth has gone away (" << Printable(status.message())
                          << "); watching again\n";
    absl::SleepFor(kPause);
  }
}

std::string LineOf(const auth::v1::AccountEvent& event) {
  if (event.has_purged_account()) {
    return absl::StrCat(LastPart(event.purged_account()), "  purged");
  }
  const auth::v1::Account& account = event.account();
  return absl::StrCat(
      LastPart(account.name()), "  ",
      account.has_delete_time() ? "deleted" : (account.disabled() ? "disabled" : "enabled"), "  ",
      OrDash(Printable(account.alias())), "  ",
      OrDash(Printable(absl::StrJoin(account.windows_names(), ", "))));
}

std::string LineOf(const auth::v1::LogonEvent& event) {
  return absl::StrCat(TimeOf(event.time(), event.has_time()), "  ", Printable(event.outcome()),
                      "  ", Printable(event.mechanism()), "  ", Printable(event.client_address()),
                      "  ", OrDash(Printable(event.client_name())), "  ",
                      OrDash(LastPart(event.account())), "  ", Printable(event.reference()));
}

}  // namespace

absl::Status WatchAccounts(Session& session, int limit) {
  RESTANTE_ASSIGN_OR_RETURN(Directory * directory, session.services.Directory());
  auth::v1::WatchAccountsRequest request;
  Printer printer(session, limit);
  return Watch<auth::v1::WatchAccountsResponse>(
      session,
      [&](grpc::ClientContext* context) { return directory->WatchAccounts(context, request); },
      [&](const auth::v1::WatchAccountsResponse& piece) {
        if (piece.reset()) session.console.err() << "Too much was missed; all accounts follow.\n";
        request.set_resume_token(piece.resume_token());
        for (const auth::v1::AccountEvent& event : piece.events()) {
          if (!printer.Print(event, LineOf(event))) return false;
        }
        return true;
      });
}

absl::Status WatchLogons(Session& session, const std::string& filter, int backlog, int limit) {
  RESTANTE_ASSIGN_OR_RETURN(Directory * directory, session.services.Directory());
  auth::v1::WatchLogonEventsRequest request;
  request.set_filter(filter);
  request.set_backlog(backlog);
  Printer printer(session, limit);
  return Watch<auth::v1::WatchLogonEventsResponse>(
      session,
      [&](grpc::ClientContext* context) { return directory->WatchLogonEvents(context, request); },
      [&](const auth::v1::WatchLogonEventsResponse& piece) {
        request.set_backlog(0);
        if (piece.missed() > 0) {
          session.console.err() << piece.missed() << " logons were missed; auth's log has them.\n";
        }
        for (const auth::v1::LogonEvent& event : piece.events()) {
          if (!printer.Print(event, LineOf(event))) return false;
        }
        return true;
      });
}

}  // namespace restante::ctl
