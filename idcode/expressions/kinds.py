"""Which conversion brings a value to the kind that is asked for, by dialect.

Entra and MIM are lenient: a number may come as digits, a date as text. Connect is strict: a value must have its
type already, and what converts it is a function such as ``CNum``.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any

from idcode.expressions import conversions
from idcode.expressions.conversions import Number, describe, single
from idcode.expressions.errors import EvaluationError
from idcode.expressions.functions.registry import Dialect, Kind, Parameter
from idcode.model.values import Ref, Scalar, Value

Conversion = Callable[[Any, str], Any]
"""A function of the value and of what it is for; raises ``EvaluationError``."""
SCALARS: frozenset[Kind] = frozenset({"text", "number", "integer", "moment", "binary", "reference", "scalar"})
"""Kinds of which a list can be taken value by value."""
NAMES: dict[Kind, str] = {
    "text": "text",
    "number": "a number",
    "integer": "a whole number",
    "condition": "True or False",
    "moment": "a date",
    "binary": "binary data",
    "reference": "a reference",
    "list": "a list",
}


def conversion(kind: Kind, dialect: Dialect, *, optional: bool = False) -> Conversion | None:
    """Return how a value becomes a ``kind``, ``None`` for not at all; an ``optional`` number may be null."""
    table = _STRICT if dialect == "connect" else _LENIENT
    found = table.get(kind)
    return _nullable(found) if optional and found and kind in ("number", "integer") else found


def of_parameter(parameter: Parameter, dialect: Dialect) -> Conversion | None:
    """Return how an argument becomes what its parameter takes."""
    return conversion(parameter.kind, dialect, optional=parameter.optional)


@cache
def each(conversion: Conversion) -> Conversion:
    """Return the conversion that takes a list value by value."""

    def convert(value: Value, use: str) -> Any:
        if isinstance(value, tuple) and value:
            return tuple([conversion(item, use) for item in value])
        return conversion(value, use)

    return convert


@cache
def _nullable(conversion: Conversion) -> Conversion:
    def convert(value: Value, use: str) -> Any:
        return None if value is None or value == () else conversion(value, use)

    return convert


def kept_as_it_is(conversion: Conversion) -> type | None:
    """Return the class whose values ``conversion`` leaves alone, if there is one."""
    return str if conversion in (conversions.text, _text) else None


def impossible(found: Kind, wanted: Kind, dialect: Dialect) -> bool:
    """Whether no value of kind ``found`` can ever be what is ``wanted``."""
    return found in (_NEVER_STRICT if dialect == "connect" else _NEVER).get(wanted, ())


_NEVER: dict[Kind, Collection[Kind]] = {
    "number": ("condition", "moment"),
    "integer": ("condition", "moment"),
    "condition": ("number", "integer", "moment", "list"),
    "moment": ("number", "integer", "condition", "list"),
    "binary": ("text", "number", "integer", "condition", "moment"),
    "reference": ("number", "integer", "condition", "moment"),
}
_NEVER_STRICT: dict[Kind, Collection[Kind]] = {
    "text": ("number", "integer", "condition", "moment"),
    "number": ("text", "condition", "moment"),
    "integer": ("text", "condition", "moment"),
    "condition": ("text", "number", "integer", "moment"),
    "moment": ("text", "number", "integer", "condition"),
    "binary": ("text", "number", "integer", "condition", "moment"),
    "reference": ("text", "number", "integer", "condition", "moment"),
    "list": ("text", "number", "integer", "condition", "moment"),
}


def _wrong(use: str, wanted: str, only: Scalar, remedy: str) -> EvaluationError:
    return EvaluationError(f"{use}: {wanted} is needed, not {describe(only)}; {remedy} converts it")


def _text(value: Value, use: str) -> str | None:
    only = single(value, use)
    if isinstance(only, Ref):
        return str(only)
    if only is None or isinstance(only, str):
        return only
    if isinstance(only, bytes):
        return conversions.text(only, use)
    raise _wrong(use, "text", only, "FormatDateTime" if isinstance(only, date) else "CStr")


def _number(value: Value, use: str) -> Number:
    only = single(value, use)
    if isinstance(only, str):
        raise _wrong(use, "a number", only, "CNum")
    return conversions.number(only, use)


def _integer(value: Value, use: str) -> int:
    return value if type(value) is int else conversions.integer(_number(value, use), use)


def _condition(value: Value, use: str) -> bool:
    only = single(value, use)
    if only is None or isinstance(only, bool):
        return bool(only)
    raise _wrong(use, "True or False", only, "CBool")


def _moment(value: Value, use: str) -> datetime | None:
    only = single(value, use)
    if only is None or isinstance(only, date):
        return conversions.moment(only, use)
    raise _wrong(use, "a date", only, "DateFromNum" if isinstance(only, int | Decimal) else "CDate")


def _reference(value: Value, use: str) -> Ref | None:
    only = single(value, use)
    if only is None or isinstance(only, Ref):
        return only
    raise _wrong(use, "a reference", only, "CRef")


def _values(value: Value, use: str) -> tuple[Scalar, ...]:
    if value is None or isinstance(value, tuple):
        return value or ()
    raise EvaluationError(f"{use}: a multi-valued attribute is needed, not the single value {describe(value)}")


_LENIENT: dict[str, Conversion] = {
    "text": conversions.text,
    "word": conversions.text,
    "number": conversions.number,
    "integer": conversions.integer,
    "condition": conversions.condition,
    "moment": conversions.moment,
    "binary": conversions.binary,
    "reference": conversions.reference,
    "list": conversions.values,
    "scalar": conversions.single,
}
_STRICT: dict[str, Conversion] = {
    "text": _text,
    "word": conversions.text,
    "number": _number,
    "integer": _integer,
    "condition": _condition,
    "moment": _moment,
    "binary": conversions.binary,
    "reference": _reference,
    "list": _values,
    "scalar": conversions.single,
}
