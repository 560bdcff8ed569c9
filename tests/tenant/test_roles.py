"""Directory roles: which there are, who can be given one, and where."""

from __future__ import annotations

from typing import Any

import pytest

from tests.tenant.practice import NOBODY, Practice

ROLES = "/roleManagement/directory/roleDefinitions"
ASSIGNMENTS = "/roleManagement/directory/roleAssignments"
HELPDESK = "729827e3-9c14-49f7-bb1b-9608f156bbb8"
READER = "88d8e3e3-8f55-4a1e-953a-9b9898b8876b"


@pytest.fixture
def tenant() -> Practice:
    return Practice()


def wish(principal: str, role: str = HELPDESK, scope: str = "/") -> dict[str, str]:
    return {"principalId": principal, "roleDefinitionId": role, "directoryScopeId": scope}


def assigned(tenant: Practice, text: str) -> list[tuple[str, str, str]]:
    found = tenant.values(f"{ASSIGNMENTS}?$filter={text}")
    return sorted((each["principalId"], each["roleDefinitionId"], each["directoryScopeId"]) for each in found)


def test_built_in_roles_are_found_by_name_and_have_their_published_ids(tenant: Practice) -> None:
    (role,) = tenant.values(f"{ROLES}?$filter=displayName eq 'Helpdesk Administrator'")
    assert role["id"] == role["templateId"] == HELPDESK
    assert role["isBuiltIn"] is True
    assert tenant.get(f"{ROLES}/{HELPDESK}")["displayName"] == "Helpdesk Administrator"
    assert len(tenant.values(ROLES)) > 25


def test_a_role_is_given_listed_and_taken_away(tenant: Practice) -> None:
    ada, cid = tenant.user("ada"), tenant.user("cid")
    made = tenant.post(ASSIGNMENTS, wish(ada))
    tenant.post(ASSIGNMENTS, wish(cid, READER))
    assert tenant.get(f"{ASSIGNMENTS}/{made['id']}")["principalId"] == ada
    assert assigned(tenant, f"principalId eq '{ada}'") == [(ada, HELPDESK, "/")]
    assert assigned(tenant, f"roleDefinitionId eq '{READER}'") == [(cid, READER, "/")]
    assert len(assigned(tenant, "directoryScopeId eq '/'")) == 2
    tenant.delete(f"{ASSIGNMENTS}/{made['id']}")
    assert assigned(tenant, f"principalId eq '{ada}'") == []
    assert tenant.refused("DELETE", f"{ASSIGNMENTS}/{made['id']}")[0] == 404


@pytest.mark.parametrize(("relation", "name"), [("principal", "Ada"), ("roleDefinition", "Helpdesk Administrator")])
def test_who_and_what_can_be_read_along(tenant: Practice, relation: str, name: str) -> None:
    tenant.post(ASSIGNMENTS, wish(tenant.user("ada")))
    (found,) = tenant.values(f"{ASSIGNMENTS}?$expand={relation}")
    assert found[relation]["displayName"] == name


def test_the_same_role_at_another_scope_is_another_assignment(tenant: Practice) -> None:
    ada = tenant.user("ada")
    unit = tenant.post("/directory/administrativeUnits", {"displayName": "oslo"})["id"]
    tenant.post(ASSIGNMENTS, wish(ada))
    tenant.post(ASSIGNMENTS, wish(ada, scope=f"/administrativeUnits/{unit}"))
    assert assigned(tenant, f"principalId eq '{ada}'") == [
        (ada, HELPDESK, "/"),
        (ada, HELPDESK, f"/administrativeUnits/{unit}"),
    ]


def test_the_same_assignment_twice_is_refused(tenant: Practice) -> None:
    ada = tenant.user("ada")
    tenant.post(ASSIGNMENTS, wish(ada))
    status, _, message = tenant.refused("POST", ASSIGNMENTS, wish(ada))
    assert status == 400
    assert message.startswith("A conflicting object with one or more of the specified property values")


def test_only_groups_that_were_made_for_it_hold_roles(tenant: Practice) -> None:
    plain = tenant.group("helpdesk")
    made_for_it = tenant.group("helpdesk-oslo", isAssignableToRole=True)
    assert tenant.refused("POST", ASSIGNMENTS, wish(plain))[0] == 400
    tenant.post(ASSIGNMENTS, wish(made_for_it))


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"principalId": NOBODY}, 404),
        ({"roleDefinitionId": NOBODY}, 404),
        ({"directoryScopeId": f"/administrativeUnits/{NOBODY}"}, 404),
        ({"directoryScopeId": None}, 400),
        ({"principalId": 7}, 400),
    ],
)
def test_an_assignment_of_what_is_not_there_is_refused(tenant: Practice, change: dict[str, Any], status: int) -> None:
    assert tenant.refused("POST", ASSIGNMENTS, {**wish(tenant.user("ada")), **change})[0] == status


def test_an_assignment_cannot_be_changed(tenant: Practice) -> None:
    made = tenant.post(ASSIGNMENTS, wish(tenant.user("ada")))
    assert tenant.refused("PATCH", f"{ASSIGNMENTS}/{made['id']}", {"directoryScopeId": "/"})[0] == 405


def test_with_its_holder_a_role_goes_and_comes_back(tenant: Practice) -> None:
    ada = tenant.user("ada")
    tenant.post(ASSIGNMENTS, wish(ada))
    tenant.delete(f"/users/{ada}")
    assert tenant.values(ASSIGNMENTS) == []
    tenant.post(f"/directory/deletedItems/{ada}/restore", {}, 200)
    assert assigned(tenant, f"principalId eq '{ada}'") == [(ada, HELPDESK, "/")]
    tenant.delete(f"/users/{ada}")
    tenant.delete(f"/directory/deletedItems/{ada}")
    assert list(tenant.tenant.state.newest.of_type("unifiedRoleAssignment")) == []
