"""The types of Microsoft Graph v1.0, from its published metadata: properties, relationships, actions, functions."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from pathlib import Path
from typing import Any

DATA = Path(__file__).parents[3] / "shared" / "graph"
AVAILABLE = DATA.is_dir()
ABSENT = f"the published metadata of Microsoft Graph is not in {DATA}"

# Called read-only where they are described, and given where the object is created ("Create unifiedRoleAssignment",
# "Create group").
_WRITTEN_AT_CREATION = {"unifiedRoleAssignment": ("roleDefinitionId",), "group": ("uniqueName",)}


@dataclass(frozen=True, slots=True)
class Property:
    """A property or, with ``navigation``, a relationship; also a parameter of an action.

    ``nullable`` of a collection speaks of its members; the collection itself is never null. ``select_only`` says that
    the property is absent unless selected, ``filters`` are the documented operators in lower case.
    """

    name: str
    type: str
    collection: bool = False
    nullable: bool = True
    read_only: bool = False
    select_only: bool = False
    default: bool = False
    max_length: int | None = None
    filters: frozenset[str] = frozenset()
    sortable: bool = False
    navigation: bool = False


@dataclass(frozen=True, slots=True)
class Type:
    """An entity or complex type with all that it inherits; ``names`` are its own and those of its bases, nearest first."""

    name: str
    names: tuple[str, ...]
    entity: bool
    open: bool
    properties: Mapping[str, Property] = field(default_factory=dict)

    @property
    def has_defaults(self) -> bool:
        """Whether the documentation marks which properties come without ``$select``."""
        return self.name == "user"

    @property
    def directory_object(self) -> bool:
        """Whether the rules of directory objects hold: advanced queries, page sizes."""
        return "directoryObject" in self.names


@dataclass(frozen=True, slots=True)
class Operation:
    """An action or function; ``returns`` is ``None`` where it answers with nothing."""

    name: str
    bound_to: str
    parameters: Mapping[str, Property]
    returns: Property | None


class Schema:
    """All of it; parsed once."""

    def __init__(self) -> None:
        self._slice = json.loads((DATA / "entra-v1-slice.json").read_text("utf-8"))
        self.enums: dict[str, frozenset[str]] = {
            name: frozenset(enum["members"]) for name, enum in self._slice["enums"].items()
        }
        self.flags = {name for name, enum in self._slice["enums"].items() if enum["flags"]}
        self._types: dict[str, Type] = {}

    @cached_property
    def paths(self) -> dict[str, dict[str, Any]]:
        """Path template → method → what is published about it."""
        paths: dict[str, dict[str, Any]] = json.loads((DATA / "entra-v1-paths.json").read_text("utf-8"))["paths"]
        return paths

    @cached_property
    def operations(self) -> list[Operation]:
        """All actions and functions."""
        return [
            Operation(
                op["name"],
                op["boundTo"],
                {name: _property(name, entry) for name, entry in op["parameters"].items()},
                _property("value", op["returns"]) if op["returns"] else None,
            )
            for op in self._slice["operations"]
        ]

    def type(self, name: str) -> Type | None:
        """Return the type, ``None`` for one outside the slice."""
        if name not in self._types and name in self._slice["types"]:
            self._types[name] = self._build(name)
        return self._types.get(name)

    def derived(self, name: str, base: str) -> bool:
        """Say whether a type is ``base`` or inherits from it."""
        kind = self.type(name)
        return kind is not None and base in kind.names

    def heirs(self, base: str) -> list[Type]:
        """All types that are ``base`` or inherit from it."""
        return [kind for name in self._slice["types"] if (kind := self.type(name)) and base in kind.names]

    def operation(self, name: str, bound_to: str) -> Operation | None:
        """Return the action or function of that name on that type or one of its bases."""
        kind = self.type(bound_to)
        names = kind.names if kind else (bound_to,)
        found = [op for op in self.operations if op.name == name and op.bound_to in names]
        return min(found, key=lambda op: names.index(op.bound_to), default=None)

    def _build(self, name: str) -> Type:
        entry = self._slice["types"][name]
        base = self.type(entry["base"]) if "base" in entry else None
        properties = dict(base.properties) if base else {}
        properties |= {key: _property(key, value) for key, value in entry.get("properties", {}).items()}
        for key in _WRITTEN_AT_CREATION.get(name, ()):
            properties[key] = replace(properties[key], read_only=False)
        properties |= {
            key: _property(key, value, navigation=True) for key, value in entry.get("navigation", {}).items()
        }
        return Type(
            name,
            (name, *(base.names if base else ())),
            entry["kind"] == "entity",
            bool(entry.get("open")) or (base.open if base else False),
            properties,
        )


def _property(name: str, entry: Mapping[str, Any], *, navigation: bool = False) -> Property:
    return Property(
        name,
        entry["type"],
        bool(entry.get("collection")),
        bool(entry.get("nullable", True)),
        bool(entry.get("readOnly")),
        bool(entry.get("selectOnly")),
        bool(entry.get("returnedByDefault")),
        entry.get("maxLength"),
        frozenset(operator.lower().removesuffix(" only") for operator in entry.get("filter", [])),
        bool(entry.get("orderby")),
        navigation,
    )


@cache
def schema() -> Schema:
    """The one parsed schema of this process."""
    return Schema()


@cache
def examples() -> list[dict[str, Any]]:
    """The official examples: method, url, path, status and, where there is one, body.

    A body that is no JSON is given as text; commas before a closing bracket, which stand in some, are taken out.
    """
    found: list[dict[str, Any]] = json.loads((DATA / "entra-doc-examples.json").read_text("utf-8"))
    for example in found:
        if isinstance(example.get("body"), str):
            with contextlib.suppress(json.JSONDecodeError):
                example["body"] = json.loads(re.sub(r",(?=\s*[}\]])", "", example["body"]))
    return found
