"""NTLM libraries that speak NTLMv1 or the NTLM2 session response: the policy decides, and the log says what they spoke."""
import pytest

import ntlm_library
from person import Person
from pop3_client import assert_delivered

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


@pytest.fixture
def weakest(deployment):
    """Sets what the policy allows."""
    def allow(form):
        deployment.ctl("policy", "update", "pop3", "--weakest-ntlm-response", form)

    yield allow
    allow("ntlmv2")


def test_let_in_where_the_policy_says_so(person, client, weakest):
    program, form = client
    weakest(form)
    assert_delivered(ntlm_library.first_message(program, person, "tls", person.user, form=form), MESSAGE)
    wrong = ntlm_library.refusal(program, person, "tls", person.user, form=form,
                                 password=person.deployment.new_password())
    assert wrong["reason"] == "WRONG_PASSWORD"
    without_tls = ntlm_library.refusal(program, person, "plain", person.user, form=form)
    assert without_tls["reason"] == "WEAK_NTLM_WITHOUT_TLS"


def test_each_form_allows_the_stronger_ones_alone(person, weakest):
    weakest("ntlm2-session")
    answer = ntlm_library.refusal("authen_ntlm.pl", person, "tls", person.user, form="ntlmv1")
    assert answer["reason"] == REASONS["ntlmv1"]
    weakest("ntlmv1")
    for form in ("ntlmv1", "ntlm2-session", "ntlmv2"):
        received = ntlm_library.first_message("python_ntlm_auth.py", person, "tls", person.user, form=form)
        assert_delivered(received, MESSAGE)
