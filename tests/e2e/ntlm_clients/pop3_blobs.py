"""POP3 for a library that makes NTLM messages and speaks no POP3; README.md says how it is called."""
import base64
import hashlib
import re
import socket
import ssl
import sys

REFUSED = 3
SECONDS = 60


class Refused(Exception):
    pass


class Pop3:
    def __init__(self, host, port, layer, ca):
        tls = ssl.create_default_context(cafile=ca)
        self._connect(socket.create_connection((host, int(port)), timeout=SECONDS))
        self.certificate = None
        if layer == "tls":
            self._secure(tls, host)
        self._expect("+OK", self._line())
        if layer == "stls":
            self._expect("+OK", self._command("STLS"))
            self._secure(tls, host)

    def _connect(self, stream):
        self._stream, self._input = stream, stream.makefile("rb")

    def _secure(self, tls, host):
        self._connect(tls.wrap_socket(self._stream, server_hostname=host))
        self.certificate = self._stream.getpeercert(True)

    def _line(self):
        line = self._input.readline()
        if not line.endswith(b"\r\n"):
            sys.exit(f"the server closed the connection after {line!r}")
        return line[:-2].decode()

    def _command(self, line):
        self._stream.sendall(line.encode() + b"\r\n")
        return self._line()

    def _expect(self, status, reply):
        if not reply.startswith(status):
            raise Refused(reply)
        return reply[len(status):]

    def log_on(self, client):
        self._expect("+ ", self._command("AUTH NTLM"))
        challenge = self._expect("+ ", self._blob(client.negotiate()))
        self._expect("+OK", self._blob(client.authenticate(base64.b64decode(challenge, validate=True))))

    def _blob(self, octets):
        return self._command(base64.b64encode(octets).decode())

    def first_message(self):
        self._expect("+OK", self._command("RETR 1"))
        lines = []
        while (line := self._input.readline()) not in (b".\r\n", b""):
            lines.append(line.removeprefix(b"."))
        self._expect("+OK", self._command("QUIT"))
        return b"".join(lines)


def bindings_data(option, certificate):
    """The application data of RFC 5929 section 4.1, None for none. The tests' certificates are signed with SHA-256."""
    if option == "none":
        return None
    digest = hashlib.sha256(certificate or b"").digest()
    if option == "wrong":
        digest = bytes([digest[0] ^ 1]) + digest[1:]
    return b"tls-server-end-point:" + digest


def run(make_client):
    """`make_client(user, domain, password, form, bindings)` gives what has negotiate() and authenticate(challenge)."""
    host, port, layer, ca, user, domain, *rest = sys.argv[1:]
    options = {"bindings": "none", "form": "ntlmv2"}
    for option in rest:
        name, value = re.fullmatch("([a-z]+)=(.*)", option).groups()
        options[name] = value
    password = sys.stdin.buffer.readline().rstrip(b"\n").decode()
    pop3 = Pop3(host, port, layer, ca)
    client = make_client(user, domain, password, options["form"],
                         bindings_data(options["bindings"], pop3.certificate))
    try:
        pop3.log_on(client)
    except Refused as refusal:
        print(refusal, file=sys.stderr)
        sys.exit(REFUSED)
    sys.stdout.buffer.write(pop3.first_message())
