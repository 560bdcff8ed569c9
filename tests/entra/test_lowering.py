"""Which requests a change becomes: the fewest that Graph allows, in an order that is safe to stop in."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest

from idcode.directories.entra.licences import Skus
from idcode.directories.entra.lowering import Lowering
from idcode.directories.entra.schema import entra_schema
from idcode.model.errors import DirectoryError
from idcode.model.plans import AttributeChange, Change
from idcode.model.values import Ref
from tests.entra.estate import change, delta, number, requests, to

ADA, GRETA, GROUP, UNIT, ROLE = (number(n) for n in (1, 2, 100, 200, 300))
SKUS = Skus(
    [
        {
            "skuId": "S1",
            "skuPartNumber": "SPE_E5",
            "servicePlans": [
                {"servicePlanName": "SWAY", "servicePlanId": "P2"},
                {"servicePlanName": "TEAMS1", "servicePlanId": "P1"},
            ],
        },
        {"skuId": "S2", "skuPartNumber": "FLOW_FREE"},
    ]
)
TENANT: Any = SimpleNamespace(skus=SKUS, roles={ROLE: "Helpdesk Administrator"}, applications={})


def lower(one: Change, anchors: Mapping[str, str] | None = None, first_sign_in: str = "password") -> list[Any]:
    lowering = Lowering(entra_schema(), TENANT, "extensionAttribute15", first_sign_in)
    writes = lowering.lower(one, anchors or {})
    assert [write.id for write in writes] == [f"{one.id}.{n}" for n in range(1, len(writes) + 1)]
    assert json.dumps(requests(writes)) == json.dumps(requests(lowering.lower(one, anchors or {})))
    return requests(writes)


def bodies(one: Change) -> list[Any]:
    return [request["body"] for request in lower(one)]


NEW = {
    "userPrincipalName": to("ada.brisling@contoso.example"),
    "displayName": to("Ada Brisling"),
    "enabled": to(True),
}


def test_a_new_person_with_a_manager_takes_four_requests_and_is_enabled_after_the_password() -> None:
    found = lower(change("create", {**NEW, "manager": to(Ref(GRETA))}, password=True))
    assert [request["op"] for request in found] == ["create", "password", "account", "manager"]
    assert found[0]["body"] == {
        "userPrincipalName": "ada.brisling@contoso.example",
        "displayName": "Ada Brisling",
        "mailNickname": "ada.brisling",
        "accountEnabled": False,
        "onPremisesExtensionAttributes": {"extensionAttribute15": "idcode:new"},
    }
    assert found[2]["body"] == {
        "accountEnabled": True,
        "onPremisesExtensionAttributes": {"extensionAttribute15": None},
    }
    assert found[3]["to"] == {"$ref": GRETA}


def test_no_request_holds_a_password() -> None:
    text = json.dumps(lower(change("create", NEW, password=True)))
    assert "passwordProfile" not in text


def test_a_person_who_gets_no_password_is_created_as_wanted_at_once() -> None:
    (enabled,) = lower(change("create", NEW))
    assert enabled["body"]["accountEnabled"] is True
    assert "onPremisesExtensionAttributes" not in enabled["body"]
    (disabled,) = lower(change("create", {**NEW, "enabled": to(False)}))
    assert disabled["body"]["onPremisesExtensionAttributes"] == {"extensionAttribute15": "idcode:new"}


def test_a_person_who_is_to_begin_later_has_a_password_and_stays_disabled_with_idcodes_mark() -> None:
    found = lower(change("create", {**NEW, "enabled": to(False)}, password=True))
    assert [request["op"] for request in found] == ["create", "password", "account"]
    assert found[2]["body"]["accountEnabled"] is False
    assert found[2]["body"]["onPremisesExtensionAttributes"] == {"extensionAttribute15": "idcode:disabled"}


@pytest.mark.parametrize("way", ["password", "temporary-access-pass"])
def test_what_somebody_first_signs_in_with_is_as_configured(way: str) -> None:
    found = lower(change("create", NEW, password=True), first_sign_in=way)
    assert found[1]["as"] == way


def test_a_guest_is_invited_by_mail_and_then_given_the_rest() -> None:
    guest = {
        "userType": to("Guest"),
        "mail": to("ada@fabrikam.example"),
        "displayName": to("Ada Brisling"),
        "userPrincipalName": to("made.by@graph.example"),
        "companyName": to("Fabrikam"),
        "enabled": to(True),
    }
    first, second = lower(change("create", guest))
    assert first["body"]["invitedUserEmailAddress"] == "ada@fabrikam.example"
    assert first["body"]["invitedUserDisplayName"] == "Ada Brisling"
    assert first["body"]["sendInvitationMessage"] is False
    assert second == {"op": "update", "target": first["target"], "body": {"companyName": "Fabrikam"}}


@pytest.mark.parametrize(
    ("attributes", "body"),
    [
        ({"jobTitle": to("Lead", was=("Engineer",))}, {"jobTitle": "Lead"}),
        ({"jobTitle": to(was=("Engineer",))}, {"jobTitle": None}),
        ({"businessPhones": AttributeChange(("1",), (), single=False)}, {"businessPhones": []}),
        ({"otherMails": to("a@b.example", "c@d.example")}, {"otherMails": ["a@b.example", "c@d.example"]}),
        ({"extensionAttribute3": to("x")}, {"onPremisesExtensionAttributes": {"extensionAttribute3": "x"}}),
        ({"costCenter": to("7"), "division": to()}, {"employeeOrgData": {"costCenter": "7", "division": None}}),
        ({"employeeHireDate": to(date(2026, 3, 1))}, {"employeeHireDate": "2026-03-01T00:00:00Z"}),
        ({"showInAddressList": to("FALSE")}, {"showInAddressList": False}),
        ({"jobtitle": to("Lead")}, {"jobTitle": "Lead"}),
    ],
)
def test_values_are_written_as_graph_wants_them(attributes: Any, body: Any) -> None:
    (request,) = lower(change("update", attributes, anchor=ADA))
    assert request == {"op": "update", "target": {"type": "user", "id": ADA}, "body": body}


def test_all_simple_properties_share_one_request() -> None:
    assert len(lower(change("update", {"jobTitle": to("x"), "city": to("Oslo"), "division": to("D")}, anchor=ADA))) == 1


def test_properties_that_graph_wants_alone_get_a_request_of_their_own() -> None:
    attributes = {"skills": to("a", "b"), "aboutMe": to("hello"), "city": to("Oslo")}
    assert bodies(change("update", attributes, anchor=ADA)) == [
        {"city": "Oslo"},
        {"aboutMe": "hello"},
        {"skills": ["a", "b"]},
    ]


def test_values_that_are_added_to_a_list_which_graph_wants_alone_replace_nothing_of_it() -> None:
    skills = AttributeChange(add=("b",), remove=("c",), delta=True, single=False)
    first, second = lower(change("update", {"skills": skills, "city": to("Oslo")}, anchor=ADA))
    assert first["body"] == {"city": "Oslo"}
    assert "merge" not in first
    assert (second["body"], second["merge"]) == ({}, {"skills": {"add": ["b"], "remove": ["c"]}})


def test_disabling_marks_the_account_and_enabling_takes_the_mark_off() -> None:
    (disable,) = lower(change("disable", {"enabled": to(False)}, anchor=ADA))
    assert disable["op"] == "account"
    mark = {"extensionAttribute15": "idcode:disabled"}
    assert disable["body"] == {"accountEnabled": False, "onPremisesExtensionAttributes": mark}
    (enable,) = lower(change("enable", {"enabled": to(True)}, anchor=ADA))
    assert enable["body"]["onPremisesExtensionAttributes"] == {"extensionAttribute15": None}


def test_enabling_somebody_without_a_password_sets_one_first() -> None:
    found = lower(change("enable", {"enabled": to(True)}, anchor=ADA, password=True))
    assert [request["op"] for request in found] == ["password", "account"]


def test_a_rollback_says_which_mark_there_was() -> None:
    (request,) = lower(change("disable", {"enabled": to(False), "mark": to()}, anchor=ADA))
    assert request["body"]["onPremisesExtensionAttributes"] == {"extensionAttribute15": None}


def test_a_manager_is_set_and_taken_away() -> None:
    assert lower(change("update", {"manager": to(Ref(GRETA))}, anchor=ADA))[0]["to"] == {"$ref": GRETA}
    assert lower(change("update", {"manager": to(was=(Ref(GRETA),))}, anchor=ADA))[0]["to"] is None


def test_a_manager_of_this_very_plan_is_resolved_when_it_has_an_id() -> None:
    one = change("update", {"manager": to(Ref("person:E7@cloud/account"))}, anchor=ADA)
    assert lower(one)[0]["to"] == {"$ref": "person:E7@cloud/account"}
    assert lower(one, {"person:E7@cloud/account": GRETA})[0]["to"] == {"$ref": GRETA}


@pytest.mark.parametrize(
    ("item", "add", "remove"),
    [
        (to("SPE_E5", was=()), [("s1", [])], []),
        (to("SPE_E5 -TEAMS1 -SWAY", was=()), [("s1", ["p1", "p2"])], []),
        (to("spe_e5 -sway", was=("SPE_E5 -SWAY",)), [], None),
        (to("SPE_E5", was=("SPE_E5 -SWAY",)), [("s1", [])], []),
        (to("FLOW_FREE", was=("SPE_E5",)), [("s2", [])], ["s1"]),
        (to(was=("SPE_E5", "FLOW_FREE")), [], ["s1", "s2"]),
        (AttributeChange(add=("FLOW_FREE",), remove=("SPE_E5",), delta=True), [("s2", [])], ["s1"]),
        (AttributeChange(add=("SPE_E5",), remove=("SPE_E5 -SWAY",), delta=True), [("s1", [])], []),
    ],
)
@pytest.mark.parametrize("kind", ["user", "group"])
def test_all_licence_changes_of_one_object_are_one_request(item: Any, add: Any, remove: Any, kind: str) -> None:
    found = lower(change("update", {"licences": item}, anchor=ADA, kind=kind))
    if remove is None:
        assert found == []
        return
    (request,) = found
    assert [(one["skuId"], one["disabledPlans"]) for one in request["add"]] == add
    assert request["remove"] == remove


def test_an_unknown_licence_is_an_error_and_no_request() -> None:
    with pytest.raises(DirectoryError, match="no subscription SPE_E7"):
        lower(change("update", {"licences": to("SPE_E7")}, anchor=ADA))
    with pytest.raises(DirectoryError, match="no service plan NOTES"):
        lower(change("update", {"licences": to("SPE_E5 -NOTES")}, anchor=ADA))


def group(op: Any, attributes: Mapping[str, AttributeChange], anchor: str | None = GROUP) -> Change:
    return change(op, attributes, kind="group", anchor=anchor, name="sg-one")


@pytest.mark.parametrize(
    ("more", "body"),
    [
        ({}, {"groupTypes": [], "mailEnabled": False, "securityEnabled": True}),
        (
            {"category": to("microsoft365")},
            {"groupTypes": ["Unified"], "mailEnabled": True, "securityEnabled": False},
        ),
        (
            {"membershipRule": to('user.department -eq "Sales"')},
            {
                "groupTypes": ["DynamicMembership"],
                "mailEnabled": False,
                "securityEnabled": True,
                "membershipRule": 'user.department -eq "Sales"',
                "membershipRuleProcessingState": "On",
            },
        ),
        (
            {"isAssignableToRole": to(True)},
            {"groupTypes": [], "mailEnabled": False, "securityEnabled": True, "isAssignableToRole": True},
        ),
    ],
)
def test_a_new_group_is_of_the_wanted_kind(more: Any, body: Any) -> None:
    (request,) = lower(group("create", {"mailNickname": to("sg-one"), "uniqueName": to("sg-one-2"), **more}, None))
    assert request["target"] == {"type": "group", "name": "sg-one-2"}
    names = {"mailNickname": "sg-one", "displayName": "sg-one", "uniqueName": "sg-one-2"}
    assert request["body"] == {**names, **body}


def test_a_new_group_is_born_with_its_first_twenty_and_gets_the_others_by_twenties() -> None:
    people = [number(n) for n in range(1, 46)]
    found = lower(
        group(
            "create",
            {
                "mailNickname": to("sg-one"),
                "owners": to(Ref(number(90))),
                "members": to(*(Ref(one) for one in people)),
            },
            None,
        )
    )
    assert [request["op"] for request in found] == ["create", "link", "link"]
    assert len(found[0]["owners"]) == 1
    assert len(found[0]["members"]) == 19
    given = [one["$ref"] for one in (*found[0]["members"], *found[1]["add"], *found[2]["add"])]
    assert given == people


def test_members_come_by_twenties_and_go_one_by_one() -> None:
    people = [number(n) for n in range(1, 42)]
    found = lower(group("update", {"members": delta(people, [number(90), number(91)])}))
    assert [len(request["add"]) for request in found if request["op"] == "link"] == [20, 20, 1]
    assert [request["remove"]["$ref"] for request in found if request["op"] == "unlink"] == [number(90), number(91)]


def test_a_new_owner_comes_before_the_old_one_goes() -> None:
    found = lower(group("update", {"owners": delta([ADA], [GRETA])}))
    assert [request["op"] for request in found] == ["link", "unlink"]


def test_a_membership_rule_makes_a_group_dynamic_and_its_end_makes_it_static() -> None:
    (on,) = lower(group("update", {"membershipRule": to("user.city -eq 1")}))
    assert on["merge"] == {"groupTypes": {"add": ["DynamicMembership"], "remove": []}}
    (off,) = lower(group("update", {"membershipRule": to(was=("user.city -eq 1",))}))
    assert off["merge"] == {"groupTypes": {"add": [], "remove": ["DynamicMembership"]}}
    (other,) = lower(group("update", {"membershipRule": to("b", was=("a",))}))
    assert "merge" not in other


def test_who_masters_an_object_is_written_alone() -> None:
    assert lower(change("update", {"isCloudManaged": to(True)}, anchor=ADA)) == [
        {"op": "authority", "target": {"type": "user", "id": ADA}, "cloud": True}
    ]


def test_members_of_an_administrative_unit_come_one_by_one() -> None:
    found = lower(change("update", {"members": delta([ADA, GRETA])}, kind="administrative_unit", anchor=UNIT))
    assert [[one["$ref"] for one in request["add"]] for request in found] == [[ADA], [GRETA]]


def test_a_role_is_given_and_taken_holder_by_holder() -> None:
    anchor = f"{ROLE}@/administrativeUnits/{UNIT}"
    found = lower(change("update", {"members": delta([ADA], [GRETA])}, kind="role_assignment", anchor=anchor))
    place = {"role": ROLE, "scope": f"/administrativeUnits/{UNIT}"}
    assert found == [
        {"op": "grant", **place, "principal": {"$ref": ADA}},
        {"op": "revoke", **place, "principal": {"$ref": GRETA}},
    ]


def test_a_role_in_a_unit_of_this_plan_waits_for_its_id_and_is_never_tenant_wide() -> None:
    unit = "administrative_unit:oslo@cloud"
    attributes = {"displayName": to("helpdesk administrator"), "members": to(Ref(ADA))}
    scoped = change("create", {**attributes, "directoryScope": to(Ref(unit))}, kind="role_assignment")
    assert lower(scoped)[0]["scope"] == {"$ref": unit}
    assert lower(scoped, {unit: UNIT})[0]["scope"] == f"/administrativeUnits/{UNIT}"
    with pytest.raises(DirectoryError, match="no unit"):
        lower(change("create", attributes, kind="role_assignment"))


def test_a_deleted_object_comes_back_before_it_is_written() -> None:
    found = lower(change("restore", {**NEW, "manager": to(Ref(GRETA))}, anchor=ADA))
    assert [request["op"] for request in found] == ["restore", "update", "manager"]
    assert found[1]["body"]["accountEnabled"] is True
    found = lower(change("restore", NEW, anchor=ADA, password=True))
    assert [request["op"] for request in found] == ["restore", "update", "password", "account"]
    assert found[1]["body"]["accountEnabled"] is False


def test_a_restored_group_is_not_given_what_is_fixed_at_creation() -> None:
    attributes = {"displayName": to("sg"), "uniqueName": to("sg"), "category": to("security")}
    found = lower(group("restore", {**attributes, "isAssignableToRole": to(True)}))
    assert [request.get("body") for request in found] == [None, {"displayName": "sg"}]


def test_deleting_is_one_request() -> None:
    assert lower(change("delete", anchor=ADA)) == [{"op": "delete", "target": {"type": "user", "id": ADA}}]
