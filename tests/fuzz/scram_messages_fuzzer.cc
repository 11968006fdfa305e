// The messages that a SCRAM client sends, the second with every first one that is read: each is
// read or refused, and no proof is accepted under keys that no corpus entry was made with.
#include <cstddef>
#include <cstdint>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "auth-service/scram/keys.h"
#include "auth-service/scram/messages.h"
#include "auth-service/scram/saslprep.h"
#include "common/base/check.h"

using namespace restante::scram;
using restante::Secret;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  absl::string_view input(reinterpret_cast<const char*>(data), size);
  static const Keys* const keys =
      new Keys(*DeriveKeys(Secret::CopyOf("no client's password"), "salt", kLeastIterations));
  const auto first = ParseClientFirst(input);
  if (first.ok()) {
    RESTANTE_CHECK(!first->username.empty() && !first->nonce.empty());
    RESTANTE_CHECK(absl::StrCat(first->header.text, first->bare) == input);
  }
  const auto final = ParseClientFinal(input);
  if (final.ok()) {
    RESTANTE_CHECK(final->proof.size() == kKeyOctets);
    RESTANTE_CHECK(!ProofIsRight(*keys, final->without_proof, final->proof));
  }
  const auto prepared = SaslPrep(input);
  if (prepared) RESTANTE_CHECK(!prepared->empty());
  return 0;
}
