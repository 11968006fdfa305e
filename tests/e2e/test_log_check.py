"""The check that all tests make of all logs sees what it must."""
import base64

import pytest

from log_check import LogCheck, traces_of_message

PASSWORD = "Pw-0123456789ab"
# MD4 of its UTF-16LE.
NT_HASH = "a66182a1245d89895c1b2887a070146a"
MESSAGE = b"Subject: s\r\n\r\nshort\r\nThis line is only in the message.\r\n"


@pytest.fixture
def log(tmp_path):
    # Deeper than where the check of this test itself looks.
    path = tmp_path / "deep/down/restante/log/auth.log"
    path.parent.mkdir(parents=True)
    path.write_bytes(b'{"message":"ready"}\n')
    return path


def look(log, check=None):
    (check or LogCheck(log.parents[2]))({PASSWORD}, traces_of_message(MESSAGE))


def test_an_innocent_log_passes(log):
    look(log)


@pytest.mark.parametrize("text", (
    PASSWORD.encode(),
    *(base64.b64encode(ahead + PASSWORD.encode()) for ahead in (b"", b"\0user\0", b"\0user1\0", b"\0user12\0")),
    base64.b64encode(PASSWORD.encode() + b"tail"),
    NT_HASH.encode(),
    base64.b64encode(b"NTLMSSP\0\3\0\0\0"),
    b"This line is only in the message.",
    b"\x1b[31m", b"\x7f", b"\r", b"\0", "\u0085".encode(),
))
def test_what_must_not_be_there_is_found(log, text):
    check = LogCheck(log.parents[2])
    look(log, check)
    with open(log, "ab") as file:
        file.write(b'{"name":"' + text + b'"}\n')
    with pytest.raises(AssertionError):
        look(log, check)


def test_a_line_is_judged_when_it_is_whole(log):
    check = LogCheck(log.parents[2])
    with open(log, "ab") as file:
        file.write(b"Pw-01234")
    look(log, check)
    with open(log, "ab") as file:
        file.write(b"56789ab\n")
    with pytest.raises(AssertionError):
        look(log, check)
