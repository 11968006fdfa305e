"""What no log may hold: passwords in any form, NTLM messages, text of mail, raw control octets."""
import base64
import functools
import pathlib
import re

import ntlm_client

# How every NTLM message begins in base64.
NTLM_BASE64 = b"TlRMTVNTUA"
# The controls of ASCII but the line feed, and of Latin-1 in UTF-8.
_CONTROL = re.compile(rb"[\x00-\x09\x0b-\x1f\x7f]|\xc2[\x80-\x9f]")
_LEAST_OCTETS_OF_TEXT = 10
_LINES_OF_A_MESSAGE = 8


@functools.cache
def traces_of_secret(secret):
    """The octets that would show a password: itself, the middle of its base64 within a longer text, its NT hash."""
    text = secret.encode()
    traces = {text, ntlm_client.nt_hash(secret).hex().encode()}
    for octets_ahead in range(3):
        encoded = base64.b64encode(bytes(octets_ahead) + text)
        # What is ahead and behind has a part in the first and last of these.
        traces.add(encoded[4 if octets_ahead else 0:len(encoded) // 4 * 4 - 4])
    return frozenset(trace for trace in traces if len(trace) >= 4)


def traces_of_message(message):
    """Lines of its text that could not be anything else."""
    lines = message.partition(b"\r\n\r\n")[2].split(b"\r\n")
    return {line for line in lines[:_LINES_OF_A_MESSAGE] if len(line) >= _LEAST_OCTETS_OF_TEXT}


class LogCheck:
    """Looks at what each log file below a directory has got since the last time."""

    def __init__(self, directory):
        self._directory = pathlib.Path(directory)
        self._read = {}

    def __call__(self, secrets=(), texts=()):
        wanted = {trace: "a secret" for secret in secrets for trace in traces_of_secret(secret)}
        wanted.update((text, "text of a message") for text in texts)
        for path in (*self._directory.glob("*/log/*.log"), *self._directory.glob("*/*/log/*.log")):
            self._check(path, wanted)

    def _check(self, path, wanted):
        with open(path, "rb") as file:
            file.seek(self._read.get(path, 0))
            octets = file.read()
        # The end of a line that is still being written is for the next time.
        octets = octets[:octets.rfind(b"\n") + 1]
        self._read[path] = self._read.get(path, 0) + len(octets)
        assert NTLM_BASE64 not in octets, f"an NTLM message in {path}"
        control = _CONTROL.search(octets)
        assert not control, f"a control octet in {path}: {octets[max(control.start() - 80, 0):control.end() + 20]!r}"
        for trace, what in wanted.items():
            assert trace not in octets, f"{what} in {path}: {trace!r}"
