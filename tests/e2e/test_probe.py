"""What administrators try by telnet: is NTLM there, and is it gone when it was switched off?"""
import pytest

from deployment import wait_until
from pop3_client import RawPop3, tls_context

DISABLED = "-ERR The NTLM Authentication package has been disabled for this protocol."
FOLLOW_SECONDS = 5


@pytest.fixture(params=("plain", "tls"))
def session(deployment, request):
    if request.param == "plain":
        opened = RawPop3(deployment.address("POP3"))
    else:
        opened = RawPop3(deployment.address("POP3S"), tls=tls_context(deployment))
    with opened:
        yield opened


@pytest.fixture
def ntlm_disabled(deployment):
    deployment.disable("NTLM")
    try:
        wait_until(lambda: answer_to_auth_ntlm(deployment) == DISABLED, FOLLOW_SECONDS, DISABLED)
        yield
    finally:
        deployment.enable("NTLM")
        wait_until(lambda: answer_to_auth_ntlm(deployment) == "+ ", FOLLOW_SECONDS, "NTLM is back")


def answer_to_auth_ntlm(deployment):
    with RawPop3(deployment.address("POP3")) as session:
        return session.command("AUTH NTLM")


def offered_by_capa(session):
    for line in session.listing("CAPA"):
        if line.startswith("SASL "):
            return line.split(" ")[1:]
    return []


def test_enabled(session):
    assert session.greeting.startswith("+OK")
    assert "NTLM" in offered_by_capa(session)
    assert "NTLM" in session.listing("AUTH")
    assert session.command("auth ntlm") == "+ "
    assert session.command("*").startswith("-ERR")
    # The connection goes on, and a second try on it is answered as the first.
    assert session.command("AUTH NTLM") == "+ "
    assert session.command("*").startswith("-ERR")
    assert session.quit().startswith("+OK")


def test_disabled(deployment, ntlm_disabled, session):
    assert session.command("AUTH NTLM") == DISABLED
    capabilities = offered_by_capa(session)
    assert "NTLM" not in capabilities and "PLAIN" in capabilities
    listed = session.listing("AUTH")
    assert "NTLM" not in listed and "PLAIN" in listed
    assert session.quit().startswith("+OK")


def test_the_switch_takes_effect_on_an_open_connection(deployment):
    with RawPop3(deployment.address("POP3")) as session:
        assert "NTLM" in offered_by_capa(session)
        deployment.disable("NTLM")
        try:
            wait_until(
                lambda: "NTLM" not in offered_by_capa(session), FOLLOW_SECONDS, "CAPA without NTLM"
            )
            assert session.command("AUTH NTLM") == DISABLED
        finally:
            deployment.enable("NTLM")
        wait_until(lambda: "NTLM" in offered_by_capa(session), FOLLOW_SECONDS, "CAPA with NTLM")


def test_the_policy_says_so(deployment, ntlm_disabled):
    policy = deployment.ctl_json("policy", "get", "pop3")
    enabled = {entry["mechanism"]: entry.get("enabled", False) for entry in policy["mechanisms"]}
    assert enabled["NTLM"] is False and enabled["PLAIN"] is True


def test_an_unknown_mechanism_is_refused(session):
    assert session.command("AUTH GSSAPI").startswith("-ERR")
    assert session.command("NOOP").startswith("-ERR")
    assert session.quit().startswith("+OK")


def test_plaintext_is_offered_only_where_it_is_accepted(session):
    """CAPA tells the truth: what it lists can be begun on this connection."""
    for mechanism in offered_by_capa(session):
        assert session.command(f"AUTH {mechanism}").startswith("+ "), mechanism
        assert session.command("*").startswith("-ERR")
