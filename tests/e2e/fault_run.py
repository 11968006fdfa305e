"""Mail is delivered, read and deleted while programs are killed, stopped and cut off from their power; a journal holds
every promise against what comes of it.

    tests/fault-run [--minutes N] [--seed N]      as long as you like
"""
import ctypes
import fcntl
import os
import pathlib
import random
import signal
import smtplib
import ssl
import subprocess
import threading
import time

from deployment import PROGRAMS, wait_until
from fault_journal import BrokenPromise, MailboxJournal
from pop3_client import try_session

_SHUTDOWN = 0x8004587D  # of ext4, with no flush of its log
_NO_LOG_FLUSH = 2
_FAULTS = (OSError, EOFError, smtplib.SMTPException, ssl.SSLError, AssertionError)


class Disk:
    """A file system of its own below the mailstore's data, whose power can be cut."""

    def __init__(self, deployment, mebibytes=1024):
        self._deployment = deployment
        self._octets = mebibytes << 20
        self._image = deployment.dir / "disk.img"
        self._folder = deployment.dir / "data/mailstore"

    @staticmethod
    def is_possible():
        return os.geteuid() == 0 and pathlib.Path("/dev/loop-control").exists()

    def attach(self):
        """The store moves onto it."""
        self._deployment.down("mailstore")
        with self._image.open("wb") as image:
            image.truncate(self._octets)
        subprocess.run(["mkfs.ext4", "-q", str(self._image)], check=True)
        for path in self._folder.iterdir():
            subprocess.run(["rm", "-r", str(path)], check=True)
        self._mount()
        self._deployment.up("mailstore")

    def _mount(self):
        subprocess.run(["mount", "-o", "loop", str(self._image), str(self._folder)], check=True)

    def detach(self):
        subprocess.run(["umount", str(self._folder)], check=True)

    def cut(self):
        """What was not synced is gone."""
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            fcntl.ioctl(folder, _SHUTDOWN, ctypes.c_uint32(_NO_LOG_FLUSH))
        finally:
            os.close(folder)
        self._deployment.down("mailstore", kill=True)
        self.detach()
        self._mount()
        self._deployment.up("mailstore")


class FaultRun:
    """Threads that send and read, and the faults. Ends with the first broken promise."""

    def __init__(self, deployment, persons, seed, disk=None):
        self._deployment = deployment
        self._persons = persons  # (user, password, address)
        self._disk = disk
        self._random = random.Random(seed)
        self._journals = [MailboxJournal(address) for _, _, address in persons]
        self._ending = threading.Event()
        self._dark = threading.Event()  # answers that come now were never sent
        self._broken = []
        self._lmtp = deployment.address("LMTP")
        self.faults = []

    # --- what goes on

    def _guard(self, work, *arguments):
        try:
            work(*arguments)
        except Exception as broken:  # a fault of this file too must not end as a good run
            self._broken.append(broken)
            self._ending.set()

    def _send(self, index, sender):
        """As a mail server does: the same octets until they are accepted."""
        _, _, address = self._persons[index]
        journal = self._journals[index]
        number = 0
        while not self._ending.is_set():
            token = f"{sender}-{number}"
            number += 1
            size = 40_000 if number % 7 == 0 else 50
            mail = f"Subject: {token}\r\n\r\n".encode() + (b"x" * 70 + b"\r\n") * (size // 72 + 1)
            journal.offer(token)
            while not self._deliver(address, mail):
                time.sleep(0.05)
                if self._ending.is_set():
                    return
            journal.accept(token)

    def _deliver(self, address, mail):
        try:
            with smtplib.LMTP(*self._lmtp, timeout=20) as lmtp:
                refused = lmtp.sendmail("sender@example.net", [address], mail)
            return not refused and not self._dark.is_set()
        except _FAULTS:
            return False

    def _read(self, index, seed):
        dice = random.Random(seed)
        while not self._ending.is_set():
            try:
                self._one_session(index, dice)
            except BrokenPromise:
                raise
            except _FAULTS:
                pass
            time.sleep(0.02)

    def _one_session(self, index, dice, to_the_end=False):
        user, password, _ = self._persons[index]
        journal = self._journals[index]
        accepted = journal.accepted()
        session, reply = try_session(self._deployment, user, password)
        with session:
            if not reply.startswith("+OK") or self._dark.is_set():
                return False
            uidls = [line.split()[1] for line in session.listing("UIDL")]
            for number, uidl in enumerate(uidls, 1):
                if journal.token_of(uidl) is None:
                    journal.see(uidl, self._token_in(session.retrieve(number)))
            journal.hold_against(accepted, uidls)
            if to_the_end:
                session.quit()
                return True
            marked = [n for n in range(1, len(uidls) + 1) if dice.random() < 0.5]
            for number in marked:
                if not session.command(f"DELE {number}").startswith("+OK"):
                    return False
            if dice.random() < 0.3:
                return False  # gone without a word: nothing is deleted
            tokens = [journal.token_of(uidls[number - 1]) for number in marked]
            self._quit(session, journal, tokens)
        return True

    def _quit(self, session, journal, tokens):
        try:
            answer = session.command("QUIT")
        except _FAULTS:
            answer = ""
        if answer.startswith("+OK") and not self._dark.is_set():
            journal.delete(tokens)
        elif "went to another session" not in answer:
            journal.leave_undecided(tokens)

    @staticmethod
    def _token_in(text):
        # A cut message would lack its end.
        head, _, body = text.partition(b"\r\n\r\n")
        if not body.endswith(b"x" * 70 + b"\r\n"):
            raise BrokenPromise("D7: a message ends early")
        (token,) = [line[9:] for line in head.split(b"\r\n") if line.startswith(b"Subject: ")]
        return token.decode()

    # --- faults

    def _kill(self, programs):
        self._deployment.down(*programs, kill=True)
        self._deployment.up(*programs)

    def _stop(self, program):
        pid = self._deployment.pid(program)
        os.kill(pid, signal.SIGSTOP)
        time.sleep(self._random.uniform(0.2, 3))
        os.kill(pid, signal.SIGCONT)

    def _cut_power(self):
        self._dark.set()
        try:
            self._disk.cut()
        finally:
            self._dark.clear()

    def _inflict(self):
        kinds = ["kill"] * 4 + ["all"] + ["stop"] * 3 + (["power"] * 4 if self._disk else [])
        kind = self._random.choice(kinds)
        program = self._random.choice(PROGRAMS)
        if kind == "kill":
            self._kill([program])
        elif kind == "all":
            self._kill(PROGRAMS)
        elif kind == "stop":
            self._stop(program)
        else:
            self._cut_power()
        self.faults.append(kind)

    # --- the run

    def run(self, seconds):
        threads = []
        for index in range(len(self._persons)):
            for sender in range(2):
                threads.append(threading.Thread(target=self._guard, args=(self._send, index, f"m{index}{sender}")))
            threads.append(threading.Thread(target=self._guard, args=(self._read, index, self._random.random())))
        for thread in threads:
            thread.start()
        deadline = time.monotonic() + seconds
        try:
            while time.monotonic() < deadline and not self._ending.is_set():
                time.sleep(self._random.uniform(0.3, 2))
                self._inflict()
        finally:
            self._ending.set()
            for thread in threads:
                thread.join()
        if not self._broken:
            self._look_once_more()
        if self._broken:
            raise self._broken[0]
        return [journal.counts() for journal in self._journals]

    def _look_once_more(self):
        """Recovered: everybody logs on, and everything is as promised."""
        for index in range(len(self._persons)):
            dice = random.Random(0)

            def attempt(index=index, dice=dice):
                try:
                    return self._one_session(index, dice, to_the_end=True)
                except BrokenPromise:
                    raise
                except _FAULTS:
                    return False

            wait_until(attempt, 40, f"a last session of {self._persons[index][0]}")
