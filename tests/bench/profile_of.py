"""Where the processor time of a server goes: samples by perf, sorted by what the sampled function belongs to."""
import collections
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time

FEWEST = 200
_LINE = re.compile(r"\s[0-9a-f]+ (?P<symbol>.*) \((?P<object>[^()]*)\)$")
# The first that matches. Below a hypervisor the kernel is sampled late: what a wake-up costs shows where interrupts are let
# in again, at the end of the spin locks.
_KERNEL = (
    ("kernel: sleeping and waking", r"sched|task|wake|ttwu|futex|epoll|ep_|eventfd|_raw_spin_unlock_irq|rq_|update_|enqueue|"
                                    r"dequeue|pick_|wait|entity|timer|clock|switch|rseq|irqentry|poll"),
    ("kernel: network", r"tcp|ip_|ipv4|inet|sock|skb|net|__dev|dev_|loopback|nf_|sk_|copy_from_iter|copy_to_iter|"
                        r"csum|fib|dst_|send|recv|qdisc|bpf|eth_|release_sock|iov_iter"),
    ("kernel: files and the disk", r"ext4|jbd2|blk|bio|virt|folio|filemap|writeback|iomap|xas|page_cache|fsync|dio|vfs|sync"),
    ("kernel: the rest", r""),
)
_OBJECTS = (
    ("gRPC", r"libgrpc|libgpr|libupb|libaddress_sorting|libcares"),
    ("TLS and digests", r"libcrypto|libssl"),
    ("Protobuf", r"libprotobuf"),
    ("RocksDB", r"librocksdb|libsnappy|liblz4|libzstd|libz\."),
    ("Abseil", r"libabsl"),
)
_SYMBOLS = (
    ("memory allocation", r"^(_int_)?(malloc|free|realloc|calloc|cfree)|operator (new|delete)|malloc_consolidate|unlink_chunk|"
                          r"tcache|sysmalloc|arena_"),
    ("copying of octets", r"mem(move|cpy|set)"),
    ("Protobuf", r"google::protobuf|_Internal(Parse|Serialize)|ByteSizeLong|::v1::|::rpc::"),
    ("gRPC", r"grpc::"),
    ("Restante's own code", r"restante"),
)
GROUPS = ("Restante's own code", "Protobuf", "gRPC", "TLS and digests", "RocksDB", "Abseil", "memory allocation",
          "copying of octets", "C and C++ libraries", *(name for name, _ in _KERNEL))


def group_of(symbol, object_file):
    def first(table, text):
        return next((name for name, pattern in table if re.search(pattern, text)), None)

    if object_file.startswith("[kernel") or object_file.endswith(".ko"):
        return first(_KERNEL, symbol)
    return first(_OBJECTS, object_file) or first(_SYMBOLS, symbol) or "C and C++ libraries"


class Samples:
    """Samples the processes of a cgroup whenever it is entered."""

    def __init__(self, group):
        if shutil.which("perf") is None:
            raise RuntimeError("no perf to take samples with; --install installs it")
        self._pids = ",".join(str(pid) for pid in group.pids())
        self._counts = collections.Counter()
        self._file = None
        self._perf = None

    def __enter__(self):
        self._file = tempfile.NamedTemporaryFile(prefix="restante-samples-")
        # The processor's own counters are not to be had in most virtual machines.
        self._perf = subprocess.Popen(
            ["perf", "record", "-q", "-e", "cpu-clock", "-F", "2500", "-p", self._pids, "-o", self._file.name],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        deadline = time.monotonic() + 10
        while os.stat(self._file.name).st_size == 0 and self._perf.poll() is None and time.monotonic() < deadline:
            time.sleep(0.01)
        return self

    def __exit__(self, *_):
        self._perf.send_signal(signal.SIGINT)
        _, said = self._perf.communicate(timeout=60)
        if self._perf.returncode not in (0, -signal.SIGINT):
            raise RuntimeError(f"perf: {said.strip()[-500:]}")
        self._count()
        self._file.close()

    def _count(self):
        script = subprocess.run(["perf", "script", "-i", self._file.name, "-F", "comm,ip,sym,dso"], check=True,
                                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, errors="replace")
        for line in script.stdout.splitlines():
            found = _LINE.search(line)
            if found:
                self._counts[group_of(found["symbol"], found["object"])] += 1

    def are_enough(self):
        return self._counts.total() >= FEWEST

    def shares(self):
        """{group: part of all samples}"""
        return {group: count / self._counts.total() for group, count in self._counts.items()}


def table(profiles):
    """Markdown of {work: (microseconds for each unit, unit, shares)}, a column for each work."""
    lines = ["| us for each | " + " | ".join(f"{work}, {unit}" for work, (_, unit, _) in profiles.items()) + " |",
             "| --- |" + " ---: |" * len(profiles)]
    for group in GROUPS:
        row = [shares.get(group, 0) * each for each, _, shares in profiles.values()]
        lines.append(f"| {group} | " + " | ".join(f"{value:,.1f}" for value in row) + " |")
    lines.append("| all | " + " | ".join(f"{each:,.0f}" for each, _, _ in profiles.values()) + " |")
    return "\n".join(lines)
