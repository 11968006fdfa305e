#!/usr/bin/python3
"""Holds the includes of every source file against the four floors of docs/architecture.md.

    tests/lint/check_floors.py [ROOT]        checks the tree, exit 1 on a violation
    tests/lint/check_floors.py --self-test   adds wrong includes to a copy and expects each refused

A file may include files of its own floor or below, never another service, and on floors 0 and 1
no library that does I/O, tells the time or draws random numbers.
"""
import argparse
import pathlib
import re
import shutil
import sys
import tempfile

SERVICES = ("pop3-frontend", "auth-service", "mailstore-service", "tools")
SOURCES = ("common",) + SERVICES

# The longest matching prefix decides.
FLOORS = {
    "common/audit": 0,
    "common/audit/rocksdb": 2,
    "common/base": 0,
    "common/crypto": 0,
    "common/config": 2,
    "common/log": 2,
    "common/metrics": 2,
    "common/net": 2,
    "common/operations": 2,
    "common/rpc": 2,
    "common/app": 2,
    "auth-service/ntlm": 1,
    "auth-service/oauth": 1,
    "auth-service/sasl": 1,
    "auth-service/scram": 1,
    "auth-service/directory": 1,
    "auth-service/directory/rocksdb": 2,
    "auth-service/authority": 1,
    "auth-service/logon": 1,
    "auth-service/rpc": 2,
    "auth-service": 3,
    "mailstore-service/store": 1,
    "mailstore-service/store/rocksdb": 2,
    "mailstore-service/maintenance": 2,
    "mailstore-service/rpc": 2,
    "mailstore-service/lmtp/protocol": 1,
    "mailstore-service/lmtp/backend": 2,
    "mailstore-service/lmtp/io": 2,
    "mailstore-service/lmtp": 3,
    "mailstore-service": 3,
    "pop3-frontend/protocol": 1,
    "pop3-frontend/backend": 2,
    "pop3-frontend/io": 2,
    "pop3-frontend": 3,
    "tools/restantectl": 3,
}

# What a pure file may not include, by the start of the name between the brackets or quotes.
IMPURE = (
    "grpc", "google/", "restante/", "rocksdb/", "asio", "spdlog/", "prometheus/", "yaml-cpp/",
    "sys/", "netinet/", "arpa/", "unistd.h", "fcntl.h", "poll.h", "signal.h", "thread", "chrono",
    "random", "ctime", "time.h", "fstream", "iostream", "filesystem", "future", "absl/time/clock.h",
    "absl/random/", "openssl/rand.h", "openssl/ssl.h", "openssl/bio.h",
)

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def floor_of(path):
    parts = pathlib.PurePosixPath(path).parts
    for length in range(len(parts), 0, -1):
        prefix = "/".join(parts[:length])
        if prefix in FLOORS:
            return FLOORS[prefix]
    return None


def area_of(path):
    """The service, or the program within one, that a file belongs to."""
    if path.startswith("mailstore-service/lmtp/"):
        return "mailstore-service/lmtp"
    return path.split("/", 1)[0]


def is_test(path):
    return bool(re.search(r"(_test|_conformance|_benchmark)\.(cc|h)$", path))


def check_include(path, target, quoted):
    """The complaint about one include, or None."""
    floor = floor_of(path)
    if floor is None:
        return "stands in a folder that has no floor; give it one in tests/lint/check_floors.py"
    if floor <= 1 and any(target == name or target.startswith(name) for name in IMPURE):
        return f"floor {floor} is pure and may not include {target}"
    if not quoted or not target.startswith(SOURCES):
        return None
    target_floor = floor_of(target)
    if target_floor is None:
        return f"includes {target}, which has no floor"
    if target_floor > floor:
        return f"floor {floor} includes {target} of floor {target_floor}"
    if target.startswith(SERVICES) and area_of(target) != area_of(path):
        return f"includes {target} of another program"
    return None


def sources(root):
    for top in SOURCES:
        for path in sorted((root / top).rglob("*")):
            if path.suffix in (".h", ".cc"):
                yield path.relative_to(root).as_posix()


def violations(root):
    found = []
    for path in sources(root):
        if is_test(path):
            continue
        for number, line in enumerate((root / path).read_text().splitlines(), 1):
            match = INCLUDE.match(line)
            if not match:
                continue
            complaint = check_include(path, match.group(2), match.group(1) == '"')
            if complaint:
                found.append(f"{path}:{number}: {complaint}")
    return found


WRONG_INCLUDES = (
    ("common/base/secret.h", '#include "common/rpc/status.h"'),
    ("common/base/secret.h", "#include <openssl/rand.h>"),
    ("auth-service/ntlm/wrong.h", "#include <chrono>"),
    ("auth-service/logon/wrong.h", '#include "restante/auth/v1/account.pb.h"'),
    ("auth-service/rpc/wrong.h", '#include "mailstore-service/store/mailstore.h"'),
    ("auth-service/rpc/wrong.h", '#include "auth-service/app.h"'),
    ("mailstore-service/store/wrong.h", "#include <rocksdb/db.h>"),
    ("mailstore-service/lmtp/io/wrong.h", '#include "mailstore-service/store/mailstore.h"'),
    ("pop3-frontend/protocol/wrong.h", "#include <sys/socket.h>"),
    ("pop3-frontend/protocol/wrong.h", '#include "common/net/connection.h"'),
    ("common/newfolder/wrong.h", "#include <string>"),
)


def self_test(root):
    failures = 0
    for path, line in WRONG_INCLUDES:
        with tempfile.TemporaryDirectory() as copy:
            copy = pathlib.Path(copy)
            for top in SOURCES:
                shutil.copytree(root / top, copy / top)
            file = copy / path
            file.parent.mkdir(parents=True, exist_ok=True)
            old = file.read_text() if file.exists() else ""
            file.write_text(line + "\n" + old)
            if not any(v.startswith(path + ":1:") for v in violations(copy)):
                print(f"not refused: {line} in {path}")
                failures += 1
    print(f"{len(WRONG_INCLUDES)} wrong includes tried, {failures} not refused")
    return failures == 0


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("root", nargs="?", default=".", type=pathlib.Path)
    parser.add_argument("--self-test", action="store_true")
    arguments = parser.parse_args()
    if arguments.self_test:
        sys.exit(0 if self_test(arguments.root) else 1)
    found = violations(arguments.root)
    print("\n".join(found) or "every include keeps to its floor")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
