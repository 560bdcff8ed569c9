"""Entries of search answers as the objects the core works with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from idcode.directories.ad import security, values
from idcode.directories.ad.constants import (
    GROUP_SCOPES,
    GROUP_SECURITY,
    MARK_PREFIX,
    SECRET_ATTRIBUTES,
    UAC_DISABLED,
    Mark,
)
from idcode.directories.ad.operations import Control, Entry, Session
from idcode.directories.ad.schema import AdSchema
from idcode.model.errors import DirectoryError
from idcode.model.records import LiveObject, ObjectType
from idcode.model.values import Scalar

ALWAYS = ("objectGUID", "objectClass")
ACCOUNT = ("userAccountControl", "pwdLastSet")
DESCRIPTOR = "nTSecurityDescriptor"
_HIDDEN = SECRET_ATTRIBUTES | {"ntsecuritydescriptor"}


@dataclass(frozen=True, slots=True)
class Decoder:
    """Makes a :class:`LiveObject` of an entry. ``mark_in`` is the attribute that holds idcode's mark."""

    schema: AdSchema
    mark_in: str

    def technical(self, object_type: ObjectType) -> set[str]:
        """Return what has to be read of an object beside the attributes that rules use."""
        names = set(ALWAYS)
        if object_type in ("user", "computer"):
            names |= {*ACCOUNT, self.mark_in}
        if object_type == "group":
            names.add("groupType")
        return names

    def decode(
        self, entry: Entry, only: frozenset[str] | None = None, scopes: frozenset[str] = frozenset()
    ) -> LiveObject:
        """Return the object; ``only`` (the schema's spelling) limits its ``attributes``.

        Raises ``ValueError`` for an entry without objectGUID.
        """
        guid = entry.first("objectGUID")
        if guid is None:
            raise ValueError(f"{entry.dn} has no objectGUID that the account may read")
        object_type = type_of(entry.values.get("objectClass", ()))
        attributes = self._attributes(entry, only)
        if object_type == "group":
            attributes |= _group_pseudo(entry)
        control = _integer(entry, "userAccountControl")
        account = object_type in ("user", "computer")
        descriptor = entry.first(DESCRIPTOR)
        return LiveObject(
            anchor=values.guid_text(guid),
            dn=entry.dn,
            object_type=object_type,
            attributes=attributes,
            enabled=not control & UAC_DISABLED if account and control is not None else None,
            mark=mark_of(entry.first(self.mark_in)),
            needs_password=object_type == "user" and not _integer(entry, "pwdLastSet"),
            protected=security.is_protected(bytes(descriptor)) if descriptor else None,
            deleted=entry.first("isDeleted") == b"TRUE",
            scopes=scopes,
        )

    def _attributes(self, entry: Entry, only: frozenset[str] | None) -> dict[str, tuple[Scalar, ...]]:
        attributes: dict[str, tuple[Scalar, ...]] = {}
        for name, raw in entry.values.items():
            known = self.schema.attributes.find(name)
            if (
                not raw
                or known is None
                or known.name.lower() in _HIDDEN
                or (only is not None and known.name not in only)
            ):
                continue
            attributes[known.name] = tuple(values.decode(value, known.kind) for value in raw)
        return attributes


def type_of(classes: Iterable[bytes]) -> ObjectType:
    """Return the object type of an ``objectClass``; a computer is a user to the schema, not to idcode."""
    names = {bytes(raw).lower() for raw in classes}
    if b"computer" in names:
        return "computer"
    if b"user" in names:
        return "user"
    if b"group" in names:
        return "group"
    if b"organizationalunit" in names:
        return "ou"
    return "contact" if b"contact" in names else "other"


def mark_of(raw: bytes | None) -> Mark | None:
    """Read idcode's own mark; text of anybody else's is none."""
    text = (raw or b"").decode("utf-8", "replace")
    if text == MARK_PREFIX + "new":
        return "new"
    return "disabled" if text == MARK_PREFIX + "disabled" else None


def group_type(category: str, scope: str) -> int:
    """Return ``groupType``, a signed 32-bit number on the wire; raise ``ValueError`` for unknown words."""
    if category not in ("security", "distribution"):
        raise ValueError(f"category {category!r} is none of security, distribution")
    if scope not in GROUP_SCOPES:
        raise ValueError(f"scope {scope!r} is none of {', '.join(GROUP_SCOPES)}")
    bits = GROUP_SCOPES[scope] | (GROUP_SECURITY if category == "security" else 0)
    return bits - 2**32 if bits >= 2**31 else bits


def group_words(number: int) -> tuple[str, str]:
    """Return category and scope of a ``groupType``; built-in groups count as domain local, which they are."""
    bits = number % 2**32
    scope = next((name for name, bit in GROUP_SCOPES.items() if bits & bit), "domain_local")
    return ("security" if bits & GROUP_SECURITY else "distribution"), scope


def complete_ranges(session: Session, entry: Entry, controls: Sequence[Control] = ()) -> Entry:
    """Follow ranged values to their end (MS-ADTS 3.1.1.3.1.3.3), so that no member is missing.

    A large attribute comes as ``member;range=0-1499``; the last part's name ends in ``-*``. Raises ``DirectoryError``
    where a part does not come.
    """
    if not any(";range=" in name for name in entry.values):
        return entry
    whole = {name: list(raw) for name, raw in entry.values.items() if ";range=" not in name}
    for name, raw in entry.values.items():
        base, _, bounds = name.partition(";range=")
        if not bounds:
            continue
        collected = [*whole.get(base, ()), *raw]
        last = bounds.partition("-")[2]
        while last != "*":
            last, more = _next_range(session, entry, base, int(last) + 1, controls)
            collected += more
        whole[base] = collected
    return Entry(entry.dn, whole)


def _next_range(
    session: Session, entry: Entry, name: str, start: int, controls: Sequence[Control]
) -> tuple[str, Sequence[bytes]]:
    guid = entry.first("objectGUID")
    base = f"<GUID={values.guid_text(guid)}>" if guid else entry.dn
    answer = session.search(base, attributes=[f"{name};range={start}-*"], scope="base", controls=controls)
    if not answer.result.ok or len(answer.entries) != 1:
        raise DirectoryError(f"the values of {name} of {entry.dn} could not be read to the end: {answer.result}")
    for spelled, raw in answer.entries[0].values.items():
        base_name, _, bounds = spelled.partition(";range=")
        if base_name.lower() == name.lower() and bounds:
            last = bounds.partition("-")[2]
            if last != "*" and not raw:
                break
            return last, raw
    raise DirectoryError(f"the values of {name} of {entry.dn} changed while they were read")


def _group_pseudo(entry: Entry) -> Mapping[str, tuple[Scalar, ...]]:
    number = _integer(entry, "groupType")
    if number is None:
        return {}
    category, scope = group_words(number)
    return {"category": (category,), "scope": (scope,)}


def _integer(entry: Entry, name: str) -> int | None:
    raw = entry.first(name)
    return int(raw) if raw else None
