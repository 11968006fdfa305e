"""What was promised holds when a process is killed or a connection is cut."""
import time

import pytest

from deployment import wait_until
from pop3_client import RawPop3, assert_delivered, open_session, tls_context

WINDOWS_NAME = "CORP\\erin"
ADDRESS = "erin@corp.example"
ROUNDS = 5
# A maildrop whose client vanished is free after this long.
RELEASE_SECONDS = 5


@pytest.fixture(scope="module")
def password(deployment):
    return deployment.create_account("erin", WINDOWS_NAME, "erin.e", ADDRESS)


@pytest.fixture
def session(deployment, password):
    opened = open_session_soon(deployment, password)
    yield opened
    opened.cut()


def mail(text):
    return b"Subject: durable\r\n\r\n%s\r\n" % text.encode()


def open_session_soon(deployment, password):
    """Waits for the maildrop when the session before it was cut."""
    opened = []

    def attempt():
        session = RawPop3(deployment.address("POP3S"), tls=tls_context(deployment))
        reply = session.pass_logon(WINDOWS_NAME, password)
        if reply.startswith("+OK"):
            opened.append(session)
            return True
        assert reply.startswith("-ERR [IN-USE]"), reply
        session.cut()
        return False

    wait_until(attempt, RELEASE_SECONDS, "the maildrop is free")
    return opened[0]


def subjects_and_ids(session):
    return [line.split(" ")[1] for line in session.listing("UIDL")]


def restart_mailstore_killed(deployment):
    deployment.down("mailstore", kill=True)
    deployment.up("mailstore")


@pytest.mark.parametrize("size", (100, 300_000), ids=("small", "large"))
def test_a_message_that_was_answered_250_survives_kill_9(deployment, password, size):
    for number in range(ROUNDS):
        message = mail(f"round {number} " + "x" * 70 + ("\r\n" + "y" * 76) * (size // 78))
        deployment.deliver(ADDRESS, message)
        restart_mailstore_killed(deployment)
        with open_session_soon(deployment, password) as session:
            newest = len(subjects_and_ids(session))
            assert_delivered(session.retrieve(newest), message)
            assert session.command("QUIT").startswith("+OK")


def test_a_cut_before_quit_deletes_nothing(deployment, password):
    deployment.deliver(ADDRESS, mail("stays after a cut"))
    session = open_session_soon(deployment, password)
    before = subjects_and_ids(session)
    for number in range(1, len(before) + 1):
        assert session.command(f"DELE {number}").startswith("+OK")
    session.cut()
    with open_session_soon(deployment, password) as again:
        assert subjects_and_ids(again) == before


def test_a_killed_front_end_deletes_nothing(deployment, password):
    deployment.deliver(ADDRESS, mail("stays after the front end died"))
    session = open_session_soon(deployment, password)
    before = subjects_and_ids(session)
    assert session.command("DELE 1").startswith("+OK")
    deployment.down("pop3", kill=True)
    deployment.up("pop3")
    # The lease of the dead front end runs out in 30 seconds.
    opened = []

    def free():
        attempt = RawPop3(deployment.address("POP3S"), tls=tls_context(deployment))
        if attempt.pass_logon(WINDOWS_NAME, password).startswith("+OK"):
            opened.append(attempt)
            return True
        attempt.cut()
        return False

    wait_until(free, 35, "the maildrop is free again")
    assert subjects_and_ids(opened[0]) == before
    assert opened[0].quit().startswith("+OK")


def test_deleted_stays_deleted_after_quit_and_kill(deployment, password):
    deployment.deliver(ADDRESS, mail("to be deleted"))
    deployment.deliver(ADDRESS, mail("to be kept"))
    session = open_session_soon(deployment, password)
    before = subjects_and_ids(session)
    assert session.command(f"DELE {len(before) - 1}").startswith("+OK")
    assert session.quit().startswith("+OK")
    restart_mailstore_killed(deployment)
    with open_session_soon(deployment, password) as again:
        assert subjects_and_ids(again) == before[:-2] + before[-1:]
        assert again.command("QUIT").startswith("+OK")


def test_rset_takes_deletions_back(deployment, password, session):
    before = subjects_and_ids(session)
    assert before
    assert session.command("DELE 1").startswith("+OK")
    assert session.command("RSET").startswith("+OK")
    assert session.quit().startswith("+OK")
    with open_session_soon(deployment, password) as again:
        assert subjects_and_ids(again) == before
        assert again.command("QUIT").startswith("+OK")


def test_a_second_session_is_told_at_once_that_the_maildrop_is_in_use(deployment, password, session):
    with RawPop3(deployment.address("POP3S"), tls=tls_context(deployment)) as second:
        begun = time.monotonic()
        reply = second.pass_logon(WINDOWS_NAME, password)
        assert time.monotonic() - begun < 1
        assert reply.startswith("-ERR [IN-USE]")
    # The first goes on undisturbed, and when it has ended the mailbox is free.
    assert session.command("STAT").startswith("+OK")
    assert session.quit().startswith("+OK")
    with open_session(deployment, WINDOWS_NAME, password) as third:
        assert third.command("QUIT").startswith("+OK")


def test_new_mail_does_not_change_an_open_session(deployment, password, session):
    before = session.command("STAT")
    deployment.deliver(ADDRESS, mail("arrives during a session"))
    assert session.command("STAT") == before
    count = len(subjects_and_ids(session))
    assert session.quit().startswith("+OK")
    with open_session_soon(deployment, password) as again:
        assert len(subjects_and_ids(again)) == count + 1
        assert again.command("QUIT").startswith("+OK")


def test_unique_ids_are_not_used_again(deployment, password, session):
    seen = set(subjects_and_ids(session))
    for number in range(1, len(seen) + 1):
        assert session.command(f"DELE {number}").startswith("+OK")
    assert session.quit().startswith("+OK")
    restart_mailstore_killed(deployment)
    deployment.deliver(ADDRESS, mail("into the emptied mailbox"))
    with open_session_soon(deployment, password) as again:
        fresh = subjects_and_ids(again)
        assert len(fresh) == 1 and not seen & set(fresh)
        assert again.command("QUIT").startswith("+OK")
