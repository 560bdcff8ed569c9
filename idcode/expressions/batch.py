"""Expressions as data: one record says what to evaluate with what, one answer says what came of it.

A record has ``dialect``, ``expression`` and ``inputs`` (attribute → value), and where they are needed ``now``,
``params`` (``%name%``), ``imported`` (for ``ImportedValue``), ``taken`` (for ``SelectUniqueValue``) and
``tenant.defaultDomain``. With ``mode: precedence`` the expressions in ``lower`` come after it, each with less to say,
and ``existing`` is what the target holds. Values that JSON has no type for are tagged as in
:func:`idcode.model.values.to_json`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, get_args

from idcode.expressions.conversions import LARGEST
from idcode.expressions.errors import EvaluationError, ExpressionError
from idcode.expressions.functions.registry import Dialect
from idcode.expressions.program import Environment, compile_expression
from idcode.model.values import Result, Special, Value, from_json, parse_iso, to_json

_WORDS = {
    Special.ABSENT: "absent",
    Special.AUTHORITATIVE_NULL: "authoritativeNull",
    Special.IGNORE_OBJECT: "ignoreObject",
}


_FIELDS: dict[str, tuple[type, str]] = {
    "dialect": (str, "a text"),
    "expression": (str, "a text"),
    "inputs": (dict, "an object"),
    "now": (str, "a text"),
    "params": (dict, "an object"),
    "imported": (dict, "an object"),
    "taken": (list, "a list"),
    "tenant": (dict, "an object"),
    "mode": (str, "a text"),
    "lower": (list, "a list"),
}


def read_json(text: str) -> Any:
    """Read JSON with decimals as ``Decimal``. Raise ``ValueError`` where it is none, or nothing to work with."""
    try:
        return json.loads(text, parse_float=Decimal)
    except ArithmeticError:
        raise ValueError("a number is too large") from None
    except RecursionError:
        raise ValueError("it is nested too deep") from None


def answer(record: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """Return ``id`` and one of ``value``, ``absent``, ``authoritativeNull``, ``ignoreObject`` and ``error``.

    ``now`` is the moment for records without one. A record that is no such record gives an ``error``, too.
    """
    named = record.get("id")
    found: dict[str, Any] = {"id": float(named) if isinstance(named, Decimal) else named}
    try:
        result = _result(record, now)
    except (ExpressionError, EvaluationError) as problem:
        return {**found, "error": problem.message}
    except (ValueError, OverflowError) as problem:
        return {**found, "error": f"not a record: {problem}"}
    return {**found, **result_json(result)}


def result_json(result: Result) -> dict[str, Any]:
    """Return ``{"value": …}``, or ``{"absent": true}`` and the like; numbers stay numbers."""
    return {_WORDS[result]: True} if isinstance(result, Special) else {"value": _json(result)}


def _json(value: Value) -> Any:
    if isinstance(value, tuple):
        return [_json(item) for item in value]
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value if isinstance(value, int) else to_json(value)


def value_of(given: Any) -> Value:
    """Return the value that JSON (with decimals as ``Decimal``) holds. Raise ``ValueError`` where it is none."""
    if isinstance(given, list):
        values = [value_of(item) for item in given]
        if any(value is None or isinstance(value, tuple) for value in values):
            raise ValueError("a list holds neither null nor lists")
        return tuple(values)  # type: ignore[arg-type]
    if isinstance(given, Decimal):
        if not -LARGEST <= given <= LARGEST:
            raise ValueError("a number is too large")
        return given
    return from_json(given)


def environment_of(record: Mapping[str, Any], now: datetime) -> Environment:
    """Return what the expression of a record sees. Raises ``ValueError`` for a value that is none."""
    taken = [value_of(value) for value in record.get("taken") or ()]
    given = record.get("imported")
    return Environment(
        values=_values(record.get("inputs") or {}),
        now=parse_iso(record["now"]) if record.get("now") else now,
        seed=str(record.get("id", "")),
        taken=lambda value: value in taken,
        params=_values(record.get("params") or {}),
        imported=None if given is None else _values(given),
        default_domain=(record.get("tenant") or {}).get("defaultDomain"),
    )


def _values(given: Mapping[str, Any]) -> dict[str, Value]:
    return {name: value_of(value) for name, value in given.items()}


def _check(record: Mapping[str, Any]) -> None:
    if record.get("expression") is None:
        raise ValueError("it has no expression")
    for name, (wanted, called) in _FIELDS.items():
        if record.get(name) is not None and not isinstance(record[name], wanted):
            raise ValueError(f"{name} is not {called}")
    if not all(isinstance(text, str) for text in record.get("lower") or ()):
        raise ValueError("lower is not a list of texts")


def _result(record: Mapping[str, Any], now: datetime) -> Result:
    _check(record)
    dialect = record.get("dialect", "entra")
    if dialect not in get_args(Dialect):
        raise ValueError(f"there is no dialect {dialect}")
    environment = environment_of(record, now)

    def run(text: str) -> Result:
        return compile_expression(text, dialect=dialect)(environment)

    if record.get("mode") == "precedence":
        return _first([record["expression"], *(record.get("lower") or ())], run)
    return run(record["expression"])


def _first(texts: list[str], run: Callable[[str], Result]) -> Result:
    """Return what comes of rules in order of precedence: null falls through, an ignored flow is as if not there.

    A list without values is no value either.
    """
    nobody: Result = Special.ABSENT
    for text in texts:
        result = run(text)
        if result is Special.AUTHORITATIVE_NULL:
            return None
        if result is None or result == ():
            nobody = None
        elif result is not Special.ABSENT:
            return result
    return nobody
