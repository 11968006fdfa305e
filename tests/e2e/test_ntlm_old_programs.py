"""Mail programs of Debian that speak NTLMv1 alone: refused by default, and told apart."""
import contextlib
import json
import os
import signal
import subprocess

import pytest

from deployment import wait_until
from person import Person

LAYERS = ("plain", "stls", "tls")


@pytest.fixture
def person(deployment, tmp_path):
    return Person(deployment, tmp_path)


# --- the programs: each writes its settings and gives the command that fetches all mail into the file "mail"

def port(person, layer):
    return person.port("POP3S" if layer == "tls" else "POP3")


def mpop(person, layer, user, password):
    tls = {"plain": "tls off", "stls": "tls on\ntls_starttls on", "tls": "tls on\ntls_starttls off"}[layer]
    trust = "" if layer == "plain" else f"tls_trust_file {person.deployment.ca}"
    settings = person.file("mpoprc", f"""account default
host localhost
port {port(person, layer)}
user {user}
password {password}
auth ntlm
{tls}
{trust}
delivery mbox {person.directory}/mail
keep off
uidls_file {person.directory}/uidls
received_header off
""")
    return ["mpop", "-q", "-C", settings]


def fetchmail(person, layer, user, password):
    trust = f'sslcertck sslcertfile "{person.deployment.ca}"'
    tls = {"plain": 'sslproto ""', "stls": f'sslproto "tls1.2+" {trust}', "tls": f"ssl {trust}"}[layer]
    settings = person.file("fetchmailrc", (
        f"poll localhost protocol pop3 port {port(person, layer)} auth ntlm\n"
        f'  user "{user}" password "{password}"\n'
        f'  {tls} nokeep fetchall no rewrite mda "cat >> {person.directory}/mail"\n').replace("\\", "\\\\"))
    return ["fetchmail", "-s", "-f", settings, "--nosyslog", "--pidfile", person.directory / "pid"]


def mutt(person, layer, user, password, program="mutt", more='set pop_authenticators="ntlm"\nset ssl_usesystemcerts=no\n'):
    mailbox = person.directory / "mail"
    mailbox.touch()
    scheme = "pops" if layer == "tls" else "pop"
    settings = person.file("muttrc", f"""set pop_host="{scheme}://localhost:{port(person, layer)}"
set pop_user="{user.replace(chr(92), chr(92) * 2)}"
set pop_pass="{password}"
set pop_delete=yes
set pop_checkinterval=0
set certificate_file="{person.deployment.ca}"
set ssl_starttls={"yes" if layer == "stls" else "no"}
set spoolfile="{mailbox}"
set folder="{person.directory}"
set move=no
set quit=yes
{more}""")
    command = f"{program} -n -F {settings} -f {mailbox} -e 'push <fetch-mail><quit>'"
    return ["script", "-qec", command, "/dev/null"]


def neomutt(person, layer, user, password):
    """It takes what its SASL library holds for the strongest, and NTLM ahead of PLAIN."""
    return mutt(person, layer, user, password, "neomutt", "")


@pytest.fixture(params=(mpop, fetchmail, mutt, neomutt), ids=lambda program: program.__name__)
def program(request):
    return request.param


# --- what became of it

def logons_of(person):
    """What auth wrote of this person's logons by NTLM, oldest first."""
    lines = map(json.loads, person.deployment.log("auth").splitlines())
    return [line for line in lines
            if line["event"] == "logon" and line["account"] == person.account and line["mechanism"] == "NTLM"]


@contextlib.contextmanager
def running(person, command):
    """Some programs ask again when they are refused, and wait for ever."""
    process = subprocess.Popen([str(part) for part in command], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL, env=person.environment, start_new_session=True)
    try:
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def refused(person, command):
    """explain-logon's answer for the one refusal."""
    before = len(logons_of(person))
    with running(person, command):
        wait_until(lambda: len(logons_of(person)) > before, 30, "a logon that is decided")
    logon = logons_of(person)[before]
    mail = person.directory / "mail"
    assert not mail.exists() or mail.read_bytes() == b""
    answer = person.deployment.ctl_json("explain-logon", "--ref", logon["reference"])
    assert answer["reason"] == logon["reason"]
    return answer


def trace_of(answer):
    return " ".join(str(step) for step in answer["steps"])


def test_refused_by_default(program, person):
    for layer in LAYERS:
        answer = refused(person, program(person, layer, person.user, person.password))
        assert answer["reason"] == "NTLMV1_NOT_ALLOWED", answer
        assert "NTLMv1" in trace_of(answer)
        assert person.messages_left().startswith("+OK 5 messages")
