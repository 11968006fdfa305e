"""Somebody with mail, and what a mail program that fetches it must have got."""
import itertools
import subprocess

from pop3_client import RawPop3

# No program quotes or changes these: no line begins with "From ", and none is longer than a mail's may be.
MESSAGES = [
    b"Subject: empty\r\n\r\n",
    b"Subject: dots\r\n\r\n.\r\n..\r\n...\r\n.leading\r\ntrailing.\r\n",
    b"Subject: long\r\n\r\n" + b"x" * 998 + b"\r\nend\r\n",
    b"Subject: 8-bit\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
    + "Grüße, καλημέρα\r\n".encode(),
    b"Subject: large\r\n\r\n" + b"".join(b"line %06d of a large message\r\n" % n for n in range(10_000)),
]
SECONDS = 90
_numbers = itertools.count(1)


class Person:
    """Somebody new with all the messages. `directory` is where programs find their settings and leave mail."""

    def __init__(self, deployment, directory, messages=MESSAGES, user=None, password=None):
        number = next(_numbers)
        self.deployment, self.directory = deployment, directory
        self.account = f"user{number}"
        self.user = user or self.account
        self.windows_name, self.address = f"CORP\\{self.user}", f"{self.account}@corp.example"
        self.principal_name = f"{self.user}@corp.test"
        self.environment = {"HOME": str(directory), "PATH": "/usr/bin:/bin", "TERM": "vt100", "LC_ALL": "C.UTF-8"}
        self.password = deployment.create_account(
            self.account, self.windows_name, f"alias{number}", self.address, password, self.principal_name)
        for message in messages:
            deployment.deliver(self.address, message)

    def port(self, name):
        return self.deployment.address(name)[1]

    def file(self, name, text):
        path = self.directory / name
        path.write_text(text)
        path.chmod(0o600)
        return path

    def start(self, *command, environment=None, **options):
        """A program with a home of its own, run to its end."""
        return subprocess.run(
            [str(part) for part in command], capture_output=True, timeout=SECONDS,
            env={**self.environment, **(environment or {})}, **options)

    def run(self, *command, **options):
        """The standard output of a program that must not fail."""
        result = self.start(*command, **options)
        assert result.returncode == 0, (result.returncode, result.stdout[-2000:], result.stderr[-2000:])
        return result.stdout

    def messages_left(self):
        """The answer to a right password, which also ends the delays that wrong ones have brought."""
        with RawPop3(self.deployment.address("POP3")) as session:
            return session.pass_logon(self.windows_name, self.password)


def unix(message):
    return message.replace(b"\r\n", b"\n")


def assert_all_in(text, whole=True):
    """Every message is in the text, or, where a program adds header fields of its own, every body."""
    text = unix(text)
    for message in map(unix, MESSAGES):
        wanted = message if whole else message.partition(b"\n\n")[2]
        assert wanted in text, (wanted[:200], text[:2000])


def assert_nothing_left(person):
    assert person.messages_left().startswith("+OK 0 messages")
