"""Who is the master of an object's properties: the tenant, Active Directory or Exchange."""

from __future__ import annotations

from collections.abc import Iterable

from idcode.directories.sandbox.tenant.entities import Entity
from idcode.directories.sandbox.tenant.errors import external_service, on_premises_mastered

_OF_USERS = frozenset(
    (
        *("accountEnabled", "businessPhones", "city", "companyName", "country", "department", "displayName"),
        *("employeeId", "employeeOrgData", "faxNumber", "givenName", "jobTitle", "mail", "mailNickname", "manager"),
        *("mobilePhone", "officeLocation", "onPremisesExtensionAttributes", "onPremisesImmutableId", "postalCode"),
        *("proxyAddresses", "state", "streetAddress", "surname", "userPrincipalName"),
    )
)
_OF_GROUPS = frozenset(("description", "displayName", "mailNickname", "members", "owners", "groupTypes", "theme"))
_MASTERED = {"user": _OF_USERS, "group": _OF_GROUPS, "orgContact": _OF_USERS}


def synced(entity: Entity) -> bool:
    """Whether Active Directory is the master of an object: it is synced, and authority was not moved to the cloud."""
    return bool(entity.get("onPremisesSyncEnabled")) and not entity.get("isCloudManaged")


def check_authority(entity: Entity, names: Iterable[str]) -> None:
    """Raise ``GraphError`` where a write names something of an object that the tenant is not the master of.

    Extension attributes of users that were synced once are Exchange's (microsoft-graph-docs issue 12584).
    """
    names = set(names)
    if synced(entity) and names & _MASTERED.get(entity.type, frozenset()):
        raise on_premises_mastered()
    formerly = entity.get("onPremisesSyncEnabled") is False
    if entity.type == "user" and formerly and "onPremisesExtensionAttributes" in names:
        raise external_service()
