"""The load generator of the benchmarks does what it says against the real programs, and notices wrong answers."""
import json
import os
import subprocess

import pytest

from deployment import bin_dir

ACCOUNTS, MESSAGES, OCTETS = 4, 12, 2_000
PASSWORD = "a benchmark's, no secret"


@pytest.fixture(scope="module")
def mailboxes(deployment):
    for number in range(ACCOUNTS):
        deployment.create_account(f"load{number}", f"CORP\\load{number}", f"box{number}",
                                  f"load{number}@corp.example", PASSWORD)
    done = finished(load(deployment, "deliver", "--recipient", "load{}@corp.example", "--messages",
                         ACCOUNTS * MESSAGES, "--octets", OCTETS, "--connections", 2, port="LMTP"))
    assert (done["units"], done["octets"]) == (ACCOUNTS * MESSAGES, ACCOUNTS * MESSAGES * OCTETS)


def load(deployment, work, *options, port="POP3", password=PASSWORD):
    return subprocess.Popen(
        [str(bin_dir() / "mail_load"), work, "--port", str(deployment.address(port)[1]),
         "--accounts", str(ACCOUNTS), *map(str, options)],
        env=dict(os.environ, RESTANTE_LOAD_PASSWORD=password), text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def finished(run):
    said, fault = run.communicate(timeout=60)
    assert run.returncode == 0, fault
    return json.loads(said.splitlines()[-1])


USER = ("--user", "CORP\\load{}")


@pytest.mark.parametrize("work, options, units", (
    ("commands", ("--batches", 5, "--batch", 30), 150),
    ("retrieve", ("--passes", 2), 2 * MESSAGES),
    ("retrieve", ("--in-flight", 5), MESSAGES),
    ("sessions", ("--sessions", 20, "--uidl", "--retrieve", "--connections", 3), 20),
    ("sessions", ("--sessions", 5, "--rate", 100), 5),
))
@pytest.mark.parametrize("port", ("POP3", "POP3S"))
def test_works(deployment, mailboxes, work, options, units, port):
    secure = ("--tls-ca", deployment.ca) if port == "POP3S" else ()
    done = finished(load(deployment, work, *USER, *options, *secure, port=port))
    assert done["units"] == units
    assert done["latency_us"]["p50"] <= done["latency_us"]["p99"] <= done["latency_us"]["max"]


def test_logs_on_by_ntlm(deployment, mailboxes):
    done = finished(load(deployment, "sessions", "--user", "load{}", "--ntlm-domain", "CORP",
                         "--sessions", 8, "--connections", 4))
    assert done["units"] == 8


@pytest.mark.parametrize("log_on", ((), ("--log-on",)))
def test_holds_idle_connections(deployment, mailboxes, log_on):
    run = load(deployment, "idle", *USER, "--connections", ACCOUNTS, *log_on)
    assert run.stdout.readline() == "ready\n"
    assert finished(run)["units"] == ACCOUNTS


@pytest.mark.parametrize("what", ("password", "message"))
def test_a_wrong_answer_ends_it(deployment, mailboxes, what):
    if what == "message":
        deployment.create_account("other", "CORP\\other", "other", "other@corp.example", PASSWORD)
        deployment.deliver("other@corp.example", b"X-Body-CRC32C: 00000000\r\n\r\nnot this body\r\n")
        run = load(deployment, "retrieve", "--user", "CORP\\other")
    else:
        run = load(deployment, "sessions", *USER, password="another")
    said, fault = run.communicate(timeout=60)
    assert run.returncode == 1 and said == "", said
    assert ("not what was delivered" if what == "message" else "-ERR [AUTH]") in fault


def test_deletes(deployment, mailboxes):
    """Last: afterwards the mailboxes are empty."""
    finished(load(deployment, "sessions", *USER, "--sessions", ACCOUNTS, "--delete"))
    assert finished(load(deployment, "retrieve", *USER))["units"] == 0
