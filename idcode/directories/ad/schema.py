"""The schema as the server holds it, with the rules Microsoft's AD enforces beyond it (MS-ADTS 3.1.1.2, 3.1.1.5)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from idcode.directories.ad.constants import SECRET_ATTRIBUTES
from idcode.directories.ad.operations import Entry, Session
from idcode.directories.ad.paging import Incomplete, pages
from idcode.model.errors import DirectoryError
from idcode.model.records import ObjectType
from idcode.model.schema import AttributeType, DirectorySchema, Kind, Uniqueness

_KINDS = {
    "2.5.5.1": Kind.REFERENCE,
    "2.5.5.3": Kind.EXACT,
    "2.5.5.5": Kind.EXACT,
    "2.5.5.7": Kind.EXACT,
    "2.5.5.8": Kind.BOOLEAN,
    "2.5.5.9": Kind.INTEGER,
    "2.5.5.10": Kind.BINARY,
    "2.5.5.11": Kind.TIME,
    "2.5.5.14": Kind.EXACT,
    "2.5.5.15": Kind.BINARY,
    "2.5.5.16": Kind.INTEGER,
    "2.5.5.17": Kind.SID,
}
"""By attributeSyntax; what is not here is text without case."""

_SPECIAL_KINDS = {"objectguid": Kind.GUID, "proxyaddresses": Kind.ADDRESS}
_FILETIMES = frozenset(
    {
        "accountexpires",
        "badpasswordtime",
        "creationtime",
        "lastlogoff",
        "lastlogon",
        "lastlogontimestamp",
        "lockouttime",
        "msds-userpasswordexpirytimecomputed",
        "msds-lastsuccessfulinteractivelogontime",
        "msds-lastfailedinteractivelogontime",
        "pwdlastset",
    }
)
"""Large integers that are moments; other large integers are numbers (uSNChanged, maxPwdAge …)."""

_UNIQUE: dict[str, Uniqueness] = {
    "samaccountname": "domain",
    "userprincipalname": "forest",
    "serviceprincipalname": "forest",
    "mail": "forest",
    "proxyaddresses": "forest",
    "cn": "container",
    "ou": "container",
}
_SINGLE_ON_ACCOUNTS = frozenset({"description"})
"""Multi-valued in the schema, single-valued on the objects SAM guards (MS-SAMR 3.1.1.6)."""
_SERVER_KEPT = frozenset(
    {
        "badpasswordtime",
        "badpwdcount",
        "lastlogoff",
        "lastlogon",
        "lastlogontimestamp",
        "logoncount",
        "ntsecuritydescriptor",
    }
)
_NAME_LIMIT = 64
_CONSTRUCTED = 0x4
_CLASSES: dict[ObjectType, str] = {
    "user": "user",
    "group": "group",
    "contact": "contact",
    "computer": "computer",
    "ou": "organizationalUnit",
}
ATTRIBUTE_FIELDS = (
    "lDAPDisplayName", "attributeSyntax", "isSingleValued", "rangeLower", "rangeUpper", "systemOnly", "systemFlags",
    "linkID", "isDefunct",
)  # fmt: skip
"""What is read of an ``attributeSchema`` object."""
_CLASS_LISTS = ("mayContain", "mustContain", "systemMayContain", "systemMustContain")
_CLASS_PARENTS = ("subClassOf", "auxiliaryClass", "systemAuxiliaryClass")
CLASS_FIELDS = ("lDAPDisplayName", *_CLASS_PARENTS, *_CLASS_LISTS)
"""What is read of a ``classSchema`` object."""


@dataclass(frozen=True, slots=True)
class AdSchema:
    """Attribute types, which attributes an object type can hold, and which are made up on request only.

    ``holds`` has lower-case names. ``links`` maps forward links to their back links, both in lower case (``member`` to
    ``memberof``); a forward link without a back link maps to ``""``.
    """

    attributes: DirectorySchema
    holds: Mapping[ObjectType, frozenset[str]]
    links: Mapping[str, str]

    def canonical(self, names: Iterable[str]) -> frozenset[str]:
        """Return those of ``names`` that exist and may be read as values, in the schema's spelling."""
        found = (self.attributes.find(name) for name in names)
        return frozenset(
            known.name
            for known in found
            if known is not None and known.name.lower() not in SECRET_ATTRIBUTES | {"ntsecuritydescriptor"}
        )


def read_schema(session: Session, schema_dn: str) -> AdSchema:
    """Read attribute and class definitions below ``schema_dn``; raise ``DirectoryError`` unless all of them came."""
    return schema_of(
        _definitions(session, schema_dn, "attributeSchema", ATTRIBUTE_FIELDS),
        _definitions(session, schema_dn, "classSchema", CLASS_FIELDS),
    )


def schema_of(definitions: Iterable[Entry], classes: Iterable[Entry]) -> AdSchema:
    """Describe a domain by its ``attributeSchema`` and ``classSchema`` objects.

    A class may come in several parts, which add up.
    """
    attributes, numbers = [], {}
    for entry in definitions:
        if _text(entry, "isDefunct") == "TRUE" or not _text(entry, "lDAPDisplayName"):
            continue
        attribute = attribute_type(entry)
        attributes.append(attribute)
        link = int(_text(entry, "linkID") or 0)
        if link:
            numbers[link] = attribute.name.lower()
    # An even linkID is a forward link, the odd one above it its back link (MS-ADTS 3.1.1.1.6).
    links = {name: numbers.get(link + 1, "") for link, name in numbers.items() if link % 2 == 0}
    return AdSchema(DirectorySchema(attributes), _holdings(classes), links)


def attribute_type(entry: Entry) -> AttributeType:
    """Describe one ``attributeSchema`` object."""
    name = _text(entry, "lDAPDisplayName")
    folded = name.lower()
    link = int(_text(entry, "linkID") or 0)
    flags = int(_text(entry, "systemFlags") or 0)
    upper = _number(entry, "rangeUpper")
    return AttributeType(
        name=name,
        kind=_kind(folded, _text(entry, "attributeSyntax")),
        single=_text(entry, "isSingleValued") == "TRUE" or folded in _SINGLE_ON_ACCOUNTS,
        min_length=_number(entry, "rangeLower"),
        max_length=min(upper or _NAME_LIMIT, _NAME_LIMIT) if folded in ("cn", "ou") else upper,
        read_only=_text(entry, "systemOnly") == "TRUE"
        or bool(flags & _CONSTRUCTED)
        or link % 2 == 1
        or folded in SECRET_ATTRIBUTES
        or folded in _SERVER_KEPT,
        unique=_UNIQUE.get(folded),
    )


def _kind(name: str, syntax: str) -> Kind:
    if name in _FILETIMES:
        return Kind.FILETIME
    return _SPECIAL_KINDS.get(name) or _KINDS.get(syntax, Kind.TEXT)


def _definitions(session: Session, schema_dn: str, kind: str, fields: Iterable[str]) -> list[Entry]:
    try:
        return list(pages(session, schema_dn, f"(objectClass={kind})", fields, scope="level"))
    except Incomplete as error:
        raise DirectoryError(
            f"the schema cannot be read: {error}",
            "The service account must be able to read the schema, as every account can by default.",
        ) from None


def _holdings(classes: Iterable[Entry]) -> dict[ObjectType, frozenset[str]]:
    """Follow parent and auxiliary classes from the class of each object type."""
    own: dict[str, set[str]] = defaultdict(set)
    above: dict[str, set[str]] = defaultdict(set)
    for entry in classes:
        name = _text(entry, "lDAPDisplayName").lower()
        for field in _CLASS_LISTS:
            own[name] |= {raw.decode("utf-8").lower() for raw in entry.values.get(field, ())}
        for field in _CLASS_PARENTS:
            above[name] |= {raw.decode("utf-8").lower() for raw in entry.values.get(field, ())}
    result: dict[ObjectType, frozenset[str]] = {}
    for object_type, start in _CLASSES.items():
        names: set[str] = set()
        seen, todo = set(), [start.lower()]
        while todo:
            current = todo.pop()
            if current not in seen:
                seen.add(current)
                names |= own[current]
                todo += above[current]
        result[object_type] = frozenset(names)
    return result


def _text(entry: Entry, name: str) -> str:
    return (entry.first(name) or b"").decode("utf-8")


def _number(entry: Entry, name: str) -> int | None:
    text = _text(entry, name)
    return int(text) if text else None
