"""Changing attributes and memberships: guarded by the value the plan saw, and sent in bounded pieces."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from idcode.directories.ad.directory import AdDirectory
from idcode.directories.ad.values import guid_text
from idcode.model.plans import Expect
from idcode.model.records import LiveObject
from idcode.model.values import Ref
from tests.ad.support import apply, change, create, delta, done, entry, group, live, sets, user
from tests.lab import Domain

pytestmark = pytest.mark.ad


@pytest.fixture
def ada(corp: AdDirectory, domain: Domain) -> LiveObject:
    return live(corp, create(corp, user(domain, "Ada", title=sets("Engineer"))))


def test_a_value_is_set_changed_and_cleared(corp: AdDirectory, admin: Any, ada: LiveObject) -> None:
    steps = [
        ({"title": sets("Lead", before=("Engineer",)), "department": sets("R&D")}, [b"Lead"], [b"R&D"]),
        ({"title": sets("lead", before=("Lead",))}, [b"lead"], [b"R&D"]),
        ({"title": sets(before=("lead",)), "department": sets("Sales", before=("R&D",))}, None, [b"Sales"]),
    ]
    for attributes, title, department in steps:
        done(apply(corp, change("update", ada.dn, attributes, anchor=ada.anchor)))
        raw = entry(admin, ada.dn)
        assert (raw.get("title"), raw.get("department")) == (title, department)


def test_a_value_that_somebody_changed_meanwhile_is_not_overwritten(
    corp: AdDirectory, admin: Any, ada: LiveObject
) -> None:
    attributes = {"title": sets("Lead", before=("Engineer",)), "department": sets("R&D")}
    writes = corp.lower(change("update", ada.dn, attributes, anchor=ada.anchor), {})
    admin.modify(ada.dn, {"title": [("MODIFY_REPLACE", ["Director"])]})
    (outcome,) = corp.write([writes], None)  # type: ignore[arg-type]
    assert outcome.status == "stale"
    assert outcome.message == "it was changed meanwhile: title is not as it was"
    raw = entry(admin, ada.dn)
    assert (raw["title"], raw.get("department")) == ([b"Director"], None)


def test_a_value_that_appeared_meanwhile_is_not_overwritten(corp: AdDirectory, admin: Any, ada: LiveObject) -> None:
    admin.modify(ada.dn, {"department": [("MODIFY_REPLACE", ["Sales"])]})
    (outcome,) = apply(corp, change("update", ada.dn, {"department": sets("R&D")}, anchor=ada.anchor))
    assert outcome.status == "stale"
    assert outcome.message == "it was changed meanwhile: department is not as it was"


def test_what_somebody_already_did_counts_as_done(corp: AdDirectory, admin: Any, ada: LiveObject) -> None:
    admin.modify(ada.dn, {"title": [("MODIFY_REPLACE", ["Lead"])]})
    item = change("update", ada.dn, {"title": sets("Lead", before=("Engineer",))}, anchor=ada.anchor)
    done(apply(corp, item))
    done(apply(corp, item))


def test_an_object_that_is_gone_is_stale(corp: AdDirectory, admin: Any, ada: LiveObject) -> None:
    item = change("update", ada.dn, {"title": sets("Lead", before=("Engineer",))}, anchor=ada.anchor)
    admin.delete(ada.dn)
    (outcome,) = apply(corp, item)
    assert outcome.status == "stale"


def test_every_kind_of_value_reads_back_as_it_was_written(corp: AdDirectory, ada: LiveObject) -> None:
    until = datetime(2027, 3, 31, 12, tzinfo=UTC)
    given: dict[str, Any] = {
        "displayName": "Zoë 🎓 Ångström",
        "thumbnailPhoto": b"\x00\xff\xfe jpeg",
        "accountExpires": until,
        "countryCode": "752",
        "msDS-cloudExtensionAttribute1": " spaces ",
        "mS-DS-ConsistencyGuid": bytes(range(16)),
    }
    attributes = {name: sets(value) for name, value in given.items()}
    attributes["accountExpires"] = sets(until, before=(2**63 - 1,))
    attributes["countryCode"] = sets("752", before=(0,))
    done(apply(corp, change("update", ada.dn, attributes, anchor=ada.anchor)))
    held = live(corp, ada.anchor, *attributes)
    assert held.get("displayName") == ("Zoë 🎓 Ångström",)
    assert held.get("thumbnailPhoto") == (b"\x00\xff\xfe jpeg",)
    assert held.get("countryCode") == (752,)
    assert held.get("msDS-cloudExtensionAttribute1") == (" spaces ",)
    assert held.get("mS-DS-ConsistencyGuid") == (bytes(range(16)),)
    (ticks,) = held.get("accountExpires")
    assert ticks == int((until - datetime(1601, 1, 1, tzinfo=UTC)).total_seconds()) * 10_000_000


def test_clearing_the_expiry_means_never(corp: AdDirectory, admin: Any, ada: LiveObject) -> None:
    expiry = {"accountExpires": sets(date(2027, 3, 31), before=(2**63 - 1,))}
    done(apply(corp, change("update", ada.dn, expiry, anchor=ada.anchor)))
    (ticks,) = live(corp, ada.anchor, "accountExpires").get("accountExpires")
    done(apply(corp, change("update", ada.dn, {"accountExpires": sets(before=(ticks,))}, anchor=ada.anchor)))
    assert entry(admin, ada.dn)["accountExpires"] == [b"9223372036854775807"]


def test_values_of_a_list_are_added_and_removed_one_by_one(corp: AdDirectory, admin: Any, ada: LiveObject) -> None:
    first = sets("SMTP:ada@contoso.example", "smtp:a@contoso.example", "X500:/o=x")
    done(apply(corp, change("update", ada.dn, {"proxyAddresses": first}, anchor=ada.anchor)))
    admin.modify(ada.dn, {"proxyAddresses": [("MODIFY_ADD", ["sip:ada@contoso.example"])]})
    swapped = sets("smtp:ada@contoso.example", "SMTP:brisling@contoso.example", "X500:/o=x", before=first.after)
    done(apply(corp, change("update", ada.dn, {"proxyAddresses": swapped}, anchor=ada.anchor)))
    assert set(entry(admin, ada.dn)["proxyAddresses"]) == {
        b"smtp:ada@contoso.example",
        b"SMTP:brisling@contoso.example",
        b"X500:/o=x",
        b"sip:ada@contoso.example",
    }
    only = delta(add=("smtp:new@contoso.example",), remove=("X500:/o=x",))
    done(apply(corp, change("update", ada.dn, {"proxyAddresses": only}, anchor=ada.anchor)))
    held = set(entry(admin, ada.dn)["proxyAddresses"])
    assert b"smtp:new@contoso.example" in held
    assert b"X500:/o=x" not in held


def test_a_manager_is_set_changed_and_cleared_by_reference(corp: AdDirectory, domain: Domain, ada: LiveObject) -> None:
    bosses = [create(corp, user(domain, f"Boss{number}")) for number in (1, 2)]
    names = [f"CN=Boss{number},CN=Users,{domain.base_dn}" for number in (1, 2)]
    for attributes, expected in (
        (sets(Ref(bosses[0])), (Ref(names[0]),)),
        (sets(Ref(bosses[1]), before=(Ref(names[0]),)), (Ref(names[1]),)),
        (sets(Ref(bosses[0]), before=(Ref(bosses[1]),)), (Ref(names[0]),)),
        (sets(before=(Ref(bosses[0]),)), ()),
    ):
        done(apply(corp, change("update", ada.dn, {"manager": attributes}, anchor=ada.anchor)))
        assert live(corp, ada.anchor, "manager").get("manager") == expected
    stale = change("update", ada.dn, {"manager": sets(Ref(bosses[1]), before=(Ref(bosses[0]),))}, anchor=ada.anchor)
    (outcome,) = apply(corp, stale)
    assert outcome.status == "stale"


def test_five_thousand_members_go_in_and_out_in_pieces(corp: AdDirectory, domain: Domain, admin: Any) -> None:
    for number in range(5000):
        assert admin.add(f"CN=C{number:04d},CN=Users,{domain.base_dn}", "contact")
    admin.search(f"CN=Users,{domain.base_dn}", "(objectClass=contact)", "LEVEL", attributes=["objectGUID"])
    anchors = sorted(guid_text(item["raw_attributes"]["objectGUID"][0]) for item in admin.response)
    assert len(anchors) == 5000
    team = create(corp, group(domain, "team"))
    name = f"CN=team,CN=Users,{domain.base_dn}"
    members = tuple(Ref(anchor) for anchor in anchors)
    item = change("update", name, {"member": delta(add=(*members, members[0]))}, anchor=team, object_type="group")
    writes = corp.lower(item, {})
    assert len(writes) == 5
    assert corp.lower(item, {}) == writes
    done(list(corp.write([writes], None)))  # type: ignore[arg-type]
    held = entry(admin, name)["member"]
    assert len(held) == len(set(held)) == 5000
    assert not any(raw.startswith(b"<") for raw in held)
    assert len(live(corp, team, "member").get("member")) == 5000
    out = change("update", name, {"member": delta(remove=members[:4999])}, anchor=team, object_type="group")
    done(apply(corp, out))
    assert len(entry(admin, name)["member"]) == 1


def test_members_who_are_there_already_do_not_stop_the_others(corp: AdDirectory, domain: Domain, admin: Any) -> None:
    people = [create(corp, user(domain, f"P{number}")) for number in range(4)]
    team = create(corp, group(domain, "team", member=sets(Ref(people[0]))))
    name = f"CN=team,CN=Users,{domain.base_dn}"
    both = delta(add=(Ref(people[0]), Ref(people[1])), remove=(Ref(people[2]),))
    item = change("update", name, {"member": both}, anchor=team, object_type="group")
    done(apply(corp, item))
    assert len(entry(admin, name)["member"]) == 2
    done(apply(corp, item))
    (write,) = corp.lower(item, {})
    assert corp.settle(write).status == "done"
    everyone = live(corp, team, "member")
    image: Any = corp.before_image(write, everyone)
    assert image["dn"] == name


def test_a_member_who_is_gone_is_said(corp: AdDirectory, domain: Domain, admin: Any) -> None:
    gone = create(corp, user(domain, "Gone"))
    team = create(corp, group(domain, "team"))
    admin.delete(f"CN=Gone,CN=Users,{domain.base_dn}")
    item = change(
        "update",
        f"CN=team,CN=Users,{domain.base_dn}",
        {"member": delta(add=(Ref(gone),))},
        anchor=team,
        object_type="group",
    )
    (outcome,) = apply(corp, item)
    assert outcome.status in ("stale", "failed")
    assert "member" not in entry(admin, f"CN=team,CN=Users,{domain.base_dn}")


@pytest.mark.parametrize(
    ("before", "after", "number"),
    [
        (("global", "security"), ("universal", "security"), -2147483640),
        (("global", "security"), ("domain_local", "security"), -2147483644),
        (("domain_local", "distribution"), ("global", "security"), -2147483646),
        (("universal", "security"), ("universal", "distribution"), 8),
    ],
)
def test_a_group_changes_scope_and_category(
    corp: AdDirectory, domain: Domain, admin: Any, before: tuple[str, str], after: tuple[str, str], number: int
) -> None:
    anchor = create(corp, group(domain, "g", scope=sets(before[0]), category=sets(before[1])))
    name = f"CN=g,CN=Users,{domain.base_dn}"
    pairs = {"scope": (before[0], after[0]), "category": (before[1], after[1])}
    attributes = {key: sets(new, before=(old,)) for key, (old, new) in pairs.items() if old != new}
    item = change("update", name, attributes, anchor=anchor, object_type="group")
    done(apply(corp, item))
    assert entry(admin, name)["groupType"] == [str(number).encode()]
    done(apply(corp, item))


def test_a_group_whose_scope_somebody_changed_is_stale(corp: AdDirectory, domain: Domain, admin: Any) -> None:
    anchor = create(corp, group(domain, "g"))
    name = f"CN=g,CN=Users,{domain.base_dn}"
    item = change("update", name, {"category": sets("distribution", before=("security",))}, anchor=anchor)
    admin.modify(name, {"groupType": [("MODIFY_REPLACE", ["-2147483640"])]})
    done(apply(corp, item))
    assert entry(admin, name)["groupType"] == [b"8"]
    scope = change("update", name, {"scope": sets("domain_local", before=("global",))}, anchor=anchor)
    outcomes = apply(corp, scope)
    assert outcomes[-1].status == "done"
    assert entry(admin, name)["groupType"] == [b"4"]
    back = change("update", name, {"scope": sets("global", before=("universal",))}, anchor=anchor)
    (stale,) = apply(corp, back)
    assert stale.status == "stale"


def test_account_flags_that_a_rule_flows_are_guarded_too(corp: AdDirectory, admin: Any, ada: LiveObject) -> None:
    flags = {"userAccountControl": sets(66050, before=(514,))}
    done(apply(corp, change("update", ada.dn, flags, anchor=ada.anchor, expect=Expect())))
    assert entry(admin, ada.dn)["userAccountControl"] == [b"66050"]
    (outcome,) = apply(
        corp, change("update", ada.dn, {"userAccountControl": sets(512, before=(514,))}, anchor=ada.anchor)
    )
    assert outcome.status == "stale"
