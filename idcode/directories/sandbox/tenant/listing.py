"""Lists of objects and single ones, as the query options of a request want them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from idcode.directories.sandbox.tenant import rosters, tokens
from idcode.directories.sandbox.tenant.clock import moment, stamp
from idcode.directories.sandbox.tenant.entities import Entity
from idcode.directories.sandbox.tenant.errors import (
    bad_request,
    expired_page,
    not_implemented,
    unknown_in_query,
    unsupported_filter,
    unsupported_query,
)
from idcode.directories.sandbox.tenant.exchange import Reply
from idcode.directories.sandbox.tenant.filters import Filter, compiled
from idcode.directories.sandbox.tenant.options import DEFAULT_PAGE, Expand, Options, options
from idcode.directories.sandbox.tenant.properties import DIRECTORY_OBJECT, OUTSIDE, find, shown
from idcode.directories.sandbox.tenant.relations import Relation, related, relations
from idcode.directories.sandbox.tenant.searching import searched
from idcode.directories.sandbox.tenant.sorting import sort_key
from idcode.directories.sandbox.tenant.values import resource
from idcode.directories.sandbox.tenant.work import Work

MOST_EXPANDED = 20
"""How many objects of a collection ``$expand`` shows; there is no next link (query-parameters)."""
ON_ONE = ("select", "expand")
"""The options of a request for one object."""
ON_LIST = ("select", "expand", "filter", "search", "orderby", "count", "top", "skiptoken")
"""The options of a request for a list."""


@dataclass(frozen=True, slots=True)
class Collection:
    """What is listed: sorted ids, of one type or (``directoryObject``) of several, and how ``@odata.context`` calls it.

    ``deleted`` ones are listed among themselves. What is not ``paged`` comes as a whole, and has no ``$top``.
    """

    ids: Sequence[str]
    type_name: str
    context: str
    deleted: bool = False
    paged: bool = True


def single(work: Work, entity: Entity, context: str, type_name: str | None = None) -> Reply:
    """Return the reply that shows one object; its type is told where ``type_name`` leaves it open."""
    asked = options(work.request.query, ON_ONE)
    presenter = Presenter(work, asked, type_name or entity.type)
    return Reply(200, {"@odata.context": _context(work, context, asked, "/$entity"), **presenter.show(entity)})


def counted(work: Work, collection: Collection) -> Reply:
    """Return the reply to ``/$count``: a number, as text on the wire."""
    if not work.eventual():
        raise bad_request("$count is not currently supported.")
    asked = options(work.request.query, ("filter", "search"))
    number = sum(1 for _ in _Query(work, collection, asked, advanced=True).matching(""))
    return Reply(200, number, {"content-type": "text/plain"})


def listed(work: Work, collection: Collection) -> Reply:
    """Return one page of a list. Raises ``GraphError`` for options that the directory does not support."""
    asked = options(work.request.query, ON_LIST if collection.paged else tuple(set(ON_LIST) - {"top", "skiptoken"}))
    presenter = Presenter(work, asked, collection.type_name)
    if presenter.outside:
        raise not_implemented()
    query = _Query(work, collection, asked)
    token = asked.text.get("skiptoken")
    after = "" if token is None else _position(work, token)
    size = (asked.top or DEFAULT_PAGE) if collection.paged else None
    found, more = query.page(after, size)
    body: dict[str, Any] = {"@odata.context": _context(work, collection.context, asked)}
    if asked.count and work.eventual() and token is None:
        body["@odata.count"] = query.total()
    if more is not None:
        skip = tokens.sealed({"after": more, "time": stamp(work.now)})
        kept = {name: value for name, value in work.request.query.items() if not name.lower().endswith("skiptoken")}
        body["@odata.nextLink"] = tokens.link(work.request, {**kept, "$skiptoken": skip})
    body["value"] = [presenter.show(entity) for entity in found]
    return Reply(200, body)


def listed_all(work: Work, collection: Collection) -> Reply:
    """Return a list as a whole, however long, with ``$select`` only (directoryobject-getbyids)."""
    asked = options(work.request.query, ("select",))
    presenter = Presenter(work, asked, collection.type_name)
    found = [presenter.show(entity) for entity in _Query(work, collection, asked).matching("")]
    return Reply(200, {"@odata.context": _context(work, collection.context, asked), "value": found})


def _position(work: Work, token: str) -> str:
    content = tokens.unsealed(token)
    if content is None or not isinstance(content.get("after"), str):
        raise bad_request("The specified page token is invalid.")
    if moment(content["time"]) + timedelta(seconds=work.switches.page_seconds) < work.now:
        raise expired_page()
    return str(content["after"])


def _context(work: Work, context: str, asked: Options, suffix: str = "") -> str:
    parts = list(asked.select or ())
    if asked.expand is not None:
        parts.append(f"{asked.expand.relation}({','.join(asked.expand.select or ())})")
    return f"{work.request.base}/$metadata#{context}{'(' + ','.join(parts) + ')' if parts else ''}{suffix}"


class _Query:
    """Which objects of a collection a request asks for, and in which order."""

    def __init__(self, work: Work, collection: Collection, asked: Options, *, advanced: bool = False) -> None:
        self._view = work.reading
        self._collection = collection
        self._asked = asked
        advanced = advanced or (work.eventual() and asked.count)
        if asked.search is not None and not work.eventual():
            raise unsupported_query(
                "Request with $search query parameter only works through MSGraph with a special request header: "
                "'ConsistencyLevel: eventual'"
            )
        type_name = collection.type_name
        self._filter: Filter | None = None
        if asked.filter is not None:
            self._filter = compiled(asked.filter, type_name)
            if self._filter.advanced is not None and not advanced:
                raise unsupported_filter(self._filter.advanced, resource(type_name))
        if asked.expand is not None and (asked.search is not None or (advanced and asked.filter is not None)):
            raise unsupported_query("$expand is not supported together with advanced query capabilities.")
        self._search = searched(asked.search, type_name) if asked.search is not None else None
        self._sort = sort_key(asked.orderby, type_name) if asked.orderby is not None else None
        if self._sort is not None and asked.filter is not None and not advanced:
            raise unsupported_query("Sorting not supported for current query.")

    def _candidates(self, after: str) -> Iterator[str]:
        ids = self._collection.ids
        if self._filter is None or self._filter.candidates is None:
            return rosters.beyond(ids, after)
        among = self._filter.candidates(self._view)
        return (each for each in rosters.beyond(among, after) if rosters.contains(ids, each))

    def matching(self, after: str) -> Iterator[Entity]:
        """Yield the objects after an id, in the order of their ids."""
        for each in self._candidates(after):
            entity = self._view.get(each)
            if entity is None or entity.deleted != self._collection.deleted:
                continue
            if self._filter is not None and not self._filter.matches(entity):
                continue
            if self._search is None or self._search(entity):
                yield entity

    def page(self, after: str, size: int | None) -> tuple[list[Entity], str | None]:
        """Return a page that begins after a position, and the position where the next one does.

        A position is an id, or in a sorted list the number of objects before it.
        """
        if self._sort is None:
            found: list[Entity] = []
            for entity in self.matching(after):
                if len(found) == size:
                    return found, found[-1].id
                found.append(entity)
            return found, None
        everything = self._sort(self.matching(""))
        begin = int(after) if after.isdecimal() else 0
        end = len(everything) if size is None else begin + size
        return everything[begin:end], str(end) if end < len(everything) else None

    def total(self) -> int:
        """Return how many objects all pages hold."""
        return sum(1 for _ in self.matching(""))


class Presenter:
    """How each object of a reply is shown."""

    def __init__(self, work: Work, asked: Options, type_name: str) -> None:
        self._view = work.reading
        self._typed = type_name == DIRECTORY_OBJECT
        self._select = _canonical(asked.select, type_name)
        self.outside = any(name in OUTSIDE for name in self._select or ())
        """Whether something is selected that other services keep."""
        self._expand = asked.expand
        self._relation = _relation(asked.expand, type_name)
        self._inner = _canonical(asked.expand.select, DIRECTORY_OBJECT) if asked.expand is not None else None

    def show(self, entity: Entity) -> dict[str, Any]:
        """Return an object as JSON."""
        body = shown(entity, self._select)
        if self._typed:
            body = {"@odata.type": f"#microsoft.graph.{entity.type}", **body}
        if self._relation is not None:
            self._add_related(body, entity)
        return body

    def _add_related(self, body: dict[str, Any], entity: Entity) -> None:
        assert self._relation is not None
        found: list[Any] = []
        for each in related(self._view, entity.id, self._relation):
            other = self._view.live(each)
            if other is not None and len(found) < MOST_EXPANDED:
                found.append({"@odata.type": f"#microsoft.graph.{other.type}", **shown(other, self._inner)})
        if not self._relation.single:
            body[self._relation.name] = found
        elif found:
            body[self._relation.name] = found[0]


def _canonical(names: Sequence[str] | None, type_name: str) -> list[str] | None:
    """Return selected names as the type spells them. Raises ``GraphError`` for one that it does not have."""
    if names is None:
        return None
    found = []
    for name in names:
        known = find(type_name, name)
        if known is None and name in relations(type_name):
            continue  # what is selected by its name only is shown by $expand and delta queries
        if known is None:
            raise unknown_in_query("Parsing OData Select and Expand failed", name, type_name)
        found.append(known.name)
    return found


def _relation(expand: Expand | None, type_name: str) -> Relation | None:
    if expand is None:
        return None
    relation = relations(type_name).get(expand.relation)
    if relation is None:
        raise unknown_in_query("Parsing OData Select and Expand failed", expand.relation, type_name)
    return relation
