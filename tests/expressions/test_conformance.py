"""Vectors from the vendors' own references, and expressions that people use, where the checkout has them beside it."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from idcode.expressions import Dialect, ExpressionError, compile_expression
from idcode.expressions.batch import answer
from idcode.expressions.moments import read_moment
from idcode.model.values import parse_iso

SHARED = Path(__file__).parents[3] / "shared"
VECTORS = SHARED / "conformance" / "expressions.json"
USED = SHARED / "fixtures" / "expressions_distinct.json"
DIALECTS: dict[str, Dialect] = {"mim-portal": "mim", "entra-connect": "connect", "entra-provisioning": "entra"}
REFUSED = {"CBin(": 4, "ValueCount(": 1, "%ForestLDAP%)": 1, "switch([companyName]": 1}
"""What a refused expression holds, and how many problems are told: undocumented functions, a parenthesis too many,
a name in the wrong case."""


def _records(file: Path) -> list[Any]:
    if not file.exists():
        return [pytest.param(None, marks=pytest.mark.skip(reason=f"no {file.name} at {file.parent}"))]
    found = json.loads(file.read_text("utf-8"))
    counted = [r for r in found if not r.get("suspect") and r.get("confidence") != "low"]
    return [pytest.param(record, id=record.get("id")) for record in counted]


@pytest.mark.parametrize("record", _records(VECTORS))
def test_an_expression_gives_what_the_vendors_reference_says(record: dict[str, Any]) -> None:
    got = answer(record, datetime(2025, 7, 30, tzinfo=UTC))
    assert _same(record["expected"], got, record), got


@pytest.mark.parametrize("record", _records(USED))
def test_an_expression_that_people_use_can_be_compiled_or_says_why_not(record: dict[str, Any]) -> None:
    text = record["expression"]
    wanted = next((count for part, count in REFUSED.items() if part in text), 0)
    assert _problems(text, DIALECTS[record["product"]]) == wanted


def _problems(text: str, dialect: Dialect) -> int:
    try:
        compile_expression(text, dialect=dialect)
    except ExpressionError as error:
        return 1 + len(error.others)
    return 0


def _same(expected: Any, got: dict[str, Any], record: dict[str, Any]) -> bool:
    if isinstance(expected, dict) and not expected.keys() & {"$bin", "$ref", "$dt"}:
        return _outcome(expected, got, record)
    if "value" not in got:
        return False
    value = got["value"]
    if isinstance(expected, list) and isinstance(value, list):
        ordered = [
            sorted(part, key=json.dumps) if record.get("compare") == "set" else part for part in (expected, value)
        ]
        return len(value) == len(expected) and all(_same(e, {"value": v}, {}) for e, v in zip(*ordered, strict=True))
    if record.get("strict_type"):
        return type(expected) is type(value) and bool(expected == value)
    if record.get("compare") == "ci":
        return str(expected).lower() == str(value).lower()
    if _moment(expected) and _moment(value):
        return _moment(expected) == _moment(value)
    return _text(expected) == _text(value)


def _outcome(expected: dict[str, Any], got: dict[str, Any], record: dict[str, Any]) -> bool:
    if expected.get("error"):
        return "error" in got and expected.get("message_contains", "") in got["error"]
    if "one_of" in expected:
        return any(_same(one, got, record) for one in expected["one_of"])
    if "matches" in expected:
        return re.fullmatch(expected["matches"], str(got.get("value"))) is not None
    if "range" in expected:
        return expected["range"][0] <= int(got["value"]) <= expected["range"][1]
    if "value" in got:
        return bool(expected == got["value"])
    return all(got.get(kind) for kind in expected)


def _moment(value: Any) -> datetime | None:
    if isinstance(value, dict) and "$dt" in value:
        return parse_iso(value["$dt"])
    return read_moment(value) if isinstance(value, str) and re.fullmatch(r"\d+/\d+/\d{4} [\d:]+ [AP]M", value) else None


def _text(value: Any) -> Any:
    if isinstance(value, dict):
        return value.get("$ref", value)
    return value if value is None or isinstance(value, list) else str(value)
