"""NTLM libraries of Debian, each driven by a program of ntlm_clients/ that only carries its messages."""
import pathlib

from pop3_client import reference_of

DIRECTORY = pathlib.Path(__file__).resolve().parent / "ntlm_clients"
REFUSED = 3
_INTERPRETERS = {".py": ("/usr/bin/python3", "-B"), ".rb": ("ruby",), ".pl": ("perl",),
                 ".el": ("emacs", "-Q", "--batch", "-l")}
# OpenSSL 3 keeps the MD4 of this one in a provider that is off by default.
_ENVIRONMENTS = {"python_ntlm_auth.py": {"OPENSSL_CONF": str(DIRECTORY / "legacy.cnf")}}


def log_on(program, person, layer, user, domain="", password=None, port=None, **options):
    """The finished process: 0 with the first message as its output, or REFUSED."""
    path = DIRECTORY / program
    port = port or person.port("POP3S" if layer == "tls" else "POP3")
    return person.start(
        *_INTERPRETERS[path.suffix], path, "localhost", port, layer, person.deployment.ca, user, domain,
        *(f"{name}={value}" for name, value in options.items()),
        input=((password or person.password) + "\n").encode(), environment=_ENVIRONMENTS.get(program))


def first_message(*arguments, **options):
    """What log_on() fetched."""
    result = log_on(*arguments, **options)
    assert result.returncode == 0, (result.returncode, result.stderr[-2000:])
    return result.stdout


def refusal(program, person, *arguments, **options):
    """Why auth refused log_on(): the answer of explain-logon."""
    result = log_on(program, person, *arguments, **options)
    assert result.returncode == REFUSED, (result.returncode, result.stdout[-500:], result.stderr[-2000:])
    assert result.stdout == b"", result.stdout[:500]
    (reply,) = [line for line in result.stderr.decode().splitlines() if line.startswith("-ERR")]
    return explain(person, reply)


def explain(person, reply):
    """The remembered attempt behind a refusal's text."""
    answer = person.deployment.ctl_json("explain-logon", "--ref", reference_of(reply))
    assert not answer.get("accepted", False), answer
    assert person.messages_left().startswith("+OK")
    return answer
