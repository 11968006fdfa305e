"""Names and passwords outside ASCII: by clients that make them UTF-16, and by those that widen each octet of UTF-8."""
import pytest

import ntlm_library
from person import Person
from pop3_client import assert_delivered, curl

MESSAGE = "Subject: letters\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nGrüße an Jürgen\r\n".encode()
PASSWORD, WIDE_PASSWORD = "Pässwörd 1", "Pässwörd, 密码 1"
# Read as Latin-1, the octets of the later ones have letters that have an upper case.
NAMES = ("jürgen", "Сергей", "μαρία", "日本")
UTF_16 = ("gss_ntlmssp.py", "impacket_ntlm.py", "samba_gensec.py", "samba_ntlm_auth.py")
WIDENED = ("authen_ntlm.pl", "emacs_ntlm.el")
# These cannot say such a name, but such a password.
ASCII_NAMES = ("python_ntlm_auth.py", "ruby_ntlm.rb")
LATIN_1_PASSWORDS = {"impacket_ntlm.py"}


@pytest.fixture(scope="module", params=NAMES)
def person(request, deployment, tmp_path_factory):
    return Person(deployment, tmp_path_factory.mktemp("person"), [MESSAGE], request.param, PASSWORD)


def assert_the_password_decides(program, person):
    received = ntlm_library.first_message(program, person, "plain", person.user)
    assert_delivered(received, MESSAGE)
    # One letter less, and the same without its two dots.
    for wrong in (person.password[:-1], person.password.replace("ä", "a")):
        refused = ntlm_library.refusal(program, person, "plain", person.user, password=wrong)
        assert refused["reason"] == "WRONG_PASSWORD", refused


@pytest.mark.parametrize("program", UTF_16 + WIDENED)
def test_libraries(person, program):
    assert_the_password_decides(program, person)


def test_curl(person):
    deployment = person.deployment
    for url, *options in ((deployment.pop3_url,), (deployment.pop3s_url, "--cacert", deployment.ca)):
        for name in (person.user, person.windows_name):
            assert_delivered(curl(f"{url}/1", name, PASSWORD, *options), MESSAGE)
    refused = curl(deployment.pop3_url, person.user, PASSWORD[:-1], check=False)
    assert refused.returncode == 67  # "login denied"


@pytest.mark.parametrize("program", [one for one in (*UTF_16, *WIDENED, *ASCII_NAMES) if one not in LATIN_1_PASSWORDS])
def test_a_password_of_many_scripts(deployment, program, tmp_path):
    assert_the_password_decides(program, Person(deployment, tmp_path, [MESSAGE], password=WIDE_PASSWORD))
