"""What a directory can hold: attribute types, as its adapter describes them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal


class Kind(StrEnum):
    """How values of an attribute are written and compared; the comparison is in ``model/syntax.py``."""

    TEXT = "text"
    """Text, compared without case."""
    EXACT = "exact"
    """Text, compared with case."""
    ADDRESS = "address"
    """Mail address with a prefix: the prefix counts with case, the address without (proxyAddresses)."""
    INTEGER = "integer"
    BOOLEAN = "boolean"
    TIME = "time"
    """A moment, generalized time on the wire."""
    FILETIME = "filetime"
    """A moment in 100 ns since 1601; 0 and 2^63-1 both mean never and are kept as integers."""
    BINARY = "binary"
    GUID = "guid"
    SID = "sid"
    REFERENCE = "reference"
    """A reference to another object."""
    LICENCE = "licence"
    """A licence, ``SPE_E5 -SWAY -YAMMER_ENTERPRISE``: its SKU and, after dashes, the plans that are switched off."""


Uniqueness = Literal["container", "domain", "forest", "tenant"]


@dataclass(frozen=True, slots=True)
class AttributeType:
    """One attribute: canonical name, kind, and the limits that the server enforces.

    ``max_length`` and ``min_length`` count UTF-16 units for text, bytes for binary, and bound the number for
    integers. ``unique`` says among which objects, deleted ones included, a value may occur once. ``on_premises`` is
    what Active Directory calls it, of an attribute that cannot be written on objects which are mastered there.
    """

    name: str
    kind: Kind = Kind.TEXT
    single: bool = True
    min_length: int | None = None
    max_length: int | None = None
    read_only: bool = False
    unique: Uniqueness | None = None
    on_premises: str | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """What a directory calls the things that every directory has, and how it differs from others.

    ``name`` is the attribute by which files name an object without a path (a group), ``label`` how people know it.
    ``naming`` is the attribute that objects are named by in a tree, ``None`` where the directory has no tree.
    ``keeps_passwords`` says that a deleted account which comes back has the password it had.
    """

    name: str = "sAMAccountName"
    members: str = "member"
    label: str = "displayName"
    naming: str | None = "cn"
    keeps_passwords: bool = False


MEMBERS = frozenset({"member", "members"})
"""What directories call the attribute that holds the members of a group."""


AUTHORITY = "isCloudManaged"
"""Whether a tenant masters an object that was synced into it (Graph page "onPremisesSyncBehavior")."""


class DirectorySchema:
    """The attribute types of one directory, found by name without case, and its terms."""

    def __init__(self, attributes: Iterable[AttributeType], terms: Terms = Terms()) -> None:
        self._attributes = {attribute.name.lower(): attribute for attribute in attributes}
        self.terms = terms

    def find(self, name: str) -> AttributeType | None:
        """Return the attribute called ``name`` in any case, or ``None``."""
        return self._attributes.get(name.lower())

    def spelled(self, name: str) -> str:
        """Return ``name`` as the schema spells it; unknown names stay as they are."""
        found = self._attributes.get(name.lower())
        return found.name if found else name

    def kind(self, name: str) -> Kind:
        """Return how values of ``name`` are compared; unknown attributes compare as text."""
        found = self._attributes.get(name.lower())
        return found.kind if found else Kind.TEXT

    def __iter__(self) -> Iterator[AttributeType]:
        return iter(self._attributes.values())
