"""Two auth processes behind one front end, each killed and started again: right passwords, and they alone, get in."""
import collections
import contextlib
import random
import re
import shutil
import signal
import socket
import subprocess
import threading
import time
import urllib.request

import pytest

import ntlm_client
from deployment import bin_dir, wait_until
from pop3_client import RawPop3

CLIENTS, ACCOUNTS, SECONDS = 64, 20, 30
WRONG_ONE_IN = 8
LEAST_KILLS_OF_EACH = 2
OWN_PORTS = {1001: 1041, 1002: 1042, 1003: 1043, 1004: 1044}
MAIL = b"Subject: shared by nobody\r\n\r\nRead it while auth dies.\r\n"


class Replica:
    """A process of auth on a copy of the directory, with the keys of the other."""

    def __init__(self, deployment, name, ports):
        self.name, self._deployment = name, deployment
        self._config = deployment.dir / f"config/{name}.yaml"
        data = deployment.dir / f"data/{name}"
        shutil.copytree(deployment.dir / "data/auth", data)
        text = (deployment.dir / "config/auth.yaml").read_text().replace(f"{deployment.dir}/data/auth", str(data))
        base = deployment.port_base
        for before, after in ports.items():
            text, changes = re.subn(rf"(127\.0\.0\.1:){base + before}\b", rf"\g<1>{base + after}", text)
            assert changes == 1
        self._config.write_text(text)
        self.address = f"127.0.0.1:{base + ports[1001]}"
        self._metrics_url = f"http://127.0.0.1:{base + ports[1003]}/metrics"
        self._process = None

    def start(self):
        with open(self._deployment.dir / f"log/{self.name}.log", "ab") as log:
            self._process = subprocess.Popen([bin_dir() / "restante-auth", "--config", self._config],
                                             stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        wait_until(self._listens, 20, f"{self.name} listens")

    def kill(self):
        if self._process:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
            self._process = None

    def _listens(self):
        assert self._process.poll() is None, f"{self.name} ended"
        host, _, port = self.address.rpartition(":")
        with contextlib.suppress(OSError), socket.create_connection((host, int(port)), timeout=1):
            return True
        return False

    def decided(self):
        """How many logons it has accepted or refused since it started."""
        text = urllib.request.urlopen(self._metrics_url, timeout=10).read().decode()
        return sum(float(value) for value in re.findall(r"^restante_auth_logons_total\{.*\} (\S+)$", text, re.M))


class Account:
    def __init__(self, deployment, number):
        self.user = f"user{number}"
        self.password = deployment.create_account(
            self.user, f"CORP\\{self.user}", f"mailbox{number}", f"{self.user}@corp.example")
        deployment.deliver(f"{self.user}@corp.example", MAIL)


@pytest.fixture(scope="module")
def accounts(deployment):
    return [Account(deployment, number) for number in range(ACCOUNTS)]


@pytest.fixture(scope="module")
def replicas(deployment, accounts):
    deployment.down("auth", "pop3")
    pair = [Replica(deployment, "auth-a", {port: port for port in OWN_PORTS}),
            Replica(deployment, "auth-b", OWN_PORTS)]
    path = deployment.dir / "config/pop3.yaml"
    text = path.read_text()
    straight = f"target: ipv4:{pair[0].address}"
    assert straight in text
    path.write_text(text.replace(straight, "target: ipv4:" + ",".join(one.address for one in pair)))
    for one in pair:
        one.start()
    deployment.up("pop3")
    yield pair
    for one in pair:
        one.kill()


def log_on(deployment, account, password, source="127.0.0.1"):
    """"in", or what was said instead, in one word."""
    with RawPop3(deployment.address("POP3"), source=source) as session:
        reply = session.ntlm_logon(account.user, "CORP", password)
        if not reply.startswith("+OK"):
            return re.match(r"-ERR \[([A-Z/-]+)\]", reply).group(1)
        assert session.quit().startswith("+OK")
        return "in"


def wait_until_it_decides(deployment, accounts, replica):
    """The front end has found the replica again when logons end there."""
    before = replica.decided()
    account = accounts[0]

    def decides():
        # By PASS, which is one call: the two of NTLM go to the two replicas in turn, the deciding one always
        # to the same.
        with RawPop3(deployment.address("POP3")) as session:
            assert session.pass_logon(f"CORP\\{account.user}", account.password).startswith("+OK")
            assert session.quit().startswith("+OK")
        return replica.decided() > before

    wait_until(decides, 20, f"{replica.name} decides logons")


@pytest.mark.parametrize("first, second", ((0, 1), (1, 0)))
def test_handshakes_finish_on_the_other_replica(deployment, accounts, replicas, first, second):
    begins, ends = replicas[first], replicas[second]
    ends.kill()
    with contextlib.ExitStack() as stack:
        sessions = [stack.enter_context(RawPop3(deployment.address("POP3"))) for _ in accounts]
        challenges = []
        for session in sessions:
            assert session.command("AUTH NTLM") == "+ "
            challenges.append(session.command(ntlm_client.negotiate()).removeprefix("+ "))
        ends.start()
        begins.kill()
        assert ends.decided() == 0
        wrong = deployment.new_password()
        for number, (session, challenge, account) in enumerate(zip(sessions, challenges, accounts)):
            password = wrong if number % WRONG_ONE_IN == 0 else account.password
            reply = session.command(ntlm_client.authenticate(challenge, account.user, "CORP", password))
            assert reply.startswith("-ERR [AUTH]" if password is wrong else "+OK"), (number, reply)
        assert ends.decided() == len(accounts)
    begins.start()
    wait_until_it_decides(deployment, accounts, begins)


class Load:
    """Logons of all clients at once, until stopped."""

    def __init__(self, deployment, accounts, wrong_password):
        self._deployment, self._accounts, self._wrong = deployment, accounts, wrong_password
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self.seen = {"right": collections.Counter(), "wrong": collections.Counter()}
        self.accounts_in = set()
        self.faults = []
        self._threads = [threading.Thread(target=self._client, args=(n,)) for n in range(CLIENTS)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _client(self, number):
        choose = random.Random(number)
        while not self._stop.is_set():
            account = choose.choice(self._accounts)
            is_wrong = choose.randrange(WRONG_ONE_IN) == 0
            try:
                # Each client from an address of its own, so that the delays for guessing do not add up.
                outcome = log_on(self._deployment, account, self._wrong if is_wrong else account.password,
                                 f"127.2.{number}.1")
            except Exception as fault:  # whatever it was, it is no logon
                outcome = "broken"
                self.faults.append(f"{type(fault).__name__}: {fault}")
            with self._lock:
                self.seen["wrong" if is_wrong else "right"][outcome] += 1
                if outcome == "in":
                    self.accounts_in.add(account.user)

    def count(self, outcome):
        with self._lock:
            return self.seen["right"][outcome]


def kill_and_restart(load, replica):
    replica.kill()
    # The other serves alone for a while.
    before = load.count("in")
    wait_until(lambda: load.count("in") > before + ACCOUNTS, 20, f"logons without {replica.name}")
    replica.start()
    wait_until(lambda: replica.decided() > 0, 20, f"{replica.name} decides logons")


def test_parallel_logons_while_each_replica_is_killed(deployment, accounts, replicas):
    kills = collections.Counter()
    begun = time.monotonic()
    with Load(deployment, accounts, deployment.new_password()) as load:
        while time.monotonic() - begun < SECONDS or min(kills[one.name] for one in replicas) < LEAST_KILLS_OF_EACH:
            for replica in replicas:
                kill_and_restart(load, replica)
                kills[replica.name] += 1
    print(f"{dict(kills)} kills; right: {dict(load.seen['right'])}; wrong: {dict(load.seen['wrong'])}")
    assert load.faults == []
    # Somebody else of the many may have the maildrop: that is said only to whoever proved the password.
    assert set(load.seen["right"]) <= {"in", "IN-USE"}, load.seen
    assert set(load.seen["wrong"]) == {"AUTH"}, load.seen
    assert len(load.accounts_in) == ACCOUNTS
    assert load.seen["right"]["in"] > 10 * ACCOUNTS, load.seen
