"""``idcode eval``."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from idcode.cli import console
from idcode.expressions.batch import answer, environment_of, read_json, value_of
from idcode.expressions.errors import EvaluationError, ExpressionError
from idcode.expressions.functions.registry import ALL, Dialect
from idcode.expressions.program import Program, compile_expression, compile_traced
from idcode.model.diagnostics import Diagnostic, Severity, Span
from idcode.model.errors import UsageError
from idcode.model.values import Complex, Ref, Result, Scalar, Special, iso, parse_iso
from idcode.report.visible import visible_json

_GIVEN = re.compile(r"(?P<name>.+?)(?P<json>:)?=(?P<value>.*)", re.DOTALL)
_MEANINGS: dict[Result, str] = {
    None: "null: a rule of lower precedence may have a value, otherwise the target is cleared",
    Special.ABSENT: "absent: nothing flows, the target stays as it is",
    Special.AUTHORITATIVE_NULL: "authoritative null: the target is cleared, whatever other rules have",
    Special.IGNORE_OBJECT: "ignore the object: all of it stays as it is",
}
_TYPES: dict[type, str] = {
    str: "text",
    bool: "truth value",
    int: "number",
    Decimal: "number",
    datetime: "date and time",
    date: "date",
    bytes: "binary",
    Ref: "reference",
    Complex: "complex",
}
_SHOWN = 60
"""Characters of a part that a trace shows."""


@dataclass(frozen=True, slots=True)
class Arguments:
    """What was typed; ``inputs``, ``params`` and ``imported`` as ``name=text`` or ``name:=json``."""

    expression: str
    dialect: str
    now: str | None
    inputs: tuple[str, ...]
    params: tuple[str, ...]
    imported: tuple[str, ...] | None
    taken: tuple[str, ...]
    domain: str | None
    trace: bool


def run(arguments: Arguments) -> int:
    """Print the value of one expression, with a trace the values of its parts before it. 1 where there is none."""
    dialect = _dialect(arguments.dialect)
    environment = environment_of(_record(arguments), datetime.now(UTC))
    environment.trace = [] if arguments.trace else None
    compile_it = compile_traced if arguments.trace else compile_expression
    try:
        program = compile_it(arguments.expression, dialect=dialect)
    except ExpressionError as problem:
        console.tell([_diagnostic("error", found, arguments.expression) for found in (problem, *problem.others)])
        return 1
    console.tell([_diagnostic("warning", found, arguments.expression) for found in program.warnings])
    try:
        result = program(environment)
    except EvaluationError as problem:
        _show_trace(program, environment.trace or ())
        console.note(f"error: {problem.message}")
        return 1
    _show_trace(program, environment.trace or ())
    console.say("  ".join(_described(result)))
    return 0


def _dialect(name: str) -> Dialect:
    for dialect in ALL:
        if dialect == name:
            return dialect
    raise UsageError(f"there is no dialect {name}", f"Dialects: {', '.join(ALL)}.")


def _record(arguments: Arguments) -> dict[str, Any]:
    try:
        now = iso(parse_iso(arguments.now)) if arguments.now else None
    except ValueError:
        raise UsageError(f"--now {arguments.now} is not a time", "Write 2026-12-01 or 2026-12-01T08:00:00Z.") from None
    return {
        "inputs": _named("--input", arguments.inputs),
        "now": now,
        "params": _named("--param", arguments.params),
        "imported": None if arguments.imported is None else _named("--imported", arguments.imported),
        "taken": list(arguments.taken),
        "tenant": {"defaultDomain": arguments.domain},
    }


def _named(option: str, given: Sequence[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for text in given:
        match = _GIVEN.fullmatch(text)
        if not match:
            raise UsageError(f"{option} {text} has no value", f"Write {option} name=text or {option} 'name:=[1, 2]'.")
        try:
            value = read_json(match["value"]) if match["json"] else match["value"]
            value_of(value)
        except ValueError as error:
            raise UsageError(f"{option} {text}: {error}", 'After := stands JSON, such as 5, true or ["a"].') from None
        found[match["name"]] = value
    return found


def _diagnostic(severity: Severity, problem: ExpressionError, text: str) -> Diagnostic:
    before = text[: problem.offset]
    line, column = before.count("\n"), problem.offset - (before.rfind("\n") + 1)
    span = Span("expression", line + 1, column + 1, problem.length)
    excerpt = text.split("\n")[line]
    return Diagnostic(severity, problem.code, problem.message, problem.hint, span, excerpt=excerpt)


def _show_trace(program: Program, trace: Sequence[tuple[int, int, Result]]) -> None:
    rows = [(_part(program.text[start:end]), *_described(value)) for start, end, value in trace]
    widths = [max((len(row[column]) for row in rows), default=0) for column in (0, 1)]
    for part, value, kind in rows:
        console.say(f"{part:{widths[0]}}  {value:{widths[1]}}  {kind}")
    if rows:
        console.say("")


def _part(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= _SHOWN else flat[: _SHOWN - 1] + "…"


def _described(result: Result) -> tuple[str, str]:
    """Return a result as the language writes it, and what it is."""
    if result is None or isinstance(result, Special):
        return ("NULL" if result is None else "–", _MEANINGS[result])
    if isinstance(result, tuple):
        kinds = sorted({_TYPES[type(item)] for item in result})
        return "[" + ", ".join(_written(item) for item in result) + "]", f"list of {' and '.join(kinds) or 'nothing'}"
    return _written(result), "the empty text" if result == "" else _TYPES[type(result)]


def _written(value: Scalar) -> str:
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, bytes):
        return value.hex(" ")
    if isinstance(value, str):
        return visible_json(json.dumps(value, ensure_ascii=False))
    if isinstance(value, Complex):
        return "{" + ", ".join(f"{name}: {_written(part)}" for name, part in value.fields) + "}"
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def run_batch(file: Path) -> int:
    """Answer every record of a file of JSON Lines, in order."""
    now = datetime.now(UTC)
    for number, line in enumerate(_lines(file), 1):
        if line.strip():
            console.say(visible_json(json.dumps(answer(_parsed(line, file, number), now), ensure_ascii=False)))
    return 0


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text("utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file} cannot be read: {error}") from None


def _parsed(line: str, file: Path, number: int) -> dict[str, Any]:
    try:
        record = read_json(line)
    except ValueError as error:
        raise UsageError(f"{file}:{number}: not JSON: {error}") from None
    if not isinstance(record, dict):
        raise UsageError(f"{file}:{number}: a record is an object")
    return record
