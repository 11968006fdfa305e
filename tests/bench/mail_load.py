"""Runs of mail_load, which loads the servers and checks every answer."""
import json
import os
import pathlib
import subprocess

from servers import PASSWORD


def load(*arguments):
    """A run of mail_load, begun; its standard output is to be read."""
    program = pathlib.Path(os.environ["RESTANTE_BIN_DIR"]) / "mail_load"
    return subprocess.Popen([str(program), *map(str, arguments)], stdin=subprocess.PIPE,
                            stdout=subprocess.PIPE, text=True,
                            env=dict(os.environ, RESTANTE_LOAD_PASSWORD=PASSWORD))


def outcome(run):
    """What it did, once it has ended. RuntimeError when an answer was wrong."""
    said, _ = run.communicate()
    if run.returncode != 0:
        raise RuntimeError(f"{' '.join(run.args)} ended with {run.returncode}")
    return json.loads(said.splitlines()[-1])
