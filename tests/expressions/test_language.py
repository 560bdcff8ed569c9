"""The language itself: literals, attributes, operators, and what null and unknown do."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from idcode.expressions import UnknownValueError
from idcode.model.values import Ref, Special, Value

from .running import NOW, fails, run

UNKNOWN = Special.UNKNOWN


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ('"text"', "text"),
        (r'"say \"hi\""', 'say "hi"'),
        (r'"a\\b"', r"a\b"),
        (r'"\+\d"', r"\+\d"),
        ('""', ""),
        ("42", 42),
        ("42.50", Decimal("42.50")),
        ("-7", -7),
        ("&HFF", 255),
        ("True", True),
        ("False", False),
        ("NULL", None),
        ("AuthoritativeNull", Special.AUTHORITATIVE_NULL),
        ("IgnoreThisFlow", Special.ABSENT),
        ("IgnoreAttributeFlow", Special.ABSENT),
        ("IgnoreObjectFlow", Special.IGNORE_OBJECT),
    ],
)
def test_a_literal_is_its_value(expression: str, value: object) -> None:
    assert run(expression) == value
    assert type(run(expression)) is type(value)


@pytest.mark.parametrize(
    "name",
    ["title", "object.title", "urn:ietf:params:scim:2.0:User:title", "First Name", 'emails[type eq "work"].value'],
)
def test_attribute_names_may_hold_colons_dots_blanks_and_a_filter(name: str) -> None:
    assert run(f"[{name}]", **{name: "x"}) == "x"


def test_blanks_and_line_breaks_between_tokens_are_free() -> None:
    assert run('\n Join (\n\t" ",\r\n [a]\n, [b] ) ', a="x", b="y") == "x y"


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("2 + 3 * 4", 20),
        ("2 + (3 * 4)", 14),
        ("10 - 3 - 2", 5),
        ("10 - (3 - 2)", 9),
        ("5 -3", 2),
        ("6 / 2", 3),
        ("7 / 2", Decimal("3.5")),
        ("- -5", 5),
        ("1 + 1 = 2", True),
        ('"a" & "b" = "ab"', True),
        ("True || False && False", False),
        ("True || (False && False)", True),
        ('[a] = "x" && [b] = "y" || [b] = "z"', True),
    ],
)
def test_operators_bind_in_three_tiers_and_left_to_right(expression: str, value: object) -> None:
    assert run(expression, a="no", b="z") == value


def test_joining_takes_any_value_as_text_and_null_as_empty() -> None:
    assert (
        run('"a" & 1 & True & NULL & [d] & [r]', d=date(2026, 3, 1), r=Ref("person:E1")) == "a1True2026-03-01person:E1"
    )


@pytest.mark.parametrize(
    ("left", "operator", "right", "holds"),
    [
        ("x", "=", "x", True),
        ("x", "=", "X", False),
        ("x", "<>", "X", True),
        (None, "=", None, True),
        (None, "=", "", False),
        (None, "<>", "x", True),
        (None, "<>", None, False),
        (None, "<", 5, False),
        (None, ">=", 5, False),
        (5, "=", "5", True),
        ("9", "<", 10, True),
        ("9", "<", "10", False),
        (Decimal("1.50"), "=", "1.5", True),
        (5, "=", "five", False),
        (True, "=", "true", True),
        (True, "=", "no", False),
        (date(2026, 1, 2), ">", "2026-01-01", True),
        (NOW, "=", "3/1/2026 12:30:00 PM", True),
        (date(2026, 3, 1), "<", NOW, True),
        (Ref("person:E1"), "=", "person:E1", True),
        (b"\x01", "=", b"\x01", True),
        (b"x", "=", "x", False),
        (("x",), "=", "x", True),
        ((), "=", None, True),
        (("x", "y"), "=", ("x", "y"), True),
    ],
)
def test_comparison(left: Value, operator: str, right: Value, holds: bool) -> None:
    assert run(f"[a] {operator} [b]", a=left, b=right) is holds


@pytest.mark.parametrize(
    ("expression", "values", "reason"),
    [
        ('[a] < "x"', {"a": True}, "have no order"),
        ("[a] < 5", {"a": "five"}, "have no order"),
        ("[a] < 5", {"a": b"x"}, "binary data"),
        ('[a] = "x"', {"a": ("x", "y")}, "one value is needed and there are 2"),
        ("[a] + 1", {"a": "x"}, "a number is needed"),
        ("[a] + 1", {}, "there is no value"),
        ("1 / [a]", {"a": 0}, "division by zero"),
        ("[a] * [a] * [a]", {"a": 10**30}, "too large"),
        ("[a] < 5", {"a": Decimal("NaN")}, "too large"),
        ("BitAnd([a], 1)", {"a": Decimal("1E+999999")}, "too large"),
        ('[a] & ""', {"a": b"x"}, "not binary data"),
        ("[a] && True", {"a": "perhaps"}, "True or False is needed"),
        ("Left([a], [n])", {"a": "x", "n": "1.5"}, "count of Left: a whole number is needed"),
    ],
)
def test_a_value_that_cannot_be_computed_says_why(expression: str, values: dict[str, Value], reason: str) -> None:
    assert reason in fails(expression, **values).message


def test_an_attribute_that_is_not_there_is_null() -> None:
    assert run("[a]") is None
    assert run("IsNull([a])", a=Special.ABSENT) is True


def test_a_condition_takes_truth_values_their_texts_and_null() -> None:
    assert [run("IIF([a], 1, 2)", a=value) for value in (True, "true", "FALSE", None)] == [1, 1, 2, 2]


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("[u] && False", False),
        ("False && [u]", False),
        ("[u] || True", True),
        ("True || [u]", True),
        ('[u] = "x" && [a] = "y"', False),
        ('IIF([u] = "x" || True, "yes", "no")', "yes"),
        ('Join(" ", "so", [u] && False)', "so False"),
        ("(([u] && True) || True) && True", True),
    ],
)
def test_an_unknown_operand_does_not_matter_where_another_decides(expression: str, value: object) -> None:
    assert run(expression, u=UNKNOWN, a="x") == value


@pytest.mark.parametrize(
    "expression",
    ["[u]", "Trim([u])", "[u] && True", "True && [u]", "[u] || False", "Not([u] && True)", "IsNull([u])", '[u] <> "x"'],
)
def test_what_needs_an_unknown_value_is_unknown(expression: str) -> None:
    error = fails(expression, u=UNKNOWN)
    assert isinstance(error, UnknownValueError)
    assert error.attribute == "u"


def test_a_failed_operand_is_strict_and_the_left_one_speaks_first() -> None:
    assert "stop" in fails('Error("stop") && False').message
    assert run('False && Error("stop")') is False
    assert isinstance(fails('[u] && Error("stop")', u=UNKNOWN), UnknownValueError)
    assert "stop" in fails('Error("stop") && [u]', u=UNKNOWN).message


@pytest.mark.parametrize(
    "expression",
    [
        'IIF(True, "x", Error("no"))',
        'IIF(False, Error("no"), "x")',
        'Switch("a", Error("no"), "a", "x", "b", Error("no"))',
        'Switch("q", "x", "a", Error("no"))',
        'Coalesce(NULL, "x", Error("no"))',
        'SelectUniqueValue("x", Error("no"))',
    ],
)
def test_only_the_chosen_value_is_evaluated(expression: str) -> None:
    assert run(expression) == "x"


def test_a_long_list_of_alternatives_is_not_deep() -> None:
    alternatives = " || ".join(f'[d] = "{number}"' for number in range(600))
    assert run(alternatives, d="599") is True
    assert run(alternatives, d="x") is False
