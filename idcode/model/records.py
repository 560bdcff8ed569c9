"""What is read: records of sources, objects of directories, and proofs that a read was complete."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeVar

from idcode.model.diagnostics import Diagnostic
from idcode.model.values import Scalar, Value

ObjectType = Literal[
    "user", "group", "ou", "contact", "computer", "other",
    "administrative_unit", "role_assignment", "app_role_assignment",
]  # fmt: skip
"""``role_assignment`` and ``app_role_assignment`` stand for a role at one place, with its holders as members."""


@dataclass(frozen=True, slots=True)
class Record:
    """One row of a source. ``values`` maps column to text (or, from YAML, to a tuple); an empty cell is ``None``.

    ``line`` is where the record begins in its file, counted from 1, where the source knows it.
    """

    source: str
    key: str
    values: Mapping[str, Value]
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Proof:
    """How a read ended (DESIGN.md, law 2). Only ``complete`` reads may say that something is gone.

    ``kind`` names the evidence (``trailer``, ``manifest``, ``min-rows``, ``document``, ``paged-search`` …,
    or ``none``), ``count`` the records or objects read, ``digest`` is ``sha256:…`` of the bytes where there are any.
    ``diagnostics`` says what was wrong with the read or with single records.
    """

    complete: bool
    kind: str
    count: int
    digest: str | None = None
    diagnostics: tuple[Diagnostic, ...] = ()
    unreadable_keys: frozenset[str] = frozenset()
    """Keys whose records were there but could not be used (ragged, doubled …): frozen, never missing."""
    unread: Mapping[ObjectType, frozenset[str]] = field(default_factory=dict)
    """Attributes of the query that this reading could not give, by object type: unknown, never empty (law 4)."""


@dataclass(frozen=True, slots=True)
class LiveObject:
    """An object as its directory holds it.

    ``attributes`` maps the schema's attribute name to its values (never an empty tuple); references are
    :class:`~idcode.model.values.Ref` with the DN. ``enabled`` is ``None`` for objects that cannot be disabled.
    ``mark`` is idcode's own mark on a disabled account: ``new`` (no password handed over yet) or ``disabled``.
    ``needs_password`` says that nobody ever set a password. ``protected`` is the accidental-deletion mark.
    ``scopes`` names the scopes of the query that the object lies in. ``synced`` says that another directory masters
    it: what the schema calls ``on_premises`` is not to be written here.

    In a directory without a tree, ``dn`` is the name by which people know the object, and only shown.
    """

    anchor: str
    dn: str
    object_type: ObjectType
    attributes: Mapping[str, tuple[Scalar, ...]]
    enabled: bool | None = None
    mark: Literal["new", "disabled"] | None = None
    needs_password: bool = False
    protected: bool | None = None
    deleted: bool = False
    scopes: frozenset[str] = frozenset()
    synced: bool = False

    def get(self, name: str) -> tuple[Scalar, ...]:
        """Return the values of ``name`` (the schema's spelling); ``()`` where there are none."""
        return self.attributes.get(name, ())


@dataclass(frozen=True, slots=True)
class Scope:
    """A part of a directory that files manage: a base below ``base_dn`` and a filter in the directory's language."""

    name: str
    object_type: ObjectType
    base: tuple[str, ...] = ()
    filter: str | None = None


@dataclass(frozen=True, slots=True)
class Query:
    """What a plan needs to know of a directory: attributes by object type, and the managed scopes."""

    attributes: Mapping[ObjectType, frozenset[str]]
    scopes: tuple[Scope, ...] = ()


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """Which directory was read, and how far.

    ``identity`` is the domain SID or tenant id, ``usn`` the highest committed update sequence number of ``server``
    when the read began. ``snapshot`` is when (ISO 8601 in UTC) what stands in for the live directory was taken.
    """

    type: str
    identity: str
    server: str
    invocation_id: str | None = None
    usn: int | None = None
    snapshot: str | None = None


T = TypeVar("T")
Reading = Generator[T, None, Proof]
"""Items, then (as the generator's return value) the proof of completeness."""


def collect(reading: Reading[T]) -> tuple[list[T], Proof]:
    """Exhaust a reading and return its items and its proof."""
    items: list[T] = []
    while True:
        try:
            items.append(next(reading))
        except StopIteration as end:
            return items, end.value
