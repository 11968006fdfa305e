"""What restante-pop3 does between a load balancer, an operator and its clients."""
import json
import os
import re
import shutil
import signal
import socket
import ssl
import struct
import subprocess
import urllib.request

import pytest

from deployment import wait_until
from pop3_client import RawPop3, assert_delivered, open_session, tls_context

MAIL = b"Subject: front end\r\n\r\nOne message.\r\n"
WINDOWS_NAME = "CORP\\erin"
ADDRESS = "erin@corp.example"
CLIENT = "203.0.113.7"
# Offsets of listeners that deploy/local does not use.
BALANCED, BALANCED_TLS, STRANGE, IPV6, NO_STLS = 111, 112, 113, 114, 115


@pytest.fixture(scope="module")
def front_end(deployment):
    """The installation, with listeners of every kind."""
    base = deployment.port_base
    with config_path(deployment).open("a") as config:
        config.write(f"""
listeners:
  - address: 127.0.0.1:{base + BALANCED}
    proxy_networks: [127.0.0.0/8]
  - address: 127.0.0.1:{base + BALANCED_TLS}
    implicit_tls: true
    proxy_networks: ["2001:db8::/32", 127.0.0.1]
  - address: 127.0.0.1:{base + STRANGE}
    proxy_networks: [192.0.2.0/24]
  - address: "[::1]:{base + IPV6}"
  - address: 127.0.0.1:{base + NO_STLS}
    stls: false
""")
    restart(deployment)
    return deployment


@pytest.fixture(scope="module")
def password(front_end):
    secret = front_end.create_account("erin", WINDOWS_NAME, "erin.b", ADDRESS)
    front_end.deliver(ADDRESS, MAIL)
    return secret


def config_path(deployment):
    return deployment.dir / "config/pop3.yaml"


def restart(deployment):
    deployment.down("pop3")
    deployment.up("pop3")


def lines(deployment, program, event):
    """The fields of each log line of that event."""
    parsed = (json.loads(line) for line in deployment.log(program).splitlines() if line[:1] == "{")
    return [fields for fields in parsed if fields["event"] == event]


def last_end(deployment, condition):
    """The newest session_ended line for which the condition holds, waiting for it."""
    found = []

    def look():
        found[:] = [one for one in lines(deployment, "pop3", "session_ended") if condition(one)]
        return found

    wait_until(look, 10, "a line for the session's end")
    return found[-1]


def metrics(deployment):
    host, port = deployment.address("POP3_METRICS")
    return urllib.request.urlopen(f"http://{host}:{port}/metrics", timeout=10).read().decode()


def version_1(port):
    return f"PROXY TCP4 {CLIENT} 192.0.2.1 {port} 110\r\n".encode()


def version_2(port):
    addresses = socket.inet_aton(CLIENT) + socket.inet_aton("192.0.2.1") + struct.pack(">HH", port, 995)
    return b"\r\n\r\n\0\r\nQUIT\n" + bytes([0x21, 0x11]) + struct.pack(">H", len(addresses)) + addresses


class Balanced(RawPop3):
    """A client whose connection begins with the balancer's header."""

    def __init__(self, deployment, offset, header, tls=None):
        self._socket = socket.create_connection(("127.0.0.1", deployment.port_base + offset), timeout=20)
        self._socket.sendall(header)
        if tls:
            self._socket = tls.wrap_socket(self._socket, server_hostname="localhost")
        self._input = self._socket.makefile("rb")
        self.greeting = self.line()

    def start_tls(self, tls):
        assert self.command("STLS").startswith("+OK")
        self._socket = tls.wrap_socket(self._socket, server_hostname="localhost")
        self._input = self._socket.makefile("rb")


@pytest.mark.parametrize("header", (version_1, version_2), ids=("version1", "version2"))
@pytest.mark.parametrize("offset", (BALANCED, BALANCED_TLS), ids=("stls", "tls"))
def test_balancer_names_the_client(front_end, password, offset, header):
    port = 4000 + offset + len(header(1))
    context = tls_context(front_end)
    client = Balanced(front_end, offset, header(port), tls=context if offset == BALANCED_TLS else None)
    if offset == BALANCED:
        client.start_tls(context)
    assert client.pass_logon(WINDOWS_NAME, password).startswith("+OK")
    assert client.quit().startswith("+OK")
    end = last_end(front_end, lambda one: one["client_port"] == port)
    assert end["client_address"] == CLIENT
    assert any(one.get("client_address") == CLIENT for one in lines(front_end, "pop3", "maildrop_opened"))


def test_balancers_health_check_is_served_under_its_own_address(front_end):
    local = b"\r\n\r\n\0\r\nQUIT\n" + bytes([0x20, 0x00, 0, 0])
    with Balanced(front_end, BALANCED, local) as client:
        assert client.greeting.startswith("+OK")
        assert client.quit().startswith("+OK")


def all_that_comes(client):
    """Until the server closes; octets that it did not read make that a reset."""
    answer = b""
    try:
        while piece := client.recv(4096):
            answer += piece
    except ConnectionResetError:
        pass
    return answer


def test_nobody_else_is_believed(front_end):
    with socket.create_connection(("127.0.0.1", front_end.port_base + STRANGE), timeout=20) as client:
        client.sendall(version_1(4999))
        assert b"+OK" not in all_that_comes(client)
    assert last_end(front_end, lambda one: one["reason"] == "proxy_not_trusted")["client_address"] == "127.0.0.1"
    with RawPop3(front_end.address("POP3")) as client:
        assert client.command(version_1(4999).decode().strip()).startswith("-ERR")


@pytest.mark.parametrize("octets", (b"USER erin\r\n", b"PROXY TCP4 1.2.3.4\r\n", b"\x16\x03\x01\x02\x00"))
def test_no_header_no_service(front_end, octets):
    with socket.create_connection(("127.0.0.1", front_end.port_base + BALANCED), timeout=20) as client:
        client.sendall(octets)
        assert all_that_comes(client) == b""
    last_end(front_end, lambda one: one["reason"] == "proxy_header_invalid")


def test_listeners_have_settings_of_their_own(front_end, password):
    with RawPop3(("::1", front_end.port_base + IPV6)) as client:
        assert "STLS" in client.listing("CAPA")
        assert client.pass_logon(WINDOWS_NAME, password).startswith("+OK")
        assert_delivered(client.retrieve(1), MAIL)
        client.quit()
    assert last_end(front_end, lambda one: one["client_address"] == "::1")["messages_sent"] == 1
    with RawPop3(("127.0.0.1", front_end.port_base + NO_STLS)) as client:
        assert "STLS" not in client.listing("CAPA")
        assert client.command("STLS").startswith("-ERR")


def test_an_end_is_one_line_that_joins_the_other_programs(front_end, password):
    session = open_session(front_end, WINDOWS_NAME, password)
    session.retrieve(1)
    session.command("NOOP")
    session.quit()
    opened = lines(front_end, "pop3", "maildrop_opened")[-1]
    end = last_end(front_end, lambda one: one["session_id"] == opened["session_id"])
    assert end["reason"] == "quit"
    assert (end["commands"], end["messages_sent"], end["messages_deleted"]) == (5, 1, 0)
    assert end["mechanism"] == "PLAIN" and end["tls"].startswith("TLSv1.")
    assert end["octets_out"] > len(MAIL) and end["octets_in"] > 0 and end["duration"] > 0
    assert end["attempt_id"] in front_end.log("auth")
    assert end["session_id"] in front_end.log("mailstore")
    assert len([one for one in lines(front_end, "pop3", "session_ended")
                if one["session_id"] == opened["session_id"]]) == 1


def test_what_a_client_says_stays_out_of_the_log(front_end):
    nasty = "\x1b[31mevil\x07\r\n"[:-2]
    with RawPop3(front_end.address("POP3")) as client:
        client.command(f"USER {nasty}")
        client.command("PASS forged-" + "line" * 5)
        client.command('X","event":"forged')
    log = front_end.log("pop3") + front_end.log("auth")
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", log)
    assert "forged" not in log
    for line in log.splitlines():
        json.loads(line)


def test_metrics_tell_what_happens(front_end, password):
    session = open_session(front_end, WINDOWS_NAME, password)
    session.retrieve(1)
    text = metrics(front_end)
    for name in (
        'restante_pop3_connections ', 'restante_pop3_open_maildrops 1',
        'restante_pop3_logons_total{mechanism="PLAIN",outcome="accepted"',
        'restante_pop3_command_seconds_bucket{command="RETR"',
        'restante_pop3_tls_handshakes_total{version="TLSv1.3"}',
        'restante_pop3_backend_calls_total{code="OK",method="OpenMaildrop"}',
        'restante_pop3_backend_call_seconds_bucket{method="BeginLogon"',
        'restante_pop3_received_octets_total', 'restante_pop3_sent_octets_total',
        'restante_pop3_message_octets_total',
    ):
        assert name in text, f"{name} not in\n{text}"
    session.quit()


def reload_with(deployment, text, by_signal=True):
    """Replaces the configuration as an editor or kubelet does, and waits until it was read."""
    before = len(lines(deployment, "pop3", "config_reloaded"))
    fresh = config_path(deployment).with_suffix(".fresh")
    fresh.write_text(text)
    fresh.rename(config_path(deployment))
    if by_signal:
        os.kill(deployment.pid("pop3"), signal.SIGHUP)
    wait_until(lambda: len(lines(deployment, "pop3", "config_reloaded")) > before, 15, "the reload")
    return lines(deployment, "pop3", "config_reloaded")[-1]


@pytest.mark.parametrize("by_signal", (True, False), ids=("by_SIGHUP", "by_change_of_the_file"))
def test_limits_change_without_a_restart(front_end, password, by_signal):
    pid = front_end.pid("pop3")
    sound = config_path(front_end).read_text()
    stays = RawPop3(front_end.address("POP3S"), tls=tls_context(front_end))
    try:
        reload_with(front_end, sound + "clients: {max_connections_per_source: 2}\n", by_signal)
        with RawPop3(front_end.address("POP3")) as second:
            with RawPop3(front_end.address("POP3")) as third:
                assert third.greeting.startswith("-ERR [SYS/TEMP] Too many connections"), third.greeting
            assert second.command("CAPA").startswith("+OK")
        assert 'limits_hit_total{limit="connections_per_source"}' in metrics(front_end)
    finally:
        reload_with(front_end, sound, by_signal)
    assert stays.pass_logon(WINDOWS_NAME, password).startswith("+OK")
    stays.quit()
    assert front_end.pid("pop3") == pid


def test_what_cannot_change_is_named_and_a_fault_changes_nothing(front_end):
    sound = config_path(front_end).read_text()
    try:
        reload_with(front_end, sound + "event_loops: 7\nclients: {max_sessions: 5}\n")
        assert lines(front_end, "pop3", "config_needs_restart")[-1]["keys"] == "event_loops"
        config_path(front_end).write_text(sound + "no_such_key: 1\n")
        os.kill(front_end.pid("pop3"), signal.SIGHUP)
        wait_until(lambda: lines(front_end, "pop3", "config_not_reloaded"), 10, "the fault")
        assert "no_such_key" in lines(front_end, "pop3", "config_not_reloaded")[-1]["error"]
        RawPop3(front_end.address("POP3")).quit()
    finally:
        reload_with(front_end, sound)


def serial_number(deployment):
    """Of the certificate that a new POP3S connection sees."""
    with socket.create_connection(deployment.address("POP3S"), timeout=20) as plain:
        context = ssl._create_unverified_context()
        with context.wrap_socket(plain, server_hostname="localhost") as tls:
            return tls.getpeercert(binary_form=True)


def test_a_certificate_is_replaced_under_open_sessions(front_end, password):
    directory = front_end.dir / "tls"
    names = ("pop3-clients.pem", "pop3-clients.key")
    session = open_session(front_end, WINDOWS_NAME, password)
    old = serial_number(front_end)
    for name in names:
        shutil.copy2(directory / name, directory / (name + ".old"))
    try:
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
             "-keyout", directory / "fresh.key", "-out", directory / "fresh.pem", "-days", "2",
             "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"],
            check=True, capture_output=True)
        os.chmod(directory / "fresh.key", 0o600)
        (directory / "fresh.key").rename(directory / names[1])
        (directory / "fresh.pem").rename(directory / names[0])
        os.kill(front_end.pid("pop3"), signal.SIGHUP)
        wait_until(lambda: serial_number(front_end) != old, 10, "the new certificate")
        assert_delivered(session.retrieve(1), MAIL)
        assert session.quit().startswith("+OK")
    finally:
        for name in names:
            (directory / (name + ".old")).rename(directory / name)
        os.kill(front_end.pid("pop3"), signal.SIGHUP)
    wait_until(lambda: serial_number(front_end) == old, 10, "the old certificate")


def test_going_down_serves_open_sessions_to_their_quit(front_end, password):
    idle = RawPop3(front_end.address("POP3"))
    session = open_session(front_end, WINDOWS_NAME, password)
    pid = front_end.pid("pop3")
    try:
        os.kill(pid, signal.SIGTERM)
        assert idle.line().startswith("-ERR [SYS/TEMP]")
        with pytest.raises(OSError):
            RawPop3(front_end.address("POP3")).quit()
        assert_delivered(session.retrieve(1), MAIL)
        assert session.quit().startswith("+OK")
        wait_until(lambda: not os.path.exists(f"/proc/{pid}"), 10, "the end of the program")
        assert lines(front_end, "pop3", "draining")[-1]["grace"] == 90
    finally:
        front_end.down("pop3", check=False)
        front_end.up("pop3")
    assert open_session(front_end, WINDOWS_NAME, password).quit().startswith("+OK")


def test_who_outlasts_the_drain_deletes_nothing(front_end, password):
    sound = config_path(front_end).read_text()
    reload_with(front_end, sound + "drain_grace: 1s\n")
    pid = front_end.pid("pop3")
    try:
        session = open_session(front_end, WINDOWS_NAME, password)
        assert session.command("DELE 1").startswith("+OK")
        os.kill(pid, signal.SIGTERM)
        assert session.line().startswith("-ERR [SYS/TEMP]")
        with pytest.raises(EOFError):
            session.line()
        wait_until(lambda: not os.path.exists(f"/proc/{pid}"), 10, "the end of the program")
        assert last_end(front_end, lambda end: end["messages_deleted"] == 0)["reason"] == "drain"
    finally:
        config_path(front_end).write_text(sound)
        front_end.down("pop3", check=False)
        front_end.up("pop3")
    session = open_session(front_end, WINDOWS_NAME, password)
    assert_delivered(session.retrieve(1), MAIL)
    session.quit()


def test_a_client_cannot_renegotiate(front_end, password):
    """TLS 1.2 would let it; each time costs the server far more than the client."""
    host, port = front_end.address("POP3S")
    client = subprocess.Popen(
        ["openssl", "s_client", "-tls1_2", "-connect", f"{host}:{port}", "-CAfile", str(front_end.ca)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        said = ""
        while not said.endswith("+OK Restante ready\n"):
            said += client.stdout.readline()
        assert "TLSv1.2" in said
        # A line of one R is what s_client begins anew at.
        client.stdin.write("R\n")
        client.stdin.flush()
        said, _ = client.communicate(timeout=20)
        assert "no renegotiation" in said
    finally:
        client.kill()
    assert open_session(front_end, WINDOWS_NAME, password).quit().startswith("+OK")
