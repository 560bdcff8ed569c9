"""Values compare as the directory compares them, so that nothing drifts and nothing real is missed."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idcode.model.canonical import digest, dumps
from idcode.model.schema import Kind
from idcode.model.syntax import key, same
from idcode.model.values import Ref, Scalar, from_json, to_json

SCALARS = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.binary(max_size=20),
    st.dates(),
    st.datetimes(timezones=st.just(UTC)),
    st.builds(Ref, st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)),
)


@given(st.lists(SCALARS, max_size=5))
def test_values_survive_json(values: list[Scalar]) -> None:
    assert from_json(to_json(tuple(values))) == tuple(values)


@given(st.lists(st.text(max_size=8), max_size=6), st.randoms())
def test_order_and_repetition_do_not_count(values: list[str], random: object) -> None:
    shuffled = list(values) + values[:1]
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert same(values, shuffled, Kind.TEXT)


@pytest.mark.parametrize(
    ("kind", "left", "right"),
    [
        (Kind.TEXT, "ANNA", "anna"),
        (Kind.INTEGER, "007", 7),
        (Kind.BOOLEAN, "TRUE", True),
        (Kind.TIME, "20260301120000.0Z", datetime(2026, 3, 1, 12, tzinfo=UTC)),
        (Kind.TIME, "2026-03-01", date(2026, 3, 1)),
        (Kind.FILETIME, 0, 2**63 - 1),
        (Kind.FILETIME, "133537248000000000", datetime(2024, 3, 1, tzinfo=UTC)),
        (Kind.ADDRESS, "smtp:A@X.example", "smtp:a@x.EXAMPLE"),
        (Kind.GUID, "{8C5C1D3E-0000-0000-0000-000000000000}", "8c5c1d3e-0000-0000-0000-000000000000"),
        (Kind.REFERENCE, Ref("CN=Ada,DC=x"), "cn=ada, dc=X"),
    ],
)
def test_forms_of_one_value_are_no_drift(kind: Kind, left: Scalar, right: Scalar) -> None:
    assert key(left, kind) == key(right, kind)


@pytest.mark.parametrize(
    ("kind", "left", "right"),
    [
        (Kind.TEXT, "Strauß", "Strauss"),
        (Kind.TEXT, "a", "a "),
        (Kind.EXACT, "a", "A"),
        (Kind.ADDRESS, "SMTP:a@x.example", "smtp:a@x.example"),
        (Kind.FILETIME, 0, 133537248000000000),
        (Kind.REFERENCE, Ref("CN=Ada,DC=x"), Ref("CN=Ada,OU=y,DC=x")),
    ],
)
def test_values_that_differ_for_people_differ(kind: Kind, left: Scalar, right: Scalar) -> None:
    assert key(left, kind) != key(right, kind)


@pytest.mark.parametrize("never", [0, -1, 2**63 - 1])
def test_an_account_that_never_expires_is_as_one_without_an_end(never: int) -> None:
    assert same((), (never,), Kind.FILETIME)


@given(SCALARS, st.sampled_from(list(Kind)))
def test_no_value_breaks_a_comparison(value: Scalar, kind: Kind) -> None:
    assert key(value, kind) == key(value, kind)


def test_canonical_json_sorts_by_utf_16_and_refuses_floats() -> None:
    assert (
        dumps({"\U0001f600": 1, "\ufb01": 2, "a": [True, None]})
        == '{"a":[true,null],"\U0001f600":1,"\ufb01":2}'.encode()
    )
    assert digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1})
    with pytest.raises(ValueError):
        dumps(1.5)
