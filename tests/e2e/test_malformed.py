"""Hundreds of malformed inputs against the running programs: nothing logs on, crashes, hangs or grows."""
import base64
import concurrent.futures
import itertools
import os
import re
import socket
import ssl

import pytest

import malformed_inputs
import ntlm_client
from deployment import PROGRAMS
from pop3_client import RawPop3, assert_delivered, tls_context

MAIL = b"Subject: good\r\n\r\nRead beside everything.\r\n"
GOOD_NAME, GOOD_ADDRESS = "CORP\\good", "good@corp.example"
SOLE_NAME, SOLE_ADDRESS = "CORP\\sole", "sole@corp.example"
# Allocators keep some of what the largest inputs took; a sanitizer keeps far more for itself.
MAX_GROWTH_OCTETS = (150 if os.environ.get("RESTANTE_SANITIZED") else 24) * 1024 * 1024
ANSWER_SECONDS = 30
AT_ONCE = 80
NTLM_SIGNATURE = b"TlRMTVNTUA"
SANITIZER_WORDS = ("AddressSanitizer", "LeakSanitizer", "runtime error:", "broken invariant")
REPLY = {
    "POP3": re.compile(rb"(?:\+OK|-ERR|\+ |[0-9.]|[A-Za-z])[\x20-\x7e]{0,510}|[.]"),
    "LMTP": re.compile(rb"[2345][0-9]{2}[ -][\x20-\x7e]{0,510}"),
}


@pytest.fixture(scope="module")
def good(deployment):
    password = deployment.create_account("good", GOOD_NAME, "good.one", GOOD_ADDRESS)
    deployment.deliver(GOOD_ADDRESS, MAIL)
    return password


@pytest.fixture(scope="module")
def sole(deployment):
    """Somebody whose maildrop the cases of a session open one after another."""
    password = deployment.create_account("sole", SOLE_NAME, "sole.one", SOLE_ADDRESS)
    deployment.deliver(SOLE_ADDRESS, MAIL)
    return password


def resident_octets(pid):
    with open(f"/proc/{pid}/statm") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.fixture(autouse=True)
def everything_stays_sound(deployment, good):
    """After each group the same processes are there, no larger, and serve a good client."""
    serve_a_good_client(deployment, good)
    before = {program: (deployment.pid(program), resident_octets(deployment.pid(program))) for program in PROGRAMS}
    yield
    serve_a_good_client(deployment, good)
    for program, (pid, octets) in before.items():
        assert deployment.pid(program) == pid and os.path.exists(f"/proc/{pid}"), program
        assert resident_octets(pid) - octets < MAX_GROWTH_OCTETS, program
        log = deployment.log(program)
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", log), program
        assert "forged-event" not in re.findall(r'"event":"([^"]*)"', log)
        for word in SANITIZER_WORDS:
            assert word not in log, program


def serve_a_good_client(deployment, password):
    with RawPop3(deployment.address("POP3S"), tls=tls_context(deployment)) as session:
        assert session.ntlm_logon("good", "CORP", password).startswith("+OK 1 messages")
        assert_delivered(session.retrieve(1), MAIL)
        assert session.quit().startswith("+OK")


_sources = itertools.count(1)


def connect(address):
    """From a network of its own, so that the delays for guessing do not add up over the cases."""
    number = next(_sources)
    client = socket.socket()
    client.bind((f"127.{1 + number // 250}.{number % 250}.1", 0))
    client.settimeout(ANSWER_SECONDS)
    client.connect(address)
    return client


def exchange(client, octets):
    """Says everything, says no more, and returns all that comes back."""
    answer = b""
    try:
        client.sendall(octets)
        client.shutdown(socket.SHUT_WR)
    except OSError:
        pass  # the server has closed already; what it said before is looked at
    try:
        while piece := client.recv(65536):
            answer += piece
    except (ConnectionResetError, BrokenPipeError, ssl.SSLError):
        pass
    client.close()
    return answer


def check_answer(protocol, octets, answer):
    for token in set(re.findall(rb"[\x21-\xff]{8,}", octets)):
        if token.startswith(NTLM_SIGNATURE):
            continue  # a challenge begins with the same
        for begin in range(0, min(len(token) - 7, 400), 8):
            assert token[begin:begin + 8] not in answer, f"echo of {token[begin:begin + 8]!r}"
    assert not answer or answer.endswith(b"\r\n") or protocol == "TLS", answer[-100:]
    for line in set(answer.split(b"\r\n")[:-1]):
        assert REPLY[protocol].fullmatch(line), line


def run_all(cases, one):
    """Several at once; the faults of all cases together."""
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        futures = {pool.submit(one, octets): name for name, octets in cases}
        faults = []
        for future, name in futures.items():
            try:
                future.result()
            except Exception as fault:  # whatever it was, the others are told too
                faults.append(f"{name}: {type(fault).__name__}: {fault}"[:400])
    assert not faults, "\n".join(faults)


def test_there_are_hundreds():
    groups = (malformed_inputs.POP3, malformed_inputs.SESSION, malformed_inputs.NTLM, malformed_inputs.TLS,
              malformed_inputs.LMTP)
    assert sum(map(len, groups)) > 600


def test_ahead_of_a_logon(deployment):
    def one(octets):
        answer = exchange(connect(deployment.address("POP3")), octets)
        assert answer.startswith(b"+OK Restante ready\r\n"), answer[:100]
        assert b" messages (" not in answer
        check_answer("POP3", octets, answer)

    run_all(malformed_inputs.POP3, one)


def test_in_a_session(deployment, sole):
    """One after another, since a maildrop has one session at a time."""
    faults = []
    for name, octets in malformed_inputs.SESSION:
        session = RawPop3(deployment.address("POP3"))
        assert session.pass_logon(SOLE_NAME, sole).startswith("+OK 1 messages"), name
        # Also what follows is understood, unless the input ends inside a line.
        answer = exchange(session._socket, octets + b"\r\nSTAT\r\nQUIT\r\n")
        try:
            check_answer_in_session(octets, answer)
        except AssertionError as fault:
            faults.append(f"{name}: {fault}"[:400])
    assert not faults, "\n".join(faults)


def check_answer_in_session(octets, answer):
    assert answer.endswith(b"+OK Bye\r\n"), answer[-100:]
    # What RETR, TOP and LIST gave is no echo.
    text = re.sub(rb"\+OK[^\r]*\r\n(?:Return-Path.*?\r\n\.\r\n)", b"", answer, flags=re.DOTALL)
    for line in set(text.split(b"\r\n")[:-1]):
        assert REPLY["POP3"].fullmatch(line), line
    for token in set(re.findall(rb"[\x21-\xff]{12,}", octets)):
        assert token[:12] not in text, f"echo of {token[:12]!r}"


@pytest.mark.parametrize("port", ("POP3", "POP3S"))
def test_what_is_not_tls(deployment, port):
    def one(octets):
        client = connect(deployment.address(port))
        if port == "POP3":
            assert client.recv(100).startswith(b"+OK")
            client.sendall(b"STLS\r\n")
            assert client.recv(100).startswith(b"+OK")
        answer = exchange(client, octets)
        assert b"+OK" not in answer and b"-ERR" not in answer, answer

    run_all(malformed_inputs.TLS, one)


def test_ntlm_messages(deployment, good):
    def one(change):
        with RawPop3.__new__(RawPop3) as client:
            client._socket = connect(deployment.address("POP3"))
            client._input = client._socket.makefile("rb")
            client.line()
            assert client.command("AUTH NTLM") == "+ "
            challenge = client.command(ntlm_client.negotiate())
            right = base64.b64decode(ntlm_client.authenticate(challenge[2:], "good", "CORP", good))
            reply = client.command(base64.b64encode(change(right)).decode())
            assert reply.startswith("-ERR [AUTH]"), reply
            assert client.command("NOOP").startswith("-ERR"), "logged on"

    run_all(malformed_inputs.NTLM, one)


def test_lmtp(deployment, good):
    def one(octets):
        octets = octets.replace(b"VICTIM", GOOD_ADDRESS.encode())
        answer = exchange(connect(deployment.address("LMTP")), octets)
        assert answer.startswith(b"220 "), answer[:100]
        lines = answer.split(b"\r\n")
        assert lines[-1] == b"", answer[-100:]
        for line in set(lines[:-1]):
            assert REPLY["LMTP"].fullmatch(line), line

    # That nothing was delivered is seen by the good client, who has one message still.
    run_all(malformed_inputs.LMTP, one)
