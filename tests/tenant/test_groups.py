"""Groups, their members and owners."""

from __future__ import annotations

from typing import Any

import pytest

from idcode.directories.sandbox.tenant.seeding import Seed
from tests.tenant.office import EVENTUAL, Office, group, person
from tests.tenant.practice import DOMAIN, NOBODY, ref

BASE = "https://graph.microsoft.com/v1.0/directoryObjects"
M365 = {"mailEnabled": True, "securityEnabled": False, "groupTypes": ["Unified"]}
RULE = {
    "groupTypes": ["DynamicMembership"],
    "membershipRule": '(user.department -eq "Works")',
    "membershipRuleProcessingState": "On",
}


@pytest.fixture
def office() -> Office:
    return Office()


def bind(*ids: str) -> list[str]:
    return [f"{BASE}/{each}" for each in ids]


def new(name: str, **properties: Any) -> dict[str, Any]:
    return {"displayName": name, "mailEnabled": False, "mailNickname": name, "securityEnabled": True, **properties}


def test_a_new_group_is_shown_with_its_default_properties(office: Office) -> None:
    made = office.post("/groups", new("crew", description="Everyone aboard"))
    assert made["description"] == "Everyone aboard"
    assert made["groupTypes"] == []
    assert made["mail"] is None
    assert not {"assignedLicenses", "hideFromAddressLists", "hasMembersWithLicenseErrors"} & made.keys()
    assert office.get(f"/groups/{made['id']}") == made


@pytest.mark.parametrize("name", ["displayName", "mailEnabled", "mailNickname", "securityEnabled"])
def test_what_a_new_group_needs_must_be_there(office: Office, name: str) -> None:
    body = {key: value for key, value in new("crew").items() if key != name}
    assert name in office.refused("POST", "/groups", body)[2]


@pytest.mark.parametrize(
    "properties",
    [
        {"mailEnabled": True},
        {"mailEnabled": True, "securityEnabled": False},
        {"securityEnabled": False},
        {"groupTypes": ["Unified"]},
        {"groupTypes": ["Distribution"]},
        {"mailNickname": "a b"},
        {"mailNickname": "a@b"},
        {"mailNickname": "mönster"},
        {"mailNickname": "x" * 65},
        {"displayName": "x" * 257},
        {"visibility": "Secret"},
        {"visibility": "HiddenMembership"},
        {"hideFromAddressLists": True},
        {"groupTypes": ["DynamicMembership"]},
        {**RULE, "membershipRule": "user.department is Works"},
        {**RULE, "isAssignableToRole": True},
        {"membershipRuleProcessingState": "On"},
        {"mail": f"crew@{DOMAIN}"},
    ],
)
def test_groups_that_cannot_be_made(office: Office, properties: dict[str, Any]) -> None:
    assert office.refused("POST", "/groups", new("crew", **properties))[0] == 400
    assert office.ids("/groups") == set()


def test_a_microsoft_365_group_gets_an_address_and_its_nickname_is_its_own(office: Office) -> None:
    made = office.post("/groups", new("crew", **M365))
    assert (made["mail"], made["visibility"]) == (f"crew@{DOMAIN}", "Public")
    assert made["proxyAddresses"] == [f"SMTP:crew@{DOMAIN}"]
    assert "mailNickname" in office.refused("POST", "/groups", new("crew", **M365))[2]
    office.post("/groups", new("crew"))
    office.delete(f"/groups/{made['id']}")
    assert "mailNickname" in office.refused("POST", "/groups", new("crew", **M365))[2]


def test_an_upsert_by_unique_name_makes_one_group_only(office: Office) -> None:
    path = "/groups(uniqueName='crew')"
    assert office.refused("PATCH", path, new("crew"))[:2] == (404, "Request_ResourceNotFound")
    created = office.send("PATCH", path, new("crew"), prefer="create-if-missing")
    assert (created.status, created.body["uniqueName"]) == (201, "crew")
    again = office.send("PATCH", path, {"description": "Everyone aboard"}, prefer="create-if-missing")
    assert (again.status, again.body) == (204, None)
    assert office.get(path)["description"] == "Everyone aboard"
    assert office.ids("/groups") == {created.body["id"]}
    assert "uniqueName" in office.refused("POST", "/groups", new("other", uniqueName="CREW"))[2]


def test_members_and_owners_come_with_the_group_up_to_twenty(office: Office) -> None:
    users = [office.user(f"p{number}") for number in range(21)]
    made = office.post(
        "/groups", new("crew", **{"members@odata.bind": bind(*users[:12]), "owners@odata.bind": bind(*users[12:20])})
    )
    assert office.members(made["id"]) == set(users[:12])
    assert office.ids(f"/groups/{made['id']}/owners") == set(users[12:20])
    assert office.refused("POST", "/groups", new("big", **{"members@odata.bind": bind(*users)}))[0] == 400
    assert office.refused("PATCH", f"/groups/{made['id']}", {"members@odata.bind": bind(*users)})[0] == 400


def test_bound_members_are_added_all_or_none(office: Office) -> None:
    ada, greta = office.user("ada"), office.user("greta")
    crew = office.group("crew")
    office.join(crew, ada)
    path = f"/groups/{crew}"
    assert (
        "already exist for the following modified properties: 'members'"
        in office.refused("PATCH", path, {"description": "x", "members@odata.bind": bind(greta, ada)})[2]
    )
    assert NOBODY in office.refused("PATCH", path, {"members@odata.bind": bind(greta, NOBODY)})[2]
    assert office.members(crew) == {ada}
    assert office.get(path)["description"] is None
    office.patch(path, {"members@odata.bind": bind(greta)})
    assert office.members(crew) == {ada, greta}


def test_a_member_is_added_once_and_removed_once(office: Office) -> None:
    ada, crew = office.user("ada"), office.group("crew")
    office.join(crew, ada)
    assert office.refused("POST", f"/groups/{crew}/members/$ref", ref(ada))[:2] == (400, "Request_BadRequest")
    assert office.refused("POST", f"/groups/{crew}/members/$ref", ref(NOBODY))[:2] == (404, "Request_ResourceNotFound")
    office.delete(f"/groups/{crew}/members/{ada}/$ref")
    status, code, message = office.refused("DELETE", f"/groups/{crew}/members/{ada}/$ref")
    assert (status, code, ada in message) == (404, "Request_ResourceNotFound", True)
    assert office.members(crew) == set()
    assert office.ids("/users") == {ada}


def test_references_of_a_whole_collection_cannot_be_patched(office: Office) -> None:
    crew = office.group("crew")
    assert office.refused("PATCH", f"/groups/{crew}/members/$ref", {})[1:] == (
        "BadRequest",
        "The request is currently not supported on the targeted entity set",
    )


def test_the_last_owner_of_a_microsoft_365_group_stays(office: Office) -> None:
    ada, greta = office.user("ada"), office.user("greta")
    team, plain = office.group("team", **M365), office.group("plain")
    for each in (team, plain):
        for owner in (ada, greta):
            office.post(f"/groups/{each}/owners/$ref", ref(owner), 204)
        office.delete(f"/groups/{each}/owners/{ada}/$ref")
    message = "The group must have at least one owner, hence this owner cannot be removed."
    assert office.refused("DELETE", f"/groups/{team}/owners/{greta}/$ref")[2] == message
    office.delete(f"/groups/{plain}/owners/{greta}/$ref")


def test_a_group_has_at_most_a_hundred_owners() -> None:
    people = [person(number) for number in range(101)]
    crew = group(1)
    links = [("owners", crew["id"], each["id"]) for each in people[:100]]
    office = Office(seed=Seed(domains=[DOMAIN], users=people, groups=[crew], links=links))
    found = office.refused("POST", f"/groups/{crew['id']}/owners/$ref", ref(people[100]["id"]))
    assert found[:2] == (403, "Directory_QuotaExceeded")
    assert "'101' would exceed the maximum quota count '100' for forward-link 'owners'" in found[2]


def test_who_may_be_a_member_depends_on_the_kind_of_group(office: Office) -> None:
    ada, inner = office.user("ada"), office.group("inner")
    security, team = office.group("security"), office.group("team", **M365)
    admins = office.group("admins", isAssignableToRole=True)
    office.join(security, ada, inner)
    office.join(team, ada)
    office.join(admins, ada)
    for each in (team, admins):
        assert office.refused("POST", f"/groups/{each}/members/$ref", ref(inner))[0] == 400
    assert office.refused("POST", f"/groups/{inner}/members/$ref", ref(inner))[0] == 400
    assert office.refused("POST", f"/groups/{team}/owners/$ref", ref(inner))[0] == 400


def test_a_rule_decides_alone_who_is_in_a_dynamic_group(office: Office) -> None:
    ada, works = office.user("ada"), office.group("works", **RULE)
    denied = (403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")
    assert office.refused("POST", f"/groups/{works}/members/$ref", ref(ada)) == denied
    assert office.refused("PATCH", f"/groups/{works}", {"members@odata.bind": bind(ada)}) == denied
    assert office.refused("DELETE", f"/groups/{works}/members/{ada}/$ref") == denied
    body = new("more", **RULE, **{"members@odata.bind": bind(ada)})
    assert office.refused("POST", "/groups", body) == denied
    office.post(f"/groups/{works}/owners/$ref", ref(ada), 204)


def test_a_group_becomes_dynamic_and_static_again(office: Office) -> None:
    ada, crew = office.user("ada"), office.group("crew")
    office.patch(f"/groups/{crew}", RULE)
    assert office.refused("POST", f"/groups/{crew}/members/$ref", ref(ada))[0] == 403
    static: dict[str, Any] = {"groupTypes": [], "membershipRule": None, "membershipRuleProcessingState": None}
    office.patch(f"/groups/{crew}", static)
    office.join(crew, ada)


@pytest.mark.parametrize(
    "body",
    [
        {"isAssignableToRole": True},
        {"uniqueName": "other"},
        {"mailEnabled": True},
        {"groupTypes": ["Unified"]},
        {"visibility": "HiddenMembership"},
        {"displayName": None},
        {"displayName": ""},
        {"mail": f"x@{DOMAIN}"},
        {"hideFromAddressLists": True, "description": "x"},
        {"colour": "blue"},
        {"membershipRuleProcessingState": "On"},
    ],
)
def test_what_an_update_of_a_group_cannot_do(office: Office, body: dict[str, Any]) -> None:
    crew = office.group("crew")
    before = office.tenant.state.newest.get(crew)
    assert office.refused("PATCH", f"/groups/{crew}", body)[0] == 400
    assert office.tenant.state.newest.get(crew) == before


def test_some_properties_are_set_alone_and_answered_with_200(office: Office) -> None:
    team = office.group("team", **M365)
    office.patch(f"/groups/{team}", {"hideFromAddressLists": True}, 200)
    assert office.get(f"/groups/{team}?$select=hideFromAddressLists")["hideFromAddressLists"] is True
    office.patch(f"/groups/{team}", {"visibility": "Private", "theme": "Teal"})
    assert office.get(f"/groups/{team}")["visibility"] == "Private"


def test_groups_of_exchange_and_of_active_directory_are_read_only() -> None:
    listed = group(1, mailEnabled=True, securityEnabled=True)
    synced = group(2, onPremisesSyncEnabled=True)
    ada = person(1)
    office = Office(seed=Seed(domains=[DOMAIN], users=[ada], groups=[listed, synced]))
    for each, words in ((listed, "Cannot Update a mail-enabled security groups"), (synced, "on-premises mastered")):
        path = f"/groups/{each['id']}"
        assert words in office.refused("PATCH", path, {"description": "x"})[2]
        assert words in office.refused("POST", f"{path}/members/$ref", ref(ada["id"]))[2]
        assert words in office.refused("DELETE", path)[2]


def test_a_licensed_group_cannot_be_deleted() -> None:
    crew = group(1, assignedLicenses=[{"skuId": NOBODY, "disabledPlans": []}])
    office = Office(seed=Seed(domains=[DOMAIN], groups=[crew]))
    assert office.refused("DELETE", f"/groups/{crew['id']}")[:2] == (400, "Request_BadRequest")


def test_memberships_are_listed_directly_and_through_groups(office: Office) -> None:
    ada = office.user("ada")
    inner, middle, outer = (office.group(name) for name in ("inner", "middle", "outer"))
    office.join(inner, ada)
    office.join(middle, inner)
    office.join(outer, middle)
    office.join(inner, outer)
    assert office.ids(f"/users/{ada}/memberOf") == {inner}
    assert office.ids(f"/users/{ada}/transitiveMemberOf") == {inner, middle, outer}
    people = "microsoft.graph.user?$count=true"
    assert [each["id"] for each in office.get(f"/groups/{outer}/transitiveMembers/{people}", **EVENTUAL)["value"]] == [
        ada
    ]
    assert office.get(f"/groups/{outer}/transitiveMembers/$count", **EVENTUAL) == 4
    assert {each["@odata.type"] for each in office.values(f"/groups/{inner}/members")} == {
        "#microsoft.graph.user",
        "#microsoft.graph.group",
    }
    assert "@odata.type" not in office.get(f"/groups/{inner}/members/{people}", **EVENTUAL)["value"][0]
    assert office.values(f"/groups/{middle}/members/$ref") == [{"@odata.id": f"{BASE}/{inner}"}]
    found = office.post(f"/users/{ada}/getMemberGroups", {"securityEnabledOnly": True}, 200)["value"]
    assert set(found) == {inner, middle, outer}
    assert office.post(f"/users/{ada}/checkMemberGroups", {"groupIds": [outer, NOBODY]}, 200)["value"] == [outer]
    office.delete(f"/groups/{middle}")
    assert office.ids(f"/users/{ada}/transitiveMemberOf") == {inner}


def test_objects_are_fetched_by_id_in_bulk(office: Office) -> None:
    ada, crew, gone = office.user("ada"), office.group("crew"), office.user("gone")
    office.delete(f"/users/{gone}")
    body = {"ids": [ada, crew, gone, NOBODY], "types": ["user", "group"]}
    found = office.post("/directoryObjects/getByIds?$select=id,displayName", body, 200)["value"]
    assert sorted(found, key=lambda each: each["displayName"]) == [
        {"@odata.type": "#microsoft.graph.user", "id": ada, "displayName": "Ada"},
        {"@odata.type": "#microsoft.graph.group", "id": crew, "displayName": "crew"},
    ]
    only = office.post("/directoryObjects/getByIds", {"ids": [ada, crew], "types": ["group"]}, 200)["value"]
    assert [each["id"] for each in only] == [crew]
    assert office.post("/directoryObjects/getByIds", {"ids": [NOBODY] * 1000}, 200)["value"] == []
    assert office.refused("POST", "/directoryObjects/getByIds", {"ids": [NOBODY] * 1001})[0] == 400
    assert office.refused("POST", "/directoryObjects/getByIds", {"ids": ["ada"]})[0] == 400
    assert office.get(f"/directoryObjects/{crew}")["@odata.type"] == "#microsoft.graph.group"


def test_the_organization_and_its_domains(office: Office) -> None:
    (found,) = office.values("/organization")
    assert [each["name"] for each in found["verifiedDomains"]] == [DOMAIN, "contoso.onmicrosoft.com"]
    assert office.get(f"/domains/{DOMAIN}")["isDefault"] is True
    assert office.ids("/domains") == {DOMAIN, "contoso.onmicrosoft.com"}
