"""Laws that hold for every text and every value."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idcode.expressions import Environment, EvaluationError, ExpressionError, compile_expression, compile_rule
from idcode.expressions.functions.registry import TABLE
from idcode.expressions.moments import moment_text, read_moment
from idcode.expressions.operators import equals, greater, less
from idcode.model.values import Ref, Result, Scalar, Special

from .running import NOW, run

MOMENTS = st.datetimes(min_value=datetime(1, 1, 2), max_value=datetime(9999, 12, 30)).map(
    lambda moment: moment.replace(microsecond=0, tzinfo=UTC)
)
SCALARS: st.SearchStrategy[Scalar] = st.one_of(
    st.text(max_size=20),
    st.sampled_from(["", "5", "-3.5", "true", "2026-03-01", "d", "yyyy", "UTF8", ",", "9" * 30]),
    st.integers(),
    st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=-(10**12), max_value=10**12),
    st.booleans(),
    MOMENTS,
    st.dates(),
    st.binary(max_size=8),
    st.builds(Ref, st.text(max_size=8)),
)
VALUES: st.SearchStrategy[Result] = st.one_of(
    st.none(), SCALARS, st.lists(SCALARS, max_size=3).map(tuple), st.sampled_from(Special)
)
WORDS = """
    ( ) , [a] [b ] "x" " \\ 1 2.5 - + & && || = <> <= < True NULL IgnoreThisFlow UTF8 &HF x
    Trim( IIF( Switch( SelectUniqueValue( Now()
"""
TOKENS = st.sampled_from(WORDS.split())


@given(st.one_of(st.text(max_size=60), st.lists(TOKENS, max_size=25).map(" ".join)))
def test_any_text_compiles_or_is_refused_at_a_place_within_it(text: str) -> None:
    error = _error_of(text)
    if error is not None:
        assert 0 <= error.offset <= len(text)
        assert error.offset + error.length <= max(len(text), 1)
        assert error.message


def _error_of(text: str) -> ExpressionError | None:
    try:
        compile_expression(text)
    except ExpressionError as error:
        return error
    return None


FUNCTIONS = sorted({(name, dialect) for name, dialect in TABLE})


@given(st.sampled_from(FUNCTIONS), st.lists(VALUES, max_size=7), st.integers(0, 7))
def test_a_function_gives_a_value_or_says_why_not(key: tuple[str, str], arguments: list[Result], omitted: int) -> None:
    name, dialect = key
    written = ", ".join("" if index == omitted else f"[v{index}]" for index in range(len(arguments)))
    values = {f"v{index}": value for index, value in enumerate(arguments)}
    try:
        program = compile_expression(f"{name}({written})", dialect=dialect)  # type: ignore[arg-type]
        result = program(Environment(values, now=NOW))
    except (ExpressionError, EvaluationError):
        return
    assert result is None or isinstance(
        result, str | int | Decimal | bool | datetime | date | bytes | Ref | tuple | Special
    )
    assert result is not Special.UNKNOWN


@given(SCALARS, SCALARS)
def test_two_values_are_equal_or_different_and_never_both_ordered_and_equal(one: Scalar, other: Scalar) -> None:
    assert equals(one, other) is equals(other, one)
    try:
        smaller, larger = less(one, other), greater(one, other)
    except EvaluationError:
        return
    assert [smaller, larger, equals(one, other)].count(True) == 1


@given(SCALARS)
def test_every_value_equals_itself(value: Scalar) -> None:
    assert equals(value, value)


@given(MOMENTS)
def test_the_text_form_of_a_moment_reads_back(moment: datetime) -> None:
    assert read_moment(moment_text(moment)) == moment
    assert (
        run("NumFromDate(DateFromNum([n]))", n=(moment - datetime(1601, 1, 1, tzinfo=UTC)).days * 864 * 10**9)
        is not None
    )


@given(st.text(max_size=30))
def test_a_text_literal_is_the_text_that_was_escaped(text: str) -> None:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    assert run(f'"{escaped}"') == text


@given(st.text(max_size=30))
def test_base64_reads_back(text: str) -> None:
    assert run("ConvertFromBase64(ConvertToBase64([t]))", t=text) == text


@given(st.lists(st.sampled_from([True, False, Special.UNKNOWN]), min_size=3, max_size=3), st.sampled_from(["&&", "||"]))
def test_logic_with_unknown_operands_does_not_depend_on_their_order(operands: list[Result], operator: str) -> None:
    def outcome(order: list[Result]) -> object:
        values = dict(zip("abc", order, strict=True))
        try:
            return run(f"[a] {operator} [b] {operator} [c]", **values)
        except EvaluationError:
            return Special.UNKNOWN

    assert outcome(operands) == outcome(operands[::-1]) == outcome(operands[1:] + operands[:1])


@given(st.dictionaries(st.sampled_from("abc"), VALUES))
def test_a_rule_gives_what_its_flows_give_alone(values: dict[str, Result]) -> None:
    texts = ["[a]", "Trim([b])", '[a] = "x" && [b] <> [c]', "Join([a], [b], [c])", "SelectUniqueValue([a], [b], [c])"]
    flows = {text: compile_expression(text) for text in texts}
    environment = Environment(values, now=NOW)
    together = compile_rule(flows)(environment)
    for text, program in flows.items():
        got = together[text]
        if isinstance(got, EvaluationError):
            with pytest.raises(EvaluationError) as caught:
                program(environment)
            assert caught.value.message == got.message
        else:
            assert program(environment) == got
