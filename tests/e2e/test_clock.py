"""What a mailstore's calendar that is wrong does to leases and mail. The mailstore alone has another
clock, from a restart on: the library that gives it one does not reach what the kernel waits for. Going
back to the right one is a jump of a day back; certificates of today do not allow for another."""
import glob

import pytest

from deployment import Deployment
from pop3_client import open_session, try_session

NAME = "CORP\\jsmith"
ADDRESS = "john.smith@corp.example"
HOUR = 3600


class WrongClock(Deployment):
    def restart_mailstore(self, hours):
        """Its calendar is so many hours ahead of everybody else's."""
        self.down("mailstore", kill=True)
        right = dict(self.environment)
        if hours:
            (library,) = glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")
            self.environment.update(
                LD_PRELOAD=library, FAKETIME=f"{hours * HOUR:+d}", FAKETIME_DONT_FAKE_MONOTONIC="1"
            )
        self.up("mailstore")
        self.environment = right


@pytest.fixture(scope="module")
def deployment(tmp_path_factory, port_slot):
    installed = WrongClock(tmp_path_factory.mktemp("restante"), port_slot.base)
    installed.up()
    yield installed
    installed.down(kill=True)


@pytest.fixture(scope="module")
def password(deployment):
    return deployment.create_account("jsmith", NAME, "john.smith", ADDRESS)


@pytest.fixture(scope="module")
def mailbox(deployment, password):
    mailbox = deployment.ctl_json("accounts", "get", "jsmith")["mailbox_id"]
    deployment.ctl("mailboxes", "create", mailbox, "--keep", "1")
    for number in range(3):
        deployment.deliver(ADDRESS, b"Subject: %d\r\n\r\nText of it.\r\n" % number)
    return mailbox


def expired(deployment, *options):
    report = deployment.ctl_json("mailboxes", "apply-retention", *options)["response"]
    return int(report["expired_messages"])


def messages(deployment, mailbox):
    return deployment.ctl_json("messages", "list", mailbox).get("messages", [])


def test_a_day_neither_frees_nor_holds_a_lease(deployment, password, mailbox):
    with open_session(deployment, NAME, password) as session:
        before = session.listing("UIDL")
        deployment.restart_mailstore(24)
        assert b"Text of it." in session.retrieve(1)
        other, reply = try_session(deployment, NAME, password)
        other.cut()
        # Its grant is of another day, or the mailbox is taken: it does not get in.
        assert reply.startswith("-ERR"), reply
        deployment.restart_mailstore(0)
        other, reply = try_session(deployment, NAME, password)
        other.cut()
        assert reply.startswith("-ERR [IN-USE]"), reply
        assert session.listing("UIDL") == before
        session.quit()
    with open_session(deployment, NAME, password) as session:
        assert session.listing("UIDL") == before
        session.quit()


def test_new_mail_comes_behind_the_old_whatever_the_calendar_says(deployment, password, mailbox):
    for hours in (24, 0):
        deployment.restart_mailstore(hours)
        deployment.deliver(ADDRESS, b"Subject: at %d\r\n\r\nText of it.\r\n" % hours)
    with open_session(deployment, NAME, password) as session:
        count = int(session.command("STAT").split()[1])
        for number, subject in ((count - 1, b"Subject: at 24"), (count, b"Subject: at 0")):
            assert subject in session.retrieve(number)
        assert len(set(line.split()[1] for line in session.listing("UIDL"))) == count
        session.quit()


def test_a_day_expires_no_mail(deployment, mailbox):
    before = messages(deployment, mailbox)
    deployment.restart_mailstore(24)
    assert expired(deployment) == 0
    deployment.restart_mailstore(0)
    assert messages(deployment, mailbox) == before


def test_mail_goes_when_its_time_is_over_and_comes_back(deployment, mailbox):
    before = messages(deployment, mailbox)
    assert expired(deployment, mailbox, "--dry-run") == 0
    deployment.restart_mailstore(24 * 4)
    assert expired(deployment, "--dry-run") == len(before)
    assert len(messages(deployment, mailbox)) == len(before)
    assert expired(deployment) == len(before)
    deployment.restart_mailstore(0)
    assert messages(deployment, mailbox) == []
    deleted = deployment.ctl_json("messages", "deleted", mailbox)["messages"]
    assert {message["caller"] for message in deleted} == {"spiffe://restante/reader/operator"}
    deployment.ctl("messages", "undelete", mailbox, "--all")
    assert messages(deployment, mailbox) == before
