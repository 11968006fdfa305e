"""The servers that are measured side by side, each with accounts of the same names and sizes."""
import contextlib
import pathlib
import resource
import shutil
import socket
import subprocess
import time

from control_group import ControlGroup
from deployment import PROGRAMS, Deployment, PortSlot, bin_dir, wait_until
from ntlm_client import nt_hash

PASSWORD = "a benchmark's, no secret"
HERE = pathlib.Path(__file__).resolve().parent


class Server:
    """What mail_load needs to know of a server, and what the server costs."""

    name: str
    user: str  # {} stands for the name of an account

    def __init__(self, directory):
        # A server takes over how many descriptors it may have.
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
        self.directory = pathlib.Path(directory)
        self.group = ControlGroup(self.directory.name)
        self._slot = PortSlot()
        self.ports = {}  # POP3, POP3S, LMTP
        self.ca = None

    def start(self):
        raise NotImplementedError

    def stop(self):
        """Its processes end; start() begins it again with the same accounts and mail."""
        raise NotImplementedError

    def remove(self):
        """After the last stop()."""
        self._slot.release()
        self.group.remove()

    def create_accounts(self, names):
        raise NotImplementedError

    def create_many(self, names):
        """The same, in the quickest way that there is."""
        self.create_accounts(names)


class Restante(Server):
    name = "restante"
    user = "CORP\\{}"

    def __init__(self, directory):
        super().__init__(directory)
        self.deployment = Deployment(self.directory, self._slot.base)

    def start(self):
        self.deployment.up()
        for program in PROGRAMS:
            self.group.add(self.deployment.pid(program))
        self.ports = {name: self.deployment.address(name)[1] for name in ("POP3", "POP3S", "LMTP")}
        self.ca = self.deployment.ca

    def stop(self):
        self.deployment.down()

    def create_accounts(self, names):
        for name in names:
            self.deployment.create_account(
                name, f"CORP\\{name}", name, f"{name}@corp.example", PASSWORD)

    def create_many(self, names, placement="mailstore-0"):
        """By one import, with NT hashes: a password's SCRAM keys take milliseconds each to make."""
        path, secret = self.directory / "people.csv", nt_hash(PASSWORD).hex()
        with path.open("w") as file:
            file.write("account_id,windows_names,alias,addresses,placement,nt_hash\n")
            file.writelines(f"{name},CORP\\{name},{name},{name}@corp.example,{placement},{secret}\n"
                            for name in names)
        self.deployment.ctl("accounts", "import", path, timeout=1_200)

    def fill_stopped(self, account, messages, octets):
        """Mail for one account, put into its store without services, which is many times as fast."""
        mailbox = self.deployment.ctl_json("accounts", "get", account)["mailbox_id"]
        self.deployment.down("mailstore")
        subprocess.run([bin_dir() / "store_fill", "--directory", self.deployment.dir / "data/mailstore", "--messages",
                        str(messages), "--octets", str(octets)], input=mailbox + "\n", text=True, check=True)
        self.deployment.up("mailstore")
        self.group.add(self.deployment.pid("mailstore"))


class Dovecot(Server):
    """With the certificate of another server's installation, so that both show the same."""

    name = "dovecot"
    user = "{}"

    def __init__(self, directory, certificates):
        super().__init__(directory)
        if shutil.which("dovecot") is None:
            raise RuntimeError("no dovecot to compare with; --install installs it, "
                               "--only restante does without")
        self._certificates = certificates
        self._process = None

    def start(self):
        base = self._slot.base
        self.ports = {"POP3": base + 110, "POP3S": base + 995, "LMTP": base + 24}
        self.ca = self._certificates / "ca.pem"
        for part in ("run", "state", "mail"):
            (self.directory / part).mkdir(parents=True, exist_ok=True)
        # Its processes are of other users than the one who starts it.
        for path in (self.directory.parent, self.directory):
            path.chmod(0o755)
        shutil.chown(self.directory / "mail", "nobody", "nogroup")
        (self.directory / "passwd").touch()
        path = self.directory / "dovecot.conf"
        path.write_text(self._configuration())
        self._process = subprocess.Popen(["/usr/sbin/dovecot", "-F", "-c", str(path)],
                                         preexec_fn=lambda: self.group.add(0))
        wait_until(lambda: self._listens() or self._process.poll() is not None, 20, "Dovecot listens")
        if self._process.poll() is not None:
            raise RuntimeError(f"Dovecot ended: {self._log()}")

    def _configuration(self):
        values = {"DIRECTORY": self.directory, "CERTIFICATE": self._certificates / "pop3-clients.pem",
                  "KEY": self._certificates / "pop3-clients.key", **self.ports}
        text = (HERE / "dovecot.conf").read_text()
        for name, value in values.items():
            text = text.replace(f"@{name}@", str(value))
        return text

    def _listens(self):
        with contextlib.suppress(OSError):
            for port in self.ports.values():
                socket.create_connection(("127.0.0.1", port), timeout=5).close()
            return True
        return False

    def _log(self):
        with contextlib.suppress(OSError):
            return (self.directory / "dovecot.log").read_text()[-2000:]
        return "no log"

    def stop(self):
        self._process.terminate()
        self._process.wait(timeout=60)
        wait_until(lambda: not self.group.pids(), 60, "Dovecot's processes end")

    def create_accounts(self, names):
        with open(self.directory / "passwd", "a") as passwd:
            passwd.writelines(f"{name}:{{PLAIN}}{PASSWORD}\n" for name in names)

    def create_many(self, names):
        # A file that changed twice within a second is not read a second time.
        time.sleep(1.1)
        self.create_accounts(names)
