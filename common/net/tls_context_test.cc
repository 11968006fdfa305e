#include "common/net/tls_context.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/bio.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <ctime>
#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "common/net/client_certificate.h"
#include "common/net/tls_context_source.h"
#include "tests/support/test_pki.h"

namespace restante::net {
namespace {

KeyRing Ring(const std::vector<char>& ids) {
  std::map<std::string, Secret> keys;
  std::string last;
  for (char id : ids) {
    last = std::string(1, id);
    keys.emplace(last, Secret(std::string(KeyRing::kKeyOctets, id)));
  }
  return *KeyRing::Create(std::move(keys), last);
}

absl::Time Now() { return absl::FromTimeT(time(nullptr)); }

struct SslFree {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  void operator()(SSL_SESSION* session) const { SSL_SESSION_free(session); }
};
using Session = std::unique_ptr<SSL_SESSION, SslFree>;

// What a client sees of one handshake with a server's context, over memory.
struct Seen {
  bool done = false;
  bool resumed = false;
  std::string name;                            // the first DNS name of the server's certificate
  std::string end_point;                       // as the server has it
  std::vector<std::string> certificate_names;  // likewise, of the client
  Session session;
};

class TlsContextTest : public testing::Test {
 protected:
  TlsContextTest() : client_(SSL_CTX_new(TLS_client_method())) {
    SSL_CTX_set_session_cache_mode(client_.get(), SSL_SESS_CACHE_CLIENT);
  }

  CertificateFiles Issue(const std::string& name, const std::vector<std::string>& hosts) {
    TestCertificate files = pki_.Issue(name, hosts, {});
    return {files.certificate, files.private_key};
  }

  std::shared_ptr<const TlsContext> Load(std::vector<CertificateFiles> certificates,
                                         const std::vector<char>& keys = {}) {
    TlsSettings settings{std::move(certificates), nullptr};
    if (!keys.empty()) settings.load_ticket_keys = [keys] { return Ring(keys); };
    auto loaded = TlsContext::Load(settings);
    EXPECT_TRUE(loaded.ok()) << loaded.status();
    return *loaded;
  }

  Seen Shake(const TlsContext& server, const std::string& host, int version,
             SSL_SESSION* session = nullptr) {
    std::unique_ptr<SSL, SslFree> ours(SSL_new(server.get()));
    std::unique_ptr<SSL, SslFree> theirs(SSL_new(client_.get()));
    BIO* one = nullptr;
    BIO* other = nullptr;
    EXPECT_EQ(BIO_new_bio_pair(&one, 0, &other, 0), 1);
    SSL_set_bio(ours.get(), one, one);
    SSL_set_bio(theirs.get(), other, other);
    SSL_set_accept_state(ours.get());
    SSL_set_connect_state(theirs.get());
    SSL_set_min_proto_version(theirs.get(), version);
    SSL_set_max_proto_version(theirs.get(), version);
    if (!host.empty()) SSL_set_tlsext_host_name(theirs.get(), host.c_str());
    if (session != nullptr) SSL_set_session(theirs.get(), session);
    Seen seen;
    for (int turn = 0; turn < 20 && !seen.done; ++turn) {
      SSL_do_handshake(theirs.get());
      SSL_do_handshake(ours.get());
      seen.done = SSL_is_init_finished(ours.get()) != 0 && SSL_is_init_finished(theirs.get()) != 0;
    }
    if (!seen.done) return seen;
    char octet = 0;
    SSL_read(theirs.get(), &octet, 1);  // takes the ticket of TLS 1.3
    // OpenSSL gives up the session of a connection that breaks off.
    SSL_set_shutdown(theirs.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    seen.resumed = SSL_session_reused(ours.get()) == 1;
    seen.end_point = server.ServerEndPoint(ours.get());
    seen.certificate_names = CertificateNames(ours.get());
    seen.session.reset(SSL_get1_session(theirs.get()));
    seen.name = FirstName(SSL_get0_peer_certificate(theirs.get()));
    return seen;
  }

  // A server that asks for certificates of this authority.
  std::shared_ptr<const TlsContext> LoadAsking(const std::string& authority) {
    TlsSettings settings{{Issue("asking", {"a.example"})}, [] { return Ring({'k'}); }};
    settings.client_authorities = authority;
    auto loaded = TlsContext::Load(settings);
    EXPECT_TRUE(loaded.ok()) << loaded.status();
    return *loaded;
  }

  // What the client shows from now on.
  void Show(const TestCertificate& files) {
    ASSERT_EQ(SSL_CTX_use_certificate_chain_file(client_.get(), files.certificate.c_str()), 1);
    ASSERT_EQ(
        SSL_CTX_use_PrivateKey_file(client_.get(), files.private_key.c_str(), SSL_FILETYPE_PEM), 1);
  }

  static std::string FirstName(X509* certificate) {
    auto* names = static_cast<GENERAL_NAMES*>(
        X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
    const ASN1_STRING* name = sk_GENERAL_NAME_value(names, 0)->d.dNSName;
    std::string text(reinterpret_cast<const char*>(ASN1_STRING_get0_data(name)),
                     static_cast<size_t>(ASN1_STRING_length(name)));
    GENERAL_NAMES_free(names);
    return text;
  }

  TestPki pki_;
  std::unique_ptr<SSL_CTX, SslFree> client_;
};

class EachVersion : public TlsContextTest, public testing::WithParamInterface<int> {};

INSTANTIATE_TEST_SUITE_P(Tls, EachVersion, testing::Values(TLS1_2_VERSION, TLS1_3_VERSION),
                         [](const auto& version) {
                           return version.param == TLS1_2_VERSION ? "Version12" : "Version13";
                         });

TEST_P(EachVersion, ShowsTheCertificateOfTheHostThatTheClientNames) {
  auto server = Load({Issue("a", {"mail.example", "imap.example"}), Issue("b", {"pop.example.org"}),
                      Issue("c", {"*.example.net"})});
  auto name_for = [&](const std::string& host) { return Shake(*server, host, GetParam()).name; };
  EXPECT_EQ(name_for(""), "mail.example");
  EXPECT_EQ(name_for("imap.example"), "mail.example");
  EXPECT_EQ(name_for("pop.example.org"), "pop.example.org");
  EXPECT_EQ(name_for("POP.Example.ORG"), "pop.example.org");
  EXPECT_EQ(name_for("any.example.net"), "*.example.net");
  EXPECT_EQ(name_for("two.labels.example.net"), "mail.example");
  EXPECT_EQ(name_for("example.net"), "mail.example");
  EXPECT_EQ(name_for("unknown.example"), "mail.example");
}

TEST_P(EachVersion, BindsToTheCertificateThatWasShown) {
  auto server = Load({Issue("a", {"a.example"}), Issue("b", {"b.example"})});
  auto alone =
      Load({Issue("x", {"x.example"}), {pki_.directory() + "/b.pem", pki_.directory() + "/b.key"}});
  std::string first = Shake(*server, "a.example", GetParam()).end_point;
  std::string second = Shake(*server, "b.example", GetParam()).end_point;
  EXPECT_NE(first, second);
  EXPECT_EQ(second, Shake(*alone, "b.example", GetParam()).end_point);
  EXPECT_EQ(second.size(), 32);
}

TEST_P(EachVersion, AnotherReplicaResumesASession) {
  std::vector<CertificateFiles> certificates = {Issue("a", {"a.example"})};
  auto one = Load(certificates, {'k'});
  auto other = Load(certificates, {'k'});
  auto stranger = Load(certificates, {'z'});
  Seen first = Shake(*one, "a.example", GetParam());
  EXPECT_FALSE(first.resumed);
  EXPECT_TRUE(Shake(*other, "a.example", GetParam(), first.session.get()).resumed);
  Seen again = Shake(*one, "a.example", GetParam());
  EXPECT_FALSE(Shake(*stranger, "a.example", GetParam(), again.session.get()).resumed);
}

TEST_P(EachVersion, TicketsOutliveTheChangeOfKeys) {
  std::vector<CertificateFiles> certificates = {Issue("a", {"a.example"})};
  auto before = Load(certificates, {'k'});
  auto during = Load(certificates, {'k', 'n'});
  auto after = Load(certificates, {'n'});
  Seen first = Shake(*before, "a.example", GetParam());
  Seen second = Shake(*during, "a.example", GetParam(), first.session.get());
  EXPECT_TRUE(second.resumed);
  EXPECT_TRUE(Shake(*after, "a.example", GetParam(), second.session.get()).resumed);
  Seen old = Shake(*before, "a.example", GetParam());
  EXPECT_FALSE(Shake(*after, "a.example", GetParam(), old.session.get()).resumed);
}

TEST_P(EachVersion, ResumesNoSessionUnderAnotherCertificate) {
  auto server = Load({Issue("a", {"a.example"}), Issue("b", {"b.example"})}, {'k'});
  Seen first = Shake(*server, "a.example", GetParam());
  Seen second = Shake(*server, "b.example", GetParam(), first.session.get());
  EXPECT_FALSE(second.resumed);
  if (second.done) {
    EXPECT_EQ(second.name, "b.example");
  }
}

TEST_P(EachVersion, ReadsWhoTheClientIs) {
  const TestCertificate person = pki_.Issue("person", {}, {"https://corp.example/js"});
  auto server = LoadAsking(person.ca);
  EXPECT_THAT(Shake(*server, "", GetParam()).certificate_names, testing::IsEmpty());
  Show(person);
  const Seen seen = Shake(*server, "", GetParam());
  ASSERT_EQ(seen.certificate_names.size(), 3u);
  EXPECT_THAT(seen.certificate_names[0], testing::MatchesRegex("sha256:[0-9a-f]+"));
  EXPECT_EQ(seen.certificate_names[0].size(), sizeof("sha256:") - 1 + 64);
  EXPECT_EQ(seen.certificate_names[1], "subject:CN=person");
  EXPECT_EQ(seen.certificate_names[2], "uri:https://corp.example/js");
  // A session that is resumed is the same person's.
  const Seen again = Shake(*server, "", GetParam(), seen.session.get());
  EXPECT_TRUE(again.resumed);
  EXPECT_EQ(again.certificate_names, seen.certificate_names);
  // Who is not asked does not show anything.
  EXPECT_THAT(Shake(*Load({Issue("b", {"b.example"})}), "", GetParam()).certificate_names,
              testing::IsEmpty());
}

TEST_P(EachVersion, BelievesItsOwnAuthoritiesAlone) {
  TestPki others;
  auto server = LoadAsking(pki_.Issue("person", {}, {"https://corp.example/js"}).ca);
  for (const TestCertificate& files :
       {others.Issue("person", {}, {"https://corp.example/js"}),
        pki_.Issue("expired", {}, {"https://corp.example/js"}, -absl::Minutes(1))}) {
    Show(files);
    const Seen seen = Shake(*server, "", GetParam());
    EXPECT_TRUE(seen.done);
    EXPECT_THAT(seen.certificate_names, testing::IsEmpty());
    EXPECT_THAT(Shake(*server, "", GetParam(), seen.session.get()).certificate_names,
                testing::IsEmpty());
  }
}

TEST_P(EachVersion, TakesNobodyOverFromAServerThatBelievesOthers) {
  TestPki others;
  const TestCertificate person = others.Issue("person", {}, {"https://corp.example/js"});
  auto server = LoadAsking(pki_.Issue("x", {}, {}).ca);
  Show(person);
  const Seen seen = Shake(*LoadAsking(person.ca), "", GetParam());
  EXPECT_FALSE(seen.certificate_names.empty());
  const Seen second = Shake(*server, "", GetParam(), seen.session.get());
  EXPECT_FALSE(second.resumed);
  EXPECT_THAT(second.certificate_names, testing::IsEmpty());
}

TEST_F(TlsContextTest, NamesAFileOfAuthoritiesThatIsNone) {
  const std::string path = pki_.directory() + "/none.pem";
  std::ofstream(path) << "nothing";
  for (const std::string& file : {path, pki_.directory() + "/missing.pem"}) {
    TlsSettings settings{{Issue("a", {"a.example"})}, nullptr, file};
    EXPECT_THAT(std::string(TlsContext::Load(settings).status().message()),
                testing::HasSubstr(file));
  }
}

TEST_F(TlsContextTest, RefusesVersionsBefore12) {
  auto server = Load({Issue("a", {"a.example"})});
  SSL_CTX_set_security_level(client_.get(), 0);
  EXPECT_FALSE(Shake(*server, "a.example", TLS1_1_VERSION).done);
  EXPECT_TRUE(Shake(*server, "a.example", TLS1_2_VERSION).done);
}

TEST_F(TlsContextTest, KnowsWhenTheFirstCertificateExpires) {
  TestCertificate soon = pki_.Issue("soon", {"b.example"}, {}, absl::Minutes(10));
  auto server = Load({Issue("a", {"a.example"}), {soon.certificate, soon.private_key}});
  EXPECT_LT(server->expiry(), Now() + absl::Minutes(11));
  EXPECT_GT(server->expiry(), Now() + absl::Minutes(8));
}

TEST_F(TlsContextTest, ReloadsAllOrNothing) {
  bool keys_there = true;
  TlsSettings settings{{Issue("a", {"a.example"}), Issue("b", {"b.example"})},
                       [&keys_there]() -> absl::StatusOr<KeyRing> {
                         if (!keys_there) return absl::NotFoundError("no keys");
                         return Ring({'k'});
                       }};
  auto source = *TlsContextSource::Load(settings);
  auto old = source->Current();
  Issue("b", {"c.example"});
  keys_there = false;
  EXPECT_TRUE(absl::IsNotFound(source->Reload()));
  EXPECT_EQ(Shake(*source->Current(), "b.example", TLS1_3_VERSION).name, "b.example");
  keys_there = true;
  EXPECT_TRUE(source->Reload().ok());
  EXPECT_EQ(Shake(*source->Current(), "c.example", TLS1_3_VERSION).name, "c.example");
  EXPECT_EQ(Shake(*old, "b.example", TLS1_3_VERSION).name, "b.example");
}

}  // namespace
}  // namespace restante::net
