"""Mail addresses: one primary, nobody else's address touched, and nothing left to do afterwards."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from idcode.sync.flows import mail_changes

ADDRESS = st.sampled_from(["ada@x.example", "ADA@X.example", "bo@x.example", "cy@x.example", "di@x.example"])
HELD = st.builds(
    lambda prefix, address: f"{prefix}:{address}", st.sampled_from(["SMTP", "smtp", "SIP", "X500", "sip"]), ADDRESS
)


def after(held: list[str], add: list[str], remove: list[str]) -> list[str]:
    return [value for value in held if value not in remove] + add


def distinct(values: list[str]) -> list[str]:
    """What a directory would hold: no address twice under one prefix, whatever its letter case."""
    seen: dict[tuple[str, str], str] = {}
    for value in values:
        prefix, _, address = value.partition(":")
        seen.setdefault((prefix, address.lower()), value)
    return list(seen.values())


@given(st.lists(HELD, max_size=6).map(distinct), ADDRESS, st.lists(ADDRESS, max_size=3), st.booleans())
def test_there_is_one_primary_afterwards_and_the_second_time_there_is_nothing_to_do(
    held: list[str], primary: str, aliases: list[str], demote: bool
) -> None:
    result = after(held, *mail_changes(held, primary, aliases, demote=demote))
    primaries = [value for value in result if value.startswith("SMTP:")]
    assert [value[5:].lower() for value in primaries] == [primary.lower()]
    assert {v for v in held if not v.lower().startswith("smtp:")} <= set(result), "other prefixes are never touched"
    addresses = [value[5:].lower() for value in result if value.lower().startswith("smtp:")]
    assert len(addresses) == len(set(addresses)), "no address stands twice"
    assert {alias.lower() for alias in aliases} <= set(addresses)
    assert mail_changes(result, primary, aliases, demote=demote) == ([], [])


@given(st.lists(HELD, max_size=6).map(distinct), ADDRESS)
def test_a_demoted_primary_still_receives_mail(held: list[str], primary: str) -> None:
    result = after(held, *mail_changes(held, primary, [], demote=True))
    before = {value[5:].lower() for value in held if value.lower().startswith("smtp:")}
    assert before <= {value[5:].lower() for value in result if value.lower().startswith("smtp:")}


@given(st.lists(HELD, max_size=6).map(distinct))
def test_without_a_primary_the_present_one_stays(held: list[str]) -> None:
    assert mail_changes(held, "", [], demote=True) == ([], [])
