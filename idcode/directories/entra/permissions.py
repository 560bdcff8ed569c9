"""Which requests idcode sends to Microsoft Graph, and the application permission that each of them needs.

The permissions are those that the pages of the operations name as the least privileged ones. Where a lesser one would
do for the request and not for what idcode asks by it, ``why`` says so. idcode signs in as an application; delegated
permissions are not needed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True, slots=True)
class Operation:
    """A request: ``path`` is relative to the version, with ``{id}`` in the place of keys."""

    method: str
    path: str
    permission: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class Use:
    """What idcode is used for, and the requests that this adds to those of plans."""

    name: str
    note: str
    operations: tuple[Operation, ...]

    @property
    def permissions(self) -> tuple[str, ...]:
        """The permissions for it, each once, sorted."""
        return tuple(sorted({operation.permission for operation in self.operations}))


_USERS = "User.Read.All"
_USERS_WRITE = "User.ReadWrite.All"
_GROUPS = "Group.Read.All"
_GROUPS_WRITE = "Group.ReadWrite.All"
_MEMBERS_WRITE = "GroupMember.ReadWrite.All"
_LICENCES_WRITE = "LicenseAssignment.ReadWrite.All"
_UNITS = "AdministrativeUnit.Read.All"
_UNITS_WRITE = "AdministrativeUnit.ReadWrite.All"
_ROLES = "RoleManagement.Read.Directory"
_ROLES_WRITE = "RoleManagement.ReadWrite.Directory"
_APPS = "Application.Read.All"
_APP_ROLES_WRITE = "AppRoleAssignment.ReadWrite.All"
_PASSES_WRITE = "UserAuthMethod-TAP.ReadWrite.All"
_USER_AUTHORITY = "User-OnPremisesSyncBehavior.ReadWrite.All"
_GROUP_AUTHORITY = "Group-OnPremisesSyncBehavior.ReadWrite.All"

_BASIC_USERS = "User.ReadBasic.All shows names and mail addresses only"
_BASIC_GROUPS = "Group.ReadBasic.All shows neither rules of membership nor licences"
_FOR_GROUPS = "what reads the groups reads this too"
_APPLYING = "a lesser one would do, and applying needs this one anyway"
_DELETED = "the page List deletedItems names it for this type"
_UPSERT = "as for other updates of groups; the page Upsert group has the same table"
_NEW_IN_UNIT = "Group.Create is for groups that are created inside of a unit"
_BIND = "where it only adds members: the page Add members has one table for both forms of that"

USES = (
    Use(
        "Plans, drift and import: reading only",
        "Members of groups whose membership is hidden are shown with `Member.Read.Hidden` besides.",
        (
            Operation("GET", "/organization", _USERS, "it shows the tenant's id and domains, and is needed for users"),
            Operation("GET", "/users", _USERS, _BASIC_USERS),
            Operation("GET", "/users/{id}", _USERS, _BASIC_USERS),
            Operation("GET", "/users/delta", _USERS, _BASIC_USERS),
            Operation("GET", "/groups", _GROUPS, _BASIC_GROUPS),
            Operation("GET", "/groups/delta", _GROUPS, _BASIC_GROUPS),
            Operation("GET", "/groups/{id}", _GROUPS, _BASIC_GROUPS),
            Operation("GET", "/groups/{id}/members", _GROUPS, _FOR_GROUPS),
            Operation("GET", "/groups/{id}/owners", _GROUPS, _FOR_GROUPS),
            Operation("GET", "/directory/deletedItems/microsoft.graph.user", _USERS, _DELETED),
            Operation("GET", "/directory/deletedItems/microsoft.graph.group", _GROUPS, _DELETED),
            Operation("GET", "/subscribedSkus", "LicenseAssignment.Read.All"),
        ),
    ),
    Use(
        "Applying anything",
        "What is about to be written is read again by its ids, hundreds in one request, and so is what was written.",
        (
            Operation("POST", "/directoryObjects/getByIds", "Directory.Read.All"),
            Operation("GET", "/directory/deletedItems/{id}", "Directory.Read.All", _DELETED),
        ),
    ),
    Use(
        "Whatever takes access away: who is an administrator",
        "Asked only where a plan or an apply disables, deletes, renames or moves something, sets passwords, or takes "
        "members away: [protected](configuration.md#what-is-protected) are those who hold directory roles.",
        (
            Operation("GET", "/roleManagement/directory/roleAssignments", "Directory.Read.All", _APPLYING),
            Operation("GET", "/roleManagement/directory/roleDefinitions", "Directory.Read.All", _APPLYING),
            Operation("GET", "/servicePrincipals", "Directory.Read.All", _APPLYING),
        ),
    ),
    Use(
        "Users",
        "To disable administrators, and to change their names, passwords, telephone numbers or further mail addresses, "
        "the application also needs a directory role such as User Administrator (or one that ranks higher).",
        (
            Operation("POST", "/users", _USERS_WRITE),
            Operation("PATCH", "/users/{id}", _USERS_WRITE),
            Operation("DELETE", "/users/{id}", _USERS_WRITE, "User.DeleteRestore.All does it too, and is one more"),
            Operation("PUT", "/users/{id}/manager/$ref", _USERS_WRITE),
            Operation("DELETE", "/users/{id}/manager/$ref", _USERS_WRITE),
            Operation("POST", "/directory/deletedItems/{id}/restore", "User.DeleteRestore.All"),
        ),
    ),
    Use(
        "Groups",
        "Those that can be given directory roles need `RoleManagement.ReadWrite.Directory` besides, for members too.",
        (
            Operation(
                "PATCH", "/groups/{id}", _GROUPS_WRITE, "Group-NestingSupport.ReadWrite.All is for nested groups"
            ),
            Operation("PATCH", "/groups(uniqueName='{id}')", _GROUPS_WRITE, _UPSERT),
            Operation("GET", "/groups(uniqueName='{id}')", _GROUPS, _BASIC_GROUPS),
            Operation("DELETE", "/groups/{id}", _GROUPS_WRITE),
            Operation("DELETE", "/groups/{id}/owners/{id}/$ref", _GROUPS_WRITE),
        ),
    ),
    Use(
        "Members of groups",
        "Enough by itself where groups are neither created nor changed.",
        (
            Operation("PATCH", "/groups/{id}", _MEMBERS_WRITE, _BIND),
            Operation("DELETE", "/groups/{id}/members/{id}/$ref", _MEMBERS_WRITE),
        ),
    ),
    Use(
        "Licences",
        "",
        (
            Operation("POST", "/users/{id}/assignLicense", _LICENCES_WRITE),
            Operation("POST", "/groups/{id}/assignLicense", _LICENCES_WRITE),
        ),
    ),
    Use(
        "Directory roles",
        "",
        (
            Operation("GET", "/roleManagement/directory/roleDefinitions", _ROLES),
            Operation("GET", "/roleManagement/directory/roleAssignments", _ROLES),
            Operation("POST", "/roleManagement/directory/roleAssignments", _ROLES_WRITE),
            Operation("DELETE", "/roleManagement/directory/roleAssignments/{id}", _ROLES_WRITE),
        ),
    ),
    Use(
        "Administrative units",
        "",
        (
            Operation("GET", "/directory/administrativeUnits", _UNITS),
            Operation("GET", "/directory/administrativeUnits/{id}", _UNITS),
            Operation("GET", "/directory/administrativeUnits/{id}/members", _UNITS),
            Operation("POST", "/directory/administrativeUnits", _UNITS_WRITE),
            Operation("PATCH", "/directory/administrativeUnits/{id}", _UNITS_WRITE),
            Operation("DELETE", "/directory/administrativeUnits/{id}", _UNITS_WRITE),
            Operation("POST", "/directory/administrativeUnits/{id}/members/$ref", _UNITS_WRITE, _NEW_IN_UNIT),
            Operation("DELETE", "/directory/administrativeUnits/{id}/members/{id}/$ref", _UNITS_WRITE),
        ),
    ),
    Use(
        "App roles of enterprise applications",
        "",
        (
            Operation("GET", "/servicePrincipals", _APPS),
            Operation("GET", "/servicePrincipals/{id}/appRoleAssignedTo", _APPS),
            Operation("POST", "/servicePrincipals/{id}/appRoleAssignedTo", _APP_ROLES_WRITE),
            Operation("DELETE", "/servicePrincipals/{id}/appRoleAssignedTo/{id}", _APP_ROLES_WRITE),
        ),
    ),
    Use("Guests", "", (Operation("POST", "/invitations", "User.Invite.All"),)),
    Use(
        "Temporary access passes",
        "",
        (Operation("POST", "/users/{id}/authentication/temporaryAccessPassMethods", _PASSES_WRITE),),
    ),
    Use(
        "Source of authority, where a domain is synced",
        "",
        (
            Operation("GET", "/users/{id}/onPremisesSyncBehavior", _USER_AUTHORITY),
            Operation("PATCH", "/users/{id}/onPremisesSyncBehavior", _USER_AUTHORITY),
            Operation("GET", "/groups/{id}/onPremisesSyncBehavior", _GROUP_AUTHORITY),
            Operation("PATCH", "/groups/{id}/onPremisesSyncBehavior", _GROUP_AUTHORITY),
        ),
    ),
)
"""All of it, by what people use idcode for."""


def operations() -> Iterator[Operation]:
    """Yield the operations of all uses."""
    for use in USES:
        yield from use.operations


def find(method: str, path: str) -> Operation | None:
    """Return the operation that a request is; ``path`` is relative to the version and without its query."""
    fitting = [one for one in operations() if one.method == method and _pattern(one.path).fullmatch(path)]
    return min(fitting, key=lambda one: one.path.count("{id}"), default=None)  # /users/delta is no user


@cache
def _pattern(path: str) -> re.Pattern[str]:
    return re.compile("[^/]+".join(map(re.escape, path.split("{id}"))))
