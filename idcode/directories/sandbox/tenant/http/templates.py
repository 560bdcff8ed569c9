"""Which operation a request is: its path with the identifiers taken out."""

from __future__ import annotations

import re

SETS = frozenset(
    [
        "administrativeUnits",
        "appRoleAssignedTo",
        "appRoleAssignments",
        "applications",
        "contacts",
        "deletedItems",
        "devices",
        "directoryObjects",
        "directoryRoles",
        "directoryRoleTemplates",
        "domains",
        "extensionProperties",
        "groups",
        "memberOf",
        "members",
        "methods",
        "oauth2PermissionGrants",
        "organization",
        "ownedObjects",
        "owners",
        "roleAssignments",
        "roleDefinitions",
        "scopedRoleMembers",
        "servicePrincipals",
        "sponsors",
        "subscribedSkus",
        "temporaryAccessPassMethods",
        "transitiveMemberOf",
        "transitiveMembers",
        "users",
    ]
)
"""Collections whose next segment is the identifier of one of their objects."""
OPERATIONS = frozenset(["delta", "getByIds", "getAvailableExtensionProperties", "validateProperties"])
"""What may follow a collection instead of an identifier, beside ``$count``, ``$ref`` and casts to a type."""
_ALTERNATE_KEY = re.compile(r"^(\w+)\(.+=.+\)$")
_CALL = re.compile(r"^([\w.]+)\(\)$")


def template(path: str) -> str:
    """Return the path with ``{id}`` for identifiers: ``/groups/8c5c…/members/$ref`` → ``/groups/{id}/members/$ref``.

    Objects named by an alternate key, ``/groups(uniqueName='x')``, are one operation with those named by their id.
    """
    found: list[str] = []
    for segment in path.strip("/").split("/"):
        keyed, called = _ALTERNATE_KEY.match(segment), _CALL.match(segment)
        if keyed:
            found += [keyed[1], "{id}"]
        elif called:
            found.append(called[1])
        elif found and found[-1] in SETS and not _is_no_identifier(segment):
            found.append("{id}")
        else:
            found.append(segment)
    return "/" + "/".join(found)


def _is_no_identifier(segment: str) -> bool:
    return segment.startswith(("$", "microsoft.graph.")) or segment in OPERATIONS
