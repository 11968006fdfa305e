#include "tools/restantectl/transfer.h"

#include <cerrno>
#include <fstream>
#include <functional>
#include <iostream>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/error_reason.h"
#include "common/base/status_macros.h"
#include "common/rpc/status.h"
#include "common/rpc/wipe_credential.h"
#include "restante/auth/v1/directory_service.grpc.pb.h"
#include "tools/restantectl/account_file.h"
#include "tools/restantectl/errors.h"
#include "tools/restantectl/output.h"
#include "tools/restantectl/progress_line.h"

namespace restante::ctl {
namespace {

using auth::v1::ImportAccountsRequest;
using auth::v1::ImportAccountsResponse;
using Directory = auth::v1::DirectoryService::StubInterface;
using Stream = grpc::ClientReaderWriterInterface<ImportAccountsRequest, ImportAccountsResponse>;

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
    stream_ = directory->ImportAccounts(&context_);
    ImportAccountsRequest options;
    options.mutable_options()->set_update_existing(wish_.update_existing);
    options.mutable_options()->set_validate_only(wish_.dry_run);
    bool going = stream_->Write(options);
    const auto reader = ReadAccountFile(ToFormat(wish_.format, wish_.path), in);
    absl::Status read;
    while (going) {
      absl::StatusOr<std::optional<FileItem>> next = reader->Next();
      if (!next.ok()) read = next.status();
      if (!next.ok() || !*next) break;
      Take(**std::move(next));
      if (IsFull()) going = Exchange();
    }
    if (going && !message_.items().empty()) Exchange();
    stream_->WritesDone();
    const absl::Status sent = rpc::FromGrpcStatus(stream_->Finish());
    WipeMessage();
    return Report(read, sent);
  }

 private:
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
    const bool going = stream_->Write(message_) && stream_->Read(&response);
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
    if (!sent.ok() && !wish_.dry_run) {
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
  grpc::ClientContext context_;
  std::unique_ptr<Stream> stream_;
  ImportAccountsRequest message_;
  int64_t created_ = 0;
  int64_t updated_ = 0;
  int64_t unchanged_ = 0;
  int64_t failed_ = 0;
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
  const AccountFileFormat format = ToFormat(wish.format, "");
  auth::v1::ExportAccountsRequest request;
  request.set_filter(wish.filter);
  request.set_show_deleted(wish.show_deleted);
  grpc::ClientContext context;
  const auto stream = directory->ExportAccounts(&context, request);
  session.console.out() << AccountFileHeader(format);
  auth::v1::ExportAccountsResponse response;
  while (stream->Read(&response)) {
    for (const auth::v1::Account& account : response.accounts()) {
      absl::StatusOr<std::string> line = AccountFileLine(format, account);
      if (!line.ok()) {
        context.TryCancel();
        (void)stream->Finish();
        return line.status();
      }
      session.console.out() << *line;
    }
  }
  return rpc::FromGrpcStatus(stream->Finish());
}

}  // namespace restante::ctl
