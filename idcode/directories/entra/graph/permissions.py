"""Which application permission a request needs, for the hint where Graph refuses it."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

_READS = ("getByIds", "checkMemberGroups", "checkMemberObjects", "getMemberGroups", "getMemberObjects")
_ROLES = ("RoleManagement.Read.Directory", "RoleManagement.ReadWrite.Directory")
_UNITS = ("AdministrativeUnit.Read.All", "AdministrativeUnit.ReadWrite.All")

_NEEDED = [
    (r"/users/[^/]+/onPremisesSyncBehavior", 2 * ("User-OnPremisesSyncBehavior.ReadWrite.All",)),
    (r"/groups/[^/]+/onPremisesSyncBehavior", 2 * ("Group-OnPremisesSyncBehavior.ReadWrite.All",)),
    (r"/users/[^/]+/authentication", ("UserAuthMethod-TAP.Read.All", "UserAuthMethod-TAP.ReadWrite.All")),
    (r"/(users|groups)/[^/]+/assignLicense", 2 * ("LicenseAssignment.ReadWrite.All",)),
    (r"/groups/[^/]+/members", ("GroupMember.Read.All", "GroupMember.ReadWrite.All")),
    (r"/groups", ("Group.Read.All", "Group.ReadWrite.All")),
    (r"/directory/deletedItems/[^/]+/restore", 2 * ("User.DeleteRestore.All or Group.ReadWrite.All",)),
    (r"/users", ("User.Read.All", "User.ReadWrite.All")),
    (r"/directory/administrativeUnits", _UNITS),
    (r"/directory/deletedItems/microsoft\.graph\.user|/directory/deletedItems/graph\.user", 2 * ("User.Read.All",)),
    (r"/directory/deletedItems/microsoft\.graph\.group|/directory/deletedItems/graph\.group", 2 * ("Group.Read.All",)),
    (r"/roleManagement/directory", _ROLES),
    (r"/servicePrincipals/[^/]+/appRoleAssignedTo", ("Application.Read.All", "AppRoleAssignment.ReadWrite.All")),
    (r"/servicePrincipals", ("Application.Read.All", "Application.ReadWrite.OwnedBy")),
    (r"/subscribedSkus", ("LicenseAssignment.Read.All", "")),
    (r"/domains", ("Domain.Read.All", "Domain.ReadWrite.All")),
    (r"/organization", ("Organization.Read.All", "")),
    (r"/invitations", ("", "User.Invite.All")),
    (r"/devices", ("Device.Read.All", "")),
    (r"/contacts", ("OrgContact.Read.All", "")),
    (r"/directoryObjects", ("Directory.Read.All", "")),
]
"""By how the path begins, the first that fits: what reading and what writing needs (permission tables of the pages)."""


def reads(method: str, url: str) -> bool:
    """Whether a request changes nothing: GET, and the POSTs that only carry what is asked for."""
    return method == "GET" or urlsplit(url).path.rsplit("/", 1)[-1] in _READS


def permission(method: str, url: str) -> str | None:
    """Return the application permission that a request needs, ``None`` where this is not known here."""
    path = re.sub(r"^/v1\.0(?=/)", "", urlsplit(url).path)
    for pattern, needed in _NEEDED:
        if re.match(rf"(?:{pattern})(?=[/(]|$)", path):
            return needed[0 if reads(method, url) else 1] or None
    return None
