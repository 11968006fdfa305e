#ifndef RESTANTE_POP3_FRONTEND_BACKEND_MESSAGE_STREAM_H_
#define RESTANTE_POP3_FRONTEND_BACKEND_MESSAGE_STREAM_H_

#include <memory>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "common/rpc/call_counter.h"
#include "pop3-frontend/backend/store_link.h"

namespace restante::pop3 {

// One call of ReadMessages whose answers are taken one by one: none is read from the connection
// before it is asked for, so a slow client's message waits in the store. Destroying it cancels the
// call.
class MessageStream {
 public:
  using Answer = std::unique_ptr<mailstore::v1::ReadMessagesResponse>;
  // Runs on a thread of gRPC's after each Fetch, until it was given a status or the stream was
  // destroyed. OUT_OF_RANGE: the call is over and all was sent.
  using OnAnswer = absl::AnyInvocable<void(absl::StatusOr<Answer> answer)>;

  // `counter` outlives the call. nullptr when it has stopped.
  static std::unique_ptr<MessageStream> Start(std::shared_ptr<StoreLink> store,
                                              mailstore::v1::ReadMessagesRequest request,
                                              rpc::CallCounter* counter, OnAnswer on_answer);
  ~MessageStream();
  MessageStream(const MessageStream&) = delete;
  MessageStream& operator=(const MessageStream&) = delete;

  // Asks for the next answer. One at a time.
  void Fetch();

 private:
  class Reactor;
  explicit MessageStream(std::shared_ptr<Reactor> reactor);

  const std::shared_ptr<Reactor> reactor_;
};

}  // namespace restante::pop3

#endif  // RESTANTE_POP3_FRONTEND_BACKEND_MESSAGE_STREAM_H_
