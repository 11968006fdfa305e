"""A disk that mail has filled: what is there is read and deleted, mail servers come again, and nothing is restarted."""
import os
import smtplib
import subprocess

import pytest

from deployment import Deployment, wait_until
from fault_run import Disk
from pop3_client import open_session

NAME = "CORP\\jsmith"
ADDRESS = "john.smith@corp.example"
MEBIBYTE = 1 << 20


@pytest.fixture(scope="module")
def deployment(tmp_path_factory, port_slot):
    if not Disk.is_possible():
        pytest.skip("a disk of its own needs root and loop devices")
    installed = Deployment(tmp_path_factory.mktemp("restante"), port_slot.base)
    installed.up()
    config = installed.dir / "config/mailstore.yaml"
    config.write_text(config.read_text() + f"""
store:
  reserved_octets: {160 * MEBIBYTE}
  deleted_messages_kept: 0s
  sweep_interval: 1s
""")
    disk = Disk(installed, mebibytes=512)
    disk.attach()
    yield installed
    installed.down(kill=True)
    disk.detach()


@pytest.fixture(scope="module")
def password(deployment):
    return deployment.create_account("jsmith", NAME, "john.smith", ADDRESS)


def fill(deployment):
    """Delivers until it is refused; how often it was not, and the refusal."""
    body = (b"z" * 70 + b"\r\n") * (MEBIBYTE // 72)
    for number in range(1000):
        # Other octets each time: compression must not make room.
        mail = b"Subject: %d\r\n\r\n" % number + body[: len(body) // 2] + os.urandom(300_000).hex().encode() + b"\r\n"
        try:
            deployment.deliver(ADDRESS, mail)
        except smtplib.SMTPDataError as refused:
            return number, refused.smtp_code, refused.smtp_error
    raise AssertionError("the disk does not fill")


def free(deployment):
    space = os.statvfs(deployment.dir / "data/mailstore")
    return space.f_bavail * space.f_frsize


def test_a_full_disk_is_emptied_by_its_readers(deployment, password):
    pid = deployment.pid("mailstore")
    count, code, text = fill(deployment)
    assert count > 20
    assert (code, text[:5]) == (452, b"4.3.1")
    # What was accepted is written once more, from the log into its place; the reserve has room for that.
    assert free(deployment) > 16 * MEBIBYTE
    with open_session(deployment, NAME, password) as session:
        assert b"Subject: 0\r\n" in session.retrieve(1)
        for number in range(1, count + 1):
            assert session.command(f"DELE {number}").startswith("+OK")
        assert session.quit().startswith("+OK")

    def accepted():
        try:
            deployment.deliver(ADDRESS, b"Subject: again\r\n\r\nThere is room.\r\n")
            return True
        except smtplib.SMTPDataError:
            return False

    wait_until(accepted, 40, "there is room again")
    wait_until(lambda: free(deployment) > 350 * MEBIBYTE, 40, "the disk has the room back")
    with open_session(deployment, NAME, password) as session:
        assert b"Subject: again" in session.retrieve(1)
        session.quit()
    assert deployment.pid("mailstore") == pid
    os.kill(pid, 0)


@pytest.mark.parametrize("freshly_started", (False, True))
def test_a_disk_that_others_fill_is_no_end_either(deployment, password, freshly_started):
    """Not even the reserve is left."""
    if freshly_started:
        deployment.down("mailstore")
        deployment.up("mailstore")
    ballast = deployment.dir / "data/mailstore/lost+found/ballast"
    subprocess.run(["fallocate", "-l", str(free(deployment) - 64 * 1024), str(ballast)], check=True)
    pid = deployment.pid("mailstore")
    with pytest.raises(smtplib.SMTPDataError) as refused:
        deployment.deliver(ADDRESS, b"Subject: refused\r\n\r\nNo room for it.\r\n")
    assert refused.value.smtp_code in (451, 452)
    with open_session(deployment, NAME, password) as session:
        assert b"Subject: again" in session.retrieve(1)
        session.quit()
    ballast.unlink()

    def accepted():
        try:
            deployment.deliver(ADDRESS, b"Subject: at last %d\r\n\r\nThere is room.\r\n" % freshly_started)
            return True
        except smtplib.SMTPDataError:
            return False

    wait_until(accepted, 20, "there is room again")
    os.kill(pid, 0)
