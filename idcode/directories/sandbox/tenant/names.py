"""Names and addresses of objects: which are allowed, and which somebody else has."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from idcode.directories.sandbox.tenant.entities import Entity
from idcode.directories.sandbox.tenant.errors import Detail, bad_request, invalid_value, same_value
from idcode.directories.sandbox.tenant.view import View

_LOCAL = re.compile(r"[A-Za-z0-9'._!#^~-]+")
_LONGEST_LOCAL, _LONGEST_NAME = 64, 113
_NICKNAME = re.compile(r"[!-~]+")
_NOT_IN_NICKNAMES = frozenset('@()\\[]";:<>,')
_RECIPIENTS = ("user", "group", "orgContact")


def verified_domains(view: View) -> list[Entity]:
    """Return the tenant's verified domains, the default one first."""
    found = [domain for domain in view.of_type("domain") if domain.get("isVerified")]
    return sorted(found, key=lambda domain: not domain.get("isDefault"))


def initial_domain(view: View) -> str:
    """Return the domain that the tenant was born with (``….onmicrosoft.com``)."""
    return next(domain.id for domain in view.of_type("domain") if domain.get("isInitial"))


def domain_of(view: View, address: str) -> Entity | None:
    """Return the verified domain of a user principal name or address."""
    domain = view.live(address.rpartition("@")[2].lower(), "domain")
    return domain if domain is not None and domain.get("isVerified") else None


def check_logon_name(view: View, name: str) -> None:
    """Raise ``GraphError`` for a user principal name with other characters, too long, or of another domain."""
    local, at, _ = name.rpartition("@")
    if not at or not _LOCAL.fullmatch(local) or len(local) > _LONGEST_LOCAL or len(name) > _LONGEST_NAME:
        raise invalid_value("userPrincipalName", "User")
    if domain_of(view, name) is None:
        raise bad_request(
            "The domain portion of the userPrincipalName property is invalid. You must use one of the verified domain "
            "names in your organization."
        )


def check_nickname(name: str, owner: str) -> None:
    """Raise ``GraphError`` for a mailNickname with other characters than ASCII allows there (group-post-groups)."""
    if not _NICKNAME.fullmatch(name) or _NOT_IN_NICKNAMES & set(name):
        raise invalid_value("mailNickname", owner)


def check_free(view: View, entity: Entity) -> None:
    """Raise ``GraphError`` where another object has a name or address that must be this one's alone.

    Names of soft-deleted users are free (deletion changes them), and so are their addresses; a soft-deleted Microsoft
    365 group keeps its mailNickname.
    """
    for name in ("userPrincipalName", "onPremisesImmutableId"):
        if entity.type == "user" and _taken(view, entity, name, ("user",)):
            raise same_value(name)
    if entity.type == "group":
        if _taken(view, entity, "uniqueName", ("group",), deleted=True):
            raise same_value("uniqueName")
        if is_microsoft365(entity) and _nickname_taken(view, entity):
            raise same_value("mailNickname")
    addresses = list(entity.get("proxyAddresses", ()))
    if entity.type == "user":
        addresses.append(f"smtp:{entity.get('userPrincipalName')}")
    for address in addresses:
        if any(other.id != entity.id and not other.deleted for other in _holders(view, address)):
            detail = "Another object with the same value for property proxyAddresses already exists."
            raise same_value("proxyAddresses", Detail("ConflictingObjects", detail, "proxyAddresses"))


def _holders(view: View, address: str) -> list[Entity]:
    """Return who has an address, as a proxy address or because it is the name that a user signs in with."""
    prefix, _, plain = address.partition(":")
    users = view.find("userPrincipalName", plain, "user") if prefix.lower() == "smtp" else []
    return view.find("proxyAddresses", address, *_RECIPIENTS) + users


def _taken(view: View, entity: Entity, name: str, types: Sequence[str], *, deleted: bool = False) -> bool:
    value = entity.get(name)
    if value is None:
        return False
    return any(other.id != entity.id and (deleted or not other.deleted) for other in view.find(name, value, *types))


def _nickname_taken(view: View, entity: Entity) -> bool:
    others = view.find("mailNickname", entity.get("mailNickname"), "group")
    return any(other.id != entity.id and is_microsoft365(other) for other in others)


def is_microsoft365(group: Entity) -> bool:
    """Whether a group is a Microsoft 365 group."""
    return "Unified" in group.get("groupTypes", ())


def with_primary(addresses: Iterable[str], mail: str) -> list[str]:
    """Return proxy addresses with ``mail`` as the primary one; the one before stays as another address."""
    rest = [
        f"smtp:{each[5:]}" if each.startswith("SMTP:") else each
        for each in addresses
        if each.lower() != f"smtp:{mail.lower()}"
    ]
    return [f"SMTP:{mail}", *rest]
