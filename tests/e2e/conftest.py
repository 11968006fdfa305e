"""Each test file has an installation of its own, and leaves no secret in its logs."""
import sys

sys.dont_write_bytecode = True

import pytest  # noqa: E402

from deployment import Deployment, PortSlot, PROGRAMS  # noqa: E402

# How every NTLM message begins in base64.
NTLM_BASE64 = "TlRMTVNTUA"


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


@pytest.fixture(autouse=True)
def no_secret_in_logs(request):
    """Looks through all logs after every test."""
    yield
    if "deployment" not in request.fixturenames:
        return
    installed = request.getfixturevalue("deployment")
    for program in PROGRAMS:
        text = installed.log(program)
        assert NTLM_BASE64 not in text, f"an NTLM message in the log of {program}"
        for secret in installed.secrets:
            assert secret not in text, f"a secret in the log of {program}"


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
