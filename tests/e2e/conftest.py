"""Each test file has an installation of its own, and leaves no secret in its logs."""
import sys

sys.dont_write_bytecode = True

import pytest  # noqa: E402

from deployment import Deployment, PortSlot, PROGRAMS  # noqa: E402
from log_check import LogCheck  # noqa: E402

@pytest.fixture(scope="module")
def port_slot():
    slot = PortSlot()
    yield slot
    slot.release()


@pytest.fixture(scope="module")
def deployment(tmp_path_factory, port_slot):
    """All four programs, running. A test that stops one starts it again."""
    installed = Deployment(tmp_path_factory.mktemp("restante"), port_slot.base)
    installed.up()
    yield installed
    installed.down(kill=True)


@pytest.fixture(scope="session", autouse=True)
def log_check(tmp_path_factory):
    """Looks through all logs of all programs that this file's tests started; once more when they have ended."""
    check = LogCheck(tmp_path_factory.getbasetemp())

    def look():
        check(Deployment.secrets, Deployment.message_lines)

    yield look
    look()


@pytest.fixture(autouse=True)
def no_secret_in_logs(log_check):
    yield
    log_check()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """A failed test shows what the programs said last."""
    outcome = yield
    report = outcome.get_result()
    installed = item.funcargs.get("deployment") if hasattr(item, "funcargs") else None
    if report.failed and installed is not None:
        for program in PROGRAMS:
            path = installed.dir / f"log/{program}.log"
            if path.exists():
                lines = path.read_text(errors="replace").splitlines()[-15:]
                report.sections.append((f"log of {program}", "\n".join(lines)))
