"""Accounts as operators manage them: taken out of use, brought back, and asked about."""
import smtplib

import pytest

from pop3_client import RawPop3, open_session, reference_of, tls_context

NAME, ADDRESS = "CORP\\jsmith", "john.smith@corp.example"
MAIL = b"Subject: kept\r\n\r\nStill here.\r\n"


@pytest.fixture(scope="module")
def password(deployment):
    password = deployment.create_account("jsmith", NAME, "john.smith", ADDRESS)
    deployment.deliver(ADDRESS, MAIL)
    return password


def refused(deployment, name, password):
    with RawPop3(deployment.address("POP3S"), tls=tls_context(deployment)) as session:
        reply = session.plain_logon(name, password)
        assert reply.startswith("-ERR [AUTH]")
        return reply


def causes(deployment, name):
    diagnosis = deployment.ctl_json("diagnose-logon", name, "--mechanism", "PLAIN")
    return [obstacle["cause"] for obstacle in diagnosis["obstacles"]]


def test_a_deleted_account_comes_back_with_all_it_had(deployment, password):
    with open_session(deployment, NAME, password) as session:
        assert session.command("STAT").startswith("+OK 1 ")
        session.quit()
    assert "undelete jsmith" in deployment.ctl("accounts", "delete", "jsmith").stdout
    refused(deployment, NAME, password)
    with pytest.raises(smtplib.SMTPRecipientsRefused) as nobody:
        deployment.deliver(ADDRESS, MAIL)
    assert nobody.value.recipients[ADDRESS][0] == 550
    assert causes(deployment, NAME)[0] == "ACCOUNT_DELETED"
    assert "jsmith" not in deployment.ctl("accounts", "list").stdout
    assert "deleted" in deployment.ctl("accounts", "list", "--show-deleted", "--filter", "deleted = true").stdout
    taken = deployment.ctl("accounts", "create", "other", "--windows-name", NAME, check=False)
    assert taken.returncode == 4 and "NAME_TAKEN" in taken.stderr

    # Over a restart as well.
    deployment.down("auth")
    deployment.up("auth")
    deployment.ctl("accounts", "undelete", "jsmith")
    with open_session(deployment, NAME, password) as session:
        assert session.command("STAT").startswith("+OK 1 ")
        session.quit()
    deployment.deliver(ADDRESS, MAIL)


def test_a_purged_account_leaves_its_names(deployment):
    deployment.ctl("accounts", "create", "gone", "--windows-name", "CORP\\gone")
    deployment.ctl("accounts", "delete", "gone")
    deployment.ctl("accounts", "delete", "gone", "--purge")
    back = deployment.ctl("accounts", "undelete", "gone", check=False)
    assert back.returncode == 3 and "ACCOUNT_NOT_FOUND" in back.stderr
    deployment.ctl("accounts", "create", "heir", "--windows-name", "CORP\\gone")


def test_the_operators_question_has_an_answer(deployment, password):
    reference = reference_of(refused(deployment, NAME, "wrong"))
    text = deployment.ctl("diagnose-logon", ADDRESS, "--mechanism", "PLAIN").stdout
    for part in ("WRONG_PASSWORD", "jsmith", "nt_hash", "scram_sha_256", reference, "In the mailstore", "not open"):
        assert part in text, part
    with open_session(deployment, NAME, password) as session:
        text = deployment.ctl("diagnose-logon", "john.smith").stdout
        for part in ("NAME_IS_ALIAS", "open from 127.0.0.1"):
            assert part in text, part
        session.quit()
    assert causes(deployment, "CORP\\nobody")[0] == "UNKNOWN_NAME"


def test_logons_are_listed(deployment, password):
    reference = reference_of(refused(deployment, NAME, "wrong"))
    listed = deployment.ctl_json("logons", "list", "--limit", "1", "--filter",
                                 'account = jsmith AND outcome != ACCEPTED')["events"]
    assert [event["reference"] for event in listed] == [reference]
    assert not deployment.ctl_json("logons", "list", "--filter", "account = nobody")["events"]


def test_credentials_are_told_of_and_not_told(deployment, password):
    listed = deployment.ctl_json("accounts", "list-credentials", "jsmith")["credentials"]
    assert [credential["kind"] for credential in listed] == ["nt_hash", "scram_sha_256"]
    assert all(credential["usable"] and credential["set_time"] for credential in listed)
    assert password not in str(listed)
