"""Values of records, identities and directory objects, and their JSON form.

A *scalar* is one value; attributes of directory objects are tuples of scalars (empty: the attribute is
absent). Identity attributes and expression results are a scalar, a tuple (multi-valued), or ``None``
(null). Results that are no values, such as "leave the target alone", are members of :class:`Special`.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any


@dataclass(frozen=True, slots=True, order=True)
class Ref:
    """A reference to an object or identity.

    ``target`` is an address (``person:E1001``, ``group:sg-x@corp``), an anchor (a GUID in the dashed
    lower-case form), or, for an object outside what was read, its distinguished name.
    """

    target: str

    def __str__(self) -> str:
        return self.target


@dataclass(frozen=True, slots=True)
class Complex:
    """A value with named parts, such as a role assignment. No directory attribute of AD holds one."""

    fields: tuple[tuple[str, Scalar], ...]

    @classmethod
    def of(cls, **fields: Scalar) -> Complex:
        """Return the value with these parts, in this order."""
        return cls(tuple(fields.items()))


class Special(Enum):
    """Outcomes that are not values (DESIGN.md, section 4, "Values")."""

    ABSENT = "absent"
    """As if the flow did not exist: the target is left alone."""
    AUTHORITATIVE_NULL = "authoritative-null"
    """Null that lower rules cannot fill."""
    IGNORE_OBJECT = "ignore-object"
    """Leave the whole object alone."""
    UNKNOWN = "unknown"
    """It cannot be known now (incomplete source, error): what depends on it is frozen."""


Scalar = str | int | Decimal | bool | datetime | date | bytes | Ref | Complex
Value = Scalar | tuple[Scalar, ...] | None
Result = Value | Special


def as_tuple(value: Value) -> tuple[Scalar, ...]:
    """Return ``value`` as the tuple a directory attribute holds; null and the empty text give ``()``."""
    if value is None or value == "":
        return ()
    if isinstance(value, tuple):
        return tuple(item for item in value if item is not None and item != "")
    return (value,)


def iso(moment: datetime) -> str:
    """Return ``moment`` as ISO 8601 in UTC with a ``Z``; fractions only where there are any."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def parse_iso(text: str) -> datetime:
    """Read what :func:`iso` writes (any offset; none means UTC). Raise ``ValueError`` for anything else."""
    moment = datetime.fromisoformat(text.replace("Z", "+00:00") if text.endswith("Z") else text)
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


_EXACT_INTEGERS = 2**53 - 1
"""The largest integer that every JSON reader keeps exactly (RFC 8785, section 3.2.2.3)."""


def to_json(value: Value) -> Any:
    """Return the JSON form of a value: ``{"$bin"}``, ``{"$dt"}``, ``{"$ref"}`` where JSON has no type.

    A value with named parts is an object of them.
    Integers that a JSON reader may round, such as the FILETIME that means never, are ``{"$int": text}``.
    """
    if isinstance(value, tuple):
        return [to_json(item) for item in value]
    if isinstance(value, Ref):
        return {"$ref": value.target}
    if isinstance(value, Complex):
        return {name: to_json(part) for name, part in value.fields}
    if isinstance(value, bytes):
        return {"$bin": base64.b64encode(value).decode("ascii")}
    if isinstance(value, datetime):
        return {"$dt": iso(value)}
    if isinstance(value, date):
        return {"$dt": value.isoformat()}
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, int) and abs(value) > _EXACT_INTEGERS:
        return {"$int": str(value)}
    return value


def from_json(value: Any) -> Value:
    """Read what :func:`to_json` writes; a decimal comes back as its text. Raise ``ValueError`` otherwise."""
    if isinstance(value, list):
        return tuple(_scalar(item) for item in value)
    return None if value is None else _scalar(value)


def _scalar(value: Any) -> Scalar:
    if isinstance(value, str | bool | int):
        return value
    if isinstance(value, dict) and value and not any(name.startswith("$") for name in value):
        return Complex(tuple((name, _scalar(part)) for name, part in value.items() if part is not None))
    if isinstance(value, dict) and len(value) == 1:
        ((tag, text),) = value.items()
        if isinstance(text, str):
            if tag == "$ref":
                return Ref(text)
            if tag == "$int":
                return int(text)
            if tag == "$bin":
                return base64.b64decode(text, validate=True)
            if tag == "$dt":
                return date.fromisoformat(text) if len(text) == 10 else parse_iso(text)
    raise ValueError(f"not a value: {value!r}")
