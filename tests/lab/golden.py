"""The golden tree: a domain controller provisioned once, stopped, and copied for every use."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

HOST = "dc1"
PASSWORD = "Only-for-the-lab-1"
"""The administrator's password: known, since the controller answers on this machine's loopback only."""

SMB_CONF = """\
[global]
    netbios name = {host}
    realm = {realm}
    workgroup = {netbios}
    server role = active directory domain controller
    interfaces = {ip}/8
    bind interfaces only = yes
    server services = ldap, kdc
    dcerpc endpoint servers = -winreg, -srvsvc
    disable netbios = yes
    private dir = {tree}/private
    lock directory = {tree}/lock
    state directory = {tree}/state
    cache directory = {tree}/cache
    binddns dir = {tree}/bind-dns
    pid directory = {tree}/run
    ncalrpc dir = {tree}/run/ncalrpc
    winbindd socket directory = {tree}/run/winbindd
    ntp signd socket directory = {tree}/run/ntp_signd
    log file = {tree}/log.%m
    max log size = 0
    log level = 1
    tls dh params file = tls/dh.pem
    ldap server require strong auth = allow_sasl_over_tls
"""


class LabError(Exception):
    """The lab could not be built or started; the text holds the end of the tool's own output."""


def cache_directory() -> Path:
    """Return this user's directory for golden trees, in memory where there is ``/dev/shm``; nobody else may enter."""
    parent = Path("/dev/shm") if os.access("/dev/shm", os.W_OK) else Path(tempfile.gettempdir())
    own = parent / f"idcode-lab-{os.getuid()}"
    own.mkdir(mode=0o700, exist_ok=True)
    state = own.lstat()
    if own.is_symlink() or state.st_uid != os.getuid() or state.st_mode & 0o077:
        raise LabError(f"{own} exists and is not this user's alone; remove it")
    return own


@contextmanager
def locked(name: str) -> Iterator[None]:
    """Hold a lock between processes of this user."""
    with (cache_directory() / f"{name}.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def claim(name: str) -> TextIO | None:
    """Return a lock held for as long as the returned file is open, or ``None`` where another process holds it."""
    handle = (cache_directory() / f"{name}.lock").open("w")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        handle.close()
        return None
    return handle


def golden_tree(realm: str) -> Path:
    """Return the stopped tree of ``realm``, provisioning it if nobody has yet (about five seconds)."""
    recipe = hashlib.sha256((Path(__file__).read_text("utf-8") + realm).encode()).hexdigest()[:12]
    tree = cache_directory() / f"golden-{realm.lower()}-{recipe}"
    with locked("golden"):
        if not tree.exists():
            building = tree.with_name(tree.name + ".building")
            shutil.rmtree(building, ignore_errors=True)
            _provision(building, realm)
            building.rename(tree)
    return tree


def host_name(realm: str) -> str:
    """Return the controller's DNS name, which is also its certificate's."""
    return f"{HOST}.{realm.lower()}"


def write_conf(tree: Path, realm: str, ip: str) -> Path:
    """Write ``smb.conf`` for a tree at its place; nothing else in a tree knows its path or address."""
    conf = tree / "etc" / "smb.conf"
    for name in ("etc", "run", "lock"):
        (tree / name).mkdir(parents=True, exist_ok=True)
    netbios = realm.split(".", 1)[0]
    conf.write_text(SMB_CONF.format(tree=tree, realm=realm, ip=ip, netbios=netbios, host=HOST.upper()), "utf-8")
    return conf


def run(*command: str | Path) -> None:
    """Run a tool and raise :class:`LabError` with the end of what it said where it fails."""
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    if done.returncode:
        raise LabError(f"{command[0]} failed:\n{(done.stdout + done.stderr)[-2000:]}")


def _provision(tree: Path, realm: str) -> None:
    tree.mkdir(mode=0o700)
    ip = "127.0.0.1"
    run(
        *("samba-tool", "domain", "provision", f"--targetdir={tree}", f"--realm={realm}"),
        *(f"--domain={realm.split('.', 1)[0]}", "--server-role=dc", f"--host-name={HOST}", f"--host-ip={ip}"),
        *(f"--adminpass={PASSWORD}", "--dns-backend=NONE"),
        *(f"--option=interfaces={ip}/8", "--option=bind interfaces only=yes"),
    )
    conf = write_conf(tree, realm, ip)
    _make_certificates(tree / "private" / "tls", host_name(realm))
    # Provisioning registers only HOST/…; a Kerberos bind asks for ldap/….
    run("samba-tool", "spn", "add", f"ldap/{host_name(realm)}", f"{HOST.upper()}$", "-s", conf)


def _make_certificates(directory: Path, host: str) -> None:
    """Make an authority and the controller's certificate; left to Samba, each start would take seconds longer."""
    directory.mkdir(mode=0o700, exist_ok=True)
    at = {name: directory / name for name in ("dh.pem", "ca.key", "ca.pem", "key.pem", "cert.pem")}
    run("openssl", "genpkey", "-genparam", "-algorithm", "DH", "-pkeyopt", "group:ffdhe2048", "-out", at["dh.pem"])
    new = ("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "3650")
    run(
        *(*new, "-keyout", at["ca.key"], "-out", at["ca.pem"], "-subj", "/CN=Lab authority"),
        *("-addext", "keyUsage=critical,keyCertSign,cRLSign"),
    )
    run(
        *(*new, "-CA", at["ca.pem"], "-CAkey", at["ca.key"], "-keyout", at["key.pem"], "-out", at["cert.pem"]),
        *("-subj", f"/CN={host}", "-addext", f"subjectAltName=DNS:{host}", "-addext", "basicConstraints=CA:FALSE"),
    )
    for key in (at["ca.key"], at["key.pem"]):
        key.chmod(0o600)
