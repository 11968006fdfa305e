"""Large messages, and messages to many: what they take in memory and on the disk of the real programs."""
import hashlib
import pathlib
import socket
import subprocess

import pytest

from deployment import Deployment, bin_dir
from pop3_client import RawPop3

MEGABYTE, MEBIBYTE = 1_000_000, 1 << 20
EXTRA_KIBIBYTES = 4 * 1024
RECIPIENTS, LOADED = 1_000, 64
LINE = b"a line of a large message, as long as lines of mail are, and no dot at its beginning\r\n"
PASSWORD = "Large mail 1"


@pytest.fixture(scope="module")
def deployment(tmp_path_factory, port_slot):
    installed = Deployment(tmp_path_factory.mktemp("restante"), port_slot.base)
    installed.up()
    with (installed.dir / "config/lmtp.yaml").open("a") as config:
        config.write(f"messages: {{max_octets: {100 * MEBIBYTE - 65_536}}}\n")
    installed.down("lmtp")
    installed.up("lmtp")
    yield installed
    installed.down(kill=True)


@pytest.fixture(scope="module")
def mailboxes(deployment):
    """The accounts box0, box1, ...; the programs have had so much mail that the store's buffers were full."""
    deployment.secrets.add(PASSWORD)
    lines = ["account_id,windows_names,alias,addresses,password"]
    lines += [f"box{n},CORP\\box{n},alias{n},{address(n)},{PASSWORD}" for n in range(RECIPIENTS)]
    lines += [f"load{n},CORP\\load{n},loaded{n},load{n}@corp.example,{PASSWORD}" for n in range(LOADED)]
    accounts = deployment.dir / "boxes.csv"
    accounts.write_text("\n".join(lines) + "\n")
    deployment.ctl("accounts", "import", accounts)
    # The store's write buffers, filled by many at once as on every day.
    subprocess.run([bin_dir() / "mail_load", "deliver", "--port", str(deployment.address("LMTP")[1]), "--recipient",
                    "load{}@corp.example", "--accounts", str(LOADED), "--messages", "10000", "--octets", "10000",
                    "--connections", "16"], check=True, capture_output=True)
    print(f"peak under ordinary load: {peak_kibibytes(deployment, 'mailstore')} KiB")
    with Lmtp(deployment) as lmtp:
        # A third of a large message at a time: what grows with a message still shows.
        peak = same = 0
        while same < 8:
            lmtp.deliver([0], message(same, 33 * MEGABYTE))
            before, peak = peak, peak_kibibytes(deployment, "mailstore")
            same = same + 1 if peak - before < 256 else 0
    for number in (1, 2):
        retrieve(deployment, 0, number)


def address(number):
    return f"box{number}@corp.example"


def message(number, octets):
    """In pieces, so that nobody here has it in memory either."""
    head = b"Subject: %d\r\n\r\n" % number
    yield head
    left = octets - len(head)
    block = LINE * 500
    while left > 0:
        piece = block if left >= len(block) + len(LINE) else block[:left - 2] + b"\r\n" if left < len(block) else LINE
        left -= len(piece)
        yield piece


class Lmtp:
    """A client whose messages are not in memory."""

    def __init__(self, deployment):
        self._socket = socket.create_connection(deployment.address("LMTP"), timeout=120)
        self._replies = self._socket.makefile("rb")
        self._expect(b"220")
        self._say(b"LHLO large.example.net", b"250")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._socket.close()

    def _expect(self, code):
        while True:
            line = self._replies.readline()
            assert line.startswith(code), line
            if line[3:4] != b"-":
                return

    def _say(self, command, code):
        self._socket.sendall(command + b"\r\n")
        self._expect(code)

    def deliver(self, recipients, pieces):
        """To the boxes of these numbers, taken by all; the digest of the octets."""
        digest = hashlib.sha256()
        self._say(b"MAIL FROM:<large@example.net>", b"250")
        for number in recipients:
            self._say(b"RCPT TO:<%s>" % address(number).encode(), b"250")
        self._say(b"DATA", b"354")
        for piece in pieces:
            digest.update(piece)
            self._socket.sendall(piece)
        self._socket.sendall(b".\r\n")
        for _ in recipients:
            self._expect(b"250")
        return digest.hexdigest()


def retrieve(deployment, box, number):
    """The digest of a message, without the trace fields that delivery put in front."""
    digest = hashlib.sha256()
    with RawPop3(deployment.address("POP3"), timeout=120) as client:
        assert client.command(f"USER CORP\\box{box}").startswith("+OK")
        assert client.command(f"PASS {PASSWORD}").startswith("+OK")
        client.send(f"RETR {number}")
        assert client.line().startswith("+OK")
        line = client.line()
        while not line.startswith("Subject:"):
            line = client.line()
        while line != ".":
            digest.update(line.encode() + b"\r\n")
            line = client.line()
        assert client.command("QUIT").startswith("+OK")
    return digest.hexdigest()


def peak_kibibytes(deployment, program):
    for line in pathlib.Path(f"/proc/{deployment.pid(program)}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1])
    raise AssertionError("the kernel does not say how much memory was used at most")


class Extra:
    """How much more memory the programs needed at most than ever before."""

    def __init__(self, deployment, *programs):
        self._deployment, self._programs = deployment, programs

    def __enter__(self):
        self._before = self._peaks()
        return self

    def __exit__(self, kind, *_):
        if kind is not None:
            return
        after = self._peaks()
        extra = {program: after[program] - self._before[program] for program in self._programs}
        print(f"extra KiB: {extra}, of {after}")
        for program, kibibytes in extra.items():
            assert kibibytes < EXTRA_KIBIBYTES, f"{program} took {kibibytes} KiB more"

    def _peaks(self):
        return {program: peak_kibibytes(self._deployment, program) for program in self._programs}


def disk_octets(deployment):
    return sum(path.stat().st_blocks * 512
               for path in (deployment.dir / "data/mailstore").rglob("*") if path.is_file())


def test_a_hundred_megabytes_are_in_no_memory(deployment, mailboxes):
    with Extra(deployment, "lmtp", "mailstore"), Lmtp(deployment) as lmtp:
        digest = lmtp.deliver([1], message(1, 100 * MEGABYTE))
    with Extra(deployment, "pop3", "mailstore"):
        assert retrieve(deployment, 1, 1) == digest


def test_a_message_to_a_thousand_is_in_memory_and_on_the_disk_once(deployment, mailboxes):
    before = disk_octets(deployment)
    with Extra(deployment, "lmtp", "mailstore"), Lmtp(deployment) as lmtp:
        digest = lmtp.deliver(range(RECIPIENTS), message(2, 20 * MEGABYTE))
    # Not a thousand times; what the log has of earlier mail may go to files meanwhile.
    assert disk_octets(deployment) - before < 50 * 20 * MEGABYTE
    for box in (2, RECIPIENTS // 2, RECIPIENTS - 1):
        assert retrieve(deployment, box, 1) == digest
