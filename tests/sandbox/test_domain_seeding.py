"""Filling a practice domain with objects as they are elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from idcode.directories.ad.domain import AdDomain
from idcode.directories.ad.reading import DOMAIN_SCOPE, SHOW_DELETED
from idcode.directories.ad.session import LdapSession
from idcode.directories.ad.values import guid_bytes, sid_bytes
from idcode.directories.sandbox.domain import Domain, new_domain
from idcode.directories.sandbox.seeding import Seed, load, seed_of
from idcode.directories.sandbox.session import EmbeddedSession
from idcode.directories.sandbox.storage import create, open_domain
from idcode.model.errors import DirectoryError
from idcode.model.records import LiveObject, collect
from tests.ad.support import EVERYTHING
from tests.lab import Domain as Lab
from tests.sandbox.practice import PEOPLE, ROOT, USERS, Practice, schema

GUID = "8c5c1d3e-0000-4000-8000-000000000001"
OU = Seed(PEOPLE, {"objectClass": [b"organizationalUnit"]})


def person(name: str, **attributes: Sequence[bytes]) -> Seed:
    given = {"objectClass": [b"user"], "sAMAccountName": [name.lower().encode()], **attributes}
    return Seed(f"CN={name},{PEOPLE}", given)


def filled(*seeds: Seed) -> Practice:
    domain = new_domain(ROOT, schema())
    load(domain, [OU, *seeds])
    return Practice(domain)


def test_what_nobody_may_write_is_taken_over() -> None:
    corp = filled(
        person(
            "Ada",
            objectGUID=[guid_bytes(GUID)],
            objectSid=[sid_bytes("S-1-5-21-1-2-3-1234")],
            whenCreated=[b"20200101000000.0Z"],
            userAccountControl=[b"512"],
            pwdLastSet=[b"132539328000000000"],
            memberOf=[f"CN=Gone,{USERS}".encode()],
        )
    )
    ada = f"CN=Ada,{PEOPLE}"
    assert corp.guid(ada) == GUID
    assert corp.get(ada, "whenCreated") == [b"20200101000000.0Z"]
    assert corp.get(ada, "userAccountControl") == [b"512"]
    assert corp.get(ada, "memberOf") == []
    corp.set(ada, userAccountControl=b"514")
    corp.set(ada, userAccountControl=b"512")  # it has a password


def test_what_is_missing_is_made() -> None:
    corp = filled(person("Ada"))
    raw = corp.entry(f"CN=Ada,{PEOPLE}", "*")
    assert raw is not None
    assert raw.values["userAccountControl"] == (b"546",)
    assert {"objectSid", "primaryGroupID", "whenCreated", "uSNChanged", "pwdLastSet"} <= set(raw.values)
    corp.user("Bo")
    assert corp.get(f"CN=Bo,{PEOPLE}", "objectSid") != corp.get(f"CN=Ada,{PEOPLE}", "objectSid")


def test_objects_may_come_in_any_order_and_refer_to_one_another() -> None:
    team = Seed(f"CN=team,{PEOPLE}", {"objectClass": [b"group"], "member": [f"CN=Ada,{PEOPLE}".encode()]})
    domain = new_domain(ROOT, schema())
    seeds = [team, person("Ada", manager=[f"cn=bo,{PEOPLE}".encode()]), person("Bo"), OU]
    assert load(domain, seeds) == 0
    corp = Practice(domain)
    assert corp.get(f"CN=team,{PEOPLE}", "member") == [f"CN=Ada,{PEOPLE}".encode()]
    assert corp.get(f"CN=Ada,{PEOPLE}", "manager") == [f"CN=Bo,{PEOPLE}".encode()]


def test_references_to_what_is_not_there_are_left_out_and_counted() -> None:
    domain = new_domain(ROOT, schema())
    gone = [f"CN=Gone,{USERS}".encode(), b"CN=Elsewhere,DC=other,DC=example"]
    assert load(domain, [OU, person("Ada", manager=gone[:1], secretary=gone)]) == 3
    assert Practice(domain).get(f"CN=Ada,{PEOPLE}", "secretary") == []


def test_members_of_other_domains_keep_their_place() -> None:
    foreign = f"CN=S-1-5-11,CN=ForeignSecurityPrincipals,{ROOT}".encode()
    seed = Seed(f"CN=local,{PEOPLE}", {"objectClass": [b"group"], "groupType": [b"-2147483644"], "member": [foreign]})
    assert filled(seed).get(f"CN=local,{PEOPLE}", "member") == [foreign]


@pytest.mark.parametrize("sid", ["S-1-x", "S-1-5-99999999999", f"S-1-5{'-1' * 300}"])
def test_what_only_looks_like_a_member_of_another_domain_is_left_out(sid: str) -> None:
    group = {"objectClass": [b"group"], "member": [f"CN={sid},CN=ForeignSecurityPrincipals,{ROOT}".encode()]}
    assert load(new_domain(ROOT, schema()), [Seed(f"CN=team,{ROOT}", group)]) == 1


def test_a_domain_without_any_identifiers_left_takes_no_more_accounts() -> None:
    corp = filled(
        Seed(ROOT, {"objectClass": [b"domainDNS"], "objectSid": [sid_bytes("S-1-5-21-1-2-3")]}),
        person("Ada", objectSid=[sid_bytes("S-1-5-21-1-2-3-4294967295")]),
    )
    refused = corp.try_add(f"CN=Bo,{PEOPLE}", "user")
    assert refused.code == 53
    assert refused.message.startswith("00002010")
    corp.add(f"CN=Bo,{PEOPLE}", "contact")


def test_a_very_deep_tree_can_be_worked_on(tmp_path: Path) -> None:
    deepest, seeds = ROOT, []
    for _ in range(1200):
        deepest = f"OU=o,{deepest}"
        seeds.append(Seed(deepest, {"objectClass": [b"organizationalUnit"]}))
    domain = new_domain(ROOT, schema())
    load(domain, seeds)
    create(tmp_path / "corp.db", domain)
    corp = Practice(open_domain(tmp_path / "corp.db"))
    ada = corp.add(f"CN=Ada,{deepest}", "user", sAMAccountName=b"ada")
    assert corp.session.rename(f"OU=o,{ROOT}", "OU=top", None).ok
    assert corp.found("(sAMAccountName=ada)") == [ada.removesuffix(f"OU=o,{ROOT}") + f"OU=top,{ROOT}"]


def test_what_a_domain_is_born_with_gives_way() -> None:
    admin = Seed(
        f"CN=Boss,{PEOPLE}",
        {
            "objectClass": [b"user"],
            "sAMAccountName": [b"Administrator"],
            "objectGUID": [guid_bytes(GUID)],
            "title": [b"Chief"],
        },
    )
    users = Seed(USERS, {"objectClass": [b"container"], "description": [b"Ours"]})
    root = Seed(ROOT, {"objectClass": [b"domainDNS"], "objectSid": [sid_bytes("S-1-5-21-7-8-9")]})
    corp = filled(users, admin, root)
    assert corp.found("(sAMAccountName=administrator)") == [f"CN=Boss,{PEOPLE}"]
    assert f"CN=Boss,{PEOPLE}".encode() in corp.get(f"CN=Domain Admins,{USERS}", "member")
    assert corp.session.delete(f"CN=Boss,{PEOPLE}").code == 53
    assert corp.get(USERS, "description") == [b"Ours"]
    assert corp.domain.sid == "S-1-5-21-7-8-9"
    assert corp.get(f"CN=Domain Users,{USERS}", "objectSid") == [sid_bytes("S-1-5-21-7-8-9-513")]
    corp.user("New")
    assert corp.get(f"CN=New,{PEOPLE}", "objectSid") == [sid_bytes("S-1-5-21-7-8-9-1001")]


def test_who_was_renamed_leaves_the_old_name_to_others() -> None:
    admin = Seed(f"CN=Boss,{PEOPLE}", {"objectClass": [b"user"], "sAMAccountName": [b"Administrator"]})
    other = Seed(f"CN=Administrator,{USERS}", {"objectClass": [b"contact"]})
    deep = Seed(f"OU=Deep,{PEOPLE}", {"objectClass": [b"organizationalUnit"]})
    below = Seed(f"CN=Boss,OU=Deep,{PEOPLE}", {"objectClass": [b"user"], "sAMAccountName": [b"Guest"]})
    corp = filled(other, admin, deep, below)
    assert corp.get(f"CN=Administrator,{USERS}", "objectClass")[-1] == b"contact"
    assert corp.found("(sAMAccountName=guest)") == [f"CN=Boss,OU=Deep,{PEOPLE}"]


def test_a_container_that_is_known_by_its_name_only_stays_what_it_is() -> None:
    builtin = f"CN=Builtin,{ROOT}"
    corp = filled(Seed(builtin, {"objectClass": [b"container"]}))
    assert corp.get(builtin, "objectClass") == [b"top", b"builtinDomain"]


def test_deleted_objects_are_deleted_here_too() -> None:
    gone = Seed(
        f"CN=Ada\\0ADEL:{GUID},CN=Deleted Objects,{ROOT}",
        {
            "objectClass": [b"user"],
            "isDeleted": [b"TRUE"],
            "objectGUID": [guid_bytes(GUID)],
            "sAMAccountName": [b"ada"],
            "lastKnownParent": [PEOPLE.encode()],
        },
    )
    corp = filled(gone, person("Ada"))
    assert corp.found("(sAMAccountName=ada)") == [f"CN=Ada,{PEOPLE}"]
    assert corp.get(f"<GUID={GUID}>", "lastKnownParent", controls=[SHOW_DELETED]) == [PEOPLE.encode()]
    assert corp.session.delete(f"CN=Ada,{PEOPLE}").ok
    where = f"CN=Ada,{PEOPLE}".encode()
    changes = {"isDeleted": [("delete", [])], "distinguishedName": [("replace", [where])]}
    assert corp.session.modify(f"<GUID={GUID}>", changes, [SHOW_DELETED]).ok  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("seeds", "said"),
    [
        (
            [Seed(f"CN=x,OU=Nowhere,{ROOT}", {"objectClass": [b"user"]})],
            f"CN=x,OU=Nowhere,{ROOT} cannot be loaded: its",
        ),
        ([person("Ada"), person("ADA", sAMAccountName=[b"other"])], "the same name"),
        ([person("Ada"), person("Bo", sAMAccountName=[b"ADA"])], "the same sAMAccountName"),
        ([person("Ada", userPrincipalName=[b"a@x"]), person("Bo", userPrincipalName=[b"A@X"])], "userPrincipalName"),
        ([person("Ada", objectGUID=[b"1" * 16]), person("Bo", objectGUID=[b"1" * 16])], "the same objectGUID"),
        ([person("Ada", extensionAttribute1=[b"x"])], "no attribute extensionAttribute1"),
        ([person("Ada", userAccountControl=[b"many"])], "a value of userAccountControl is malformed"),
        ([Seed(f"CN=x,{PEOPLE}", {"title": [b"x"]})], "it has no objectClass"),
        ([person("Ada", objectGUID=[b"1" * 16, b"2" * 16])], "objectGUID has 2 values, and may have one"),
        ([person("Ada", nTSecurityDescriptor=[b"1"])], "a value of nTSecurityDescriptor is malformed"),
        ([person("Ada", manager=[b"nobody"])], f"CN=Ada,{PEOPLE} cannot be loaded: a value of manager is malformed"),
        ([Seed("nonsense", {"objectClass": [b"user"]})], "'nonsense' cannot be loaded"),
    ],
)
def test_what_cannot_be_is_said_and_nothing_is_loaded(seeds: list[Seed], said: str) -> None:
    domain = new_domain(ROOT, schema())
    before = dict(domain.tree.nodes)
    with pytest.raises(DirectoryError) as caught:
        load(domain, [OU, *seeds])
    assert said in str(caught.value)
    assert domain.tree.nodes == before


def test_a_domain_is_filled_before_it_is_kept(tmp_path: Path) -> None:
    create(tmp_path / "corp.db", new_domain(ROOT, schema()))
    with pytest.raises(ValueError, match="before it is kept"):
        load(open_domain(tmp_path / "corp.db"), [OU])


def _read(domain: Domain) -> dict[str, LiveObject]:
    adapter = AdDomain("corp", EmbeddedSession(domain), domain.root_dn, "adminDescription", schema=domain.schema)
    return {live.anchor: live for live in collect(adapter.read(EVERYTHING))[0]}


def test_objects_that_were_read_come_back_the_same() -> None:
    corp = Practice()
    corp.user(
        "Ada", title=b"Engineer", adminDescription=b"idcode:disabled", manager=f"CN=Administrator,{USERS}".encode()
    )
    corp.user("Bo")
    corp.group("team", member=[f"CN={name},{PEOPLE}".encode() for name in ("Ada", "Bo")], groupType=b"8")
    assert corp.session.delete(f"CN=Bo,{PEOPLE}").ok
    objects = _read(corp.domain)
    copy = new_domain(ROOT, schema())
    assert load(copy, [seed_of(live, schema(), "adminDescription") for live in objects.values()]) == 0
    assert _read(copy) == objects


@pytest.mark.ad
def test_a_whole_domain_of_another_server_fits_in(domain: Lab) -> None:
    from tests.ad.support import directory, settings

    session = LdapSession(settings(domain), Path("/"))
    admin = domain.connect()
    assert admin.add(f"OU=People,{domain.base_dn}", "organizationalUnit")
    for name in ("Ada", "Bo"):
        admin.add(f"CN={name},OU=People,{domain.base_dn}", "user", {"sAMAccountName": name, "title": "Engineer"})
    admin.add(f"CN=team,OU=People,{domain.base_dn}", "group", {"member": f"CN=Ada,OU=People,{domain.base_dn}"})
    admin.delete(f"CN=Bo,OU=People,{domain.base_dn}")
    admin.unbind()
    answer = session.search(
        domain.base_dn, attributes=["*", "nTSecurityDescriptor"], controls=[SHOW_DELETED, DOMAIN_SCOPE]
    )
    session.close()
    copy = new_domain(domain.base_dn, schema())
    load(copy, [Seed(entry.dn, entry.values) for entry in answer.entries])
    real = directory(domain)
    live = {item.anchor: item for item in collect(real.read(EVERYTHING))[0]}
    identity = real.fingerprint().identity
    real.close()
    assert _read(copy) == live
    assert copy.sid == identity
    again = new_domain(domain.base_dn, schema())
    assert load(again, [seed_of(item, schema(), "adminDescription") for item in live.values()]) == 0
    assert _read(again).keys() >= live.keys()
    assert {k: v for k, v in _read(again).items() if k in live} == live
