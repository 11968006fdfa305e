"""NTLM libraries of Debian that speak NTLMv2: the right password lets in, in each form of a name, a wrong one never."""
import pytest

import ntlm_library
from person import Person
from pop3_client import assert_delivered

MESSAGE = (b"Subject: dots and letters\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n.\r\n..\r\n.leading\r\n"
           + "Grüße, καλημέρα\r\n".encode())
PROGRAMS = ("authen_ntlm.pl", "emacs_ntlm.el", "gss_ntlmssp.py", "impacket_ntlm.py", "python_ntlm_auth.py",
            "ruby_ntlm.rb", "samba_gensec.py", "samba_ntlm_auth.py")
NO_STLS = {"ruby_ntlm.rb"}
# The domain field of its answer is made of the wrong letters, and its proof of the right ones: only the domain
# that the server shows can be guessed.
GARBLES_THE_REALM = {"emacs_ntlm.el"}


@pytest.fixture(scope="module", params=PROGRAMS)
def program(request):
    return request.param


@pytest.fixture(scope="module")
def person(deployment, program, tmp_path_factory):
    return Person(deployment, tmp_path_factory.mktemp("person"), [MESSAGE])


def assert_let_in(program, person, layer, user, domain=""):
    assert_delivered(ntlm_library.first_message(program, person, layer, user, domain), MESSAGE)


def test_over_each_layer_and_with_a_domain_in_each_place(program, person):
    assert_let_in(program, person, "plain", person.user)
    assert_let_in(program, person, "stls" if program not in NO_STLS else "plain", person.user, "CORP")
    assert_let_in(program, person, "tls", person.windows_name)


def test_with_a_realm_behind_the_user(program, person):
    if program in GARBLES_THE_REALM:
        refused = ntlm_library.refusal(program, person, "plain", person.principal_name)
        assert refused["reason"] == "WRONG_PASSWORD"
        assert_let_in(program, person, "plain", f"{person.user}@CORP")
    else:
        assert_let_in(program, person, "plain", person.principal_name)


def test_a_wrong_password_never(program, person):
    wrong = person.deployment.new_password()
    for user, domain in ((person.user, ""), (person.user, "CORP")):
        refused = ntlm_library.refusal(program, person, "plain", user, domain, password=wrong)
        assert refused["reason"] == "WRONG_PASSWORD", refused
    assert_let_in(program, person, "plain", person.user)
