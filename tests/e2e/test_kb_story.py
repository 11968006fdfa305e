"""The story of KB Q191558, ended well: the Windows account is CORP\\jsmith, the mailbox john.smith."""
import pytest

from pop3_client import assert_delivered, curl

ACCOUNT = "jsmith"
WINDOWS_NAME = "CORP\\jsmith"
ADDRESS = "john.smith@corp.example"

DOTS = (
    b"From: sender@example.net\r\nTo: john.smith@corp.example\r\nSubject: dots\r\n\r\n"
    b".\r\n..\r\n...\r\n.leading dot\r\n..two of them\r\nin the middle . of a line\r\n.\r\n.\r\n"
)
UMLAUTS = (
    "From: sender@example.net\r\nTo: john.smith@corp.example\r\nSubject: 8 bit\r\n"
    "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
    "Grüße aus Zürich, Ελλάδα, 日本 — £€\r\n"
).encode()
_LINE = b"The quick brown fox jumps over the lazy dog, and so on, until the line is full.\r\n"
FIVE_MEGABYTES = (
    b"From: sender@example.net\r\nTo: john.smith@corp.example\r\nSubject: large\r\n\r\n"
    + _LINE * (5 * 1024 * 1024 // len(_LINE))
)
MESSAGES = (DOTS, UMLAUTS, FIVE_MEGABYTES)


@pytest.fixture(scope="module")
def password(deployment):
    secret = deployment.create_account(ACCOUNT, WINDOWS_NAME, "john.smith", ADDRESS)
    for message in MESSAGES:
        deployment.deliver(ADDRESS, message)
    return secret


def tls_options(deployment):
    return "--cacert", deployment.ca


def unique_ids(deployment, password):
    listing = curl(deployment.pop3_url, WINDOWS_NAME, password, "-X", "UIDL").decode()
    return dict(line.split(" ") for line in listing.splitlines())


@pytest.mark.parametrize("number", (1, 2, 3))
def test_curl_reads_each_message_by_ntlm_without_tls(deployment, password, number):
    received = curl(f"{deployment.pop3_url}/{number}", WINDOWS_NAME, password)
    assert_delivered(received, MESSAGES[number - 1])


@pytest.mark.parametrize("number", (1, 2, 3))
def test_curl_reads_each_message_by_ntlm_over_tls(deployment, password, number):
    url = f"{deployment.pop3s_url}/{number}"
    received = curl(url, WINDOWS_NAME, password, *tls_options(deployment))
    assert_delivered(received, MESSAGES[number - 1])


def test_curl_reads_by_ntlm_after_stls(deployment, password):
    url = f"pop3://localhost:{deployment.address('POP3')[1]}/1"
    received = curl(url, WINDOWS_NAME, password, "--ssl-reqd", *tls_options(deployment))
    assert_delivered(received, DOTS)


def test_explain_logon_shows_the_way_from_name_to_mailbox(deployment, password):
    answer = deployment.ctl_json("explain-logon", "--name", WINDOWS_NAME, "--mechanism", "NTLM")
    mailbox = deployment.ctl_json("accounts", "get", ACCOUNT)["mailbox_id"]
    assert answer["accepted"] is True
    assert answer["alias"] == "john.smith"
    assert answer["mailbox_id"] == mailbox
    assert answer["steps"], "no step says which rule decided"
    text = deployment.ctl("explain-logon", "--name", WINDOWS_NAME).stdout
    for part in (ACCOUNT, "john.smith", answer["steps"][-1]["rule"]):
        assert part in text


def test_after_a_change_of_alias_the_same_client_reads_the_same_mail(deployment, password):
    before = unique_ids(deployment, password)
    assert len(before) == len(MESSAGES)
    deployment.ctl("accounts", "update", ACCOUNT, "--alias", "j.smith-jones")
    try:
        assert deployment.ctl_json("accounts", "get", ACCOUNT)["alias"] == "j.smith-jones"
        assert unique_ids(deployment, password) == before
        for number, message in enumerate(MESSAGES, start=1):
            received = curl(f"{deployment.pop3_url}/{number}", WINDOWS_NAME, password)
            assert_delivered(received, message)
        answer = deployment.ctl_json("explain-logon", "--name", WINDOWS_NAME)
        assert answer["alias"] == "j.smith-jones"
    finally:
        deployment.ctl("accounts", "update", ACCOUNT, "--alias", "john.smith")


def test_the_mailbox_is_what_the_management_api_says(deployment, password):
    mailbox = deployment.ctl_json("accounts", "get", ACCOUNT)["mailbox_id"]
    assert int(deployment.ctl_json("mailboxes", "get", mailbox)["message_count"]) == len(MESSAGES)
    messages = deployment.ctl("messages", "list", mailbox).stdout
    for uid in unique_ids(deployment, password).values():
        assert uid in messages
