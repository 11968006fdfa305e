"""One server under measurement: its mailboxes, the load on it, and what that costs."""
import time

from mail_load import load, outcome

MAIL_OCTETS = 10_000


class Bench:
    def __init__(self, server, brief=False):
        self.server = server
        self.brief = brief

    def times(self, wanted):
        """How often something is done: less when all is to be brief."""
        return max(wanted // 50, 10) if self.brief else wanted

    # --- mailboxes

    def make(self, name, accounts, messages=0, octets=MAIL_OCTETS):
        """Accounts NAME0, NAME1, ... with so many messages each."""
        self.server.create_many([f"{name}{number}" for number in range(accounts)])
        if accounts == 1 and messages >= 1_000 and self.server.name == "restante":
            self.server.fill_stopped(f"{name}0", messages, octets)
        elif messages:
            connections = 1 if octets > 1_000_000 else 16
            outcome(self.deliver(name, accounts, accounts * messages, octets, connections))

    # --- the load, begun

    def deliver(self, name, accounts, messages, octets, connections):
        return load("deliver", "--port", self.server.ports["LMTP"], "--recipient", name + "{}@corp.example",
                    "--accounts", accounts, "--messages", messages, "--octets", octets, "--connections", connections)

    def pop3(self, work, name, accounts, *options, port="POP3", ntlm=False):
        user = ("--user", name + "{}", "--ntlm-domain", "CORP") if ntlm else (
            "--user", self.server.user.format(name + "{}"))
        secure = ("--tls-ca", self.server.ca) if port == "POP3S" else ()
        return load(work, "--port", self.server.ports[port], "--accounts", accounts, *user, *secure, *options)

    # --- what it costs

    def cost(self, begin, unit="units"):
        """Microseconds of the server's processors for each unit of what `begin` begins, and what the client saw."""
        return cost_of(self.server.group, lambda: [begin()], unit)

    def upkeep(self, seconds):
        """Microseconds of processor time for each second in which nothing is asked for."""
        before, begun = self.server.group.processor_microseconds(), time.monotonic()
        time.sleep(seconds)
        return (self.server.group.processor_microseconds() - before) / (time.monotonic() - begun)


def cost_of(group, begin, unit="units"):
    """The same for several runs at once: all that `begin` begins. The unit is "units", or "MB" of mail."""
    group.wait_until_quiet()
    before, slept = group.processor_microseconds(), group.sleeps()
    seen = [outcome(run) for run in begin()]
    group.wait_until_quiet()
    used = group.processor_microseconds() - before
    # Of the threads that were there all the time.
    sleeps = sum(count - slept[thread] for thread, count in group.sleeps().items() if thread in slept)
    units = sum(each["octets"] / 1e6 if unit == "MB" else each["units"] for each in seen)
    return {"cost": used / units, "rate": units / max(each["seconds"] for each in seen), "sleeps": sleeps / units,
            "p50": max(each["latency_us"]["p50"] for each in seen) / 1e3,
            "p99": max(each["latency_us"]["p99"] for each in seen) / 1e3}
