"""What is measured: the works, the mailboxes they need, and how good Restante has to be at each."""
import dataclasses


@dataclasses.dataclass(frozen=True)
class Mailboxes:
    """Accounts NAME0, NAME1, ... of equal mailboxes."""
    accounts: int
    messages: int = 0
    octets: int = 0


MAILBOXES = {
    "ten": Mailboxes(64, 10, 10_000),
    "hundred": Mailboxes(2, 100, 10_000),
    "thousand": Mailboxes(8, 1_000, 4_096),
    "large": Mailboxes(1, 4, 10_000_000),
    "inbox": Mailboxes(64),
    "filled": Mailboxes(8),
    "idle": Mailboxes(200),
}


@dataclasses.dataclass(frozen=True)
class Work:
    what: str
    mailboxes: str
    command: tuple  # of mail_load
    unit: str  # "MB", or what mail_load counts; "connection" is measured in KiB of memory
    goal: float = 0  # times better than the reference; 0: none was set
    budget: float = 0  # microseconds, or KiB, for each unit
    tls: bool = False
    ntlm: bool = False
    # Messages of 10 KB that each of the accounts is given ahead of every run, outside the measured time.
    fill: int = 0
    reference: str = "dovecot"  # or the name of another work of Restante


def _sessions(count, *options, connections=8):
    return ("sessions", "--sessions", count, "--connections", connections, *options)


def _deliver(connections, messages):
    return ("deliver", "--messages", messages, "--octets", 10_000, "--connections", connections)


_RETRIEVE = ("retrieve", "--passes")

WORKS = {
    "W1": Work("PASS, STAT, QUIT; 8 clients", "ten", _sessions(2000), "session", 3.5, 330),
    "W1t": Work("the same over TLS, full handshakes", "ten", _sessions(1500), "session", 3.5, 680, tls=True),
    "W2a": Work("PASS, STAT, UIDL, QUIT; 10 messages", "ten", _sessions(2000, "--uidl"), "session", 3.5, 370),
    "W2b": Work("the same, 1,000 messages", "thousand", _sessions(800, "--uidl"), "session", 5, 900),
    "commands": Work("NOOP, STAT, LIST 1, 100 in flight", "ten",
                     ("commands", "--batches", 1000, "--batch", 100), "command"),
    "W3": Work("RETR of 1,000 x 4 KB, one at a time", "thousand", (*_RETRIEVE, 8), "message", 2, 29),
    "W3p": Work("the same, 8 in flight", "thousand", (*_RETRIEVE, 8, "--in-flight", 8), "message", 1.6, 18),
    "W3t": Work("RETR of 1,000 x 4 KB over TLS", "thousand", (*_RETRIEVE, 8), "message", 2.5, 45, tls=True),
    "W3m": Work("RETR of 100 x 10 KB", "hundred", (*_RETRIEVE, 40), "message", 1.8, 45),
    "W4": Work("RETR of 10 MB", "large", (*_RETRIEVE, 10), "MB", 1.0, 2400),
    "W4t": Work("the same over TLS", "large", (*_RETRIEVE, 10), "MB", 1.7, 3300, tls=True),
    "W5": Work("LMTP of 10 KB, durable, 16 connections", "inbox", _deliver(16, 2000), "message", 5, 480),
    "W5a": Work("the same, 1 connection", "inbox", _deliver(1, 1000), "message", 3, 640),
    "W5b": Work("the same, 64 connections", "inbox", _deliver(64, 2000), "message", 5, 540),
    "W6": Work("an idle session after logon", "idle",
               ("idle", "--log-on", "--connections", 200), "connection", 25, 24),
    "W6p": Work("an idle connection before logon", "idle",
                ("idle", "--connections", 10_000), "connection", 1.4, 8),
    "W6t": Work("the same over TLS", "idle",
                ("idle", "--connections", 10_000), "connection", 1.6, 20, tls=True),
    "W7": Work("AUTH NTLM, STAT, QUIT; 8 clients", "ten", _sessions(2000), "session", 1 / 1.3, 430,
               ntlm=True, reference="W1"),
    "W8": Work("RETR and DELE of 100 x 10 KB, QUIT", "filled",
               _sessions(8, "--retrieve", "--delete", connections=1), "message", 2.5, 60, fill=100),
    "W8d": Work("DELE of 100, QUIT", "filled",
                _sessions(8, "--delete", connections=1), "session", 3.5, 2300, fill=100),
}
