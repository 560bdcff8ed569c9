"""Where an object is after the moves of a run."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from idcode.apply.names import Renames
from idcode.model import dn

BASE = "DC=corp"
names = st.lists(st.sampled_from("abc"), min_size=1, max_size=3).map(lambda parts: dn.under(BASE, tuple(parts)))


@given(names, st.lists(st.tuples(names, names), max_size=6))
def test_the_present_name_is_the_one_that_the_moves_in_order_give(start: str, moves: list[tuple[str, str]]) -> None:
    renames, expected = Renames(), dn.parse(start)
    for old, new in moves:
        renames.add(old, new)
        if dn.is_under(dn.build(expected), old):
            expected = expected[: len(expected) - len(dn.parse(old))] + dn.parse(new)
    assert dn.key(renames.now(start)) == dn.key(dn.build(expected))


def test_a_swap_of_two_names_through_a_third_one_ends_where_it_should() -> None:
    renames = Renames()
    for old, new in (("OU=a", "OU=t"), ("OU=b", "OU=a"), ("OU=t", "OU=b")):
        renames.add(f"{old},{BASE}", f"{new},{BASE}")
    assert renames.now(f"CN=x,OU=a,{BASE}") == f"CN=x,OU=b,{BASE}"
    assert renames.now(f"CN=x,OU=b,{BASE}") == f"CN=x,OU=a,{BASE}"


def test_what_is_no_dn_stays_as_it_is() -> None:
    renames = Renames.single(f"OU=a,{BASE}", f"OU=b,{BASE}")
    for text in ("", "8c5c1d3e-0000-0000-0000-000000000000", "person:E1", "a=", f"CN=a+b,{BASE}"):
        assert renames.now(text) == text
