"""Whatever a client sends is answered: done, or refused in Graph's form, and then nothing has happened."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from idcode.directories.sandbox.tenant.exchange import Request
from tests.tenant.practice import NOBODY, TENANT, Practice, sku

WORLD = Practice({"SPE_E5": 5})
ADA = WORLD.user("ada")
CREW = WORLD.group("crew")
UNIT = WORLD.post("/directory/administrativeUnits", {"displayName": "oslo"})["id"]
ROUTES = {
    f"/users/{ADA}/assignLicense": ("addLicenses", "removeLicenses"),
    f"/groups/{CREW}/assignLicense": ("addLicenses", "removeLicenses"),
    f"/users/{ADA}/reprocessLicenseAssignment": (),
    f"/users/{ADA}/appRoleAssignments": ("principalId", "resourceId", "appRoleId"),
    f"/users/{ADA}/authentication/temporaryAccessPassMethods": ("lifetimeInMinutes", "isUsableOnce", "startDateTime"),
    "/roleManagement/directory/roleAssignments": ("principalId", "roleDefinitionId", "directoryScopeId"),
    "/directory/administrativeUnits": ("displayName", "membershipType", "membershipRule", "visibility"),
    f"/directory/administrativeUnits/{UNIT}/members/$ref": ("@odata.id",),
    "/invitations": (
        *("invitedUserEmailAddress", "inviteRedirectUrl", "invitedUserDisplayName", "invitedUserMessageInfo"),
        *("invitedUserType", "sendInvitationMessage"),
    ),
}
HELPDESK = "729827e3-9c14-49f7-bb1b-9608f156bbb8"
TEXTS = st.sampled_from(
    [
        *(ADA, CREW, UNIT, NOBODY, TENANT, HELPDESK, sku("SPE_E5"), f"/{UNIT}", f"/{TENANT}", f"/{ADA}", "/"),
        *("/contoso.example", "contoso.example", "On", "Dynamic", "Guest", "cid@fabrikam.example", "2027-03-01"),
    ]
)
PLAIN = st.none() | st.booleans() | st.integers(-5, 50000) | TEXTS | st.text(max_size=5)
NAMES = st.sampled_from(["disabledPlans", "messageLanguage", "ccRecipients"])
LICENCES = st.fixed_dictionaries({"skuId": st.just(sku("SPE_E5"))}, optional={"disabledPlans": PLAIN | st.lists(PLAIN)})
VALUES = st.recursive(
    PLAIN | st.lists(LICENCES, max_size=2),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(NAMES, inner, max_size=2),
    max_leaves=4,
)


LIKELY = {
    "addLicenses": st.lists(LICENCES, max_size=2),
    "removeLicenses": st.lists(TEXTS, max_size=1),
    "principalId": st.sampled_from([ADA, CREW]),
    "roleDefinitionId": st.just(HELPDESK),
    "invitedUserEmailAddress": st.just("cid@fabrikam.example"),
    "inviteRedirectUrl": st.just("https://myapps.example"),
}


@st.composite
def requests(draw: st.DrawFn) -> Request:
    path = draw(st.sampled_from(sorted(ROUTES)))
    likely = {name: LIKELY.get(name, VALUES) for name in ROUTES[path]}
    body: Any = draw(
        st.fixed_dictionaries(likely) | st.fixed_dictionaries({}, optional=dict.fromkeys(ROUTES[path], VALUES)) | VALUES
    )
    return Request("POST", path, body=body)


@pytest.mark.usefixtures("bad_requests")
@settings(max_examples=400, suppress_health_check=[HealthCheck.too_slow])
@given(requests())
def test_every_body_is_answered(request: Request) -> None:
    before = WORLD.tenant.state.number
    reply = WORLD.tenant.handle(request)
    if reply.status >= 400:
        assert reply.body["error"]["code"]
        assert WORLD.tenant.state.number == before
    else:
        assert reply.status in (200, 201, 202, 204)
