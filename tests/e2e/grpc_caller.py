"""Unary calls of auth's data port by curl, with the certificate of one of the programs."""
import subprocess
import sys

from deployment import ROOT

_SERVICE = "restante.auth.v1.LogonService"
_HOST = "auth.restante.internal"


class GrpcCaller:
    """After it is made, restante.auth.v1.*_pb2 can be imported."""

    def __init__(self, deployment, program, directory):
        self._deployment, self._program, self._directory = deployment, program, directory
        protos = sorted((ROOT / "protos/restante").glob("*/v1/*.proto"))
        subprocess.run(["protoc", f"-I{ROOT / 'protos'}", f"--python_out={directory}", *protos], check=True)
        sys.path.insert(0, str(directory))

    def call(self, method, request, response_type):
        """(status, response or None when it is not OK)"""
        message = request.SerializeToString()
        headers = self._directory / "headers"
        tls = self._deployment.dir / "tls"
        result = subprocess.run(
            ["curl", "-sS", "--max-time", "30", "--http2", "--cacert", self._deployment.ca,
             "--cert", tls / f"{self._program}.pem", "--key", tls / f"{self._program}.key",
             "--connect-to", "::%s:%d" % self._deployment.address("AUTH"), "--dump-header", headers,
             "-H", "content-type: application/grpc", "-H", "te: trailers", "--data-binary", "@-",
             f"https://{_HOST}/{_SERVICE}/{method}"],
            input=b"\0" + len(message).to_bytes(4, "big") + message, capture_output=True)
        assert result.returncode == 0, result.stderr
        (status,) = [int(line.split(":")[1]) for line in headers.read_text().splitlines()
                     if line.lower().startswith("grpc-status:")]
        return status, response_type.FromString(result.stdout[5:]) if status == 0 else None
