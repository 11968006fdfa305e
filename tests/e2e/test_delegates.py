"""Mailboxes that people open besides their own: whose, with which rights, for how long."""
import base64
import itertools
import json

import pytest

from pop3_client import RawPop3, assert_delivered, curl, open_session, reference_of, tls_context

ANNA, BEN = "CORP\\anna", "CORP\\ben"
HELP_ADDRESS = "help@corp.example"
# Each time from another sender: the same octets from the same one are the same message.
SENDERS = (f"sender-{number}@example.net" for number in itertools.count())
MESSAGES = [b"Subject: one\r\n\r\nThe printer is on fire.\r\n", b"Subject: two\r\n\r\n.It is out.\r\n"]


@pytest.fixture(scope="module")
def passwords(deployment):
    found = {"anna": deployment.create_account("anna", ANNA, "anna.a", "anna@corp.example", principal_name="anna@corp.example"),
             "ben": deployment.create_account("ben", BEN, "ben.b", "ben@corp.example")}
    deployment.ctl("accounts", "create", "helpdesk", "--alias", "help", "--address", HELP_ADDRESS)
    return found


@pytest.fixture
def mail(deployment, passwords):
    """The shared mailbox with all messages in it, and Anna a delegate who may only read."""
    deployment.ctl("accounts", "grant-delegate", "helpdesk", "anna", "--may-delete")
    with open_session(deployment, "CORP/anna/help", passwords["anna"]) as session:
        for number in range(1, int(session.command("STAT").split()[1]) + 1):
            session.command(f"DELE {number}")
        session.quit()
    for message in MESSAGES:
        deployment.deliver(HELP_ADDRESS, message, sender=next(SENDERS))
    deployment.ctl("accounts", "grant-delegate", "helpdesk", "anna")


def plain_for(deployment, authorization_id, user, password):
    """The reply to AUTH PLAIN with an authorization identity."""
    with RawPop3(deployment.address("POP3S"), tls=tls_context(deployment)) as session:
        blob = base64.b64encode(f"{authorization_id}\0{user}\0{password}".encode()).decode()
        reply = session.command(f"AUTH PLAIN {blob}")
        if reply.startswith("+OK"):
            session.quit()
        return reply


def reason(deployment, name):
    explanation = deployment.ctl_json("explain-logon", "--name", name, "--mechanism", "PLAIN")
    return explanation["reason"]


# curl splits at the first separator; what it takes for a domain with "anna/help" is none.
@pytest.mark.parametrize("user", ("CORP/anna/help", "CORP\\anna/help"))
def test_a_delegate_reads_by_ntlm(deployment, passwords, mail, user):
    for number, message in enumerate(MESSAGES, 1):
        url = f"{deployment.pop3s_url}/{number}"
        assert_delivered(curl(url, user, passwords["anna"], "--cacert", deployment.ca), message)


@pytest.mark.parametrize("user", ("CORP/anna/HELP", "anna/help", "anna@corp.example/help", "CORP\\anna/help"))
def test_a_delegate_reads_by_pass(deployment, passwords, mail, user):
    with open_session(deployment, user, passwords["anna"]) as session:
        assert [session.retrieve(number).endswith(message) for number, message in enumerate(MESSAGES, 1)] == [True, True]
        session.quit()


@pytest.mark.parametrize("owner", ("help", "helpdesk/help", "CORP\\nobody"))
def test_an_authorization_identity_names_the_mailbox(deployment, passwords, mail, owner):
    reply = plain_for(deployment, owner, ANNA, passwords["anna"])
    if owner == "help":
        assert reply == f"+OK 2 messages ({total(deployment)} octets)"
    else:
        reference_of(reply)


def total(deployment):
    mailbox = deployment.ctl_json("accounts", "get", "helpdesk")["mailbox_id"]
    return deployment.ctl_json("mailboxes", "get", mailbox)["total_size_octets"]


def test_own_names_are_ones_own_mailbox(deployment, passwords, mail):
    for own in (ANNA, "anna", "anna.a", "anna@corp.example", ""):
        assert plain_for(deployment, own, ANNA, passwords["anna"]).startswith("+OK 0 messages"), own


def test_who_may_read_deletes_nothing(deployment, passwords, mail):
    with open_session(deployment, "CORP/anna/help", passwords["anna"]) as session:
        assert session.command("DELE 1") == "-ERR You may read this mailbox, but not delete from it"
        assert session.quit() == "+OK Bye"
    deployment.ctl("accounts", "grant-delegate", "helpdesk", "anna", "--may-delete")
    with open_session(deployment, "CORP/anna/help", passwords["anna"]) as session:
        assert session.command("STAT").startswith("+OK 2 ")
        assert session.command("DELE 1").startswith("+OK")
        assert session.quit() == "+OK Bye"
    with open_session(deployment, "CORP/anna/help", passwords["anna"]) as session:
        assert session.command("STAT").startswith("+OK 1 ")
        session.quit()


def test_nobody_else_opens_it_and_hears_of_a_wrong_password(deployment, passwords, mail):
    for user, password in (("CORP/ben/help", passwords["ben"]), ("CORP/anna/ben.b", passwords["anna"]),
                           ("CORP/anna/nobody", passwords["anna"]), ("CORP/helpdesk/help", passwords["anna"])):
        with RawPop3(deployment.address("POP3S"), tls=tls_context(deployment)) as session:
            reference_of(session.plain_logon(user, password))
    assert reason(deployment, "CORP/ben/help") == "NOT_DELEGATE"
    assert reason(deployment, "CORP/anna/nobody") == "MAILBOX_UNKNOWN"
    reference_of(plain_for(deployment, "anna", BEN, passwords["ben"]))


def test_a_right_ends_when_it_was_said_to(deployment, passwords, mail):
    deployment.ctl("accounts", "grant-delegate", "helpdesk", "ben", "--until", "2020-01-01")
    assert reason(deployment, "CORP/ben/help") == "DELEGATION_EXPIRED"
    with RawPop3(deployment.address("POP3S"), tls=tls_context(deployment)) as session:
        reference_of(session.plain_logon("CORP/ben/help", passwords["ben"]))
    deployment.ctl("accounts", "grant-delegate", "helpdesk", "ben", "--until", "2037-01-31T12:00:00Z")
    with open_session(deployment, "CORP/ben/help", passwords["ben"]) as session:
        deployment.ctl("accounts", "revoke-delegate", "helpdesk", "ben")
        # What is open goes on to its end.
        assert_delivered(session.retrieve(1), MESSAGES[0])
        session.quit()
    assert reason(deployment, "CORP/ben/help") == "NOT_DELEGATE"
    failed = deployment.ctl("accounts", "revoke-delegate", "helpdesk", "ben", check=False)
    assert failed.returncode == 3 and "DELEGATE_NOT_FOUND" in failed.stderr


def test_rights_survive_a_restart_and_not_their_holder(deployment, passwords, mail):
    deployment.down("auth", kill=True)
    deployment.up("auth")
    [delegate] = deployment.ctl_json("accounts", "get", "helpdesk")["delegates"]
    assert (delegate["account"], delegate["access"]) == ("accounts/anna", "MAILBOX_ACCESS_READ")
    temp = deployment.create_account("temp", "CORP\\temp", "temp.t", "temp@corp.example")
    deployment.ctl("accounts", "grant-delegate", "helpdesk", "temp")
    with open_session(deployment, "CORP/temp/help", temp) as session:
        session.quit()
    deployment.ctl("accounts", "delete", "temp", "--purge")
    temp = deployment.create_account("temp", "CORP\\temp", "temp.t", "temp@corp.example")
    assert reason(deployment, "CORP/temp/help") == "NOT_DELEGATE"
    deployment.ctl("accounts", "revoke-delegate", "helpdesk", "temp")


def test_one_session_at_a_time_whoever_it_is(deployment, passwords, mail):
    deployment.ctl("accounts", "grant-delegate", "helpdesk", "ben")
    with open_session(deployment, "CORP/anna/help", passwords["anna"]) as session:
        with RawPop3(deployment.address("POP3S"), tls=tls_context(deployment)) as other:
            assert other.plain_logon("CORP/ben/help", passwords["ben"]).startswith("-ERR [IN-USE]")
        session.quit()
    deployment.ctl("accounts", "revoke-delegate", "helpdesk", "ben")


def test_the_log_says_who_and_which_mailbox(deployment, passwords, mail):
    with open_session(deployment, "CORP/anna/help", passwords["anna"]) as session:
        session.quit()
    mailbox = deployment.ctl_json("accounts", "get", "helpdesk")["mailbox_id"]
    ends = [json.loads(line) for line in deployment.log("pop3").splitlines() if '"session_ended"' in line]
    assert any(end["account"] == "accounts/anna" and end["mailbox_id"] == mailbox for end in ends)
