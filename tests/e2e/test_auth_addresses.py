"""Several addresses of auth are used in turn, and one where nobody answers stops no logon."""
import time

import pytest

from deployment import wait_until
from pop3_client import RawPop3, tls_context
from tcp_gate import TcpGate

WINDOWS_NAME, ADDRESS = "CORP\\hilda", "hilda@corp.example"
# A try at the silent address, one at the other, and what a busy machine takes besides.
SILENT_SECONDS = 6


@pytest.fixture(scope="module")
def gates(deployment):
    """Two ways to auth; the front end is told of both."""
    port = deployment.address("AUTH")[1]
    gates = [TcpGate(port), TcpGate(port)]
    path = deployment.dir / "config/pop3.yaml"
    straight = f"target: ipv4:127.0.0.1:{port}"
    both = "target: ipv4:" + ",".join(f"127.0.0.1:{gate.port}" for gate in gates)
    text = path.read_text()
    assert straight in text
    deployment.down("pop3")
    path.write_text(text.replace(straight, both))
    deployment.up("pop3")
    yield gates
    for gate in gates:
        gate.close()


@pytest.fixture(scope="module")
def password(deployment, gates):
    return deployment.create_account("hilda", WINDOWS_NAME, "hilda.h", ADDRESS)


def logon_seconds(deployment, password):
    with RawPop3(deployment.address("POP3S"), tls=tls_context(deployment)) as session:
        begun = time.monotonic()
        reply = session.pass_logon(WINDOWS_NAME, password)
        taken = time.monotonic() - begun
        assert reply.startswith("+OK"), (reply, taken)
        assert session.quit().startswith("+OK")
    return taken


def shares(deployment, gates, password, logons=20):
    """The part of all octets that went through each gate in so many logons."""
    before = [gate.octets for gate in gates]
    for _ in range(logons):
        logon_seconds(deployment, password)
    passed = [gate.octets - old for gate, old in zip(gates, before)]
    return [octets / sum(passed) for octets in passed]


def test_addresses_are_used_in_turn(deployment, gates, password):
    wait_until(lambda: all(gate.connections for gate in gates), 10, "connections to both addresses")
    assert min(shares(deployment, gates, password)) > 0.3


def test_a_silent_address_stops_no_logon(deployment, gates, password):
    silent, sound = gates
    wait_until(lambda: min(shares(deployment, gates, password)) > 0.3, 20, "both addresses in use")
    silent.set("black_hole")
    times = [logon_seconds(deployment, password) for _ in range(6)]
    print("logons beside a silent address: " + " ".join(f"{one:.2f}" for one in times))
    assert max(times) < SILENT_SECONDS
    # After a while it is not asked any more.
    wait_until(lambda: all(logon_seconds(deployment, password) < 0.5 for _ in range(6)), 40,
               "logons by the other address alone")
    silent.set("pass")
    wait_until(lambda: min(shares(deployment, gates, password)) > 0.3, 40, "both addresses again")
