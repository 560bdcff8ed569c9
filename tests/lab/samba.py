"""Private Samba AD domain controllers side by side on 127.0.0.x.

A golden tree is provisioned once; every lab is a copy of it with an address of its own. Samba must be installed
(``apt-get install --no-install-recommends samba-ad-dc samba-ad-provision``) and needs root.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import socket
import ssl
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from tests.lab.golden import PASSWORD, LabError, claim, golden_tree, host_name, locked, write_conf

REALM = "CORP.CONTOSO.COM"
_PORTS = (88, 389, 464, 636, 3268, 3269)
_TOOLS = ("samba", "samba-tool", "openssl")
_TEMPLATES = Path("/usr/share/samba/setup/provision.ldif")
_START_TIMEOUT = 30.0


def available() -> str | None:
    """Return why there can be no lab on this machine, or ``None`` if there can."""
    missing = [tool for tool in _TOOLS if shutil.which(tool) is None]
    if missing:
        return f"not installed: {', '.join(missing)} (apt-get install samba-ad-dc samba-ad-provision openssl)"
    if not _TEMPLATES.exists():
        return "not installed: samba-ad-provision"
    if os.geteuid() != 0:
        return "provisioning a Samba domain needs root"
    return None


@dataclass(frozen=True)
class Domain:
    """How to reach a running domain, and its administrator."""

    servers: list[str]
    base_dn: str
    ca_file: str
    server_name: str
    user: str
    password: str
    ip: str
    realm: str
    tree: Path

    @property
    def conf(self) -> Path:
        """The controller's ``smb.conf``, for ``samba-tool … -s CONF``."""
        return self.tree / "etc" / "smb.conf"

    def connect(self, user: str | None = None, password: str | None = None, **options: Any) -> Any:
        """Return a bound ldap3 connection over LDAPS, the administrator's unless told otherwise.

        Independent of idcode's own code, so that tests can check what it did. Raises ldap3's bind error.
        """
        import ldap3

        tls = ldap3.Tls(validate=ssl.CERT_REQUIRED, ca_certs_file=self.ca_file, valid_names=[self.server_name])
        server = ldap3.Server(self.ip, 636, use_ssl=True, tls=tls, get_info=ldap3.NONE, connect_timeout=10)
        return ldap3.Connection(
            server, user or self.user, password or self.password, auto_bind=True, receive_timeout=60, **options
        )


class SambaLab:
    """One controller in ``tree``: start, reset to pristine, stop.

    With ``tied`` (tests) the controller dies with the thread that started it, however that ends; without, it runs
    on until ``stop``.
    """

    def __init__(self, tree: Path, realm: str = REALM, first_ip: int = 30, tied: bool = True) -> None:
        self.tree = tree.absolute()
        self.realm = realm.upper()
        self._first_ip = first_ip
        self._tied = tied
        self._process: subprocess.Popen[bytes] | None = None
        self._claim: TextIO | None = None

    def start(self) -> Domain:
        """Copy the golden tree, choose a free address from ``127.0.0.first_ip`` on, and wait until LDAPS answers."""
        golden = golden_tree(self.realm)
        if self.tree.exists():
            self.discard()
        with locked("start"):  # an address of a lab without a claim is only taken once its controller listens
            ip = self._free_ip()
            self.tree.parent.mkdir(parents=True, exist_ok=True)
            shutil.copytree(golden, self.tree)
            write_conf(self.tree, self.realm, ip)
            self._launch(ip)
        return self._domain(ip)

    def reset(self, domain: Domain) -> None:
        """Put the pristine database back behind the same address."""
        self.stop()
        private = self.tree / "private"
        shutil.rmtree(private)
        shutil.copytree(golden_tree(self.realm) / "private", private)
        self._launch(domain.ip)

    def restart(self, domain: Domain) -> None:
        """Start a stopped controller again with the database it had."""
        self._launch(domain.ip)

    def stop(self) -> None:
        """End the controller at once; acknowledged writes survive it. Safe to call twice."""
        pid = self._pid()
        if pid is None:
            return
        # Its own process group: set up by _launch.
        os.killpg(pid, signal.SIGKILL)
        if self._process is not None:
            self._process.wait()
            self._process = None
        else:
            _wait(lambda: self._pid() is None, "the controller does not end")
        (self.tree / "run" / "main.pid").unlink(missing_ok=True)
        (self.tree / "run" / "samba.pid").unlink(missing_ok=True)

    def discard(self) -> None:
        """Stop, and remove the tree (only a tree: any other directory is left alone)."""
        self.stop()
        if (self.tree / "etc" / "smb.conf").exists():
            shutil.rmtree(self.tree)
        if self._claim is not None:
            self._claim.close()
            self._claim = None

    def _domain(self, ip: str) -> Domain:
        return Domain(
            servers=[f"ldaps://{ip}"],
            base_dn=",".join(f"DC={label}" for label in self.realm.lower().split(".")),
            ca_file=str(self.tree / "private" / "tls" / "ca.pem"),
            server_name=host_name(self.realm),
            user=f"administrator@{self.realm.lower()}",
            password=PASSWORD,
            ip=ip,
            realm=self.realm,
            tree=self.tree,
        )

    def _free_ip(self) -> str:
        """Choose an address and keep it claimed, so that nobody takes it while the controller is being reset."""
        for last in range(self._first_ip, 255):
            ip = f"127.0.0.{last}"
            claimed = claim(ip)
            if claimed is None:
                continue
            if all(_free(ip, port) for port in _PORTS):
                self._claim = claimed
                return ip
            claimed.close()
        raise LabError(f"no free address from 127.0.0.{self._first_ip} on")

    def _launch(self, ip: str) -> None:
        output = self.tree / "samba.out"
        with output.open("wb") as log:
            self._process = subprocess.Popen(
                ["samba", "-s", str(self.tree / "etc" / "smb.conf"), "-i", "-M", "single"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, "TDB_NO_FSYNC": "1"},  # 3 to 40 times faster; the tree is disposable
                start_new_session=True,
                preexec_fn=_die_with_parent if self._tied else None,
            )
        (self.tree / "run").mkdir(exist_ok=True)
        pid = self._process.pid
        (self.tree / "run" / "main.pid").write_text(f"{pid} {_started_at(pid)}", "ascii")
        context = ssl.create_default_context(cafile=str(self.tree / "private" / "tls" / "ca.pem"))
        process = self._process

        def answers() -> bool:
            if process.poll() is not None:
                raise LabError(f"samba ended:\n{output.read_text('utf-8', 'replace')[-2000:]}")
            return _answers(ip, context, host_name(self.realm))

        try:
            _wait(answers, f"samba does not answer on {ip}")
        except LabError:
            self.stop()
            raise

    def _pid(self) -> int | None:
        """Return the controller's process id while it runs; a recycled id is told by its later start."""
        try:
            pid, started_at = (self.tree / "run" / "main.pid").read_text("ascii").split()
            return int(pid) if _started_at(int(pid)) == started_at else None
        except (OSError, ValueError):
            return None


def _started_at(pid: int) -> str | None:
    """Return when a process started, in clock ticks since boot; ``None`` where it is gone or ended (proc(5))."""
    fields = Path(f"/proc/{pid}/stat").read_text("ascii", "replace").rpartition(")")[2].split()
    return None if fields[0] in "ZX" else fields[19]


def _die_with_parent() -> None:
    pr_set_pdeathsig = 1
    ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGKILL)


def _free(ip: str, port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((ip, port))
        except OSError:
            return False
    return True


def _answers(ip: str, context: ssl.SSLContext, host: str) -> bool:
    try:
        with socket.create_connection((ip, 636), timeout=2) as raw, context.wrap_socket(raw, server_hostname=host):
            return True
    except (ConnectionError, TimeoutError, ssl.SSLEOFError):
        return False


def _wait(condition: Callable[[], bool], otherwise: str) -> None:
    """Ask again until ``condition`` holds; raise :class:`LabError` after half a minute."""
    deadline = time.monotonic() + _START_TIMEOUT
    while not condition():
        if time.monotonic() > deadline:
            raise LabError(otherwise)
        time.sleep(0.02)
