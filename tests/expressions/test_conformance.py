"""Vectors from the vendor's own references, where the checkout has them beside it."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from idcode.expressions import Environment, EvaluationError, ExpressionError, compile_expression
from idcode.expressions.conversions import text
from idcode.expressions.functions.registry import TABLE
from idcode.expressions.moments import read_moment
from idcode.model.values import Ref, Result, Special, from_json, parse_iso, to_json

VECTORS = Path(__file__).parents[3] / "shared" / "conformance" / "expressions.json"
PSEUDO = {"syntax", "operators", "IgnoreAttributeFlow", "IgnoreObjectFlow"}
SPECIALS = {
    Special.ABSENT: "absent",
    Special.AUTHORITATIVE_NULL: "authoritativeNull",
    Special.IGNORE_OBJECT: "ignoreObject",
}


def _vectors() -> list[Any]:
    if not VECTORS.exists():
        return [pytest.param({}, marks=pytest.mark.skip(reason=f"no conformance vectors at {VECTORS}"))]
    known = {name for name, dialect in TABLE if dialect == "entra"} | PSEUDO
    return [
        pytest.param(record, id=record["id"])
        for record in json.loads(VECTORS.read_text(encoding="utf-8"))
        if record["dialect"] == "entra"
        and not record.get("suspect")
        and record["confidence"] != "low"
        and known.issuperset(record["functions"])
    ]


@pytest.mark.parametrize("record", _vectors())
def test_an_expression_gives_what_the_vendors_reference_says(record: dict[str, Any]) -> None:
    taken = record.get("taken", [])
    environment = Environment(
        {name: from_json(value) for name, value in record["inputs"].items()},
        now=parse_iso(record["now"]) if "now" in record else datetime(2025, 7, 30, tzinfo=UTC),
        taken=lambda value: value in taken,
    )
    expected = record["expected"]
    if expected == {"error": True} or (isinstance(expected, dict) and "message_contains" in expected):
        with pytest.raises((ExpressionError, EvaluationError), match=expected.get("message_contains")):
            compile_expression(record["expression"])(environment)
    else:
        assert _same(expected, compile_expression(record["expression"])(environment), record)


def _same(expected: Any, got: Result, record: dict[str, Any]) -> bool:
    if isinstance(got, Special):
        return bool(expected == {SPECIALS[got]: True})
    if isinstance(expected, dict):
        if "one_of" in expected:
            return any(_same(one, got, record) for one in expected["one_of"])
        if "matches" in expected:
            return re.fullmatch(expected["matches"], str(got)) is not None
        return "$dt" in expected and got == parse_iso(expected["$dt"])
    if isinstance(expected, list):
        values = [to_json(value) for value in (got if isinstance(got, tuple) else (got,))]
        if record.get("compare") == "set":
            expected, values = sorted(expected), sorted(values, key=str)
        return expected == values
    if isinstance(got, datetime):
        return isinstance(expected, str) and read_moment(expected) == got
    if record.get("strict_type"):
        return type(expected) is type(got) and expected == got
    if isinstance(got, Ref | bool | int | Decimal):
        return text(got, "result") == text(expected, "expectation")
    return bool(expected == got)
