"""Object classes: which there are, how their objects are named, and below which others they may be.

The facts are those of MS-ADSC: subClassOf, rDNAttID, possSuperiors and systemPossSuperiors of each class and of the
classes above it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from idcode.model.records import ObjectType

_PERSON = ("top", "person", "organizationalPerson")
_USER = (*_PERSON, "user")


@dataclass(frozen=True, slots=True)
class ObjectClass:
    """A class that objects can be of, its own name last in ``chain``.

    ``holds`` is the object type whose list of attributes the schema has; ``below`` the classes of possible parents,
    ``()`` for classes of which nobody can create objects. ``category`` names its defaultObjectCategory.
    """

    chain: tuple[str, ...]
    category: str
    below: tuple[str, ...] = ()
    rdn: str = "CN"
    holds: ObjectType | None = None


_CLASSES = (
    ObjectClass(_USER, "Person", ("organizationalunit", "domaindns", "container", "builtindomain"), holds="user"),
    ObjectClass((*_USER, "inetOrgPerson"), "Person", ("organizationalunit", "domaindns", "container", "builtindomain")),
    ObjectClass((*_USER, "computer"), "Computer", ("organizationalunit", "domaindns", "container"), holds="computer"),
    ObjectClass(
        (*_USER, "computer", "msDS-GroupManagedServiceAccount"),
        "ms-DS-Group-Managed-Service-Account",
        ("organizationalunit", "domaindns", "container"),
    ),
    ObjectClass(
        ("top", "group"), "Group", ("organizationalunit", "domaindns", "container", "builtindomain"), holds="group"
    ),
    ObjectClass((*_PERSON, "contact"), "Person", ("organizationalunit", "domaindns", "container"), holds="contact"),
    ObjectClass(("top", "organizationalUnit"), "Organizational-Unit", ("organizationalunit", "domaindns"), "OU", "ou"),
    ObjectClass(("top", "container"), "Container", ("organizationalunit", "domaindns", "container")),
    ObjectClass(("top", "domain", "domainDNS"), "Domain-DNS", rdn="DC"),
    ObjectClass(("top", "builtinDomain"), "Builtin-Domain"),
    ObjectClass(("top", "lostAndFound"), "Lost-And-Found"),
    ObjectClass(("top", "foreignSecurityPrincipal"), "Foreign-Security-Principal"),
)
_BY_NAME: Mapping[str, ObjectClass] = {entry.chain[-1].lower(): entry for entry in _CLASSES}


def most_specific(names: Iterable[str]) -> ObjectClass | None:
    """Return the class of an object with these values of objectClass; ``None`` for a class that is not known here."""
    known = [_BY_NAME[name.lower()] for name in names if name.lower() in _BY_NAME]
    return max(known, key=lambda entry: len(entry.chain), default=None)


def class_of(values: Mapping[str, tuple[bytes, ...]]) -> ObjectClass | None:
    """Return the class of an object with these values (attribute names in lower case)."""
    return most_specific(raw.decode("utf-8", "replace") for raw in values.get("objectclass", ()))


def unknown_names(names: Iterable[str]) -> list[str]:
    """Return those of ``names`` that are no class."""
    there = {name.lower() for entry in _CLASSES for name in entry.chain}
    return [name for name in names if name.lower() not in there]
