"""Right passwords, many at once: not one is refused."""
import concurrent.futures

import pytest

import ntlm_client
from pop3_client import RawPop3, curl

CLIENTS = 8
LOGONS = 50


@pytest.fixture(scope="module")
def passwords(deployment):
    return [
        deployment.create_account(f"user{n}", f"CORP\\user{n}", f"mailbox{n}", f"m{n}@corp.example")
        for n in range(CLIENTS)
    ]


def test_eight_clients_of_fifty_logons(deployment, passwords):
    def client(number):
        refused = []
        for _ in range(LOGONS):
            result = curl(
                deployment.pop3_url, f"CORP\\user{number}", passwords[number], check=False
            )
            if result.returncode != 0:
                refused.append(result.stderr)
        return refused

    with concurrent.futures.ThreadPoolExecutor(CLIENTS) as pool:
        refused = [failure for failures in pool.map(client, range(CLIENTS)) for failure in failures]
    assert refused == []


def test_interleaved_handshakes_do_not_mix(deployment, passwords):
    """Every challenge is asked for before the first is answered, and they are answered backwards."""
    sessions = [RawPop3(deployment.address("POP3")) for _ in range(CLIENTS)]
    challenges = []
    for session in sessions:
        assert session.command("AUTH NTLM") == "+ "
        challenges.append(session.command(ntlm_client.negotiate())[2:])
    assert len(set(challenges)) == CLIENTS
    for number in reversed(range(CLIENTS)):
        answer = ntlm_client.authenticate(
            challenges[number], f"user{number}", "CORP", passwords[number]
        )
        assert sessions[number].command(answer).startswith("+OK")
    for session in sessions:
        assert session.quit().startswith("+OK")
