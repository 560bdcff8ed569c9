"""Lists, numbers and conversions, in the dialects where they differ."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idcode.expressions import Dialect
from idcode.model.values import Ref, Value

from .running import fails, marked, refused, run

MOMENT = datetime(2020, 2, 29, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("call", "values", "result"),
    [
        ('Join([a], ",")', ("x", "y"), "x,y"),
        ("Join([a])", ("x", "y"), "x y"),
        ('Join([a], "")', ("x", "y"), "xy"),
        ("Join([a], NULL)", ("x", "y"), "xy"),
        ('Join([a], ",")', ("x", "", "y"), "x,,y"),
        ('Join([a], ",")', (1, True, Ref("CN=Ada")), "1,True,CN=Ada"),
        ('Join([a], ",")', (), None),
        ("Count([a])", ("x", "x"), 2),
        ("Count([a])", (), 0),
        ("Item([a], 2)", ("x", "y"), "y"),
        ("ItemOrNull([a], 1)", ("x", "y"), "x"),
        ("ItemOrNull([a], 2)", ("x", 5), 5),
        ("ItemOrNull([a], 3)", ("x", "y"), None),
        ("ItemOrNull([a], 0)", ("x", "y"), None),
        ("ItemOrNull([a], -1)", ("x", "y"), None),
        ("ItemOrNull([a], 1)", (), None),
        ('Contains([a], "Y")', ("x", "y"), 0),
        ('Contains([a], "Y", CaseInsensitive)', ("x", "y"), 2),
        ('Contains([a], "Y", CaseSensitive)', ("x", "Y"), 2),
        ('Contains([a], "n=b", CaseInsensitive)', (Ref("CN=B"), Ref("N=B")), 2),
        ('Contains([a], "x")', (), 0),
        ("Contains([a], NULL)", ("x",), 0),
        ("RemoveDuplicates([a])", ("b", "B", "b", "a"), ("b", "B", "a")),
        ("RemoveDuplicates([a])", (), ()),
    ],
)
def test_lists_of_connect(call: str, values: tuple[str, ...], result: Value) -> None:
    assert run(call, "connect", a=values) == result
    if not values:
        assert run(call, "connect") == result


@pytest.mark.parametrize(
    "call",
    [
        'Join([a], ",")',
        "Count([a])",
        "Item([a], 1)",
        "ItemOrNull([a], 1)",
        'Contains([a], "x")',
        "RemoveDuplicates([a])",
    ],
)
def test_connect_asks_for_a_multi_valued_attribute_and_the_others_do_not(call: str) -> None:
    assert "multi-valued attribute is needed" in fails(call, "connect", a="x").message
    assert run(call, "connect", a=("x",)) is not None
    assert run(call, "entra", a="x") is not None


def test_the_arguments_of_join_are_the_other_way_round_in_entra() -> None:
    assert run('Join(",", "a", "b")', "entra") == "a,b"
    assert refused('Join(",", "a", "b")', "connect").code == "wrong-arity"
    assert run('entra.Join(",", "a", "b")', "connect") == "a,b"


@pytest.mark.parametrize(
    ("call", "result"),
    [
        ('Split("a,b,c", ",", 1)', ("a,b,c",)),
        ('Split("a,b,c", ",", 2)', ("a", "b,c")),
        ('Split("a,b,c", ",", 3)', ("a", "b", "c")),
        ('Split("a,b,c", ",", 9)', ("a", "b", "c")),
        ('Split("a,b,c", ",", -1)', ("a", "b", "c")),
        ('Split("a, b", ",")', ("a", " b")),
        ('Split(",a,", ",")', ("", "a", "")),
        ('Split("a::b", "::")', ("a", "b")),
        ('Split("a", ",")', ("a",)),
        ('Split("", ",")', ()),
        ('Split(NULL, ",")', None),
    ],
)
def test_split_of_connect(call: str, result: Value) -> None:
    assert run(call, "connect") == result


def test_split_with_a_limit_is_connects_alone_and_the_limit_is_at_least_one() -> None:
    assert refused('Split("a", ",", 1)', "entra").code == "wrong-arity"
    for limit in (0, -2):
        assert "the limit is at least 1" in fails('Split("a", ",", [n])', "connect", n=limit).message
    assert "delimiter is empty" in fails('Split("a", "")', "connect").message


@given(st.lists(st.text("ab, ", max_size=4), min_size=2, max_size=6), st.sampled_from([",", "::", "\n"]))
def test_joining_undoes_splitting(parts: list[str], delimiter: str) -> None:
    text = delimiter.join(parts)
    if text:
        assert run("Join(Split([a], [d]), [d])", "connect", a=text, d=delimiter) == text


@pytest.mark.parametrize(
    ("text", "number"),
    [("42", 42), ("-5", -5), ("+5", 5), (" 42 ", 42), ("42.50", Decimal("42.50")), ("007", 7), ("0", 0)],
)
def test_a_text_of_digits_is_a_number(text: str, number: int | Decimal) -> None:
    assert run("CNum([a])", "connect", a=text) == number
    assert run("CNum([a])", "connect", a=(text, text)) == (number, number)
    assert run("IsNumeric([a])", "connect", a=text) is True
    assert run("CNum([a]) + 1", "connect", a=text) == number + 1


@pytest.mark.parametrize(
    "text", ["", " ", "12a", "1,000", "1e5", "&HFF", "0x1F", "--1", "1.", ".5", "٣", "1" * 41, "NaN"]
)
def test_another_text_is_no_number(text: str) -> None:
    assert "is not a number" in fails("CNum([a])", "connect", a=text).message
    assert run("IsNumeric([a])", "connect", a=text) is False


def test_numbers_need_no_cnum_and_null_is_none() -> None:
    assert run("CNum([a])", "connect") is None
    assert run("IsNumeric([a])", "connect") is False
    assert "text is needed" in fails("CNum([a])", "connect", a=5).message
    assert refused("CNum(5)", "connect").code == "wrong-type"
    for number in (5, -5, Decimal("1.5"), 0):
        assert run("IsNumeric([a])", "connect", a=number) is True
    for other in (True, b"1", Ref("1"), MOMENT):
        assert run("IsNumeric([a])", "connect", a=other) is False
    assert run("IsNumeric([a])", "connect", a=("1", "x")) == (True, False)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (255, "255"),
        (-1, "-1"),
        (Decimal("2.50"), "2.50"),
        (True, "True"),
        (Ref("CN=Ada"), "CN=Ada"),
        ("x", "x"),
        (None, None),
    ],
)
def test_cstr_writes_numbers_references_and_truth_values(value: Value, text: str | None) -> None:
    assert run("CStr([a])", "connect", a=value) == text
    assert run("CStr([a])", "entra", a=value) == text


def test_cstr_and_cbool_take_a_list_value_by_value_in_connect_and_not_elsewhere() -> None:
    assert run("CStr([a])", "connect", a=(1, 2)) == ("1", "2")
    assert run("CBool([a])", "connect", a=(0, 2)) == (False, True)
    assert "one value is needed" in fails("CStr([a])", "entra", a=(1, 2)).message
    assert "one value is needed" in fails("CBool([a])", "entra", a=(1, 2)).message
    assert "ConvertToBase64" in fails("CStr([a])", "connect", a=b"x").message


@pytest.mark.parametrize(
    ("interval", "number", "moment"),
    [
        ("yyyy", -4, datetime(2016, 2, 29, 12, tzinfo=UTC)),
        ("yyyy", 1, datetime(2021, 2, 28, 12, tzinfo=UTC)),
        ("q", 1, datetime(2020, 5, 29, 12, tzinfo=UTC)),
        ("q", -5, datetime(2018, 11, 29, 12, tzinfo=UTC)),
        ("m", 12, datetime(2021, 2, 28, 12, tzinfo=UTC)),
        ("m", -2, datetime(2019, 12, 29, 12, tzinfo=UTC)),
        ("ww", 1, datetime(2020, 3, 7, 12, tzinfo=UTC)),
        ("d", 1, datetime(2020, 3, 1, 12, tzinfo=UTC)),
        ("y", 1, datetime(2020, 3, 1, 12, tzinfo=UTC)),
        ("w", 3, datetime(2020, 3, 3, 12, tzinfo=UTC)),
        ("h", 13, datetime(2020, 3, 1, 1, tzinfo=UTC)),
        ("n", -721, datetime(2020, 2, 28, 23, 59, tzinfo=UTC)),
        ("s", 0, MOMENT),
    ],
)
def test_dates_move_by_intervals(interval: str, number: int, moment: datetime) -> None:
    assert run(f'DateAdd("{interval}", [n], [d])', "connect", d=MOMENT, n=number) == moment
    assert run(f'DateAdd("{interval}", [n], [d])', "connect", d=(MOMENT, MOMENT), n=number) == (moment, moment)
    assert run(f'DateAdd("{interval}", [n], [d])', "connect", n=number) is None


@pytest.mark.parametrize("interval", ["x", "", "D", "yy", "Q"])
@pytest.mark.parametrize("dialect", ["entra", "connect"])
def test_other_intervals_are_refused_before_and_while_it_runs(interval: str, dialect: Dialect) -> None:
    for call in ('DateAdd("?", 1, [d])', 'DateDiff("?", [d], [d])'):
        expression = call.replace("?", interval)
        assert marked(expression, refused(expression, dialect)) == f'"{interval}"'
        assert "there is no interval" in fails(call.replace('"?"', "[i]"), dialect, d=MOMENT, i=interval).message


@pytest.mark.parametrize("interval", ["q", "y", "w"])
def test_three_intervals_are_connects_alone(interval: str) -> None:
    assert refused(f'DateAdd("{interval}", 1, [d])', "entra").code == "wrong-arguments"
    assert refused(f'DateAdd("{interval}", 1, d)', "mim").code == "wrong-arguments"


@pytest.mark.parametrize(("interval", "number"), [("yyyy", 8000), ("yyyy", -2020), ("d", 10**9), ("q", 10**12)])
def test_dates_do_not_leave_the_calendar(interval: str, number: int) -> None:
    assert "outside the years" in fails(f'DateAdd("{interval}", [n], [d])', "connect", d=MOMENT, n=number).message


def test_a_bare_date_is_its_first_moment_in_connect() -> None:
    assert run('DateAdd("h", 1, [d])', "connect", d=date(2020, 2, 29)) == datetime(2020, 2, 29, 1, tzinfo=UTC)
    assert run("NumFromDate([d])", "connect", d=date(1601, 1, 1)) == 0


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2020-05-01T08:00:00+02:00", datetime(2020, 5, 1, 6, tzinfo=UTC)),
        ("2013-01-10 4:00 PM -8", datetime(2013, 1, 11, tzinfo=UTC)),
        ("12/25/2007", datetime(2007, 12, 25, tzinfo=UTC)),
    ],
)
def test_connect_reads_a_date_from_text_only(text: str, moment: datetime) -> None:
    assert run("CDate([a])", "connect", a=text) == moment
    assert run("CDate([a])", "connect", a=(text, text)) == (moment, moment)
    assert run("IsDate([a])", "connect", a=text) is True


@pytest.mark.parametrize("text", ["", "hello", "2013-13-01", "31.12.2013", "20130110"])
def test_what_cdate_cannot_read_is_no_date(text: str) -> None:
    assert "is not a date" in fails("CDate([a])", "connect", a=text).message
    assert run("IsDate([a])", "connect", a=text) is False


def test_isdate_of_other_values() -> None:
    assert run("IsDate([a])", "connect", a=MOMENT) is True
    assert run("IsDate([a])", "connect", a=date(2020, 2, 29)) is True
    for other in (None, (), 20130110, True, b"x", Ref("2020-01-01")):
        assert run("IsDate([a])", "connect", a=other) in (False, ())
    assert run("IsDate([a])", "connect", a=("2020-01-01", "x")) == (True, False)


@pytest.mark.parametrize(
    "call",
    ["CDate([a])", 'DateAdd("d", 1, [a])', "NumFromDate([a])", "DateFromNum([a])", 'FormatDateTime([a], "yyyy")'],
)
def test_connect_converts_no_dates_by_itself(call: str) -> None:
    wrong: Value = MOMENT if call in ("CDate([a])", "DateFromNum([a])") else "2020-02-29"
    assert " is needed, not " in fails(call, "connect", a=wrong).message


def test_file_times_go_to_and_fro() -> None:
    assert run("DateFromNum([n])", "connect", n=130543784930000000) == datetime(2014, 9, 5, 8, 14, 53, tzinfo=UTC)
    assert run("NumFromDate(DateFromNum([n]))", "connect", n=130543784930000010) == 130543784930000010
