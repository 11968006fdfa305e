"""What the mailstore is measured at, through the real programs: deliveries, fetching, opening, disk, fairness, start."""
import contextlib
import dataclasses
import os
import pathlib
import poplib
import socket
import statistics
import subprocess
import time

from deployment import bin_dir
from bench import MAIL_OCTETS, Bench
from mail_load import outcome
from servers import PASSWORD

SMALL_OCTETS, FETCHED_OCTETS = 600, 4_096
INBOXES, OTHERS = 64, 8
LARGE = 100_000


@dataclasses.dataclass(frozen=True)
class Figure:
    """One row of the table."""
    what: str
    unit: str
    budget: float = 0  # 0: none was set
    at_least: bool = False  # whether more is better

    def is_met(self, value):
        return value >= self.budget if self.at_least else value <= self.budget


def median(values):
    return statistics.median(values)


def percentile(values, part):
    return sorted(values)[min(len(values) - 1, int(len(values) * part))]


class Mail(Bench):
    """An installation whose mailboxes were filled, with about `all_messages` in all."""

    def __init__(self, server, all_messages, large, brief=False):
        super().__init__(server, brief)
        self._deployment = server.deployment
        self.directory = self._deployment.dir / "data/mailstore"
        accounts = {"other": (OTHERS, 10, MAIL_OCTETS), "ten": (1, 10, SMALL_OCTETS),
                    "thousand": (1, 1_000, FETCHED_OCTETS), "large": (1, large, SMALL_OCTETS)}
        server.create_accounts([f"inbox{n}" for n in range(INBOXES)] + ["busy0"] +
                               [f"{name}{n}" for name, (count, _, _) in accounts.items() for n in range(count)])
        self._deployment.down("mailstore")
        rest = all_messages
        for name, (count, messages, octets) in accounts.items():
            self._fill([self._mailbox_of(f"{name}{n}") for n in range(count)], messages, octets)
            rest -= count * messages
        if rest >= 1_000:
            self._fill([f"bulk{n}" for n in range(rest // 1_000)], 1_000, SMALL_OCTETS)
        self.start_mailstore()

    def _mailbox_of(self, account):
        return self._deployment.ctl_json("accounts", "get", account)["mailbox_id"]

    def _fill(self, mailboxes, messages, octets):
        subprocess.run([bin_dir() / "store_fill", "--directory", self.directory, "--messages", str(messages),
                        "--octets", str(octets)], input="\n".join(mailboxes) + "\n", text=True, check=True)

    # --- the mailstore's process

    def start_mailstore(self):
        """Seconds from its start until it takes calls."""
        address = self._deployment.address("MAILSTORE")
        begun = time.monotonic()
        with open(self._deployment.dir / "log/mailstore.log", "a") as log:
            process = subprocess.Popen(
                [bin_dir() / "restante-mailstore", "--config", self._deployment.dir / "config/mailstore.yaml"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        while True:
            with contextlib.suppress(OSError):
                socket.create_connection(address, timeout=5).close()
                break
            if process.poll() is not None:
                raise RuntimeError(f"the mailstore ended with {process.returncode}")
            time.sleep(0.002)
        taken = time.monotonic() - begun
        (self._deployment.dir / "run/mailstore.pid").write_text(f"{process.pid}\n")
        self.server.group.add(process.pid)
        return taken

    def stop_mailstore(self, kill=False):
        self._deployment.down("mailstore", kill=kill)

    def pid(self):
        return self._deployment.pid("mailstore")

    def processor_seconds(self):
        """Of the mailstore alone."""
        fields = pathlib.Path(f"/proc/{self.pid()}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def written_octets(self):
        for line in pathlib.Path(f"/proc/{self.pid()}/io").read_text().splitlines():
            if line.startswith("write_bytes: "):
                return int(line.split()[1])
        raise RuntimeError("the kernel does not count what a process writes")

    def disk_octets(self):
        return sum(path.stat().st_blocks * 512 for path in self.directory.rglob("*") if path.is_file())

    # --- clients

    def open(self, account):
        """(seconds of the logon's last step, seconds of STAT)"""
        client = poplib.POP3("127.0.0.1", self.server.ports["POP3"], timeout=60)
        client.user(self.server.user.format(account))
        begun = time.monotonic()
        client.pass_(PASSWORD)
        opened = time.monotonic()
        client.stat()
        said = time.monotonic()
        client.quit()
        return opened - begun, said - opened

    def syncs_each_second(self, seconds=1.0):
        """What the disk does by itself: a mail's octets appended and synced, one at a time."""
        text, path = os.urandom(MAIL_OCTETS), self.directory.parent / "syncs"
        count, begun = 0, time.monotonic()
        with open(path, "wb", buffering=0) as file:
            while time.monotonic() < begun + seconds:
                file.write(text)
                os.fdatasync(file.fileno())
                count += 1
        path.unlink()
        return count / (time.monotonic() - begun)


def deliveries(connections, messages):
    def measure(mail):
        syncs = mail.syncs_each_second()
        found = mail.cost(lambda: mail.deliver("inbox", INBOXES, mail.times(messages), MAIL_OCTETS, connections))
        return {"rate": found["rate"], "ratio": found["rate"] / syncs, "cpu": found["cost"],
                "p50": found["p50"], "p99": found["p99"]}
    return measure


def delivery_figures(cpu, p50=0.0):
    return {"rate": Figure("durable deliveries of 10 KB", "/s"),
            "ratio": Figure("  for each append and sync that the disk does alone", "x"),
            "cpu": Figure("  processor time of all services", "us each", cpu),
            "p50": Figure("  latency, median", "ms", p50),
            "p99": Figure("  latency, 99 of 100", "ms")}


def fetching(mail):
    # The first time is the disk's.
    outcome(mail.pop3("retrieve", "thousand", 1))
    mail.server.group.wait_until_quiet()
    all_before, store_before = mail.server.group.processor_microseconds(), mail.processor_seconds()
    seen = outcome(mail.pop3("retrieve", "thousand", 1, "--passes", 10))
    mail.server.group.wait_until_quiet()
    used = (mail.server.group.processor_microseconds() - all_before) / 1e6
    return {"all": seen["units"] / used,
            "store": seen["units"] / max(mail.processor_seconds() - store_before, 0.001)}


def opening(account, times):
    def measure(mail):
        mail.open(account)
        before = mail.processor_seconds()
        found = [mail.open(account) for _ in range(times)]
        used = mail.processor_seconds() - before
        opened, said = zip(*found)
        return {"p50": median(opened) * 1e3, "p99": percentile(opened, 0.99) * 1e3,
                "stat": median(said) * 1e3, "cpu": used * 1e3 / times}
    return measure


def opening_figures(budget=0.0):
    return {"p50": Figure("PASS until +OK, median", "ms", budget), "p99": Figure("  99 of 100", "ms", budget),
            "stat": Figure("  STAT behind it", "ms", 1 if budget else 0),
            "cpu": Figure("  processor time of the mailstore, QUIT with it", "ms")}


def disk(mail):
    def settled(kill=False):
        """What the logs hold goes to files at a start, so that nothing is counted twice."""
        mail.server.group.wait_until_quiet()
        written = mail.written_octets()
        mail.stop_mailstore(kill)
        mail.start_mailstore()
        mail.server.group.wait_until_quiet()
        return written + mail.written_octets()
    settled()
    used, written = mail.disk_octets(), mail.written_octets()
    seen = outcome(mail.deliver("inbox", INBOXES, mail.times(20_000), MAIL_OCTETS, 16))
    written = settled() - written
    return {"used": (mail.disk_octets() - used) / seen["octets"], "written": written / seen["octets"]}


def fairness(mail):
    def others():
        seen = outcome(mail.pop3("sessions", "other", OTHERS, "--connections", OTHERS, "--sessions", mail.times(600),
                                 "--rate", 60))
        return seen["latency_us"]["p99"] / 1e3

    endless = 100_000_000
    loud = {"deliver": lambda: mail.deliver("busy", 1, endless, MAIL_OCTETS, 64),
            "open": lambda: mail.pop3("sessions", "large", 1, "--sessions", endless),
            "fetch": lambda: mail.pop3("retrieve", "thousand", 1, "--passes", endless, "--in-flight", 8)}
    quiet = others()
    found = {"quiet": quiet}
    for name, begin in loud.items():
        run = begin()
        try:
            found[name] = others() / quiet
        finally:
            run.terminate()
            run.communicate()
        mail.server.group.wait_until_quiet()
    return found


def start(mail):
    found = {}
    for name, kill in (("stopped", False), ("killed", True)):
        # There is something in the logs to go on from.
        outcome(mail.deliver("inbox", INBOXES, mail.times(2_000), MAIL_OCTETS, 16))
        mail.stop_mailstore(kill)
        found[name] = mail.start_mailstore() * 1e3
    return found


WORKS = {
    "deliver1": ("1 client", deliveries(1, 1_000), delivery_figures(640, 0.9)),
    "deliver16": ("16 clients", deliveries(16, 5_000), delivery_figures(480)),
    "deliver64": ("64 clients", deliveries(64, 5_000), delivery_figures(540)),
    "fetch": ("RETR of 1,000 x 4 KB, one at a time", fetching,
              {"all": Figure("messages for each second of processor time, all services", "/s", 1e6 / 29, True),
               "store": Figure("  of the mailstore alone", "/s")}),
    "open10": ("a mailbox of 10", opening("ten0", 100), opening_figures()),
    "open1000": ("a mailbox of 1,000", opening("thousand0", 100), opening_figures()),
    "open100000": ("a mailbox of 100,000", opening("large0", 20), opening_figures(100)),
    "disk": ("20,000 messages of 10 KB", disk,
             {"used": Figure("octets of disk for each octet of mail", "x"),
              "written": Figure("octets written for each octet of mail, log and compaction too", "x")}),
    "fair": ("logon, STAT, QUIT of 8 others at 60 sessions/s, 99 of 100", fairness,
             {"quiet": Figure("by themselves", "ms"),
              "deliver": Figure("  one mailbox is delivered to by 64 clients at full speed", "x quiet", 2),
              "open": Figure("  a mailbox of 100,000 is opened again and again", "x quiet", 2),
              "fetch": Figure("  a mailbox is fetched again and again, 8 RETR in flight", "x quiet", 2)}),
    "start": ("until the mailstore takes calls", start,
              {"stopped": Figure("after it was stopped", "ms", 2_000),
               "killed": Figure("after it was killed", "ms", 2_000)}),
}
