"""Reading a tenant, with a proof that nothing is missing.

Every listing is followed to the page without a next link (page *Paging Microsoft Graph data*); anything else ends the
reading as incomplete, saying where.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from urllib.parse import quote

from idcode.directories.entra.fetching import by_ids
from idcode.directories.entra.graph.calls import Graph
from idcode.directories.entra.incremental import Incremental
from idcode.directories.entra.links import PLACES, complete
from idcode.directories.entra.objects import Decoder, Flat, anchor_of
from idcode.directories.entra.roles import Roles
from idcode.model.diagnostics import Diagnostic
from idcode.model.errors import DirectoryError
from idcode.model.records import LiveObject, ObjectType, Proof, Query, Reading, Scope

_PAGE = "$top=999"
_CHUNK = 1000
_READ_EVERY_TIME = frozenset({"isCloudManaged"})
"""What no delta query tells of, and few objects have."""
_DELETED: Mapping[ObjectType, str] = {"user": "microsoft.graph.user", "group": "microsoft.graph.group"}
_LISTED: tuple[ObjectType, ...] = ("user", "group", "administrative_unit")
_ALWAYS: tuple[ObjectType, ...] = ("user", "group")
"""Types that are read even where nothing of them is asked for: others refer to them."""
_ADVANCED = re.compile(
    r"\bnot\b|\bne\b|endswith\s*\(|/\$count\b|\b(?:companyName|employeeHireDate|employeeType|onPremisesExtensionAttributes"
    r"|onPremisesSamAccountName|postalCode|preferredLanguage|streetAddress)\b",
    re.IGNORECASE,
)
"""What a filter has that only the index answers (page *Advanced query capabilities on Microsoft Entra objects*)."""
_LITERAL = re.compile(r"'(?:[^']|'')*'")
EVENTUAL = {"ConsistencyLevel": "eventual"}


@dataclass(slots=True)
class Inside:
    """Which objects lie in which scopes: all of a type, or those that Graph finds by a filter."""

    always: dict[ObjectType, set[str]] = field(default_factory=lambda: defaultdict(set))
    found: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def of(self, object_type: ObjectType, anchor: str) -> frozenset[str]:
        """Return the scopes of one object."""
        return frozenset(self.always.get(object_type, set()) | self.found.get(anchor, set()))


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads one tenant. What it has read is in ``known``, by anchor."""

    name: str
    graph: Graph
    decoder: Decoder
    roles: Roles
    incremental: Incremental | None
    known: dict[str, LiveObject]

    def read(self, query: Query) -> Reading[LiveObject]:
        """Yield all objects, deleted ones last; see the port."""
        count = 0
        try:
            inside = self._inside(query.scopes)
            for live in self._objects(query, inside):
                count += 1
                self.known[live.anchor] = live
                yield live
        except DirectoryError as error:
            if not count:
                raise
            text = f"the read of {self.name} is not complete: {error}"
            return Proof(
                False, "last-page", count, diagnostics=(Diagnostic("error", "read-incomplete", text, error.hint),)
            )
        return Proof(True, "last-page", count)

    def _objects(self, query: Query, inside: Inside) -> Iterator[LiveObject]:
        asked = _with_context(query.attributes)
        for object_type in _LISTED:
            if object_type in asked or object_type in _ALWAYS:
                yield from self._listing(object_type, frozenset(asked.get(object_type, ())), inside)
        if "role_assignment" in asked:
            yield from self._held("role_assignment", self.roles.directory_roles(), inside)
        if "app_role_assignment" in asked:
            yield from self._held("app_role_assignment", self.roles.app_roles(), inside)
        for object_type in _DELETED:
            yield from self._deleted(object_type, frozenset(asked.get(object_type, ())))

    def _held(self, object_type: ObjectType, flats: Iterable[Flat], inside: Inside) -> Iterator[LiveObject]:
        """Yield roles with all that is known of them: that costs no request more."""
        for flat in flats:
            scopes = inside.of(object_type, anchor_of(flat))
            yield self.decoder.live(object_type, flat, scopes=scopes)

    def _listing(self, object_type: ObjectType, names: frozenset[str], inside: Inside) -> Iterator[LiveObject]:
        wanted = self.decoder.schema.canonical(object_type, names)
        select = self.decoder.schema.select(object_type, wanted, self.decoder.mark_in)
        told = wanted - _READ_EVERY_TIME
        if self.incremental is not None and self.incremental.may(object_type, told):
            flats = self.incremental.flats(
                object_type,
                select,
                told,
                lambda: self._listed(object_type, select, told),
                lambda anchors: by_ids(self.graph, self.decoder, object_type, anchors, told),
            )
            flats = self._completed(object_type, flats, wanted & _READ_EVERY_TIME)
        else:
            flats = self._listed(object_type, select, wanted)
        for flat in flats:
            yield self.decoder.live(object_type, flat, wanted, scopes=inside.of(object_type, anchor_of(flat)))

    def _listed(self, object_type: ObjectType, select: str, wanted: frozenset[str]) -> Iterator[Flat]:
        """Read a listing page by page, managers with it, and what Graph has elsewhere after each page."""
        url = f"{PLACES[object_type]}?$select={select}"
        if "manager" in wanted:
            url += "&$expand=manager($select=id)"
        for page in self.graph.pages(f"{url}&{_PAGE}"):
            flats = {anchor_of(flat): flat for flat in map(self._flat, page)}
            if "manager" in wanted:
                for flat in flats.values():
                    flat.setdefault("manager", ())
            yield from complete(self.graph, self.decoder, object_type, flats, wanted - {"manager"})

    def _completed(self, object_type: ObjectType, flats: Iterable[Flat], names: frozenset[str]) -> Iterator[Flat]:
        for some in _batched(flats, _CHUNK):
            by_id = {anchor_of(flat): flat for flat in some}
            yield from complete(self.graph, self.decoder, object_type, by_id, names)

    def _deleted(self, object_type: ObjectType, names: frozenset[str]) -> Iterator[LiveObject]:
        """Yield soft-deleted objects, for the thirty days that Graph keeps them."""
        wanted = self.decoder.schema.canonical(object_type, names)
        fields = self.decoder.schema.select(object_type, wanted - {"licences"}, self.decoder.mark_in)
        for page in self.graph.pages(f"/directory/deletedItems/{_DELETED[object_type]}?$select={fields}&{_PAGE}"):
            for item in page:
                yield self.decoder.live(object_type, self._flat(item), wanted, deleted=True)

    def _inside(self, scopes: Iterable[Scope]) -> Inside:
        """Ask Graph for the objects of each scope with a filter; paths mean nothing in a directory without a tree."""
        inside = Inside()
        for scope in scopes:
            if not scope.filter:
                inside.always[scope.object_type].add(scope.name)
                continue
            url = f"{PLACES[scope.object_type]}?$filter={quote(scope.filter)}&$select=id&{_PAGE}"
            advanced = is_advanced(scope.filter)
            for page in self.graph.pages(f"{url}&$count=true" if advanced else url, EVENTUAL if advanced else None):
                for item in page:
                    inside.found[str(item["id"]).lower()].add(scope.name)
        return inside

    def _flat(self, item: Mapping[str, object]) -> Flat:
        try:
            return self.decoder.flat(item)
        except (ValueError, KeyError) as error:
            raise DirectoryError(f"{self.name}: {item.get('id')} cannot be understood: {error}") from None


def _with_context(asked: Mapping[ObjectType, frozenset[str]]) -> Mapping[ObjectType, frozenset[str]]:
    """Add what decides whether Graph will take a change of what is asked for."""
    more: dict[ObjectType, frozenset[str]] = {}
    if "licences" in asked.get("user", ()):
        more["user"] = asked["user"] | {"usageLocation"}
    also = {"membershipRule"} if "members" in asked.get("group", ()) else set[str]()
    also |= {"isAssignableToRole"} if "role_assignment" in asked else set()
    more["group"] = frozenset(asked.get("group", frozenset()) | also | {"category", "uniqueName"})
    return {**asked, **more}


def _batched(flats: Iterable[Flat], size: int) -> Iterator[list[Flat]]:
    """Yield lists of at most ``size``."""
    remaining = iter(flats)
    while some := list(islice(remaining, size)):
        yield some


def is_advanced(text: str) -> bool:
    """Whether a filter needs ``ConsistencyLevel: eventual`` and ``$count=true``."""
    return _ADVANCED.search(_LITERAL.sub("''", text)) is not None
