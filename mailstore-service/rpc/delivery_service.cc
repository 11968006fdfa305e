#include "mailstore-service/rpc/delivery_service.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/base/error_reason.h"
#include "common/base/status_macros.h"
#include "common/rpc/status.h"
#include "common/rpc/unary_call.h"
#include "mailstore-service/rpc/convert.h"

namespace restante::mailstore {
namespace {

constexpr size_t kMaxTextOctets = 262'144;
constexpr size_t kDeliveryIdOctets = 32;

absl::Status Incomplete(absl::string_view what) {
  return MakeError(absl::StatusCode::kInvalidArgument, ErrorReason::kDeliveryIncomplete, what);
}

// One DeliverMessage call. Each part goes to the store on a worker, then the next is asked for, so
// that a fast client costs one part of memory. Owns itself, as gRPC's reactors do, and goes with
// the call: a delivery that was not finished then leaves nothing. What it keeps is touched by one
// thread at a time.
class DeliveryStream : public grpc::ServerReadReactor<v1::DeliverMessageRequest> {
 public:
  DeliveryStream(DeliveryServiceParts parts, grpc::CallbackServerContext* context,
                 v1::DeliverMessageResponse* response)
      : parts_(parts), context_(context), response_(response) {
    StartRead(&part_);
  }

  void OnReadDone(bool ok) override {
    if (!ok) return End(Incomplete("the stream ended without its finish"));
    const v1::DeliveryHeader& header = part_.has_whole() ? part_.whole().header() : part_.header();
    if (header.mailbox_ids_size() > 0) tenant_ = header.mailbox_ids(0);
    const absl::Status posted = parts_.workers.Post(tenant_, [this] { OnPart(); });
    if (!posted.ok()) Finish(rpc::ToGrpcStatus(posted));
  }
  void OnDone() override { delete this; }

 private:
  void OnPart() {
    // The caller may have gone while the part was waiting; a message that nobody waits for any more
    // is not accepted.
    if (context_->IsCancelled()) return End(absl::CancelledError("the caller has gone"));
    const absl::Status taken = TakePart();
    if (!taken.ok() || part_.has_finish() || part_.has_whole()) return End(taken);
    StartRead(&part_);
  }

  absl::Status TakePart() {
    switch (part_.part_case()) {
      case v1::DeliverMessageRequest::kHeader:
        return TakeHeader(part_.header());
      case v1::DeliverMessageRequest::kText:
        return TakeText(part_.text());
      case v1::DeliverMessageRequest::kFinish:
        return TakeFinish(part_.finish());
      case v1::DeliverMessageRequest::kWhole:
        RESTANTE_RETURN_IF_ERROR(TakeHeader(part_.whole().header()));
        RESTANTE_RETURN_IF_ERROR(TakeText(part_.whole().text()));
        return TakeFinish(part_.whole().finish());
      case v1::DeliverMessageRequest::PART_NOT_SET:
        break;
    }
    return InvalidField("part", "must be a header, a text, a finish or a whole delivery");
  }

  absl::Status TakeHeader(const v1::DeliveryHeader& header) {
    if (writer_ != nullptr) return InvalidField("header", "must come once");
    mailbox_ids_.assign(header.mailbox_ids().begin(), header.mailbox_ids().end());
    RESTANTE_ASSIGN_OR_RETURN(writer_, parts_.store.BeginDelivery(mailbox_ids_));
    return absl::OkStatus();
  }

  absl::Status TakeText(const std::string& text) {
    if (writer_ == nullptr) return InvalidField("text", "must come after the header");
    if (text.size() > kMaxTextOctets) return InvalidField("text", "must be at most 262,144 octets");
    return writer_->Append(text);
  }

  absl::Status TakeFinish(const v1::DeliveryFinish& finish) {
    if (writer_ == nullptr) return InvalidField("finish", "must come after the header");
    const std::vector<std::string> ids(finish.delivery_ids().begin(), finish.delivery_ids().end());
    for (const std::string& id : ids) {
      if (id.size() != kDeliveryIdOctets) {
        return InvalidField("delivery_ids", "must be 32 octets each");
      }
    }
    RESTANTE_ASSIGN_OR_RETURN(const std::vector<DeliveryResult> results,
                              writer_->Finish(finish.size_octets(), finish.crc32c(), ids));
    for (size_t i = 0; i < results.size(); ++i) Report(mailbox_ids_[i], finish, results[i]);
    return absl::OkStatus();
  }

  // One mailbox's answer.
  void Report(const std::string& mailbox_id, const v1::DeliveryFinish& finish,
              const DeliveryResult& result) {
    v1::DeliveryResult* proto = response_->add_results();
    *proto->mutable_status() = rpc::ToProto(result.status);
    proto->set_message_id(result.message_id);
    proto->set_repeated(result.repeated);
    parts_.metrics.Delivered(result.status, finish.size_octets());
    if (result.status.ok()) {
      parts_.logger.Info("message_delivered", {{"mailbox_id", mailbox_id},
                                               {"message_id", result.message_id},
                                               {"octets", finish.size_octets()},
                                               {"repeated", result.repeated}});
    } else {
      parts_.logger.Error("message_not_delivered",
                          {{"mailbox_id", mailbox_id}, {"error", result.status.ToString()}});
    }
  }

  void End(const absl::Status& status) {
    if (!status.ok()) {
      parts_.metrics.Delivered(status, 0);
      parts_.logger.Warn("delivery_ended_early",
                         {{"mailboxes", mailbox_ids_.size()}, {"error", status.ToString()}});
    }
    Finish(rpc::ToGrpcStatus(status));
  }

  const DeliveryServiceParts parts_;
  grpc::CallbackServerContext* const context_;
  v1::DeliverMessageResponse* const response_;
  v1::DeliverMessageRequest part_;
  // Whose work it is: of several mailboxes the first one's.
  std::string tenant_;
  std::vector<std::string> mailbox_ids_;
  std::unique_ptr<DeliveryWriter> writer_;
};

}  // namespace

grpc::ServerReadReactor<v1::DeliverMessageRequest>* DeliveryService::DeliverMessage(
    grpc::CallbackServerContext* context, v1::DeliverMessageResponse* response) {
  return new DeliveryStream(parts_, context, response);
}

grpc::ServerUnaryReactor* DeliveryService::CheckDelivery(grpc::CallbackServerContext* context,
                                                         const v1::CheckDeliveryRequest* request,
                                                         v1::CheckDeliveryResponse* /*response*/) {
  return rpc::Answer(
      parts_.workers, request->mailbox_id(), context, [this, request]() -> absl::Status {
        if (request->size_octets() < 0) return InvalidField("size_octets", "must not be negative");
        return parts_.store.CheckDelivery(request->mailbox_id(), request->size_octets());
      });
}

}  // namespace restante::mailstore
