#ifndef RESTANTE_POP3_FRONTEND_BACKEND_STORE_LINK_H_
#define RESTANTE_POP3_FRONTEND_BACKEND_STORE_LINK_H_

#include <memory>
#include <string>

#include "restante/mailstore/v1/maildrop_service.grpc.pb.h"

namespace restante::pop3 {

// One mailstore. Shared by its maildrops and the lease keeper; its stub is thread-safe.
struct StoreLink {
  std::string placement;
  std::unique_ptr<mailstore::v1::MaildropService::Stub> stub;
};

}  // namespace restante::pop3

#endif  // RESTANTE_POP3_FRONTEND_BACKEND_STORE_LINK_H_
