"""Clients that bind their logon to the TLS connection: a wrong binding is refused, and so is none where it is required."""
import pytest

import ntlm_library
from person import Person
from pop3_client import RawPop3, assert_delivered, tls_context
from tls_terminator import TlsTerminator, make_certificate

MESSAGE = b"Subject: bound\r\n\r\nTo this connection.\r\n"
PROGRAMS = ("gss_ntlmssp.py", "python_ntlm_auth.py")


@pytest.fixture(scope="module")
def person(deployment, tmp_path_factory):
    return Person(deployment, tmp_path_factory.mktemp("person"), [MESSAGE])


@pytest.fixture(scope="module")
def configure_auth(deployment, person):
    """Starts auth anew with more in its configuration, in the place of what was there last."""
    path = deployment.dir / "config/auth.yaml"
    original = path.read_text()

    def configure(lines):
        path.write_text(f"{original}\n{lines}\n")
        deployment.down("auth")
        deployment.up("auth")

    return configure


@pytest.fixture(scope="module", params=("allow", "require", "none"))
def level(request, configure_auth):
    configure_auth(f"channel_bindings: {request.param}")
    return request.param


def outcome(program, person, layer, bindings, port=None):
    """"in", or the reason why not."""
    result = ntlm_library.log_on(program, person, layer, person.user, port=port, bindings=bindings)
    if result.returncode == 0:
        assert_delivered(result.stdout, MESSAGE)
        return "in"
    assert result.returncode == ntlm_library.REFUSED, result.stderr
    return ntlm_library.explain(person, result.stderr.decode().strip())["reason"]


@pytest.mark.parametrize("layer", ("stls", "tls"))
@pytest.mark.parametrize("program", PROGRAMS)
def test_on_tls(level, person, program, layer):
    assert outcome(program, person, layer, "right") == "in"
    assert outcome(program, person, layer, "wrong") == ("in" if level == "none" else "CHANNEL_BINDING_WRONG")
    assert outcome(program, person, layer, "none") == ("CHANNEL_BINDING_MISSING" if level == "require" else "in")


@pytest.mark.parametrize("program", PROGRAMS)
def test_without_tls_there_is_nothing_to_bind_to(level, person, program):
    for bindings in ("none", "wrong"):
        refused = outcome(program, person, "plain", bindings)
        assert refused == ("in" if level != "require" else "CHANNEL_BINDING_MISSING"), bindings


def test_clients_that_know_no_bindings(level, person):
    """Samba's sends sixteen zeros, the other nothing: both mean none."""
    wanted = "CHANNEL_BINDING_MISSING" if level == "require" else "in"
    for program in ("samba_gensec.py", "impacket_ntlm.py"):
        assert outcome(program, person, "tls", "none") == wanted, program


def test_a_password_needs_no_bindings(level, person):
    with RawPop3(person.deployment.address("POP3S"), tls=tls_context(person.deployment)) as session:
        assert session.plain_logon(person.windows_name, person.password).startswith("+OK")


# --- where a load balancer ends TLS

@pytest.fixture(scope="module")
def balancer(deployment, configure_auth, tmp_path_factory):
    """One whose certificate auth is told of, and bindings are required."""
    certificate, key = make_certificate(deployment, tmp_path_factory.mktemp("balancer"))
    terminator = TlsTerminator(deployment.address("POP3"), certificate, key)
    configure_auth(f"channel_bindings: require\nload_balancer_certificates: [{terminator.hash}]")
    yield terminator
    terminator.close()


@pytest.mark.parametrize("program", PROGRAMS)
def test_behind_a_load_balancer(balancer, person, program):
    assert outcome(program, person, "tls", "right", port=balancer.port) == "in"
    assert outcome(program, person, "tls", "wrong", port=balancer.port) == "CHANNEL_BINDING_WRONG"
    assert outcome(program, person, "tls", "none", port=balancer.port) == "CHANNEL_BINDING_MISSING"
    # Who comes past it binds to the certificate of the front end.
    assert outcome(program, person, "tls", "right") == "in"
