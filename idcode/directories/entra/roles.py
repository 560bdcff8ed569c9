"""Directory roles and app roles: each role at one place is an object, with its holders as members."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from idcode.directories.entra.graph.calls import Graph
from idcode.directories.entra.links import equals
from idcode.directories.entra.objects import Flat
from idcode.directories.entra.tenant import Tenant
from idcode.model.values import Ref

TENANT_WIDE = "/"
_UNITS = "/administrativeUnits/"
ASSIGNMENTS = "/roleManagement/directory/roleAssignments"
_FIELDS = "$select=id,principalId,roleDefinitionId,directoryScopeId"


@dataclass
class Roles:
    """Reads who holds which role, and remembers by which id each assignment is deleted.

    ``ids`` maps the anchor of a role and its holder to the assignment's id.
    """

    graph: Graph
    tenant: Tenant
    ids: dict[tuple[str, str], str] = field(default_factory=dict)

    def directory_roles(self) -> Iterator[Flat]:
        """Yield every role of the tenant, those that nobody holds included, and those held at other places."""
        held: dict[str, set[str]] = {role_anchor(role, TENANT_WIDE): set() for role in self.tenant.roles}
        for page in self.graph.pages(f"{ASSIGNMENTS}?{_FIELDS}"):
            self._note(page, held)
        for anchor in sorted(held):
            yield self._directory_role(anchor, held[anchor])

    def app_roles(self) -> Iterator[Flat]:
        """Yield every app role that people can have."""
        applications = self.tenant.applications
        urls = {f"/servicePrincipals/{one}/appRoleAssignedTo?$top=999": one for one in sorted(applications)}
        for url, found in self.graph.read_all(list(urls)):
            held = self._note_app(urls[url], found or ())
            application = applications[urls[url]]
            for role in sorted(application.roles):
                anchor = app_anchor(application.id, role)
                yield self._app_role(anchor, held.get(anchor, set()))

    def fetch(self, anchor: str) -> Flat | None:
        """Read one role at one place again; ``None`` where there is no such role."""
        role, place = anchor.split("@", 1)
        if place.startswith("/"):
            if role not in self.tenant.roles:
                return None
            held: dict[str, set[str]] = {}
            url = f"{ASSIGNMENTS}?$filter={equals('roleDefinitionId', role)}&{_FIELDS}"
            for page in self.graph.pages(url):
                self._note(page, held)
            return self._directory_role(anchor, held.get(anchor, set()))
        application = self.tenant.applications.get(role)
        if application is None or place not in application.roles:
            return None
        pages = self.graph.pages(f"/servicePrincipals/{role}/appRoleAssignedTo?$top=999")
        held = self._note_app(role, (item for page in pages for item in page))
        return self._app_role(anchor, held.get(anchor, set()))

    def _directory_role(self, anchor: str, holders: Iterable[str]) -> Flat:
        role, scope = anchor.split("@", 1)
        place = scope.removeprefix(_UNITS)
        return {
            "id": (anchor,),
            "displayName": (self.tenant.roles.get(role, role),),
            "directoryScope": () if scope == TENANT_WIDE else (Ref(place.removeprefix("/")),),
            "members": _references(holders),
        }

    def _app_role(self, anchor: str, holders: Iterable[str]) -> Flat:
        application_id, role = anchor.split("@", 1)
        application = self.tenant.applications[application_id]
        name, value = application.roles[role], application.values.get(role)
        return {
            "id": (anchor,),
            "displayName": (application.name,),
            "appId": (application.app_id,),
            "appRole": (name,) if name else (),
            "appRoleValue": (value,) if value else (),
            "members": _references(holders),
        }

    def _note(self, assignments: Iterable[Mapping[str, Any]], held: dict[str, set[str]]) -> None:
        for item in assignments:
            anchor = role_anchor(str(item["roleDefinitionId"]), str(item.get("directoryScopeId") or TENANT_WIDE))
            principal = str(item["principalId"]).lower()
            held.setdefault(anchor, set()).add(principal)
            self.ids[anchor, principal] = str(item["id"])

    def _note_app(self, application: str, assignments: Iterable[Mapping[str, Any]]) -> dict[str, set[str]]:
        held: dict[str, set[str]] = defaultdict(set)
        for item in assignments:
            anchor = app_anchor(application, str(item["appRoleId"]))
            principal = str(item["principalId"]).lower()
            held[anchor].add(principal)
            self.ids[anchor, principal] = str(item["id"])
        return held


def role_anchor(role: str, scope: str) -> str:
    """Return the anchor of a directory role (its definition's id) at a place (``directoryScopeId``)."""
    return f"{role}@{scope}"


def unit_scope(unit: str) -> str:
    """Return the ``directoryScopeId`` of an administrative unit."""
    return f"{_UNITS}{unit}"


def app_anchor(application: str, role: str) -> str:
    """Return the anchor of an app role of a service principal."""
    return f"{application.lower()}@{role.lower()}"


def _references(holders: Iterable[str]) -> tuple[Ref, ...]:
    return tuple(Ref(holder) for holder in sorted(holders))
