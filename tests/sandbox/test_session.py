"""Searching a practice domain, and the AD adapter at work on one."""

from __future__ import annotations

import pytest

from idcode.directories.ad.domain import AdDomain
from idcode.directories.ad.operations import BadFilter, Control, SearchScope
from idcode.directories.ad.values import guid_text, sid_text
from idcode.directories.sandbox.session import EmbeddedSession
from idcode.model.records import Query, Scope, collect
from idcode.model.values import Ref
from tests.ad.support import EVERYTHING, PASSWORD, Sink, change, delta, done, live, sets
from tests.ad.support import apply as carry_out
from tests.ad.support import create as create_by
from tests.sandbox.practice import PEOPLE, ROOT, SHOW_DELETED, USERS, Practice, schema

EXTENDED: Control = ("1.2.840.113556.1.4.529", True, bytes.fromhex("3003020101"))


@pytest.fixture
def corp() -> Practice:
    corp = Practice()
    corp.user("Ada", title=b"Engineer")
    corp.group("team", member=f"CN=Ada,{PEOPLE}".encode())
    return corp


@pytest.mark.parametrize(
    ("base", "scope", "expected"),
    [
        (PEOPLE, "base", [PEOPLE]),
        (PEOPLE, "level", [f"CN=Ada,{PEOPLE}", f"CN=team,{PEOPLE}"]),
        (PEOPLE, "subtree", [PEOPLE, f"CN=Ada,{PEOPLE}", f"CN=team,{PEOPLE}"]),
        (f"CN=Ada,{PEOPLE}", "subtree", [f"CN=Ada,{PEOPLE}"]),
        (f"cn=ada,{PEOPLE.lower()}", "level", []),
    ],
)
def test_scopes(corp: Practice, base: str, scope: SearchScope, expected: list[str]) -> None:
    answer = corp.session.search(base, scope=scope)
    assert answer.result.ok
    assert [entry.dn for entry in answer.entries] == expected


def test_a_filter_that_names_an_object_finds_it_below_the_base_only(corp: Practice) -> None:
    assert corp.found("(sAMAccountName=ADA)") == [f"CN=Ada,{PEOPLE}"]
    assert corp.session.search(USERS, "(sAMAccountName=ada)").entries == ()
    assert corp.found("(|(sAMAccountName=ada)(sAMAccountName=team))") == [f"CN=Ada,{PEOPLE}", f"CN=team,{PEOPLE}"]


def test_filters_see_what_is_made_up_on_reading(corp: Practice) -> None:
    assert corp.found(f"(memberOf=CN=team,{PEOPLE})") == [f"CN=Ada,{PEOPLE}"]
    assert corp.found("(&(objectCategory=person)(title=*))") == [f"CN=Ada,{PEOPLE}"]
    assert corp.found(f"(distinguishedName=CN=Ada,{PEOPLE})") == [f"CN=Ada,{PEOPLE}"]
    assert corp.found("(&(sAMAccountType=805306368)(!(adminCount=1))(!(cn=Guest)))") == [f"CN=Ada,{PEOPLE}"]


def test_links_are_followed_over_other_groups(corp: Practice) -> None:
    corp.group("outer", member=f"CN=team,{PEOPLE}".encode())
    rule = "1.2.840.113556.1.4.1941"
    assert corp.found(f"(memberOf:{rule}:=CN=outer,{PEOPLE})") == [f"CN=Ada,{PEOPLE}", f"CN=team,{PEOPLE}"]
    assert corp.found(f"(member:{rule}:=CN=Ada,{PEOPLE})") == [f"CN=team,{PEOPLE}", f"CN=outer,{PEOPLE}"]


def test_what_is_no_filter_is_said(corp: Practice) -> None:
    for text in ("(cn=", "(cn=\udcff)"):  # the second is what a shell gives for bytes that are no text
        with pytest.raises(BadFilter):
            corp.session.search(ROOT, text)


def test_attributes_are_those_asked_for_and_there(corp: Practice) -> None:
    ada = f"CN=Ada,{PEOPLE}"
    entry = corp.entry(ada, "TITLE", "department", "memberof", "canonicalName")
    assert entry is not None
    assert set(entry.values) == {"title", "memberOf", "canonicalName"}
    assert entry.first("canonicalName") == b"corp.contoso.com/People/Ada"
    everything = corp.entry(ada, "*")
    assert everything is not None
    assert {"cn", "memberOf", "distinguishedName", "objectGUID", "whenCreated"} <= set(everything.values)
    assert not {"nTSecurityDescriptor", "canonicalName", "unicodePwd"} & set(everything.values)
    assert corp.session.search(ada, scope="base").entries[0].values == {}


def test_objects_are_addressed_by_guid_and_sid(corp: Practice) -> None:
    ada = f"CN=Ada,{PEOPLE}"
    sid = sid_text(corp.get(ada, "objectSid")[0])
    for base in (f"<GUID={corp.guid(ada)}>", f"<SID={sid}>", f"<GUID={corp.guid(ada)}>;<SID={sid}>;{ada}"):
        assert corp.get(base, "cn") == [b"Ada"]
    assert corp.session.search("<GUID=00000000-0000-0000-0000-000000000000>", scope="base").result.code == 32
    assert corp.session.search("<GUID=nonsense>", scope="base").result.code == 32
    for sid in ("", "00", "S-1-5-99999999999", f"S-1-5{'-1' * 300}"):
        assert corp.session.search(f"<SID={sid}>", scope="base").result.code == 32


def test_a_missing_base_is_said_with_what_is_there_of_it(corp: Practice) -> None:
    answer = corp.session.search(f"OU=x,OU=y,{PEOPLE}")
    assert answer.result.code == 32
    assert f"'{PEOPLE}'" in answer.result.message


def test_extended_names_carry_guid_and_sid(corp: Practice) -> None:
    ada = f"CN=Ada,{PEOPLE}"
    entry = corp.entry(f"CN=team,{PEOPLE}", "member", controls=[EXTENDED])
    assert entry is not None
    sid = sid_text(corp.get(ada, "objectSid")[0])
    assert list(entry.values["member"]) == [f"<GUID={corp.guid(ada)}>;<SID={sid}>;{ada}".encode()]
    assert entry.dn.endswith(f">;CN=team,{PEOPLE}")


def test_pages_are_of_what_was_there_at_the_first(corp: Practice) -> None:
    for number in range(5):
        corp.user(f"P{number}")
    first = corp.session.search(PEOPLE, "(cn=P*)", ["cn"], page=3)
    assert first.result.ok
    assert first.cookie
    corp.user("P9")
    corp.set(f"CN=P4,{PEOPLE}", title=b"Late")
    last = corp.session.search(PEOPLE, "(cn=P*)", ["title"], page=3, cookie=first.cookie)
    assert [entry.dn for entry in (*first.entries, *last.entries)] == [f"CN=P{n},{PEOPLE}" for n in range(5)]
    assert last.cookie == b""
    assert last.entries[1].first("title") == b"Late"
    assert corp.session.search(PEOPLE, "(cn=P*)", page=3, cookie=first.cookie).result.code == 53


def test_what_is_deleted_between_two_pages_is_not_on_the_second(corp: Practice) -> None:
    for number in range(5):
        corp.user(f"P{number}")
    first = corp.session.search(PEOPLE, "(cn=P*)", page=3)
    assert corp.session.delete(f"CN=P3,{PEOPLE}").ok
    last = corp.session.search(PEOPLE, "(cn=P*)", page=3, cookie=first.cookie)
    assert [entry.dn for entry in last.entries] == [f"CN=P4,{PEOPLE}"]


def test_without_pages_a_thousand_entries_are_the_end(corp: Practice) -> None:
    for number in range(1000):
        corp.add(f"CN=c{number},{PEOPLE}", "contact")
    answer = corp.session.search(PEOPLE)
    assert answer.result.code == 4
    assert len(answer.entries) == 1000
    paged = corp.session.search(PEOPLE, page=5000)
    assert len(paged.entries) == 1000
    assert paged.cookie


def test_long_lists_come_in_parts(corp: Practice) -> None:
    names = [corp.add(f"CN=c{number},{PEOPLE}", "contact").encode() for number in range(2000)]
    corp.set(f"CN=team,{PEOPLE}", member=names)

    def part(asked: str) -> tuple[str, int]:
        entry = corp.entry(f"CN=team,{PEOPLE}", asked)
        assert entry is not None
        ((name, raw),) = entry.values.items()
        return name, len(raw)

    assert part("member") == ("member;range=0-1499", 1500)
    assert part("member;range=1500-*") == ("member;range=1500-*", 500)
    assert part("member;range=10-19") == ("member;range=10-19", 10)
    directory = AdDomain("corp", corp.session, ROOT, "adminDescription", type="sandbox", schema=schema())
    assert len(live(directory, corp.guid(f"CN=team,{PEOPLE}"), "member").get("member")) == 2000  # type: ignore[arg-type]


def test_an_unknown_critical_control_is_refused(corp: Practice) -> None:
    assert corp.session.search(ROOT, controls=[("1.2.3", True, None)]).result.code == 12
    assert corp.session.search(ROOT, controls=[("1.2.3", False, None)]).result.ok


def test_the_server_describes_itself(corp: Practice) -> None:
    directory = AdDomain("corp", corp.session, ROOT, "adminDescription", type="sandbox", schema=schema())
    mark = directory.fingerprint()
    assert (mark.type, mark.identity, mark.invocation_id) == ("sandbox", corp.domain.sid, corp.domain.invocation_id)
    corp.user("Bo")
    assert directory.fingerprint().usn == (mark.usn or 0) + 1


class _Place:
    """What the adapter tests' helpers want to know of a domain."""

    base_dn = ROOT


def test_the_adapter_works_on_a_practice_domain_as_on_any_other() -> None:
    corp = Practice()
    directory = AdDomain(
        "corp", EmbeddedSession(corp.domain), ROOT, "adminDescription", type="sandbox", schema=schema()
    )
    sink = Sink()
    boss = create_by(directory, change("create", f"CN=Boss,{PEOPLE}", {"sAMAccountName": sets("boss")}))  # type: ignore[arg-type]
    item = change(
        "create",
        f"CN=Ada,{PEOPLE}",
        {"sAMAccountName": sets("ada"), "manager": sets(Ref(boss)), "enabled": sets(True)},
        password=True,
    )
    outcomes = done(carry_out(directory, item, sink=sink))  # type: ignore[arg-type]
    ada = outcomes[0].anchor or ""
    assert [password for _, password in sink.delivered] == [PASSWORD]
    held = live(directory, ada, "manager")  # type: ignore[arg-type]
    assert (held.enabled, held.get("manager")) == (True, (Ref(f"CN=Boss,{PEOPLE}"),))
    team = change(
        "create", f"CN=team,{PEOPLE}", {"sAMAccountName": sets("team"), "member": delta((Ref(ada), Ref(boss)))},
        object_type="group",
    )  # fmt: skip
    done(carry_out(directory, team))  # type: ignore[arg-type]
    stale = change("update", held.dn, {"title": sets("Lead", before=("Engineer",))}, anchor=ada)
    assert [outcome.status for outcome in carry_out(directory, stale)] == ["stale"]  # type: ignore[arg-type]
    nowhere = change("move", held.dn, anchor=ada, new_dn=f"CN=Ada,OU=Nowhere,{ROOT}")
    (refused,) = carry_out(directory, nowhere)  # type: ignore[arg-type]
    assert (refused.status, "the target container does not exist" in (refused.message or "")) == ("failed", True)
    done(carry_out(directory, change("delete", held.dn, anchor=ada)))  # type: ignore[arg-type]
    done(carry_out(directory, change("restore", held.dn, anchor=ada, new_dn=held.dn)))  # type: ignore[arg-type]
    query = Query(EVERYTHING.attributes, (Scope("people", "user", ("People",), "(sAMAccountName=a*)"),))
    objects, proof = collect(directory.read(query))
    assert proof.complete
    assert [found.dn for found in objects if found.scopes] == [f"CN=Ada,{PEOPLE}"]
    assert corp.get(f"CN=team,{PEOPLE}", "member") == [f"CN=Boss,{PEOPLE}".encode()]


def test_deleted_objects_show_with_their_control_only(corp: Practice) -> None:
    assert corp.session.search(f"CN=Deleted Objects,{ROOT}", scope="base").result.code == 32
    shown = corp.session.search(f"CN=Deleted Objects,{ROOT}", attributes=["objectGUID"], controls=[SHOW_DELETED])
    assert [guid_text(entry.values["objectGUID"][0]) for entry in shown.entries]
