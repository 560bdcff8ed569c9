"""What the practice tenant does with users, and what it refuses."""

from __future__ import annotations

from typing import Any

import pytest

from idcode.directories.sandbox.tenant.entities import Entity
from idcode.directories.sandbox.tenant.seeding import Seed
from idcode.directories.sandbox.tenant.switches import Switches
from tests.tenant.office import EVENTUAL, Office, person
from tests.tenant.practice import DOMAIN, NOBODY, PASSWORD, ref

ADA = {
    "accountEnabled": True,
    "displayName": "Ada Brisling",
    "mailNickname": "ada",
    "userPrincipalName": f"ada@{DOMAIN}",
    "passwordProfile": {"password": PASSWORD},
}


@pytest.fixture
def office() -> Office:
    return Office()


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in ADA.items() if key != name}


def test_a_new_user_is_shown_with_its_default_properties(office: Office) -> None:
    made = office.post("/users", {**ADA, "department": "Works"})
    assert made["userPrincipalName"] == f"ada@{DOMAIN}"
    assert made["businessPhones"] == []
    assert made["jobTitle"] is None
    assert "department" not in made
    assert office.get(f"/users/{made['id']}?$select=department")["department"] == "Works"
    assert office.get(f"/users/ADA@{DOMAIN.upper()}")["id"] == made["id"]


@pytest.mark.parametrize(
    "name", ["accountEnabled", "displayName", "mailNickname", "passwordProfile", "userPrincipalName"]
)
def test_what_a_new_user_needs_must_be_there(office: Office, name: str) -> None:
    status, code, message = office.refused("POST", "/users", without(name))
    assert (status, code) == (400, "Request_BadRequest")
    assert name in message


@pytest.mark.parametrize(
    "name",
    [
        f"åda@{DOMAIN}",
        f"a da@{DOMAIN}",
        f"{'a' * 65}@{DOMAIN}",
        "ada",
        "ada@elsewhere.example",
        f"@{DOMAIN}",
    ],
)
def test_user_principal_names_are_ascii_short_and_of_a_verified_domain(office: Office, name: str) -> None:
    assert office.refused("POST", "/users", {**ADA, "userPrincipalName": name})[0] == 400
    user = office.user("greta")
    assert office.refused("PATCH", f"/users/{user}", {"userPrincipalName": name})[0] == 400


def test_a_name_that_somebody_has_is_a_conflict_of_400(office: Office) -> None:
    office.user("ada")
    reply = office.send("POST", "/users", {**ADA, "userPrincipalName": f"ADA@{DOMAIN}"})
    error = reply.body["error"]
    assert (reply.status, error["code"]) == (400, "Request_BadRequest")
    assert error["message"] == "Another object with the same value for property userPrincipalName already exists."
    assert [(each["code"], each["target"]) for each in error["details"]] == [("ObjectConflict", "userPrincipalName")]


def test_an_address_is_one_recipients_alone_be_it_a_user_or_a_group(office: Office) -> None:
    office.user("ada", mail=f"sales@{DOMAIN}")
    assert "proxyAddresses" in office.refused("POST", "/users", {**ADA, "userPrincipalName": f"sales@{DOMAIN}"})[2]
    assert (
        "proxyAddresses"
        in office.refused("POST", "/users", {**ADA, "userPrincipalName": f"x@{DOMAIN}", "mail": f"SALES@{DOMAIN}"})[2]
    )
    status, _, message = office.refused(
        "POST",
        "/groups",
        {
            "displayName": "Sales",
            "mailNickname": "sales",
            "mailEnabled": True,
            "securityEnabled": False,
            "groupTypes": ["Unified"],
        },
    )
    assert (status, "proxyAddresses" in message) == (400, True)


@pytest.mark.parametrize("password", ["Short1!", "alllowercase", "lower123456", "x" * 257])
def test_simple_passwords_are_refused(office: Office, password: str) -> None:
    message = office.refused("POST", "/users", {**ADA, "passwordProfile": {"password": password}})[2]
    assert "password complexity" in message


def test_a_password_can_never_be_read(office: Office) -> None:
    user = office.user("ada")
    office.patch(
        f"/users/{user}", {"passwordProfile": {"password": "Another-Quartz-7", "forceChangePasswordNextSignIn": False}}
    )
    profile = office.get(f"/users/{user}?$select=passwordProfile")["passwordProfile"]
    assert profile == {
        "password": None,
        "forceChangePasswordNextSignIn": False,
        "forceChangePasswordNextSignInWithMfa": False,
    }
    kept = [(each.id, dict(each.properties)) for each in office.tenant.state.newest.entities()]
    assert "Quartz" not in f"{kept}{office.tenant.state.log}"


@pytest.mark.parametrize(
    ("name", "longest"),
    [
        ("employeeId", 16),
        ("department", 64),
        ("jobTitle", 128),
        ("displayName", 256),
        ("mailNickname", 64),
        ("postalCode", 40),
    ],
)
def test_values_have_a_longest_length(office: Office, name: str, longest: int) -> None:
    user = office.user("ada")
    office.patch(f"/users/{user}", {name: "x" * longest})
    assert office.refused("PATCH", f"/users/{user}", {name: "x" * (longest + 1)})[0] == 400
    assert office.get(f"/users/{user}?$select={name}")[name] == "x" * longest


def test_extension_attributes_are_merged_and_limited_to_1024(office: Office) -> None:
    user = office.user("ada")
    path, name = f"/users/{user}", "onPremisesExtensionAttributes"
    office.patch(path, {name: {"extensionAttribute1": "a", "extensionAttribute2": "b" * 1024}})
    office.patch(path, {name: {"extensionAttribute1": None, "extensionAttribute3": "c"}})
    found = office.get(f"{path}?$select={name}")[name]
    assert {key: value for key, value in found.items() if value} == {
        "extensionAttribute2": "b" * 1024,
        "extensionAttribute3": "c",
    }
    assert len(found) == 15
    nobody = office.user("nobody")
    assert set(office.get(f"/users/{nobody}?$select={name}")[name].values()) == {None}
    assert office.refused("PATCH", path, {name: {"extensionAttribute1": "a" * 1025}})[0] == 400


@pytest.mark.parametrize("taken", [True, False])
def test_whether_a_new_user_may_have_extension_attributes_is_a_switch(taken: bool) -> None:
    office = Office(Switches(extension_attributes_at_creation=taken))
    body = {**ADA, "onPremisesExtensionAttributes": {"extensionAttribute1": "x"}}
    assert office.send("POST", "/users", body).status == (201 if taken else 400)


@pytest.mark.parametrize("name", ["displayName", "mail", "usageLocation", "userPrincipalName", "accountEnabled"])
def test_some_properties_cannot_be_cleared(office: Office, name: str) -> None:
    user = office.user("ada", mail=f"ada@{DOMAIN}")
    assert office.refused("PATCH", f"/users/{user}", {name: None})[:2] == (400, "Request_BadRequest")


def test_null_clears_a_value_and_an_empty_list_a_collection(office: Office) -> None:
    user = office.user("ada", department="Works", businessPhones=["+46 8 555 0100"], otherMails=["a@b.example"])
    office.patch(f"/users/{user}", {"department": None, "businessPhones": [], "otherMails": []})
    assert office.get(f"/users/{user}?$select=department,businessPhones,otherMails") == {
        "@odata.context": "https://graph.microsoft.com/v1.0/$metadata#users(department,businessPhones,otherMails)/$entity",
        "department": None,
        "businessPhones": [],
        "otherMails": [],
    }
    message = office.refused("PATCH", f"/users/{user}", {"businessPhones": None})[2]
    assert message.startswith("A null value was found for the property named 'businessPhones'")


@pytest.mark.parametrize(
    "body",
    [
        {"businessPhones": ["1", "2"]},
        {"userType": "Visitor"},
        {"usageLocation": "Sweden"},
        {"passwordPolicies": "Whatever"},
        {"mailNickname": "a b"},
        {"accountEnabled": "true"},
        {"businessPhones": "1"},
        {"employeeHireDate": "soon"},
        {"favouriteColour": "blue"},
        {"id": NOBODY},
        {"proxyAddresses": ["smtp:x@contoso.example"]},
        {"onPremisesSyncEnabled": True},
        {"assignedPlans": []},
        {"onPremisesExtensionAttributes": {"extensionAttribute16": "x"}},
        {"aboutMe": "Likes boats", "department": "Works"},
    ],
)
def test_what_is_unknown_read_only_or_of_another_form_is_refused_and_nothing_is_done(office: Office, body: Any) -> None:
    user = office.user("ada")
    before = office.tenant.state.newest.get(user)
    assert office.refused("PATCH", f"/users/{user}", {"jobTitle": "Captain", **body})[0] == 400
    assert office.tenant.state.newest.get(user) == before


def test_what_other_services_keep_is_written_alone_and_never_listed(office: Office) -> None:
    user = office.user("ada")
    office.patch(f"/users/{user}", {"aboutMe": "Likes boats"})
    assert office.get(f"/users/{user}?$select=aboutMe")["aboutMe"] == "Likes boats"
    assert office.refused("GET", "/users?$select=aboutMe")[:2] == (501, "NotImplemented")


def test_a_new_mail_address_becomes_the_primary_one_and_the_old_one_stays(office: Office) -> None:
    user = office.user("ada", mail=f"ada@{DOMAIN}")
    office.patch(f"/users/{user}", {"mail": f"ada.brisling@{DOMAIN}"})
    assert office.get(f"/users/{user}?$select=proxyAddresses")["proxyAddresses"] == [
        f"SMTP:ada.brisling@{DOMAIN}",
        f"smtp:ada@{DOMAIN}",
    ]


def test_a_manager_is_set_replaced_and_taken_away(office: Office) -> None:
    ada, greta, cid = (office.user(name) for name in ("ada", "greta", "cid"))
    assert office.refused("GET", f"/users/{ada}/manager")[:2] == (404, "Request_ResourceNotFound")
    for manager in (greta, cid):
        assert office.send("PUT", f"/users/{ada}/manager/$ref", ref(manager)).status == 204
        assert office.get(f"/users/{ada}/manager")["id"] == manager
    assert office.ids(f"/users/{cid}/directReports") == {ada}
    assert office.ids(f"/users/{greta}/directReports") == set()
    shown = office.get(f"/users/{ada}?$select=id&$expand=manager($select=id)")
    assert shown["manager"] == {"@odata.type": "#microsoft.graph.user", "id": cid}
    office.delete(f"/users/{ada}/manager/$ref")
    assert office.refused("DELETE", f"/users/{ada}/manager/$ref")[0] == 404
    assert "manager" not in office.get(f"/users/{ada}?$expand=manager")


def test_a_manager_that_does_not_exist_is_named(office: Office) -> None:
    ada = office.user("ada")
    status, code, message = office.refused("PUT", f"/users/{ada}/manager/$ref", ref(NOBODY))
    assert (status, code) == (404, "Request_ResourceNotFound")
    assert NOBODY in message
    assert office.refused("PUT", f"/users/{ada}/manager/$ref", {})[0] == 400


def test_what_active_directory_masters_is_read_only_on_synced_users() -> None:
    synced = person(1, onPremisesSyncEnabled=True, usageLocation="SE")
    moved = person(2, onPremisesSyncEnabled=True, isCloudManaged=True)
    former = person(3, onPremisesSyncEnabled=False)
    office = Office(seed=Seed(domains=[DOMAIN], users=[synced, moved, former]))
    path = f"/users/{synced['id']}"
    for body in (
        {"displayName": "X"},
        {"department": "X"},
        {"accountEnabled": False},
        {"employeeOrgData": {"division": "X"}},
    ):
        assert "on-premises mastered" in office.refused("PATCH", path, body)[2]
    assert "on-premises mastered" in office.refused("PUT", f"{path}/manager/$ref", ref(moved["id"]))[2]
    office.patch(path, {"usageLocation": "NO"})
    office.patch(f"/users/{moved['id']}", {"displayName": "X"})
    attributes = {"onPremisesExtensionAttributes": {"extensionAttribute1": "x"}}
    assert "external service" in office.refused("PATCH", f"/users/{former['id']}", attributes)[2]


def test_a_user_of_a_federated_domain_needs_an_immutable_id() -> None:
    federated = Entity("partner.example", "domain", {"isVerified": True, "authenticationType": "Federated"})
    office = Office(seed=Seed(domains=[DOMAIN], others=[federated]))
    body = {**ADA, "userPrincipalName": "ada@partner.example"}
    assert "onPremisesImmutableId" in office.refused("POST", "/users", body)[2]
    office.post("/users", {**body, "onPremisesImmutableId": "q83vEjRWeJA="})
    other = {**body, "userPrincipalName": "b@partner.example", "onPremisesImmutableId": "q83vEjRWeJA="}
    assert "onPremisesImmutableId" in office.refused("POST", "/users", other)[2]


def test_sponsors_come_and_go(office: Office) -> None:
    guest, host = office.user("guest"), office.user("host")
    office.post(f"/users/{guest}/sponsors/$ref", ref(host), 204)
    assert office.ids(f"/users/{guest}/sponsors") == {host}
    assert "already exist" in office.refused("POST", f"/users/{guest}/sponsors/$ref", ref(host))[2]
    office.delete(f"/users/{guest}/sponsors/{host}/$ref")
    assert office.refused("DELETE", f"/users/{guest}/sponsors/{host}/$ref")[0] == 404


def test_the_envelope_of_a_refusal_names_the_request(office: Office) -> None:
    reply = office.send("GET", f"/users/{NOBODY}", **{"client-request-id": "mine"})
    error = reply.body["error"]
    assert error["code"] == "Request_ResourceNotFound"
    assert error["message"] == (
        f"Resource '{NOBODY}' does not exist or one of its queried reference-property objects are not present."
    )
    assert error["innerError"]["client-request-id"] == reply.headers["client-request-id"] == "mine"
    assert error["innerError"]["request-id"] == reply.headers["request-id"]
    assert error["innerError"]["date"] == "2027-03-01T08:00:00"


def test_paths_and_methods_that_are_not_there(office: Office) -> None:
    assert office.refused("PUT", "/users", ADA) == (
        405,
        "Request_BadRequest",
        "Specified HTTP method is not allowed for the request target.",
    )
    assert office.refused("GET", "/persons")[2] == "Resource not found for the segment 'persons'."
    assert office.refused("POST", "/users", "no object")[0] == 400
    assert office.refused("POST", "/users")[0] == 400


def test_users_are_counted(office: Office) -> None:
    for name in ("ada", "greta"):
        office.user(name)
    assert office.get("/users/$count", **EVENTUAL) == 2
    assert office.refused("GET", "/users/$count")[2] == "$count is not currently supported."
