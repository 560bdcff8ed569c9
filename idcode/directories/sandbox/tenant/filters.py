"""What a ``$filter`` selects, and whether the directory answers it without an advanced query.

Source: "Advanced query capabilities on Microsoft Entra ID objects"; which operators a property supports is in the
descriptions of the properties.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from idcode.directories.sandbox.tenant.entities import Entity
from idcode.directories.sandbox.tenant.errors import unknown_in_query, unsupported_filter
from idcode.directories.sandbox.tenant.filter_text import Any_, Both, Compare, IsOf, Node, Not, parse
from idcode.directories.sandbox.tenant.properties import Property, find, properties
from idcode.directories.sandbox.tenant.values import resource
from idcode.directories.sandbox.tenant.view import INDEXED, View

Test = Callable[[Mapping[str, Any]], bool]
_NAMES = {"startswith": "startsWith", "endswith": "endsWith", "gt": "ge", "lt": "le"}
_ADVANCED = ("ne", "endswith", "contains", "not")
_ADVANCED_ONLY = frozenset(
    (
        "companyName",
        "employeeHireDate",
        "employeeType",
        "onPremisesExtensionAttributes",
        "onPremisesSamAccountName",
        "postalCode",
        "preferredLanguage",
        "streetAddress",
    )
)
"""Properties that no other queries than advanced ones find."""
_ON_ENTITY = {"id": ("eq", "in"), "deletedDateTime": ("eq", "ge", "le", "gt", "lt")}
"""Properties that every directory object can be found by, though their descriptions do not say so."""


@dataclass(frozen=True, slots=True)
class Filter:
    """``matches`` tells whether an object is selected; ``advanced`` names the property that needs an advanced query.

    ``candidates`` returns the sorted ids among which all matches are, where an index knows them.
    """

    matches: Callable[[Entity], bool]
    advanced: str | None = None
    candidates: Callable[[View], Sequence[str]] | None = None


def compiled(text: str, type_name: str) -> Filter:
    """Return what a filter on objects of a type means. Raises ``GraphError`` where it is none or is not supported."""
    node = parse(text)
    builder = _Builder(type_name)
    test = builder.test(node, type_name, "")

    def matches(entity: Entity) -> bool:
        return test({**entity.properties, "id": entity.id, "@type": entity.type})

    return Filter(matches, builder.advanced, _candidates(node))


def _candidates(node: Node) -> Callable[[View], Sequence[str]] | None:
    """Return where to look for what a condition on an id or an indexed property selects."""
    if isinstance(node, Both) and node.op == "and":
        return _candidates(node.left) or _candidates(node.right)
    if not isinstance(node, Compare) or node.op not in ("eq", "in"):
        return None
    values = [each for each in (node.value if node.op == "in" else (node.value,)) if isinstance(each, str)]
    if node.path == "id":
        return lambda _: sorted({each.lower() for each in values} | set(values))
    if node.path in INDEXED and values and node.value is not None:
        path = node.path
        return lambda view: sorted({entity.id for each in values for entity in view.find(path, each)})
    return None


class _Builder:
    def __init__(self, type_name: str) -> None:
        self._type = type_name
        self.advanced: str | None = None

    def test(self, node: Node, type_name: str, variable: str) -> Test:
        """Return the test for a condition on the properties of ``type_name``, or on a lambda's ``variable``."""
        if isinstance(node, Both):
            left, right = self.test(node.left, type_name, variable), self.test(node.right, type_name, variable)
            if node.op == "and":
                return lambda values: left(values) and right(values)
            return lambda values: left(values) or right(values)
        if isinstance(node, Not):
            self.advanced = self.advanced or _first_path(node.body)
            body = self.test(node.body, type_name, variable)
            return lambda values: not body(values)
        if isinstance(node, IsOf):
            wanted = node.type_name
            return lambda values: values.get("@type") == wanted
        if isinstance(node, Any_):
            return self._any(node, type_name)
        return self._compare(node, type_name, variable)

    def _any(self, node: Any_, type_name: str) -> Test:
        known = self._property(node.path, type_name)
        name = known.name
        if not known.collection:
            raise unsupported_filter(node.path, resource(self._type))
        if node.body is None:
            return lambda values: bool(values.get(name))
        if properties(known.kind):
            inner = self.test(_stripped(node.body, node.variable), known.kind, "")
            return lambda values: any(inner(each) for each in values.get(name) or ())
        plain = self.test(node.body, type_name, node.variable)
        return lambda values: any(plain({node.variable: each}) for each in values.get(name) or ())

    def _compare(self, node: Compare, type_name: str, variable: str) -> Test:
        if node.path == variable:
            if node.op in _ADVANCED:
                self.advanced = self.advanced or node.path
            return _tester(node.op, node.value, lambda values: values.get(variable))
        if node.path.endswith("/$count"):
            known = self._property(node.path.removesuffix("/$count"), type_name)
            self.advanced = self.advanced or known.name
            name = known.name
            return _tester(node.op, node.value, lambda values: len(values.get(name) or ()))
        name, _, inner = node.path.partition("/")
        known = self._property(name, type_name)
        self._supports(known, node, type_name)
        if known.collection or bool(inner) != bool(properties(known.kind)):
            raise unsupported_filter(node.path, resource(self._type))
        if inner:
            part = self._property(inner, known.kind).name
            name = known.name
            return _tester(node.op, node.value, lambda values: (values.get(name) or {}).get(part))
        name = known.name
        return _tester(node.op, node.value, lambda values: values.get(name))

    def _property(self, name: str, type_name: str) -> Property:
        known = find(type_name, name)
        if known is None:
            raise unknown_in_query("Invalid filter clause", name, type_name)
        return known

    def _supports(self, known: Property, node: Compare, type_name: str) -> None:
        """Raise ``GraphError`` where a property has no filter of this kind; note what needs an advanced query."""
        if type_name == self._type:
            op = _NAMES.get(node.op, node.op)
            allowed = known.queries | set(_ON_ENTITY.get(known.name, ()))
            if op not in allowed and node.op not in allowed:
                raise unsupported_filter(known.name, resource(self._type))
            if known.name in _ADVANCED_ONLY:
                self.advanced = self.advanced or known.name
        if node.op in _ADVANCED:
            self.advanced = self.advanced or known.name


def _first_path(node: Node) -> str:
    while isinstance(node, Both):
        node = node.left
    if isinstance(node, Not):
        return _first_path(node.body)
    return "id" if isinstance(node, IsOf) else node.path


def _stripped(node: Node, variable: str) -> Node:
    """Return a condition on the parts of a lambda's variable without its name."""
    if isinstance(node, Both):
        return Both(node.op, _stripped(node.left, variable), _stripped(node.right, variable))
    if isinstance(node, Not):
        return Not(_stripped(node.body, variable))
    if isinstance(node, Compare):
        return Compare(node.op, node.path.removeprefix(f"{variable}/"), node.value)
    return node


def _tester(op: str, value: Any, read: Callable[[Mapping[str, Any]], Any]) -> Test:
    if op == "in":
        wanted = {_key(each) for each in value}
        return lambda values: _key(read(values)) in wanted
    other = _key(value)
    if op == "eq":
        return lambda values: _key(read(values)) == other
    if op == "ne":
        return lambda values: _key(read(values)) != other
    if op in ("startswith", "endswith", "contains"):
        return _text_tester(op, str(other), read)
    return lambda values: _ordered(op, _key(read(values)), other)


def _text_tester(op: str, part: str, read: Callable[[Mapping[str, Any]], Any]) -> Test:
    if op == "startswith":
        return lambda values: str(_key(read(values)) or "").startswith(part)
    if op == "endswith":
        return lambda values: str(_key(read(values)) or "").endswith(part)
    return lambda values: part in str(_key(read(values)) or "")


def _ordered(op: str, one: Any, other: Any) -> bool:
    if one is None or type(one) is not type(other):
        return False
    if op in ("ge", "le") and one == other:
        return True
    return bool(one > other) if op in ("ge", "gt") else bool(one < other)


def _key(value: Any) -> Any:
    """Return what all spellings of a value have in common: case does not count, nor does the form of a time."""
    if not isinstance(value, str):
        return value
    if len(value) >= 20 and value[4] == "-" and value[10] in "Tt":
        with suppress(ValueError):
            time = datetime.fromisoformat(value)
            if time.tzinfo is not None:
                return time
    return value.lower()
