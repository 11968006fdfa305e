"""A list of 100,000 accounts, as large as a directory is meant to be: taken whole, in bounded memory, and repeatable."""
import pathlib
import re
import secrets

import pytest

from ntlm_client import nt_hash
from pop3_client import try_session

ACCOUNTS = 100_000


def memory_octets(deployment, field):
    status = pathlib.Path(f"/proc/{deployment.pid('auth')}/status").read_text()
    return int(re.search(rf"^{field}:\s+(\d+) kB$", status, re.MULTILINE)[1]) << 10


@pytest.fixture
def accounts(tmp_path):
    """The file, and the password of the last account in it."""
    password = "Pw-" + secrets.token_hex(6)
    path = tmp_path / "people.csv"
    with path.open("w") as file:
        file.write("account_id,windows_names,alias,addresses,nt_hash\n")
        for number in range(ACCOUNTS):
            secret = nt_hash(password).hex() if number == ACCOUNTS - 1 else secrets.token_hex(16)
            file.write(f"p{number},CORP\\p{number},p.{number},p.{number}@corp.example,{secret}\n")
    return path, password


def test_a_large_list_is_taken_in_bounded_memory(deployment, accounts):
    path, password = accounts
    taken = deployment.ctl("accounts", "import", path, timeout=300).stdout
    assert f"Created: {ACCOUNTS}," in taken, taken
    peak = memory_octets(deployment, "VmHWM")
    again = deployment.ctl("accounts", "import", path, "--update-existing", timeout=300).stdout
    assert f"as they were: {ACCOUNTS}," in again, again

    deployment.down("auth")
    deployment.up("auth")
    # What it takes to hold the accounts, which is what they are for, and little more to take them.
    held = memory_octets(deployment, "VmRSS")
    assert peak < held * 1.5 + (64 << 20), (peak, held)
    session, reply = try_session(deployment, f"CORP\\p{ACCOUNTS - 1}", password)
    session.cut()
    assert reply.startswith("+OK"), reply
