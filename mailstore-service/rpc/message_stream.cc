#include "mailstore-service/rpc/message_stream.h"

#include <algorithm>
#include <utility>

#include "common/base/error_reason.h"
#include "common/base/status_macros.h"
#include "common/rpc/status.h"
#include "common/rpc/timer.h"
#include "mailstore-service/rpc/convert.h"

namespace restante::mailstore {
namespace {

constexpr int kMaxReads = 1'000;
constexpr int kMaxChunks = 1'000;
constexpr int64_t kPackedOctets = 65'536;
// The first answer is there soon, and little was read for nothing when no more is asked for; each
// further one may be four times as large.
constexpr size_t kFirstPackedOctets = 16'384;
constexpr int64_t kMaxPackedOctets = 131'072;

absl::StatusOr<MessageRead> ToRead(const v1::MessageRead& proto) {
  if (proto.offset_octets() < 0) {
    return InvalidField("reads.offset_octets", "must not be negative");
  }
  MessageRead read{proto.message_id(), proto.offset_octets(), std::nullopt};
  if (proto.has_top_lines()) {
    if (proto.top_lines() < 0) return InvalidField("reads.top_lines", "must not be negative");
    read.top_lines = proto.top_lines();
  }
  return read;
}

}  // namespace

MessageStream* MessageStream::Begin(MessageStreamParts parts, grpc::CallbackServerContext* context,
                                    const v1::ReadMessagesRequest& request,
                                    const std::string& frontend) {
  auto* stream = new MessageStream(parts, context);
  const absl::Status taken = stream->Take(request, frontend);
  if (taken.ok()) {
    stream->FillInTurn();
  } else {
    stream->Finish(rpc::ToGrpcStatus(taken));
  }
  return stream;
}

absl::Status MessageStream::Take(const v1::ReadMessagesRequest& request,
                                 const std::string& frontend) {
  RESTANTE_ASSIGN_OR_RETURN(lease_, FromProto(request.lease(), frontend));
  if (request.reads().empty() || request.reads_size() > kMaxReads) {
    return InvalidField("reads", "must be 1 to 1,000");
  }
  reads_.reserve(static_cast<size_t>(request.reads_size()));
  for (const v1::MessageRead& proto : request.reads()) {
    RESTANTE_ASSIGN_OR_RETURN(MessageRead read, ToRead(proto));
    reads_.push_back(read);
  }
  if (request.packed_octets() < 0) return InvalidField("packed_octets", "must not be negative");
  const int64_t packed = request.packed_octets() == 0 ? kPackedOctets : request.packed_octets();
  max_packed_octets_ = static_cast<size_t>(std::min(packed, kMaxPackedOctets));
  packed_octets_ = std::min(max_packed_octets_, kFirstPackedOctets);
  return absl::OkStatus();
}

void MessageStream::FillInTurn() {
  const absl::Duration pause = parts_.pace.PauseBefore(lease_.mailbox_id);
  if (pause == absl::ZeroDuration()) return PostFill();
  parts_.metrics.Paused(pause);
  rpc::RunAfter(pause, [this] { PostFill(); });
}

void MessageStream::PostFill() {
  const absl::Status posted = parts_.workers.Post(lease_.mailbox_id, [this] { Fill(); });
  if (!posted.ok()) Finish(rpc::ToGrpcStatus(posted));
}

void MessageStream::OnWriteDone(bool ok) {
  if (!ok) return Finish(grpc::Status::CANCELLED);
  FillInTurn();
}

void MessageStream::Fill() {
  if (context_->IsCancelled()) return Finish(grpc::Status::CANCELLED);
  answer_.Clear();
  answer_octets_ = 0;
  const absl::Status status = FillAnswer();
  packed_octets_ = std::min(max_packed_octets_, 4 * packed_octets_);
  parts_.metrics.ReadOctets(answer_octets_);
  if (!status.ok()) {
    // What was read before the error need not be sent: the client goes on from what it has.
    parts_.metrics.Read(status);
    return Finish(rpc::ToGrpcStatus(status));
  }
  if (AllRead()) return StartWriteAndFinish(&answer_, grpc::WriteOptions(), grpc::Status::OK);
  StartWrite(&answer_);
}

absl::Status MessageStream::FillAnswer() {
  while (!AllRead() && answer_.chunks_size() < kMaxChunks) {
    if (piece_.empty()) {
      RESTANTE_RETURN_IF_ERROR(ReadPiece());
      continue;
    }
    if (answer_octets_ > 0 && answer_octets_ + piece_.size() > packed_octets_) {
      return absl::OkStatus();
    }
    answer_octets_ += piece_.size();
    AddChunk()->set_data(std::exchange(piece_, std::string()));
  }
  return absl::OkStatus();
}

absl::Status MessageStream::ReadPiece() {
  if (reader_ == nullptr) {
    absl::StatusOr<std::unique_ptr<MessageReader>> reader =
        parts_.store.Read(lease_, reads_[next_read_]);
    if (!reader.ok()) {
      if (!ConcernsOneMessage(reader.status())) return reader.status();
      EndRead(reader.status());
      return absl::OkStatus();
    }
    reader_ = *std::move(reader);
  }
  absl::StatusOr<std::string> piece = reader_->Next();
  if (!piece.ok()) {
    if (!ConcernsOneMessage(piece.status())) return piece.status();
    EndRead(piece.status());
  } else if (piece->empty()) {
    EndRead(absl::OkStatus());
  } else {
    piece_ = *std::move(piece);
  }
  return absl::OkStatus();
}

void MessageStream::EndRead(const absl::Status& status) {
  parts_.metrics.Read(status);
  if (status.ok()) {
    // The last piece, when it is in this answer, carries the end as well.
    const int count = answer_.chunks_size();
    const bool has_piece =
        count > 0 && answer_.chunks(count - 1).read_index() == static_cast<int32_t>(next_read_);
    (has_piece ? answer_.mutable_chunks(count - 1) : AddChunk())->set_end(true);
  } else {
    parts_.logger.Warn("message_not_read", {{"session_id", lease_.session_id},
                                            {"mailbox_id", lease_.mailbox_id},
                                            {"message_id", reads_[next_read_].message_id},
                                            {"error", status.ToString()}});
    *AddChunk()->mutable_error() = rpc::ToProto(status);
  }
  reader_.reset();
  ++next_read_;
}

v1::MessageChunk* MessageStream::AddChunk() {
  v1::MessageChunk* chunk = answer_.add_chunks();
  chunk->set_read_index(static_cast<int32_t>(next_read_));
  return chunk;
}

}  // namespace restante::mailstore
