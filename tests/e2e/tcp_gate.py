"""A gate in a TCP path that can be slow, cut, half closed or a black hole."""
import selectors
import socket
import threading
import time


class TcpGate:
    """Listens on a port of 127.0.0.1 and passes octets to another, as `mode` says at the time.

    pass        at once
    slow        each piece 0.2 s later
    bytewise    one octet at a time
    black_hole  connections are taken and stay, nothing goes through
    refuse      connections are closed as soon as they come, present ones at once
    """

    def __init__(self, port):
        self._port = port
        self._mode = "pass"
        self._pairs = set()
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self._listener.getsockname()[1]
        self.connections = 0
        self.octets = 0  # passed so far, in both directions
        threading.Thread(target=self._accept, daemon=True).start()

    def set(self, mode):
        self._mode = mode
        if mode == "refuse":
            self.cut()

    def cut(self):
        """Resets the connections of now."""
        for pair in self._take_pairs():
            for one in pair:
                _reset(one)

    def half_close(self):
        """Ends the service's side of the connections of now; the other side may go on talking."""
        with self._lock:
            for client, _ in self._pairs:
                _shut(client, socket.SHUT_WR)

    def close(self):
        self.cut()
        self._listener.close()

    def _take_pairs(self):
        with self._lock:
            pairs, self._pairs = self._pairs, set()
        return pairs

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            if self._mode == "refuse":
                client.close()
                continue
            try:
                service = socket.create_connection(("127.0.0.1", self._port), timeout=2)
            except OSError:
                client.close()
                continue
            service.settimeout(None)
            pair = (client, service)
            with self._lock:
                self._pairs.add(pair)
            for source, sink in (pair, pair[::-1]):
                threading.Thread(target=self._pump, args=(source, sink, pair), daemon=True).start()

    def _pump(self, source, sink, pair):
        try:
            with selectors.DefaultSelector() as selector:
                selector.register(source, selectors.EVENT_READ)
                while True:
                    if not selector.select(0.5):
                        continue
                    if self._mode == "black_hole":
                        time.sleep(0.05)  # the octets stay where they are
                        continue
                    piece = source.recv(1 if self._mode == "bytewise" else 65536)
                    if not piece:
                        break
                    if self._mode == "slow":
                        time.sleep(0.2)
                    sink.sendall(piece)
                    self.octets += len(piece)
        except (OSError, ValueError):
            pass
        with self._lock:
            self._pairs.discard(pair)
        for one in pair:
            _shut(one, socket.SHUT_RDWR)
            one.close()


def _reset(one):
    try:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    except OSError:
        return  # closed already
    _shut(one, socket.SHUT_RDWR)
    one.close()


def _shut(one, how):
    try:
        one.shutdown(how)
    except OSError:
        pass
