"""The routes that lead from one object to those related to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from idcode.directories.sandbox.tenant.errors import malformed, not_found, unsupported_query
from idcode.directories.sandbox.tenant.exchange import Reply
from idcode.directories.sandbox.tenant.listing import Collection, counted, listed, single
from idcode.directories.sandbox.tenant.properties import DIRECTORY_OBJECT
from idcode.directories.sandbox.tenant.relations import Relation, related, relations
from idcode.directories.sandbox.tenant.routes import Route
from idcode.directories.sandbox.tenant.work import Work

CONTEXT = "directoryObjects"
"""What ``@odata.context`` calls lists of several types."""
_SETS = {
    "user": "users",
    "group": "groups",
    "servicePrincipal": "servicePrincipals",
    "device": "devices",
    "orgContact": "contacts",
    "administrativeUnit": "administrativeUnits",
    "directoryRole": "directoryRoles",
    "application": "applications",
}
"""What ``@odata.context`` calls lists of one type."""


def relation_routes(type_name: str, path: str) -> tuple[Route, ...]:
    """Return the routes that show what objects of a type are related to; ``path`` is that of one: ``/users/{id}``.

    A list can be narrowed to one type (``/members/microsoft.graph.user``, an advanced query), counted (``/$count``),
    and shown as references only (``/$ref``).
    """
    found: list[Route] = []
    for relation in relations(type_name).values():
        at = f"{path}/{relation.name}"
        if relation.single:
            found += [
                Route("GET", at, _one(type_name, relation)),
                Route("GET", f"{at}/$ref", _ref(type_name, relation)),
            ]
            continue
        found += [
            Route("GET", at, _many(type_name, relation, listed)),
            Route("GET", f"{at}/$count", _many(type_name, relation, counted)),
            Route("GET", f"{at}/microsoft.graph.{{cast}}", _many(type_name, relation, listed)),
            Route("GET", f"{at}/microsoft.graph.{{cast}}/$count", _many(type_name, relation, counted)),
            Route("GET", f"{at}/graph.{{cast}}", _many(type_name, relation, listed)),
            Route("GET", f"{at}/graph.{{cast}}/$count", _many(type_name, relation, counted)),
            Route("GET", f"{at}/$ref", _refs(type_name, relation)),
        ]
    return tuple(found)


def cast(work: Work) -> str:
    """Return the type that the path narrows a list to, ``directoryObject`` where it does not."""
    name = work.parameters.get("cast", DIRECTORY_OBJECT)
    known = next((each for each in (*_SETS, DIRECTORY_OBJECT) if each.lower() == name.lower()), None)
    if known is None:
        raise malformed(f"Resource not found for the segment 'microsoft.graph.{name}'.")
    return known


def context_of(type_name: str) -> str:
    """Return what ``@odata.context`` calls a list of a type."""
    return _SETS.get(type_name, CONTEXT)


def _narrowed(work: Work, ids: Sequence[str]) -> Collection:
    type_name = cast(work)
    if type_name != DIRECTORY_OBJECT:
        counted = work.request.path.endswith("/$count") or work.request.query.get("$count", "").lower() == "true"
        if not (work.eventual() and counted):
            raise unsupported_query("Unsupported Query.")
        ids = [each for each in ids if work.reading.live(each, type_name) is not None]
    return Collection(ids, type_name, context_of(type_name))


def _many(type_name: str, relation: Relation, answer: Callable[[Work, Collection], Reply]) -> Callable[[Work], Reply]:
    def show(work: Work) -> Reply:
        entity = work.found(work.param("id"), type_name)
        return answer(work, _narrowed(work, related(work.reading, entity.id, relation)))

    return show


def _refs(type_name: str, relation: Relation) -> Callable[[Work], Reply]:
    def show(work: Work) -> Reply:
        entity = work.found(work.param("id"), type_name)
        page = listed(work, Collection(related(work.reading, entity.id, relation), DIRECTORY_OBJECT, CONTEXT))
        address = f"{work.request.base}/{CONTEXT}"
        page.body["value"] = [{"@odata.id": f"{address}/{each['id']}"} for each in page.body["value"]]
        page.body["@odata.context"] = f"{work.request.base}/$metadata#Collection($ref)"
        return page

    return show


def _target(work: Work, type_name: str, relation: Relation) -> str:
    entity = work.found(work.param("id"), type_name)
    for each in related(work.reading, entity.id, relation):
        if work.reading.live(each) is not None:
            return each
    raise not_found(relation.name)


def _one(type_name: str, relation: Relation) -> Callable[[Work], Reply]:
    def show(work: Work) -> Reply:
        other = work.found(_target(work, type_name, relation))
        return single(work, other, CONTEXT, DIRECTORY_OBJECT)

    return show


def _ref(type_name: str, relation: Relation) -> Callable[[Work], Reply]:
    def show(work: Work) -> Reply:
        other = _target(work, type_name, relation)
        context = f"{work.request.base}/$metadata#$ref"
        return Reply(200, {"@odata.context": context, "@odata.id": f"{work.request.base}/{CONTEXT}/{other}"})

    return show
