#include "tools/restantectl/transfer.h"

#include <cerrno>
#include <fstream>
#include <functional>
#include <iostream>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/error_reason.h"
#include "common/base/status_macros.h"
#include "common/rpc/status.h"
#include "common/rpc/wipe_credential.h"
#include "restante/auth/v1/directory_service.grpc.pb.h"
#include "tools/restantectl/account_file.h"
#include "tools/restantectl/errors.h"
#include "tools/restantectl/import_call.h"
#include "tools/restantectl/output.h"
#include "tools/restantectl/progress_line.h"
#include "tools/restantectl/transfer_request_id.h"

namespace restante::ctl {
namespace {

using auth::v1::ImportAccountsRequest;
using auth::v1::ImportAccountsResponse;
using Directory = auth::v1::DirectoryService::StubInterface;

constexpr int kItemsInMessage = 500;
constexpr size_t kMessageOctets = 1 << 20;
// Who reads further sees the pattern.
constexpr int64_t kMostFailuresShown = 1'000;

AccountFileFormat ToFormat(const std::string& format, absl::string_view path) {
  if (format.empty()) return FormatOfFile(path);
  return format == "csv" ? AccountFileFormat::kCsv : AccountFileFormat::kJsonLines;
}

// One import under way.
class Import {
 public:
  // `fraction` says how much of the file was read, below 0 when that is not known.
  Import(Session* session, const ImportWish& wish, std::function<double()> fraction)
      : session_(*session), wish_(wish), fraction_(std::move(fraction)), line_(session->console) {}

  absl::Status Run(std::istream* in) {
    RESTANTE_ASSIGN_OR_RETURN(Directory * directory, session_.services.Directory());
    RESTANTE_RETURN_IF_ERROR(Begin(directory));
    const auto reader = ReadAccountFile(ToFormat(wish_.format, wish_.path), in);
    bool going = true;
    absl::Status read;
    while (going) {
      absl::StatusOr<std::optional<FileItem>> next = reader->Next();
      if (!next.ok()) read = next.status();
      if (!next.ok() || !*next) break;
      Take(**std::move(next));
      if (IsFull()) going = Exchange();
    }
    if (going && !message_.items().empty()) going = Exchange();
    const absl::Status sent = call_->End(going && read.ok());
    WipeMessage();
    // What could not be read is why the call did not say that it is complete.
    return Report(read, read.ok() ? sent : absl::OkStatus());
  }

 private:
  // Sends the options, and takes on the operation of this file or begins one.
  absl::Status Begin(Directory* directory) {
    std::vector<std::string> work;
    if (wish_.path != "-") {
      work = IdentityOfFile(wish_.path);
      work.insert(work.end(), {"accounts import", wish_.format, wish_.dry_run ? "dry run" : ""});
    }
    call_.emplace(
        [directory](grpc::ClientContext* context) { return directory->ImportAccounts(context); });
    const auto first = [this](const std::string& request_id) {
      ImportAccountsRequest options;
      options.mutable_options()->set_update_existing(wish_.update_existing);
      options.mutable_options()->set_validate_only(wish_.dry_run);
      options.mutable_options()->set_request_id(request_id);
      return options;
    };
    return call_->Begin(TransferRequestIds(work, &session_.random), first, session_.console.err());
  }

  void Take(FileItem item) {
    if (!item.item.ok()) return Failed(item.line, "", item.item.status());
    *message_.add_items() = *std::move(item.item);
  }

  bool IsFull() const {
    return message_.items_size() >= kItemsInMessage || message_.ByteSizeLong() >= kMessageOctets;
  }

  // Sends what was gathered and takes the answer. False when the call is over.
  bool Exchange() {
    ImportAccountsResponse response;
    const bool going = call_->Write(message_) && call_->Read(&response);
    WipeMessage();
    for (const auth::v1::ImportResult& result : response.results()) Take(result);
    line_.Show(fraction_(), absl::StrCat(created_ + updated_ + unchanged_ + failed_, " accounts, ",
                                         failed_, " failed"));
    return going;
  }

  void Take(const auth::v1::ImportResult& result) {
    if (result.outcome() == auth::v1::IMPORT_OUTCOME_CREATED) ++created_;
    if (result.outcome() == auth::v1::IMPORT_OUTCOME_UPDATED) ++updated_;
    if (result.outcome() == auth::v1::IMPORT_OUTCOME_UNCHANGED) ++unchanged_;
    if (result.outcome() != auth::v1::IMPORT_OUTCOME_FAILED) return;
    Failed(result.item_number(), result.account_id(), rpc::FromProto(result.error()));
  }

  void Failed(int64_t line, const std::string& account_id, const absl::Status& why) {
    if (++failed_ > kMostFailuresShown) return;
    line_.Clear();
    const ErrorReason reason = GetErrorReason(why);
    session_.console.err() << "line " << line << ": "
                           << (account_id.empty() ? "" : Printable(account_id) + ": ")
                           << Printable(why.message());
    if (reason != ErrorReason::kUnspecified) {
      session_.console.err() << " (" << ErrorReasonName(reason) << ")";
    }
    session_.console.err() << "\n";
  }

  void WipeMessage() {
    for (auth::v1::ImportItem& item : *message_.mutable_items()) {
      if (item.has_credential()) rpc::WipeCredential(item.mutable_credential());
    }
    message_.Clear();
  }

  absl::Status Report(const absl::Status& read, const absl::Status& sent) {
    line_.Clear();
    session_.console.out() << (wish_.dry_run ? "Nothing was changed. Would be created: "
                                             : "Created: ")
                           << created_ << ", updated: " << updated_
                           << ", as they were: " << unchanged_ << ", failed: " << failed_ << "\n";
    if (failed_ > kMostFailuresShown) {
      session_.console.err() << "Only the first " << kMostFailuresShown
                             << " failed lines are listed.\n";
    }
    if (absl::IsCancelled(sent)) {
      session_.console.err() << "The import was cancelled; what is counted above is done.\n";
    } else if (!sent.ok() && !wish_.dry_run) {
      session_.console.err()
          << "The import broke off; what is counted above is done. Repeat it with "
             "--update-existing to go on.\n";
    }
    RESTANTE_RETURN_IF_ERROR(sent);
    RESTANTE_RETURN_IF_ERROR(read);
    if (failed_ == 0) return absl::OkStatus();
    return MakeError(absl::StatusCode::kInvalidArgument, ErrorReason::kFieldInvalid,
                     absl::StrCat(failed_, " lines failed and are listed above"));
  }

  Session& session_;
  const ImportWish& wish_;
  const std::function<double()> fraction_;
  ProgressLine line_;
  std::optional<ImportCall<ImportAccountsRequest, ImportAccountsResponse>> call_;
  ImportAccountsRequest message_;
  int64_t created_ = 0;
  int64_t updated_ = 0;
  int64_t unchanged_ = 0;
  int64_t failed_ = 0;
};

// The accounts of an export to out().
class Export {
 public:
  Export(Session* session, AccountFileFormat format) : session_(*session), format_(format) {}

  // The name of the operation when it had ended before and nothing was written; else empty.
  absl::StatusOr<std::string> Run(Directory* directory,
                                  const auth::v1::ExportAccountsRequest& request) {
    grpc::ClientContext context;
    const auto stream = directory->ExportAccounts(&context, request);
    auth::v1::ExportAccountsResponse response;
    std::string ended;
    absl::Status written;
    while (written.ok() && stream->Read(&response)) {
      if (response.already_ended()) {
        ended = response.operation();
      } else {
        written = Write(response);
      }
    }
    if (!written.ok()) context.TryCancel();
    const absl::Status read = rpc::FromGrpcStatus(stream->Finish());
    RESTANTE_RETURN_IF_ERROR(written);
    RESTANTE_RETURN_IF_ERROR(read);
    return ended;
  }

 private:
  absl::Status Write(const auth::v1::ExportAccountsResponse& response) {
    // The first says which operation it is.
    if (!response.operation().empty()) {
      session_.console.err() << "This export is " << Printable(response.operation()) << ".\n";
      session_.console.out() << AccountFileHeader(format_);
    }
    for (const auth::v1::Account& account : response.accounts()) {
      RESTANTE_ASSIGN_OR_RETURN(const std::string line, AccountFileLine(format_, account));
      session_.console.out() << line;
    }
    return absl::OkStatus();
  }

  Session& session_;
  const AccountFileFormat format_;
};

}  // namespace

absl::Status ImportAccounts(Session& session, const ImportWish& wish) {
  if (wish.path == "-") return Import(&session, wish, [] { return -1.0; }).Run(&std::cin);
  std::ifstream file(wish.path, std::ios::binary);
  if (!file) {
    return UsageError(absl::StrCat(Printable(wish.path), ": ",
                                   absl::ErrnoToStatus(errno, "cannot be read").message()));
  }
  file.seekg(0, std::ios::end);
  const auto size = static_cast<double>(file.tellg());
  file.seekg(0);
  const auto fraction = [&file, size] {
    // At the end there is no place any more.
    return file.good() && size > 0 ? static_cast<double>(file.tellg()) / size : 1.0;
  };
  return Import(&session, wish, fraction).Run(&file);
}

absl::Status ExportAccounts(Session& session, const ExportWish& wish) {
  RESTANTE_ASSIGN_OR_RETURN(Directory * directory, session.services.Directory());
  TransferRequestIds ids(
      {"accounts export", wish.format, wish.filter, wish.show_deleted ? "deleted" : ""},
      &session.random);
  Export accounts(&session, ToFormat(wish.format, ""));
  while (true) {
    auth::v1::ExportAccountsRequest request;
    request.set_filter(wish.filter);
    request.set_show_deleted(wish.show_deleted);
    request.set_request_id(ids.current());
    const absl::StatusOr<std::string> ended = accounts.Run(directory, request);
    if (ended.ok() && ended->empty()) return absl::OkStatus();
    if (ended.ok()) {
      ids.SkipEnded(*ended);
    } else if (GetErrorReason(ended.status()) == ErrorReason::kOperationRunning) {
      // Somebody else's: each writes to its own output.
      ids.UseNew();
    } else {
      return ended.status();
    }
  }
}

}  // namespace restante::ctl
