"""POP3 line by line over a socket, and curl, poplib and plain facts about messages."""
import base64
import re
import socket
import ssl
import subprocess

import ntlm_client

REFERENCE = re.compile(r"^-ERR \[AUTH\] Logon failed \(ref ([0-9A-Z]{4}-[0-9A-Z]{4})\)$")


class RawPop3:
    """Says exactly what it is told and returns exactly what comes back."""

    def __init__(self, address, timeout=40, tls=None, source=None):
        self._socket = socket.create_connection(address, timeout=timeout,
                                                source_address=(source, 0) if source else None)
        if tls:
            self._socket = tls.wrap_socket(self._socket, server_hostname="localhost")
        self._input = self._socket.makefile("rb")
        self.greeting = self.line()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.cut()

    def line(self):
        """One reply line without its CRLF; EOFError when the server has gone."""
        line = self._input.readline()
        if not line:
            raise EOFError("the server closed the connection")
        assert line.endswith(b"\r\n"), line
        return line[:-2].decode("utf-8", "surrogateescape")

    def send(self, line):
        self._socket.sendall(line.encode() + b"\r\n")

    def command(self, line):
        self.send(line)
        return self.line()

    def listing(self, command):
        """The lines of a multi-line reply, after its +OK."""
        first = self.command(command)
        assert first.startswith("+OK"), first
        return self._until_dot()

    def _until_dot(self):
        lines = []
        while (line := self.line()) != ".":
            lines.append(line)
        return lines

    def retrieve(self, number):
        """The octets of a message, unstuffed."""
        first = self.command(f"RETR {number}")
        assert first.startswith("+OK"), first
        lines = []
        while (line := self._input.readline()) != b".\r\n":
            assert line.endswith(b"\r\n"), line
            lines.append(line[1:] if line.startswith(b".") else line)
        return b"".join(lines)

    def ntlm_logon(self, user, domain, password):
        """The last reply: +OK or -ERR."""
        assert self.command("AUTH NTLM") == "+ "
        challenge = self.command(ntlm_client.negotiate())
        assert challenge.startswith("+ "), challenge
        return self.command(ntlm_client.authenticate(challenge[2:], user, domain, password))

    def plain_logon(self, user, password):
        blob = base64.b64encode(f"\0{user}\0{password}".encode()).decode()
        return self.command(f"AUTH PLAIN {blob}")

    def pass_logon(self, user, password):
        reply = self.command(f"USER {user}")
        assert reply.startswith("+OK"), reply
        return self.command(f"PASS {password}")

    def quit(self):
        reply = self.command("QUIT")
        self.cut()
        return reply

    def cut(self):
        """Drops the connection without a word."""
        self._input.close()
        self._socket.close()


def tls_context(deployment):
    return ssl.create_default_context(cafile=str(deployment.ca))


def try_session(deployment, user, password):
    """A RawPop3 that has tried to log on by PASS over TLS, and the last reply."""
    session = RawPop3(deployment.address("POP3S"), tls=tls_context(deployment))
    return session, session.pass_logon(user, password)


def open_session(deployment, user, password):
    """A RawPop3 that has logged on by PASS over TLS."""
    session, reply = try_session(deployment, user, password)
    assert reply.startswith("+OK"), reply
    return session


def reference_of(reply):
    match = REFERENCE.match(reply)
    assert match, f"not the refusal: {reply!r}"
    return match.group(1)


def curl(url, user, password, *options, check=True):
    """curl with NTLM; its standard output as bytes, or the finished process when check is off."""
    quoted = f"{user}:{password}".replace("\\", "\\\\").replace('"', '\\"')
    result = subprocess.run(
        ["curl", "-sS", "--max-time", "60", "--config", "-", "--login-options", "AUTH=NTLM",
         *map(str, options), url],
        input=f'user = "{quoted}"\n'.encode(), capture_output=True, timeout=90,
    )
    if not check:
        return result
    assert result.returncode == 0, (result.returncode, result.stderr)
    return result.stdout


def assert_delivered(received, sent):
    """What is read is what was sent, octet for octet, behind the fields that delivery puts on top."""
    assert received.endswith(sent), (received[-200:], sent[-200:])
    added = received[: len(received) - len(sent)].decode()
    assert re.fullmatch(r"Return-Path: <[^>]*>\r\nReceived: (?:[^\r\n]*\r\n[ \t])*[^\r\n]*\r\n", added), added
