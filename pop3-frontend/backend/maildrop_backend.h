#ifndef RESTANTE_POP3_FRONTEND_BACKEND_MAILDROP_BACKEND_H_
#define RESTANTE_POP3_FRONTEND_BACKEND_MAILDROP_BACKEND_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/net/executor.h"
#include "pop3-frontend/protocol/effect.h"
#include "pop3-frontend/protocol/event.h"

namespace restante::pop3 {

// A piece of a message's text: CRLF line ends, not dot-stuffed. At most 256 KiB.
struct BodyChunk {
  std::string text;  // may be empty when `end` is set
  bool end = false;  // the message is complete and its checksum was right
};

// A maildrop that this front end holds the lease of, renewed until Close or destruction. Used on
// its executor's thread alone, and destroyed there; one call at a time. Destroying it before Close
// lets go of the lease with nothing deleted. No callback runs after its destruction, except that
// of Close.
class Maildrop {
 public:
  using ChunkDone = absl::AnyInvocable<void(absl::StatusOr<BodyChunk> chunk) &&>;
  using CloseDone = absl::AnyInvocable<void(absl::Status status) &&>;

  virtual ~Maildrop() = default;

  // The first piece of a message, or of its top; ReadMore gives each following one until `end`.
  // Nothing more is fetched than what was asked for, but for a small read-ahead. What broke is
  // tried again from the octet reached. Errors end the read; Event FailedRead() names them for the
  // session. A Read before the end of another gives that up.
  virtual void Read(uint64_t message_id, std::optional<int32_t> top_lines, ChunkDone done) = 0;
  virtual void ReadMore(ChunkDone done) = 0;

  // Deletes, notes what was read, and lets go, durably, all or nothing. ABORTED/LEASE_LOST: nothing
  // was deleted. Other errors: the outcome could not be learnt in time. Nothing may be called
  // afterwards; goes on when the maildrop is destroyed meanwhile.
  virtual void Close(const CloseMaildrop& close, CloseDone done) = 0;
};

struct OpenedMaildrop {
  std::vector<MaildropMessage> messages;  // oldest first
  std::unique_ptr<Maildrop> maildrop;
  std::optional<int32_t> retention_days = std::nullopt;  // nullopt: kept for ever
  std::string uidl_prefix = std::string();               // as Opened has it
};

struct OpenRequest {
  OpenMaildrop target;
  std::string session_id;      // as in the logon
  std::string client_address;  // for the store's record
};

// The mailstores as a front end needs them. Thread-safe; lives in app.cc, longer than every
// connection.
class MaildropBackend {
 public:
  // What one session lists at most; the rest of a larger maildrop appears in the next session.
  static constexpr size_t kMaxMessages = 200'000;

  using Done = absl::AnyInvocable<void(absl::StatusOr<OpenedMaildrop> opened) &&>;

  virtual ~MaildropBackend() = default;

  // Takes the maildrop and lists it. FAILED_PRECONDITION/MAILDROP_IN_USE: the session's Busy;
  // MAILBOX_DELETED: its MailboxDeleted. Both
  // callbacks run on the executor, `done` once, within the backend's deadline; `on_lease_lost` at
  // most once, after `done`: the session's LeaseLost.
  virtual void Open(OpenRequest request, net::Executor executor, net::Task on_lease_lost,
                    Done done) = 0;
};

}  // namespace restante::pop3

#endif  // RESTANTE_POP3_FRONTEND_BACKEND_MAILDROP_BACKEND_H_
