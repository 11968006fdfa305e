"""What all processes of a server cost together: processor time and memory, of a cgroup (version 2)."""
import os
import pathlib
import re
import time

# The second is where a machine with version 1 shows version 2 beside it.
_ROOTS = ("/sys/fs/cgroup", "/sys/fs/cgroup/unified")
_PSS = re.compile(r"^Pss:\s+(\d+) kB", re.MULTILINE)
_SLEEPS = re.compile(r"^voluntary_ctxt_switches:\s+(\d+)$", re.MULTILINE)


class NoControlGroup(RuntimeError):
    """This machine, or this user, cannot have one."""


class ControlGroup:
    """A cgroup for the life of the object. Everything that its processes start belongs to it."""

    def __init__(self, name):
        for root in map(pathlib.Path, _ROOTS):
            if (root / "cgroup.procs").exists():
                break
        else:
            raise NoControlGroup("no cgroup version 2 on this machine")
        self.path = root / f"restante-bench-{os.getpid()}-{name}"
        try:
            self.path.mkdir()
        except OSError as error:
            raise NoControlGroup(f"{self.path}: {error.strerror}; run it as root") from error
        self._memory = self._memory_path()

    def _memory_path(self):
        """Where the kernel's memory is counted: here, or in version 1 beside it, or nowhere (None)."""
        if (self.path / "memory.stat").exists():
            return self.path
        for line in pathlib.Path("/proc/self/cgroup").read_text().splitlines():
            _, controllers, own = line.split(":", 2)
            if controllers == "memory":
                # Below the own group, whose limits go on to count.
                path = pathlib.Path("/sys/fs/cgroup/memory" + own) / self.path.name
                path.mkdir()
                return path
        return None

    def add(self, pid):
        """A process with all its threads; 0 is the process that calls."""
        for path in {self.path, self._memory or self.path}:
            (path / "cgroup.procs").write_text(str(pid))

    def pids(self):
        return [int(pid) for pid in (self.path / "cgroup.procs").read_text().split()]

    def processor_microseconds(self):
        """Used by all processes that are or were in it, system calls included."""
        for line in (self.path / "cpu.stat").read_text().splitlines():
            if line.startswith("usage_usec "):
                return int(line.split()[1])
        raise RuntimeError(f"{self.path}/cpu.stat says no usage_usec")

    def sleeps(self):
        """{thread: how often it has gone to sleep until something woke it}"""
        found = {}
        for pid in self.pids():
            for path in pathlib.Path(f"/proc/{pid}/task").glob("*/status"):
                try:
                    found[path.parent.name] = int(_SLEEPS.search(path.read_text())[1])
                except (FileNotFoundError, ProcessLookupError):
                    pass  # ended meanwhile
        return found

    def memory_octets(self, program=None):
        """Resident memory of all, or of those that run this program, what they share counted once. The kernel's own
        is not in it."""
        return sum(_proportional_octets(pid) for pid in self.pids() if program in (None, _program(pid)))

    def kernel_octets(self):
        """What the kernel keeps for its processes, in version 2's words: "sock" for what is under way in sockets, "kernel"
        for all else, the sockets themselves with it. Empty where the kernel does not count it."""
        if self._memory is None:
            return {}
        if self._memory == self.path:
            lines = (self.path / "memory.stat").read_text().splitlines()
            found = {name: int(value) for name, value in map(str.split, lines)}
            return {name: found[name] for name in ("sock", "kernel") if name in found}
        names = {"sock": "memory.kmem.tcp.usage_in_bytes", "kernel": "memory.kmem.usage_in_bytes"}
        return {name: int((self._memory / file).read_text()) for name, file in names.items()
                if (self._memory / file).exists()}

    def wait_until_quiet(self, at_most=15.0):
        """Until little is done any more: work put off until later belongs to what caused it."""
        deadline = time.monotonic() + at_most
        used = self.processor_microseconds()
        while time.monotonic() < deadline:
            time.sleep(0.25)
            before, used = used, self.processor_microseconds()
            if used - before < 5_000:
                return

    def remove(self):
        """All its processes must have ended; one that had much memory may still be giving it back."""
        deadline = time.monotonic() + 15
        for path in {self.path, self._memory or self.path}:
            while True:
                try:
                    path.rmdir()
                    break
                except OSError:
                    if time.monotonic() > deadline:
                        raise
                    time.sleep(0.05)


def _program(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/exe").readlink().name
    except FileNotFoundError:
        return None  # ended meanwhile


def _proportional_octets(pid):
    try:
        found = _PSS.search(pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text())
    except (FileNotFoundError, ProcessLookupError):
        return 0  # ended meanwhile
    return int(found[1]) * 1024 if found else 0
