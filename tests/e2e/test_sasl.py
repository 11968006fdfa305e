"""Every SASL mechanism but NTLM, with the real programs: SCRAM, EXTERNAL, tokens, and what goes wrong in each."""
import base64
import hashlib
import hmac
import json
import ssl
import statistics
import subprocess
import time

import pytest

from deployment import wait_until
from pop3_client import RawPop3, curl, reference_of, tls_context
from scram_client import ScramClient, encode, scram_logon, server_end_point
from token_issuer import TokenIssuer, key_set

MESSAGE = b"Subject: sasl\r\n\r\nIt is here.\r\n"
ADDRESS = "jsmith@corp.example"
USER = "CORP\\jsmith"
# Listeners that ask for a certificate, as offsets from the port base.
ASKING_POP3S, ASKING_POP3 = 996, 111


def openssl(*arguments, **options):
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True, **options)


PLUS = "SCRAM-SHA-256-PLUS"


class ClientCertificates:
    """An authority for clients, and certificates of it."""

    def __init__(self, directory):
        self._dir = directory
        self.ca = self._make("client-ca", "/CN=Client CA", "basicConstraints=critical,CA:true")

    def _make(self, name, subject, extension, *options):
        path = self._dir / f"{name}.pem"
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                "-keyout", self._dir / f"{name}.key", "-out", path, "-subj", subject, "-addext", extension, *options)
        return path

    def issue(self, name, alternative_names, days=2, purpose="clientAuth"):
        """(certificate, key)"""
        request, path, extensions = (self._dir / f"{name}.{end}" for end in ("csr", "pem", "ext"))
        openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/O=Corp/CN={name}",
                "-keyout", self._dir / f"{name}.key", "-out", request)
        extensions.write_text(f"subjectAltName={alternative_names}\nextendedKeyUsage={purpose}\n")
        openssl("x509", "-req", "-in", request, "-CA", self.ca, "-CAkey", self._dir / "client-ca.key",
                "-CAcreateserial", "-days", days, "-extfile", extensions, "-out", path)
        return path, self._dir / f"{name}.key"

    def self_signed(self, name, alternative_names):
        return self._make(name, f"/O=Corp/CN={name}", f"subjectAltName={alternative_names}"), self._dir / f"{name}.key"


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    return ClientCertificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="module")
def issuers(tmp_path_factory):
    directory = tmp_path_factory.mktemp("issuer")
    return {algorithm: TokenIssuer(directory, algorithm) for algorithm in ("RS256", "ES256")}


@pytest.fixture(scope="module")
def sasl(deployment, certificates, issuers):
    """The installation with an issuer of tokens and listeners that ask for certificates."""
    keys = deployment.dir / "issuer.json"
    keys.write_text(key_set(*issuers.values()))
    with open(deployment.dir / "config/auth.yaml", "a") as config:
        config.write(f"oauth:\n  issuer: {TokenIssuer.ISSUER}\n  audience: {TokenIssuer.AUDIENCE}\n  key_set: {keys}\n")
    with open(deployment.dir / "config/pop3.yaml", "a") as config:
        config.write("listeners:\n")
        for offset, implicit in ((ASKING_POP3S, "true"), (ASKING_POP3, "false")):
            config.write(f"  - address: 127.0.0.1:{deployment.port_base + offset}\n    implicit_tls: {implicit}\n"
                         f"    client_ca: {certificates.ca}\n")
    for program in ("auth", "pop3"):
        deployment.down(program)
        deployment.up(program)
    with over_tls(deployment) as session:
        assert PLUS not in mechanisms_of(session), "not before an operator says so"
        deployment.enable(PLUS)
        wait_until(lambda: PLUS in mechanisms_of(session), 10, "the policy arrives")
    return deployment


@pytest.fixture(scope="module")
def password(sasl):
    created = sasl.create_account("jsmith", windows_name=USER, alias="john.smith", address=ADDRESS)
    sasl.ctl("accounts", "update", "jsmith", "--add-certificate-name", "email:js@corp.example",
             "--add-token-subject", "js-17")
    sasl.deliver(ADDRESS, MESSAGE)
    return created


def over_tls(deployment):
    return RawPop3(deployment.address("POP3S"), tls=tls_context(deployment))


def mechanisms_of(session):
    (line,) = [line for line in session.listing("CAPA") if line.startswith("SASL ")] or [""]
    return line.split()[1:]


# --- what is offered

def test_the_strongest_comes_first_and_ntlm_is_there(sasl):
    with over_tls(sasl) as session:
        offered = mechanisms_of(session)
        assert offered == ["SCRAM-SHA-256-PLUS", "SCRAM-SHA-256", "NTLM", "PLAIN", "LOGIN", "OAUTHBEARER", "XOAUTH2"]
        assert session.listing("AUTH") == offered
        assert session.command("AUTH EXTERNAL").startswith("-ERR [AUTH] Show a client certificate")
    with RawPop3(sasl.address("POP3")) as session:
        assert "SCRAM-SHA-256-PLUS" not in mechanisms_of(session)
        assert "EXTERNAL" not in mechanisms_of(session)
        assert session.command("AUTH SCRAM-SHA-256-PLUS") == "-ERR [AUTH] Use TLS first: say STLS"


@pytest.mark.parametrize("mechanism", ["SCRAM-SHA-256-PLUS", "SCRAM-SHA-256", "PLAIN", "LOGIN", "OAUTHBEARER", "XOAUTH2"])
def test_each_can_be_switched_off(sasl, password, mechanism):
    sasl.disable(mechanism)
    try:
        with over_tls(sasl) as session:
            wait_until(lambda: mechanism not in mechanisms_of(session), 10, "the policy arrives")
            reply = session.command(f"AUTH {mechanism}")
            assert reply == f"-ERR The {mechanism} Authentication package has been disabled for this protocol."
    finally:
        sasl.enable(mechanism)
    with over_tls(sasl) as session:
        wait_until(lambda: mechanism in mechanisms_of(session), 10, "the policy arrives")


# --- SCRAM

@pytest.mark.parametrize("initial", [True, False])
def test_scram_proves_both_sides(sasl, password, initial):
    with over_tls(sasl) as session:
        reply = scram_logon(session, ScramClient(USER, password), initial=initial)
        assert reply.startswith("+OK"), reply
        assert MESSAGE in session.retrieve(1)
    with over_tls(sasl) as session:
        refused = scram_logon(session, ScramClient(USER, password + "x"), initial=initial)
        assert "WRONG_PASSWORD" in sasl.ctl("explain-logon", "--ref", reference_of(refused)).stdout
        reply = scram_logon(session, ScramClient("jsmith", password))
        assert reply.startswith("+OK"), reply


def test_scram_is_bound_to_the_connection(sasl, password):
    with over_tls(sasl) as session:
        binding = server_end_point(session._socket)
        client = ScramClient(USER, password, "p=tls-server-end-point,,", binding)
        reply = scram_logon(session, client, "SCRAM-SHA-256-PLUS")
        assert reply.startswith("+OK"), reply
    for header, binding, mechanism, reason in [
            ("p=tls-server-end-point,,", bytes(32), "SCRAM-SHA-256-PLUS", "CHANNEL_BINDING_WRONG"),
            ("p=tls-exporter,,", bytes(32), "SCRAM-SHA-256-PLUS", "CHANNEL_BINDING_WRONG"),
            ("y,,", b"", "SCRAM-SHA-256", "CHANNEL_BINDING_STRIPPED"),
            ("n,,", b"", "SCRAM-SHA-256-PLUS", "MESSAGE_MALFORMED"),
    ]:
        with over_tls(sasl) as session:
            reference = reference_of(scram_logon(session, ScramClient(USER, password, header, binding), mechanism))
            assert reason in sasl.ctl("explain-logon", "--ref", reference).stdout


def test_scram_asks_nobody_and_somebody_alike(sasl, password):
    """The salt of a name is always the same, and nothing tells a real one."""
    def parameters(user):
        with over_tls(sasl) as session:
            reply = session.command("AUTH SCRAM-SHA-256 " + encode(ScramClient(user, "x").first().encode()))
            fields = base64.b64decode(reply[2:]).decode().split(",")
            return fields[1:]
    assert parameters("nobody") == parameters("nobody") == parameters("CORP\\Nobody")
    assert parameters("nobody") != parameters("nobody2")
    assert parameters("jsmith") == parameters("CORP\\JSmith")
    for user in ("nobody", "jsmith"):
        salt, iterations = parameters(user)
        assert len(base64.b64decode(salt[2:])) == 16 and iterations == "i=4096"


def test_scram_keys_of_another_server_can_be_set(sasl, password):
    secret = sasl.new_password()
    sasl.ctl("accounts", "create", "moved", "--windows-name", "CORP\\moved", "--alias", "moved")
    salt = b"of another server"
    salted = hashlib.pbkdf2_hmac("sha256", secret.encode(), salt, 10_000)
    stored_key = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    server_key = hmac.digest(salted, b"Server Key", "sha256")
    keys = "{SCRAM-SHA-256}10000," + ",".join(map(encode, (salt, stored_key, server_key)))
    sasl.ctl("accounts", "set-credential", "moved", "--scram-sha-256-stdin", stdin=keys)
    with over_tls(sasl) as session:
        assert scram_logon(session, ScramClient("moved", secret)).startswith("+OK")
    with over_tls(sasl) as session:
        assert session.pass_logon("moved", secret).startswith("+OK")
    with over_tls(sasl) as session:
        reference = reference_of(session.pass_logon("moved", secret + "x"))
        assert "WRONG_PASSWORD" in sasl.ctl("explain-logon", "--ref", reference).stdout


# --- certificates

class AskedSession:
    """Sessions at the listeners that ask for a certificate."""

    @staticmethod
    def open(sasl, certificate=None, stls=False):
        context = tls_context(sasl)
        if certificate:
            context.load_cert_chain(*map(str, certificate))
        if not stls:
            return RawPop3(("127.0.0.1", sasl.port_base + ASKING_POP3S), tls=context)
        session = RawPop3(("127.0.0.1", sasl.port_base + ASKING_POP3))
        assert session.command("STLS").startswith("+OK")
        session._socket = context.wrap_socket(session._socket, server_hostname="localhost")
        session._input = session._socket.makefile("rb")
        return session


@pytest.mark.parametrize("stls", [False, True])
@pytest.mark.parametrize("how", ["AUTH EXTERNAL =", "AUTH EXTERNAL " + encode(b"john.smith"), "ask"])
def test_a_certificate_logs_on(sasl, password, certificates, stls, how):
    certificate = certificates.issue("js", "email:js@corp.example,URI:https://corp.example/js")
    with AskedSession.open(sasl, certificate, stls) as session:
        assert mechanisms_of(session)[0] == "EXTERNAL"
        if how == "ask":
            assert session.command("AUTH EXTERNAL") == "+ "
            reply = session.command("")
        else:
            reply = session.command(how)
        assert reply.startswith("+OK"), reply


@pytest.mark.parametrize("name, alternative", [
    ("uri:https://corp.example/person", "URI:https://corp.example/person"),
    ("upn:Person@Corp.Example", "otherName:1.3.6.1.4.1.311.20.2.3;UTF8:person@corp.example"),
    ("subject:CN=by-subject,O=Corp", "DNS:x"),
    ("sha256", "DNS:x"),
])
def test_each_name_of_a_certificate_may_be_the_accounts(sasl, password, certificates, name, alternative):
    account = "by-" + name.partition(":")[0]
    certificate = certificates.issue(account, alternative)
    if name == "sha256":
        der = ssl.PEM_cert_to_DER_cert(certificate[0].read_text())
        name = "sha256:" + hashlib.sha256(der).hexdigest()
    with AskedSession.open(sasl, certificate) as session:
        reference = reference_of(session.command("AUTH EXTERNAL ="))
        assert "UNKNOWN_NAME" in sasl.ctl("explain-logon", "--ref", reference).stdout
        sasl.ctl("accounts", "create", account, "--alias", account, "--certificate-name", name)
        assert session.command("AUTH EXTERNAL =").startswith("+OK")


def test_a_certificate_that_nobody_vouches_for_is_none(sasl, password, certificates, tmp_path):
    untrusted = {
        "self-signed": certificates.self_signed("self", "email:js@corp.example"),
        "of a server": certificates.issue("server", "email:js@corp.example", purpose="serverAuth"),
        "none": None,
    }
    for what, certificate in untrusted.items():
        with AskedSession.open(sasl, certificate) as session:
            assert "EXTERNAL" not in mechanisms_of(session), what
            assert session.command("AUTH EXTERNAL =").startswith("-ERR [AUTH] Show a client certificate"), what
            assert session.pass_logon("jsmith", password).startswith("+OK"), what
    trusted = certificates.issue("js2", "email:js@corp.example")
    context = tls_context(sasl)
    context.load_cert_chain(*map(str, trusted))
    with RawPop3(sasl.address("POP3S"), tls=context) as session:
        assert "EXTERNAL" not in mechanisms_of(session)


def test_nobody_acts_for_another_by_certificate(sasl, password, certificates):
    sasl.create_account("other", windows_name="CORP\\other", alias="other")
    certificate = certificates.issue("js3", "email:js@corp.example")
    with AskedSession.open(sasl, certificate) as session:
        reference_of(session.command("AUTH EXTERNAL " + encode(b"other")))


# --- tokens

def bearer(token, user=""):
    name = f"a={user}" if user else ""
    return encode(f"n,{name},\x01host=localhost\x01port=995\x01auth=Bearer {token}\x01\x01".encode())


def xoauth2(token, user):
    return encode(f"user={user}\x01auth=Bearer {token}\x01\x01".encode())


def keep_secret(sasl, token):
    sasl.secrets.update(part for part in token.split(".")[1:] if len(part) > 20)
    return token


@pytest.mark.parametrize("algorithm", ["RS256", "ES256"])
@pytest.mark.parametrize("initial", [True, False])
def test_a_token_logs_on(sasl, password, issuers, algorithm, initial):
    token = keep_secret(sasl, issuers[algorithm].token("js-17"))
    for mechanism, message in [("OAUTHBEARER", bearer(token)), ("OAUTHBEARER", bearer(token, "john.smith")),
                               ("XOAUTH2", xoauth2(token, USER))]:
        with over_tls(sasl) as session:
            if initial:
                reply = session.command(f"AUTH {mechanism} {message}")
            else:
                assert session.command(f"AUTH {mechanism}") == "+ "
                reply = session.command(message)
            assert reply.startswith("+OK"), (mechanism, reply)


def test_a_bad_token_is_told_why_and_then_refused(sasl, password, issuers):
    issuer = issuers["RS256"]
    bad = {
        "TOKEN_EXPIRED": issuer.token("js-17", exp=int(time.time()) - 120),
        "TOKEN_FOR_OTHERS": issuer.token("js-17", aud="other"),
        "TOKEN_INVALID": issuer.token("js-17", header={"alg": "HS256", "kid": "RS256"}),
        "TOKEN_NAMES_NOBODY": issuer.token(17),
    }
    for reason, token in bad.items():
        keep_secret(sasl, token)
        with over_tls(sasl) as session:
            error = session.command(f"AUTH OAUTHBEARER {bearer(token)}")
            assert json.loads(base64.b64decode(error[2:])) == {"status": "invalid_token"}
            reference = reference_of(session.command(encode(b"\x01")))
            assert reason in sasl.ctl("explain-logon", "--ref", reference).stdout
            error = session.command(f"AUTH XOAUTH2 {xoauth2(token, USER)}")
            assert json.loads(base64.b64decode(error[2:]))["status"] == "401"
            reference_of(session.command(""))
    with over_tls(sasl) as session:
        token = keep_secret(sasl, issuer.token("somebody else"))
        reference = reference_of(session.command(f"AUTH OAUTHBEARER {bearer(token)}"))
        assert "UNKNOWN_NAME" in sasl.ctl("explain-logon", "--ref", reference).stdout


def test_keys_of_the_issuer_are_read_again(sasl, password, issuers, tmp_path):
    successor = TokenIssuer(tmp_path, "ES256")
    token = keep_secret(sasl, successor.token("js-17"))
    keys = sasl.dir / "issuer.json"
    before = keys.read_text()

    def logs_on():
        with over_tls(sasl) as session:
            return session.command(f"AUTH OAUTHBEARER {bearer(token)}").startswith("+OK")
    assert not logs_on()
    try:
        keys.write_text("broken")
        wait_until(lambda: "key_set_not_reloaded" in sasl.log("auth"), 15, "auth looks at the file")
        with over_tls(sasl) as session:
            old = keep_secret(sasl, issuers["RS256"].token("js-17"))
            assert session.command(f"AUTH OAUTHBEARER {bearer(old)}").startswith("+OK")
        keys.write_text(key_set(issuers["RS256"], successor))
        wait_until(logs_on, 15, "auth takes the new keys")
    finally:
        keys.write_text(before)


# --- what goes wrong

MECHANISMS = ["SCRAM-SHA-256", "SCRAM-SHA-256-PLUS", "NTLM", "PLAIN", "OAUTHBEARER", "XOAUTH2"]


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_a_broken_exchange_leaves_the_connection(sasl, password, mechanism):
    with over_tls(sasl) as session:
        for line, wanted in [("*", "-ERR [AUTH] Authentication cancelled"),
                             ("not base64!", "-ERR [AUTH] Invalid base64 in response"),
                             ("A" * 12300, "-ERR [AUTH] line too long")]:
            assert session.command(f"AUTH {mechanism}") == "+ "
            assert session.command(line) == wanted
        assert session.command(f"AUTH {mechanism} !") == "-ERR [AUTH] Invalid base64 in response"
        assert session.command(f"AUTH {mechanism}") == "+ "
        reference_of(session.command(""))
        reference_of(session.command(f"AUTH {mechanism} {encode(b'out of order')}"))
        assert session.pass_logon("jsmith", password).startswith("+OK")


def test_refusals_take_the_same_time(sasl, password):
    """Medians, of somebody and nobody, in turns: the refusal waits for a multiple of half a second."""
    times = {"jsmith": [], "nobody": []}
    for _ in range(3):
        for user, taken in times.items():
            with over_tls(sasl) as session:
                start = time.monotonic()
                reference_of(scram_logon(session, ScramClient(user, "wrong password")))
                taken.append(time.monotonic() - start)
            with over_tls(sasl) as session:  # forgives
                assert scram_logon(session, ScramClient("jsmith", password)).startswith("+OK")
    known, unknown = (statistics.median(taken) for taken in times.values())
    assert abs(known - unknown) / known < 0.05 or abs(known - unknown) < 0.05, times


# --- programs of Debian

def test_curl_logs_on_by_certificate_and_token(sasl, password, certificates, issuers):
    certificate, key = certificates.issue("curl", "email:js@corp.example")
    url = f"pop3s://localhost:{sasl.port_base + ASKING_POP3S}/1"
    fetched = curl(url, "john.smith", "", "--cacert", sasl.ca, "--cert", certificate, "--key", key,
                   "--login-options", "AUTH=EXTERNAL")
    assert MESSAGE in fetched
    token = keep_secret(sasl, issuers["RS256"].token("js-17"))
    for mechanism in ("OAUTHBEARER", "XOAUTH2"):
        fetched = curl(sasl.pop3s_url + "/1", "john.smith", "", "--cacert", sasl.ca,
                       "--oauth2-bearer", token, "--login-options", f"AUTH={mechanism}")
        assert MESSAGE in fetched


def mpop(sasl, home, mechanism, secret, port, *lines):
    config = home / ".mpoprc"
    config.write_text("\n".join([
        "defaults", "tls on", "tls_starttls off", f"tls_trust_file {sasl.ca}", "keep on", "received_header off",
        "account a", "host localhost", f"port {port}", "user john.smith", f"auth {mechanism}",
        f'passwordeval "printf %s \'{secret}\'"', f"delivery mbox {home}/inbox", f"uidls_file {home}/uidls", *lines, ""]))
    config.chmod(0o600)
    result = subprocess.run(["mpop", f"--file={config}", "a"], capture_output=True, text=True, timeout=60,
                            env={"HOME": str(home), "PATH": "/usr/bin:/bin"})
    assert result.returncode == 0, (result.stdout, result.stderr)
    return (home / "inbox").read_bytes()


@pytest.mark.parametrize("mechanism", ["scram-sha-256", "external", "oauthbearer", "xoauth2"])
def test_mpop_logs_on(sasl, password, certificates, issuers, tmp_path, mechanism):
    secret, port, lines = password, sasl.address("POP3S")[1], []
    sasl.ctl("accounts", "update", "jsmith", "--add-principal-name", "john.smith@corp.example")
    if mechanism == "external":
        certificate, key = certificates.issue("mpop", "email:js@corp.example")
        port, lines = sasl.port_base + ASKING_POP3S, [f"tls_cert_file {certificate}", f"tls_key_file {key}"]
    if mechanism in ("oauthbearer", "xoauth2"):
        secret = keep_secret(sasl, issuers["ES256"].token("js-17"))
    if mechanism.startswith("scram"):
        lines = ["user jsmith"]
    assert b"It is here." in mpop(sasl, tmp_path, mechanism, secret, port, *lines)
