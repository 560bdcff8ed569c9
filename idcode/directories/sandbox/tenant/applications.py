"""Service principals and the app roles that users, groups and service principals have in them (appRoleAssignment).

An assignment is one object, reached from both sides: as ``appRoleAssignedTo`` of the resource, and as
``appRoleAssignments`` of the principal.
"""

from __future__ import annotations

import base64
import uuid
from collections.abc import Callable, Sequence

from idcode.directories.sandbox.tenant.clock import stamp
from idcode.directories.sandbox.tenant.entities import Change, Entity, Put
from idcode.directories.sandbox.tenant.errors import bad_request, missing_property, not_found
from idcode.directories.sandbox.tenant.exchange import Reply
from idcode.directories.sandbox.tenant.listing import Collection, listed, single
from idcode.directories.sandbox.tenant.others import shown_only
from idcode.directories.sandbox.tenant.properties import shown
from idcode.directories.sandbox.tenant.routes import Route
from idcode.directories.sandbox.tenant.values import checked
from idcode.directories.sandbox.tenant.work import Moment, Work

APPLICATION, ASSIGNMENT = "servicePrincipal", "appRoleAssignment"
DEFAULT_ROLE = "00000000-0000-0000-0000-000000000000"
"""The app role that stands for access without any particular one."""
_GIVEN, _HELD = "appRoleAssignedTo", "appRoleAssignments"
"""Kinds of links: from the resource, and from the principal, to their assignments."""
_PRINCIPALS = {"users": "user", "groups": "group", "servicePrincipals": APPLICATION}


def assignment_id(principal_id: str, resource_id: str, role_id: str) -> str:
    """Return the id of an assignment; there cannot be two of one principal, resource and app role."""
    rest = uuid.uuid5(uuid.UUID(resource_id), role_id)
    return base64.urlsafe_b64encode(uuid.UUID(principal_id).bytes_le + rest.bytes).decode("ascii").rstrip("=")


def assign(kind: str, owner_type: str) -> Callable[[Work], Reply]:
    """Return what adds an assignment to the ``kind`` of an object (serviceprincipal-post-approleassignedto)."""

    def add(work: Work) -> Reply:
        owner = work.target(work.param("id"), owner_type)
        body = checked(ASSIGNMENT, work.body())
        for name in ("principalId", "resourceId", "appRoleId"):
            if not body.get(name):
                raise missing_property(name)
        if body["resourceId" if kind == _GIVEN else "principalId"] != owner.id:
            raise bad_request("The principal or resource of the app role assignment is not the one of the address.")
        made = _made(work, body["principalId"], body["resourceId"], body["appRoleId"])
        context = f"{work.request.base}/$metadata#{kind}/$entity"
        return Reply(201, {"@odata.context": context, **shown(made)})

    return add


def _made(work: Work, principal_id: str, resource_id: str, role_id: str) -> Entity:
    principal = work.target(principal_id, *_PRINCIPALS.values())
    resource = work.target(resource_id, APPLICATION)
    member = "Application" if principal.type == APPLICATION else "User"
    enabled = [each for each in resource.get("appRoles", ()) if each.get("isEnabled", True)]
    offered = {each["id"] for each in enabled if member in each.get("allowedMemberTypes", ())} or {DEFAULT_ROLE}
    if role_id not in offered:
        raise bad_request("Permission being assigned was not found on application")
    new_id = assignment_id(principal.id, resource.id, role_id)
    if work.draft.view.get(new_id) is not None:
        raise bad_request("Permission being assigned already exists on the object")
    made = Entity(
        new_id,
        ASSIGNMENT,
        {
            "appRoleId": role_id,
            "createdDateTime": stamp(work.now),
            "principalDisplayName": principal.get("displayName"),
            "principalId": principal.id,
            "principalType": principal.type[0].upper() + principal.type[1:],
            "resourceDisplayName": resource.get("displayName"),
            "resourceId": resource.id,
        },
    )
    work.draft.put(made)
    work.draft.link(_GIVEN, resource.id, made.id)
    work.draft.link(_HELD, principal.id, made.id)
    return made


def listing(kind: str, owner_type: str) -> Callable[[Work], Reply]:
    """Return what lists the ``kind`` of an object, without the assignments of principals that are deleted."""

    def show(work: Work) -> Reply:
        view = work.reading
        owner = work.found(work.param("id"), owner_type)
        found = [view.live(each, ASSIGNMENT) for each in view.targets(kind, owner.id)]
        there = [each.id for each in found if each and view.live(each.get("principalId"))]
        return listed(work, Collection(there, ASSIGNMENT, kind))

    return show


def get(kind: str, owner_type: str) -> Callable[[Work], Reply]:
    """Return what shows one assignment of the ``kind`` of an object."""
    return lambda work: single(work, _of_owner(work, kind, owner_type), kind)


def withdraw(kind: str, owner_type: str) -> Callable[[Work], Reply]:
    """Return what takes an assignment from the ``kind`` of an object."""

    def remove(work: Work) -> Reply:
        work.draft.remove(_of_owner(work, kind, owner_type).id)
        return Reply(204)

    return remove


def _of_owner(work: Work, kind: str, owner_type: str) -> Entity:
    owner = work.found(work.param("id"), owner_type)
    found = work.found(work.param("assignment"), ASSIGNMENT)
    if not work.reading.linked(kind, owner.id, found.id):
        raise not_found(found.id)
    return found


def follow(moment: Moment, changes: Sequence[Change]) -> None:
    """Let the assignments go of principals and resources that are gone for good."""
    for change in changes:
        if isinstance(change, Put) and change.after is None and change.before is not None:
            _forget(moment, change.before)


def _forget(moment: Moment, gone: Entity) -> None:
    if gone.type in _PRINCIPALS.values():
        for each in list(moment.draft.view.of_type(ASSIGNMENT)):
            if gone.id in (each.get("principalId"), each.get("resourceId")):
                moment.draft.remove(each.id)


def _routes() -> list[Route]:
    found = list(shown_only(APPLICATION, "servicePrincipals"))
    kinds = [(_GIVEN, "servicePrincipals"), *((_HELD, collection) for collection in _PRINCIPALS)]
    for kind, collection in kinds:
        path, owner = f"/{collection}/{{id}}/{kind}", _PRINCIPALS[collection]
        found += [
            Route("GET", path, listing(kind, owner)),
            Route("POST", path, assign(kind, owner)),
            Route("GET", path + "/{assignment}", get(kind, owner)),
            Route("DELETE", path + "/{assignment}", withdraw(kind, owner)),
        ]
    return found


ROUTES = tuple(_routes())
REACTIONS = (follow,)
