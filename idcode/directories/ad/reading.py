"""Reading the domain, with a proof that nothing is missing.

Everything is searched in pages; the proof is result 0 and an empty cookie at the end of every search (DESIGN.md,
law 2). Anything else ends the reading as incomplete, saying where.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from idcode.directories.ad import filters
from idcode.directories.ad.constants import (
    CONTROL_DOMAIN_SCOPE,
    CONTROL_SD_FLAGS,
    CONTROL_SHOW_DELETED,
    NO_RIGHTS,
    NO_SUCH_OBJECT,
)
from idcode.directories.ad.entries import DESCRIPTOR, Decoder, complete_ranges
from idcode.directories.ad.operations import BadFilter, Control, Entry, Session
from idcode.directories.ad.paging import Incomplete, pages
from idcode.directories.ad.schema import AdSchema
from idcode.directories.ad.values import guid_filter, guid_text
from idcode.model import dn
from idcode.model.diagnostics import Diagnostic, Severity
from idcode.model.errors import DirectoryError
from idcode.model.records import LiveObject, ObjectType, Proof, Query, Reading, Scope

_FETCH_CHUNK = 200
SHOW_DELETED: Control = (CONTROL_SHOW_DELETED, True, None)
DOMAIN_SCOPE: Control = (CONTROL_DOMAIN_SCOPE, False, None)
# SDFlagsRequestValue ::= SEQUENCE { Flags INTEGER }, 4 = DACL (MS-ADTS 3.1.1.3.4.1.11).
DACL_ONLY: Control = (CONTROL_SD_FLAGS, True, bytes.fromhex("3003020104"))
_TYPES: tuple[ObjectType, ...] = ("ou", "other", "group", "user", "contact", "computer")
_NAMED: tuple[ObjectType, ...] = ("user", "group", "contact", "computer")
"""Types among which values must be unique, whichever of them a rule is about."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Which attributes to read of each type, in the schema's spelling, and whether OUs show their protection."""

    attributes: Mapping[ObjectType, frozenset[str]]
    protection: bool

    @classmethod
    def of(cls, query: Query, schema: AdSchema) -> Asked:
        """Keep what the schema knows; unique attributes are read of every type that has them.

        What the filters of managed scopes ask for is read, too, so that a copy of the objects can answer them.
        """
        wanted: dict[ObjectType, set[str]] = defaultdict(set)
        for object_type, names in query.attributes.items():
            wanted[object_type] |= schema.canonical(names)
        for scope in query.scopes:
            wanted[scope.object_type] |= schema.canonical(filters.names(filters.parenthesised(scope.filter or "")))
        unique = {
            name
            for names in wanted.values()
            for name in names
            if (known := schema.attributes.find(name)) and known.unique and known.unique != "container"
        }
        for object_type in _NAMED:
            wanted[object_type] |= unique
        return cls({kind: frozenset(wanted[kind]) for kind in _TYPES}, "protected" in query.attributes.get("ou", ()))

    @property
    def everything(self) -> frozenset[str]:
        """All attributes of all types, for deleted objects."""
        return frozenset().union(*self.attributes.values())


@dataclass(slots=True)
class Reader:
    """Reads one domain. ``root_dn`` is its naming context, ``base_dn`` where the project's paths begin."""

    name: str
    session: Session
    decoder: Decoder
    root_dn: str
    base_dn: str
    _findings: list[Diagnostic] = field(default_factory=list)

    def read(self, query: Query) -> Reading[LiveObject]:
        """Yield all objects, deleted ones last; see the port."""
        self._findings = []
        asked = Asked.of(query, self.decoder.schema)
        scopes = self._scopes(query.scopes)
        count = 0
        try:
            for live in self._objects(asked, scopes):
                count += 1
                yield live
        except DirectoryError as error:
            if not count:
                raise
            self._say("error", "read-incomplete", f"the read of {self.name} is not complete: {error}")
            return Proof(False, "paged-search", count, diagnostics=tuple(self._findings))
        return Proof(True, "paged-search", count, diagnostics=tuple(self._findings))

    def _objects(self, asked: Asked, scopes: Mapping[str, frozenset[str]]) -> Iterator[LiveObject]:
        for object_type in _TYPES:
            names = asked.attributes[object_type]
            controls = [DOMAIN_SCOPE]
            wanted = names | self.decoder.technical(object_type)
            if object_type == "ou" and asked.protection:
                controls.append(DACL_ONLY)
                wanted |= {DESCRIPTOR}
            for entry in pages(self.session, self.root_dn, filters.of_type(object_type), wanted, controls):
                yield from self._decoded(entry, names, scopes)
        yield from self._deleted(asked)

    def _deleted(self, asked: Asked) -> Iterator[LiveObject]:
        """Yield tombstones; an account that may not see them misses reuse and restore, not safety."""
        names = asked.everything | {"lastKnownParent"}
        fields = names | {"isDeleted"}.union(*(self.decoder.technical(kind) for kind in _TYPES))
        place = dn.child(self.root_dn, "CN", "Deleted Objects")
        wanted = f"(|(objectClass=container){filters.DELETED})"
        visible = False
        try:
            for entry in pages(self.session, place, wanted, fields, [SHOW_DELETED, DOMAIN_SCOPE]):
                if dn.key(entry.dn) == dn.key(place):
                    visible = True
                else:
                    yield from self._decoded(entry, names, {})
        except Incomplete as error:
            if visible or error.code not in (NO_SUCH_OBJECT, NO_RIGHTS):
                raise
            self._unreadable(str(error))
            return
        if not visible:
            self._unreadable("the container is not visible")

    def _unreadable(self, why: str) -> None:
        self._say(
            "warning",
            "deleted-objects-unreadable",
            f"{self.name}: deleted objects cannot be read ({why}); returning people get new accounts, "
            "and values of deleted objects do not count as taken",
            "Give the service account List Contents and Read Property on CN=Deleted Objects (dsacls).",
        )

    def _decoded(
        self, entry: Entry, names: frozenset[str], scopes: Mapping[str, frozenset[str]]
    ) -> Iterator[LiveObject]:
        raw = entry.first("objectGUID")
        inside = scopes.get(guid_text(raw), frozenset()) if raw else frozenset()
        try:
            yield self.decoder.decode(complete_ranges(self.session, entry), names, inside)
        except ValueError as error:
            raise Incomplete(str(error)) from None

    def _scopes(self, scopes: Iterable[Scope]) -> dict[str, frozenset[str]]:
        """Return anchor → names of the scopes it lies in, as the server evaluates them."""
        inside: dict[str, set[str]] = defaultdict(set)
        for scope in scopes:
            wanted = filters.of_type(scope.object_type)
            if scope.filter:
                text = filters.parenthesised(scope.filter)
                filters.check(scope.name, text, self.decoder.schema)
                wanted = f"(&{wanted}{text})"
            base = dn.under(self.base_dn, scope.base)
            try:
                for entry in pages(self.session, base, wanted, ["objectGUID"], [DOMAIN_SCOPE], missing_ok=True):
                    raw = entry.first("objectGUID")
                    if raw:
                        inside[guid_text(raw)].add(scope.name)
            except BadFilter as error:
                raise filters.bad(scope.name, scope.filter or "", str(error)) from None
        return {anchor: frozenset(names) for anchor, names in inside.items()}

    def fetch(self, anchors: Collection[str], attributes: Iterable[str]) -> dict[str, LiveObject]:
        """Read single objects again, deleted ones included; ``*`` among ``attributes`` means all of them."""
        names = set(attributes)
        controls = [SHOW_DELETED, DOMAIN_SCOPE]
        only = None if "*" in names else self.decoder.schema.canonical(names)
        asked = {"isDeleted"}.union({"*"} if only is None else only, *(self.decoder.technical(kind) for kind in _TYPES))
        if names & {"*", "protected"}:
            asked.add(DESCRIPTOR)
            controls.append(DACL_ONLY)
        found: dict[str, LiveObject] = {}
        ordered = sorted(set(anchors))
        for start in range(0, len(ordered), _FETCH_CHUNK):
            some = ordered[start : start + _FETCH_CHUNK]
            wanted = "(|" + "".join(f"(objectGUID={guid_filter(anchor)})" for anchor in some) + ")"
            for entry in pages(self.session, self.root_dn, wanted, asked, controls):
                whole = complete_ranges(self.session, entry, [SHOW_DELETED])
                try:
                    live = self.decoder.decode(whole, only)
                except ValueError as error:
                    raise DirectoryError(f"{self.name}: {error}") from None
                found[live.anchor] = live
        return found

    def _say(self, severity: Severity, code: str, message: str, hint: str | None = None) -> None:
        self._findings.append(Diagnostic(severity, code, message, hint, subject=self.name))
