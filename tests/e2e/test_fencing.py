"""A front end that was frozen beyond its lease can write nothing when it wakes, whatever its session then says."""
import os
import re
import signal
import subprocess

import pytest

from deployment import bin_dir, wait_until
from pop3_client import RawPop3, open_session, tls_context

NAME = "CORP\\jsmith"
ADDRESS = "john.smith@corp.example"
OWN_PORTS = {110: 1041, 995: 1042, 1023: 1043, 1024: 1044}
# What a lease lives without being renewed, and some time to notice.
LEASE_SECONDS = 40


@pytest.fixture(scope="module")
def password(deployment):
    return deployment.create_account("jsmith", NAME, "john.smith", ADDRESS)


@pytest.fixture
def other_front_end(deployment):
    """The POP3S address of a second one."""
    text = (deployment.dir / "config/pop3.yaml").read_text()
    for before, after in OWN_PORTS.items():
        text = re.sub(rf"(127\.0\.0\.1:){deployment.port_base + before}\b", rf"\g<1>{deployment.port_base + after}", text)
    config = deployment.dir / "config/other-pop3.yaml"
    config.write_text(text)
    with open(deployment.dir / "log/other-pop3.log", "ab") as log:
        process = subprocess.Popen([bin_dir() / "restante-pop3", "--config", config], stdin=subprocess.DEVNULL,
                                   stdout=log, stderr=log)
    yield "127.0.0.1", deployment.port_base + OWN_PORTS[995]
    process.kill()
    process.wait()


def log_on(deployment, address, password):
    session = RawPop3(address, tls=tls_context(deployment))
    if session.pass_logon(NAME, password).startswith("+OK"):
        return session
    session.cut()
    return None


def test_a_frozen_front_end_deletes_nothing_afterwards(deployment, password, other_front_end):
    for number in range(4):
        deployment.deliver(ADDRESS, b"Subject: number %d\r\n\r\nText %d of it.\r\n" % (number, number))
    frozen = open_session(deployment, NAME, password)
    before = frozen.listing("UIDL")
    for number in (1, 2):
        assert frozen.command(f"DELE {number}").startswith("+OK")
    pid = deployment.pid("pop3")
    os.kill(pid, signal.SIGSTOP)
    try:
        got = []

        def free():
            try:
                session = log_on(deployment, other_front_end, password)
            except (OSError, AssertionError):  # it knows no policy yet
                return False
            if session:
                got.append(session)
            return session is not None

        wait_until(free, LEASE_SECONDS, "the maildrop is free for the other front end")
        with got[0] as other:
            assert [line.split()[1] for line in other.listing("UIDL")] == [line.split()[1] for line in before]
            assert other.command("DELE 3").startswith("+OK")
            assert other.quit().startswith("+OK")
    finally:
        os.kill(pid, signal.SIGCONT)
    with frozen:
        try:
            assert frozen.command("QUIT").startswith("-ERR")
        except EOFError:
            pass  # its lease keeper noticed first, and the session was ended
    with open_session(deployment, NAME, password) as session:
        left = [line.split()[1] for line in session.listing("UIDL")]
        session.quit()
    assert left == [line.split()[1] for line in (before[0], before[1], before[3])]
