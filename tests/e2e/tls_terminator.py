"""A load balancer that ends TLS with a certificate of its own and goes on without."""
import hashlib
import select
import socket
import ssl
import subprocess
import threading


def make_certificate(deployment, directory):
    """(certificate, key) for localhost, of the installation's own authority."""
    certificate, key, request = (directory / f"balancer.{end}" for end in ("pem", "key", "csr"))
    extensions = directory / "balancer.ext"
    extensions.write_text("subjectAltName=DNS:localhost\nextendedKeyUsage=serverAuth\n")
    for arguments in (
        ["req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=balancer",
         "-keyout", key, "-out", request],
        ["x509", "-req", "-sha256", "-in", request, "-CA", deployment.ca, "-CAkey", deployment.dir / "tls/ca.key",
         "-days", "2", "-set_serial", "7", "-extfile", extensions, "-out", certificate],
    ):
        subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)
    return certificate, key


class TlsTerminator:
    """Passes what comes over TLS to `port` on to `address`."""

    def __init__(self, address, certificate, key):
        self._address = address
        self._context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._context.load_cert_chain(certificate, key)
        self.hash = hashlib.sha256(ssl.PEM_cert_to_DER_cert(certificate.read_text())).hexdigest()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self._listener.close()

    def _accept(self):
        while True:
            try:
                plain, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(plain,), daemon=True).start()

    def _serve(self, plain):
        try:
            with self._context.wrap_socket(plain, server_side=True) as client:
                with socket.create_connection(self._address) as server:
                    _pass(client, server)
        except OSError:
            pass  # one of the two has gone


def _pass(client, server):
    """Both ways, in one thread: a TLS connection is not for two."""
    other = {client: server, server: client}
    while True:
        # What TLS has decrypted already is seen by no select().
        readable = [client] if client.pending() else select.select(list(other), [], [])[0]
        for source in readable:
            piece = source.recv(65536)
            if not piece:
                return
            other[source].sendall(piece)
