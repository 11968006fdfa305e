"""A service that is away makes a temporary failure, never a refused password or a bounced mail."""
import smtplib

import pytest

import ntlm_client
from pop3_client import RawPop3, assert_delivered, curl, open_session, tls_context

MAIL = b"Subject: before\r\n\r\nDelivered before the outage.\r\n"
WINDOWS_NAME = "CORP\\dave"
ADDRESS = "dave@corp.example"
# The longest that a client waits for the word that something is wrong.
HANG_SECONDS = 12


@pytest.fixture(scope="module")
def password(deployment):
    secret = deployment.create_account("dave", WINDOWS_NAME, "david", ADDRESS)
    deployment.deliver(ADDRESS, MAIL)
    return secret


def every_logon(deployment, password):
    """The reply of each way to log on."""
    replies = []
    for log_on in (
        lambda session: session.pass_logon(WINDOWS_NAME, password),
        lambda session: session.plain_logon(WINDOWS_NAME, password),
        lambda session: ntlm_as_far_as_it_goes(session, password),
    ):
        with RawPop3(
            deployment.address("POP3S"), timeout=HANG_SECONDS, tls=tls_context(deployment)
        ) as session:
            replies.append(log_on(session))
    return replies


def ntlm_as_far_as_it_goes(session, password):
    reply = session.command("AUTH NTLM")
    if reply != "+ ":
        return reply
    reply = session.command(ntlm_client.negotiate())
    if not reply.startswith("+ "):
        return reply
    return session.command(ntlm_client.authenticate(reply[2:], "dave", "CORP", password))


def assert_all_temporary(replies):
    for reply in replies:
        assert reply.startswith("-ERR [SYS/TEMP]"), replies


def assert_everything_works(deployment, password):
    for reply in every_logon(deployment, password):
        assert reply.startswith("+OK"), reply
    assert_delivered(curl(f"{deployment.pop3_url}/1", WINDOWS_NAME, password), MAIL)


@pytest.mark.parametrize("service", ("auth", "mailstore"))
@pytest.mark.parametrize("kill", (False, True), ids=("stopped", "killed"))
def test_logons_fail_for_the_moment_and_recover_alone(deployment, password, service, kill):
    pop3 = deployment.pid("pop3")
    deployment.down(service, kill=kill)
    try:
        assert_all_temporary(every_logon(deployment, password))
    finally:
        deployment.up(service)
    assert_everything_works(deployment, password)
    assert deployment.pid("pop3") == pop3


@pytest.mark.parametrize("service", ("auth", "mailstore"))
def test_mail_is_asked_to_come_again(deployment, password, service):
    deployment.down(service)
    try:
        with pytest.raises(smtplib.SMTPException) as failure:
            deployment.deliver(ADDRESS, b"Subject: during\r\n\r\n%s\r\n" % service.encode())
        assert 451 in codes_of(failure.value), failure.value
    finally:
        deployment.up(service)
    late = b"Subject: after\r\n\r\nThe mail server tried again: %s.\r\n" % service.encode()
    deployment.deliver(ADDRESS, late)
    newest = len(curl(deployment.pop3_url, WINDOWS_NAME, password).splitlines())
    assert_delivered(curl(f"{deployment.pop3_url}/{newest}", WINDOWS_NAME, password), late)


def codes_of(failure):
    if isinstance(failure, smtplib.SMTPRecipientsRefused):
        return {code for code, _ in failure.recipients.values()}
    return {failure.smtp_code}


def test_a_session_outlives_auth(deployment, password):
    session = open_session(deployment, WINDOWS_NAME, password)
    deployment.down("auth")
    try:
        assert_delivered(session.retrieve(1), MAIL)
        assert session.quit().startswith("+OK")
    finally:
        deployment.up("auth")
    assert_everything_works(deployment, password)


def test_a_session_gets_a_temporary_failure_and_goes_on_when_the_store_is_back(deployment, password):
    session = open_session(deployment, WINDOWS_NAME, password)
    deployment.down("mailstore")
    try:
        assert session.command("RETR 1").startswith("-ERR [SYS/TEMP]")
        assert session.command("NOOP").startswith("+OK")
    finally:
        deployment.up("mailstore")
    assert_delivered(session.retrieve(1), MAIL)
    assert session.quit().startswith("+OK")


def test_all_programs_restarted_keep_the_mail(deployment, password):
    deployment.down()
    deployment.up()
    assert_everything_works(deployment, password)
