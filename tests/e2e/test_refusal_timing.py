"""Whoever is refused learns nothing from the text or the time: an unknown name looks like a wrong password."""
import concurrent.futures
import statistics
import time

import pytest

import ntlm_client
from pop3_client import RawPop3, reference_of, tls_context

ROUNDS = 15
MAX_DIFFERENCE = 0.05
RIGHT = "Right-pw-1"


@pytest.fixture(scope="module")
def causes(deployment):
    """{cause: (user, password)}"""
    for account in ("known", "disabled", "nobox"):
        deployment.create_account(account, f"CORP\\{account}", None if account == "nobox" else f"box.{account}",
                                  password=RIGHT)
    deployment.ctl("accounts", "update", "disabled", "--disable")
    return {"WRONG_PASSWORD": ("known", deployment.new_password()),
            "UNKNOWN_NAME": ("nobody", deployment.new_password()),
            "ACCOUNT_DISABLED": ("disabled", RIGHT), "NO_MAILBOX": ("nobox", RIGHT)}


def by_ntlm(session, user, password):
    assert session.command("AUTH NTLM") == "+ "
    challenge = session.command(ntlm_client.negotiate())[2:]
    return ntlm_client.authenticate(challenge, user, "CORP", password)


def by_pass(session, user, password):
    assert session.command(f"USER CORP\\{user}").startswith("+OK")
    return f"PASS {password}"


@pytest.mark.parametrize("last_line", (by_ntlm, by_pass), ids=("NTLM", "PASS"))
def test_medians_are_close(deployment, causes, last_line):
    def sample(cause, source):
        with RawPop3(deployment.address("POP3S"), tls=tls_context(deployment), source=source) as session:
            line = last_line(session, *causes[cause])
            begun = time.monotonic()
            reply = session.command(line)
            return time.monotonic() - begun, reference_of(reply)

    times = {cause: [] for cause in causes}
    references = []
    with concurrent.futures.ThreadPoolExecutor(len(causes)) as pool:
        for number in range(ROUNDS):
            # All causes at once, so that what else the machine does falls on each alike; each from a network
            # where nobody has failed before.
            samples = {cause: pool.submit(sample, cause, f"127.{10 + index}.{number + 1}.1")
                       for index, cause in enumerate(causes)}
            for cause, future in samples.items():
                seconds, reference = future.result()
                times[cause].append(seconds)
                references.append(reference)
    medians = {cause: statistics.median(taken) for cause, taken in times.items()}
    print({cause: round(median * 1e3, 2) for cause, median in medians.items()})
    assert max(medians.values()) < min(medians.values()) * (1 + MAX_DIFFERENCE), medians
    assert len(set(references)) == len(references)
    # They were refused for what they were meant to be.
    last = dict(zip(causes, references[-len(causes):]))
    assert {cause: deployment.ctl_json("explain-logon", "--ref", ref)["reason"] for cause, ref in last.items()} == {
        cause: cause for cause in causes}
