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


def operations(deployment, service="mailstore", *options):
    listed = deployment.ctl_json("operations", "list", "--service", service, *options)
    return {operation["name"]: operation for operation in listed.get("operations", [])}


def name_in(stderr):
    return re.search(r"This (?:im|ex)port is (operations/[0-9a-f]{32})\.", stderr).group(1)


def state(deployment, name, service="mailstore"):
    table = deployment.ctl("operations", "get", "--service", service, name).stdout
    return re.search(r"^State: +(.*)$", table, re.MULTILINE).group(1)


def count(deployment, mailbox):
    found = deployment.ctl("mailboxes", "get", mailbox, "-o", "json", check=False)
    match = re.search(r'"message_count": "(\d+)"', found.stdout)
    return int(match.group(1)) if match else 0


class StartedImport:
    """An import that goes on in the background, with some messages done."""

    def __init__(self, deployment, mailbox, *source, stdin=""):
        variables = {**deployment.environment, **read_variables(deployment.dir / "restantectl.env")}
        self.process = subprocess.Popen(
            [str(bin_dir() / "restantectl"), "mailboxes", "import", mailbox, *map(str, source)],
            env=variables, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        )
        self.process.stdin.write(stdin)
        self.process.stdin.close()
        self.name = name_in(self.process.stderr.readline())
        wait_until(lambda: count(deployment, mailbox) > 10, 30, "some messages are imported")

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


def maildir_of(path, messages):
    folder = python_mailbox.Maildir(path, create=True)
    for number in range(messages):
        folder.add(b"Subject: %d\n\nText of number %d.\n" % (number, number) + b"0123456789" * 500)
    return path


MANY = 2_000


def test_an_import_that_broke_off_is_gone_on_with(deployment, tmp_path):
    folder = maildir_of(tmp_path / "many", MANY)
    target = Person(deployment, "broken-off")
    started = StartedImport(deployment, target.mailbox, "--maildir", folder)
    assert state(deployment, started.name) == "running"
    again = deployment.ctl("mailboxes", "import", target.mailbox, "--maildir", folder, check=False)
    assert again.returncode == 4 and "OPERATION_RUNNING" in again.stderr and started.name in again.stderr
    started.kill()
    wait_until(lambda: state(deployment, started.name) == "broken off", 30, "the operation is broken off")
    deployment.down("mailstore", kill=True)
    deployment.up("mailstore")
    before = count(deployment, target.mailbox)
    assert 10 < before < MANY
    assert state(deployment, started.name) == "broken off"
    assert "broken off" in deployment.ctl("operations", "list", "--service", "mailstore").stdout

    done = deployment.ctl("mailboxes", "import", target.mailbox, "--maildir", folder)
    assert name_in(done.stderr) == started.name
    assert re.match(rf"Imported: {MANY - before}, imported before: {before}, failed: 0\n", done.stdout)
    assert count(deployment, target.mailbox) == MANY
    operation = operations(deployment)[started.name]
    assert operation["done"] and state(deployment, started.name) == "done"
    assert operation["metadata"]["attempts"] == 2
    assert operation["metadata"]["resource"] == f"mailboxes/{target.mailbox}"
    counts = operation["response"]["counts"]
    # After the kill it knows what it had said a second before.
    assert int(counts["done"]) >= MANY - before and int(counts["unchanged"]) == before
    assert counts["failed"] == "0"
    # Again, there is nothing to import, and that is another operation.
    repeated = deployment.ctl("mailboxes", "import", target.mailbox, "--maildir", folder)
    assert f"Imported: 0, imported before: {MANY}, failed: 0" in repeated.stdout
    assert name_in(repeated.stderr) != started.name


def test_an_import_from_another_server_is_gone_on_with(deployment):
    many = Person(deployment, "many")
    for number in range(500):
        deployment.deliver(many.address, b"Subject: %d\r\n\r\nText of number %d.\r\n" % (number, number))
    target = Person(deployment, "taken-over")
    url = f"pop3s://localhost:{deployment.address('POP3S')[1]}"
    started = StartedImport(deployment, target.mailbox, "--pop3", url, "--user", many.name, "--source-ca",
                            deployment.ca, stdin=many.password)
    started.kill()
    wait_until(lambda: state(deployment, started.name) == "broken off", 30, "the operation is broken off")
    # The session of the one that was killed may have the maildrop for a moment.
    wait_until(lambda: import_from(deployment, many, target.mailbox, check=False).returncode == 0, 40,
               "the import ends")
    assert target.maildrop() == many.maildrop()
    assert state(deployment, started.name) == "done"


def test_an_import_breaks_off_with_the_mailstore(deployment, tmp_path):
    folder = maildir_of(tmp_path / "many", MANY)
    target = Person(deployment, "store-gone")
    started = StartedImport(deployment, target.mailbox, "--maildir", folder)
    deployment.down("mailstore", kill=True)
    assert started.process.wait(timeout=30) == 5
    assert "Repeat it to go on" in started.process.stderr.read()
    deployment.up("mailstore")
    assert state(deployment, started.name) == "broken off"
    done = deployment.ctl("mailboxes", "import", target.mailbox, "--maildir", folder)
    assert name_in(done.stderr) == started.name
    assert state(deployment, started.name) == "done"
    assert count(deployment, target.mailbox) == MANY


def test_an_import_is_cancelled(deployment, tmp_path):
    folder = maildir_of(tmp_path / "many", MANY)
    target = Person(deployment, "cancelled")
    started = StartedImport(deployment, target.mailbox, "--maildir", folder)
    deployment.ctl("operations", "cancel", "--service", "mailstore", started.name)
    assert started.process.wait(timeout=30) == 1
    assert "The import was cancelled" in started.process.stderr.read()
    waited = deployment.ctl("operations", "wait", "--service", "mailstore", started.name, check=False)
    assert waited.returncode == 1
    assert state(deployment, started.name) == "cancelled"
    assert 10 < count(deployment, target.mailbox) < MANY
    # Who wants it after all has another.
    done = deployment.ctl("mailboxes", "import", target.mailbox, "--maildir", folder)
    assert name_in(done.stderr) != started.name
    assert count(deployment, target.mailbox) == MANY
    # One that is broken off ends at once.
    other = Person(deployment, "cancelled-later")
    started = StartedImport(deployment, other.mailbox, "--maildir", folder)
    started.kill()
    wait_until(lambda: state(deployment, started.name) == "broken off", 30, "the operation is broken off")
    deployment.ctl("operations", "cancel", "--service", "mailstore", started.name)
    assert state(deployment, started.name) == "cancelled"


def test_exports_and_accounts_are_operations_too(deployment, source, tmp_path):
    exported = deployment.ctl("mailboxes", "export", source.mailbox, "--maildir", tmp_path / "maildir")
    assert state(deployment, name_in(exported.stderr)) == "done"
    assert operations(deployment)[name_in(exported.stderr)]["metadata"]["counts"]["done"] == str(len(TEXTS))
    accounts = deployment.ctl("accounts", "export", "--format", "csv")
    assert state(deployment, name_in(accounts.stderr), "auth") == "done"
    table = tmp_path / "accounts.csv"
    table.write_text("account_id\nimported-1\nimported-2\n")
    for expected in ("Created: 2, updated: 0, as they were: 0", "Created: 0, updated: 0, as they were: 2"):
        imported = deployment.ctl("accounts", "import", table, "--update-existing")
        assert expected in imported.stdout
        operation = operations(deployment, "auth", "--filter", "done = true")[name_in(imported.stderr)]
        assert operation["metadata"]["kind"] == "ImportAccounts"


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
