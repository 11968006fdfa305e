#include "tools/restantectl/mail_transfer.h"

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/check.h"
#include "common/base/crc32c.h"
#include "common/base/error_reason.h"
#include "common/base/status_macros.h"
#include "common/rpc/status.h"
#include "common/rpc/time_messages.h"
#include "tools/restantectl/errors.h"
#include "tools/restantectl/import_call.h"
#include "tools/restantectl/mail/maildir.h"
#include "tools/restantectl/mail/mbox.h"
#include "tools/restantectl/mail/pop3_source.h"
#include "tools/restantectl/progress_line.h"
#include "tools/restantectl/table.h"
#include "tools/restantectl/transfer_request_id.h"

namespace restante::ctl {
namespace {

using Mailboxes = mailstore::v1::MailboxService::StubInterface;
using mailstore::v1::ImportMessagesRequest;
using mailstore::v1::ImportMessagesResponse;

constexpr size_t kTextOctets = size_t{256} * 1024;
// Who reads further sees the pattern.
constexpr int64_t kMostShown = 1'000;

absl::StatusOr<std::vector<mailstore::v1::Message>> FetchMessages(Session& session,
                                                                  const std::string& mailbox_id) {
  RESTANTE_ASSIGN_OR_RETURN(Mailboxes * mailboxes, session.services.Mailboxes());
  mailstore::v1::ListMessagesRequest request;
  request.set_parent(ResourceName("mailboxes", mailbox_id));
  const absl::StatusOr<mailstore::v1::ListMessagesResponse> all =
      CallForPages(session, mailboxes, &Mailboxes::ListMessages, request, /*limit=*/0,
                   [](const auto& listed) { return listed.messages_size(); });
  if (absl::IsNotFound(all.status())) return std::vector<mailstore::v1::Message>();
  RESTANTE_RETURN_IF_ERROR(all.status());
  return std::vector<mailstore::v1::Message>(all->messages().begin(), all->messages().end());
}

absl::StatusOr<std::unique_ptr<MailSource>> OpenSource(Session& session,
                                                       const MailImportWish& wish) {
  if (!wish.maildir.empty()) return OpenMaildir(wish.maildir);
  if (!wish.mbox.empty()) return OpenMbox(wish.mbox);
  if (wish.pop3_user.empty()) return UsageError("--pop3 needs --user");
  RESTANTE_ASSIGN_OR_RETURN(Secret password, ReadPassword(session.console));
  return OpenPop3Maildrop({wish.pop3, wish.pop3_user, std::move(password), wish.pop3_mechanism,
                           wish.pop3_ca, wish.pop3_without_tls});
}

// What tells this import from others. A Maildir or a maildrop stays the same when messages come
// into it; an mbox that was written again is another.
std::vector<std::string> WorkOf(const MailImportWish& wish) {
  std::vector<std::string> work = {"mailboxes import", wish.mailbox_id};
  if (!wish.maildir.empty()) {
    work.insert(work.end(), {"maildir", IdentityOfPlace(wish.maildir)});
  } else if (!wish.mbox.empty()) {
    const std::vector<std::string> identity = IdentityOfFile(wish.mbox);
    work.emplace_back("mbox");
    work.insert(work.end(), identity.begin(), identity.end());
  } else {
    work.insert(work.end(), {"pop3", wish.pop3, wish.pop3_user});
  }
  return work;
}

std::vector<std::string> WorkOf(const MailExportWish& wish) {
  const bool is_maildir = !wish.maildir.empty();
  return {"mailboxes export", wish.mailbox_id, is_maildir ? "maildir" : "mbox",
          IdentityOfPlace(is_maildir ? wish.maildir : wish.mbox)};
}

// One import under way.
class MailImport {
 public:
  MailImport(Session* session, const MailImportWish& wish, MailSource* source)
      : session_(*session), wish_(wish), source_(*source), line_(session->console) {}

  absl::Status Run() {
    RESTANTE_ASSIGN_OR_RETURN(messages_, source_.List());
    RESTANTE_ASSIGN_OR_RETURN(const std::vector<mailstore::v1::Message> there,
                              FetchMessages(session_, wish_.mailbox_id));
    for (const mailstore::v1::Message& message : there) there_[message.uidl()] = message;
    const absl::Status sent = wish_.dry_run ? Count() : Send();
    Report(sent);
    RESTANTE_RETURN_IF_ERROR(sent);
    if (wish_.dry_run) return absl::OkStatus();
    RESTANTE_RETURN_IF_ERROR(Prove());
    if (failed_ == 0) return absl::OkStatus();
    return MakeError(absl::StatusCode::kResourceExhausted, ErrorReason::kQuotaExceeded,
                     absl::StrCat(failed_, " messages were refused and are listed above"));
  }

 private:
  bool IsThere(const SourceMessage& message) const {
    return !message.uidl.empty() && there_.count(message.uidl) > 0;
  }

  absl::Status Count() {
    for (const SourceMessage& message : messages_) ++(IsThere(message) ? before_ : imported_);
    return absl::OkStatus();
  }

  absl::Status Send() {
    RESTANTE_ASSIGN_OR_RETURN(Mailboxes * mailboxes, session_.services.Mailboxes());
    RESTANTE_RETURN_IF_ERROR(Begin(mailboxes));
    bool going = true;
    absl::Status read;
    for (size_t i = 0; i < messages_.size() && going; ++i) {
      line_.Show(static_cast<double>(i) / static_cast<double>(messages_.size()),
                 absl::StrCat(i, " of ", messages_.size(), " messages"));
      if (IsThere(messages_[i])) {
        ++before_;
        continue;
      }
      absl::StatusOr<std::string> text = source_.Read(i);
      read = text.status();
      if (!read.ok()) break;
      going = SendOne(messages_[i], *text);
    }
    const absl::Status sent = call_->End(going && read.ok());
    line_.Clear();
    // What could not be read is why the call did not say that it is complete.
    return read.ok() ? sent : read;
  }

  // Takes on the operation of this source and mailbox or begins one.
  absl::Status Begin(Mailboxes* mailboxes) {
    call_.emplace(
        [mailboxes](grpc::ClientContext* context) { return mailboxes->ImportMessages(context); });
    const auto first = [this](const std::string& request_id) {
      ImportMessagesRequest request;
      request.set_parent(ResourceName("mailboxes", wish_.mailbox_id));
      request.set_request_id(request_id);
      return request;
    };
    return call_->Begin(TransferRequestIds(WorkOf(wish_), &session_.random), first,
                        session_.console.err());
  }

  bool SendOne(const SourceMessage& message, absl::string_view text) {
    ImportMessagesRequest request;
    mailstore::v1::ImportedMessage& begin = *request.mutable_begin();
    begin.set_import_id(message.import_id);
    begin.set_uidl(message.uidl);
    if (message.delivery_time) {
      *begin.mutable_delivery_time() = rpc::ToTimestamp(*message.delivery_time);
    }
    // When is not known: its time of keeping begins now.
    if (message.read) *begin.mutable_read_time() = rpc::ToTimestamp(absl::Now());
    if (!call_->Write(request)) return false;
    for (absl::string_view left = text; !left.empty();) {
      const absl::string_view piece = left.substr(0, kTextOctets);
      request.set_text(std::string(piece));
      if (!call_->Write(request)) return false;
      left.remove_prefix(piece.size());
    }
    request.mutable_end()->set_size_octets(static_cast<int64_t>(text.size()));
    request.mutable_end()->set_crc32c(ExtendCrc32c(0, text));
    ImportMessagesResponse response;
    if (!call_->Write(request) || !call_->Read(&response)) return false;
    const absl::Status status = rpc::FromProto(response.status());
    if (status.ok()) {
      ++(response.repeated() ? before_ : imported_);
    } else if (++failed_ <= kMostShown) {
      line_.Clear();
      session_.console.err() << Printable(message.import_id) << ": " << Printable(status.message())
                             << "\n";
    }
    return true;
  }

  void Report(const absl::Status& sent) {
    session_.console.out() << (wish_.dry_run ? "Nothing was changed. Would be imported: "
                                             : "Imported: ")
                           << imported_ << ", imported before: " << before_
                           << ", failed: " << failed_ << "\n";
    if (sent.ok() || wish_.dry_run) return;
    if (absl::IsCancelled(sent)) {
      session_.console.err() << "The import was cancelled; what is counted above is done.\n";
      return;
    }
    session_.console.err()
        << "The import broke off; what is counted above is done. Repeat it to go "
           "on: nothing comes twice.\n";
  }

  // A line about one that is not as it should be.
  void Differs(const SourceMessage& message, const std::string& how) {
    if (++shown_ > kMostShown) return;
    session_.console.err() << (message.uidl.empty() ? Printable(message.import_id)
                                                    : Printable(message.uidl))
                           << ": " << how << "\n";
  }

  // Every message under its UIDL, of its size, in its order.
  absl::Status Prove() {
    const bool has_uidls = std::any_of(messages_.begin(), messages_.end(),
                                       [](const auto& message) { return !message.uidl.empty(); });
    if (!has_uidls && wish_.pop3.empty()) return absl::OkStatus();
    RESTANTE_ASSIGN_OR_RETURN(const std::vector<mailstore::v1::Message> there,
                              FetchMessages(session_, wish_.mailbox_id));
    std::map<std::string, size_t> place;
    for (size_t i = 0; i < there.size(); ++i) place.emplace(there[i].uidl(), i);
    int64_t equal = 0;
    int64_t missing = 0;
    int64_t different = 0;
    std::optional<size_t> last;
    for (const SourceMessage& message : messages_) {
      const auto found = place.find(message.uidl);
      if (message.uidl.empty() || found == place.end()) {
        ++missing;
        Differs(message, "is not there under this UIDL");
        continue;
      }
      const int64_t octets = there[found->second].size_octets();
      if (message.size_octets && *message.size_octets != octets) {
        ++different;
        Differs(message, absl::StrCat("has ", octets, " octets here and ", *message.size_octets,
                                      " at the source"));
      } else if (last && found->second <= *last) {
        ++different;
        Differs(message, "comes at another place here");
      } else {
        ++equal;
      }
      last = found->second;
    }
    session_.console.out() << "Proof: " << equal << " equal, " << missing << " missing, "
                           << different << " different\n";
    if (missing + different == 0 || wish_.allow_uidl_change) return absl::OkStatus();
    return DifferenceError("clients may download messages again, or miss some");
  }

  Session& session_;
  const MailImportWish& wish_;
  MailSource& source_;
  ProgressLine line_;
  std::optional<ImportCall<ImportMessagesRequest, ImportMessagesResponse>> call_;
  std::vector<SourceMessage> messages_;
  std::map<std::string, mailstore::v1::Message> there_;  // by UIDL
  int64_t imported_ = 0;
  int64_t before_ = 0;
  int64_t failed_ = 0;
  int64_t shown_ = 0;
};

// The messages of an export, piece by piece.
class MailExport {
 public:
  MailExport(Session* session, MailSink* sink, int64_t total)
      : session_(*session), sink_(*sink), total_(total), line_(session->console) {}

  // Under the first of `ids` whose operation has not ended before.
  absl::Status Run(Mailboxes* mailboxes, mailstore::v1::ExportMessagesRequest request,
                   TransferRequestIds ids) {
    do {
      ended_.clear();
      request.set_request_id(ids.current());
      RESTANTE_RETURN_IF_ERROR(Receive(mailboxes, request));
      ids.SkipEnded(ended_);
    } while (!ended_.empty());
    return absl::OkStatus();
  }

  absl::Status Report() {
    line_.Clear();
    session_.console.out() << "Exported: " << exported_ << ", failed: " << failed_ << "\n";
    if (failed_ == 0) return absl::OkStatus();
    return MakeError(absl::StatusCode::kDataLoss, ErrorReason::kMessageCorrupt,
                     absl::StrCat(failed_, " messages could not be read and are listed above"));
  }

 private:
  absl::Status Receive(Mailboxes* mailboxes, const mailstore::v1::ExportMessagesRequest& request) {
    grpc::ClientContext context;
    const auto stream = mailboxes->ExportMessages(&context, request);
    mailstore::v1::ExportMessagesResponse answer;
    absl::Status written;
    while (written.ok() && stream->Read(&answer)) {
      if (answer.already_ended()) {
        ended_ = answer.operation();
      } else if (!answer.operation().empty()) {
        session_.console.err() << "This export is " << Printable(answer.operation()) << ".\n";
      }
      for (const mailstore::v1::ExportedPiece& piece : answer.pieces()) {
        if (written.ok()) written = Take(piece);
      }
    }
    if (!written.ok()) context.TryCancel();
    const absl::Status read = rpc::FromGrpcStatus(stream->Finish());
    return written.ok() ? read : written;
  }

  absl::Status Take(const mailstore::v1::ExportedPiece& piece) {
    if (piece.has_begin()) Begin(piece.begin());
    text_ += piece.text();
    if (piece.has_error()) {
      ++failed_;
      line_.Clear();
      session_.console.err() << Printable(name_) << ": "
                             << Printable(rpc::FromProto(piece.error()).message()) << "\n";
    }
    if (!piece.end()) return absl::OkStatus();
    RESTANTE_RETURN_IF_ERROR(sink_.Write(mail_, text_));
    ++exported_;
    line_.Show(total_ > 0 ? static_cast<double>(exported_) / static_cast<double>(total_) : -1,
               absl::StrCat(exported_, " messages"));
    return absl::OkStatus();
  }

  void Begin(const mailstore::v1::ExportedMessage& message) {
    text_.clear();
    name_ = message.name();
    mail_ = ExportedMail();
    RESTANTE_CHECK(absl::SimpleAtoi(LastPart(name_), &mail_.message_id));
    mail_.uidl = message.uidl();
    mail_.delivery_time = rpc::FromTimestamp(message.delivery_time()).value_or(absl::UnixEpoch());
    mail_.read = message.has_read_time();
  }

  Session& session_;
  MailSink& sink_;
  const int64_t total_;
  ProgressLine line_;
  std::string ended_;  // the operation that had ended before
  ExportedMail mail_;
  std::string name_;
  std::string text_;
  int64_t exported_ = 0;
  int64_t failed_ = 0;
};

}  // namespace

absl::Status ImportMail(Session& session, const MailImportWish& wish) {
  RESTANTE_ASSIGN_OR_RETURN(const std::unique_ptr<MailSource> source, OpenSource(session, wish));
  return MailImport(&session, wish, source.get()).Run();
}

absl::Status ExportMail(Session& session, const MailExportWish& wish) {
  RESTANTE_ASSIGN_OR_RETURN(Mailboxes * mailboxes, session.services.Mailboxes());
  mailstore::v1::GetMailboxRequest which;
  which.set_name(ResourceName("mailboxes", wish.mailbox_id));
  mailstore::v1::Mailbox mailbox;
  RESTANTE_RETURN_IF_ERROR(Call(session, mailboxes, &Mailboxes::GetMailbox, which, &mailbox));
  RESTANTE_ASSIGN_OR_RETURN(const std::unique_ptr<MailSink> sink,
                            wish.maildir.empty() ? MakeMbox(wish.mbox) : MakeMaildir(wish.maildir));
  mailstore::v1::ExportMessagesRequest request;
  request.set_parent(which.name());
  RESTANTE_ASSIGN_OR_RETURN(const uint64_t after, sink->LastMessageId());
  request.set_after_message_id(after);
  MailExport mail_export(&session, sink.get(), mailbox.message_count());
  RESTANTE_RETURN_IF_ERROR(mail_export.Run(mailboxes, std::move(request),
                                           TransferRequestIds(WorkOf(wish), &session.random)));
  RESTANTE_RETURN_IF_ERROR(sink->Close());
  return mail_export.Report();
}

}  // namespace restante::ctl
