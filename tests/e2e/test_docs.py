"""Runs the commands of the documentation, as a reader would copy them.

In README.md and docs/*.md every ```sh block is run, in the order of the file, in one shell that stops
at the first failure; ```console and ```text blocks are for reading only. A ```text block
under a line <!-- output --> shows output: each of its lines must appear in what the ```sh block
before it printed; "..." stands for anything within a line.
"""
import fnmatch
import os
import re
import shlex
import subprocess

import pytest

from deployment import ROOT, bin_dir

_BLOCK = re.compile(r"(<!-- output -->\n)?^```(sh|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_MARK = "=== end of block {} ==="


def blocks(path):
    """[(commands, [expected lines])]"""
    found = []
    for output, kind, text in _BLOCK.findall(path.read_text()):
        if kind == "sh":
            found.append((text, []))
        elif output:
            assert found, f"{path}: output before any command"
            found[-1][1].extend(line for line in text.splitlines() if line.strip())
    return found


def documents():
    paths = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    return [path for path in paths if path.exists() and blocks(path)]


@pytest.fixture
def checkout(tmp_path, port_slot):
    """What a reader has in front of them: a checkout that is built, with nothing running."""
    for entry in ROOT.iterdir():
        if entry.name not in ("build", ".restante"):
            (tmp_path / entry.name).symlink_to(entry)
    (tmp_path / "build/release").mkdir(parents=True)
    (tmp_path / "build/release/bin").symlink_to(bin_dir())
    environment = dict(
        os.environ, RESTANTE_BIN_DIR=str(bin_dir()), RESTANTE_PORT_BASE=str(port_slot.base)
    )
    yield tmp_path, environment
    if (tmp_path / ".restante").exists():
        subprocess.run([tmp_path / "deploy/local/down", "--kill"], check=True, timeout=60)


@pytest.mark.parametrize("path", documents(), ids=lambda path: path.name)
def test_commands_of(checkout, path):
    directory, environment = checkout
    parts = blocks(path)
    script = "set -euo pipefail\n"
    for number, (commands, _) in enumerate(parts):
        script += f"{commands}\necho {shlex.quote(_MARK.format(number))}\n"
    result = subprocess.run(
        ["bash", "-c", script], cwd=directory, env=environment, text=True, timeout=280,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )
    printed = result.stdout.replace("\r", "")
    assert result.returncode == 0, printed
    for number, (commands, expected) in enumerate(parts):
        output, _, printed = printed.partition(_MARK.format(number))
        for line in expected:
            assert shows(output, line), f"after\n{commands}\nno line like\n{line}\nin\n{output}"


def shows(output, expected):
    pattern = "".join(f"[{c}]" if c in "*?[" else c for c in expected.strip()).replace("...", "*")
    return any(fnmatch.fnmatchcase(line.strip(), pattern) for line in output.splitlines())


def test_every_document_says_what_kind_its_blocks_are():
    for path in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]:
        if not path.exists():
            continue
        fences = re.findall(r"^```(.*)$", path.read_text(), re.MULTILINE)
        assert all(kind for kind in fences[::2]), f"{path}: a block without a kind"
