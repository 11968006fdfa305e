#ifndef RESTANTE_COMMON_CRYPTO_MAILDROP_GRANT_H_
#define RESTANTE_COMMON_CRYPTO_MAILDROP_GRANT_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/crypto/key_ring.h"

namespace restante {

// What auth lets one front end do with one mailbox for one session. Auth authenticates it under a
// key of the mailbox's placement; a mailstore knows its own placement's keys only, so a grant that
// leaks opens nothing elsewhere.
struct MaildropGrant {
  static constexpr uint32_t kRead = 1;
  static constexpr uint32_t kDelete = 2;

  std::string mailbox_id;
  std::string placement;
  std::string session_id;
  // The URI name in the front end's certificate: nobody else can use the grant.
  std::string frontend_identity;
  uint32_t rights = 0;  // kRead | kDelete
  // Opens until then; kept to the millisecond.
  absl::Time expire_time;
};

// At most 1,024 octets. No field may be longer than 255 octets.
std::string SealGrant(const MaildropGrant& grant, const KeyRing& keys);

// What SealGrant sealed. GRANT_INVALID when it is malformed or no key of the ring made it,
// GRANT_EXPIRED from its expire_time on. Whether mailbox, placement, session and caller are the
// right ones is the caller's to compare.
absl::StatusOr<MaildropGrant> OpenGrant(absl::string_view sealed, const KeyRing& keys,
                                        absl::Time now);

}  // namespace restante

#endif  // RESTANTE_COMMON_CRYPTO_MAILDROP_GRANT_H_
