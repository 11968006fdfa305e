"""One installation of the real programs, made and driven by deploy/local/up and down."""
import fcntl
import json
import os
import pathlib
import secrets
import shlex
import smtplib
import socket
import subprocess
import time

from log_check import traces_of_message

ROOT = pathlib.Path(__file__).resolve().parents[2]
UP = ROOT / "deploy/local/up"
DOWN = ROOT / "deploy/local/down"
PROGRAMS = ("auth", "mailstore", "lmtp", "pop3")

# Offsets span less than a slot, so that installations in different slots never share a port; all are
# below Linux's range for outgoing connections.
_SLOT_PORTS = 1100
_FIRST_PORT = 12000
_SLOTS = 17


def bin_dir():
    """The programs under test: those of the build that runs the test."""
    return pathlib.Path(os.environ.get("RESTANTE_BIN_DIR", ROOT / "build/dev/bin")).resolve()


class PortSlot:
    """A range of ports that no other test of this machine uses, for the life of the object."""

    def __init__(self):
        directory = pathlib.Path("/tmp/restante-e2e-ports")
        directory.mkdir(mode=0o777, exist_ok=True)
        for number in range(_SLOTS):
            lock = open(directory / str(number), "w")
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                lock.close()
                continue
            self._lock = lock
            self.base = _FIRST_PORT + number * _SLOT_PORTS
            if self._all_free():
                return
            lock.close()
        raise RuntimeError("no free range of ports")

    def _all_free(self):
        offsets = [24, 110, 995, *range(1001, 1005), *range(1011, 1015), 1023, 1024, 1033, 1034,
                   *range(1041, 1057)]
        for offset in offsets:
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind(("127.0.0.1", self.base + offset))
                except OSError:
                    return False
        return True

    def release(self):
        self._lock.close()


def read_variables(path):
    """NAME=VALUE lines of a shell file."""
    variables = {}
    for line in path.read_text().splitlines():
        name, separator, value = line.partition("=")
        if separator and not line.startswith("#"):
            (variables[name],) = shlex.split(value)
    return variables


class Deployment:
    # Everything that must not stand in any log, of this installation or another: passwords, what clients made of
    # them, and text of messages.
    secrets = set()
    message_lines = set()

    def __init__(self, directory, port_base):
        self.dir = pathlib.Path(directory)
        self.port_base = port_base
        self.environment = dict(os.environ, RESTANTE_BIN_DIR=str(bin_dir()))

    # --- processes

    def up(self, *programs, check=True):
        """Starts all programs, or those named, and waits until they are ready."""
        arguments = [UP, "--dir", self.dir, "--no-demo", "--detach"]
        if not programs:
            arguments += ["--port-base", str(self.port_base)]
        return self._run([*arguments, *programs], check)

    def down(self, *programs, kill=False, check=True):
        return self._run([DOWN, "--dir", self.dir, *(["--kill"] if kill else []), *programs], check)

    def _run(self, command, check):
        result = subprocess.run(
            [str(part) for part in command],
            env=self.environment, capture_output=True, text=True, timeout=150,
        )
        if check and result.returncode != 0:
            raise AssertionError(
                f"{' '.join(map(str, command))} ended with {result.returncode}\n"
                f"{result.stdout}{result.stderr}"
            )
        return result

    def pid(self, program):
        return int((self.dir / f"run/{program}.pid").read_text())

    # --- addresses

    def address(self, name):
        """("127.0.0.1", port) of RESTANTE_<name>."""
        host, _, port = read_variables(self.dir / "endpoints.env")[f"RESTANTE_{name}"].rpartition(":")
        return host, int(port)

    @property
    def pop3_url(self):
        return "pop3://%s:%d" % self.address("POP3")

    @property
    def pop3s_url(self):
        # By the name that stands in the certificate.
        return "pop3s://localhost:%d" % self.address("POP3S")[1]

    @property
    def ca(self):
        return self.dir / "tls/ca.pem"

    # --- management

    def ctl(self, *arguments, stdin=None, check=True, environment=None, timeout=60):
        """restantectl as an operator runs it."""
        variables = {**self.environment, **read_variables(self.dir / "restantectl.env")}
        variables.update(environment or {})
        result = subprocess.run(
            [str(bin_dir() / "restantectl"), *map(str, arguments)],
            env=variables, input=stdin, capture_output=True, text=True, timeout=timeout,
        )
        if check and result.returncode != 0:
            raise AssertionError(
                f"restantectl {' '.join(map(str, arguments))} ended with {result.returncode}\n"
                f"{result.stdout}{result.stderr}"
            )
        return result

    def ctl_json(self, *arguments, **options):
        return json.loads(self.ctl(*arguments, "-o", "json", **options).stdout)

    def create_account(self, account, windows_name=None, alias=None, address=None, password=None,
                       principal_name=None):
        """Makes an account and returns its password."""
        password = password or self.new_password()
        self.secrets.add(password)
        options = []
        for option, value in (
            ("--windows-name", windows_name), ("--alias", alias), ("--address", address),
            ("--principal-name", principal_name),
        ):
            if value:
                options += [option, value]
        self.ctl("accounts", "create", account, *options, "--password-stdin", stdin=password)
        return password

    def new_password(self):
        password = "Pw-" + secrets.token_hex(6)
        self.secrets.add(password)
        return password

    def enable(self, *mechanisms):
        self.ctl("policy", "update", "pop3", *[a for m in mechanisms for a in ("--enable", m)])

    def disable(self, *mechanisms):
        self.ctl("policy", "update", "pop3", *[a for m in mechanisms for a in ("--disable", m)])

    # --- mail

    def deliver(self, address, message, sender="sender@example.net"):
        """By LMTP; returns after the 250. `message` is the bytes of the mail, lines ended by CRLF."""
        self.message_lines.update(traces_of_message(message))
        with smtplib.LMTP(*self.address("LMTP"), timeout=60) as lmtp:
            refused = lmtp.sendmail(sender, [address], message, mail_options=["BODY=8BITMIME"])
        assert not refused, refused

    # --- logs

    def log(self, program):
        """The whole lines of it: a reader can see the beginning of one that is being written."""
        text = (self.dir / f"log/{program}.log").read_text(errors="replace")
        return text[: text.rfind("\n") + 1]

    def logs(self):
        return "".join(self.log(program) for program in PROGRAMS)


def wait_until(condition, seconds, what):
    """For effects that other processes bring about: looks until it is so."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.02)
