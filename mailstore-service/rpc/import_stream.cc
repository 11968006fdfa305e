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
    : parts_(parts), context_(context), caller_(std::move(caller)) {
  StartRead(&request_);
}

void ImportStream::OnReadDone(bool ok) {
  // The caller has said all.
  if (!ok) return End(writer_ == nullptr ? absl::OkStatus() : absl::CancelledError());
  const absl::Status posted = parts_.workers.Post([this] { Handle(); });
  if (!posted.ok()) End(posted);
}

void ImportStream::OnWriteDone(bool ok) {
  if (!ok) return End(absl::CancelledError());
  StartRead(&request_);
}

void ImportStream::End(const absl::Status& status) {
  parts_.logger.Info("messages_imported", {{"mailbox_id", mailbox_id_},
                                           {"caller", caller_},
                                           {"imported", imported_},
                                           {"repeated", repeated_},
                                           {"failed", failed_},
                                           {"code", absl::StatusCodeToString(status.code())}});
  Finish(rpc::ToGrpcStatus(status));
}

void ImportStream::Handle() {
  if (context_->IsCancelled()) return End(absl::CancelledError());
  const absl::Status taken = Take();
  if (!taken.ok()) return End(taken);
  if (request_.has_end()) return StartWrite(&response_);
  StartRead(&request_);
}

absl::Status ImportStream::Take() {
  if (mailbox_id_.empty()) return TakeParent();
  if (!request_.parent().empty())
    return InvalidField("parent", "must be in the first message alone");
  switch (request_.part_case()) {
    case v1::ImportMessagesRequest::kBegin:
      return TakeBegin(request_.begin());
    case v1::ImportMessagesRequest::kText:
      return TakeText(request_.text());
    case v1::ImportMessagesRequest::kEnd:
      return TakeEnd(request_.end());
    case v1::ImportMessagesRequest::PART_NOT_SET:
      break;
  }
  return InvalidField("part", "must be a begin, a text or an end");
}

absl::Status ImportStream::TakeParent() {
  if (request_.part_case() != v1::ImportMessagesRequest::PART_NOT_SET) {
    return InvalidField("parent", "must come first, and alone");
  }
  RESTANTE_ASSIGN_OR_RETURN(mailbox_id_, ParseMailboxName("parent", request_.parent()));
  return absl::OkStatus();
}

absl::Status ImportStream::TakeBegin(const v1::ImportedMessage& message) {
  if (writer_ != nullptr) return InvalidField("begin", "must come after the end of another");
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
  ++(!result.status.ok() ? failed_ : result.repeated ? repeated_ : imported_);
  return absl::OkStatus();
}

}  // namespace restante::mailstore
