"""Samba's ntlm_auth as programs use it that do not link its libraries."""
import base64
import subprocess

import pop3_blobs


class Client:
    def __init__(self, user, domain, password, form, bindings):
        assert form == "ntlmv2" and bindings is None
        # Without the option it takes a workgroup of its own for the domain; beside CORP\\user it refuses an empty one.
        options = [] if "\\" in user else [f"--domain={domain}"]
        self._helper = subprocess.Popen(
            ["ntlm_auth", "--helper-protocol=ntlmssp-client-1", f"--username={user}", *options],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self._ask("PW " + base64.b64encode(password.encode()).decode()) == ["OK"]

    def _ask(self, line):
        self._helper.stdin.write(line.encode() + b"\n")
        self._helper.stdin.flush()
        return self._helper.stdout.readline().decode().split()

    def negotiate(self):
        kind, blob = self._ask("YR")
        assert kind == "YR", kind
        return base64.b64decode(blob)

    def authenticate(self, challenge):
        kind, blob = self._ask("TT " + base64.b64encode(challenge).decode())
        assert kind in ("AF", "KK"), (kind, blob)
        self._helper.stdin.close()
        return base64.b64decode(blob)


pop3_blobs.run(Client)
