"""Whether the properties in a body are ones that the type has, with values that they can have."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from idcode.directories.sandbox.tenant.errors import (
    bad_request,
    invalid_value,
    not_a_guid,
    null_collection,
    read_only,
    unknown_property,
)
from idcode.directories.sandbox.tenant.properties import Property, properties
from idcode.model.identifiers import is_guid

_PLAIN: Mapping[str, type | tuple[type, ...]] = {
    "Edm.String": str,
    "Edm.Boolean": bool,
    "Edm.Int32": int,
    "Edm.Int64": int,
    "Edm.Double": (int, float),
}


def resource(type_name: str) -> str:
    """Return the name of a type as messages have it: ``User``."""
    return type_name[:1].upper() + type_name[1:]


def checked(type_name: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the properties that a body sets: their values, ``None`` for those it clears, annotations left out.

    Raises ``GraphError`` for a name that the type does not have, a property that is read-only, or a value of another
    type or too long.
    """
    known = properties(type_name)
    found = {}
    for name, value in body.items():
        if "@" in name:
            continue
        if name not in known:
            raise unknown_property(name, type_name)
        if known[name].read_only:
            raise read_only(name, resource(type_name))
        found[name] = _checked(known[name], value, resource(type_name))
    return found


def _checked(known: Property, value: Any, owner: str) -> Any:
    if known.collection:
        if value is None:
            raise null_collection(known.name, known.kind)
        if not isinstance(value, list):
            raise bad_request(
                f"An unexpected '{'StartObject' if isinstance(value, dict) else 'PrimitiveValue'}' node was found when "
                f"reading the property '{known.name}'. A 'StartArray' node was expected."
            )
        return [_one(known, each, owner) for each in value]
    return None if value is None else _one(known, value, owner)


def _one(known: Property, value: Any, owner: str) -> Any:
    plain = _PLAIN.get(known.kind)
    if plain is not None:
        wrong = not isinstance(value, plain) or (isinstance(value, bool) and known.kind != "Edm.Boolean")
        if wrong or (isinstance(value, str) and known.longest is not None and len(value) > known.longest):
            raise invalid_value(known.name, owner)
    elif known.kind == "Edm.Guid":
        if not isinstance(value, str) or not is_guid(value):
            raise not_a_guid()
        return value.lower()
    elif known.kind == "Edm.DateTimeOffset":
        return _time(known, value, owner)
    elif properties(known.kind):
        if not isinstance(value, dict):
            raise invalid_value(known.name, owner)
        longest = known.longest
        if any(isinstance(each, str) and longest is not None and len(each) > longest for each in value.values()):
            raise invalid_value(known.name, owner)
        return checked(known.kind, value)
    return value


def _time(known: Property, value: Any, owner: str) -> str:
    try:
        if not isinstance(value, str) or datetime.fromisoformat(value).tzinfo is None:
            raise ValueError(value)
    except ValueError:
        raise invalid_value(known.name, owner) from None
    return value


def merged(before: Any, change: Any) -> dict[str, Any] | None:
    """Return a complex value after a PATCH: what the change does not name stays; nulls are left out."""
    if change is None:
        return None
    both = {**(before or {}), **change}
    return {name: value for name, value in both.items() if value is not None} or None
