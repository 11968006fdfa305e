"""Mail that moves from another server, a Maildir or an mbox into a mailbox, and out again."""
import mailbox as python_mailbox
import re
import signal
import subprocess

import pytest

from deployment import bin_dir, read_variables, wait_until
from pop3_client import open_session

TEXTS = [
    b"Subject: small\r\n\r\nOne line of it.\r\n",
    b"Subject: dots\r\n\r\n.\r\n..\r\n.dot\r\nFrom somebody\r\n>From quoted\r\n",
    b"Subject: octets\r\n\r\n\xe4\xf6\xfc and \xff and a tab\t\r\n",
    b"Subject: no body\r\n\r\n",
    b"Subject: large\r\n\r\n" + (b"0123456789" * 7 + b"\r\n") * 20_000,
]


class Person:
    def __init__(self, deployment, account):
        self._deployment = deployment
        self.name = f"CORP\\{account}"
        self.address = f"{account}@corp.example"
        self.password = deployment.create_account(account, self.name, account, self.address)
        self.mailbox = deployment.ctl_json("accounts", "get", account)["mailbox_id"]

    def maildrop(self):
        """The UIDLs, and the octets of each message."""
        with open_session(self._deployment, self.name, self.password) as session:
            uidls = [line.split()[1] for line in session.listing("UIDL")]
            texts = [session.retrieve(number + 1) for number in range(len(uidls))]
            session.quit()
        return uidls, texts


@pytest.fixture(scope="module")
def source(deployment):
    person = Person(deployment, "source")
    for text in TEXTS:
        deployment.deliver(person.address, text)
    return person


def import_from(deployment, source, mailbox, *options, check=True, password=None):
    host, port = "localhost", deployment.address("POP3S")[1]
    return deployment.ctl(
        "mailboxes", "import", mailbox, "--pop3", f"pop3s://{host}:{port}", "--user", source.name,
        "--source-ca", deployment.ca, *options, stdin=(password or source.password) + "\n", check=check,
    )


def test_another_server_is_taken_over_and_proven(deployment, source):
    target = Person(deployment, "target")
    tried = import_from(deployment, source, target.mailbox, "--dry-run").stdout
    assert tried == "Nothing was changed. Would be imported: 5, imported before: 0, failed: 0\n"
    done = import_from(deployment, source, target.mailbox, "--mechanism", "NTLM").stdout
    assert done == "Imported: 5, imported before: 0, failed: 0\nProof: 5 equal, 0 missing, 0 different\n"
    assert target.maildrop() == source.maildrop()
    # Again: nothing comes twice.
    again = import_from(deployment, source, target.mailbox).stdout
    assert again == "Imported: 0, imported before: 5, failed: 0\nProof: 5 equal, 0 missing, 0 different\n"
    # What was deleted meanwhile stays deleted, and is said.
    with open_session(deployment, target.name, target.password) as session:
        gone = session.listing("UIDL")[1].split()[1]
        assert session.command("DELE 2").startswith("+OK")
        session.quit()
    proof = import_from(deployment, source, target.mailbox, check=False)
    assert proof.returncode == 7
    assert "Proof: 4 equal, 1 missing, 0 different" in proof.stdout
    assert f"{gone}: is not there under this UIDL" in proof.stderr
    import_from(deployment, source, target.mailbox, "--allow-uidl-change")
    assert len(target.maildrop()[0]) == 4


def test_a_source_that_does_not_let_in_is_said(deployment, source):
    refused = import_from(deployment, source, "nobody-1", password="wrong", check=False)
    assert refused.returncode == 6
    assert "the source: " in refused.stderr
    host, port = deployment.address("POP3")
    nowhere = deployment.ctl("mailboxes", "import", "nobody-1", "--pop3", f"pop3://{host}:1", "--user", "u",
                             stdin="x", check=False)
    assert nowhere.returncode == 5
    # Without TLS no password leaves, unless it is wanted.
    untrusted = deployment.ctl("mailboxes", "import", "nobody-1", "--pop3", f"pop3://{host}:{port}", "--user",
                               source.name, stdin=source.password, check=False)
    assert untrusted.returncode == 5 and "certificate" in untrusted.stderr.lower()
    assert deployment.ctl("mailboxes", "get", "nobody-1", check=False).returncode == 3


def test_an_import_that_broke_off_is_gone_on_with(deployment):
    many = Person(deployment, "many")
    for number in range(150):
        deployment.deliver(many.address, b"Subject: %d\r\n\r\nText of number %d.\r\n" % (number, number))
    target = Person(deployment, "broken-off")
    variables = {**deployment.environment, **read_variables(deployment.dir / "restantectl.env")}
    port = deployment.address("POP3S")[1]
    process = subprocess.Popen(
        [str(bin_dir() / "restantectl"), "mailboxes", "import", target.mailbox, "--pop3", f"pop3s://localhost:{port}",
         "--user", many.name, "--source-ca", str(deployment.ca)],
        env=variables, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, text=True,
    )
    process.stdin.write(many.password)
    process.stdin.close()

    def count():
        found = deployment.ctl("mailboxes", "get", target.mailbox, "-o", "json", check=False)
        match = re.search(r'"message_count": "(\d+)"', found.stdout)
        return int(match.group(1)) if match else 0

    wait_until(lambda: count() > 10, 30, "some messages are imported")
    process.send_signal(signal.SIGKILL)
    process.wait()
    deployment.down("mailstore", kill=True)
    deployment.up("mailstore")
    before = count()
    assert before > 10
    # The session of the one that was killed may have the maildrop for a moment.
    wait_until(lambda: import_from(deployment, many, target.mailbox, check=False).returncode == 0, 40,
               "the import ends")
    assert target.maildrop() == many.maildrop()


def test_a_maildir_goes_out_and_in_with_its_uidls(deployment, source, tmp_path):
    folder = tmp_path / "maildir"
    exported = deployment.ctl("mailboxes", "export", source.mailbox, "--maildir", folder).stdout
    assert exported == "Exported: 5, failed: 0\n"
    again = deployment.ctl("mailboxes", "export", source.mailbox, "--maildir", folder).stdout
    assert again == "Exported: 0, failed: 0\n"
    # As others read it.
    assert len(python_mailbox.Maildir(folder, create=False)) == 5
    target = Person(deployment, "from-maildir")
    done = deployment.ctl("mailboxes", "import", target.mailbox, "--maildir", folder).stdout
    assert "Imported: 5, imported before: 0" in done and "Proof: 5 equal" in done
    assert target.maildrop() == source.maildrop()


def test_an_mbox_goes_out_and_in(deployment, source, tmp_path):
    path = tmp_path / "mbox"
    deployment.ctl("mailboxes", "export", source.mailbox, "--mbox", path)
    assert len(python_mailbox.mbox(path, create=False)) == 5
    target = Person(deployment, "from-mbox")
    for expected in ("Imported: 5, imported before: 0", "Imported: 0, imported before: 5"):
        assert expected in deployment.ctl("mailboxes", "import", target.mailbox, "--mbox", path).stdout
    assert target.maildrop()[1] == source.maildrop()[1]
    there = deployment.ctl("mailboxes", "export", source.mailbox, "--mbox", path, check=False)
    assert there.returncode == 4


def test_a_mailbox_that_is_full_takes_what_fits(deployment, source):
    target = Person(deployment, "small")
    deployment.ctl("mailboxes", "create", target.mailbox, "--max-messages", "3")
    full = import_from(deployment, source, target.mailbox, check=False)
    assert "Imported: 3, imported before: 0, failed: 2" in full.stdout
    assert full.returncode == 7 and "may hold no more than 3 messages" in full.stderr
    deployment.ctl("mailboxes", "update", target.mailbox, "--max-messages", "none")
    assert "Imported: 2, imported before: 3" in import_from(deployment, source, target.mailbox).stdout
    assert target.maildrop() == source.maildrop()
