"""Creating, naming, moving, deleting and restoring objects, checked with the administrator's own connection."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from idcode.directories.ad.directory import AdDirectory
from idcode.model import dn
from idcode.model.values import Ref
from tests.ad.support import apply, change, create, delta, done, entry, group, live, ou, sets, user
from tests.lab import Domain, SambaLab

pytestmark = pytest.mark.ad

NAMES = [
    "Brisling, Ada",
    "Ada + Charles",
    'Ada "the" Countess',
    "#1 Ada",
    " leading and trailing ",
    "back\\slash",
    "<angle> ; semi = equals",
    "slash / and * and (brackets)",
    "Zoë Ångström é",
    "Ada 🎓",
    "tab\tand\nnewline",
    "x" * 64,
]


@pytest.mark.parametrize("name", NAMES)
def test_any_name_survives_creation_rename_and_move(corp: AdDirectory, domain: Domain, admin: Any, name: str) -> None:
    assert admin.add(f"OU=Target,{domain.base_dn}", "organizationalUnit")
    anchor = create(corp, user(domain, name))
    assert dn.parse(live(corp, anchor).dn)[0].value == name
    plain = dn.child(f"CN=Users,{domain.base_dn}", "CN", "Plain")
    done(apply(corp, change("move", live(corp, anchor).dn, anchor=anchor, new_dn=plain)))
    assert dn.key(live(corp, anchor).dn) == dn.key(plain)
    back = dn.child(f"OU=Target,{domain.base_dn}", "CN", name)
    done(apply(corp, change("move", plain, anchor=anchor, new_dn=back)))
    moved = live(corp, anchor, "cn")
    assert dn.key(moved.dn) == dn.key(back)
    assert moved.get("cn") == (name,)
    assert entry(admin, moved.dn)["cn"] == [name.encode()]


def test_an_ou_with_any_name_can_hold_others(corp: AdDirectory, domain: Domain) -> None:
    outer = create(corp, ou(domain, 'R&D, "Lab" #1'))
    inner = dn.child(live(corp, outer).dn, "OU", " #; + ")
    anchor = create(corp, change("create", inner, {"description": sets("x")}, object_type="ou"))
    assert dn.key(live(corp, anchor).dn) == dn.key(inner)
    renamed = dn.child(domain.base_dn, "OU", "Renamed, really")
    done(apply(corp, change("move", live(corp, outer).dn, anchor=outer, new_dn=renamed, object_type="ou")))
    assert dn.is_under(live(corp, anchor).dn, renamed)


@hypothesis_settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.text(
        st.characters(exclude_categories=("Cs", "Cn", "Co"), exclude_characters="\0"), min_size=1, max_size=30
    ).filter(lambda text: text.strip() != "")
)
def test_arbitrary_names_come_back_as_they_were(corp: AdDirectory, domain: Domain, name: str) -> None:
    item = change("create", dn.child(f"CN=Users,{domain.base_dn}", "CN", name), object_type="contact")
    anchor = create(corp, item)
    held = live(corp, anchor, "cn")
    assert held.get("cn") == (name,)
    assert dn.parse(held.dn)[0].value == name
    done(apply(corp, change("delete", held.dn, anchor=anchor)))


def test_a_new_account_is_disabled_and_marked(corp: AdDirectory, domain: Domain, admin: Any) -> None:
    boss = create(corp, user(domain, "Boss"))
    anchor = create(
        corp,
        user(domain, "Ada", title=sets("Engineer"), manager=sets(Ref(boss)), otherTelephone=sets("1", "2")),
    )
    raw = entry(admin, f"CN=Ada,CN=Users,{domain.base_dn}")
    assert int(raw["userAccountControl"][0]) == 514
    assert raw["adminDescription"] == [b"idcode:new"]
    assert raw["title"] == [b"Engineer"]
    assert raw["manager"] == [f"CN=Boss,CN=Users,{domain.base_dn}".encode()]
    assert set(raw["otherTelephone"]) == {b"1", b"2"}
    assert live(corp, anchor).mark == "new"


def test_references_to_objects_of_the_same_run_are_resolved(corp: AdDirectory, domain: Domain) -> None:
    boss = create(corp, user(domain, "Boss"))
    item = user(domain, "Ada", manager=sets(Ref("person:E9")))
    (refused,) = apply(corp, item)
    assert refused.status == "failed"
    assert "person:E9" in (refused.message or "")
    (outcome,) = done(apply(corp, item, anchors={"person:E9": boss}))
    assert outcome.anchor
    assert live(corp, outcome.anchor, "manager").get("manager") == (Ref(f"CN=Boss,CN=Users,{domain.base_dn}"),)


def test_contacts_groups_and_ous_are_created(corp: AdDirectory, domain: Domain, admin: Any) -> None:
    create(corp, ou(domain, "People", description=sets("Everyone")))
    contact = dn.child(f"OU=People,{domain.base_dn}", "CN", "Partner")
    create(corp, change("create", contact, {"mail": sets("p@contoso.example")}, object_type="contact"))
    member = create(corp, user(domain, "Ada"))
    create(corp, group(domain, "sg-a", description=sets("A"), member=sets(Ref(member))))
    create(corp, group(domain, "dl-b", category=sets("distribution"), scope=sets("universal")))
    assert entry(admin, f"OU=People,{domain.base_dn}")["description"] == [b"Everyone"]
    assert entry(admin, contact)["mail"] == [b"p@contoso.example"]
    group_a = entry(admin, f"CN=sg-a,CN=Users,{domain.base_dn}")
    assert group_a["groupType"] == [b"-2147483646"]
    assert group_a["member"] == [f"CN=Ada,CN=Users,{domain.base_dn}".encode()]
    assert entry(admin, f"CN=dl-b,CN=Users,{domain.base_dn}")["groupType"] == [b"8"]


def test_a_group_is_created_with_what_its_key_attribute_holds(corp: AdDirectory, domain: Domain) -> None:
    anchor = create(corp, group(domain, "dept-sales", adminDescription=sets("department:D300")))
    assert live(corp, anchor, "adminDescription").get("adminDescription") == ("department:D300",)


def test_a_taken_name_is_a_failure_and_the_same_creation_again_is_done(corp: AdDirectory, domain: Domain) -> None:
    first = create(corp, user(domain, "Ada", title=sets("Engineer")))
    again = done(apply(corp, user(domain, "Ada", title=sets("Engineer"))))
    assert again[0].anchor == first
    (other,) = apply(corp, user(domain, "Ada", title=sets("Somebody else")))
    assert (other.status, other.code) == ("failed", "ldap:68")
    elsewhere = change("create", f"CN=Other,CN=Users,{domain.base_dn}", {"sAMAccountName": sets("ADA")})
    (same_logon,) = apply(corp, elsewhere)
    assert (same_logon.status, same_logon.code) == ("failed", "ldap:68")


def test_a_missing_parent_is_said(corp: AdDirectory, domain: Domain) -> None:
    anchor = create(corp, user(domain, "Ada"))
    nowhere = f"CN=Ada,OU=Nowhere,{domain.base_dn}"
    (moved,) = apply(corp, change("move", f"CN=Ada,CN=Users,{domain.base_dn}", anchor=anchor, new_dn=nowhere))
    assert moved.status == "failed"
    assert "target container does not exist" in (moved.message or "")
    (added,) = apply(corp, change("create", f"CN=X,OU=Nowhere,{domain.base_dn}", object_type="contact"))
    assert (added.status, added.code) == ("stale", "ldap:32")


def test_a_rename_of_case_only_is_carried_out(corp: AdDirectory, domain: Domain) -> None:
    anchor = create(corp, user(domain, "ada brisling"))
    new = f"CN=Ada Brisling,CN=Users,{domain.base_dn}"
    done(apply(corp, change("move", live(corp, anchor).dn, anchor=anchor, new_dn=new)))
    assert live(corp, anchor).dn == new


def test_a_move_follows_an_object_whose_container_was_renamed(corp: AdDirectory, domain: Domain, admin: Any) -> None:
    assert admin.add(f"OU=Old,{domain.base_dn}", "organizationalUnit")
    item = change("create", f"CN=Ada,OU=Old,{domain.base_dn}", {"sAMAccountName": sets("ada")})
    anchor = create(corp, item)
    assert admin.modify_dn(f"OU=Old,{domain.base_dn}", "OU=New")
    planned = change(
        "move", f"CN=Ada,OU=Old,{domain.base_dn}", anchor=anchor, new_dn=f"CN=Ada B,OU=New,{domain.base_dn}"
    )
    done(apply(corp, planned))
    assert live(corp, anchor).dn == f"CN=Ada B,OU=New,{domain.base_dn}"


def test_an_ou_that_is_not_empty_is_not_deleted(corp: AdDirectory, domain: Domain) -> None:
    anchor = create(corp, ou(domain, "People"))
    child = change("create", f"CN=Partner,OU=People,{domain.base_dn}", object_type="contact")
    inner = create(corp, child)
    (outcome,) = apply(corp, change("delete", f"OU=People,{domain.base_dn}", anchor=anchor, object_type="ou"))
    assert (outcome.status, outcome.code) == ("failed", "ldap:66")
    done(apply(corp, change("delete", f"CN=Partner,OU=People,{domain.base_dn}", anchor=inner)))
    done(apply(corp, change("delete", f"OU=People,{domain.base_dn}", anchor=anchor, object_type="ou")))
    done(apply(corp, change("delete", f"OU=People,{domain.base_dn}", anchor=anchor, object_type="ou")))


def test_a_protected_ou_resists_deletion_until_it_is_unprotected(corp: AdDirectory, domain: Domain, admin: Any) -> None:
    name = f"OU=Safe,{domain.base_dn}"
    anchor = create(corp, ou(domain, "Safe", protected=sets(True)))
    assert not admin.delete(name)
    (outcome,) = apply(corp, change("delete", name, anchor=anchor, object_type="ou"))
    assert (outcome.status, outcome.code) == ("failed", "ldap:50")
    assert "protected" in (outcome.message or "")
    renamed = f"OU=Safer,{domain.base_dn}"
    done(apply(corp, change("move", name, anchor=anchor, new_dn=renamed, object_type="ou")))
    off = {"protected": sets(False, before=(True,))}
    done(apply(corp, change("update", renamed, off, anchor=anchor, object_type="ou")))
    assert live(corp, anchor, "protected").protected is False
    on = {"protected": sets(True, before=(False,))}
    done(apply(corp, change("update", renamed, on, anchor=anchor, object_type="ou")))
    assert live(corp, anchor, "protected").protected is True
    done(apply(corp, change("delete", renamed, off, anchor=anchor, object_type="ou")))
    assert entry(admin, renamed) == {}


def test_a_restored_account_is_the_same_object(corp: AdDirectory, domain: Domain, admin: Any) -> None:
    name = f"CN=Ada,CN=Users,{domain.base_dn}"
    boss = create(corp, user(domain, "Boss"))
    anchor = create(corp, user(domain, "Ada", title=sets("Engineer")))
    sid = entry(admin, name)["objectSid"]
    done(apply(corp, change("delete", name, anchor=anchor)))
    tombstone = live(corp, anchor)
    assert tombstone.deleted
    wanted = {
        "sAMAccountName": sets("ada"),
        "title": sets("Lead"),
        "manager": sets(Ref(boss)),
        "otherTelephone": sets("1", "2"),
        "enabled": sets(True),
    }
    back = f"CN=Ada Again,CN=Users,{domain.base_dn}"
    done(apply(corp, change("restore", tombstone.dn, wanted, anchor=anchor, new_dn=back, password=True)))
    raw = entry(admin, back)
    assert raw["objectSid"] == sid
    assert raw["title"] == [b"Lead"]
    assert set(raw["otherTelephone"]) == {b"1", b"2"}
    assert raw["manager"] == [f"CN=Boss,CN=Users,{domain.base_dn}".encode()]
    assert raw["userAccountControl"] == [b"512"]
    assert "adminDescription" not in raw
    restored = live(corp, anchor)
    assert (restored.deleted, restored.enabled, restored.mark) == (False, True, None)


def test_a_restored_group_has_its_type_and_members_back(corp: AdDirectory, domain: Domain) -> None:
    people = [create(corp, user(domain, f"P{number}")) for number in range(3)]
    anchor = create(corp, group(domain, "team", scope=sets("universal"), member=delta(tuple(map(Ref, people)))))
    name = f"CN=team,CN=Users,{domain.base_dn}"
    done(apply(corp, change("delete", name, anchor=anchor, object_type="group")))
    wanted = {"sAMAccountName": sets("team"), "scope": sets("universal"), "member": sets(*map(Ref, people))}
    done(apply(corp, change("restore", name, wanted, anchor=anchor, new_dn=name, object_type="group")))
    held = live(corp, anchor, "member", "scope")
    assert len(held.get("member")) == 3
    assert held.get("scope") == ("universal",)


def test_nobody_is_restored_onto_a_name_that_is_taken(corp: AdDirectory, domain: Domain) -> None:
    name = f"CN=Ada,CN=Users,{domain.base_dn}"
    anchor = create(corp, user(domain, "Ada"))
    done(apply(corp, change("delete", name, anchor=anchor)))
    create(corp, change("create", f"CN=New,CN=Users,{domain.base_dn}", {"sAMAccountName": sets("ada")}))
    outcomes = apply(corp, change("restore", name, {"title": sets("x")}, anchor=anchor, new_dn=name))
    assert [outcome.status for outcome in outcomes] == ["failed", "skipped"]
    assert "belongs to CN=New" in (outcomes[0].message or "")


def test_the_writes_of_a_change_stop_at_the_first_failure(corp: AdDirectory, domain: Domain) -> None:
    bad = user(domain, "Ada", givenName=sets("x" * 65))
    outcomes = apply(corp, change("create", bad.new_dn or "", {**bad.attributes, "enabled": sets(True)}, password=True))
    assert [outcome.status for outcome in outcomes] == ["failed", "skipped", "skipped"]
    good = create(corp, user(domain, "Grace"))
    assert live(corp, good)


def test_a_broken_connection_leaves_one_write_unknown_and_settling_tells(
    corp: AdDirectory, domain: Domain, samba: SambaLab, admin: Any
) -> None:
    corp.schema()
    first, second = user(domain, "Ada"), change("create", f"CN=B,CN=Users,{domain.base_dn}", object_type="contact")
    writes = [corp.lower(first, {}), corp.lower(second, {})]
    done(list(corp.write(writes[:1], None)))  # type: ignore[arg-type]
    samba.stop()
    outcomes = list(corp.write([*writes[1:], *writes[:1]], None))  # type: ignore[arg-type]
    assert [outcome.status for outcome in outcomes] == ["unknown", "skipped"]
    assert corp.settle(writes[1][0]).status == "unknown"
    samba.restart(domain)
    settled = corp.settle(writes[0][0])
    assert (settled.status, settled.anchor is not None) == ("done", True)
    assert corp.settle(writes[1][0]).status == "failed"
    done(list(corp.write(writes[1:], None)))  # type: ignore[arg-type]
    assert corp.settle(writes[1][0]).status == "done"


def test_before_images_hold_what_a_write_destroys(corp: AdDirectory, domain: Domain) -> None:
    name = f"CN=Ada,CN=Users,{domain.base_dn}"
    anchor = create(corp, user(domain, "Ada", title=sets("Engineer")))
    team = create(corp, group(domain, "team", member=sets(Ref(anchor))))
    assert team
    everything = live(corp, anchor, "*")
    (delete,) = corp.lower(change("delete", name, anchor=anchor), {})
    image: Any = corp.before_image(delete, everything)
    assert image["dn"] == name
    assert image["attributes"]["title"] == ["Engineer"]
    assert image["attributes"]["memberOf"] == [{"$ref": f"CN=team,CN=Users,{domain.base_dn}"}]
    assert (image["enabled"], image["mark"]) == (False, "new")
    (update,) = corp.lower(change("update", name, {"title": sets("Lead", before=("Engineer",))}, anchor=anchor), {})
    assert corp.before_image(update, everything) == {"dn": name, "attributes": {"title": ["Engineer"]}}
    assert corp.before_image(update, None) == {}
