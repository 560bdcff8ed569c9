"""``idcode eval``: one expression with its value, type and parts, and many of them in a file."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from idcode.cli.main import run_main

Capture = pytest.CaptureFixture[str]


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        (['Join(" ", [first], [last])', "--input", "first=Ada", "-i", "last=Brisling"], '"Ada Brisling"  text'),
        (["[a]", "-i", "a="], '""  the empty text'),
        (["[a]"], "NULL  null: a rule of lower precedence may have a value, otherwise the target is cleared"),
        (["IgnoreFlowIfNullOrEmpty([a])"], "–  absent: nothing flows, the target stays as it is"),
        (["AuthoritativeNull"], "–  authoritative null: the target is cleared, whatever other rules have"),
        (["IgnoreObjectFlow"], "–  ignore the object: all of it stays as it is"),
        (["[n] + 1", "-i", "n:=1.5"], "2.5  number"),
        (["[l]", "-i", 'l:=["a", 2]'], '["a", 2]  list of number and text'),
        (["[b]", "-i", 'b:={"$bin": "AP8="}'], "00 ff  binary"),
        (["[r]", "-i", 'r:={"$ref": "CN=Ada"}'], "CN=Ada  reference"),
        (["[r]", "-i", 'r:={"value": "Admin"}'], '{value: "Admin"}  complex'),
        (["[a] = [b]", "-i", "a=b=c", "-i", "b=b=c"], "True  truth value"),
        (["Now()", "--now", "2026-12-01T08:00:00+01:00"], "2026-12-01T07:00:00Z  date and time"),
        (["[a] & %Domain.FQDN%", "--dialect", "connect", "--param", "Domain.FQDN=contoso.com"], '"contoso.com"  text'),
        (['ImportedValue("a")', "-i", "a=pending", "--imported", "a=kept"], '"kept"  text'),
        (['SelectUniqueValue("ada", "adab")', "--taken", "ada"], '"adab"  text'),
        (["DefaultDomain()", "--default-domain", "contoso.com"], '"contoso.com"  text'),
        (['a + "!"', "--dialect", "mim", "-i", "a=x"], '"x!"  text'),
    ],
)
def test_a_value_is_shown_with_its_type(arguments: list[str], shown: str, capsys: Capture) -> None:
    assert run_main(["eval", *arguments]) == 0
    assert capsys.readouterr().out == shown + "\n"


def test_a_trace_shows_what_was_computed_and_nothing_else(capsys: Capture) -> None:
    expression = 'IIF(IsPresent([nick]), [nick], Error("none"))'
    assert run_main(["eval", expression, "-i", "nick=Ada", "--trace"]) == 0
    assert [line.split("  ")[0] for line in capsys.readouterr().out.splitlines()] == [
        "[nick]",
        "IsPresent([nick])",
        "[nick]",
        expression,
        "",
        '"Ada"',
    ]


def test_a_trace_shows_each_value_of_a_variable_and_what_led_to_an_error(capsys: Capture) -> None:
    assert run_main(["eval", "Select($x, [l], 6 / $x)", "-i", "l:=[3, 0]", "--trace"]) == 1
    shown = capsys.readouterr()
    assert [line.split() for line in shown.out.splitlines() if line][1:] == [
        ["$x", "3", "number"],
        ["6", "/", "$x", "2", "number"],
        ["$x", "0", "number"],
    ]
    assert shown.err == "error: /: division by zero\n"


def test_every_problem_of_an_expression_is_shown_at_its_place(capsys: Capture) -> None:
    assert run_main(["eval", 'Left([a], "x") &\n  toupper([b])']) == 1
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "expression:1:11: error wrong-type" in shown.err
    assert "expression:2:3: error unknown-function" in shown.err
    assert "    2 |   toupper([b])\n      |   ^^^^^^^\n  hint: did you mean ToUpper?" in shown.err


def test_what_is_allowed_but_looks_like_a_mistake_is_a_warning(capsys: Capture) -> None:
    assert run_main(["eval", 'Switch([a], "x", "k", "v", "k", "w")']) == 0
    shown = capsys.readouterr()
    assert shown.out == '"x"  text\n'
    assert "warning unreachable-case" in shown.err


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ([], "needs an expression or --batch FILE"),
        (["[a]", "--batch", "x"], "and not both"),
        (["[a]", "-i", "a"], "--input a has no value"),
        (["[a]", "-i", "a:=x"], "--input a:=x: "),
        (["[a]", "-i", 'a:={"$ref": 1}'], "not a value"),
        (["[a]", "--now", "soon"], "--now soon is not a time"),
        (["[a]", "--dialect", "cobol"], "there is no dialect cobol"),
        (["--batch", "nothing.jsonl"], "nothing.jsonl cannot be read"),
    ],
)
def test_wrong_arguments_are_refused(arguments: list[str], complaint: str, capsys: Capture) -> None:
    assert run_main(["eval", *arguments]) == 1
    assert complaint in capsys.readouterr().err


def _batch(tmp_path: Path, capsys: Capture, *records: dict[str, Any]) -> list[dict[str, Any]]:
    file = tmp_path / "records.jsonl"
    file.write_text("\n".join(json.dumps(record) for record in records) + "\n", "utf-8")
    assert run_main(["eval", "--batch", str(file)]) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_batch_is_answered_line_by_line_in_order(tmp_path: Path, capsys: Capture) -> None:
    answers = _batch(
        tmp_path,
        capsys,
        {"id": "v", "dialect": "entra", "expression": 'Join("-", [a], "b")', "inputs": {"a": "å"}},
        {"id": "n", "dialect": "connect", "expression": "[a]", "inputs": {}},
        {"id": "absent", "dialect": "connect", "expression": "IgnoreThisFlow", "inputs": {}},
        {"id": "stop", "dialect": "connect", "expression": "AuthoritativeNull", "inputs": {}},
        {"id": "object", "dialect": "entra", "expression": "IgnoreObjectFlow", "inputs": {}},
        {"id": "wrong", "dialect": "entra", "expression": "Trim(", "inputs": {}},
        {"id": "fails", "dialect": "entra", "expression": 'Error("no")', "inputs": {}},
        {"id": "big", "dialect": "connect", "expression": "[n] + 0.5", "inputs": {"n": 2**53 + 1}},
        {"id": "types", "expression": "[b]", "inputs": {"b": [{"$bin": "AA=="}, {"$dt": "2026-01-01T00:00:00Z"}]}},
        {"id": "none", "dialect": "cobol", "expression": "1", "inputs": {}},
        {"id": "odd", "dialect": "entra", "expression": "1", "inputs": {"a": {"$ref": 5}}},
        {"dialect": "entra", "inputs": {}},
    )
    assert answers[:6] == [
        {"id": "v", "value": "å-b"},
        {"id": "n", "value": None},
        {"id": "absent", "absent": True},
        {"id": "stop", "authoritativeNull": True},
        {"id": "object", "ignoreObject": True},
        {"id": "wrong", "error": "this parenthesis is never closed"},
    ]
    assert answers[6:9] == [
        {"id": "fails", "error": "no"},
        {"id": "big", "value": 9007199254740993.5},
        {"id": "types", "value": [{"$bin": "AA=="}, {"$dt": "2026-01-01T00:00:00Z"}]},
    ]
    assert [set(answer) for answer in answers[9:]] == [{"id", "error"}] * 3


@pytest.mark.parametrize(
    ("expression", "lower", "answer"),
    [
        ("NULL", ['"low"'], {"value": "low"}),
        ("NULL", ["NULL"], {"value": None}),
        ("IgnoreThisFlow", ['"low"'], {"value": "low"}),
        ("IgnoreThisFlow", [], {"absent": True}),
        ("IgnoreThisFlow", ["NULL"], {"value": None}),
        ("AuthoritativeNull", ['"low"'], {"value": None}),
        ("NULL", ["AuthoritativeNull", '"low"'], {"value": None}),
        ('"high"', ['Error("never asked")'], {"value": "high"}),
        ("NULL", ["IgnoreObjectFlow", '"low"'], {"ignoreObject": True}),
    ],
)
def test_rules_of_lower_precedence_are_asked_in_order(
    tmp_path: Path, capsys: Capture, expression: str, lower: list[str], answer: dict[str, Any]
) -> None:
    record = {"id": 1, "dialect": "connect", "expression": expression, "inputs": {}, "mode": "precedence"}
    assert _batch(tmp_path, capsys, {**record, "lower": lower, "existing": "old"}) == [{"id": 1, **answer}]


def test_a_line_that_is_no_record_stops_the_batch_and_is_named(tmp_path: Path, capsys: Capture) -> None:
    file = tmp_path / "records.jsonl"
    for line in ("{", "[1]"):
        file.write_text('{"id": 1, "expression": "1"}\n' + line, "utf-8")
        assert run_main(["eval", "--batch", str(file)]) == 1
        assert f"{file}:2: " in capsys.readouterr().err


@pytest.mark.parametrize(
    ("field", "value", "complaint"),
    [
        ("expression", 5, "expression is not a text"),
        ("expression", None, "it has no expression"),
        ("inputs", [1], "inputs is not an object"),
        ("inputs", {"a": [[1]]}, "a list holds neither null nor lists"),
        ("now", 5, "now is not a text"),
        ("taken", {"a": 1}, "taken is not a list"),
        ("lower", "NULL", "lower is not a list"),
        ("lower", [5], "lower is not a list of texts"),
        ("tenant", [], "tenant is not an object"),
    ],
)
def test_a_record_with_a_wrong_field_says_which(
    tmp_path: Path, capsys: Capture, field: str, value: Any, complaint: str
) -> None:
    (answer,) = _batch(tmp_path, capsys, {"id": 1.5, "expression": "1", "mode": "precedence", field: value})
    assert answer["id"] == 1.5
    assert complaint in answer["error"]


@pytest.mark.parametrize("line", ['{"expression": "[a]", "inputs": {"a": 1E99999999999999999999}}', "[" * 100_000])
def test_json_that_cannot_be_worked_with_is_refused(line: str, tmp_path: Path, capsys: Capture) -> None:
    file = tmp_path / "records.jsonl"
    file.write_text(line, "utf-8")
    assert run_main(["eval", "--batch", str(file)]) == 1
    assert f"{file}:1: not JSON: " in capsys.readouterr().err


def test_a_number_without_end_is_refused_and_not_written_out(tmp_path: Path, capsys: Capture) -> None:
    file = tmp_path / "records.jsonl"
    file.write_text('\ufeff{"id": 1, "expression": "[a]", "inputs": {"a": 1e9999999}}\r\n', "utf-8")
    assert run_main(["eval", "--batch", str(file)]) == 0
    assert json.loads(capsys.readouterr().out) == {"id": 1, "error": "not a record: a number is too large"}


def test_half_a_character_is_written_as_json_writes_it(tmp_path: Path) -> None:
    file = tmp_path / "records.jsonl"
    file.write_text(r'{"id": "\ud800", "expression": "[a]", "inputs": {"a": "\udc00"}}', "utf-8")
    command = [sys.executable, "-m", "idcode.cli.main", "eval", "--batch", str(file)]
    given = {**os.environ, "PYTHONIOENCODING": "utf-8:strict"}
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", env=given, check=True)
    assert json.loads(done.stdout) == {"id": "\ud800", "value": "\udc00"}
