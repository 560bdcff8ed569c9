"""Search filters (RFC 4515) as predicates over the raw values of an object, as a domain controller applies them.

Three values (RFC 4511, 4.5.1.7): an item over an attribute that the schema does not have, or with a value that is not
of the attribute's syntax, is undefined (``None``), so is its negation, and only what is true matches. Text is compared
as everywhere in idcode (``model/syntax.py``); servers of Microsoft also take accented letters for the plain ones.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from idcode.directories.ad.operations import BadFilter
from idcode.directories.ad.schema import AdSchema
from idcode.directories.ad.values import decode, encode
from idcode.directories.sandbox.classes import most_specific
from idcode.model import dn, syntax
from idcode.model.schema import Kind

Values = Callable[[str], Sequence[bytes]]
"""Gives the raw values of one object by lower-case attribute name, an empty sequence where it has none."""
Chain = Callable[[str, str], Container[Hashable]]
"""Gives the ``dn.key`` of each object from which the attribute (lower case) leads to the DN, over others or at once."""
Test = Callable[[Values], bool | None]

ANCHORS = frozenset({"objectguid", "objectsid", "samaccountname", "userprincipalname"})
"""Attributes by which :attr:`Filter.anchors` tells what can match at all."""

_BIT_AND, _BIT_OR, _IN_CHAIN = (f"1.2.840.113556.1.4.{number}" for number in (803, 804, 1941))
_TEXTS = frozenset({Kind.TEXT, Kind.EXACT, Kind.ADDRESS})
_ORDERED = _TEXTS | {Kind.INTEGER, Kind.FILETIME, Kind.TIME, Kind.BINARY}
_DIVIDED = _TEXTS | {Kind.BINARY}
_ABSTRACT = {"domain": "domain", "organizationalperson": "person", "person": "person", "top": "top"}
"""The name of ``defaultObjectCategory`` of classes that have no objects of their own, in lower case."""


@dataclass(frozen=True, slots=True)
class _Equality:
    """One of ``keys`` is among the values of ``name``; kept apart so that ``|`` can unite several."""

    name: str
    kind: Kind
    keys: frozenset[Hashable]


@dataclass(frozen=True, slots=True)
class Filter:
    """A compiled filter.

    Only objects that hold one of ``anchors`` can match; ``None`` where that is not known. An anchor is one of
    :data:`ANCHORS` and the ``syntax.key`` of its value, without spaces around it.
    """

    test: Test
    anchors: frozenset[tuple[str, Hashable]] | None = None
    equality: _Equality | None = None

    def matches(self, values: Values) -> bool:
        """Whether the object whose values ``values`` gives is one that the filter selects."""
        return self.test(values) is True


_UNDEFINED = Filter(lambda _: None, frozenset())


def compile_filter(text: str, schema: AdSchema, chain: Chain | None = None) -> Filter:
    """Compile a filter; raise ``BadFilter`` for what a real connection would not send.

    Without ``chain`` the rule 1.2.840.113556.1.4.1941 (in chain) is undefined.
    """
    # Not at the top: ldap3 takes long to load, and not every command searches.
    from ldap3.core.exceptions import LDAPInvalidFilterError
    from ldap3.operation.search import parse_filter

    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise BadFilter("it is not text in UTF-8") from None
    try:
        root: Any = parse_filter(text, None, True, True, None, False)  # type: ignore[no-untyped-call]
    except (LDAPInvalidFilterError, AttributeError) as error:  # the parser stumbles over some parentheses too many
        raise BadFilter(str(error) if isinstance(error, LDAPInvalidFilterError) else "malformed filter") from None
    try:
        return _Compiler(schema, chain).compile(root.elements[0])
    except RecursionError:
        raise BadFilter("the filter is nested too deeply") from None


def value_key(raw: bytes, kind: Kind) -> Hashable:
    """Return what all values that a filter takes for the same have in common; ``ValueError`` for one not of ``kind``.

    Spaces around text do not count; file times are mere numbers here, and prefixes of addresses are without case.
    """
    if kind in _TEXTS:
        text = raw.decode("utf-8").strip(" ")
        return syntax.key(text, Kind.EXACT if kind is Kind.EXACT else Kind.TEXT)
    return _KEYS[kind](raw)


def _integer_key(raw: bytes) -> int:
    if not re.fullmatch(rb"[+-]?\d+", raw):
        raise ValueError("not a whole number")
    return int(raw)


def _reference_key(raw: bytes) -> tuple[tuple[str, str], ...]:
    return dn.key(raw.decode("utf-8"))


def _decoded_key(kind: Kind, of_type: type) -> Callable[[bytes], Hashable]:
    def read(raw: bytes) -> Hashable:
        value = decode(raw, kind)
        if not isinstance(value, of_type):
            raise ValueError(f"not of kind {kind}")
        return syntax.key(value, kind)

    return read


_KEYS: Mapping[Kind, Callable[[bytes], Hashable]] = {
    Kind.INTEGER: _integer_key,
    Kind.FILETIME: _integer_key,
    Kind.BOOLEAN: _decoded_key(Kind.BOOLEAN, bool),
    Kind.TIME: _decoded_key(Kind.TIME, datetime),
    Kind.BINARY: bytes,
    Kind.GUID: bytes,
    Kind.SID: bytes,
    Kind.REFERENCE: _reference_key,
}


class _Compiler:
    """Turns the nodes of ldap3's parser, which are typed in no way, into filters."""

    def __init__(self, schema: AdSchema, chain: Chain | None) -> None:
        self._schema = schema
        self._chain = chain

    def compile(self, node: Any) -> Filter:
        from ldap3.operation import search as tags

        if node.tag == tags.NOT and not node.elements:
            raise BadFilter("a negation of nothing")
        if node.tag in (tags.AND, tags.OR, tags.NOT):
            parts = [self.compile(element) for element in node.elements]
            return {tags.AND: _all, tags.OR: _any, tags.NOT: _none}[node.tag](parts)
        known = self._schema.attributes.find(node.assertion["attr"] or "")
        if known is None:
            return _UNDEFINED
        name, kind = known.name.lower(), known.kind
        if name == "anr":
            raise BadFilter("anr, a search over several names at once, is not carried out here: name the attributes")
        if node.tag == tags.MATCH_PRESENT:
            return Filter(lambda values: bool(values(name)))
        if node.tag == tags.MATCH_SUBSTRING:
            return _substrings(name, kind, node.assertion)
        raw = _unescaped(node.assertion["value"])
        if node.tag in (tags.MATCH_GREATER_OR_EQUAL, tags.MATCH_LESS_OR_EQUAL):
            return _ordering(name, kind, raw, at_least=node.tag == tags.MATCH_GREATER_OR_EQUAL)
        rule = node.assertion.get("matchingRule")
        if rule:
            return self._extensible(name, kind, raw, rule)
        # Approximate matching is equality (MS-ADTS 3.1.1.3.1.3.1).
        return _category(raw) if name == "objectcategory" and b"=" not in raw else _equal(name, kind, raw)

    def _extensible(self, name: str, kind: Kind, raw: bytes, rule: str) -> Filter:
        """Carry out a matching rule of Active Directory's own (MS-ADTS 3.1.1.3.4.4); others are undefined."""
        if rule in (_BIT_AND, _BIT_OR) and kind in (Kind.INTEGER, Kind.FILETIME):
            return _bits(name, raw, all_of_them=rule == _BIT_AND)
        if rule == _IN_CHAIN and kind is Kind.REFERENCE and self._chain is not None:
            return _in_chain(self._chain, name, raw)
        return _UNDEFINED


def _all(parts: Sequence[Filter]) -> Filter:
    tests = [part.test for part in parts]

    def test(values: Values) -> bool | None:
        outcome: bool | None = True
        for each in tests:
            found = each(values)
            if found is False:
                return False
            if found is None:
                outcome = None
        return outcome

    known = [part.anchors for part in parts if part.anchors is not None]
    return Filter(test, min(known, key=len) if known else None)


def _any(parts: Sequence[Filter]) -> Filter:
    parts = _united(parts)
    tests = [part.test for part in parts]

    def test(values: Values) -> bool | None:
        outcome: bool | None = False
        for each in tests:
            found = each(values)
            if found:
                return True
            if found is None:
                outcome = None
        return outcome

    anchors: frozenset[tuple[str, Hashable]] | None = frozenset()
    for part in parts:
        anchors = None if anchors is None or part.anchors is None else anchors | part.anchors
    return Filter(test, anchors)


def _united(parts: Iterable[Filter]) -> list[Filter]:
    """Make one look-up of the equalities over one attribute: people are fetched hundreds at a time."""
    keys: dict[tuple[str, Kind], frozenset[Hashable]] = {}
    rest = []
    for part in parts:
        if part.equality is None:
            rest.append(part)
        else:
            place = (part.equality.name, part.equality.kind)
            keys[place] = keys.get(place, frozenset()) | part.equality.keys
    return [_equality(_Equality(name, kind, wanted)) for (name, kind), wanted in keys.items()] + rest


def _none(parts: Sequence[Filter]) -> Filter:
    (inner,) = parts

    def test(values: Values) -> bool | None:
        found = inner.test(values)
        return None if found is None else not found

    return Filter(test)


def _equal(name: str, kind: Kind, raw: bytes) -> Filter:
    wanted = _wanted(raw, kind)
    return _UNDEFINED if wanted is None else _equality(_Equality(name, kind, frozenset([wanted])))


def _equality(equality: _Equality) -> Filter:
    name, kind, wanted = equality.name, equality.kind, equality.keys

    def test(values: Values) -> bool:
        return any(key in wanted for key in _keys_of(values(name), kind))

    anchors = frozenset((name, _anchor(key, kind)) for key in wanted) if name in ANCHORS else None
    return Filter(test, anchors, equality)


def _anchor(key: Hashable, kind: Kind) -> Hashable:
    """Turn the key of a value back to the one that indexes have: GUIDs and SIDs are looked for as bytes here."""
    return syntax.key(decode(key, kind), kind) if isinstance(key, bytes) else key


def _category(raw: bytes) -> Filter:
    """Let the name of a class stand for the DN of its category (MS-ADTS 3.1.1.3.1.3.5)."""
    name = raw.decode("utf-8", "replace").lower()
    known = most_specific([name])
    wanted = known.category.lower() if known else _ABSTRACT.get(name)
    if wanted is None:
        return _UNDEFINED

    def test(values: Values) -> bool:
        return any(key[0][1] == wanted for key in map(_reference_key, values("objectcategory")))

    return Filter(test)


def _ordering(name: str, kind: Kind, raw: bytes, at_least: bool) -> Filter:
    wanted: Any = _wanted(raw, kind)
    if wanted is None or kind not in _ORDERED:
        return _UNDEFINED

    def test(values: Values) -> bool:
        keys: Iterable[Any] = _keys_of(values(name), kind)
        return any(key >= wanted if at_least else key <= wanted for key in keys)

    return Filter(test)


def _substrings(name: str, kind: Kind, assertion: Mapping[str, Any]) -> Filter:
    """Look for the parts one after the other; names of objects and numbers have no parts."""
    if kind not in _DIVIDED:
        return _UNDEFINED
    try:
        initial = _part(assertion.get("initial", b""), kind)
        final = _part(assertion.get("final", b""), kind)
        inner = [_part(each, kind) for each in assertion.get("any", ())]
    except ValueError:
        return _UNDEFINED

    def holds(key: Any) -> bool:
        if not key.startswith(initial):
            return False
        position = len(initial)
        for each in inner:
            found = key.find(each, position)
            if found < 0:
                return False
            position = found + len(each)
        return position + len(final) <= len(key) and bool(key.endswith(final))

    return Filter(lambda values: any(holds(key) for key in _keys_of(values(name), kind)))


def _bits(name: str, raw: bytes, all_of_them: bool) -> Filter:
    try:
        wanted = _integer_key(raw)
    except ValueError:
        return _UNDEFINED

    def test(values: Values) -> bool:
        found = [_integer_key(value) & wanted for value in values(name)]
        return any(bits == wanted if all_of_them else bits != 0 for bits in found)

    return Filter(test)


def _in_chain(chain: Chain, name: str, raw: bytes) -> Filter:
    try:
        target = raw.decode("utf-8")
        dn.key(target)
    except ValueError:
        return _UNDEFINED
    leading = chain(name, target)
    return Filter(lambda values: any(key in leading for key in _keys_of(values("distinguishedname"), Kind.REFERENCE)))


def _keys_of(values: Iterable[bytes], kind: Kind) -> Iterable[Hashable]:
    """Give the keys of stored values; one that is not of its kind equals nothing."""
    for raw in values:
        try:
            yield value_key(raw, kind)
        except ValueError:
            continue


def _wanted(raw: bytes, kind: Kind) -> Hashable | None:
    """Return the key of a value in a filter, ``None`` where it is not of the syntax; GUIDs and SIDs may be text."""
    if kind in (Kind.GUID, Kind.SID):
        try:
            return encode(raw.decode("utf-8"), kind)
        except ValueError:
            return raw
    try:
        return value_key(raw, kind)
    except ValueError:
        return None


def _part(raw: bytes, kind: Kind) -> str | bytes:
    raw = _unescaped(raw)
    if kind is Kind.BINARY:
        return raw
    text = raw.decode("utf-8")
    return text if kind is Kind.EXACT else text.lower()


def _unescaped(raw: bytes) -> bytes:
    """Resolve escapes as ldap3 does when it sends a filter."""
    from ldap3.protocol.convert import prepare_filter_for_sending

    return bytes(prepare_filter_for_sending(raw))  # type: ignore[no-untyped-call]
