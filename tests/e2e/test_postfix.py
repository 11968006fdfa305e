"""Postfix delivers over LMTP as docs/postfix.md sets it up: it queues while we are away, and nothing is lost or doubled."""
import os
import re
import shutil
import smtplib
import subprocess

import pytest

from deployment import ROOT, wait_until
from pop3_client import open_session

NAME = "CORP\\jsmith"
ADDRESS = "john.smith@corp.example"
SMTP_PORT = 1043
_SERVICES = """\
127.0.0.1:{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


def recipe():
    """The lines of main.cf that docs/postfix.md has."""
    text = (ROOT / "docs/postfix.md").read_text()
    return re.search(r"```ini\n(.*?)```", text, re.DOTALL).group(1)


@pytest.fixture(scope="module")
def postfix(deployment, tmp_path_factory):
    """The address of its SMTP server."""
    if os.geteuid() != 0:
        pytest.skip("Postfix is started by root")
    # Its own user must reach it.
    home = tmp_path_factory.mktemp("postfix")
    for parent in (home, home.parent, home.parent.parent):
        parent.chmod(0o755)
    for name in ("config", "queue", "data"):
        (home / name).mkdir()
    shutil.chown(home / "data", "postfix")
    host, port = deployment.address("LMTP")
    own = recipe().replace("lmtp-0.restante.internal:24", f"{host}:{port}")
    assert f"{host}:{port}" in own
    (home / "config/main.cf").write_text(f"""
compatibility_level = 3.6
config_directory = {home}/config
queue_directory = {home}/queue
data_directory = {home}/data
maillog_file = {home}/mail.log
maillog_file_prefixes = {home}
myhostname = mx.corp.example
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
# So that the test need not wait for minutes.
queue_run_delay = 1s
minimal_backoff_time = 1s
maximal_backoff_time = 2s
{own}
""")
    smtp_port = deployment.port_base + SMTP_PORT
    (home / "config/master.cf").write_text(_SERVICES.format(port=smtp_port))

    def postfix(command):
        return subprocess.run(["postfix", "-c", str(home / "config"), command], capture_output=True, text=True,
                              timeout=60)

    started = postfix("start")
    assert started.returncode == 0, started.stderr
    yield "127.0.0.1", smtp_port
    postfix("abort")


@pytest.fixture(scope="module")
def password(deployment):
    return deployment.create_account("jsmith", NAME, "john.smith", ADDRESS)


def send(address, recipient, text):
    with smtplib.SMTP(*address, timeout=30) as smtp:
        smtp.sendmail("sender@example.net", [recipient], text)


def subjects(deployment, password):
    with open_session(deployment, NAME, password) as session:
        count = int(session.command("STAT").split()[1])
        texts = [session.retrieve(number + 1) for number in range(count)]
        session.quit()
    return [re.search(rb"^Subject: (.*)\r$", text, re.MULTILINE).group(1).decode() for text in texts]


def test_mail_comes_through(deployment, postfix, password):
    send(postfix, ADDRESS, b"Subject: through\r\n\r\n.\r\nA dot and octets: \xc3\xa4\r\n")
    wait_until(lambda: subjects(deployment, password) == ["through"], 30, "the message is there")
    with open_session(deployment, NAME, password) as session:
        text = session.retrieve(1)
        session.quit()
    assert text.endswith(b"\r\n\r\n.\r\nA dot and octets: \xc3\xa4\r\n")


def test_who_is_not_there_is_refused_before_the_message(deployment, postfix, password):
    with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
        send(postfix, "nobody@corp.example", b"Subject: nobody\r\n\r\nText.\r\n")
    ((code, _),) = refused.value.recipients.values()
    assert code == 550


def test_the_queue_is_kept_through_kills_and_comes_once(deployment, postfix, password):
    expected = {f"queued {number}" for number in range(30)}
    for number, subject in enumerate(sorted(expected)):
        send(postfix, ADDRESS, f"Subject: {subject}\r\n\r\nText of {subject}.\r\n".encode())
        if number in (5, 12, 20):
            for program in (("lmtp",), ("mailstore",), ("lmtp", "mailstore", "auth"))[(5, 12, 20).index(number)]:
                deployment.down(program, kill=True)
        if number in (9, 16, 25):
            deployment.up("auth", "mailstore", "lmtp")
    there = []

    def all_there():
        there[:] = [subject for subject in subjects(deployment, password) if subject.startswith("queued")]
        return set(there) == expected

    wait_until(all_there, 60, "everything that was queued is there")
    assert sorted(there) == sorted(expected)
