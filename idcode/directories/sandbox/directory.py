"""The sandbox adapter: an AD domain in one local file."""

from __future__ import annotations

from pathlib import Path

from idcode.directories.ad.domain import AdDomain
from idcode.directories.sandbox.domain import Domain, new_domain
from idcode.directories.sandbox.schema import bundled_schema
from idcode.directories.sandbox.session import EmbeddedSession
from idcode.directories.sandbox.settings import SandboxSettings
from idcode.directories.sandbox.storage import create, open_domain
from idcode.model import dn
from idcode.model.errors import DirectoryError


class SandboxDirectory(AdDomain):
    """A practice domain; made on first use, with nothing in it but what every domain is born with and its base.

    ``root`` is the repository's root, below which its file is. Raises ``DirectoryError`` where the file cannot be
    used.
    """

    def __init__(self, name: str, settings: SandboxSettings, root: Path) -> None:
        domain = open_practice(name, settings, root)
        super().__init__(
            name,
            EmbeddedSession(domain, f"sandbox {name}"),
            settings.base_dn,
            settings.disable_mark_in,
            type="sandbox",
            schema=domain.schema,
        )


def open_practice(name: str, settings: SandboxSettings, root: Path) -> Domain:
    """Open the practice domain of directory ``name``, an empty one where there is none yet.

    Raises ``DirectoryError`` where the file cannot be used, or holds another domain than ``base_dn`` lies in.
    """
    path = file_of(name, settings, root)
    if not path.exists():
        create(path, empty_domain(name, settings.base_dn), unless_there=True)
    domain = open_domain(path)
    wanted = domain_of(name, settings.base_dn)
    if dn.key(domain.root_dn) != dn.key(wanted):
        raise DirectoryError(
            f"{name}: the practice domain in {path} is {domain.root_dn}, and base_dn lies in {wanted}",
            "Begin anew with idcode sandbox reset, or correct base_dn.",
        )
    make_base(name, domain, settings.base_dn)
    return domain


def file_of(name: str, settings: SandboxSettings, root: Path) -> Path:
    """Return where the practice domain of directory ``name`` is kept."""
    return root / (settings.path or f".idcode/sandbox/{name}.db")


def empty_domain(name: str, base_dn: str, *, recycle_bin: bool = False, exchange: bool = False) -> Domain:
    """Return the domain that ``base_dn`` lies in, with its OUs down to ``base_dn``.

    Raises ``DirectoryError`` for a ``base_dn`` that is in no domain.
    """
    domain = new_domain(domain_of(name, base_dn), bundled_schema(exchange), recycle_bin=recycle_bin)
    make_base(name, domain, base_dn)
    return domain


def domain_of(name: str, base_dn: str) -> str:
    """Return the ``DC=`` part of ``base_dn``; raise ``DirectoryError`` where there is none."""
    try:
        parsed = dn.parse(base_dn)
    except ValueError as error:
        raise DirectoryError(f"{name}: base_dn: {error}", _HINT) from None
    parts = tuple(rdn for rdn in parsed if rdn.type.upper() == "DC")
    if not parts or parsed[-len(parts) :] != parts:
        raise DirectoryError(f"{name}: base_dn {base_dn!r} is in no domain: it does not end in DC=…", _HINT)
    return dn.build(parts)


def make_base(name: str, domain: Domain, base_dn: str) -> None:
    """Add the OUs on the way to ``base_dn`` that are not there; raise ``DirectoryError`` where one cannot be."""
    session = EmbeddedSession(domain)
    for depth in range(len(dn.parse(domain.root_dn)) + 1, len(dn.parse(base_dn)) + 1):
        container = dn.build(dn.parse(base_dn)[-depth:])
        if session.search(container, scope="base").result.ok:
            continue
        result = session.add(container, ["top", "organizationalUnit"], {})
        if not result.ok:
            raise DirectoryError(f"{name}: {container} of base_dn cannot be made: {result}", _HINT)


_HINT = "Write it as DC=corp,DC=example,DC=com, or with OUs before it."
