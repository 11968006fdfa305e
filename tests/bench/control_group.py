"""What all processes of a server cost together: processor time and memory, of a cgroup (version 2)."""
import os
import pathlib
import re
import time

# The second is where a machine with version 1 shows version 2 beside it.
_ROOTS = ("/sys/fs/cgroup", "/sys/fs/cgroup/unified")
_PSS = re.compile(r"^Pss:\s+(\d+) kB", re.MULTILINE)


class ControlGroup:
    """A cgroup for the life of the object. Everything that its processes start belongs to it."""

    def __init__(self, name):
        for root in map(pathlib.Path, _ROOTS):
            if (root / "cgroup.procs").exists():
                break
        else:
            raise RuntimeError("no cgroup version 2 on this machine")
        self.path = root / f"restante-bench-{os.getpid()}-{name}"
        try:
            self.path.mkdir()
        except OSError as error:
            raise RuntimeError(f"{self.path}: {error.strerror}; run it as root") from error

    def add(self, pid):
        """A process with all its threads; 0 is the process that calls."""
        (self.path / "cgroup.procs").write_text(str(pid))

    def pids(self):
        return [int(pid) for pid in (self.path / "cgroup.procs").read_text().split()]

    def processor_microseconds(self):
        """Used by all processes that are or were in it, system calls included."""
        for line in (self.path / "cpu.stat").read_text().splitlines():
            if line.startswith("usage_usec "):
                return int(line.split()[1])
        raise RuntimeError(f"{self.path}/cpu.stat says no usage_usec")

    def memory_octets(self):
        """Resident memory of all, what they share counted once. The kernel's own is not in it."""
        return sum(map(_proportional_octets, self.pids()))

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
        """All its processes must have ended."""
        self.path.rmdir()


def _proportional_octets(pid):
    try:
        found = _PSS.search(pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text())
    except (FileNotFoundError, ProcessLookupError):
        return 0  # ended meanwhile
    return int(found[1]) * 1024 if found else 0
