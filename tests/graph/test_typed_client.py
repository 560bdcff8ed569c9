"""Microsoft's typed client at work on the practice tenant: what it sends is answered, what it gets it understands.

Users, groups, members, pages and errors are tried over TLS in ``tests/tenant/test_serve.py``; here is the rest.
"""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import httpx
import pytest
from kiota_abstractions.authentication.anonymous_authentication_provider import AnonymousAuthenticationProvider
from kiota_abstractions.method import Method
from kiota_abstractions.request_information import RequestInformation
from msgraph import GraphRequestAdapter, GraphServiceClient
from msgraph.generated.models.administrative_unit import AdministrativeUnit
from msgraph.generated.models.app_role_assignment import AppRoleAssignment
from msgraph.generated.models.assigned_license import AssignedLicense
from msgraph.generated.models.group import Group
from msgraph.generated.models.invitation import Invitation
from msgraph.generated.models.o_data_errors.o_data_error import ODataError
from msgraph.generated.models.on_premises_sync_behavior import OnPremisesSyncBehavior
from msgraph.generated.models.reference_create import ReferenceCreate
from msgraph.generated.models.reference_update import ReferenceUpdate
from msgraph.generated.models.temporary_access_pass_authentication_method import (
    TemporaryAccessPassAuthenticationMethod,
)
from msgraph.generated.models.unified_role_assignment import UnifiedRoleAssignment
from msgraph.generated.models.user import User
from msgraph_core import GraphClientFactory

from idcode.directories.sandbox.tenant.clock import ScaledClock
from idcode.directories.sandbox.tenant.entities import Entity
from idcode.directories.sandbox.tenant.http.asgi import application
from idcode.directories.sandbox.tenant.http.batch import Batches
from idcode.directories.sandbox.tenant.roles import built_in_roles
from idcode.directories.sandbox.tenant.seeding import Seed, planted
from idcode.directories.sandbox.tenant.skus import subscription
from idcode.directories.sandbox.tenant.tenant import Tenant

# The typed client's modules warn of their own classes as they are imported.
pytestmark = pytest.mark.filterwarnings("ignore:(GetQueryParameters|This class) is deprecated:DeprecationWarning")

TENANT = "84841066-274d-4ec0-a5c1-276be684bdd3"
BASE = "https://graph.microsoft.com/v1.0"
ADA, GRETA, CID, CREW, SYNCED, PORTAL = (str(uuid.UUID(int=(0xABCD << 112) | n)) for n in range(6))
PILOT = str(uuid.UUID(int=(0xABCD << 112) | 99))
Task = Callable[[GraphServiceClient], Awaitable[None]]


def _person(key: str, name: str, **more: object) -> dict[str, object]:
    return {
        "id": key,
        "userPrincipalName": f"{name}@contoso.example",
        "displayName": f"{name.title()} Brisling",
        "usageLocation": "SE",
        **more,
    }


@pytest.fixture
def clock() -> ScaledClock:
    return ScaledClock(0, datetime(2026, 11, 23, 10, tzinfo=UTC))


@pytest.fixture
def tenant(clock: ScaledClock) -> Tenant:
    role = {"id": PILOT, "displayName": "Pilot", "value": "pilot", "isEnabled": True, "allowedMemberTypes": ["User"]}
    portal = Entity(PORTAL, "servicePrincipal", {"displayName": "Portal", "appId": PILOT, "appRoles": [role]})
    people = [_person(ADA, "ada"), _person(GRETA, "greta"), _person(CID, "cid")]
    seed = Seed(
        tenant_id=TENANT,
        domains=["contoso.example"],
        users=[*people, _person(SYNCED, "mika", onPremisesSyncEnabled=True)],
        groups=[{"id": CREW, "displayName": "crew", "securityEnabled": True, "mailEnabled": False}],
        links=[("members", CREW, ADA)],
        others=[*built_in_roles(), subscription(TENANT, "SPE_E5", 10), portal],
    )
    return Tenant(planted(seed, clock.now()), clock)


@asynccontextmanager
async def _client(tenant: Tenant) -> AsyncIterator[GraphServiceClient]:
    transport = httpx.ASGITransport(app=application(Batches(tenant)))
    http = GraphClientFactory.create_with_default_middleware(client=httpx.AsyncClient(transport=transport))
    try:
        yield GraphServiceClient(request_adapter=GraphRequestAdapter(AnonymousAuthenticationProvider(), http))
    finally:
        await http.aclose()
        await transport.aclose()


@pytest.fixture
def run(tenant: Tenant) -> Callable[[Task], None]:
    """Carry out what a test does with a client of its tenant."""

    def carry_out(task: Task) -> None:
        async def work() -> None:
            async with _client(tenant) as graph:
                await task(graph)

        asyncio.run(work())

    return carry_out


def test_a_delta_shows_what_happened_since(run: Callable[[Task], None]) -> None:
    async def work(graph: GraphServiceClient) -> None:
        first = await graph.users.delta.get()
        assert first is not None
        assert {user.id for user in first.value or ()} == {ADA, GRETA, CID, SYNCED}
        await graph.users.by_user_id(ADA).patch(User(job_title="Pilot"))
        await graph.users.by_user_id(CID).delete()
        since = await graph.users.delta.with_url(str(first.odata_delta_link)).get()
        assert since is not None
        changed = {user.id: user for user in since.value or ()}
        assert changed.keys() == {ADA, CID}
        assert changed[ADA].job_title == "Pilot"
        assert changed[CID].additional_data["@removed"] == {"reason": "changed"}

    run(work)


def test_a_delta_of_groups_shows_their_members(run: Callable[[Task], None]) -> None:
    async def work(graph: GraphServiceClient) -> None:
        first = await graph.groups.delta.with_url(f"{BASE}/groups/delta?$select=displayName,members").get()
        assert first is not None
        [crew] = first.value or []
        assert [str(member["id"]) for member in crew.additional_data["members@delta"]] == [ADA]

    run(work)


def test_licences_are_assigned_and_counted(run: Callable[[Task], None]) -> None:
    from msgraph.generated.users.item.assign_license.assign_license_post_request_body import (
        AssignLicensePostRequestBody,
    )

    async def work(graph: GraphServiceClient) -> None:
        skus = await graph.subscribed_skus.get()
        assert skus is not None
        [sku] = skus.value or []
        body = AssignLicensePostRequestBody(
            add_licenses=[AssignedLicense(sku_id=sku.sku_id, disabled_plans=[])], remove_licenses=[]
        )
        assigned = await graph.users.by_user_id(ADA).assign_license.post(body)
        assert assigned is not None
        assert assigned.id == ADA
        details = await graph.users.by_user_id(ADA).license_details.get()
        assert details is not None
        assert [one.sku_part_number for one in details.value or ()] == ["SPE_E5"]
        again = await graph.subscribed_skus.by_subscribed_sku_id(str(sku.id)).get()
        assert again is not None
        assert again.consumed_units == 1

    run(work)


def test_directory_roles_are_assigned_once(run: Callable[[Task], None]) -> None:
    async def work(graph: GraphServiceClient) -> None:
        directory = graph.role_management.directory
        roles = await directory.role_definitions.get()
        assert roles is not None
        (helpdesk,) = (role for role in roles.value or () if role.display_name == "Helpdesk Administrator")
        wanted = UnifiedRoleAssignment(principal_id=ADA, role_definition_id=helpdesk.id, directory_scope_id="/")
        made = await directory.role_assignments.post(wanted)
        assert made is not None
        with pytest.raises(ODataError) as refused:
            await directory.role_assignments.post(wanted)
        assert refused.value.error is not None
        assert refused.value.error.code == "Request_BadRequest"
        assert "conflicting object" in str(refused.value.error.message)
        await directory.role_assignments.by_unified_role_assignment_id(str(made.id)).delete()
        left = await directory.role_assignments.get()
        assert left is not None
        assert left.value == []

    run(work)


def test_administrative_units_have_members(run: Callable[[Task], None]) -> None:
    async def work(graph: GraphServiceClient) -> None:
        units = graph.directory.administrative_units
        oslo = await units.post(AdministrativeUnit(display_name="oslo", description="The office"))
        assert oslo is not None
        members = units.by_administrative_unit_id(str(oslo.id)).members
        for one in (ADA, CREW):
            await members.ref.post(ReferenceCreate(odata_id=f"{BASE}/directoryObjects/{one}"))
        found = await members.get()
        assert found is not None
        assert {type(member) for member in found.value or ()} == {User, Group}
        await members.by_directory_object_id(ADA).ref.delete()
        await units.by_administrative_unit_id(str(oslo.id)).patch(AdministrativeUnit(display_name="bergen"))
        (unit,) = (await units.get()).value
        assert unit.display_name == "bergen"

    run(work)


def test_app_roles_are_assigned_on_the_side_of_the_application(run: Callable[[Task], None]) -> None:
    async def work(graph: GraphServiceClient) -> None:
        given = graph.service_principals.by_service_principal_id(PORTAL).app_role_assigned_to
        ids = (uuid.UUID(key) for key in (ADA, PORTAL, PILOT))
        made = await given.post(
            AppRoleAssignment(**dict(zip(("principal_id", "resource_id", "app_role_id"), ids, strict=True)))
        )
        assert made is not None
        assert made.principal_display_name == "Ada Brisling"
        held = await graph.users.by_user_id(ADA).app_role_assignments.get()
        assert held is not None
        assert [one.id for one in held.value or ()] == [made.id]
        await given.by_app_role_assignment_id(str(made.id)).delete()

    run(work)


def test_a_manager_a_pass_and_a_guest(run: Callable[[Task], None]) -> None:
    async def work(graph: GraphServiceClient) -> None:
        ada = graph.users.by_user_id(ADA)
        with pytest.raises(ODataError) as missing:
            await ada.manager.get()
        assert missing.value.response_status_code == 404
        await ada.manager.ref.put(ReferenceUpdate(odata_id=f"{BASE}/users/{GRETA}"))
        manager = await ada.manager.get()
        assert isinstance(manager, User)
        assert manager.id == GRETA

        passes = ada.authentication.temporary_access_pass_methods
        made = await passes.post(TemporaryAccessPassAuthenticationMethod(lifetime_in_minutes=60, is_usable_once=True))
        assert made is not None
        assert made.temporary_access_pass
        (shown,) = (await passes.get()).value
        assert shown.temporary_access_pass is None

        guest = Invitation(invited_user_email_address="lo@fabrikam.example", invite_redirect_url="https://example.org")
        invited = await graph.invitations.post(guest)
        assert invited is not None
        assert invited.invited_user is not None
        user = await graph.users.by_user_id(str(invited.invited_user.id)).get()
        assert user is not None
        assert "#EXT#" in str(user.user_principal_name)

    run(work)


def test_who_was_deleted_comes_back_with_the_memberships(run: Callable[[Task], None]) -> None:
    async def work(graph: GraphServiceClient) -> None:
        await graph.users.by_user_id(ADA).delete()
        deleted = await graph.directory.deleted_items.graph_user.get()
        assert deleted is not None
        assert [user.id for user in deleted.value or ()] == [ADA]
        restored = await graph.directory.deleted_items.by_directory_object_id(ADA).restore.post(None)
        assert isinstance(restored, User)
        members = await graph.groups.by_group_id(CREW).members.get()
        assert members is not None
        assert [member.id for member in members.value or ()] == [ADA]

    run(work)


def test_authority_over_a_synced_user_is_moved_to_the_cloud(run: Callable[[Task], None]) -> None:
    async def work(graph: GraphServiceClient) -> None:
        user = graph.users.by_user_id(SYNCED)
        with pytest.raises(ODataError, match="on-premises mastered"):
            await user.patch(User(display_name="Mika Dorsch"))
        await user.on_premises_sync_behavior.patch(OnPremisesSyncBehavior(is_cloud_managed=True))
        behaviour = await user.on_premises_sync_behavior.get()
        assert behaviour is not None
        assert behaviour.is_cloud_managed
        await user.patch(User(display_name="Mika Dorsch"))

    run(work)


def test_requests_of_the_typed_client_go_into_a_batch(run: Callable[[Task], None]) -> None:
    """Its own batches name their dependencies in a way that Graph does not know, so that only its requests are used."""

    async def work(graph: GraphServiceClient) -> None:
        ada = graph.users.by_user_id(ADA)
        inside = [ada.to_patch_request_information(User(job_title="Pilot")), ada.to_get_request_information()]
        batch = RequestInformation(Method.POST, f"{BASE}/$batch")
        batch.set_stream_content(
            json.dumps({"requests": [_inner(*one) for one in enumerate(inside)]}).encode(), "application/json"
        )
        content = await graph.request_adapter.send_primitive_async(batch, "bytes", {})
        assert isinstance(content, bytes)
        answers = {answer["id"]: answer for answer in json.loads(content)["responses"]}
        assert (answers["0"]["status"], answers["1"]["status"]) == (204, 200)
        assert answers["1"]["body"]["jobTitle"] == "Pilot"

    run(work)


def _inner(number: int, request: RequestInformation) -> dict[str, object]:
    request.path_parameters["baseurl"] = BASE
    assert request.http_method is not None
    url = {"id": str(number), "method": request.http_method.value, "url": request.url.removeprefix(BASE)}
    if not request.content:
        return url
    return {**url, "headers": {"Content-Type": "application/json"}, "body": json.loads(request.content)}
