"""Mail programs of Debian that speak NTLMv1 alone: refused by default and told apart, let in where the policy says so."""
import contextlib
import json
import os
import signal
import subprocess

import pytest

from deployment import wait_until
from person import Person, assert_all_in, assert_nothing_left
from pop3_client import RawPop3

LAYERS = ("plain", "stls", "tls")


@pytest.fixture(scope="module", autouse=True)
def nothing_stronger(deployment):
    """neomutt takes what its SASL library holds for the strongest, and SCRAM ahead of NTLM."""
    mechanisms = [one["mechanism"] for one in deployment.ctl_json("policy", "get", "pop3")["mechanisms"]]
    if stronger := [name for name in mechanisms if name.startswith("SCRAM")]:
        deployment.disable(*stronger)
        with RawPop3(deployment.address("POP3")) as session:
            wait_until(lambda: not set(stronger) & set(session.listing("AUTH")), 10, "the front end hears of it")


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
set ssl_force_tls={"no" if layer == "plain" else "yes"}
set spoolfile="{mailbox}"
set folder="{person.directory}"
set move=no
set quit=yes
{more}""")
    command = f"{program} -n -F {settings} -f {mailbox} -e 'push <fetch-mail><quit>'"
    return ["script", "-qec", command, "/dev/null"]


def neomutt(person, layer, user, password):
    return mutt(person, layer, user, password, "neomutt", "")


@pytest.fixture(params=(mpop, fetchmail, mutt, neomutt), ids=lambda program: program.__name__)
def program(request):
    return request.param


# --- what became of it

def session_of(person, logon):
    """What the front end wrote at the end of the connection that a logon was on."""
    for line in map(json.loads, person.deployment.log("pop3").splitlines()):
        if line["event"] == "session_ended" and line["attempt_id"] == logon["attempt_id"]:
            return line
    return None


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


def test_an_account_may_have_a_policy_of_its_own(program, person, deployment):
    deployment.ctl("accounts", "update", person.account, "--weakest-ntlm-response", "ntlmv1")
    answer = refused(person, program(person, "plain", person.user, person.password))
    assert answer["reason"] == "WEAK_NTLM_WITHOUT_TLS", answer
    assert_fetches(program, person, "tls", person.user)


# --- with the policy that lets them in

@pytest.fixture(scope="module")
def ntlmv1_allowed(deployment):
    deployment.ctl("policy", "update", "pop3", "--weakest-ntlm-response", "ntlmv1", "--weak-ntlm-without-tls")
    yield
    deployment.ctl("policy", "update", "pop3", "--weakest-ntlm-response", "ntlmv2", "--no-weak-ntlm-without-tls")


def assert_fetches(program, person, layer, user):
    person.run(*program(person, layer, user, person.password), stdin=subprocess.DEVNULL)
    # mutt and neomutt put header fields of their own among those of a message.
    assert_all_in((person.directory / "mail").read_bytes(), whole=program in (mpop, fetchmail))
    logon = logons_of(person)[-1]
    assert logon["reason"] == "ACCEPTED", logon
    wait_until(lambda: session_of(person, logon), 5, "the end of the session")
    assert (session_of(person, logon)["tls"] == "") == (layer == "plain")
    assert_nothing_left(person)


@pytest.mark.parametrize("layer", LAYERS)
def test_fetches_everything(ntlmv1_allowed, program, person, layer):
    assert_fetches(program, person, layer, person.user)


@pytest.mark.parametrize("form", ("windows_name", "principal_name"))
def test_forms_of_the_name(ntlmv1_allowed, program, person, form):
    assert_fetches(program, person, "tls", getattr(person, form))


def test_letters_outside_ascii(ntlmv1_allowed, program, deployment, tmp_path):
    """It widens each octet of UTF-8 to sixteen bits."""
    user = f"jürgen-{program.__name__}"
    person = Person(deployment, tmp_path, user=user, password="Pässwörd 1")
    assert_fetches(program, person, "tls", user)


def test_a_wrong_password_never(ntlmv1_allowed, program, person, deployment):
    for wrong in (deployment.new_password(), person.password.lower()):
        answer = refused(person, program(person, "tls", person.user, wrong))
        assert answer["reason"] == "WRONG_PASSWORD", answer
    assert person.messages_left().startswith("+OK 5 messages")
