"""AUTH NTLM octet by octet with the programs, where clients are odd: nothing hangs, and the connection stays."""
import base64
import itertools

import pytest

import ntlm_client
from deployment import wait_until
from pop3_client import RawPop3, reference_of

LONGEST_LINE = 12_288
_networks = itertools.count(1)


@pytest.fixture(scope="module")
def password(deployment):
    return deployment.create_account("dora", "CORP\\dora", "dora.d", "dora@corp.example")


@pytest.fixture
def session(deployment):
    # Every wait ends long before a client would give up, and failures of one test do not delay those of another.
    with RawPop3(deployment.address("POP3"), timeout=20, source=f"127.3.{next(_networks)}.1") as session:
        yield session


@pytest.fixture
def stays(session, password):
    """At the end of a test the same connection logs on."""
    yield
    assert session.ntlm_logon("dora", "CORP", password).startswith("+OK 0 messages")
    assert session.quit().startswith("+OK")


def begin(session):
    assert session.command("AUTH NTLM") == "+ "
    challenge = session.command(ntlm_client.negotiate())
    assert challenge.startswith("+ ") and base64.b64decode(challenge[2:]).startswith(b"NTLMSSP\0\2\0\0\0")


def test_auth_alone_lists_ntlm(session, stays):
    assert "NTLM" in session.listing("AUTH")


def test_capa_lists_it_among_sasl_mechanisms_and_no_more_after_logon(session, password):
    (mechanisms,) = [line for line in session.listing("CAPA") if line.startswith("SASL ")]
    assert "NTLM" in mechanisms.split()
    assert session.ntlm_logon("dora", "CORP", password).startswith("+OK")
    after = session.listing("CAPA")
    assert not {"STLS", "USER"} & set(after) and not [line for line in after if line.startswith("SASL")]


@pytest.mark.parametrize("command", ("AUTH NTLM", "auth ntlm", "Auth Ntlm", "AUTH NTLM ="))
def test_it_is_ready_by_a_plus_and_a_space(session, stays, command):
    assert session.command(command) == "+ "
    assert session.command("*").startswith("-ERR")


def test_the_first_message_with_the_command(session, stays):
    challenge = session.command(f"AUTH NTLM {ntlm_client.negotiate()}")
    assert challenge.startswith("+ TlRMTVNTUAAC")
    assert session.command("*").startswith("-ERR")


def test_cancelled_at_each_continuation(session, stays):
    assert session.command("AUTH NTLM") == "+ "
    assert session.command("*").startswith("-ERR")
    begin(session)
    assert session.command("*").startswith("-ERR")


@pytest.mark.parametrize("line", (
    "STAT", "LIST 1", "", "AAAA", "====", ntlm_client.negotiate(),
    base64.b64encode(b"NTLMSSP\0\3\0\0\0").decode(), "A" * LONGEST_LINE,
), ids=("STAT", "LIST", "empty", "zeros", "padding", "first message again", "cut", "longest"))
def test_what_comes_in_place_of_the_answer(session, stays, line):
    begin(session)
    assert session.command(line).startswith("-ERR [AUTH]")
    assert session.command("STAT").startswith("-ERR")


def test_a_longer_line_is_answered(session, stays):
    begin(session)
    assert session.command("A" * (LONGEST_LINE + 4)) == "-ERR [AUTH] line too long"


def test_an_anonymous_client(session, stays):
    begin(session)
    empty_fields = b"".join(b"\0\0\0\0\x40\0\0\0" for _ in range(6))
    message = b"NTLMSSP\0\3\0\0\0" + empty_fields + (0x0801).to_bytes(4, "little")
    reference_of(session.command(base64.b64encode(message).decode()))


def test_switched_off(deployment, session, password):
    deployment.disable("NTLM")
    try:
        with RawPop3(deployment.address("POP3")) as other:
            wait_until(lambda: "NTLM" not in other.listing("AUTH"), 10, "the front end hears of it")
            assert other.command("AUTH NTLM") == (
                "-ERR The NTLM Authentication package has been disabled for this protocol.")
            assert other.command("AUTH XYZ").startswith("-ERR [SYS/PERM]")
    finally:
        deployment.enable("NTLM")


# --- clients that are broken by themselves are refused, and the operator is told

def steps_of(deployment, reply):
    answer = deployment.ctl_json("explain-logon", "--ref", reference_of(reply))
    assert answer["reason"] == "WRONG_PASSWORD"
    return " ".join(step["finding"] for step in answer["steps"])


def test_thunderbird(deployment, session, stays):
    reply = session.ntlm_logon("dora", "CORP", "[object Promise]")
    assert "Thunderbird" in steps_of(deployment, reply)


def test_java_mail(deployment, session, stays, password):
    """It takes the first four letters of the challenge for a status, and so reads everything three octets late."""
    assert session.command("AUTH NTLM") == "+ "
    challenge = base64.b64decode(session.command(ntlm_client.negotiate())[2:])
    late = challenge[:24] + challenge[27:32] + bytes(3) + challenge[32:]
    answer = ntlm_client.authenticate(base64.b64encode(late).decode(), "dora", "CORP", password)
    assert "Java" in steps_of(deployment, session.command(answer))
