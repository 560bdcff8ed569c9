"""Random values: as asked for, different from each other, and the same ones in every plan."""

from __future__ import annotations

import string
import uuid

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from idcode.expressions import Environment, compile_expression, compile_rule
from idcode.model.values import Result

from .running import NOW, fails, marked, refused, run

SPECIAL = set(string.punctuation)


def drawn(expression: str, seed: str) -> Result:
    return compile_expression(expression)(Environment({}, now=NOW, seed=seed))


def test_a_guid_is_a_random_one_in_lower_case_without_braces() -> None:
    found = drawn("Guid()", "person:E1001")
    assert isinstance(found, str)
    assert str(uuid.UUID(found)) == found
    assert uuid.UUID(found).version == 4


@pytest.mark.parametrize("call", ["Guid()", "RandomNum(1, 1000000000)", "RandomString(12, 0, 0, 0, 0)"])
def test_every_call_draws_anew_and_every_plan_draws_the_same(call: str) -> None:
    both = f'Join(" ", {call}, {call})'
    found = drawn(both, "person:E1001")
    assert isinstance(found, str)
    one, other = found.split()
    assert one != other
    assert drawn(both, "person:E1001") == found
    assert drawn(both, "person:E1002") != found


def test_attributes_of_one_person_get_values_of_their_own_that_no_other_flow_changes() -> None:
    def results(**flows: str) -> dict[str, object]:
        rule = compile_rule({name: compile_expression(text) for name, text in flows.items()})
        return dict(rule(Environment({"x": "yes"}, now=NOW, seed="person:E1001")))

    both = results(a="Guid()", b="Guid()")
    assert both["a"] != both["b"]
    assert results(b="Guid()")["b"] == both["b"]
    assert results(a='IIF([x] = "yes" && True, Guid(), "")', c="RandomNum(1, 9)", b="Guid()") | {"c": 0} == {
        **both,
        "c": 0,
    }
    assert results(a="SelectUniqueValue(Guid(), Guid())")["a"] == both["a"]


@given(st.integers(-50, 50), st.integers(0, 50), st.text())
def test_a_random_number_lies_between_its_limits(start: int, span: int, seed: str) -> None:
    found = drawn(f"RandomNum({start}, {start + span})", seed)
    assert isinstance(found, int)
    assert start <= found <= start + span


def test_both_limits_occur() -> None:
    assert {drawn("RandomNum(1, 3)", str(seed)) for seed in range(100)} == {1, 2, 3}


def test_reversed_limits_are_an_error() -> None:
    assert "greater than end" in fails("RandomNum(2, 1)").message


def kinds(text: str) -> tuple[int, int, int, int]:
    return (
        sum(c in string.digits for c in text),
        sum(c in SPECIAL for c in text),
        sum(c in string.ascii_uppercase for c in text),
        sum(c in string.ascii_lowercase for c in text),
    )


@given(
    least=st.tuples(*[st.integers(0, 6)] * 4), more=st.integers(0, 6), avoid=st.text(string.ascii_letters[:20] + "?,;")
)
def test_a_random_text_has_what_is_asked_for_and_nothing_to_avoid(
    least: tuple[int, int, int, int], more: int, avoid: str
) -> None:
    length = sum(least) + more
    assume(length)
    found = drawn(f'RandomString({length}, {", ".join(map(str, least))}, "{avoid}")', "person:E1001")
    assert isinstance(found, str)
    assert len(found) == sum(kinds(found)) == length
    assert all(got >= wanted for got, wanted in zip(kinds(found), least, strict=True))
    assert not set(found) & set(avoid)


def test_the_rest_of_a_random_text_is_of_the_kinds_that_are_asked_for() -> None:
    for seed in range(30):
        found = drawn("RandomString(40, 3, 0, 0, 3)", str(seed))
        assert isinstance(found, str)
        assert set(found) <= set(string.digits + string.ascii_lowercase)
        plain = drawn("RandomString(40, 0, 0, 0, 0)", str(seed))
        assert isinstance(plain, str)
        assert plain.isalnum()


def test_a_random_text_may_be_as_long_as_256() -> None:
    assert len(str(drawn("RandomString(256, 1, 1, 1, 1)", ""))) == 256
    assert drawn("RandomString(0, 0, 0, 0, 0)", "") == ""


@pytest.mark.parametrize(
    ("call", "place", "reason"),
    [
        ("RandomString(257, 0, 0, 0, 0)", "257", "at most 256"),
        ("RandomString(4, 3, 0, 2, 0)", "4", "cannot hold the 5"),
        ("RandomString(4, -1, 0, 2, 0)", "RandomString(4, -1, 0, 2, 0)", "negative"),
    ],
)
def test_what_cannot_be_drawn_is_found_before_it_runs(call: str, place: str, reason: str) -> None:
    error = refused(call)
    assert reason in error.message
    assert marked(call, error) == place


def test_what_cannot_be_drawn_is_an_error() -> None:
    assert "at most 256" in fails("RandomString([n], 0, 0, 0, 0)", n=257).message
    assert "cannot hold the 5" in fails("RandomString([n], 3, 0, 2, 0)", n=4).message
    assert "negative" in fails("RandomString([n], 0, 0, 0, 0)", n=-1).message
    assert "to be avoided" in fails('RandomString(4, 1, 0, 0, 0, "0123456789")').message


def test_numbers_may_come_as_digits() -> None:
    assert len(str(run('RandomString("6", "3", 0, 0, 3)'))) == 6
