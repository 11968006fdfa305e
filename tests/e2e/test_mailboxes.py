"""Mailboxes as operators run them, through restantectl: what is deleted comes back, what they may hold, what is
damaged, and what is copied."""
import re
import smtplib
import subprocess
import urllib.request

import pytest

from deployment import bin_dir
from pop3_client import open_session, try_session

NAME = "CORP\\jsmith"
ADDRESS = "john.smith@corp.example"


@pytest.fixture(scope="module")
def password(deployment):
    return deployment.create_account("jsmith", NAME, "john.smith", ADDRESS)


def test_deleted_messages_come_back(deployment, password):
    for number in (1, 2, 3):
        deployment.deliver("john.smith@corp.example", b"Subject: number %d\r\n\r\nText.\r\n" % number)
    with open_session(deployment, NAME, password) as session:
        before = session.listing("UIDL")
        for number in (1, 3):
            assert session.command(f"DELE {number}").startswith("+OK")
        session.quit()
    mailbox = deployment.ctl_json("accounts", "get", "jsmith")["mailbox_id"]
    deleted = deployment.ctl_json("messages", "deleted", mailbox)["messages"]
    assert len(deleted) == 2
    assert all(message["client_address"] == "127.0.0.1" for message in deleted)
    assert all(message["caller"].startswith("spiffe://restante/frontend/") for message in deleted)
    assert deleted[0]["session_id"] in deployment.log("pop3")

    deployment.down("mailstore", kill=True)
    deployment.up("mailstore")
    assert deployment.ctl("messages", "undelete", mailbox, "--all").stdout == "2 messages brought back.\n"
    deployment.down("mailstore", kill=True)
    deployment.up("mailstore")
    (entry,) = deployment.ctl_json("audit", "list", "--service", "mailstore", "--filter",
                                   f'resource = "mailboxes/{mailbox}"')["entries"]
    assert (entry["method"], entry["caller"]) == ("BatchUndeleteMessages", "spiffe://restante/reader/operator")
    assert entry["changes"][0]["new_values"] == [message["message"]["name"].split("/")[-1] for message in deleted]
    with open_session(deployment, NAME, password) as session:
        assert session.listing("UIDL") == before
        assert b"Subject: number 1" in session.retrieve(1)
        session.quit()


def test_a_mailbox_is_taken_from_its_session(deployment, password):
    deployment.deliver("john.smith@corp.example", b"Subject: stays\r\n\r\nText.\r\n")
    mailbox = deployment.ctl_json("accounts", "get", "jsmith")["mailbox_id"]
    with open_session(deployment, NAME, password) as session:
        count = session.command("STAT").split()[1]
        assert session.command("DELE 1").startswith("+OK")
        assert "127.0.0.1" in deployment.ctl("mailboxes", "break-lease", mailbox).stdout
        with open_session(deployment, NAME, password) as other:
            assert other.command("STAT").split()[1] == count
            other.quit()
        assert session.command("QUIT").startswith("-ERR")
    with open_session(deployment, NAME, password) as session:
        assert session.command("STAT").split()[1] == count
        session.quit()
    assert "Nobody" in deployment.ctl("mailboxes", "break-lease", mailbox).stdout


def test_a_full_mailbox_is_said_before_the_message_is_sent(deployment, password):
    address = "john.smith@corp.example"
    mailbox = deployment.ctl_json("accounts", "get", "jsmith")["mailbox_id"]
    held = int(deployment.ctl_json("mailboxes", "get", mailbox)["total_size_octets"])
    deployment.ctl("mailboxes", "update", mailbox, "--max-octets", held + 100_000)
    large = b"Subject: large\r\n\r\n" + b"x" * 70 + b"\r\n" + (b"y" * 70 + b"\r\n") * 1100
    deployment.deliver(address, large)
    host, port = deployment.address("LMTP")
    with smtplib.LMTP(host, port) as lmtp:
        lmtp.ehlo_or_helo_if_needed()
        assert lmtp.mail("a@x.example", [f"SIZE={len(large)}"])[0] == 250
        code, text = lmtp.rcpt(address)
        assert (code, text[:5]) == (552, b"5.2.2")
    # Without its size, and a small one, when they have come.
    with pytest.raises(smtplib.SMTPDataError) as refused:
        for number in range(40):
            deployment.deliver(address, b"Subject: small %d\r\n\r\n" % number + b"z" * 70 * 20 + b"\r\n")
    assert refused.value.smtp_code == 552
    deployment.ctl("mailboxes", "update", mailbox, "--max-octets", "default")
    deployment.deliver(address, large, sender="another@example.net")


def refusal_of(deployment, address):
    """What LMTP says to a message of moderate size."""
    with pytest.raises((smtplib.SMTPDataError, smtplib.SMTPRecipientsRefused)) as refused:
        deployment.deliver(address, b"Subject: refused\r\n\r\nRefused text.\r\n")
    error = refused.value
    if isinstance(error, smtplib.SMTPDataError):
        return error.smtp_code, error.smtp_error.decode()
    ((code, text),) = error.recipients.values()
    return code, text.decode()


def test_a_deleted_mailbox_comes_back_as_it_was(deployment):
    name = "CORP\\leaver"
    password = deployment.create_account("leaver", name, "leaver", "leaver@corp.example")
    deployment.deliver("leaver@corp.example", b"Subject: kept\r\n\r\nKept text.\r\n")
    mailbox = deployment.ctl_json("accounts", "get", "leaver")["mailbox_id"]
    with open_session(deployment, name, password) as session:
        before = session.listing("UIDL")
        deleted = deployment.ctl_json("mailboxes", "delete", mailbox)
        assert deleted["deleted_by"] == "spiffe://restante/reader/operator"
        assert session.command("QUIT").startswith("-ERR")
    code, text = refusal_of(deployment, "leaver@corp.example")
    assert (code, text[:5]) == (550, "5.2.1")
    session, reply = try_session(deployment, name, password)
    session.cut()
    assert reply.startswith("-ERR [SYS/PERM] This mailbox was deleted")
    listed = deployment.ctl("mailboxes", "list").stdout
    assert mailbox not in listed
    assert mailbox in deployment.ctl("mailboxes", "list", "--deleted").stdout

    deployment.down("mailstore", kill=True)
    deployment.up("mailstore")
    deployment.ctl("mailboxes", "undelete", mailbox)
    with open_session(deployment, name, password) as session:
        assert session.listing("UIDL") == before
        session.quit()
    purged = deployment.ctl("mailboxes", "purge", mailbox, check=False)
    assert purged.returncode == 4 and "MAILBOX_NOT_DELETED" in purged.stderr
    deployment.ctl("mailboxes", "delete", mailbox)
    deployment.ctl("mailboxes", "purge", mailbox)
    with open_session(deployment, name, password) as session:
        assert session.command("STAT") == "+OK 0 0"
        session.quit()


def test_expire_is_that_of_the_mailbox(deployment):
    name = "CORP\\expire"
    password = deployment.create_account("expire", name, "expire", "expire@corp.example")
    mailbox = deployment.ctl_json("accounts", "get", "expire")["mailbox_id"]
    deployment.ctl("mailboxes", "create", mailbox, "--keep", "365", "--keep-read", "30")
    with open_session(deployment, name, password) as session:
        assert "EXPIRE 30" in session.listing("CAPA")
        session.quit()
    deployment.ctl("mailboxes", "update", mailbox, "--keep", "default", "--keep-read", "default")
    with open_session(deployment, name, password) as session:
        assert "EXPIRE NEVER" in session.listing("CAPA")
        session.quit()


def test_what_was_read_is_said(deployment, password):
    mailbox = deployment.ctl_json("accounts", "get", "jsmith")["mailbox_id"]
    deployment.deliver(ADDRESS, b"Subject: read\r\n\r\nText to read.\r\n")

    def last():
        return deployment.ctl_json("messages", "list", mailbox)["messages"][-1]

    with open_session(deployment, NAME, password) as session:
        number = int(session.command("STAT").split()[1])
        session.retrieve(number)  # and then the client is gone
    assert "read_time" not in last()
    with open_session(deployment, NAME, password) as session:
        session.retrieve(number)
        session.quit()
    assert last()["read_time"]


def damage(directory, marker, distances=(0,)):
    """Flips octets behind `marker` in the one file that has it; its message is on disk nowhere else."""
    places = []
    for path in directory.rglob("*"):
        # What was written since the last flush is in the log too.
        if path.is_file() and path.suffix in (".sst", ".blob", ".log"):
            octets = path.read_bytes()
            places += [(path, at.start()) for at in re.finditer(re.escape(marker), octets)]
    assert places
    for path, at in places:
        with path.open("r+b") as file:
            for distance in distances:
                file.seek(at + len(marker) // 2 + distance)
                octet = file.read(1)
                file.seek(at + len(marker) // 2 + distance)
                file.write(bytes([octet[0] ^ 1]))


def metric(deployment, name):
    host, port = deployment.address("MAILSTORE_METRICS")
    text = urllib.request.urlopen(f"http://{host}:{port}/metrics").read().decode()
    return sum(float(line.split()[-1]) for line in text.splitlines() if line.startswith(name))


def test_damage_costs_one_message_and_is_found(deployment):
    name = "CORP\\damaged"
    password = deployment.create_account("damaged", name, "damaged", "damaged@corp.example")
    mailbox = deployment.ctl_json("accounts", "get", "damaged")["mailbox_id"]
    for number in (1, 2, 3):
        marker = b"marker %d of the damaged mailbox" % number
        # Each in a blob of its own.
        deployment.deliver("damaged@corp.example",
                           b"Subject: n\r\n\r\n" + marker + b"\r\n" + (b"z" * 70 + b"\r\n") * 100)
    verified = deployment.ctl("mailboxes", "verify", mailbox)
    assert re.search(r"Messages: +3\n", verified.stdout) and re.search(r"Damaged: +none\n", verified.stdout)

    # A backup writes everything from memory and the log to the tables.
    deployment.ctl("mailboxes", "backup")
    deployment.down("mailstore")
    damage(deployment.dir / "data/mailstore", b"marker 2 of the damaged mailbox")
    deployment.up("mailstore")
    with open_session(deployment, name, password) as session:
        assert b"marker 2" in session.retrieve(2)
        session.quit()
    assert metric(deployment, "restante_mailstore_mended_pages_total") == 1
    assert "no mail was lost" in deployment.log("mailstore")

    # Two pages that lie together are more than can be mended.
    deployment.down("mailstore")
    damage(deployment.dir / "data/mailstore", b"marker 2 of the damaged mailbox", (0, 4096))
    deployment.up("mailstore")
    with open_session(deployment, name, password) as session:
        assert b"marker 1" in session.retrieve(1)
        assert session.command("RETR 2").startswith("-ERR [SYS/PERM]")
        assert b"marker 3" in session.retrieve(3)
        session.quit()
    verified = deployment.ctl("mailboxes", "verify", check=False)
    assert verified.returncode == 1
    damaged = deployment.ctl_json("messages", "list", mailbox)["messages"][1]["name"]
    assert damaged in verified.stdout and "1 of" not in verified.stdout
    assert "MESSAGE_CORRUPT" in verified.stderr
    assert metric(deployment, "restante_mailstore_damaged_records_total") >= 1
    assert damaged.rpartition("/")[2] in deployment.log("mailstore")
    done = deployment.ctl("operations", "list", "--service", "mailstore").stdout
    assert "verify" in done and "mail backup" in done


def test_a_store_that_is_not_served_says_what_it_holds(deployment):
    deployment.down("mailstore")
    program = [str(bin_dir() / "restante-mailstore"), "--config", str(deployment.dir / "config/mailstore.yaml")]
    inspected = subprocess.run([*program, "--inspect"], capture_output=True, text=True, timeout=60)
    assert inspected.returncode == 0, inspected.stderr
    assert re.search(r"^format +5$", inspected.stdout, re.MULTILINE)
    assert re.search(r"^faults +0$", inspected.stdout, re.MULTILINE)
    # Nothing is put over mail.
    restored = subprocess.run([*program, "--restore-backup"], capture_output=True, text=True, timeout=60)
    assert restored.returncode == 1 and "is not empty" in restored.stderr
    deployment.up("mailstore")
