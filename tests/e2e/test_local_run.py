"""deploy/local/up and down keep their contract."""
import os
import signal
import socket
import subprocess

import pytest

from deployment import DOWN, PROGRAMS, UP, Deployment, read_variables, wait_until

ENDPOINTS = {
    "RESTANTE_POP3": 110, "RESTANTE_POP3S": 995, "RESTANTE_LMTP": 24,
    "RESTANTE_AUTH": 1001, "RESTANTE_AUTH_ADMIN": 1002, "RESTANTE_AUTH_METRICS": 1003,
    "RESTANTE_MAILSTORE": 1011, "RESTANTE_MAILSTORE_ADMIN": 1012,
    "RESTANTE_MAILSTORE_METRICS": 1013, "RESTANTE_POP3_METRICS": 1023, "RESTANTE_LMTP_METRICS": 1033,
}


@pytest.fixture
def fresh(tmp_path, port_slot):
    """An installation that a test starts itself."""
    installed = Deployment(tmp_path / "restante", port_slot.base)
    yield installed
    if installed.dir.exists():
        installed.down(kill=True)


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def pids(installed):
    return {program: installed.pid(program) for program in PROGRAMS}


@pytest.mark.parametrize("program", (UP, DOWN))
def test_help(program):
    result = subprocess.run([program, "--help"], capture_output=True, text=True, check=True)
    assert "[--dir DIR]" in result.stdout and "PROGRAM" in result.stdout


@pytest.mark.parametrize("program", (UP, DOWN))
def test_wrong_arguments_are_refused_with_a_next_step(fresh, program):
    for arguments in (["--colour"], ["imap"], ["--dir", fresh.dir / "nothing", "auth"]):
        result = subprocess.run(
            [program, *arguments], env=fresh.environment, capture_output=True, text=True
        )
        assert result.returncode != 0
        assert "error: " in result.stderr and "next: " in result.stderr


def test_the_files_of_an_installation(fresh):
    fresh.up()
    assert read_variables(fresh.dir / "endpoints.env") == {
        name: f"127.0.0.1:{fresh.port_base + offset}" for name, offset in ENDPOINTS.items()
    }
    for program in PROGRAMS:
        assert alive(fresh.pid(program))
        assert (fresh.dir / f"config/{program}.yaml").exists()
        assert fresh.log(program)
    assert fresh.ca.exists()
    sourced = subprocess.run(
        ["sh", "-c", f". {fresh.dir}/restantectl.env && env"],
        capture_output=True, text=True, check=True,
    ).stdout
    assert "RESTANTE_AUTH_ADMIN=127.0.0.1:" in sourced


@pytest.mark.parametrize("program", PROGRAMS)
def test_every_endpoint_answers(fresh, program):
    fresh.up()
    host, port = fresh.address(f"{program.upper()}_METRICS")
    metrics = subprocess.run(
        ["curl", "-sSf", f"http://{host}:{port}/metrics"], capture_output=True, text=True, check=True
    ).stdout
    assert "# TYPE restante_" in metrics


def test_up_leaves_running_programs_alone_and_starts_the_others(fresh):
    fresh.up()
    before = pids(fresh)
    fresh.up()
    assert pids(fresh) == before
    fresh.down("lmtp", kill=True)
    assert not alive(before["lmtp"])
    assert not (fresh.dir / "run/lmtp.pid").exists()
    fresh.up("lmtp")
    after = pids(fresh)
    assert after.pop("lmtp") != before.pop("lmtp")
    assert after == before


def test_down_waits_until_all_are_gone_and_can_be_repeated(fresh):
    fresh.up()
    before = pids(fresh)
    fresh.down()
    assert not any(alive(pid) for pid in before.values())
    fresh.down()
    # The shard's name means the one mailstore that runs here.
    fresh.up("mailstore-0")
    assert alive(fresh.pid("mailstore"))


def test_a_port_that_is_taken_is_named_and_nothing_is_left_running(fresh):
    with socket.socket() as stranger:
        stranger.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        stranger.bind(("127.0.0.1", fresh.port_base + 110))
        stranger.listen()
        result = fresh.up(check=False)
    assert result.returncode != 0
    assert f"port {fresh.port_base + 110}" in result.stderr and "next: " in result.stderr
    assert not list(fresh.dir.glob("run/*.pid"))
    fresh.up()


def test_a_program_that_cannot_start_shows_the_end_of_its_log(fresh):
    fresh.up()
    fresh.down()
    path = fresh.dir / "config/pop3.yaml"
    sound = path.read_text()
    path.write_text(sound + "colour: blue\n")
    result = fresh.up(check=False)
    assert result.returncode != 0
    assert "colour" in result.stderr and "next: " in result.stderr
    assert not list(fresh.dir.glob("run/*.pid"))
    path.write_text(sound)
    fresh.up()


@pytest.mark.parametrize("interrupt", (signal.SIGINT, signal.SIGTERM), ids=("Ctrl-C", "SIGTERM"))
def test_in_the_foreground_it_shows_the_demonstration_and_stops_all_at_the_end(fresh, interrupt):
    running = subprocess.Popen(
        [UP, "--dir", fresh.dir, "--port-base", str(fresh.port_base)],
        env=fresh.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    try:
        shown = ""
        while "Ctrl-C stops all" not in shown:
            line = running.stdout.readline()
            assert line, f"up ended early:\n{shown}"
            shown += line
        assert "This message is for john.smith." in shown
        assert "-u 'CORP\\jsmith:" in shown
        assert (fresh.dir / "demo-password").read_text().strip() not in shown + fresh.logs()
        before = pids(fresh)
        running.send_signal(interrupt)
        assert running.wait(timeout=120) == 0
        assert not any(alive(pid) for pid in before.values())
    finally:
        if running.poll() is None:
            running.kill()
        running.stdout.close()


def test_a_stale_pid_file_does_not_stop_a_start(fresh):
    fresh.up()
    fresh.down()
    # The number belongs to another process by now: this one.
    (fresh.dir / "run/auth.pid").write_text(f"{os.getpid()}\n")
    fresh.down()
    assert alive(os.getpid())
    (fresh.dir / "run/auth.pid").write_text(f"{os.getpid()}\n")
    fresh.up()
    assert fresh.pid("auth") != os.getpid()


def test_the_port_base_is_remembered_and_can_be_changed(fresh):
    fresh.up()
    fresh.down()
    result = subprocess.run(
        [UP, "--dir", fresh.dir, "--no-demo", "--detach"],
        env=fresh.environment, capture_output=True, text=True, check=True,
    )
    assert f"127.0.0.1:{fresh.port_base + 110}" in result.stdout
    fresh.port_base += 2
    assert fresh.up(check=False).returncode != 0
    fresh.down()
    fresh.up()
    assert fresh.address("POP3")[1] == fresh.port_base + 110
    wait_until(lambda: alive(fresh.pid("pop3")), 1, "pop3 runs")
