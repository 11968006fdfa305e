#include "mailstore-service/rpc/export_stream.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/error_reason.h"
#include "common/base/status_macros.h"
#include "common/rpc/status.h"
#include "common/rpc/time_messages.h"
#include "mailstore-service/rpc/convert.h"
#include "mailstore-service/store/mailbox_changes.h"

namespace restante::mailstore {
namespace {

constexpr size_t kMaxAnswerOctets = 262'144;
constexpr int kMaxPieces = 100;
constexpr size_t kPage = 100;

v1::ExportedMessage ToExported(const std::string& parent, const MessageSummary& message) {
  v1::ExportedMessage proto;
  proto.set_name(absl::StrCat(parent, "/messages/", message.message_id));
  proto.set_size_octets(message.size_octets);
  proto.set_uidl(message.uidl);
  *proto.mutable_delivery_time() = rpc::ToTimestamp(message.delivery_time);
  if (message.read_time) *proto.mutable_read_time() = rpc::ToTimestamp(*message.read_time);
  return proto;
}

}  // namespace

ExportStream::ExportStream(const ExportStreamParts& parts, grpc::CallbackServerContext* context,
                           const v1::ExportMessagesRequest& request, std::string caller)
    : parts_(parts),
      context_(context),
      author_{std::move(caller), "ExportMessages"},
      parent_(request.parent()),
      request_id_(request.request_id()),
      after_(request.after_message_id()) {
  PostFill();
}

void ExportStream::PostFill() {
  const absl::Status posted = parts_.workers.Post([this] { Fill(); });
  if (posted.ok()) return;
  // Broken off, without a worker.
  transfer_.reset();
  Close(posted);
}

void ExportStream::OnWriteDone(bool ok) {
  sent_ = ok;
  if (ok) sent_counts_ = counts_;
  PostFill();
}

void ExportStream::End(const absl::Status& status) {
  if (transfer_ == nullptr) return Close(status);
  if (!transfer_->already_ended()) {
    (void)parts_.store.RecordAudit(
        mailbox_id_, TransferEnded("export", transfer_->name(), sent_counts_.done()), author_);
  }
  transfer_->End(status, sent_counts_);
  Close(status);
}

void ExportStream::Close(const absl::Status& status) {
  parts_.logger.Info("messages_exported", {{"mailbox_id", mailbox_id_},
                                           {"caller", author_.caller},
                                           {"exported", counts_.done()},
                                           {"failed", counts_.failed()},
                                           {"code", absl::StatusCodeToString(status.code())}});
  Finish(rpc::ToGrpcStatus(status));
}

void ExportStream::Fill() {
  if (!sent_ || context_->IsCancelled()) return End(absl::CancelledError());
  answer_.Clear();
  answer_octets_ = 0;
  const bool first = transfer_ == nullptr;
  absl::Status status = first ? Begin() : transfer_->Report(sent_counts_);
  if (status.ok() && !transfer_->already_ended()) status = FillAnswer();
  if (!status.ok()) return End(status);
  // One that had ended says that, and so has nothing more the next time.
  if (answer_.pieces().empty() && !first) return End(absl::OkStatus());
  StartWrite(&answer_);
}

absl::Status ExportStream::Begin() {
  RESTANTE_ASSIGN_OR_RETURN(mailbox_id_, ParseMailboxName("parent", parent_));
  RESTANTE_ASSIGN_OR_RETURN(transfer_,
                            parts_.operations.BeginTransfer({.kind = "ExportMessages",
                                                             .resource = parent_,
                                                             .validate_only = false,
                                                             .request_id = request_id_,
                                                             .caller = author_.caller,
                                                             .from_the_beginning = after_ == 0}));
  answer_.set_operation(transfer_->name());
  answer_.set_already_ended(transfer_->already_ended());
  if (transfer_->already_ended()) return absl::OkStatus();
  // Before any mail leaves: who had it must be known.
  return parts_.store.RecordAudit(mailbox_id_, TransferBegun("export", transfer_->name()), author_);
}

absl::Status ExportStream::BeginNext() {
  if (page_.empty() && !last_page_) {
    RESTANTE_ASSIGN_OR_RETURN(const std::vector<MessageSummary> messages,
                              parts_.store.ListMessages(mailbox_id_, after_, kPage));
    last_page_ = messages.size() < kPage;
    page_.assign(messages.begin(), messages.end());
  }
  if (page_.empty()) return absl::OkStatus();
  const MessageSummary message = page_.front();
  page_.pop_front();
  after_ = message.message_id;
  v1::ExportedPiece& piece = *answer_.add_pieces();
  *piece.mutable_begin() = ToExported(parent_, message);
  message_octets_ = message.size_octets;
  absl::StatusOr<std::unique_ptr<MessageReader>> reader =
      parts_.store.ReadMessage(mailbox_id_, message.message_id);
  if (reader.ok()) {
    reader_ = *std::move(reader);
    return absl::OkStatus();
  }
  if (!ConcernsOneMessage(reader.status())) return reader.status();
  *piece.mutable_error() = rpc::ToProto(reader.status());
  counts_.set_failed(counts_.failed() + 1);
  return absl::OkStatus();
}

void ExportStream::EndMessage(const absl::Status& status) {
  v1::ExportedPiece& last = *answer_.add_pieces();
  if (status.ok()) {
    last.set_end(true);
    counts_.set_done(counts_.done() + 1);
    counts_.set_octets(counts_.octets() + message_octets_);
  } else {
    *last.mutable_error() = rpc::ToProto(status);
    counts_.set_failed(counts_.failed() + 1);
  }
  reader_.reset();
}

absl::Status ExportStream::FillAnswer() {
  while (answer_.pieces_size() < kMaxPieces) {
    if (reader_ == nullptr) {
      const int before = answer_.pieces_size();
      RESTANTE_RETURN_IF_ERROR(BeginNext());
      if (answer_.pieces_size() == before) return absl::OkStatus();
      continue;
    }
    if (piece_.empty()) {
      absl::StatusOr<std::string> piece = reader_->Next();
      if (!piece.ok() && !ConcernsOneMessage(piece.status())) return piece.status();
      if (!piece.ok() || piece->empty()) {
        EndMessage(piece.status());
        continue;
      }
      piece_ = *std::move(piece);
    }
    if (answer_octets_ + piece_.size() > kMaxAnswerOctets) return absl::OkStatus();
    answer_octets_ += piece_.size();
    answer_.add_pieces()->set_text(std::exchange(piece_, std::string()));
  }
  return absl::OkStatus();
}

}  // namespace restante::mailstore
