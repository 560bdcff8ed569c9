"""Values between plan and wire, security descriptors, ranges and filters: no server needed, except where marked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idcode.directories.ad import filters, problems, security, values
from idcode.directories.ad.directory import AdDirectory
from idcode.directories.ad.entries import complete_ranges, group_type, group_words
from idcode.directories.ad.operations import Answer, Entry, Result, Session
from idcode.model.errors import DirectoryError
from idcode.model.schema import Kind
from idcode.model.values import Ref, Scalar
from tests.ad.support import create, delta, group, user
from tests.lab import Domain

BY_KIND: dict[Kind, st.SearchStrategy[Scalar]] = {
    Kind.TEXT: st.text(st.characters(exclude_categories=("Cs",)), min_size=1),
    Kind.INTEGER: st.integers(-(2**63), 2**63 - 1),
    Kind.FILETIME: st.integers(-(2**63), 2**63 - 1),
    Kind.BOOLEAN: st.booleans(),
    Kind.TIME: st.datetimes(datetime(1601, 1, 1), datetime(9999, 12, 31)).map(
        lambda moment: moment.replace(microsecond=0, tzinfo=UTC)
    ),
    Kind.BINARY: st.binary(min_size=1),
    Kind.GUID: st.uuids().map(str),
    Kind.SID: st.lists(st.integers(0, 2**32 - 1), max_size=15).map(
        lambda parts: "S-1-5" + "".join(f"-{part}" for part in parts)
    ),
}


@pytest.mark.parametrize("kind", BY_KIND, ids=str)
@given(data=st.data())
def test_a_value_comes_back_from_the_wire_as_it_was(kind: Kind, data: st.DataObject) -> None:
    value = data.draw(BY_KIND[kind])
    assert values.decode(values.encode(value, kind), kind) == value


@pytest.mark.parametrize(
    ("value", "kind", "raw"),
    [
        ("true", Kind.BOOLEAN, b"TRUE"),
        (False, Kind.BOOLEAN, b"FALSE"),
        (" 007 ", Kind.INTEGER, b"7"),
        (date(2027, 3, 31), Kind.TIME, b"20270331000000.0Z"),
        (datetime(1601, 1, 2, tzinfo=UTC), Kind.FILETIME, b"864000000000"),
        (Ref("8c5c1d3e-0000-4000-8000-0123456789ab"), Kind.REFERENCE, b"<GUID=8c5c1d3e-0000-4000-8000-0123456789ab>"),
        (Ref("CN=Ada,DC=x"), Kind.REFERENCE, b"CN=Ada,DC=x"),
        (5, Kind.TEXT, b"5"),
    ],
)
def test_values_are_written_as_the_directory_wants_them(value: Scalar, kind: Kind, raw: bytes) -> None:
    assert values.encode(value, kind) == raw


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("", Kind.TEXT),
        ("\ud800", Kind.TEXT),
        ("maybe", Kind.BOOLEAN),
        ("1.5", Kind.INTEGER),
        ("", Kind.INTEGER),
        ("tomorrow", Kind.TIME),
        ("tomorrow", Kind.FILETIME),
        (2**63, Kind.FILETIME),
        ("text", Kind.BINARY),
        (b"", Kind.BINARY),
        ("S-1", Kind.SID),
        ("S-1-5-4294967296", Kind.SID),
        ("not-a-guid", Kind.GUID),
        (Ref("person:E1"), Kind.REFERENCE),
    ],
)
def test_what_the_directory_would_refuse_is_refused_first(value: Scalar, kind: Kind) -> None:
    with pytest.raises(ValueError, match=r"."):
        values.encode(value, kind)


def test_what_is_not_of_its_kind_is_read_as_text() -> None:
    assert values.decode(b"maybe", Kind.BOOLEAN) == "maybe"
    assert values.decode(b"\xff", Kind.TEXT) == b"\xff"
    assert values.decode(b"990131120000Z", Kind.TIME) == datetime(1999, 1, 31, 12, tzinfo=UTC)
    assert values.decode(b"20270331120000.5Z", Kind.TIME) == datetime(2027, 3, 31, 12, 0, 0, 500000, tzinfo=UTC)


@given(st.sampled_from(["security", "distribution"]), st.sampled_from(["global", "universal", "domain_local"]))
def test_group_types_and_words_mean_the_same(category: str, scope: str) -> None:
    number = group_type(category, scope)
    assert -(2**31) <= number < 2**31
    assert group_words(number) == (category, scope)


EXPLICIT = st.builds(
    security.Ace,
    type=st.sampled_from([0, 1, 5]),
    flags=st.sampled_from([0, 2, 0x10, 0x12]),
    body=st.tuples(st.integers(0, 2**32 - 1), st.sampled_from([security.EVERYONE, values.sid_bytes("S-1-5-18")])).map(
        lambda pair: pair[0].to_bytes(4, "little") + pair[1]
    ),
)
DESCRIPTORS = st.builds(
    security.Descriptor,
    revision=st.just(1),
    control=st.sampled_from([0x8004, 0x8404, 0x9404]),
    owner=st.sampled_from([b"", values.sid_bytes("S-1-5-21-1-2-3-512")]),
    group=st.sampled_from([b"", values.sid_bytes("S-1-5-21-1-2-3-513")]),
    sacl=st.just(b""),
    dacl=st.lists(EXPLICIT, max_size=6).map(tuple),
)


@given(DESCRIPTORS)
def test_a_descriptor_is_written_as_it_was_read(descriptor: security.Descriptor) -> None:
    raw = descriptor.build()
    assert security.Descriptor.parse(raw) == descriptor
    assert security.Descriptor.parse(raw).build() == raw


@given(DESCRIPTORS)
def test_protection_can_be_put_on_and_taken_off(descriptor: security.Descriptor) -> None:
    on = descriptor.deny_everyone(security.PROTECTION)
    assert security.is_protected(on.build())
    assert on.deny_everyone(security.PROTECTION) == on
    off = on.lift_denial(security.PROTECTION)
    assert not security.is_protected(off.build())
    others = [ace for ace in descriptor.dacl or () if not ace.denies_everyone]
    assert [ace for ace in off.dacl or () if not ace.denies_everyone] == others


def test_taking_protection_off_leaves_other_denials() -> None:
    both = security.PROTECTION | security.DELETE_CHILD
    descriptor = security.Descriptor(1, 0x8004, b"", b"", b"", ()).deny_everyone(both)
    left = descriptor.lift_denial(security.PROTECTION)
    assert left.denies_everyone(security.DELETE_CHILD)
    assert not left.denies_everyone(security.PROTECTION)


@pytest.mark.parametrize(
    "raw", [b"", b"\x01\x00\x04\x80", bytes(19), b"\x01\x00\x04\x80" + bytes(12) + b"\xff\x00\x00\x00"]
)
def test_a_damaged_descriptor_is_said(raw: bytes) -> None:
    with pytest.raises(ValueError, match="damaged"):
        security.Descriptor.parse(raw)


GUID = values.guid_bytes("8c5c1d3e-0000-4000-8000-0123456789ab")


class _Ranged(Session):
    """Answers like Microsoft's servers, which give at most ``limit`` values at a time."""

    def __init__(self, members: Sequence[bytes], limit: int, broken: bool = False) -> None:
        self.members, self.limit, self.broken = members, limit, broken

    def search(self, base: str, *_: Any, attributes: Any = (), **more: Any) -> Answer:
        assert base == "<GUID=8c5c1d3e-0000-4000-8000-0123456789ab>"
        if self.broken:
            return Answer((), Result(32, ""), None)
        (asked,) = attributes
        start = int(asked.partition("=")[2].partition("-")[0])
        return Answer((Entry("CN=team", part(self.members, start, self.limit)),), Result(0, ""), None)


def part(members: Sequence[bytes], start: int, limit: int) -> dict[str, Sequence[bytes]]:
    some = members[start : start + limit]
    last = "*" if start + limit >= len(members) else str(start + limit - 1)
    return {"objectGUID": [GUID], "member": [], f"member;range={start}-{last}": some}


@given(count=st.integers(1, 40), limit=st.integers(1, 15))
def test_ranged_values_are_followed_to_their_end(count: int, limit: int) -> None:
    members = [f"CN={number}".encode() for number in range(count)]
    whole = complete_ranges(_Ranged(members, limit), Entry("CN=team", part(members, 0, limit)))
    assert whole.values["member"] == members
    assert not any(";range=" in name for name in whole.values)


def test_a_range_that_does_not_come_is_an_error_not_a_short_list() -> None:
    members = [b"CN=1", b"CN=2", b"CN=3"]
    with pytest.raises(DirectoryError, match="could not be read to the end"):
        complete_ranges(_Ranged(members, 2, broken=True), Entry("CN=team", part(members, 0, 2)))


@pytest.mark.ad
def test_ranges_of_a_real_server_are_followed(corp: AdDirectory, domain: Domain) -> None:
    people = [create(corp, user(domain, f"P{number}")) for number in range(7)]
    anchor = create(corp, group(domain, "team", member=delta(tuple(map(Ref, people)))))
    session = corp._session
    answer = session.search(f"<GUID={anchor}>", attributes=["objectGUID", "member;range=0-2"], scope="base")
    assert "member;range=0-2" in answer.entries[0].values
    assert len(complete_ranges(session, answer.entries[0]).values["member"]) == 7


@given(st.binary(max_size=30))
def test_escaped_filter_values_hold_no_filter_syntax(raw: bytes) -> None:
    assert not set(values.escape_filter(raw)) & set("()*\0&|!=")


def test_simple_filters_may_be_written_without_parentheses() -> None:
    assert filters.parenthesised("employeeID=*") == "(employeeID=*)"
    assert filters.parenthesised(" (a=b) ") == "(a=b)"


@pytest.mark.parametrize(
    ("message", "said"),
    [
        (
            "80090308: LdapErr: DSID-0C0903A9, comment: AcceptSecurityContext error, data 52e, v1db1",
            "password is wrong",
        ),
        ("80090308: LdapErr: DSID-0C090447, comment: AcceptSecurityContext error, data 775, v3839\0", "locked out"),
        ("80090308: LdapErr: DSID-0C090447, comment: AcceptSecurityContext error, data 532, v3839", "expired"),
        ("something else\n\0", "something else"),
    ],
)
def test_bind_failures_are_explained(message: str, said: str) -> None:
    assert said in problems.bind_problem(message)[0]


def test_policy_refusals_of_both_servers_are_recognised() -> None:
    assert problems.is_password_policy(19, "0000052D: Constraint violation - check_password_restrictions: …")
    assert problems.is_password_policy(
        53, "0000052D: SvcErr: DSID-031A12D2, problem 5003 (WILL_NOT_PERFORM), data 0\n\0"
    )
    assert not problems.is_password_policy(53, "00002035: …")
