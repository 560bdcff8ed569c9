"""Directory roles and who has them (resource types unifiedRoleDefinition and unifiedRoleAssignment).

``roles.tsv`` has the best known of the built-in roles, with the ids of the Entra page "Microsoft Entra built-in roles".
"""

from __future__ import annotations

import base64
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path

from idcode.directories.sandbox.tenant.entities import Change, Entity, Put
from idcode.directories.sandbox.tenant.errors import bad_request, conflicting_object
from idcode.directories.sandbox.tenant.exchange import Reply
from idcode.directories.sandbox.tenant.listing import Collection, listed, single
from idcode.directories.sandbox.tenant.properties import shown
from idcode.directories.sandbox.tenant.routes import Route
from idcode.directories.sandbox.tenant.work import Moment, Work

ROLE, ASSIGNMENT = "unifiedRoleDefinition", "unifiedRoleAssignment"
HOLDS = "roleAssignments"
"""Links of this kind go from a principal to each of its role assignments, which has the same principal for good."""
_FILE = Path(__file__).with_name("roles.tsv")
_DEFINITIONS = "roleManagement/directory/roleDefinitions"
_ASSIGNMENTS = "roleManagement/directory/roleAssignments"
_UNIT = "/administrativeUnits/"
_PRINCIPALS = ("user", "group", "servicePrincipal")
_SCOPES = ("application", "servicePrincipal", "group", "user", "device")


def built_in_roles() -> Iterator[Entity]:
    """Yield the roles that every tenant has."""
    for line in _FILE.read_text("utf-8").splitlines()[1:]:
        template_id, name, description = line.split("\t")
        yield Entity(
            template_id,
            ROLE,
            {
                "displayName": name,
                "description": description,
                "isBuiltIn": True,
                "isEnabled": True,
                "resourceScopes": ["/"],
                "templateId": template_id,
                "version": "1",
            },
        )


def assignment_id(role_id: str, principal_id: str, scope: str) -> str:
    """Return the id of an assignment; there cannot be two of one role, principal and scope."""
    raw = uuid.UUID(role_id).bytes_le + uuid.UUID(principal_id).bytes_le
    if scope != "/":
        raw += uuid.UUID(scope.rpartition("/")[2]).bytes_le
    return base64.urlsafe_b64encode(raw).decode("ascii").rstrip("=") + "-1"


def assign(work: Work) -> Reply:
    """Assign a role (unifiedroleassignment-post)."""
    principal_id, role_id, scope = (work.text(name) for name in ("principalId", "roleDefinitionId", "directoryScopeId"))
    principal = work.target(principal_id, *_PRINCIPALS)
    role = work.target(role_id, ROLE)
    if not may_hold_roles(principal):
        raise bad_request("Only users, service principals and groups with isAssignableToRole can be assigned a role.")
    scope = _checked_scope(work, scope)
    new_id = assignment_id(role.id, principal.id, scope)
    if work.draft.view.get(new_id) is not None:
        raise conflicting_object()
    made = Entity(
        new_id,
        ASSIGNMENT,
        {"principalId": principal.id, "roleDefinitionId": role.id, "directoryScopeId": scope},
    )
    work.draft.put(made)
    work.draft.link(HOLDS, principal.id, made.id)
    work.draft.link("roleDefinition", made.id, role.id)
    return Reply(201, {"@odata.context": f"{work.request.base}/$metadata#{_ASSIGNMENTS}/$entity", **shown(made)})


def may_hold_roles(principal: Entity) -> bool:
    """Whether roles can be assigned to an object."""
    return principal.type in _PRINCIPALS and (principal.type != "group" or bool(principal.get("isAssignableToRole")))


def withdraw(work: Work) -> Reply:
    """Take a role away (unifiedroleassignment-delete)."""
    work.draft.remove(work.target(work.param("id"), ASSIGNMENT).id)
    return Reply(204)


def roles(work: Work) -> Reply:
    """List the roles that there are."""
    return listed(work, Collection(work.reading.ids(ROLE), ROLE, _DEFINITIONS, paged=False))


def role(work: Work) -> Reply:
    """Show one role."""
    return single(work, work.found(work.param("id"), ROLE), _DEFINITIONS)


def assignments(work: Work) -> Reply:
    """List the role assignments of principals that are there (unifiedroleassignment-list)."""
    ids = [each.id for each in work.reading.of_type(ASSIGNMENT) if work.reading.live(each.get("principalId"))]
    return listed(work, Collection(ids, ASSIGNMENT, _ASSIGNMENTS))


def assignment(work: Work) -> Reply:
    """Show one role assignment."""
    return single(work, work.found(work.param("id"), ASSIGNMENT), _ASSIGNMENTS)


def follow(moment: Moment, changes: Sequence[Change]) -> None:
    """Let the assignments go of principals and scopes that are gone for good."""
    for change in changes:
        gone = change.before if isinstance(change, Put) and change.after is None else None
        if gone is not None and gone.type in (*_PRINCIPALS, *_SCOPES, "administrativeUnit"):
            _forget(moment, gone.id)


def _forget(moment: Moment, gone: str) -> None:
    for each in list(moment.draft.view.of_type(ASSIGNMENT)):
        if gone in (each.get("principalId"), each.get("directoryScopeId").rpartition("/")[2]):
            moment.draft.remove(each.id)


def _checked_scope(work: Work, scope: str) -> str:
    if scope == "/":
        return scope
    if scope.lower().startswith(_UNIT.lower()):
        return _UNIT + work.target(scope[len(_UNIT) :], "administrativeUnit").id
    return "/" + work.target(scope.removeprefix("/"), *_SCOPES).id


ROUTES = (
    Route("GET", f"/{_DEFINITIONS}", roles),
    Route("GET", f"/{_DEFINITIONS}/{{id}}", role),
    Route("GET", f"/{_ASSIGNMENTS}", assignments),
    Route("POST", f"/{_ASSIGNMENTS}", assign),
    Route("GET", f"/{_ASSIGNMENTS}/{{id}}", assignment),
    Route("DELETE", f"/{_ASSIGNMENTS}/{{id}}", withdraw),
)
REACTIONS = (follow,)
