"""Service principals and who has which of their app roles."""

from __future__ import annotations

from typing import Any

import pytest

from idcode.directories.sandbox.tenant.entities import Entity
from tests.tenant.practice import NOBODY, Practice

EXPENSES = "11111111-0000-4000-8000-000000000001"
WIKI = "11111111-0000-4000-8000-000000000002"
ROBOT = "11111111-0000-4000-8000-000000000003"
APPROVER = "22222222-0000-4000-8000-000000000001"
FEEDER = "22222222-0000-4000-8000-000000000002"
RETIRED = "22222222-0000-4000-8000-000000000003"
DEFAULT = "00000000-0000-0000-0000-000000000000"


def app_role(role_id: str, member: str, enabled: bool = True) -> dict[str, Any]:
    return {"id": role_id, "allowedMemberTypes": [member], "isEnabled": enabled, "displayName": member, "value": member}


def application(object_id: str, name: str, *roles: dict[str, Any]) -> Entity:
    return Entity(
        object_id,
        "servicePrincipal",
        {"displayName": name, "appId": object_id.replace("1111", "3333"), "appRoles": list(roles)},
    )


LAPTOP, SUPPLIER = "55555555-0000-4000-8000-000000000001", "55555555-0000-4000-8000-000000000002"


@pytest.fixture
def bare() -> Practice:
    made = ((LAPTOP, "device"), (SUPPLIER, "orgContact"))
    return Practice(others=tuple(Entity(object_id, kind, {"displayName": kind}) for object_id, kind in made))


@pytest.fixture
def tenant() -> Practice:
    roles = (app_role(APPROVER, "User"), app_role(FEEDER, "Application"), app_role(RETIRED, "User", enabled=False))
    others = application(EXPENSES, "Expenses", *roles), application(WIKI, "Wiki"), application(ROBOT, "Robot")
    return Practice(others=others)


def wish(principal: str, resource: str = EXPENSES, role: str = APPROVER) -> dict[str, str]:
    return {"principalId": principal, "resourceId": resource, "appRoleId": role}


@pytest.mark.parametrize("text", ["displayName eq 'Expenses'", "appId eq '33333333-0000-4000-8000-000000000001'"])
def test_an_application_is_found_by_name_and_by_app_id(tenant: Practice, text: str) -> None:
    (found,) = tenant.values(f"/servicePrincipals?$filter={text}")
    assert found["id"] == EXPENSES
    assert {role["id"] for role in found["appRoles"]} == {APPROVER, FEEDER, RETIRED}
    assert tenant.get(f"/servicePrincipals/{EXPENSES}")["displayName"] == "Expenses"


def test_an_assignment_shows_on_both_sides_and_goes_from_both(tenant: Practice) -> None:
    ada = tenant.user("ada")
    made = tenant.post(f"/servicePrincipals/{EXPENSES}/appRoleAssignedTo", wish(ada))
    assert (made["principalDisplayName"], made["principalType"]) == ("Ada", "User")
    assert made["resourceDisplayName"] == "Expenses"
    assert tenant.ids(f"/servicePrincipals/{EXPENSES}/appRoleAssignedTo") == {made["id"]}
    assert tenant.ids(f"/users/{ada}/appRoleAssignments") == {made["id"]}
    tenant.delete(f"/users/{ada}/appRoleAssignments/{made['id']}")
    assert tenant.values(f"/servicePrincipals/{EXPENSES}/appRoleAssignedTo") == []


def test_groups_and_applications_are_principals_too(tenant: Practice) -> None:
    group = tenant.group("finance")
    of_group = tenant.post(f"/groups/{group}/appRoleAssignments", wish(group))
    of_robot = tenant.post(f"/servicePrincipals/{ROBOT}/appRoleAssignments", wish(ROBOT, role=FEEDER))
    assert (of_group["principalType"], of_robot["principalType"]) == ("Group", "ServicePrincipal")
    assert tenant.ids(f"/servicePrincipals/{EXPENSES}/appRoleAssignedTo") == {of_group["id"], of_robot["id"]}
    tenant.delete(f"/servicePrincipals/{EXPENSES}/appRoleAssignedTo/{of_group['id']}")
    assert tenant.values(f"/groups/{group}/appRoleAssignments") == []


def test_the_default_role_is_for_applications_without_roles(tenant: Practice) -> None:
    ada = tenant.user("ada")
    tenant.post(f"/users/{ada}/appRoleAssignments", wish(ada, WIKI, DEFAULT))
    assert tenant.refused("POST", f"/users/{ada}/appRoleAssignments", wish(ada, EXPENSES, DEFAULT))[0] == 400


@pytest.mark.parametrize("role", [FEEDER, RETIRED, NOBODY])
def test_a_role_that_users_cannot_have_is_refused(tenant: Practice, role: str) -> None:
    ada = tenant.user("ada")
    status, _, message = tenant.refused("POST", f"/users/{ada}/appRoleAssignments", wish(ada, role=role))
    assert (status, message) == (400, "Permission being assigned was not found on application")


def test_the_same_assignment_twice_is_refused(tenant: Practice) -> None:
    ada = tenant.user("ada")
    tenant.post(f"/users/{ada}/appRoleAssignments", wish(ada))
    for path in (f"/users/{ada}/appRoleAssignments", f"/servicePrincipals/{EXPENSES}/appRoleAssignedTo"):
        status, _, message = tenant.refused("POST", path, wish(ada))
        assert (status, message) == (400, "Permission being assigned already exists on the object")


@pytest.mark.parametrize("change", [{"principalId": NOBODY}, {"resourceId": NOBODY}])
def test_what_is_not_there_cannot_be_assigned(tenant: Practice, change: dict[str, str]) -> None:
    ada = tenant.user("ada")
    body = {**wish(ada), **change}
    path = (
        "/users/" + ada + "/appRoleAssignments"
        if "resourceId" in change
        else (f"/servicePrincipals/{EXPENSES}/appRoleAssignedTo")
    )
    assert tenant.refused("POST", path, body)[0] == 404


def test_the_address_and_the_body_have_to_name_the_same(tenant: Practice) -> None:
    ada, cid = tenant.user("ada"), tenant.user("cid")
    assert tenant.refused("POST", f"/users/{ada}/appRoleAssignments", wish(cid))[0] == 400
    assert tenant.refused("POST", f"/servicePrincipals/{WIKI}/appRoleAssignedTo", wish(cid))[0] == 400


def test_assignments_of_deleted_people_are_not_shown_and_go_with_them_for_good(tenant: Practice) -> None:
    ada = tenant.user("ada")
    tenant.post(f"/users/{ada}/appRoleAssignments", wish(ada))
    tenant.delete(f"/users/{ada}")
    assert tenant.values(f"/servicePrincipals/{EXPENSES}/appRoleAssignedTo") == []
    tenant.delete(f"/directory/deletedItems/{ada}")
    assert list(tenant.tenant.state.newest.of_type("appRoleAssignment")) == []


def test_devices_and_contacts_are_shown(bare: Practice) -> None:
    for collection, object_id in (("devices", LAPTOP), ("contacts", SUPPLIER)):
        assert bare.ids(f"/{collection}") == {object_id}
        assert bare.get(f"/{collection}/{object_id}")["id"] == object_id
    assert bare.get("/contacts/$count", consistencylevel="eventual") == 1
    group = bare.group("laptops")
    bare.join(group, LAPTOP)
    assert bare.ids(f"/devices/{LAPTOP}/memberOf") == {group}
    assert bare.refused("DELETE", f"/devices/{LAPTOP}")[0] == 405
