"""What docs/clients.md says to enter: each section's files and commands fetch the message."""
import re
import subprocess

import pytest

from deployment import ROOT, bin_dir, read_variables

TEXT = "The settings were right, octet by octet."
MESSAGE = f"Subject: settings\r\n\r\n{TEXT}\r\n".encode()
_BLOCK = re.compile(r"^<!-- file: (\S+) -->\n```text\n(.*?)^```$|^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def sections():
    """[(title, {file: text}, [command])] of every section that has commands for a client."""
    found = []
    for section in re.split(r"^## ", (ROOT / "docs/clients.md").read_text(), flags=re.MULTILINE)[1:]:
        files, commands = {}, []
        for name, text, console in _BLOCK.findall(section):
            if name:
                files[name] = text
            commands += re.findall(r"^\$ (.*)$", console, re.MULTILINE)
        if commands:
            found.append((section.partition("\n")[0], files, commands))
    return found


@pytest.fixture(scope="module")
def password(deployment):
    secret = deployment.create_account("jsmith", "CORP\\jsmith", "john.smith", "jsmith@corp.example")
    deployment.deliver("jsmith@corp.example", MESSAGE)
    return secret


@pytest.fixture
def fill_in(deployment, password):
    """What a reader replaces, and where this installation differs from that of the page."""
    replacements = {
        "10995": str(deployment.address("POP3S")[1]), "10110": str(deployment.address("POP3")[1]),
        ".restante/tls/ca.pem": str(deployment.ca), "PASSWORD": password, "tests/e2e/": f"{ROOT}/tests/e2e/",
    }
    pattern = re.compile("|".join(map(re.escape, replacements)))
    return lambda text: pattern.sub(lambda match: replacements[match.group()], text)


def run(command, home, variables):
    """As at a terminal."""
    return subprocess.run(
        ["script", "-qefc", command, "/dev/null"], cwd=home, stdin=subprocess.DEVNULL, timeout=60, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        env={"HOME": str(home), "PATH": f"{bin_dir()}:/usr/bin:/bin", "TERM": "vt100", "LC_ALL": "C.UTF-8",
             "SHELL": "/bin/bash", **variables})


@pytest.mark.parametrize("files, commands", [section[1:] for section in sections()],
                         ids=[section[0] for section in sections()])
def test_settings(deployment, tmp_path, fill_in, files, commands):
    for name, text in files.items():
        path = tmp_path / name
        path.write_text(fill_in(text))
        path.chmod(0o600)
    fetched = 0
    for command in commands:
        result = run(fill_in(command), tmp_path, read_variables(deployment.dir / "restantectl.env"))
        assert result.returncode == 0, (command, result.stdout)
        fetched += TEXT in result.stdout
    # A program shows what it fetched, or leaves it in a file.
    mail = tmp_path / "mail"
    fetched += mail.exists() and TEXT in mail.read_text()
    # Without a file of settings every command fetches by itself; those of an operator fetch nothing.
    by_client = [command for command in commands if not command.startswith("restantectl ")]
    assert fetched == (1 if files else len(by_client)), (fetched, result.stdout)
