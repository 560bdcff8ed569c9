"""Administrative units and their members (resource type administrativeUnit)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from idcode.directories.sandbox.tenant import deleted
from idcode.directories.sandbox.tenant.born import new_id
from idcode.directories.sandbox.tenant.dynamic import is_dynamic
from idcode.directories.sandbox.tenant.entities import Entity
from idcode.directories.sandbox.tenant.errors import (
    conflicting_object,
    denied,
    invalid_value,
    missing_property,
    not_found,
    read_only,
)
from idcode.directories.sandbox.tenant.exchange import Reply
from idcode.directories.sandbox.tenant.listing import Collection, counted, listed, single
from idcode.directories.sandbox.tenant.navigation import relation_routes
from idcode.directories.sandbox.tenant.references import reference
from idcode.directories.sandbox.tenant.routes import Route
from idcode.directories.sandbox.tenant.values import checked
from idcode.directories.sandbox.tenant.work import Work

UNIT = "administrativeUnit"
_CONTEXT = "directory/administrativeUnits"
_RESOURCE = "AdministrativeUnit"
_MEMBERS = ("user", "group", "device")
_KINDS = ("assigned", "dynamic")


def create(work: Work) -> Reply:
    """Answer a POST: 201 with the unit."""
    values = checked(UNIT, work.body())
    if not values.get("displayName"):
        raise missing_property("displayName")
    unit = Entity(new_id(), UNIT).having(**values)
    _check(unit)
    work.draft.put(unit)
    reply = single(work, unit, _CONTEXT)
    return Reply(201, reply.body, {"Location": f"{work.request.base}/{_CONTEXT}/{unit.id}"})


def update(work: Work) -> Reply:
    """Answer a PATCH: 204."""
    unit = work.target(work.param("id"), UNIT)
    values = checked(UNIT, work.body())
    _check_fixed(unit, values)
    changed = unit.having(**values)
    _check(changed)
    work.draft.put(changed)
    return Reply(204)


def delete(work: Work) -> Reply:
    """Answer a DELETE: 204; the unit can be restored for 30 days, its members stay what they are."""
    deleted.soft_delete(work, work.target(work.param("id"), UNIT))
    return Reply(204)


def add_member(work: Work) -> Reply:
    """Answer ``POST …/members/$ref``: 204."""
    unit = _assigned(work)
    other = reference(work)
    if other.type not in _MEMBERS:
        raise invalid_value("members", _RESOURCE)
    if not work.draft.link("members", unit.id, other.id):
        raise conflicting_object()
    return Reply(204)


def remove_member(work: Work) -> Reply:
    """Answer ``DELETE …/members/{id}/$ref``: 204."""
    unit = _assigned(work)
    other = work.param("other").lower()
    if not work.reading.linked("members", unit.id, other) or not work.draft.unlink("members", unit.id, other):
        raise not_found(work.param("other"))
    return Reply(204)


def _assigned(work: Work) -> Entity:
    """Return the unit, whose members no rule selects."""
    unit = work.target(work.param("id"), UNIT)
    if is_dynamic(unit):
        raise denied()
    return unit


def _check_fixed(unit: Entity, values: Mapping[str, Any]) -> None:
    name = "isMemberManagementRestricted"
    if name in values and bool(values[name]) != bool(unit.get(name)):
        raise read_only(name, _RESOURCE)
    if "displayName" in values and not values["displayName"]:
        raise invalid_value("displayName", _RESOURCE)


def _check(unit: Entity) -> None:
    if str(unit.get("membershipType", "assigned")).lower() not in _KINDS:
        raise invalid_value("membershipType", _RESOURCE)
    if unit.get("visibility", "HiddenMembership") not in ("HiddenMembership", "Public"):
        raise invalid_value("visibility", _RESOURCE)
    if is_dynamic(unit) and unit.get("membershipRuleProcessingState") not in ("On", "Paused"):
        raise invalid_value("membershipRuleProcessingState", _RESOURCE)


def _collection(work: Work) -> Collection:
    return Collection(work.reading.ids(UNIT), UNIT, _CONTEXT)


_PATH = f"/{_CONTEXT}"
ROUTES = (
    Route("POST", _PATH, create),
    Route("GET", _PATH, lambda work: listed(work, _collection(work))),
    Route("GET", f"{_PATH}/$count", lambda work: counted(work, _collection(work))),
    Route("GET", f"{_PATH}/{{id}}", lambda work: single(work, work.found(work.param("id"), UNIT), _CONTEXT)),
    Route("PATCH", f"{_PATH}/{{id}}", update),
    Route("DELETE", f"{_PATH}/{{id}}", delete),
    Route("POST", f"{_PATH}/{{id}}/members/$ref", add_member),
    Route("DELETE", f"{_PATH}/{{id}}/members/{{other}}/$ref", remove_member),
    *relation_routes(UNIT, f"{_PATH}/{{id}}"),
)
