"""What requests are made of: values as Graph takes them, references, and the words of a change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from idcode.directories.entra.objects import MARK_PREFIX
from idcode.model.identifiers import is_guid
from idcode.model.plans import AttributeChange
from idcode.model.schema import Kind
from idcode.model.syntax import key, moment, text_of
from idcode.model.values import Ref, Scalar, iso

Request = dict[str, Any]
Attributes = Mapping[str, AttributeChange]
PSEUDO = frozenset({"path", "enabled", "mark", "protected", "scope"})
"""What plans say of objects that is no attribute of theirs."""


def unresolved(request: Any) -> str | None:
    """Return the address of an object that a request refers to and that nobody has created, if there is one."""
    if isinstance(request, Mapping):
        if set(request) == {"$ref"}:
            return None if is_guid(request["$ref"]) else str(request["$ref"])
        request = list(request.values())
    if isinstance(request, list):
        return next((found for item in request if (found := unresolved(item))), None)
    return None


def difference(item: AttributeChange) -> tuple[Sequence[Scalar], Sequence[Scalar]]:
    """Return the values to add and to take away."""
    if item.delta:
        return item.add, item.remove
    added = [value for value in item.after if value not in item.before]
    return added, [value for value in item.before if value not in item.after]


def resolved(item: AttributeChange, anchors: Mapping[str, str]) -> AttributeChange:
    """Return a change with the references resolved to objects that were created earlier in the run."""

    def resolve(found: tuple[Scalar, ...]) -> tuple[Scalar, ...]:
        return tuple(Ref(anchors.get(v.target, v.target)) if isinstance(v, Ref) else v for v in found)

    return AttributeChange(
        resolve(item.before), resolve(item.after), resolve(item.add), resolve(item.remove), item.delta, item.single
    )


def references(values: Sequence[Scalar]) -> list[Request]:
    """Return references as they stand in requests."""
    return [{"$ref": text_of(value)} for value in dict.fromkeys(values)]


def first(attributes: Attributes, name: str) -> str:
    """Return the wanted value of a single attribute as text, empty where there is none."""
    item = attributes.get(name)
    return text_of(item.after[0]) if item and item.after else ""


def is_guest(attributes: Attributes) -> bool:
    """Whether the user to be created is a guest."""
    return first(attributes, "userType").lower() == "guest"


def flag(attributes: Attributes, name: str) -> bool | None:
    """Return the wanted value of a boolean, ``None`` where the change does not speak of it."""
    item = attributes.get(name)
    return None if item is None or not item.after else key(item.after[0], Kind.BOOLEAN) is True


def given_mark(attributes: Attributes, default: str | None) -> str | None:
    """Return the mark that a rollback asks for, or ``default``."""
    item = attributes.get("mark")
    if item is None:
        return default
    return MARK_PREFIX + text_of(item.after[0]) if item.after else None


def json_value(value: Scalar, kind: Kind) -> Any:
    """Return one value as Graph takes it; a date, also as text, is its start in UTC. Raises ``ValueError``."""
    if kind is Kind.BOOLEAN:
        return key(value, kind) is True
    if kind is Kind.TIME:
        return iso(moment(value))
    return value if isinstance(value, str | bool | int) else text_of(value)
