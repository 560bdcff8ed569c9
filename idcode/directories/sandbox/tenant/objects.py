"""Objects of any type by their ids (Graph pages directoryobject-get, -delete, -getbyids, -getmembergroups …)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from idcode.directories.sandbox.tenant import groups, users
from idcode.directories.sandbox.tenant.entities import Entity
from idcode.directories.sandbox.tenant.errors import bad_request, denied, not_a_guid
from idcode.directories.sandbox.tenant.exchange import Reply
from idcode.directories.sandbox.tenant.listing import Collection, listed_all, single
from idcode.directories.sandbox.tenant.navigation import CONTEXT
from idcode.directories.sandbox.tenant.properties import DIRECTORY_OBJECT, DIRECTORY_OBJECTS
from idcode.directories.sandbox.tenant.relations import Relation, related
from idcode.directories.sandbox.tenant.routes import Route
from idcode.directories.sandbox.tenant.work import Work
from idcode.model.identifiers import is_guid

MOST_IDS = 1000
_MOST_CHECKED = 20
_MEMBER_OF = Relation("transitiveMemberOf", "members", forward=False, transitive=True)


def show(work: Work) -> Reply:
    """Answer ``GET /directoryObjects/{id}``."""
    return single(work, work.found(work.param("id"), *DIRECTORY_OBJECTS), CONTEXT, DIRECTORY_OBJECT)


def delete(work: Work) -> Reply:
    """Answer ``DELETE /directoryObjects/{id}`` as the type's own page does."""
    entity = work.target(work.param("id"), *DIRECTORY_OBJECTS)
    by_type = {"user": users.delete, "group": groups.delete}
    if entity.type not in by_type:
        raise denied()
    return by_type[entity.type](work)


def get_by_ids(work: Work) -> Reply:
    """Answer ``POST /directoryObjects/getByIds``: those of up to 1,000 ids that there are, in no particular order."""
    ids = _texts(work.body(), "ids", MOST_IDS)
    if not all(is_guid(each) for each in ids):
        raise not_a_guid()
    types = {name.lower() for name in _texts(work.body(), "types", MOST_IDS)} if work.body().get("types") else set()
    wanted = tuple(each for each in DIRECTORY_OBJECTS if each.lower() in types)
    if DIRECTORY_OBJECT.lower() in types or not wanted:
        wanted = DIRECTORY_OBJECTS
    found = sorted({each.lower() for each in ids if work.reading.live(each.lower(), *wanted)})
    return listed_all(work, Collection(found, DIRECTORY_OBJECT, CONTEXT))


def _texts(body: dict[str, Any], name: str, most: int) -> list[str]:
    value = body.get(name)
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise bad_request(f"The parameter '{name}' must be a collection of strings.")
    if len(value) > most:
        raise bad_request(f"The number of values in '{name}' exceeds the maximum of {most}.")
    return value


def _groups_of(work: Work, entity: Entity, types: tuple[str, ...], security_only: bool) -> list[str]:
    found = []
    for each in related(work.reading, entity.id, _MEMBER_OF):
        other = work.reading.live(each, *types)
        if other is not None and (not security_only or other.get("securityEnabled")):
            found.append(each)
    return found


def _memberships(*types: str) -> Callable[[Work], Reply]:
    def answer(work: Work) -> Reply:
        entity = work.found(work.param("id"), *DIRECTORY_OBJECTS)
        security_only = work.body().get("securityEnabledOnly") is True
        return _ids(work, _groups_of(work, entity, types, security_only))

    return answer


def _check(parameter: str, *types: str) -> Callable[[Work], Reply]:
    def answer(work: Work) -> Reply:
        entity = work.found(work.param("id"), *DIRECTORY_OBJECTS)
        asked = {each.lower() for each in _texts(work.body(), parameter, _MOST_CHECKED)}
        return _ids(work, [each for each in _groups_of(work, entity, types, False) if each in asked])

    return answer


def _ids(work: Work, ids: list[str]) -> Reply:
    return Reply(200, {"@odata.context": f"{work.request.base}/$metadata#Collection(Edm.String)", "value": ids})


_ANY = ("group", "administrativeUnit", "directoryRole")
ROUTES = (
    Route("POST", "/directoryObjects/getByIds", get_by_ids),
    Route("GET", "/directoryObjects/{id}", show),
    Route("DELETE", "/directoryObjects/{id}", delete),
    *(
        route
        for at in ("/directoryObjects/{id}", "/users/{id}", "/groups/{id}", "/servicePrincipals/{id}")
        for route in (
            Route("POST", f"{at}/getMemberGroups", _memberships("group")),
            Route("POST", f"{at}/getMemberObjects", _memberships(*_ANY)),
            Route("POST", f"{at}/checkMemberGroups", _check("groupIds", "group")),
            Route("POST", f"{at}/checkMemberObjects", _check("ids", *_ANY)),
        )
    ),
)
