"""What is known about the properties of Graph's types, and how an object shows them."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

from idcode.directories.sandbox.tenant.entities import Entity

_EMPTY: Mapping[str, Any] = {"Edm.Boolean": False, "Edm.Int32": 0, "Edm.DateTimeOffset": "0001-01-01T00:00:00Z"}
OUTSIDE = frozenset(
    (
        "aboutMe",
        "birthday",
        "hireDate",
        "interests",
        "mailboxSettings",
        "mySite",
        "pastProjects",
        "preferredName",
        "responsibilities",
        "schools",
        "skills",
    )
)
"""Properties of users that other services keep: written alone, and never listed (user-update, user-list)."""
_ALWAYS = "onPremisesExtensionAttributes"
"""A complex property that is there even where it has no value."""


@dataclass(frozen=True, slots=True)
class Property:
    """A property of a type. ``kind`` is an Edm type or the name of a complex type.

    ``shown``: ``default`` (unless others are selected), ``select`` (only when selected) or ``never``. ``queries`` are
    the operators of ``$filter`` that it supports, ``null`` (compared with null), ``count``, ``orderby`` and ``search``.
    """

    name: str
    kind: str
    collection: bool
    nullable: bool
    shown: str
    read_only: bool
    longest: int | None
    queries: frozenset[str]

    @property
    def empty(self) -> Any:
        """What it shows where it has no value."""
        if self.collection:
            return []
        return None if self.nullable else _EMPTY.get(self.kind)


@cache
def _table() -> Mapping[str, Mapping[str, Property]]:
    table: dict[str, dict[str, Property]] = {}
    text = (files(__package__) / "properties.tsv").read_text("utf-8")
    for row in csv.DictReader(text.splitlines(), delimiter="\t"):
        table.setdefault(row["type"], {})[row["property"]] = Property(
            row["property"],
            row["kind"],
            row["values"] == "many",
            row["nullable"] == "null",
            row["shown"],
            row["writable"] == "read-only",
            int(row["longest"]) if row["longest"] else None,
            frozenset(row["queries"].split()),
        )
    return table


def properties(type_name: str) -> Mapping[str, Property]:
    """Return the properties of an entity type or complex type by name; none for a type that is not known."""
    return _table().get(type_name, {})


DIRECTORY_OBJECT = "directoryObject"
"""The type of lists that hold objects of several types."""
DIRECTORY_OBJECTS = (
    "user",
    "group",
    "servicePrincipal",
    "device",
    "orgContact",
    "administrativeUnit",
    "directoryRole",
    "application",
)
"""The types that directory objects are of."""


@cache
def _lowered(type_name: str) -> Mapping[str, Property]:
    if type_name == DIRECTORY_OBJECT:
        return {name: known for each in reversed(DIRECTORY_OBJECTS) for name, known in _lowered(each).items()}
    return {name.lower(): known for name, known in properties(type_name).items()}


def find(type_name: str, name: str) -> Property | None:
    """Return the property of this name; case does not count. ``directoryObject`` has those of all types."""
    return _lowered(type_name).get(name.lower())


@lru_cache(maxsize=256)
def _wanted(type_name: str, names: tuple[str, ...] | None) -> tuple[Property, ...]:
    known = properties(type_name).values()
    if names is None:
        return tuple(each for each in known if each.shown == "default")
    return tuple(each for each in known if each.name in names and each.shown != "never")


def shown(entity: Entity, names: Sequence[str] | None = None) -> dict[str, Any]:
    """Return an object as JSON, with the properties of these names, or those that are there by default."""
    body = {}
    for each in _wanted(entity.type, None if names is None else tuple(names)):
        body[each.name] = entity.id if each.name == "id" else _value(each, entity.properties.get(each.name))
    return body


def _value(known: Property, value: Any) -> Any:
    if value is None:
        if known.name != _ALWAYS:
            return known.empty
        value = {}
    if isinstance(value, Mapping) and not known.collection:
        return {**{name: each.empty for name, each in properties(known.kind).items()}, **value}
    return value
