#!/usr/bin/python3
"""Times NTLM logons, from connect to "+OK", against the real programs, and their processor time.

    tests/bench/ntlm_logon.py [--logons N]

Starts an installation of its own with the release build's programs (RESTANTE_BIN_DIR names others), makes
one account, and logs on N times, one after another (500 when left out), each on a new
connection that quits afterwards. Prints the median and the 99th percentile of the time that the client
waited, and for each program the processor time of one logon with its session.
"""
import argparse
import os
import pathlib
import statistics
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/e2e"))
os.environ.setdefault("RESTANTE_BIN_DIR", str(ROOT / "build/release/bin"))

from deployment import Deployment, PortSlot  # noqa: E402
from pop3_client import RawPop3  # noqa: E402

PROGRAMS = ("pop3", "auth", "mailstore")
WARM_UP_LOGONS = 20


def processor_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    user_ticks, system_ticks = int(fields[11]), int(fields[12])
    return (user_ticks + system_ticks) / os.sysconf("SC_CLK_TCK")


def log_on(deployment, password):
    """The seconds from connect to "+OK"."""
    begun = time.perf_counter()
    session = RawPop3(deployment.address("POP3"))
    reply = session.ntlm_logon("jsmith", "CORP", password)
    taken = time.perf_counter() - begun
    assert reply.startswith("+OK"), reply
    session.quit()
    return taken


def measure(deployment, logons):
    password = deployment.create_account("jsmith", "CORP\\jsmith", "john.smith", "j@corp.example")
    for _ in range(WARM_UP_LOGONS):
        log_on(deployment, password)
    before = {program: processor_seconds(deployment.pid(program)) for program in PROGRAMS}
    times = sorted(log_on(deployment, password) for _ in range(logons))
    print(f"{logons} NTLM logons, connect to +OK: median {statistics.median(times) * 1e3:.2f} ms, "
          f"p99 {times[int(logons * 0.99)] * 1e3:.2f} ms")
    total = 0.0
    for program in PROGRAMS:
        used = processor_seconds(deployment.pid(program)) - before[program]
        total += used
        print(f"  {program}: {used / logons * 1e6:.0f} us of processor time for each")
    print(f"  all: {total / logons * 1e6:.0f} us")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--logons", type=int, default=500)
    arguments = parser.parse_args()
    slot = PortSlot()
    with tempfile.TemporaryDirectory(prefix="restante-bench-") as directory:
        deployment = Deployment(directory, slot.base)
        deployment.up()
        try:
            measure(deployment, arguments.logons)
        finally:
            deployment.down()


if __name__ == "__main__":
    main()
