"""Restante as operators run it, through restantectl: who changed what, jobs over restarts, watches, and
what is wrong."""
import json
import os
import re
import signal
import subprocess

import pytest

from deployment import bin_dir, read_variables, wait_until
from pop3_client import open_session

NAME = "CORP\\jsmith"


@pytest.fixture(scope="module")
def password(deployment):
    return deployment.create_account("jsmith", NAME, "john.smith", "john.smith@corp.example")


@pytest.fixture
def watching(deployment):
    """Starts a command that goes on by itself; gives what it has printed so far."""
    started = []

    def start(*arguments):
        output = deployment.dir / f"watch-{len(started)}.out"
        variables = {**deployment.environment, **read_variables(deployment.dir / "restantectl.env")}
        with output.open("w") as sink:
            started.append(subprocess.Popen(
                [str(bin_dir() / "restantectl"), *arguments], env=variables, stdout=sink,
                stderr=subprocess.STDOUT,
            ))
        return output.read_text

    yield start
    for process in started:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=20)


def test_every_change_is_kept_with_its_author(deployment, password):
    deployment.ctl("accounts", "update", "jsmith", "--alias", "js")
    deployment.disable("PLAIN")
    deployment.enable("PLAIN")
    deployment.ctl("accounts", "update", "jsmith", "--alias", "john.smith")
    deployment.down("auth", kill=True)
    deployment.up("auth")
    entries = deployment.ctl_json("audit", "list", "--filter", "field:alias")["entries"]
    values = [(change["old_values"], change["new_values"])
              for entry in entries for change in entry["changes"] if change["field"] == "alias"]
    assert values == [(["js"], ["john.smith"]), (["john.smith"], ["js"]), ([], ["john.smith"])]
    # A certificate's first name is who it is.
    assert {entry["caller"] for entry in entries} == {"spiffe://restante/reader/operator"}
    everything = deployment.ctl("audit", "list", "-o", "wide").stdout
    assert "SetCredential" in everything and "mechanisms.PLAIN" in everything
    assert password not in everything


def test_watches_go_on_over_a_restart(deployment, password, watching):
    accounts = watching("accounts", "watch", "-o", "json")
    logons = watching("logons", "watch", "--filter", "outcome = ACCEPTED")
    wait_until(lambda: "accounts/jsmith" in accounts(), 20, "the first accounts")
    deployment.ctl("accounts", "create", "watched-1")
    wait_until(lambda: "accounts/watched-1" in accounts(), 20, "a new account")
    with open_session(deployment, NAME, password) as session:
        session.quit()
    wait_until(lambda: "ACCEPTED" in logons(), 20, "a logon")

    deployment.down("auth")
    deployment.up("auth")
    deployment.ctl("accounts", "create", "watched-2")
    wait_until(lambda: "accounts/watched-2" in accounts(), 40, "an account after the restart")
    deployment.ctl("accounts", "delete", "watched-1", "--purge")
    wait_until(lambda: "purged_account" in accounts(), 20, "a purge")
    seen = [json.loads(line) for line in accounts().splitlines() if line.startswith("{")]
    names = [event["account"]["name"] for event in seen if "account" in event]
    assert names.count("accounts/jsmith") == 1, "a watcher that comes back goes on where it was"
    with open_session(deployment, NAME, password) as session:
        session.quit()
    wait_until(lambda: logons().count("ACCEPTED") >= 2, 40, "a logon after the restart")


def test_a_job_is_there_after_a_restart(deployment, password):
    began = deployment.ctl_json("credentials", "rewrap", "--no-wait")
    deployment.down("auth", kill=True)
    deployment.up("auth")
    ended = deployment.ctl_json("operations", "wait", began["name"])
    assert ended["done"] and ended["response"]["rewrapped"] == "0"
    assert began["name"].split("/")[1] in deployment.ctl("operations", "list").stdout
    backup = deployment.ctl_json("directory", "backup")["response"]
    assert backup["accounts"] == str(len(deployment.ctl_json("accounts", "list")["accounts"]))
    assert os.stat(backup["path"]).st_mode & 0o077 == 0
    deployment.ctl("operations", "delete", began["name"])
    gone = deployment.ctl("operations", "get", began["name"], check=False)
    assert gone.returncode == 3 and "OPERATION_NOT_FOUND" in gone.stderr


def test_who_and_what_is_wrong(deployment, password):
    identity = deployment.ctl("whoami").stdout
    assert "spiffe://restante/reader/operator" in identity and "key-admin" in identity
    assert "restante-mailstore" in identity
    healthy = deployment.ctl("doctor").stdout
    assert "0 errors" in healthy and "auth's certificate is valid until" in healthy
    assert "DEVELOPMENT_MODE" in healthy

    keys = deployment.dir / "keys/auth/credential_keys"
    (keys / "k1.key").rename(deployment.dir / "k1.key")
    (keys / "k9.key").write_text("ab" * 32 + "\n")
    (keys / "k9.key").chmod(0o600)
    deployment.down("auth")
    deployment.up("auth")
    ill = deployment.ctl("doctor", check=False)
    assert ill.returncode == 1
    assert re.search(r"ERROR +auth: \d+ accounts cannot log on: the key k1 ", ill.stdout)
    (deployment.dir / "k1.key").rename(keys / "k1.key")
    (keys / "k9.key").unlink()
    deployment.down("auth", "mailstore")
    deployment.up("auth")
    without_mailstore = deployment.ctl("doctor", "--timeout", "2", check=False)
    assert without_mailstore.returncode == 1
    assert re.search(r"ERROR +mailstore does not answer", without_mailstore.stdout)
    deployment.up("mailstore")
    assert "0 errors" in deployment.ctl("doctor").stdout


def test_contexts_completion_and_man(deployment, tmp_path):
    environment = {"RESTANTE_CONTEXTS": str(tmp_path / "contexts.yaml")}
    deployment.ctl("contexts", "save", "here", environment=environment)
    nothing = {name: "" for name in read_variables(deployment.dir / "restantectl.env")}
    found = deployment.ctl("accounts", "list", environment={**nothing, **environment})
    assert "ACCOUNT" in found.stdout
    script = f"""
        source <({bin_dir()}/restantectl completion bash)
        COMP_WORDS=(restantectl -o json accounts cr); COMP_CWORD=4; _restantectl; echo "${{COMPREPLY[@]}}"
        COMP_WORDS=(restantectl policy update --dis); COMP_CWORD=3; _restantectl; echo "${{COMPREPLY[@]}}"
        COMP_WORDS=(restantectl -o y); COMP_CWORD=2; _restantectl; echo "${{COMPREPLY[@]}}"
    """
    completed = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True)
    assert completed.stdout.splitlines() == ["create", "--disable", "yaml"]
    page = deployment.ctl("man").stdout
    assert ".TH RESTANTECTL 1" in page and ".SS restantectl explain\\-logon" in page
