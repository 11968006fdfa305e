"""What the policy says of names holds for every mechanism, from the next logon on."""
import pytest

from pop3_client import RawPop3, curl, open_session, reference_of, tls_context

CORP, LAB = "CORP\\dora", "LAB\\dora"


@pytest.fixture(scope="module")
def passwords(deployment):
    return {"corp": deployment.create_account("dora", CORP, "dora.corp", "dora@corp.example"),
            "lab": deployment.create_account("dora-lab", LAB, "dora.lab", "dora@lab.example"),
            "emil": deployment.create_account("emil", "LAB\\Emil", "emil.e", "emil@lab.example")}


@pytest.fixture(autouse=True)
def as_configured(deployment):
    yield
    deployment.ctl("policy", "update", "pop3", "--names-from-configuration")


def rules(deployment, *options):
    deployment.ctl("policy", "update", "pop3", *options)


def opens(deployment, user, password):
    """By PLAIN and, with the same outcome, by NTLM: whether a mailbox opens."""
    with RawPop3(deployment.address("POP3S"), tls=tls_context(deployment)) as session:
        plain = session.plain_logon(user, password)
        if plain.startswith("+OK"):
            session.quit()
        else:
            reference_of(plain)
    ntlm = curl(deployment.pop3s_url, user, password, "--cacert", deployment.ca, check=False)
    assert plain.startswith("+OK") == (ntlm.returncode == 0), (plain, ntlm)
    return plain.startswith("+OK")


def reason(deployment, name):
    return deployment.ctl_json("explain-logon", "--name", name)["reason"]


def test_the_default_domain_changes_while_it_runs(deployment, passwords):
    assert opens(deployment, "dora", passwords["corp"])
    assert not opens(deployment, "dora", passwords["lab"])
    rules(deployment, "--default-domain", "LAB")
    assert opens(deployment, "dora", passwords["lab"])
    assert not opens(deployment, "dora", passwords["corp"])
    assert opens(deployment, CORP, passwords["corp"])
    policy = deployment.ctl_json("policy", "get", "pop3")
    assert policy["names"]["default_domain"] == "LAB"


def test_a_realm_means_a_domain(deployment, passwords):
    assert not opens(deployment, "OLD\\dora", passwords["lab"])
    rules(deployment, "--default-domain", "CORP", "--add-realm", "OLD=LAB", "--add-realm", "new.example")
    assert opens(deployment, "OLD\\dora", passwords["lab"])
    assert not opens(deployment, "OLD\\dora", passwords["corp"])
    # curl's NTLM leaves user@realm together.
    assert opens(deployment, "dora@NEW.example", passwords["corp"])


def test_no_domain_may_be_nobody(deployment, passwords):
    assert opens(deployment, "emil", passwords["emil"])  # the only one
    rules(deployment, "--default-domain", "CORP", "--empty-domain", "default")
    assert not opens(deployment, "emil", passwords["emil"])
    assert opens(deployment, "dora", passwords["corp"])
    rules(deployment, "--empty-domain", "refuse")
    assert not opens(deployment, "dora", passwords["corp"])
    assert reason(deployment, "dora") == "DOMAIN_MISSING"
    assert opens(deployment, CORP, passwords["corp"])


def test_a_foreign_domain_may_mean_none(deployment, passwords):
    assert not opens(deployment, "DESKTOP-7\\dora", passwords["corp"])
    assert reason(deployment, "DESKTOP-7\\dora") == "UNKNOWN_NAME"
    rules(deployment, "--default-domain", "CORP", "--foreign-domain", "ignore")
    assert opens(deployment, "DESKTOP-7\\dora", passwords["corp"])
    assert opens(deployment, LAB, passwords["lab"])
    assert not opens(deployment, LAB, passwords["corp"])


def test_case_may_count(deployment, passwords):
    assert opens(deployment, "LAB\\EMIL", passwords["emil"])
    rules(deployment, "--default-domain", "CORP", "--user-case", "exact")
    assert not opens(deployment, "LAB\\EMIL", passwords["emil"])
    assert opens(deployment, "lab\\Emil", passwords["emil"])


def test_the_rules_survive_a_restart(deployment, passwords):
    rules(deployment, "--default-domain", "LAB", "--add-realm", "OLD=CORP:exact")
    deployment.down("auth", kill=True)
    deployment.up("auth")
    assert opens(deployment, "dora", passwords["lab"])
    assert opens(deployment, "OLD\\dora", passwords["corp"])
    assert not opens(deployment, "OLD\\Dora", passwords["corp"])
    with open_session(deployment, "dora", passwords["lab"]) as session:
        session.quit()
