"""What a plan may not do to a directory, batch by batch, whatever it is for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from idcode.model.desired import DirectoryView
from idcode.model.plans import AttributeChange, Change, Expect, Op, Target
from idcode.model.records import LiveObject, ObjectType
from idcode.model.schema import AttributeType, DirectorySchema, Kind
from idcode.model.values import Ref, Scalar
from idcode.prove.invariants import Watch

BASE = "DC=corp,DC=example"
SCHEMA = DirectorySchema(
    [
        AttributeType("mail", unique="forest"),
        AttributeType("proxyAddresses", Kind.ADDRESS, single=False, unique="forest"),
        AttributeType("secretary", Kind.REFERENCE),
        AttributeType("title"),
        AttributeType("member", Kind.REFERENCE, single=False),
        AttributeType("objectSid", Kind.SID),
    ]
)
DOMAIN_ADMINS = "S-1-5-21-1-2-3-512"
ADMINISTRATORS = "S-1-5-32-544"


def user(name: str, **attributes: Scalar) -> LiveObject:
    values = {key: (value,) for key, value in attributes.items()}
    return LiveObject(name, f"CN={name},OU=People,{BASE}", "user", values, enabled=True)


def group(name: str, *members: LiveObject, sid: str = "") -> LiveObject:
    values: dict[str, tuple[Scalar, ...]] = {"member": tuple(Ref(live.dn) for live in members)}
    if sid:
        values["objectSid"] = (sid,)
    return LiveObject(name, f"CN={name},OU=Groups,{BASE}", "group", {k: v for k, v in values.items() if v})


def change(anchor: str, *names: str, op: Op = "update", kind: ObjectType = "user") -> Change:
    """Return a change that writes the attributes ``names``; what they become says the directory read back."""
    return Change(
        id=f"c-{anchor}",
        key="",
        directory="corp",
        object_type=kind,
        address=f"person:{anchor}",
        object=Target(anchor, "", anchor),
        op=op,
        phase="update",
        attributes=dict.fromkeys(names, AttributeChange()),
        expect=Expect(),
    )


class Company:
    """Objects as they were read, and as they are after each batch."""

    def __init__(self, *objects: LiveObject, written: tuple[str, ...] = ()) -> None:
        self.view = DirectoryView("corp", "ad", BASE, SCHEMA, {live.anchor: live for live in objects})
        self.watch = Watch(self.view, [change("any", *written)])

    def after(self, *changes: Change, now: Mapping[str, LiveObject]) -> list[tuple[str, str]]:
        """Return who broke what in a batch of ``changes`` after which the objects are as in ``now``."""
        anchors = {item.id: item.object.anchor or "" for item in changes}
        return [(item.address, text) for item, text in self.watch.after(changes, anchors, now)]


def test_an_account_may_not_be_enabled_before_somebody_can_log_on_to_it() -> None:
    ada = user("ada")
    company = Company(replace(ada, enabled=False, needs_password=True))
    found = company.after(change("ada", op="enable"), now={"ada": replace(ada, needs_password=True)})
    assert found == [("person:ada", "the account is enabled, and nobody ever set a password")]


def test_an_account_that_was_so_before_is_not_the_fault_of_the_plan() -> None:
    ada = replace(user("ada"), needs_password=True)
    assert Company(ada, written=("title",)).after(change("ada", "title"), now={"ada": ada}) == []


def test_nobody_gets_the_mail_address_of_somebody_else() -> None:
    company = Company(user("ada", mail="a@x"), user("ben"), written=("mail",))
    found = company.after(change("ben", "mail"), now={"ben": user("ben", mail="A@X")})
    assert found == [("person:ben", f"its mail belongs to CN=ada,OU=People,{BASE} too")]


def test_an_alias_of_one_may_not_be_the_primary_address_of_another() -> None:
    company = Company(user("ada", proxyAddresses="smtp:a@x"), user("ben"), written=("proxyAddresses",))
    found = company.after(change("ben", "proxyAddresses"), now={"ben": user("ben", proxyAddresses="SMTP:a@x")})
    assert found == [("person:ben", f"its proxyAddresses belongs to CN=ada,OU=People,{BASE} too")]


def test_an_address_may_be_taken_once_it_is_given_up_not_before() -> None:
    ada, ben = user("ada", mail="a@x"), user("ben")
    company = Company(ada, ben, written=("mail",))
    assert company.after(change("ada", "mail"), now={"ada": user("ada")}) == []
    assert company.after(change("ben", "mail"), now={"ben": user("ben", mail="a@x")}) == []


def test_an_address_that_two_had_before_is_not_the_fault_of_the_plan() -> None:
    ada, ben = user("ada", mail="a@x"), user("ben", mail="a@x")
    assert Company(ada, ben, written=("mail",)).after(change("ben", "mail"), now={"ben": ben}) == []


def test_the_address_of_a_deleted_object_is_free() -> None:
    company = Company(user("ada", mail="a@x"), user("ben"), written=("mail",))
    gone = replace(user("ada", mail="a@x"), deleted=True)
    assert company.after(change("ada", op="delete"), now={"ada": gone}) == []
    assert company.after(change("ben", "mail"), now={"ben": user("ben", mail="a@x")}) == []


def test_nothing_refers_to_what_was_deleted() -> None:
    company = Company(user("ada"), written=("secretary",))
    grave = Ref(f"CN=ben\\0ADEL:0001,CN=Deleted Objects,{BASE}")
    ((who, what),) = company.after(change("ada", "secretary"), now={"ada": user("ada", secretary=grave)})
    assert who == "person:ada"
    assert what.startswith("secretary refers to a deleted object")


def test_a_reference_that_led_to_a_deleted_object_before_is_not_the_fault_of_the_plan() -> None:
    grave = Ref(f"CN=ben\\0ADEL:0001,CN=Deleted Objects,{BASE}")
    company = Company(user("ada", secretary=grave), written=("secretary", "title"))
    assert company.after(change("ada", "title"), now={"ada": user("ada", secretary=grave, title="Lead")}) == []


def test_nobody_becomes_an_administrator_through_a_group_in_a_group() -> None:
    ada, helpdesk = user("ada"), group("helpdesk")
    company = Company(ada, helpdesk, group("admins", helpdesk, sid=DOMAIN_ADMINS), written=("member",))
    found = company.after(change("helpdesk", "member", kind="group"), now={"helpdesk": group("helpdesk", ada)})
    assert found == [("person:helpdesk", "ada becomes a member of admins by way of it")]


def test_somebody_new_becomes_no_administrator_through_a_group_in_a_group() -> None:
    ada, helpdesk = user("ada"), group("helpdesk")
    company = Company(helpdesk, group("admins", helpdesk, sid=DOMAIN_ADMINS), written=("member",))
    assert company.after(change("ada", op="create"), now={"ada": ada}) == []
    found = company.after(change("helpdesk", "member", kind="group"), now={"helpdesk": group("helpdesk", ada)})
    assert found == [("person:helpdesk", "ada becomes a member of admins by way of it")]


def test_nobody_loses_the_rights_of_an_administrator_through_a_group_in_a_group() -> None:
    ada = user("ada")
    helpdesk = group("helpdesk", ada)
    company = Company(ada, helpdesk, group("admins", helpdesk, sid=ADMINISTRATORS), written=("member",))
    found = company.after(change("helpdesk", "member", kind="group"), now={"helpdesk": group("helpdesk")})
    assert found == [("person:helpdesk", "ada is no longer a member of admins by way of it")]


def test_deleting_an_administrator_is_said() -> None:
    ada = user("ada")
    company = Company(ada, group("admins", ada, sid=DOMAIN_ADMINS))
    grave = replace(ada, deleted=True, dn=f"CN=ada\\0ADEL:0001,CN=Deleted Objects,{BASE}")
    found = company.after(change("ada", op="delete"), now={"ada": grave})
    assert found == [("person:ada", "ada is no longer a member of admins by way of it")]


def test_a_change_of_the_group_itself_is_what_a_reviewer_sees() -> None:
    ada = user("ada")
    company = Company(ada, group("admins", sid=DOMAIN_ADMINS), written=("member",))
    now = {"admins": group("admins", ada, sid=DOMAIN_ADMINS)}
    assert company.after(change("admins", "member", kind="group"), now=now) == []


def test_a_group_that_leaves_the_administrators_in_plain_sight_may_grow_afterwards() -> None:
    ada, helpdesk = user("ada"), group("helpdesk")
    company = Company(ada, helpdesk, group("admins", helpdesk, sid=DOMAIN_ADMINS), written=("member",))
    assert (
        company.after(change("admins", "member", kind="group"), now={"admins": group("admins", sid=DOMAIN_ADMINS)})
        == []
    )
    assert company.after(change("helpdesk", "member", kind="group"), now={"helpdesk": group("helpdesk", ada)}) == []


def test_a_group_that_joins_the_administrators_in_plain_sight_may_not_grow_by_the_way() -> None:
    ada, helpdesk = user("ada"), group("helpdesk")
    company = Company(ada, helpdesk, group("admins", sid=DOMAIN_ADMINS), written=("member",))
    joined = {"admins": group("admins", helpdesk, sid=DOMAIN_ADMINS)}
    assert company.after(change("admins", "member", kind="group"), now=joined) == []
    found = company.after(change("helpdesk", "member", kind="group"), now={"helpdesk": group("helpdesk", ada)})
    assert found == [("person:helpdesk", "ada becomes a member of admins by way of it")]


@pytest.mark.parametrize("rid", [512, 516, 518, 519, 520, 521, 526, 527])
def test_the_privileged_groups_of_a_domain_are_known_by_their_numbers(rid: int) -> None:
    ada, inner = user("ada"), group("inner")
    company = Company(ada, inner, group("admins", inner, sid=f"S-1-5-21-1-2-3-{rid}"), written=("member",))
    assert company.after(change("inner", "member", kind="group"), now={"inner": group("inner", ada)}) != []


@pytest.mark.parametrize("sid", ["S-1-5-21-1-2-3-1512", "S-1-5-21-1-2-3-513", "S-1-5-32-545"])
def test_other_groups_are_nobody_s_concern(sid: str) -> None:
    ada, inner = user("ada"), group("inner")
    company = Company(ada, inner, group("others", inner, sid=sid), written=("member",))
    assert company.after(change("inner", "member", kind="group"), now={"inner": group("inner", ada)}) == []


def test_circles_of_groups_end() -> None:
    ada, inner = user("ada"), group("inner")
    outer = group("outer", inner)
    company = Company(ada, group("inner", outer), outer, group("admins", outer, sid=DOMAIN_ADMINS), written=("member",))
    found = company.after(change("inner", "member", kind="group"), now={"inner": group("inner", outer, ada)})
    assert found == [("person:inner", "ada becomes a member of admins by way of it")]


def test_members_are_found_again_after_their_container_was_renamed() -> None:
    ou = LiveObject("ou", f"OU=People,{BASE}", "ou", {})
    ada, helpdesk = user("ada"), group("helpdesk")
    company = Company(ou, ada, helpdesk, group("admins", helpdesk, sid=DOMAIN_ADMINS), written=("member",))
    assert company.after(change("ou", op="move", kind="ou"), now={"ou": replace(ou, dn=f"OU=Staff,{BASE}")}) == []
    moved = replace(ada, dn=f"CN=ada,OU=Staff,{BASE}")
    found = company.after(change("helpdesk", "member", kind="group"), now={"helpdesk": group("helpdesk", moved)})
    assert found == [("person:helpdesk", "ada becomes a member of admins by way of it")]
