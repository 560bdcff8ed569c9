"""Where ``make demo`` takes place: in practice directories, or on a domain controller and a tenant behind HTTPS."""

from __future__ import annotations

import base64
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from tests.lab import Domain

EXAMPLES = Path(__file__).resolve().parent
IDCODE = (sys.executable, "-m", "idcode.cli.main")


class DemoFailed(Exception):
    """Something was not as this walk expects; the text says what."""


class Stage(Protocol):
    """Where the walk takes place: what idcode is told, and who else can be asked about the domain."""

    option: str
    witness: str
    passwords_delivered: bool
    environment: Mapping[str, str]

    def question(self, filter_: str, attributes: tuple[str, ...]) -> list[str]:
        """Return the command that answers with LDIF."""

    def on_the_way(self) -> list[str]:
        """Return the idcode commands after which the tenant has what Entra Connect would have brought by then."""


@dataclass(frozen=True, slots=True)
class Practice:
    """A practice domain and a practice tenant, which idcode keeps in files of the repository."""

    option: str = "--sandbox"
    witness: str = "idcode sandbox show"
    passwords_delivered: bool = False
    environment: Mapping[str, str] = field(default_factory=dict)

    def question(self, filter_: str, attributes: tuple[str, ...]) -> list[str]:
        """Ask idcode, which prints what is in the file."""
        return [*IDCODE, "sandbox", "show", "--directory", "corp", filter_, *attributes]

    def on_the_way(self) -> list[str]:
        """Sync from the practice domain."""
        return ["sandbox sync"]


class Controller:
    """A domain controller, which ``ldapsearch`` asks behind idcode's back, and a tenant behind HTTPS."""

    option = ""
    witness = "ldapsearch"
    passwords_delivered = True

    def __init__(self, domain: Domain, scratch: Path) -> None:
        self._domain, self._password_file = domain, scratch / "password"
        self._password_file.touch(mode=0o600)
        self._password_file.write_text(domain.password, "utf-8")
        self.environment = {
            "IDCODE_AD_SERVER": domain.servers[0],
            "IDCODE_AD_USER": domain.user,
            "IDCODE_AD_PASSWORD": domain.password,
            "IDCODE_AD_CA": domain.ca_file,
            "IDCODE_AD_SERVER_NAME": domain.server_name,
            # The authority is checked; the certificate names the controller, and we call it by its address.
            "LDAPTLS_CACERT": domain.ca_file,
            "LDAPTLS_REQSAN": "never",
        }

    def question(self, filter_: str, attributes: tuple[str, ...]) -> list[str]:
        """Ask the controller itself, with a program that knows nothing of idcode."""
        return [
            *("ldapsearch", "-LLL", "-x", "-o", "ldif-wrap=no", "-E", "pr=500/noprompt"),
            *("-H", self._domain.servers[0], "-D", self._domain.user, "-y", str(self._password_file)),
            *("-b", self._domain.base_dn, filter_, *attributes),
        ]

    def on_the_way(self) -> list[str]:
        """Sync from a practice domain that is a copy of the controller's; nobody has Entra Connect in a box."""
        return [
            "snapshot --directory corp --out corp.jsonl.gz",
            "sandbox reset --directory corp --from corp.jsonl.gz --yes",
            "sandbox sync",
        ]


@contextmanager
def practice(_scratch: Path, _root: Path) -> Iterator[Practice]:
    """Practise: nothing to start, nothing to stop."""
    print("A practice domain and a practice tenant, each in a file; the repository is a copy of examples/contoso.")
    yield Practice()


@contextmanager
def controller(scratch: Path, root: Path) -> Iterator[Controller]:
    """Start a private domain controller, and serve a tenant, for the time of a walk.

    Raises :class:`DemoFailed` where they cannot run.
    """
    sys.path.insert(0, str(EXAMPLES.parent))  # the lab belongs to the tests, which are not installed
    from tests.lab import SambaLab, available
    from tests.lab.golden import LabError

    reason = available()
    if reason is None and shutil.which("ldapsearch") is None:
        reason = "not installed: ldapsearch (apt-get install ldap-utils)"
    if reason:
        raise DemoFailed(f"it needs a Samba AD domain of its own, which cannot run here: {reason}")
    lab = SambaLab(scratch / "dc", first_ip=10)
    try:
        print("Starting a private domain controller …", flush=True)
        domain = lab.start()
        print(f"corp.contoso.com at {domain.servers[0]}; the repository is a copy of examples/contoso.")
        with served(root):
            yield Controller(domain, scratch)
    except LabError as error:
        raise DemoFailed(str(error)) from error
    finally:
        lab.discard()


@contextmanager
def served(root: Path) -> Iterator[None]:
    """Serve a practice tenant, and let the repository in ``root`` use it as it would a real one."""
    serve = [*IDCODE, "sandbox", "serve", "--port", "0"]
    server = subprocess.Popen(serve, cwd=root, stdout=subprocess.PIPE, encoding="utf-8")
    try:
        assert server.stdout is not None
        settings = []
        for line in server.stdout:
            settings.append(line)
            if "ca_file:" in line:
                break
        if not settings:
            raise DemoFailed("the practice tenant cannot be served")
        print(settings[0].lstrip("# ").partition(" until")[0], "with a client secret, as a tenant would be.")
        connect(root / "idcode.yaml", settings[3:])
        yield
    finally:
        server.terminate()
        server.wait()


def connect(project: Path, settings: list[str]) -> None:
    """Put where the tenant is, and who signs in there, in the place of what ``idcode.yaml`` says of a real one."""
    lines = project.read_text("utf-8").splitlines(keepends=True)
    start = lines.index("    type: entra\n")
    (end,) = [number for number, line in enumerate(lines) if line.startswith("    credential: ")]
    project.write_text("".join([*lines[:start], *settings, *lines[end + 1 :]]), "utf-8")


def read_ldif(text: str) -> list[dict[str, list[str]]]:
    """Read entries of LDIF (RFC 2849); values sorted, since a directory keeps no order."""
    entries = []
    for block in text.replace("\n ", "").split("\n\n"):
        entry: dict[str, list[str]] = {}
        for line in block.splitlines():
            name, colon, value = line.partition(":")
            if not colon or line.startswith(("#", "ref")):
                continue
            if value.startswith(":"):
                value = base64.b64decode(value[1:]).decode("utf-8", "replace")
            entry.setdefault(name, []).append(value.strip(" "))
        if "dn" in entry:
            entries.append({name: sorted(values) for name, values in entry.items()})
    return entries
