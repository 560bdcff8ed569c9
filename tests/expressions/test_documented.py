"""Cases that follow from Microsoft's references, rule by rule: ``documented/<dialect>.txt``.

A line is ``expression  given {attributes}  under {circumstances}  gives RESULT``, with two blanks between the parts;
``given`` and ``under`` may be missing. The result is JSON, or ``error``, ``error "part of the message"``, ``absent``,
``authoritativeNull``, ``ignoreObject``, ``matches "regular expression"``, ``range [least, most]``,
``oneof [results]``, or ``ci "text in any letter case"``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from idcode.expressions.batch import answer
from idcode.expressions.conversions import text
from idcode.model.values import from_json

CASES = Path(__file__).parent / "documented"
LINE = re.compile(r"(?P<expression>.*?)(?P<context>(?:  (?:given|under) \{.*?\})*)  gives (?P<result>.*)")
CONTEXT = re.compile(r"  (given|under) (\{.*?\})(?=  given|  under|$)")
NOW = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)


def _cases() -> Iterator[Any]:
    for path in sorted(CASES.glob("*.txt")):
        rule = ""
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if line.startswith("# "):
                rule = line[2:]
            elif line and not line.startswith("##"):
                yield pytest.param(path.stem, rule, line, id=f"{path.stem}-{number}")


@pytest.mark.parametrize(("dialect", "rule", "line"), list(_cases()))
def test_an_expression_does_what_the_reference_says(dialect: str, rule: str, line: str) -> None:
    case = LINE.fullmatch(line)
    assert case, f"not a case: {line}"
    record: dict[str, Any] = {"id": line, "dialect": dialect, "expression": case["expression"]}
    for word, given in CONTEXT.findall(case["context"]):
        record |= {"inputs": _read(given)} if word == "given" else _read(given)
    found = answer(record, NOW)
    assert _agrees(case["result"], found), f"{rule}\n{line}\nbut gave {found}"


def _read(given: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(given, parse_float=Decimal)
    return found


def _agrees(wanted: str, found: dict[str, Any]) -> bool:
    word, _, rest = wanted.partition(" ")
    if word == "error":
        return "error" in found and (json.loads(rest) if rest else "") in found["error"]
    if word in ("absent", "authoritativeNull", "ignoreObject"):
        return found.get(word) is True
    if "value" not in found:
        return False
    value = found["value"]
    match word:
        case "matches":
            return re.fullmatch(json.loads(rest), value) is not None
        case "range":
            least, most = json.loads(rest)
            return type(value) is int and least <= value <= most
        case "oneof":
            return value in json.loads(rest)
        case "ci":
            return bool(value.lower() == json.loads(rest).lower())
    expected = json.loads(wanted)
    if isinstance(expected, str) and isinstance(value, dict):
        value = text(from_json(value), "the case")
    return bool(value == expected) and isinstance(value, bool) == isinstance(expected, bool)


def test_no_case_is_there_twice() -> None:
    for path in CASES.glob("*.txt"):
        lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line and line[0] != "#"]
        assert len(lines) == len(set(lines)), path.name
