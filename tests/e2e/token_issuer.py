"""An OAuth issuer: keys of openssl, a JWK Set, and JSON Web Tokens (RFC 7515, RFC 7517, RFC 7519)."""
import base64
import json
import subprocess
import time


def _encode(octets):
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def _openssl(*arguments, **options):
    return subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True, **options).stdout


class TokenIssuer:
    ISSUER, AUDIENCE = "https://issuer.example", "restante"

    def __init__(self, directory, algorithm="RS256"):
        self._algorithm = algorithm
        self._key = directory / f"issuer-{algorithm}.pem"
        kind = ["RSA", "-pkeyopt", "rsa_keygen_bits:2048"] if algorithm == "RS256" else [
            "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]
        _openssl("genpkey", "-algorithm", *kind, "-out", self._key)

    def jwk(self):
        if self._algorithm == "RS256":
            modulus = _openssl("rsa", "-in", self._key, "-noout", "-modulus").decode().strip().partition("=")[2]
            return {"kty": "RSA", "use": "sig", "kid": "RS256", "n": _encode(bytes.fromhex(modulus)), "e": "AQAB"}
        point = _openssl("pkey", "-in", self._key, "-pubout", "-outform", "DER")[-64:]
        return {"kty": "EC", "crv": "P-256", "kid": "ES256", "x": _encode(point[:32]), "y": _encode(point[32:])}

    def token(self, subject, header=None, **claims):
        claims = {"iss": self.ISSUER, "aud": self.AUDIENCE, "sub": subject, "exp": int(time.time()) + 300, **claims}
        header = header or {"alg": self._algorithm, "kid": self._algorithm}
        text = ".".join(_encode(json.dumps(part).encode()) for part in (header, claims))
        signature = _openssl("dgst", "-sha256", "-sign", self._key, input=text.encode())
        if self._algorithm == "ES256":
            signature = _numbers(signature)
        return f"{text}.{_encode(signature)}"


def _numbers(der):
    """The two numbers of an ECDSA signature, 32 octets each."""
    rest, numbers = der[2:], b""
    for _ in range(2):
        size = rest[1]
        numbers += int.from_bytes(rest[2:2 + size], "big").to_bytes(32, "big")
        rest = rest[2 + size:]
    return numbers


def key_set(*issuers):
    return json.dumps({"keys": [issuer.jwk() for issuer in issuers]})
