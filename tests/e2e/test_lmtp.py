"""Mail comes in over LMTP: one answer for each recipient, and no octet more or less than was meant."""
import re
import smtplib
import socket
import threading
import urllib.request

import pytest

from pop3_client import assert_delivered, open_session

WINDOWS_NAME = "CORP\\lena"
ADDRESS = "lena@corp.example"
OTHER_NAME = "CORP\\omar"
OTHER_ADDRESS = "omar@corp.example"
LIMIT = 64 << 20
# Over what the ingress keeps of a message so that it could repeat the delivery.
LONG = b"Subject: long\r\n\r\n" + (b"z" * 76 + b"\r\n") * 20_000
# What another server might take for the end of a message.
FALSE_ENDS = (b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r.\r", b"\r\n.\r")


@pytest.fixture(scope="module")
def password(deployment):
    return deployment.create_account("lena", WINDOWS_NAME, "lena.l", ADDRESS)


@pytest.fixture(scope="module")
def other_password(deployment):
    return deployment.create_account("omar", OTHER_NAME, "omar.o", OTHER_ADDRESS)


@pytest.fixture
def lmtp(deployment):
    with smtplib.LMTP(*deployment.address("LMTP"), timeout=60) as client:
        client.ehlo()
        yield client


def begin(lmtp, *recipients):
    assert lmtp.mail("sender@example.net")[0] == 250
    for recipient in recipients:
        assert lmtp.rcpt(recipient)[0] == 250
    assert lmtp.docmd("DATA")[0] == 354


def newest(deployment, name, password):
    with open_session(deployment, name, password) as session:
        message = session.retrieve(len(session.listing("UIDL")))
        session.quit()
    return message


def count(deployment, name, password):
    with open_session(deployment, name, password) as session:
        messages = len(session.listing("UIDL"))
        session.quit()
    return messages


def test_every_recipient_has_an_answer_and_every_mailbox_a_copy(
    deployment, password, other_password, lmtp
):
    assert lmtp.mail("")[0] == 250
    recipients = (ADDRESS, "nobody@corp.example", OTHER_ADDRESS, '"lena"@corp.example')
    assert [lmtp.rcpt(recipient)[0] for recipient in recipients] == [250, 550, 250, 250]
    assert lmtp.docmd("DATA")[0] == 354
    text = b"Subject: to all\r\n\r\nOne copy each.\r\n"
    lmtp.send(text + b".\r\n")
    assert [lmtp.getreply()[0] for _ in range(3)] == [250, 250, 250]
    for name, secret in ((WINDOWS_NAME, password), (OTHER_NAME, other_password)):
        assert count(deployment, name, secret) == 1
        message = newest(deployment, name, secret)
        assert_delivered(message, text)
        assert message.startswith(b"Return-Path: <>\r\n")
        assert b"corp.example" not in message, "a copy tells of other recipients"


def test_pipelined_commands_are_answered_in_order(deployment, password):
    with socket.create_connection(deployment.address("LMTP"), timeout=60) as client:
        client.sendall(
            b"LHLO mx.example\r\nMAIL FROM:<a@example.net> BODY=8BITMIME\r\n"
            b"RCPT TO:<nobody@corp.example>\r\nRCPT TO:<%s>\r\nDATA\r\n"
            b"Subject: ahead\r\n\r\n\xc3\xa9\r\n.\r\nNOOP\r\nQUIT\r\n" % ADDRESS.encode()
        )
        client.shutdown(socket.SHUT_WR)
        replies = client.makefile("rb").read().split(b"\r\n")
    codes = [reply[:3] for reply in replies if reply[3:4] == b" "]
    assert codes == [b"220", b"250", b"250", b"550", b"250", b"354", b"250", b"250", b"221"]
    assert_delivered(
        newest(deployment, WINDOWS_NAME, password), b"Subject: ahead\r\n\r\n\xc3\xa9\r\n"
    )


@pytest.mark.parametrize("false_end", FALSE_ENDS, ids=repr)
def test_nothing_is_smuggled(deployment, password, lmtp, false_end):
    before = count(deployment, WINDOWS_NAME, password)
    begin(lmtp, ADDRESS)
    smuggled = (
        b"MAIL FROM:<evil@example.net>\r\nRCPT TO:<%s>\r\nDATA\r\nevil\r\n" % ADDRESS.encode()
    )
    lmtp.send(b"Subject: outer\r\n\r\nx" + false_end + smuggled + b".\r\n")
    code, text = lmtp.getreply()
    assert code == 554 and text.startswith(b"5.6.0 ")
    assert lmtp.noop()[0] == 250
    assert count(deployment, WINDOWS_NAME, password) == before


def test_a_message_over_the_limit_is_refused(deployment, password, lmtp):
    code, text = lmtp.mail("sender@example.net", [f"SIZE={LIMIT + 1}"])
    assert code == 552 and text.startswith(b"5.3.4 ")
    begin(lmtp, ADDRESS)
    line = b"y" * 998 + b"\r\n"
    for _ in range(LIMIT // len(line) // 1000 + 1):
        lmtp.send(line * 1000)
    lmtp.send(b".\r\n")
    code, text = lmtp.getreply()
    assert code == 552 and text.startswith(b"5.3.4 ")
    assert lmtp.noop()[0] == 250


def test_a_message_cut_in_its_middle_is_not_there(deployment, password):
    before = count(deployment, WINDOWS_NAME, password)
    client = smtplib.LMTP(*deployment.address("LMTP"), timeout=60)
    client.ehlo()
    begin(client, ADDRESS)
    client.send(LONG)
    client.close()
    assert count(deployment, WINDOWS_NAME, password) == before


def test_a_short_message_bridges_a_killed_mailstore(deployment, password, lmtp):
    before = count(deployment, WINDOWS_NAME, password)
    begin(lmtp, ADDRESS)
    text = b"Subject: bridged\r\n\r\n"
    lmtp.send(text)
    deployment.down("mailstore", kill=True)
    deployment.up("mailstore")
    lmtp.send(b"x\r\n.\r\n")
    assert lmtp.getreply()[0] == 250
    assert count(deployment, WINDOWS_NAME, password) == before + 1
    assert_delivered(newest(deployment, WINDOWS_NAME, password), text + b"x\r\n")


def test_a_long_message_broken_by_the_mailstore_is_asked_to_come_again(deployment, password, lmtp):
    before = count(deployment, WINDOWS_NAME, password)
    begin(lmtp, ADDRESS)
    lmtp.send(LONG)
    deployment.down("mailstore", kill=True)
    deployment.up("mailstore")
    lmtp.send(LONG + b".\r\n")
    assert lmtp.getreply()[0] == 451
    assert count(deployment, WINDOWS_NAME, password) == before
    begin(lmtp, ADDRESS)
    lmtp.send(LONG + b".\r\n")
    assert lmtp.getreply()[0] == 250
    assert_delivered(newest(deployment, WINDOWS_NAME, password), LONG)


def test_a_stop_lets_the_message_under_way_finish(deployment, password):
    client = smtplib.LMTP(*deployment.address("LMTP"), timeout=60)
    client.ehlo()
    begin(client, ADDRESS)
    text = b"Subject: last\r\n\r\n"
    client.send(text)
    idle = smtplib.LMTP(*deployment.address("LMTP"), timeout=60)
    stop = threading.Thread(target=deployment.down, args=("lmtp",))
    stop.start()
    try:
        assert idle.getreply()[0] == 421
        idle.close()
        client.send(b"x\r\n.\r\n")
        assert client.getreply()[0] == 250
        assert client.getreply()[0] == 421
        client.close()
    finally:
        stop.join()
        deployment.up("lmtp")
    assert_delivered(newest(deployment, WINDOWS_NAME, password), text + b"x\r\n")


def test_a_message_that_is_sent_again_makes_no_second_copy(deployment, password):
    mail = b"Subject: once\r\n\r\nIts answer was lost with the program that would have given it.\r\n"
    before = count(deployment, WINDOWS_NAME, password)
    deployment.deliver(ADDRESS, mail)
    for program in ("lmtp", "mailstore"):
        deployment.down(program, kill=True)
        deployment.up(program)
        deployment.deliver(ADDRESS, mail)
    assert count(deployment, WINDOWS_NAME, password) == before + 1
    # Who means it is somebody else.
    deployment.deliver(ADDRESS, mail, sender="another@example.net")
    assert count(deployment, WINDOWS_NAME, password) == before + 2


def kept_recipients(deployment):
    """How many recipients were found without a question to auth."""
    host, port = deployment.address("LMTP_METRICS")
    text = urllib.request.urlopen(f"http://{host}:{port}/metrics", timeout=10).read().decode()
    return float(re.search(r"^restante_lmtp_kept_recipients_total (\S+)$", text, re.M).group(1))


def test_mail_follows_its_address_at_once(deployment, password, other_password):
    """What auth said a moment ago is used again, until an operator changes who has the address."""
    moving = "moving@corp.example"
    owners = [("lena", WINDOWS_NAME, password), ("omar", OTHER_NAME, other_password)]
    kept = kept_recipients(deployment)
    for turn in range(6):
        before = [count(deployment, name, secret) for _, name, secret in owners]
        owner = turn % 2
        if turn:
            deployment.ctl("accounts", "update", owners[1 - owner][0], "--remove-address", moving)
        deployment.ctl("accounts", "update", owners[owner][0], "--add-address", moving)
        for number in range(5):
            deployment.deliver(moving, b"Subject: %d of turn %d\r\n\r\nTo whom?\r\n" % (number, turn))
        before[owner] += 5
        assert [count(deployment, name, secret) for _, name, secret in owners] == before
    assert kept_recipients(deployment) >= kept + 6
    deployment.ctl("accounts", "update", owners[1][0], "--remove-address", moving)
    with smtplib.LMTP(*deployment.address("LMTP"), timeout=60) as client:
        client.ehlo()
        assert client.mail("sender@example.net")[0] == 250
        assert client.rcpt(moving)[0] == 550


def test_nobody_is_delivered_to_by_what_an_auth_that_is_gone_said(deployment, password):
    mail = b"Subject: who is lena\r\n\r\nAsk again.\r\n"
    for number in range(3):
        deployment.deliver(ADDRESS, mail + b"%d\r\n" % number)
    deployment.down("auth", kill=True)
    with smtplib.LMTP(*deployment.address("LMTP"), timeout=60) as client:
        client.ehlo()
        assert client.mail("sender@example.net")[0] == 250
        assert client.rcpt(ADDRESS)[0] == 451
    deployment.up("auth")
    deployment.deliver(ADDRESS, mail)
    assert_delivered(newest(deployment, WINDOWS_NAME, password), mail)
