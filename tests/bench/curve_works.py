"""What the curves are of. Each class prepares mailboxes, and measures one point after another."""
import contextlib
import pathlib
import time

from bench import MAIL_OCTETS, Bench
from curve import Curve
from mail_load import outcome
from servers import Restante

MANY, CLIENTS = 256, 8
COST = "processor time, us for each session"
LATENCY = {"p50": "median, ms", "p99": "99 of 100, ms"}
SLEEPS = {"sleeps": "how often a thread went to sleep for each"}


class Measured:
    def __init__(self, bench):
        self.bench = bench

    def prepare(self, points, directory):
        """Ahead of all rounds."""

    def at(self, point):
        raise NotImplementedError

    def finish(self):
        """After the last round, or a fault."""

    def sessions(self, name, accounts, sessions, connections, *options):
        return self.bench.pop3("sessions", name, accounts, "--sessions", self.bench.times(sessions),
                               "--connections", connections, *options)


class Connections(Measured):
    def prepare(self, points, directory):
        self.bench.make("ten", MANY, 10)

    def at(self, point):
        return self.bench.cost(lambda: self.sessions("ten", MANY, 1_500, point))


class Rate(Measured):
    """Per cent of the highest rate that closed loops of 16, 32 and 64 clients come to."""

    def prepare(self, points, directory):
        self.bench.make("paced", MANY, 10)
        self._highest = max(self.bench.cost(lambda: self.sessions("paced", MANY, 3_000, clients))["rate"]
                            for clients in (16, 32, 64))

    def at(self, point):
        rate = self._highest * point / 100
        seconds = 3
        found = self.bench.cost(lambda: self.sessions("paced", MANY, int(rate * seconds), MANY, "--rate", rate))
        return {**found, "offered": rate, "highest": self._highest}


class MailboxSize(Measured):
    def prepare(self, points, directory):
        for point in points:
            self.bench.make(f"box{point}x", 1, point, 600)

    def at(self, point):
        # A hundred thousand take some fifty times what ten do.
        return self.bench.cost(lambda: self.sessions(f"box{point}x", 1, 400 if point < 10_000 else 40, 1))


class AccountsInDirectory(Measured):
    """An installation for each point, side by side: what idles costs nothing, and points are measured in turns."""

    def __init__(self, bench):
        super().__init__(bench)
        self._benches = {}

    def prepare(self, points, directory):
        for point in points:
            server = Restante(pathlib.Path(directory) / f"accounts{point}")
            self._benches[point] = Bench(server, self.bench.brief)
            server.start()
            self._benches[point].make("ten", 64, 10)
            if point > 64:
                server.create_many([f"other{number}" for number in range(point - 64)])

    def at(self, point):
        bench = self._benches[point]
        run = ("sessions", "ten", 64, "--sessions", bench.times(1_500), "--connections", CLIENTS)
        return {**bench.cost(lambda: bench.pop3(*run)),
                "memory": bench.server.group.memory_octets("restante-auth") / 1e6}

    def finish(self):
        for bench in self._benches.values():
            bench.server.stop()
            bench.server.remove()


class OpenSessions(Measured):
    def prepare(self, points, directory):
        self._most = max(*points, 1)
        self.bench.make("beside", 64, 10)
        self.bench.make("open", self._most)

    def at(self, point):
        group = self.bench.server.group
        with self._held(point):
            # For longer than it takes until all leases were renewed.
            upkeep = self.bench.upkeep(1 if self.bench.brief else 11)
            before, begun = group.processor_microseconds(), time.monotonic()
            seen = outcome(self.sessions("beside", 64, 1_500, CLIENTS))
            # What the sessions behind it still cause belongs to them.
            time.sleep(0.5)
            used = group.processor_microseconds() - before
            own = used - upkeep * (time.monotonic() - begun)
        return {"cost": own / seen["units"], "upkeep": upkeep / 1e3,
                **{key: seen["latency_us"][key] / 1e3 for key in ("p50", "p99")}}

    @contextlib.contextmanager
    def _held(self, sessions):
        if sessions == 0:
            self.bench.server.group.wait_until_quiet()
            yield
            return
        with held(self.bench, "open", self._most, sessions, "--log-on"):
            yield


@contextlib.contextmanager
def held(bench, name, accounts, connections, *options, port="POP3"):
    """Idle connections, for as long as it lasts."""
    run = bench.pop3("idle", name, accounts, "--connections", connections, *options, port=port)
    if run.stdout.readline() != "ready\n":
        outcome(run)
    try:
        bench.server.group.wait_until_quiet(5)
        yield
    finally:
        outcome(run)
        # The front end gives their leases back, or nobody could open these mailboxes for a while.
        bench.server.group.wait_until_quiet()


class DeliveryConnections(Measured):
    def prepare(self, points, directory):
        self.bench.make("inbox", 64)

    def at(self, point):
        messages = 300 if point == 1 else 1_500
        return self.bench.cost(lambda: self.bench.deliver("inbox", 64, self.bench.times(messages), MAIL_OCTETS, point))


def _messages_of(octets):
    """For 64 MB of mail, and no more than 2,000 messages."""
    return max(min(64_000_000 // octets, 2_000), 2)


class RetrievedSize(Measured):
    def prepare(self, points, directory):
        for point in points:
            self.bench.make(f"size{point}x", 1, self._in_mailbox(point), point)

    def _in_mailbox(self, octets):
        return max(self.bench.times(_messages_of(octets)) // 4, 1)

    def at(self, point):
        return self.bench.cost(lambda: self.bench.pop3("retrieve", f"size{point}x", 1, "--passes", 4), "MB")


class DeliveredSize(Measured):
    CLIENTS = 4

    def prepare(self, points, directory):
        self.bench.make("sized", self.CLIENTS)

    def at(self, point):
        messages = max(self.bench.times(_messages_of(point)), self.CLIENTS)
        return self.bench.cost(
            lambda: self.bench.deliver("sized", self.CLIENTS, messages, point, self.CLIENTS), "MB")


class IdleMemory(Measured):
    """KiB for each idle connection: of the processes, and of the kernel, of programs that served few before."""
    KINDS = {"plain": ("POP3", ()), "tls": ("POP3S", ()), "session": ("POP3", ("--log-on",))}

    def prepare(self, points, directory):
        self._most = max(points)
        self.bench.make("idle", self._most)

    def at(self, point):
        found = {}
        for kind, (port, options) in self.KINDS.items():
            server = self.bench.server
            server.stop()
            server.start()
            outcome(self.bench.pop3("sessions", "idle", self._most, "--sessions", 100, "--connections", 4, port=port))
            server.group.wait_until_quiet()
            before = self._now()
            with held(self.bench, "idle", self._most, point, *options, port=port):
                after = self._now()
            found.update({f"{kind}_{key}": (after[key] - before[key]) / 1024 / point for key in before})
        return found

    def _now(self):
        group = self.bench.server.group
        kernel = group.kernel_octets()  # 0 where it counts none
        return {"processes": group.memory_octets(), "sock": kernel.get("sock", 0), "kernel": kernel.get("kernel", 0),
                "both_ends": _slab_octets()}


def _slab_octets():
    """Of the whole machine: a kernel may charge nobody for a TCP socket that a client began."""
    for line in pathlib.Path("/proc/meminfo").read_text().splitlines():
        if line.startswith("Slab:"):
            return int(line.split()[1]) * 1024
    raise RuntimeError("/proc/meminfo says nothing of Slab")


_POWERS = (1, 2, 4, 8, 16, 32, 64)
_SIZES = (4_096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216)
_COST_OF_MB = {"cost": "processor time, us for each MB", "rate": "MB/s"}
_MEMORY = {f"{kind}_{part}": f"{kind_name}: {part_name}, KiB"
           for kind, kind_name in (("plain", "before logon"), ("tls", "before logon, TLS"), ("session", "after logon"))
           for part, part_name in (("processes", "processes"), ("sock", "under way in sockets"),
                                   ("kernel", "the kernel besides, charged to them"),
                                   ("both_ends", "slab of the whole machine, both ends"))}

CURVES = {
    "connections": Curve(
        "PASS, STAT, QUIT: clients at once, each beginning again when it is done", "clients", _POWERS,
        {"rate": "sessions each second", **LATENCY, "cost": COST, **SLEEPS},
        (("rate",), ("p50", "p99"), ("cost",)), Connections, dovecot=True),
    "rate": Curve(
        "PASS, STAT, QUIT at a fixed rate, whether the last ones are done or not", "% of the highest rate",
        tuple(range(10, 100, 10)), {**LATENCY, "cost": COST, "rate": "sessions each second"},
        (("p50", "p99"), ("cost",)), Rate),
    "mailbox": Curve(
        "PASS, STAT, QUIT: messages in the mailbox", "messages", (10, 100, 1_000, 10_000, 100_000),
        {"cost": COST, **LATENCY}, (("cost",), ("p50", "p99")), MailboxSize, dovecot=True),
    "accounts": Curve(
        "PASS, STAT, QUIT of 8 clients: accounts in the directory", "accounts", (64, 10_000, 100_000, 1_000_000),
        {"cost": COST, **LATENCY, "memory": "memory of auth, MB"}, (("cost",), ("memory",)),
        AccountsInDirectory, brief=(64, 1_000)),
    "open": Curve(
        "PASS, STAT, QUIT of 8 clients: other sessions open beside them", "open sessions", (0, 1_000, 10_000),
        {"cost": COST, **LATENCY, "upkeep": "all at rest: processor time, ms/s"},
        (("cost",), ("upkeep",)), OpenSessions, brief=(0, 50)),
    "deliver": Curve(
        "LMTP of 10 KB, durable: connections at once", "connections", _POWERS,
        {"cost": "processor time, us for each message", "rate": "messages each second", **LATENCY, **SLEEPS},
        (("cost",), ("rate",), ("p50", "p99")), DeliveryConnections, dovecot=True),
    "retrieve-size": Curve(
        "RETR, one at a time: size of the messages", "octets", _SIZES, _COST_OF_MB, (("cost",), ("rate",)),
        RetrievedSize, dovecot=True),
    "deliver-size": Curve(
        "LMTP, durable, 4 connections: size of the messages", "octets", _SIZES, _COST_OF_MB, (("cost",), ("rate",)),
        DeliveredSize, dovecot=True),
    "memory": Curve(
        "Memory of an idle connection", "connections", (1_000, 10_000), _MEMORY,
        (), IdleMemory, brief=(50,)),
}
