"""NTLM libraries that speak NTLMv1 or the NTLM2 session response: refused by default, and told apart."""
import pytest

import ntlm_library
from person import Person

MESSAGE = b"Subject: old\r\n\r\n.but good enough for some\r\n"
CLIENTS = (
    ("authen_ntlm.pl", "ntlmv1"), ("python_ntlm_auth.py", "ntlmv1"),
    ("emacs_ntlm.el", "ntlm2-session"), ("evolution_camel.py", "ntlm2-session"),
    ("impacket_ntlm.py", "ntlm2-session"), ("python_ntlm_auth.py", "ntlm2-session"),
)
REASONS = {"ntlmv1": "NTLMV1_NOT_ALLOWED", "ntlm2-session": "NTLM2_SESSION_NOT_ALLOWED"}
NAMES = {"ntlmv1": "NTLMv1", "ntlm2-session": "NTLM2 session"}


@pytest.fixture(scope="module")
def person(deployment, tmp_path_factory):
    return Person(deployment, tmp_path_factory.mktemp("person"), [MESSAGE])


@pytest.fixture(params=CLIENTS, ids=lambda client: "-".join(client))
def client(request):
    return request.param


def test_refused_by_default(person, client):
    program, form = client
    answer = ntlm_library.refusal(program, person, "tls", person.user, form=form)
    assert answer["reason"] == REASONS[form]
    assert NAMES[form] in str(answer["steps"])
