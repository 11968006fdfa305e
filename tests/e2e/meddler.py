"""A man in the middle of a POP3 connection without TLS, who reads and changes NTLM messages."""
import base64
import re
import socket
import threading

_MESSAGE = re.compile(rb"^((?:\+ )?)(TlRMTVNTUA[A-Za-z0-9+/]*=*)\r\n$")


class Meddler:
    """Passes lines between clients of its `port` and the server at `address`.

    `change(number, octets)` is given each NTLM message, 1 to 3, and returns what goes on in its place."""

    def __init__(self, address, change=lambda number, octets: octets):
        self._address, self._change = address, change
        self.messages = {}  # the last of each number, as it was sent
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._listener.close()

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection(self._address)
            for source, sink in ((client, server), (server, client)):
                threading.Thread(target=self._pass, args=(source, sink), daemon=True).start()

    def _pass(self, source, sink):
        try:
            for line in source.makefile("rb"):
                sink.sendall(_MESSAGE.sub(self._meddle, line))
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # one of the two has gone

    def _meddle(self, match):
        octets = base64.b64decode(match.group(2))
        number = octets[8]
        self.messages[number] = octets
        return match.group(1) + base64.b64encode(self._change(number, octets)) + b"\r\n"
