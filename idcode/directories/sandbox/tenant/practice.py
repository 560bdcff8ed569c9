"""The practice tenant of a directory: where it is kept, and what it begins with."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from idcode.directories.sandbox.tenant.clock import Clock, RealClock
from idcode.directories.sandbox.tenant.entities import Entity
from idcode.directories.sandbox.tenant.roles import built_in_roles
from idcode.directories.sandbox.tenant.seeding import Seed, planted
from idcode.directories.sandbox.tenant.settings import TenantSettings
from idcode.directories.sandbox.tenant.skus import products, subscription
from idcode.directories.sandbox.tenant.storage import create, open_state
from idcode.directories.sandbox.tenant.switches import Switches
from idcode.directories.sandbox.tenant.tenant import Tenant
from idcode.model.errors import DirectoryError

_LINKS = ("members", "owners")
_PLENTY = 10_000
"""Units of every product, where nobody says how many a company has."""


def open_practice(
    name: str,
    settings: TenantSettings,
    root: Path,
    *,
    clock: Clock | None = None,
    switches: Switches | None = None,
) -> Tenant:
    """Open the practice tenant of directory ``name``, a new one where there is none yet.

    Raises ``DirectoryError`` where its file cannot be used.
    """
    path = file_of(name, settings, root)
    clock = clock or RealClock()
    if not path.exists():
        create(path, planted(new_tenant(settings, beginning_of(settings, root)), clock.now()), unless_there=True)
    return Tenant(open_state(path), clock, switches)


def file_of(name: str, settings: TenantSettings, root: Path) -> Path:
    """Return where the practice tenant of directory ``name`` is kept."""
    return root / (settings.path or f".idcode/sandbox/{name}.tenant.db")


def beginning_of(settings: TenantSettings, root: Path) -> Path | None:
    """Return the file of what a practice tenant begins with; ``None`` where it begins with nothing."""
    return root / settings.practice if settings.practice else None


def new_tenant(settings: TenantSettings, source: Path | None = None) -> Seed:
    """Return what a new practice tenant begins with: its domains, the roles of every tenant, plenty of licences.

    ``source`` is a JSON file with more of it: ``users`` and ``groups`` (bodies of Graph's, with ``members`` and
    ``owners`` of groups by user principal name), ``subscriptions`` (SKU part number → units) instead of plenty of
    each, ``servicePrincipals``. Raises ``DirectoryError`` where it cannot be used.
    """
    tenant_id = str(uuid.uuid4())
    estate = _read(source) if source else Estate()
    units = estate.subscriptions or dict.fromkeys(products(), _PLENTY)
    try:
        subscriptions = [subscription(tenant_id, name, count) for name, count in units.items()]
    except KeyError as error:
        raise DirectoryError(f"{source}: there is no product {error}", f"Known: {', '.join(products())}.") from None
    users = [{"id": _id(tenant_id, user, "userPrincipalName"), **user} for user in estate.users]
    groups = [{"id": _id(tenant_id, group, "displayName"), **group} for group in estate.groups]
    known = {str(user["userPrincipalName"]).lower(): user["id"] for user in users}
    known |= {str(group["displayName"]).lower(): group["id"] for group in groups}
    return Seed(
        tenant_id=tenant_id,
        domains=settings.domains,
        users=users,
        groups=[{name: value for name, value in group.items() if name not in _LINKS} for group in groups],
        links=[link for group in groups for link in _links(source, group, known)],
        others=[*built_in_roles(), *subscriptions, *map(_application, estate.servicePrincipals)],
    )


@dataclass(slots=True)
class Estate:
    """The file that a practice tenant may begin with."""

    users: list[dict[str, Any]] = field(default_factory=list)
    groups: list[dict[str, Any]] = field(default_factory=list)
    subscriptions: dict[str, int] = field(default_factory=dict)
    servicePrincipals: list[dict[str, Any]] = field(default_factory=list)  # noqa: N815  Graph's name


def _read(path: Path) -> Estate:
    try:
        return TypeAdapter(Estate).validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise DirectoryError(f"{path} cannot be read: {error}", "It is JSON with users, groups, …") from None


def _id(tenant_id: str, body: Mapping[str, Any], name: str) -> str:
    return str(uuid.uuid5(uuid.UUID(tenant_id), str(body.get(name)).lower()))


def _links(path: Path | None, group: Mapping[str, Any], known: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    for kind in _LINKS:
        for target in group.get(kind, ()):
            if target.lower() not in known:
                raise DirectoryError(f"{path}: {kind} of {group['displayName']}: there is no {target} in the file")
            yield kind, str(group["id"]), known[target.lower()]


def _application(body: Mapping[str, Any]) -> Entity:
    given = {name: value for name, value in body.items() if name != "id"}
    return Entity(str(body.get("id") or uuid.uuid4()), "servicePrincipal", {"appRoles": [], **given})
