#include "mailstore-service/rpc/import_stream.h"

#include <optional>
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

constexpr size_t kMaxTextOctets = 262'144;

absl::StatusOr<absl::Time> TimeOf(absl::string_view field,
                                  const google::protobuf::Timestamp& timestamp) {
  const std::optional<absl::Time> time = rpc::FromTimestamp(timestamp);
  if (!time) return InvalidField(field, "must be a time of the years 1 to 9999");
  return *time;
}

}  // namespace

ImportStream::ImportStream(const ImportStreamParts& parts, grpc::CallbackServerContext* context,
                           std::string caller)
    : parts_(parts), context_(context), author_{std::move(caller), "ImportMessages"} {
  StartRead(&request_);
}

void ImportStream::OnReadDone(bool ok) {
  // The caller has said all.
  if (!ok) return PostEnd(Completion(/*complete=*/false));
  const absl::Status posted = parts_.workers.Post([this] { Handle(); });
  if (!posted.ok()) BreakOff(posted);
}

void ImportStream::OnWriteDone(bool ok) {
  if (!ok) return PostEnd(absl::CancelledError());
  if (transfer_->already_ended()) return Finish(grpc::Status::OK);
  StartRead(&request_);
}

absl::Status ImportStream::Completion(bool complete) const {
  const bool is_whole = complete || (!has_request_id_ && !context_->IsCancelled());
  if (is_whole && writer_ == nullptr) return absl::OkStatus();
  return absl::CancelledError("the import broke off: its caller did not say that it is complete");
}

void ImportStream::PostEnd(const absl::Status& status) {
  const absl::Status posted = parts_.workers.Post([this, status] { End(status); });
  if (!posted.ok()) BreakOff(posted);
}

void ImportStream::End(const absl::Status& status) {
  if (transfer_ == nullptr) return Close(status);
  // What was imported is there, said or not.
  if (!transfer_->already_ended()) {
    (void)parts_.store.RecordAudit(
        mailbox_id_, TransferEnded("import", transfer_->name(), counts_.done()), author_);
  }
  transfer_->End(status, counts_);
  Close(status);
}

void ImportStream::BreakOff(const absl::Status& status) {
  transfer_.reset();
  Close(status);
}

void ImportStream::Close(const absl::Status& status) {
  parts_.logger.Info("messages_imported", {{"mailbox_id", mailbox_id_},
                                           {"caller", author_.caller},
                                           {"imported", counts_.done()},
                                           {"repeated", counts_.unchanged()},
                                           {"failed", counts_.failed()},
                                           {"code", absl::StatusCodeToString(status.code())}});
  Finish(rpc::ToGrpcStatus(status));
}

void ImportStream::Handle() {
  if (context_->IsCancelled()) return End(absl::CancelledError());
  const bool first = transfer_ == nullptr;
  const absl::Status taken = Take();
  if (!taken.ok()) return End(taken);
  if (request_.has_complete()) return End(Completion(/*complete=*/true));
  if (request_.has_end() || (first && has_request_id_)) return Answer();
  StartRead(&request_);
}

void ImportStream::Answer() {
  response_.clear_operation();
  if (!std::exchange(has_answered_, true)) response_.set_operation(transfer_->name());
  StartWrite(&response_);
}

absl::Status ImportStream::Take() {
  if (transfer_ == nullptr) return TakeParent();
  if (!request_.parent().empty())
    return InvalidField("parent", "must be in the first message alone");
  if (!request_.request_id().empty()) {
    return InvalidField("request_id", "must be in the first message alone");
  }
  switch (request_.part_case()) {
    case v1::ImportMessagesRequest::kBegin:
      return TakeBegin(request_.begin());
    case v1::ImportMessagesRequest::kText:
      return TakeText(request_.text());
    case v1::ImportMessagesRequest::kEnd:
      return TakeEnd(request_.end());
    case v1::ImportMessagesRequest::kComplete:
      return absl::OkStatus();
    case v1::ImportMessagesRequest::PART_NOT_SET:
      break;
  }
  return InvalidField("part", "must be a begin, a text, an end or complete");
}

absl::Status ImportStream::TakeParent() {
  if (request_.part_case() != v1::ImportMessagesRequest::PART_NOT_SET) {
    return InvalidField("parent", "must come first, and alone");
  }
  RESTANTE_ASSIGN_OR_RETURN(mailbox_id_, ParseMailboxName("parent", request_.parent()));
  has_request_id_ = !request_.request_id().empty();
  RESTANTE_ASSIGN_OR_RETURN(transfer_,
                            parts_.operations.BeginTransfer({.kind = "ImportMessages",
                                                             .resource = request_.parent(),
                                                             .validate_only = false,
                                                             .request_id = request_.request_id(),
                                                             .caller = author_.caller,
                                                             .from_the_beginning = false}));
  response_.set_already_ended(transfer_->already_ended());
  if (transfer_->already_ended()) return absl::OkStatus();
  return parts_.store.RecordAudit(mailbox_id_, TransferBegun("import", transfer_->name()), author_);
}

absl::Status ImportStream::TakeBegin(const v1::ImportedMessage& message) {
  if (writer_ != nullptr) return InvalidField("begin", "must come after the end of another");
  RESTANTE_RETURN_IF_ERROR(transfer_->Report(counts_));
  ImportedMessage imported{message.import_id(), message.uidl(), parts_.clock.WallNow()};
  if (message.has_delivery_time()) {
    RESTANTE_ASSIGN_OR_RETURN(imported.delivery_time,
                              TimeOf("delivery_time", message.delivery_time()));
  }
  if (message.has_read_time()) {
    RESTANTE_ASSIGN_OR_RETURN(imported.read_time, TimeOf("read_time", message.read_time()));
  }
  RESTANTE_ASSIGN_OR_RETURN(writer_, parts_.store.BeginImport(mailbox_id_, imported));
  response_.set_import_id(message.import_id());
  return absl::OkStatus();
}

absl::Status ImportStream::TakeText(const std::string& text) {
  if (writer_ == nullptr) return InvalidField("text", "must come after a begin");
  if (text.size() > kMaxTextOctets) return InvalidField("text", "must be at most 262,144 octets");
  return writer_->Append(text);
}

absl::Status ImportStream::TakeEnd(const v1::ImportedMessageEnd& end) {
  if (writer_ == nullptr) return InvalidField("end", "must come after a begin");
  RESTANTE_ASSIGN_OR_RETURN(const std::vector<DeliveryResult> results,
                            writer_->Finish(end.size_octets(), end.crc32c(), {}));
  writer_.reset();
  const DeliveryResult& result = results.at(0);
  // Nothing that is to come would be taken.
  if (GetErrorReason(result.status) == ErrorReason::kMailboxDeleted) return result.status;
  *response_.mutable_status() = rpc::ToProto(result.status);
  response_.set_repeated(result.repeated);
  response_.set_name(result.status.ok()
                         ? absl::StrCat(MailboxName(mailbox_id_), "/messages/", result.message_id)
                         : "");
  Count(result, end.size_octets());
  // What this says is looked at before the next message: this one is done, and is answered.
  (void)transfer_->Report(counts_);
  return absl::OkStatus();
}

void ImportStream::Count(const DeliveryResult& result, int64_t size_octets) {
  if (!result.status.ok()) {
    counts_.set_failed(counts_.failed() + 1);
  } else if (result.repeated) {
    counts_.set_unchanged(counts_.unchanged() + 1);
  } else {
    counts_.set_done(counts_.done() + 1);
    counts_.set_octets(counts_.octets() + size_octets);
  }
}

}  // namespace restante::mailstore
