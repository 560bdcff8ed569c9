"""Who has power over a tenant: holders of roles, groups that can hold them and their members, and idcode itself."""

from __future__ import annotations

from typing import Any

import pytest

from idcode.directories.sandbox.tenant.entities import Entity
from idcode.model.errors import DirectoryError
from tests.entra.estate import Estate, number, person

ADA, GRETA, CID, IDA, ROLES, EMPTY, PLAIN, APP = (number(n) for n in (1, 2, 3, 4, 5100, 5101, 5102, 5200))
APP_ID = "0c2a6a0b-1111-4222-8333-444455556666"


@pytest.fixture
def tenant(estate: Any) -> Estate:
    """Return a tenant with a role held by Ada, and by a group that Greta is in."""
    made: Estate = estate(
        [person(1, "ada.brisling"), person(2, "greta.hummer"), person(3, "cid.dorsch"), person(4, "ida.dorsch")],
        [
            {"id": ROLES, "displayName": "helpdesk", "isAssignableToRole": True},
            {"id": EMPTY, "displayName": "on-call", "isAssignableToRole": True},
            {"id": PLAIN, "displayName": "crew"},
        ],
        [("members", ROLES, GRETA), ("members", EMPTY, IDA), ("members", PLAIN, CID)],
        others=[Entity(APP, "servicePrincipal", {"appId": APP_ID, "displayName": "idcode", "appRoles": []})],
    )
    reply = made.ask("GET", "/roleManagement/directory/roleDefinitions", filter="displayName eq 'User Administrator'")
    role = next(one["id"] for one in reply.body["value"] if one["displayName"] == "User Administrator")
    for holder in (ADA, ROLES):
        body = {"principalId": holder, "roleDefinitionId": role, "directoryScopeId": "/"}
        assert made.ask("POST", "/roleManagement/directory/roleAssignments", body).status == 201
    made.asked()
    return made


def test_holders_of_roles_and_members_of_groups_for_roles_have_power(tenant: Estate) -> None:
    found = tenant.directory().privileges()

    assert found.holders == {
        ADA: "holder of the role User Administrator",
        ROLES: "holder of the role User Administrator",
        EMPTY: "a group for directory roles",
        GRETA: "in helpdesk, a group for directory roles",
        IDA: "in on-call, a group for directory roles",
    }
    assert not found.own


def test_asking_takes_a_handful_of_requests_however_many_people_there_are(tenant: Estate) -> None:
    tenant.directory().privileges()

    assert len(tenant.asked()) == 5  # roles, assignments, groups for roles, and the members of each


def test_idcode_knows_its_own_application(tenant: Estate) -> None:
    assert tenant.directory(client_id=APP_ID.upper()).privileges().own == {APP}


def test_a_tenant_that_does_not_tell_who_holds_roles_gives_no_answer(estate: Any) -> None:
    from idcode.directories.sandbox.tenant.exchange import Reply, Request, Service

    class Refusing:
        def __init__(self, service: Service) -> None:
            self.service = service

        def handle(self, request: Request) -> Reply:
            if "roleAssignments" in request.path:
                error = {"error": {"code": "Authorization_RequestDenied", "message": "Insufficient privileges"}}
                return Reply(403, error)
            return self.service.handle(request)

    made = estate([person(1, "ada.brisling")], before=Refusing)

    with pytest.raises(DirectoryError):
        made.directory().privileges()
