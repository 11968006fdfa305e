"""Who may speak to the services, what the shipped settings refuse, and what a faulty file says."""
import base64
import contextlib
import socket
import ssl
import subprocess

import pytest

from deployment import PROGRAMS, bin_dir, wait_until
from pop3_client import RawPop3, tls_context

GRPC_PORTS = ("AUTH", "AUTH_ADMIN", "MAILSTORE", "MAILSTORE_ADMIN")
OPERATOR_NAMES = "URI:spiffe://restante/reader/operator,URI:spiffe://restante/account-admin/operator"
HTTP2_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes([0, 0, 0, 4, 0, 0, 0, 0, 0])


def openssl(*arguments, stdin=None):
    subprocess.run(
        ["openssl", *map(str, arguments)], check=True, input=stdin, capture_output=True, text=True
    )


def make_certificate(directory, name, ca, ca_key, names):
    """(certificate, key) signed by `ca`."""
    key, request = directory / f"{name}.key", directory / f"{name}.csr"
    certificate, extensions = directory / f"{name}.pem", directory / f"{name}.ext"
    openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-subj", f"/CN={name}", "-keyout", key, "-out", request)
    extensions.write_text(f"extendedKeyUsage=clientAuth\nsubjectAltName={names}\n")
    openssl("x509", "-req", "-in", request, "-CA", ca, "-CAkey", ca_key, "-days", "2",
            "-set_serial", "1", "-extfile", extensions, "-out", certificate)
    return certificate, key


@pytest.fixture(scope="module")
def foreign(tmp_path_factory):
    """An operator's certificate with all the right names, of another authority."""
    directory = tmp_path_factory.mktemp("foreign")
    ca, ca_key = directory / "ca.pem", directory / "ca.key"
    openssl("req", "-x509", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
            "-nodes", "-subj", "/CN=Restante development CA", "-keyout", ca_key, "-out", ca)
    return make_certificate(directory, "operator", ca, ca_key, OPERATOR_NAMES)


def settings_frame_comes(deployment, port, certificate=None):
    """Whether a gRPC port talks HTTP/2 to a caller with that certificate."""
    context = ssl.create_default_context(cafile=str(deployment.ca))
    context.set_alpn_protocols(["h2"])
    if certificate:
        context.load_cert_chain(*map(str, certificate))
    with contextlib.suppress(OSError):  # ssl.SSLError is one
        with socket.create_connection(deployment.address(port), timeout=10) as plain:
            with context.wrap_socket(plain, server_hostname="localhost") as stream:
                stream.sendall(HTTP2_PREFACE)
                frame = stream.recv(9)
                return len(frame) == 9 and frame[3] == 4
    return False


@pytest.mark.parametrize("port", GRPC_PORTS)
def test_a_grpc_port_speaks_only_to_certificates_of_our_authority(deployment, foreign, port):
    operator = deployment.dir / "tls/operator.pem", deployment.dir / "tls/operator.key"
    assert settings_frame_comes(deployment, port, operator)
    assert not settings_frame_comes(deployment, port)
    assert not settings_frame_comes(deployment, port, foreign)


def with_certificate(pair):
    return {"RESTANTE_TLS_CERTIFICATE": str(pair[0]), "RESTANTE_TLS_PRIVATE_KEY": str(pair[1])}


def test_restantectl_with_a_foreign_certificate_gets_nothing(deployment, foreign):
    result = deployment.ctl(
        "accounts", "list", check=False, environment=with_certificate(foreign)
    )
    assert result.returncode != 0 and result.stdout == ""
    assert deployment.ctl("accounts", "list").returncode == 0


def test_a_certificate_opens_only_what_its_role_may(deployment, tmp_path):
    ca, ca_key = deployment.ca, deployment.dir / "tls/ca.key"
    reader = with_certificate(
        make_certificate(tmp_path, "reader", ca, ca_key, "URI:spiffe://restante/reader/watcher")
    )
    nobody = with_certificate(make_certificate(tmp_path, "nobody", ca, ca_key, "DNS:localhost"))
    frontend = with_certificate((deployment.dir / "tls/pop3.pem", deployment.dir / "tls/pop3.key"))

    assert deployment.ctl("accounts", "list", environment=reader).returncode == 0
    create = ("accounts", "create", "intruder", "--password-stdin")
    for environment in (reader, frontend, nobody):
        result = deployment.ctl(*create, stdin="x", check=False, environment=environment)
        assert result.returncode != 0 and "ROLE_MISSING" in result.stderr
    result = deployment.ctl("accounts", "list", check=False, environment=nobody)
    assert result.returncode != 0
    assert "intruder" not in deployment.ctl("accounts", "list").stdout


def test_keys_are_the_owners_alone(deployment):
    keys = [*deployment.dir.glob("tls/*.key"), *deployment.dir.glob("keys/**/*.key")]
    assert len(keys) >= 8
    for key in keys:
        assert key.stat().st_mode & 0o077 == 0, key


@pytest.mark.parametrize("program", PROGRAMS)
def test_development_mode_is_warned_of_at_start(deployment, program):
    warnings = [line for line in deployment.log(program).splitlines() if "development" in line]
    assert warnings and '"warn' in warnings[0].lower()


def configuration(deployment, program):
    return (deployment.dir / f"config/{program}.yaml").read_text()


def check_configuration(program, path):
    return subprocess.run(
        [bin_dir() / f"restante-{program}", "--config", path, "--check-config"],
        capture_output=True, text=True, timeout=30,
    )


@pytest.mark.parametrize("program", PROGRAMS)
def test_check_config_accepts_what_runs(deployment, program):
    result = check_configuration(program, deployment.dir / f"config/{program}.yaml")
    assert result.returncode == 0, result.stderr


def unknown_key(lines):
    """The faulty line's number, from 1, and its key."""
    lines.append("colour: blue")
    return len(lines), "colour"


def ill_typed_value(lines):
    index = lines.index("development_mode: true")
    lines[index] = "development_mode: perhaps"
    return index + 1, "development_mode"


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("spoil", (unknown_key, ill_typed_value))
@pytest.mark.parametrize("options", ((), ("--check-config",)), ids=("start", "check"))
def test_a_faulty_key_is_named_with_file_line_and_expectation(
    deployment, tmp_path, program, spoil, options
):
    lines = configuration(deployment, program).splitlines()
    number, key = spoil(lines)
    path = tmp_path / "faulty.yaml"
    path.write_text("\n".join([*lines, ""]))
    result = subprocess.run(
        [bin_dir() / f"restante-{program}", "--config", path, *options],
        capture_output=True, text=True, timeout=30,
    )
    assert result.returncode != 0
    said = result.stdout + result.stderr
    assert f"{path}:{number}: {key}: expected" in said, said


@pytest.fixture
def shipped_default(deployment):
    """Auth and front end without development_mode."""
    programs = ("auth", "pop3")
    before = {program: configuration(deployment, program) for program in programs}
    for program, text in before.items():
        changed = text.replace("development_mode: true", "development_mode: false")
        assert changed != text
        (deployment.dir / f"config/{program}.yaml").write_text(changed)
    deployment.down(*programs)
    deployment.up(*programs)
    yield
    for program, text in before.items():
        (deployment.dir / f"config/{program}.yaml").write_text(text)
    deployment.down(*programs)
    deployment.up(*programs)


def test_the_shipped_default_wants_tls(deployment, shipped_default):
    password = deployment.create_account("fay", "CORP\\fay", "fay", "fay@corp.example")
    with RawPop3(deployment.address("POP3")) as session:
        capabilities = session.listing("CAPA")
        assert "STLS" in capabilities and "USER" not in capabilities
        assert not [line for line in capabilities if line.startswith("SASL")]
        assert session.command("USER CORP\\fay").startswith("-ERR")
        assert session.command("AUTH PLAIN").startswith("-ERR")
        assert session.command("AUTH NTLM").startswith("-ERR")
    with RawPop3(deployment.address("POP3S"), tls=tls_context(deployment)) as session:
        assert session.ntlm_logon("fay", "CORP", password).startswith("+OK")


def test_commands_behind_stls_are_dropped(deployment):
    with RawPop3(deployment.address("POP3")) as session:
        session.send("STLS\r\nCAPA")
        replies = []
        with contextlib.suppress(EOFError, OSError):
            while True:
                replies.append(session.line())
        assert len(replies) <= 1, replies


def test_blobs_of_plain_and_login_are_not_logged(deployment):
    password = deployment.new_password()
    for text in (f"\0CORP\\gus\0{password}", password):
        deployment.secrets.add(base64.b64encode(text.encode()).decode())
    with RawPop3(deployment.address("POP3S"), tls=tls_context(deployment)) as session:
        assert session.plain_logon("CORP\\gus", password).startswith("-ERR [AUTH]")
        assert session.command("AUTH LOGIN").startswith("+ ")
        assert session.command(base64.b64encode(b"CORP\\gus").decode()).startswith("+ ")
        reply = session.command(base64.b64encode(password.encode()).decode())
        assert reply.startswith("-ERR [AUTH]")
    # The attempts themselves are there, or the absence of secrets would prove nothing.
    wait_until(lambda: "gus" in deployment.log("auth"), 5, "the refused logon is logged")


def test_control_characters_of_a_name_are_escaped_in_the_logs(deployment):
    with RawPop3(deployment.address("POP3S"), tls=tls_context(deployment)) as session:
        session.plain_logon("evil\x1b[31m\nname", deployment.new_password())
    for program in ("auth", "pop3"):
        for line in (deployment.dir / f"log/{program}.log").read_bytes().splitlines():
            assert line.startswith(b"{") and line.endswith(b"}"), line
            assert b"\x1b" not in line
