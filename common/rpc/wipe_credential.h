#ifndef RESTANTE_COMMON_RPC_WIPE_CREDENTIAL_H_
#define RESTANTE_COMMON_RPC_WIPE_CREDENTIAL_H_

#include "common/base/secret.h"

namespace restante::rpc {

// Overwrites the secret in a restante.auth.v1.SetCredentialRequest or CredentialInput, whichever
// kind it is of; the rest of the message stays.
template <typename Input>
void WipeCredential(Input* input) {
  if (input->has_password()) Wipe(input->mutable_password());
  if (input->has_nt_hash()) Wipe(input->mutable_nt_hash());
  if (!input->has_scram_sha_256()) return;
  Wipe(input->mutable_scram_sha_256()->mutable_stored_key());
  Wipe(input->mutable_scram_sha_256()->mutable_server_key());
}

}  // namespace restante::rpc

#endif  // RESTANTE_COMMON_RPC_WIPE_CREDENTIAL_H_
