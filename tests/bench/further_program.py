"""Programs of an installation beyond its four: a second front end, a replica of auth, another placement's mailstore."""
import contextlib
import re
import shutil
import socket
import subprocess

from deployment import ROOT, bin_dir, wait_until

# Offsets from the port base of what each program listens on, as deploy/local has them; mail clients' or callers' first.
PORTS = {"pop3": (110, 995, 1023, 1024), "auth": (1001, 1002, 1003, 1004), "mailstore": (1011, 1012, 1013, 1014)}


class FurtherProgram:
    """A process with the configuration of `program`, but for its own ports and `changes` of its text."""

    def __init__(self, deployment, program, name, ports, changes=()):
        self.name, self._deployment, self._program = name, deployment, program
        self.port = deployment.port_base + ports[0]
        text = (deployment.dir / f"config/{program}.yaml").read_text()
        for before, after in zip(PORTS[program], ports):
            text = _changed(text, rf"(127\.0\.0\.1:){deployment.port_base + before}\b",
                            rf"\g<1>{deployment.port_base + after}")
        for before, after in changes:
            text = _changed(text, re.escape(before), after.replace("\\", r"\\"))
        self._config = deployment.dir / f"config/{name}.yaml"
        self._config.write_text(text)
        self._process = None

    def start(self):
        """Returns its process id, once it takes connections."""
        with open(self._deployment.dir / f"log/{self.name}.log", "ab") as log:
            self._process = subprocess.Popen([bin_dir() / f"restante-{self._program}", "--config", self._config],
                                             stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        wait_until(self._listens, 30, f"{self.name} listens")
        return self._process.pid

    def stop(self):
        if self._process:
            self._process.terminate()
            self._process.wait(timeout=150)
            self._process = None

    def _listens(self):
        if self._process.poll() is not None:
            raise RuntimeError(f"{self.name} ended with {self._process.returncode}")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
            return True
        return False


def _changed(text, pattern, replacement):
    text, changes = re.subn(pattern, replacement, text)
    if changes != 1:
        raise RuntimeError(f"{changes} places for {pattern} in a configuration")
    return text


def auth_replica(deployment, name, ports):
    """On a copy of the directory as it is now, with the same keys; auth itself must be down meanwhile."""
    data = deployment.dir / f"data/{name}"
    shutil.copytree(deployment.dir / "data/auth", data)
    return FurtherProgram(deployment, "auth", name, ports, [(f"{deployment.dir}/data/auth", str(data))])


def placement(deployment, name, ports):
    """A mailstore of another placement, with a certificate and a grant key of its own, that auth has too."""
    subprocess.run(["bash", "-euc", '. "$1"; . "$2"; cd "$3"; make_key "keys/auth/grant_keys/$4/k1.key"; '
                    'mkdir -p "keys/$4"; cp -pr "keys/auth/grant_keys/$4" "keys/$4/grant_keys"; '
                    'make_certificate "$4" serverAuth,clientAuth "URI:spiffe://restante/service/$4" '
                    '"DNS:$4.restante.internal" DNS:localhost,IP:127.0.0.1', "-",
                    ROOT / "deploy/local/common.sh", ROOT / "deploy/local/tls.sh", deployment.dir, name], check=True)
    own = deployment.dir
    return FurtherProgram(deployment, "mailstore", name, ports, [
        ("placement: mailstore-0", f"placement: {name}"), (f"{own}/data/mailstore", f"{own}/data/{name}"),
        (f"{own}/tls/mailstore.pem", f"{own}/tls/{name}.pem"), (f"{own}/tls/mailstore.key", f"{own}/tls/{name}.key"),
        (f"{own}/keys/mailstore/grant_keys", f"{own}/keys/{name}/grant_keys"),
        (f"{own}/mail-backups", f"{own}/mail-backups-{name}")])


def know_placement(deployment, program, name, port):
    """Tells a front end or the ingress, which must be down, where another placement is."""
    path = deployment.dir / f"config/{program}.yaml"
    path.write_text(_changed(path.read_text(), "mailstores:\n",
                             f"mailstores:\n  table:\n    {name}:\n      target: ipv4:127.0.0.1:{port}\n"
                             f"      server_name: {name}.restante.internal\n"))
