#ifndef RESTANTE_MAILSTORE_SERVICE_RPC_PAGE_TOKEN_H_
#define RESTANTE_MAILSTORE_SERVICE_RPC_PAGE_TOKEN_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "mailstore-service/store/types.h"

namespace restante::mailstore {

// What a listing goes on from, as text that callers hand back unread. Each method has its own
// kind. A token carries no right of its own: the caller's role or lease is checked as without it.
// Decoders: INVALID_ARGUMENT/PAGE_TOKEN_INVALID.

// OpenMaildrop: the lease that was given, and the rest of the list as it was at opening.
struct MaildropPageToken {
  Lease lease;  // without its frontend, which is the caller of each page
  int64_t message_count = 0;
  int64_t total_size_octets = 0;
  uint64_t after = 0;  // the last message given
  uint64_t last = 0;   // the last message of the maildrop
};
std::string EncodePageToken(const MaildropPageToken& token);
absl::StatusOr<MaildropPageToken> DecodeMaildropPageToken(absl::string_view text);

// ListMailboxes: the last mailbox given.
std::string EncodeMailboxPageToken(absl::string_view after);
absl::StatusOr<std::string> DecodeMailboxPageToken(absl::string_view text);

// ListMessages: the last message given, of that mailbox.
std::string EncodeMessagePageToken(absl::string_view mailbox_id, uint64_t after);
absl::StatusOr<uint64_t> DecodeMessagePageToken(absl::string_view mailbox_id,
                                                absl::string_view text);

}  // namespace restante::mailstore

#endif  // RESTANTE_MAILSTORE_SERVICE_RPC_PAGE_TOKEN_H_
