"""One answer for whoever is refused; the operator can tell the causes apart."""
import base64
import re
import secrets
import smtplib

import pytest

import ntlm_client
from pop3_client import RawPop3, reference_of, tls_context


@pytest.fixture(scope="module")
def password(deployment):
    deployment.create_account("nobox", "CORP\\nobox", password="No-mailbox-1")
    deployment.create_account("carol", "CORP\\carol", "carol.c", "carol@corp.example", "Carols-pw-1")
    return "Carols-pw-1"


def by_ntlm(session, user, password):
    return session.ntlm_logon(user, "CORP", password)


def by_plain(session, user, password):
    return session.plain_logon(f"CORP\\{user}", password)


def by_pass(session, user, password):
    return session.pass_logon(f"CORP\\{user}", password)


@pytest.fixture(params=(by_ntlm, by_plain, by_pass), ids=("NTLM", "PLAIN", "PASS"))
def log_on(deployment, request):
    def attempt(user, password):
        with RawPop3(deployment.address("POP3S"), tls=tls_context(deployment)) as session:
            return request.param(session, user, password)

    return attempt


def explain(deployment, reference):
    answer = deployment.ctl_json("explain-logon", "--ref", reference)
    assert not answer.get("accepted", False)
    return answer["reason"]


def test_one_text_for_the_client_and_three_causes_for_the_operator(deployment, password, log_on):
    wrong = deployment.new_password()
    refusals = {
        "WRONG_PASSWORD": log_on("carol", wrong),
        "UNKNOWN_NAME": log_on("nobody", wrong),
        "NO_MAILBOX": log_on("nobox", "No-mailbox-1"),
    }
    references = {cause: reference_of(reply) for cause, reply in refusals.items()}
    assert len(set(references.values())) == len(references)
    assert {cause: explain(deployment, ref) for cause, ref in references.items()} == {
        cause: cause for cause in refusals
    }
    # The help desk may read the reference out in any case.
    assert explain(deployment, references["WRONG_PASSWORD"].lower()) == "WRONG_PASSWORD"
    assert log_on("carol", password).startswith("+OK")


def test_a_disabled_account_is_refused_likewise(deployment, password, log_on):
    deployment.ctl("accounts", "update", "carol", "--disable")
    try:
        reply = log_on("carol", password)
        assert explain(deployment, reference_of(reply)) == "ACCOUNT_DISABLED"
    finally:
        deployment.ctl("accounts", "update", "carol", "--enable")
    assert log_on("carol", password).startswith("+OK")


def test_a_refused_client_may_try_again_on_the_same_connection(deployment, password):
    with RawPop3(deployment.address("POP3")) as session:
        reference_of(session.ntlm_logon("carol", "CORP", deployment.new_password()))
        assert session.ntlm_logon("carol", "CORP", password).startswith("+OK")


def test_an_unknown_reference_is_an_error_with_a_next_step(deployment, password):
    result = deployment.ctl("explain-logon", "--ref", "0000-0000", check=False)
    assert result.returncode != 0
    assert "ATTEMPT_NOT_FOUND" in result.stderr


@pytest.mark.parametrize(
    "line",
    ("!!!", "", "AAAA", base64.b64encode(b"NTLMSSP\0\3\0\0\0" + bytes(52)).decode()),
    ids=("not base64", "empty", "not NTLM", "type 3 at once"),
)
def test_a_malformed_first_message_is_refused(deployment, password, line):
    with RawPop3(deployment.address("POP3")) as session:
        assert session.command("AUTH NTLM") == "+ "
        assert session.command(line).startswith("-ERR")
        assert session.ntlm_logon("carol", "CORP", password).startswith("+OK")


def test_an_answer_is_good_for_its_own_challenge_only(deployment, password):
    with RawPop3(deployment.address("POP3")) as session:
        session.command("AUTH NTLM")
        first = session.command(ntlm_client.negotiate())[2:]
        assert session.command("*").startswith("-ERR")
        session.command("AUTH NTLM")
        session.command(ntlm_client.negotiate())
        replayed = ntlm_client.authenticate(first, "carol", "CORP", password)
        reference_of(session.command(replayed))


def test_a_set_password_replaces_the_old_one(deployment, password, log_on):
    try:
        fresh = deployment.new_password()
        deployment.ctl("accounts", "set-credential", "carol", "--password-stdin", stdin=fresh)
        reference_of(log_on("carol", password))
        assert log_on("carol", fresh).startswith("+OK")
    finally:
        deployment.ctl("accounts", "set-credential", "carol", "--password-stdin", stdin=password)


def test_an_nt_hash_from_a_migration_logs_on(deployment, password):
    secret = deployment.new_password()
    digest = ntlm_client.nt_hash(secret).hex()
    deployment.secrets.add(digest)
    name = f"m{secrets.token_hex(3)}"
    deployment.create_account(name, f"CORP\\{name}", name)
    deployment.ctl("accounts", "set-credential", name, "--nt-hash-stdin", stdin=digest)
    with RawPop3(deployment.address("POP3")) as session:
        assert session.ntlm_logon(name, "CORP", secret).startswith("+OK")


def test_lmtp_knows_only_addresses_of_accounts(deployment, password):
    with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
        deployment.deliver("nobody@corp.example", b"Subject: lost\r\n\r\nx\r\n")
    code, text = refused.value.recipients["nobody@corp.example"]
    assert code == 550 and re.match(rb"5\.1\.1 ", text)
