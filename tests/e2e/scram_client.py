"""The client's side of SCRAM-SHA-256 and -PLUS (RFC 5802, RFC 7677), for tests that steer each step."""
import base64
import hashlib
import hmac
import secrets


def encode(octets):
    return base64.b64encode(octets).decode()


def decode(line):
    """The text of a challenge line."""
    assert line.startswith("+ "), line
    return base64.b64decode(line[2:]).decode()


def server_end_point(tls_socket):
    """RFC 5929 section 4.1, for a certificate that is signed with SHA-256."""
    return hashlib.sha256(tls_socket.getpeercert(binary_form=True)).digest()


class ScramClient:
    def __init__(self, user, password, header="n,,", binding=b""):
        self._name = user.replace("=", "=3D").replace(",", "=2C")
        self._password = password.encode()
        self._header, self._binding = header, binding
        self._nonce = secrets.token_hex(12)

    def first(self):
        self._bare = f"n={self._name},r={self._nonce}"
        return self._header + self._bare

    def final(self, server_first):
        fields = dict(part.split("=", 1) for part in server_first.split(","))
        assert fields["r"].startswith(self._nonce) and len(fields["r"]) > len(self._nonce)
        salted = hashlib.pbkdf2_hmac(
            "sha256", self._password, base64.b64decode(fields["s"]), int(fields["i"]))
        without_proof = f"c={encode(self._header.encode() + self._binding)},r={fields['r']}"
        message = f"{self._bare},{server_first},{without_proof}".encode()
        client_key = hmac.digest(salted, b"Client Key", "sha256")
        signature = hmac.digest(hashlib.sha256(client_key).digest(), message, "sha256")
        proof = bytes(a ^ b for a, b in zip(client_key, signature))
        self.server_final = "v=" + encode(hmac.digest(hmac.digest(salted, b"Server Key", "sha256"), message, "sha256"))
        return f"{without_proof},p={encode(proof)}"


def scram_logon(session, client, mechanism="SCRAM-SHA-256", initial=True):
    """The last reply; the server's own proof is checked on the way."""
    if initial:
        reply = session.command(f"AUTH {mechanism} {encode(client.first().encode())}")
    else:
        assert session.command(f"AUTH {mechanism}") == "+ "
        reply = session.command(encode(client.first().encode()))
    if not reply.startswith("+ "):
        return reply
    reply = session.command(encode(client.final(decode(reply)).encode()))
    if not reply.startswith("+ "):
        return reply
    assert decode(reply) == client.server_final
    return session.command("")
