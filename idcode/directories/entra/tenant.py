"""What is the same for all objects of a tenant: its domains, its subscriptions, its roles. Read once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from idcode.directories.entra.graph.calls import Graph
from idcode.directories.entra.licences import Skus
from idcode.model.errors import DirectoryError


@dataclass(frozen=True, slots=True)
class Organization:
    """The tenant's id, and the domains in which it may name its users, in lower case."""

    id: str
    domains: frozenset[str]


@dataclass(frozen=True, slots=True)
class Application:
    """An application of the tenant: a service principal and its app roles for people, as id → name."""

    id: str
    app_id: str
    name: str
    roles: Mapping[str, str]
    values: Mapping[str, str]


class Tenant:
    """Reads each of these facts on first use. Everything raises ``DirectoryError`` where Graph does not tell."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph

    @cached_property
    def organization(self) -> Organization:
        """The tenant itself."""
        for page in self._graph.pages("/organization?$select=id,verifiedDomains"):
            for item in page:
                names = (str(domain["name"]).lower() for domain in item.get("verifiedDomains") or ())
                return Organization(str(item["id"]).lower(), frozenset(names))
        raise DirectoryError("Microsoft Graph does not say which tenant this is")

    @cached_property
    def skus(self) -> Skus:
        """What the tenant has subscribed to."""
        fields = "skuId,skuPartNumber,appliesTo,servicePlans,prepaidUnits,consumedUnits"
        return Skus(item for page in self._graph.pages(f"/subscribedSkus?$select={fields}") for item in page)

    @cached_property
    def roles(self) -> Mapping[str, str]:
        """The directory roles, id → name."""
        url = "/roleManagement/directory/roleDefinitions?$select=id,displayName"
        return {str(item["id"]): str(item["displayName"]) for page in self._graph.pages(url) for item in page}

    @cached_property
    def applications(self) -> Mapping[str, Application]:
        """The applications that people can be given access to, by the id of their service principal."""
        url = "/servicePrincipals?$select=id,appId,displayName,appRoles&$top=999"
        found = (_application(item) for page in self._graph.pages(url) for item in page)
        return {application.id: application for application in found if application is not None}


DEFAULT_ACCESS = "00000000-0000-0000-0000-000000000000"
"""The app role of applications that have none (page *appRoleAssignment*)."""


def _application(item: Mapping[str, object]) -> Application | None:
    """Return an application, ``None`` for one whose roles are only for other applications."""
    declared = item.get("appRoles")
    roles = [role for role in declared if role.get("isEnabled", True)] if isinstance(declared, list) else []
    for_people = [role for role in roles if "User" in (role.get("allowedMemberTypes") or ())]
    if roles and not for_people:
        return None
    return Application(
        id=str(item["id"]).lower(),
        app_id=str(item.get("appId") or "").lower(),
        name=str(item.get("displayName") or ""),
        roles={str(r["id"]).lower(): str(r.get("displayName") or "") for r in for_people} or {DEFAULT_ACCESS: ""},
        values={str(r["id"]).lower(): str(r.get("value") or "") for r in for_people},
    )
