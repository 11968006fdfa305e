"""Other real clients, and two people side by side."""
import poplib
import subprocess

import pytest

from pop3_client import assert_delivered, curl, tls_context

ALICE_MAIL = b"Subject: for alice\r\n\r\nOnly for Alice.\r\n.\r\n..end\r\n"
BOB_MAIL = b"Subject: for bob\r\n\r\nOnly for Bob.\r\n"


class Person:
    def __init__(self, deployment, account, windows_name, alias, mail):
        self.windows_name, self.alias, self.mail = windows_name, alias, mail
        self.address = f"{alias}@corp.example"
        self.password = deployment.create_account(account, windows_name, alias, self.address,
                                                  principal_name=f"{account}@corp.test")
        deployment.deliver(self.address, mail)


@pytest.fixture(scope="module")
def alice(deployment):
    return Person(deployment, "alice", "CORP\\alice", "alice.liddell", ALICE_MAIL)


@pytest.fixture(scope="module")
def bob(deployment):
    return Person(deployment, "bob", "CORP\\bob", "robert", BOB_MAIL)


def read_all(client):
    count, _ = client.stat()
    return [b"".join(line + b"\r\n" for line in client.retr(n)[1]) for n in range(1, count + 1)]


def test_poplib_over_pop3s(deployment, alice):
    _, port = deployment.address("POP3S")
    client = poplib.POP3_SSL("localhost", port, context=tls_context(deployment), timeout=30)
    client.user(alice.windows_name)
    client.pass_(alice.password)
    (message,) = read_all(client)
    assert_delivered(message, ALICE_MAIL)
    assert len(client.uidl()[1]) == 1
    assert b"Subject: for alice" in b"\n".join(client.top(1, 0)[1])
    client.quit()


def test_poplib_after_stls(deployment, alice):
    _, port = deployment.address("POP3")
    client = poplib.POP3("localhost", port, timeout=30)
    assert "STLS" in client.capa()
    client.stls(context=tls_context(deployment))
    assert "STLS" not in client.capa()
    client.user(alice.windows_name)
    client.pass_(alice.password)
    (message,) = read_all(client)
    assert_delivered(message, ALICE_MAIL)
    client.quit()


def test_mpop_by_pass(deployment, alice, tmp_path):
    _, port = deployment.address("POP3S")
    destination = tmp_path / "mail"
    settings = tmp_path / "mpoprc"
    settings.write_text(
        f"account default\nhost localhost\nport {port}\nuser {alice.windows_name}\n"
        f"password {alice.password}\nauth user\ntls on\ntls_starttls off\n"
        f"tls_trust_file {deployment.ca}\ndelivery mbox {destination}\nkeep on\n"
        f"uidls_file {tmp_path}/uidls\nreceived_header off\n"
    )
    settings.chmod(0o600)
    subprocess.run(["mpop", "-q", "-C", str(settings)], check=True, timeout=60)
    assert b"Only for Alice.\n.\n..end\n" in destination.read_bytes()


def test_fetchmail_by_pass(deployment, bob, tmp_path):
    _, port = deployment.address("POP3S")
    destination = tmp_path / "mail"
    settings = tmp_path / "fetchmailrc"
    settings.write_text(
        f'poll localhost protocol pop3 port {port} auth password\n'
        f'  user "{bob.windows_name}" password "{bob.password}"\n'
        f'  ssl sslproto "auto" sslcertck sslcertfile "{deployment.ca}" keep\n'
        f'  mda "cat >> {destination}"\n'.replace("\\", "\\\\")
    )
    settings.chmod(0o600)
    subprocess.run(
        ["fetchmail", "-f", str(settings), "--nosyslog", "--pidfile", str(tmp_path / "pid"), "-s"],
        check=True, timeout=60, env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"},
    )
    assert b"Only for Bob.\n" in destination.read_bytes()


def test_two_accounts_see_their_own_mail_only(deployment, alice, bob):
    for person, other in ((alice, bob), (bob, alice)):
        received = curl(f"{deployment.pop3_url}/1", person.windows_name, person.password)
        assert_delivered(received, person.mail)
        listing = curl(deployment.pop3_url, person.windows_name, person.password)
        assert len(listing.splitlines()) == 1
        refused = curl(deployment.pop3_url, person.windows_name, other.password, check=False)
        assert refused.returncode == 67  # curl's "login denied"


@pytest.mark.parametrize(
    "form", ("{domain}\\{user}", "{user}", "{domain_lower}\\{user_upper}", "{user}@corp.test", "{user_upper}@CORP.test"),
    ids=("domain and user", "user alone", "other case", "principal name", "principal name in other case"),
)
def test_forms_of_the_windows_name_lead_to_the_same_mailbox(deployment, alice, form):
    name = form.format(domain="CORP", domain_lower="corp", user="alice", user_upper="ALICE")
    received = curl(f"{deployment.pop3_url}/1", name, alice.password)
    assert_delivered(received, ALICE_MAIL)


def test_a_name_that_is_only_somebody_elses_alias_proves_nothing(deployment, alice, bob):
    """bob's password with alice's alias, by NTLM: no."""
    refused = curl(deployment.pop3_url, alice.alias, bob.password, check=False)
    assert refused.returncode == 67
