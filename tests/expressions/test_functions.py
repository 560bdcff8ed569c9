"""The library: every example of the catalogue, and the rules that examples do not show."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from idcode.expressions import Environment, compile_expression
from idcode.expressions.catalogue import OPERATORS, WORDS, Entry, entries
from idcode.expressions.names import FLOW, VALUES
from idcode.model.values import Ref, Result, Value

from .running import NOW, fails, run


@pytest.mark.parametrize("entry", entries(), ids=lambda entry: entry.signature)
def test_the_example_of_a_function_gives_what_the_documentation_says(entry: Entry) -> None:
    program = compile_expression(entry.example, dialect=entry.dialects[0])
    result = program(Environment(dict(entry.inputs), now=NOW))
    assert (type(result), result) == (type(entry.result), entry.result)
    assert f"{entry.name}(" in entry.example
    assert entry.doc.endswith(".")


def test_the_catalogue_holds_every_word_and_operator() -> None:
    assert {word for word, _ in WORDS} == {*VALUES, *FLOW}
    operators = {operator for tier, _ in OPERATORS for operator in tier.split()}
    assert operators == {"*", "/", "+", "-", "&", "=", "<>", "<", "<=", ">", ">=", "&&", "||"}


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("Append([null], [a])", None),
        ("Append([a], [null])", "x"),
        ('Join(",", [list], [null], "", 5)', "p,q,5"),
        ("Left([null], 3)", ""),
        ("Left([a], -1)", "x"),
        ("Right([null], 3)", ""),
        ("Right([a], 0)", ""),
        ("Mid([null], 1, 1)", ""),
        ("Len([null])", 0),
        ("Trim([null])", None),
        ("ToLower([null])", None),
        ('ToLower("ΑΣ İ")', "ας İ".replace("ς", "σ")),
        ('ToUpper("straße")', "STRAßE"),
        ('ToLower("I", "en-US")', "i"),
        ('PCase("o-malley (III)")', "O-Malley (Iii)"),
        ('NormalizeDiacritics("Łódź, Ørsted, Æther, ŒUVRE, ıİ")', "Lodz, OErsted, AEther, OEUVRE, iI"),
        ('NormalizeDiacritics("Йод 한국 हिन्दी")', "Йод 한국 हिन्दी"),
        ('NormalizeDiacritics("e\u0301")', "e"),
        ('InStr([null], "x")', 0),
        ('InStr("ABC", "b", 1, vbTextCompare)', 2),
        ('InStr("ABC", "b", , vbTextCompare)', 2),
        ('Word("a,,b", 2, ",")', ""),
        ('Word("a b", 3, " ")', ""),
        ("CStr([list1])", "p"),
        ("CStr(1.50)", "1.50"),
        ("IsString([bytes])", False),
        ("IsString([null])", False),
        ('Split("", ",")', ()),
        ('Split([null], ",")', None),
        ('Split("a, b", ",")', ("a", " b")),
        ("Count([a])", 1),
        ("Count([null])", 0),
        ("Item([a], 1)", "x"),
        ('Contains([list], "Q")', 0),
        ('Contains([list], "Q", CaseInsensitive)', 2),
        ('Contains([refs], "person:E")', 0),
        ('Contains([refs], "person:E1")', 1),
        ("BitAnd(-2, 7)", 6),
        ('BitAnd("514", 2)', 2),
        ("CBool([null])", False),
        ('CBool("0")', False),
        ('CBool("true")', True),
        ('Not("True")', False),
        ("Not([null])", True),
        ('Not("maybe")', True),
        ("IsNull([none])", True),
        ("IsPresent([none])", False),
        ('Switch([null], "d", "", "empty")', "empty"),
        ('Switch([null], "d", [null], "empty")', "empty"),
        ('Switch(5, "d", "5", "five")', "five"),
        ('Switch("K", "d", "k", "v")', "d"),
        ('Switch("a", "d", "a", [a], "a", "second")', "x"),
        ('Switch(True, "d", "True", "yes")', "yes"),
        ("ConvertToBase64([bytes])", "AP8="),
        ("ConvertToBase64([null])", None),
        ('ConvertFromBase64("QUI=", ASCII)', "AB"),
    ],
)
def test_text_lists_and_logic(expression: str, value: Value) -> None:
    values: dict[str, Result] = {
        "a": "x",
        "none": (),
        "list": ("p", "q"),
        "list1": ("p",),
        "bytes": b"\x00\xff",
        "refs": (Ref("person:E1"), Ref("person:E12")),
    }
    result = run(expression, **values)
    assert (type(result), result) == (type(value), value)


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ('Mid("abc", 0, 1)', "start counts from 1"),
        ('InStr("abc", "c", 0)', "start counts from 1"),
        ('InStr("abc", "c", 1, "loud")', "vbTextCompare"),
        ("Item([list], 3)", "no value number 3 among 2"),
        ('Split("a", "")', "delimiter is empty"),
        ('ConvertFromBase64("???")', "not the Base64 form"),
        ('ConvertFromBase64("gA==", UTF8)', "not the Base64 form"),
        ('CBool("maybe")', "neither a truth value nor a number"),
        ("CStr([list])", "one value is needed"),
        ('Error("id is required")', "id is required"),
    ],
)
def test_what_a_function_cannot_do_is_an_error(expression: str, reason: str) -> None:
    assert reason in fails(expression, list=("p", "q")).message


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-03-01", datetime(2026, 3, 1, tzinfo=UTC)),
        ("2026-03-01-07:00", datetime(2026, 3, 1, 7, tzinfo=UTC)),
        ("2026-03-01T10:20:30.5Z", datetime(2026, 3, 1, 10, 20, 30, tzinfo=UTC)),
        ("2026-03-01 10:20:30+02:00", datetime(2026, 3, 1, 8, 20, 30, tzinfo=UTC)),
        ("2026-03-01 1:30 PM -8", datetime(2026, 3, 1, 21, 30, tzinfo=UTC)),
        ("3/1/2026", datetime(2026, 3, 1, tzinfo=UTC)),
        ("3/1/2026 12:00:00 AM", datetime(2026, 3, 1, tzinfo=UTC)),
    ],
)
def test_dates_are_read_in_the_forms_that_sources_use(text: str, moment: datetime) -> None:
    assert run("CDate([a])", a=text) == moment


@pytest.mark.parametrize(
    "text", ["", "soon", "2026-02-29", "13/1/2026", "2026-03-01 13:00 PM", "2026-03-01 +99:00", "0001-01-01+14:00"]
)
def test_anything_else_is_no_date(text: str) -> None:
    assert "is not a date" in fails("CDate([a])", a=text).message


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ('DateAdd("d", -14, [d])', date(2026, 1, 17)),
        ('DateAdd("m", 1, [d])', date(2026, 2, 28)),
        ('DateAdd("h", 1, [d])', datetime(2026, 1, 31, 1, tzinfo=UTC)),
        ('DateAdd("yyyy", 1, "2024-02-29")', datetime(2025, 2, 28, tzinfo=UTC)),
        ('DateAdd("d", 90, [null])', None),
        ("CDate([null])", None),
        ("CDate([d])", datetime(2026, 1, 31, tzinfo=UTC)),
        ('CStr(CDate("2026-01-31T23:05:09Z"))', "1/31/2026 11:05:09 PM"),
        ('Join(" ", "hired", [d])', "hired 2026-01-31"),
        ('DateDiff("d", "2026-03-01T12:00:00Z", "2026-02-28")', -1),
        ('DateDiff("ww", "2026-02-28", "2026-03-01")', 1),
        ("NumFromDate([null])", None),
        ("NumFromDate([d])", 134142912000000000),
        ("DateFromNum(0)", datetime(1601, 1, 1, tzinfo=UTC)),
        ('FormatDateTime([null], "yyyy", "yyyy")', None),
        ('FormatDateTime(Now(), "M/d/yyyy h:mm:ss tt", "dddd, d MMMM yy \'at\' HH\\h")', "Sunday, 1 March 26 at 12h"),
        ('FormatDateTime("05-Mar-49 7 pm", "dd-MMM-yy h tt", "yyyy-MM-dd HH:mm:ss.FFFK")', "2049-03-05 19:00:00"),
        ('FormatDateTime("2026-01-31T00:00:00.25", "yyyy-MM-ddTHH:mm:ss.FFF", "ss.FFF zzz")', "00.25 +00:00"),
    ],
)
def test_dates(expression: str, value: Value) -> None:
    result = run(expression, d=date(2026, 1, 31))
    assert (type(result), result) == (type(value), value)


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ('DateAdd("d", 99999999, Now())', "outside the years"),
        ('DateAdd("yyyy", 9999, Now())', "outside the years"),
        ('DateDiff("d", Now(), [null])', "one of the dates has no value"),
        ("DateFromNum(9223372036854775807)", "outside the years"),
        ('FormatDateTime("31.12.2026", "yyyy-MM-dd", "yyyy")', "does not have the form"),
        ('FormatDateTime("2026-02-30", "yyyy-MM-dd", "yyyy")', "not a date of the calendar"),
        ('FormatDateTime("x", [f], "yyyy")', "does not have the form"),
        ("DateAdd([interval], 1, Now())", "there is no interval fortnight"),
    ],
)
def test_dates_that_cannot_be_computed(expression: str, reason: str) -> None:
    assert reason in fails(expression, f="yyyy", interval="fortnight").message


def test_numbers_keep_their_decimals() -> None:
    assert run("[a] * 2", a="1.25") == Decimal("2.50")
    assert run("Len(42568.75)") == 8
