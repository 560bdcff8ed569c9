"""Administrative units: made, changed, filled, deleted."""

from __future__ import annotations

import pytest

from tests.tenant.practice import NOBODY, Practice, ref

UNITS = "/directory/administrativeUnits"


@pytest.fixture
def tenant() -> Practice:
    return Practice()


def made(tenant: Practice, name: str = "oslo", **properties: object) -> str:
    new_id: str = tenant.post(UNITS, {"displayName": name, **properties})["id"]
    return new_id


def test_a_unit_is_made_read_changed_and_deleted(tenant: Practice) -> None:
    unit = tenant.post(UNITS, {"displayName": "oslo", "description": "Norway"})
    assert unit["membershipType"] is None
    tenant.patch(f"{UNITS}/{unit['id']}", {"description": "The office in Norway"})
    assert tenant.get(f"{UNITS}/{unit['id']}")["description"] == "The office in Norway"
    assert [each["id"] for each in tenant.values(f"{UNITS}?$filter=displayName eq 'oslo'")] == [unit["id"]]
    tenant.delete(f"{UNITS}/{unit['id']}")
    assert tenant.values(UNITS) == []


def test_members_are_added_one_by_one_and_taken_out(tenant: Practice) -> None:
    unit, ada, group = made(tenant), tenant.user("ada"), tenant.group("helpdesk")
    for member in (ada, group):
        tenant.post(f"{UNITS}/{unit}/members/$ref", ref(member), 204)
    assert tenant.ids(f"{UNITS}/{unit}/members") == {ada, group}
    tenant.delete(f"{UNITS}/{unit}/members/{ada}/$ref")
    assert tenant.ids(f"{UNITS}/{unit}/members") == {group}
    assert tenant.refused("DELETE", f"{UNITS}/{unit}/members/{ada}/$ref")[0] == 404


def test_who_is_a_member_already_is_a_conflicting_object(tenant: Practice) -> None:
    unit, ada = made(tenant), tenant.user("ada")
    tenant.post(f"{UNITS}/{unit}/members/$ref", ref(ada), 204)
    status, _, message = tenant.refused("POST", f"{UNITS}/{unit}/members/$ref", ref(ada))
    assert status == 400
    assert message.startswith("A conflicting object with one or more of the specified property values")


def test_nobody_and_no_unit_become_members(tenant: Practice) -> None:
    unit, other = made(tenant), made(tenant, "bergen")
    assert tenant.refused("POST", f"{UNITS}/{unit}/members/$ref", ref(NOBODY))[0] == 404
    assert tenant.refused("POST", f"{UNITS}/{unit}/members/$ref", ref(other))[0] == 400


@pytest.mark.parametrize(
    "body",
    [
        {"description": "no name"},
        {"displayName": ""},
        {"displayName": "oslo", "membershipType": "sometimes"},
        {"displayName": "oslo", "membershipType": "Dynamic", "membershipRule": 'user.city -eq "Oslo"'},
        {"displayName": "oslo", "membershipType": "Dynamic", "membershipRuleProcessingState": "On"},
        {"displayName": "oslo", "colour": "red"},
    ],
)
def test_a_unit_that_makes_no_sense_is_refused(tenant: Practice, body: dict[str, str]) -> None:
    assert tenant.refused("POST", UNITS, body)[0] == 400
    assert tenant.values(UNITS) == []


def test_whether_a_unit_is_restricted_is_decided_once(tenant: Practice) -> None:
    unit = made(tenant, isMemberManagementRestricted=True)
    assert tenant.refused("PATCH", f"{UNITS}/{unit}", {"isMemberManagementRestricted": False})[0] == 400
    tenant.patch(f"{UNITS}/{unit}", {"isMemberManagementRestricted": True, "displayName": "bergen"})


def test_a_rule_fills_a_dynamic_unit_and_nobody_else_does(tenant: Practice) -> None:
    rule = 'user.city -eq "Oslo"'
    unit = made(tenant, membershipType="Dynamic", membershipRule=rule, membershipRuleProcessingState="On")
    ada, cid = tenant.user("ada", city="Oslo"), tenant.user("cid", city="Bergen")
    assert tenant.refused("POST", f"{UNITS}/{unit}/members/$ref", ref(cid))[0] == 403
    tenant.wait()
    assert tenant.ids(f"{UNITS}/{unit}/members") == {ada}


def test_a_delta_tells_of_units_and_their_members(tenant: Practice) -> None:
    unit, ada = made(tenant), tenant.user("ada")
    first = tenant.get(f"{UNITS}/delta?$select=displayName,members")
    assert [each["id"] for each in first["value"]] == [unit]
    tenant.post(f"{UNITS}/{unit}/members/$ref", ref(ada), 204)
    path = first["@odata.deltaLink"].partition("/v1.0")[2]
    (entry,) = tenant.get(path)["value"]
    assert [(each["@odata.type"], each["id"]) for each in entry["members@delta"]] == [("#microsoft.graph.user", ada)]
