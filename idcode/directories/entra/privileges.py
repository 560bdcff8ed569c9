"""Who has power over a tenant now: holders of directory roles, and what can be given one."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

from idcode.directories.entra.graph.calls import Graph
from idcode.directories.entra.links import equals, links_url
from idcode.directories.entra.roles import ASSIGNMENTS
from idcode.directories.entra.tenant import Tenant
from idcode.model.privileges import Privileges

_ROLE_GROUPS = f"/groups?$filter={quote('isAssignableToRole eq true')}&$select=id,displayName&$top=999"


def read_privileges(graph: Graph, tenant: Tenant, client_id: str | None) -> Privileges:
    """Return who holds a directory role, directly or in a group, and every group that can be given one.

    Only groups that are assignable to roles can hold them, and they take no groups as members (page *Use Microsoft
    Entra groups to manage role assignments*): one level is all there is. ``client_id`` tells which service principal
    idcode is, where the files say so. Raises ``DirectoryError`` where Graph does not tell.
    """
    held = {
        str(item["principalId"]).lower(): f"holder of the role {tenant.roles.get(str(item['roleDefinitionId']), '?')}"
        for page in graph.pages(f"{ASSIGNMENTS}?$select=principalId,roleDefinitionId")
        for item in page
    }
    groups = {str(item["id"]).lower(): str(item["displayName"]) for page in graph.pages(_ROLE_GROUPS) for item in page}
    found = {**dict.fromkeys(groups, "a group for directory roles"), **held}
    urls = {links_url("group", anchor, "members"): anchor for anchor in sorted(groups)}
    for url, members in graph.read_all(list(urls)):
        for member in members or ():
            found.setdefault(str(member["id"]).lower(), f"in {groups[urls[url]]}, a group for directory roles")
    return Privileges(found, frozenset(_own(graph, client_id)))


def _own(graph: Graph, client_id: str | None) -> Iterator[str]:
    if client_id is not None:
        for page in graph.pages(f"/servicePrincipals?$filter={equals('appId', client_id)}&$select=id"):
            yield from (str(item["id"]).lower() for item in page)
