#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "auth-service/sasl/mechanism.h"
#include "auth-service/scram/messages.h"
#include "common/base/byte_reader.h"
#include "common/base/byte_writer.h"

namespace restante::sasl {
namespace {

using authority::Refusal;

// 144 bits, as many as a client's nonce has by RFC 5802's example.
constexpr size_t kServerNonceOctets = 18;
constexpr size_t kMaxPartOctets = 9216;

// What the client's last message must repeat or be held against; in the dialogue's state once the
// client has named itself.
struct Begun {
  std::string header;        // the GS2 header
  std::string binding_name;  // empty without channel binding
  std::string authorization_id;
  std::string authentication_id;
  std::string nonce;
  std::string first_messages;  // the client's, bare, and the server's, with a comma between
};

std::string StateOf(const Begun& begun) {
  return ByteWriter()
      .LengthPrefixed(begun.header)
      .LengthPrefixed(begun.binding_name)
      .LengthPrefixed(begun.authorization_id)
      .LengthPrefixed(begun.authentication_id)
      .LengthPrefixed(begun.nonce)
      .LengthPrefixed(begun.first_messages)
      .Take();
}

std::optional<Begun> BegunOf(absl::string_view state) {
  Begun begun;
  ByteReader reader(state);
  for (std::string* part : {&begun.header, &begun.binding_name, &begun.authorization_id,
                            &begun.authentication_id, &begun.nonce, &begun.first_messages}) {
    const auto octets = reader.ReadLengthPrefixed(kMaxPartOctets);
    if (!octets) return std::nullopt;
    *part = std::string(*octets);
  }
  if (!reader.empty()) return std::nullopt;
  return begun;
}

// The data of a channel binding; nullopt for one that this server does not know, empty when this
// connection does not have it.
std::optional<absl::string_view> BindingData(absl::string_view name, const Connection& connection) {
  if (name == "tls-exporter") return connection.exporter;
  if (name == "tls-server-end-point") return connection.server_end_point;
  return std::nullopt;
}

// RFC 5802 and RFC 7677: the salt, then the proofs of both sides. The server's goes out as a last
// challenge, which the client answers with nothing (RFC 5034 section 4).
class ScramMechanism : public Mechanism {
 public:
  ScramMechanism(bool plus, FindScramParameters find_parameters, Random& random)
      : plus_(plus), find_parameters_(std::move(find_parameters)), random_(random) {}

  absl::string_view name() const override { return plus_ ? "SCRAM-SHA-256-PLUS" : "SCRAM-SHA-256"; }
  bool client_first() const override { return true; }
  bool needs_channel_binding() const override { return plus_; }

  Step Begin(const Connection& connection,
             const std::optional<Secret>& initial_response) const override {
    if (!initial_response) return Challenge{};
    return OnFirst(connection, initial_response->view());
  }

  Step Continue(const Connection& connection, absl::string_view state,
                const Secret& response) const override {
    if (state.empty()) return OnFirst(connection, response.view());
    const std::optional<Begun> begun = BegunOf(state);
    if (!begun) return Malformed{"not a state of SCRAM"};
    return OnFinal(connection, *begun, response.view());
  }

 private:
  Step OnFirst(const Connection& connection, absl::string_view message) const {
    absl::StatusOr<scram::ClientFirst> first = scram::ParseClientFirst(message);
    if (!first.ok()) return Malformed{std::string(first.status().message())};
    if (std::optional<Step> wrong = CheckBinding(connection, *first)) return *std::move(wrong);
    absl::StatusOr<ScramParameters> parameters =
        find_parameters_(connection.protocol, first->username);
    if (!parameters.ok()) return std::move(parameters).status();
    Begun begun;
    begun.nonce = absl::StrCat(first->nonce, absl::Base64Escape(random_.Bytes(kServerNonceOctets)));
    std::string answer =
        scram::MakeServerFirst(begun.nonce, parameters->salt, parameters->iterations);
    begun.header = std::move(first->header.text);
    begun.binding_name = std::move(first->header.binding_name);
    begun.authorization_id = std::move(first->header.authorization_id);
    begun.authentication_id = std::move(first->username);
    begun.first_messages = absl::StrCat(first->bare, ",", answer);
    return Challenge{std::move(answer), StateOf(begun)};
  }

  // RFC 5802 section 6. nullopt when the flag says what this mechanism and connection have.
  std::optional<Step> CheckBinding(const Connection& connection,
                                   const scram::ClientFirst& first) const {
    const scram::Gs2Header& header = first.header;
    if (plus_ != (header.flag == 'p')) {
      return Malformed{"SCRAM: a flag of channel binding that is another mechanism's"};
    }
    if (header.flag == 'n') return std::nullopt;
    if (header.flag == 'y') {
      if (!connection.channel_binding_offered) return std::nullopt;
      return Failed{Refusal::kChannelBindingStripped,
                    "the client was not shown the mechanism with channel binding that it can do",
                    first.username};
    }
    const auto data = BindingData(header.binding_name, connection);
    if (!data) return Malformed{"SCRAM: a channel binding that this server does not know"};
    if (!data->empty()) return std::nullopt;
    return Failed{Refusal::kChannelBindingMissing,
                  "this TLS connection does not have the client's channel binding", first.username};
  }

  Step OnFinal(const Connection& connection, const Begun& begun, absl::string_view message) const {
    absl::StatusOr<scram::ClientFinal> final = scram::ParseClientFinal(message);
    if (!final.ok()) return Malformed{std::string(final.status().message())};
    if (final->nonce != begun.nonce) return Malformed{"SCRAM: another nonce"};
    std::string binding = begun.header;
    if (!begun.binding_name.empty()) {
      const auto data = BindingData(begun.binding_name, connection);
      if (!data || data->empty()) return Malformed{"not a state of SCRAM"};
      absl::StrAppend(&binding, *data);
    }
    if (!EqualInConstantTime(final->channel_binding, binding)) {
      return Failed{Refusal::kChannelBindingWrong,
                    "the client's last message is bound to another connection or header",
                    begun.authentication_id};
    }
    return Claim(ScramClaim{begun.authorization_id, begun.authentication_id,
                            absl::StrCat(begun.first_messages, ",", final->without_proof),
                            std::move(final->proof)});
  }

  const bool plus_;
  const FindScramParameters find_parameters_;
  Random& random_;
};

}  // namespace

std::unique_ptr<Mechanism> NewScramMechanism(bool plus, FindScramParameters find_parameters,
                                             Random& random) {
  return std::make_unique<ScramMechanism>(plus, std::move(find_parameters), random);
}

}  // namespace restante::sasl
