"""Guests, temporary access passes, and who is the master of a synchronised object."""

from __future__ import annotations

from typing import Any

import pytest

from idcode.directories.sandbox.tenant.entities import Entity
from tests.tenant.practice import NOBODY, Practice

SYNCED = "44444444-0000-4000-8000-000000000001"


@pytest.fixture
def tenant() -> Practice:
    synced = {
        "userPrincipalName": "greta@contoso.example",
        "displayName": "Greta Hummer",
        "onPremisesSyncEnabled": True,
    }
    return Practice(others=(Entity(SYNCED, "user", synced),))


def invitation(address: str = "cid.dorsch@fabrikam.example", **more: Any) -> dict[str, Any]:
    return {"invitedUserEmailAddress": address, "inviteRedirectUrl": "https://myapps.example", **more}


# Guests


def test_who_is_invited_is_a_guest_with_a_name_of_the_tenant(tenant: Practice) -> None:
    reply = tenant.post("/invitations", invitation(invitedUserDisplayName="Cid Dorsch"))
    assert reply["status"] == "PendingAcceptance"
    guest = tenant.get(
        f"/users/{reply['invitedUser']['id']}?$select=displayName,mail,userPrincipalName,userType,externalUserState"
    )
    assert guest["userPrincipalName"] == "cid.dorsch_fabrikam.example#EXT#@contoso.onmicrosoft.com"
    assert (guest["displayName"], guest["mail"]) == ("Cid Dorsch", "cid.dorsch@fabrikam.example")
    assert (guest["userType"], guest["externalUserState"]) == ("Guest", "PendingAcceptance")


def test_the_same_address_again_is_the_same_guest(tenant: Practice) -> None:
    first = tenant.post("/invitations", invitation())
    again = tenant.post("/invitations", invitation("Cid.Dorsch@fabrikam.example"))
    assert again["invitedUser"]["id"] == first["invitedUser"]["id"]
    assert again["id"] != first["id"]
    assert len(tenant.values("/users?$filter=userType eq 'Guest'")) == 1


def test_a_colleague_is_not_invited(tenant: Practice) -> None:
    ada = tenant.user("ada")
    status, _, message = tenant.refused("POST", "/invitations", invitation("ada@contoso.example"))
    assert status == 400
    assert ada in message


def test_a_deleted_guest_is_invited_anew(tenant: Practice) -> None:
    first = tenant.post("/invitations", invitation())["invitedUser"]["id"]
    tenant.delete(f"/users/{first}")
    assert tenant.post("/invitations", invitation())["invitedUser"]["id"] != first


@pytest.mark.parametrize(
    "body",
    [
        {"invitedUserEmailAddress": "cid@fabrikam.example"},
        {"inviteRedirectUrl": "https://myapps.example"},
        invitation("cid"),
        invitation("cid+1@fabrikam.example"),
        invitation(".cid@fabrikam.example"),
        invitation(invitedUserType="Friend"),
    ],
)
def test_an_invitation_that_makes_no_sense_is_refused(tenant: Practice, body: dict[str, Any]) -> None:
    assert tenant.refused("POST", "/invitations", body)[0] == 400


# Passes


def test_a_pass_is_shown_once(tenant: Practice) -> None:
    path = f"/users/{tenant.user('ada')}/authentication/temporaryAccessPassMethods"
    made = tenant.post(path, {"lifetimeInMinutes": 60, "isUsableOnce": True})
    assert len(made["temporaryAccessPass"]) >= 8
    (found,) = tenant.values(path)
    assert found["temporaryAccessPass"] is None
    assert found["isUsableOnce"] is True
    assert found["methodUsabilityReason"] == "EnabledByPolicy"
    tenant.delete(f"{path}/{made['id']}")
    assert tenant.values(path) == []


def test_a_pass_is_kept_nowhere(tenant: Practice) -> None:
    path = f"/users/{tenant.user('ada')}/authentication/temporaryAccessPassMethods"
    made = tenant.post(path, {})
    assert made["temporaryAccessPass"] not in repr(list(tenant.tenant.state.newest.entities()))
    assert made["temporaryAccessPass"] not in repr(tenant.tenant.state.log)


def test_a_pass_is_good_for_its_time(tenant: Practice) -> None:
    path = f"/users/{tenant.user('ada')}/authentication/temporaryAccessPassMethods"
    made = tenant.post(path, {"lifetimeInMinutes": 60, "startDateTime": "2027-03-01T09:00:00Z"})
    reasons = []
    for _ in range(3):
        found = tenant.get(f"{path}/{made['id']}")
        reasons.append((found["methodUsabilityReason"], found["isUsable"]))
        tenant.wait(3600)
    assert reasons == [("NotYetValid", False), ("EnabledByPolicy", True), ("Expired", False)]


def test_a_new_pass_takes_the_place_of_the_old_one(tenant: Practice) -> None:
    path = f"/users/{tenant.user('ada')}/authentication/temporaryAccessPassMethods"
    tenant.post(path, {})
    made = tenant.post(path, {})
    assert tenant.ids(path) == {made["id"]}


@pytest.mark.parametrize(
    "body",
    [{"lifetimeInMinutes": 5}, {"lifetimeInMinutes": "long"}, {"isUsableOnce": "once"}, {"startDateTime": "tomorrow"}],
)
def test_a_pass_that_makes_no_sense_is_refused(tenant: Practice, body: dict[str, Any]) -> None:
    path = f"/users/{tenant.user('ada')}/authentication/temporaryAccessPassMethods"
    assert tenant.refused("POST", path, body)[0] == 400
    assert tenant.refused("GET", f"{path}/{NOBODY}")[0] == 404


# Source of authority


def test_a_synchronised_user_can_be_changed_once_the_tenant_is_the_master(tenant: Practice) -> None:
    path = f"/users/{SYNCED}/onPremisesSyncBehavior"
    assert tenant.get(path)["isCloudManaged"] is False
    _, _, message = tenant.refused("PATCH", f"/users/{SYNCED}", {"jobTitle": "Lead"})
    assert message.startswith("Unable to update the specified properties for on-premises mastered")
    tenant.patch(path, {"isCloudManaged": True}, 200)
    assert tenant.get(path)["isCloudManaged"] is True
    tenant.patch(f"/users/{SYNCED}", {"jobTitle": "Lead"})
    tenant.patch(path, {"isCloudManaged": False}, 200)
    assert tenant.refused("PATCH", f"/users/{SYNCED}", {"jobTitle": "Clerk"})[0] == 400


def test_only_what_was_synchronised_changes_its_master(tenant: Practice) -> None:
    path = f"/users/{tenant.user('ada')}/onPremisesSyncBehavior"
    assert tenant.refused("PATCH", path, {"isCloudManaged": True})[0] == 400
    assert tenant.refused("PATCH", f"/users/{SYNCED}/onPremisesSyncBehavior", {"isCloudManaged": "yes"})[0] == 400
    assert tenant.refused("GET", f"/groups/{SYNCED}/onPremisesSyncBehavior")[0] == 404
