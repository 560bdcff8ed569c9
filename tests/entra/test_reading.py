"""What a plan gets to know of a tenant, and what that costs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from idcode.directories.sandbox.tenant.entities import Entity
from idcode.directories.sandbox.tenant.exchange import Reply, Request
from idcode.model.errors import DirectoryError
from idcode.model.records import LiveObject, ObjectType, Proof, Query, Scope, collect
from idcode.model.values import Ref
from tests.entra.estate import DOMAIN, TENANT, Estate, number, person

ADA, GRETA, GROUP, UNIT, APP, APP_ROLE = (number(n) for n in (1, 2, 5100, 5200, 5300, 5301))
HELPDESK = "729827e3-9c14-49f7-bb1b-9608f156bbb8"


def query(*scopes: Scope, **attributes: set[str]) -> Query:
    asked: dict[ObjectType, frozenset[str]] = {kind: frozenset(names) for kind, names in attributes.items()}  # type: ignore[misc]
    return Query(asked, scopes)


def read(estate: Estate, *scopes: Scope, **attributes: set[str]) -> tuple[dict[str, LiveObject], Proof]:
    objects, proof = collect(estate.directory().read(query(*scopes, **attributes)))
    found = {live.anchor: live for live in objects}
    assert len(found) == len(objects)
    return found, proof


def test_a_tenant_says_who_it_is(estate: Any) -> None:
    assert estate().directory().fingerprint().identity == TENANT


def test_people_have_the_attributes_that_were_asked_for_and_no_others(estate: Any) -> None:
    ada = person(
        1,
        "ada.brisling",
        department="IT",
        jobTitle="Engineer",
        employeeOrgData={"costCenter": "7"},
        onPremisesExtensionAttributes={"extensionAttribute3": "x"},
        otherMails=["b@a.example", "a@b.example"],
        employeeHireDate="2026-03-01T00:00:00Z",
    )
    names = {"Department", "costCenter", "division", "extensionAttribute3", "otherMails", "city", "sAMAccountName"}
    objects, proof = read(estate([ada]), user=names)
    live = objects[ADA]
    assert live.attributes == {
        "department": ("IT",),
        "costCenter": ("7",),
        "extensionAttribute3": ("x",),
        "otherMails": ("b@a.example", "a@b.example"),
    }
    assert (live.dn, live.object_type, live.enabled, live.mark) == (f"ada.brisling@{DOMAIN}", "user", True, None)
    assert (proof.complete, proof.kind, proof.count) == (True, "last-page", len(objects))


def test_managers_come_with_the_people_in_the_same_listing(estate: Any) -> None:
    tenant = estate([person(1, "ada.brisling"), person(2, "greta.hummer")], links=[("manager", ADA, GRETA)])
    objects, _ = read(tenant, user={"manager"})
    assert objects[ADA].get("manager") == (Ref(GRETA),)
    assert objects[GRETA].get("manager") == ()
    assert tenant.asked().count("GET /users") == 1


@pytest.mark.parametrize(("mark", "needs"), [("new", True), ("disabled", False)])
def test_idcodes_mark_is_recognised(estate: Any, mark: str, needs: bool) -> None:
    extension = {"extensionAttribute15": f"idcode:{mark}"}
    ada = person(1, "ada.brisling", accountEnabled=False, onPremisesExtensionAttributes=extension)
    objects, _ = read(estate([ada]))
    assert (objects[ADA].mark, objects[ADA].needs_password, objects[ADA].enabled) == (mark, needs, False)


def test_text_of_somebody_else_in_the_attribute_of_the_mark_is_no_mark(estate: Any) -> None:
    ada = person(1, "ada.brisling", onPremisesExtensionAttributes={"extensionAttribute15": "payroll"})
    objects, _ = read(estate([ada]))
    assert objects[ADA].mark is None


def test_only_direct_licences_count(estate: Any) -> None:
    tenant = estate([person(1, "ada.brisling", usageLocation="SE")], [{"id": GROUP, "displayName": "lic"}])
    skus = {item["skuPartNumber"]: item for item in tenant.ask("GET", "/subscribedSkus").body["value"]}
    sway = next(p["servicePlanId"] for p in skus["SPE_E5"]["servicePlans"] if p["servicePlanName"] == "SWAY")
    assign(tenant, f"/users/{ADA}", skus["SPE_E5"]["skuId"], [sway])
    assign(tenant, f"/groups/{GROUP}", skus["FLOW_FREE"]["skuId"])
    body = {"@odata.id": f"https://graph.microsoft.com/v1.0/directoryObjects/{ADA}"}
    assert tenant.ask("POST", f"/groups/{GROUP}/members/$ref", body).status == 204
    tenant.clock.advance(60)
    assert len(tenant.user(ADA, "licenseAssignmentStates")["licenseAssignmentStates"]) == 2
    objects, _ = read(tenant, user={"licences"}, group={"licences"})
    assert objects[ADA].get("licences") == ("SPE_E5 -SWAY",)
    assert objects[GROUP].get("licences") == ("FLOW_FREE",)


def assign(tenant: Estate, path: str, sku: str, off: list[str] | None = None) -> None:
    body = {"addLicenses": [{"skuId": sku, "disabledPlans": off or []}], "removeLicenses": []}
    assert tenant.ask("POST", f"{path}/assignLicense", body).status in (200, 202)


@pytest.mark.parametrize(
    ("body", "category"),
    [
        ({}, "security"),
        ({"groupTypes": ["Unified"], "mailEnabled": True, "securityEnabled": False}, "microsoft365"),
        ({"mailEnabled": True, "securityEnabled": False}, "distribution"),
        ({"mailEnabled": True, "securityEnabled": True}, "mail-enabled"),
    ],
)
def test_groups_are_of_a_category(estate: Any, body: Mapping[str, Any], category: str) -> None:
    objects, _ = read(estate([], [{"id": GROUP, "displayName": "sg-one", **body}]), group={"category"})
    assert objects[GROUP].get("category") == (category,)
    assert objects[GROUP].dn == "sg-one"


def test_members_and_owners_are_read_to_their_end(estate: Any) -> None:
    people = [person(n, f"person.{n}") for n in range(1, 1202)]
    links = [("members", GROUP, number(n)) for n in range(1, 1202)] + [("owners", GROUP, ADA)]
    tenant = estate(people, [{"id": GROUP, "displayName": "all"}, {"id": UNIT, "displayName": "none"}], links)
    objects, proof = read(tenant, group={"members", "owners"})
    assert {value.target for value in objects[GROUP].get("members")} == {number(n) for n in range(1, 1202)}  # type: ignore[union-attr]
    assert objects[GROUP].get("owners") == (Ref(ADA),)
    assert objects[UNIT].get("members") == ()
    assert proof.complete


def test_memberships_that_nobody_asked_for_are_not_read(estate: Any) -> None:
    tenant = estate([person(1, "ada.brisling")], [{"id": GROUP, "displayName": "all"}], [("members", GROUP, ADA)])
    objects, _ = read(tenant)
    assert "members" not in objects[GROUP].attributes
    assert not [path for path in tenant.asked() if "members" in path]


def test_a_thousand_people_take_two_listings_and_a_few_requests(estate: Any) -> None:
    tenant = estate([person(n, f"person.{n}") for n in range(1, 1001)])
    objects, _ = read(tenant, user={"department", "manager", "licences"}, group={"members"})
    assert len([live for live in objects.values() if live.object_type == "user"]) == 1000
    asked = tenant.asked()
    assert asked.count("GET /users") == 2
    assert len(asked) - asked.count("GET /users") <= 8


def test_deleted_people_and_groups_are_known_by_the_names_they_had(estate: Any) -> None:
    tenant = estate([person(1, "ada.brisling", employeeId="E1")], [{"id": GROUP, "displayName": "sg-one"}])
    tenant.ask("DELETE", f"/users/{ADA}")
    tenant.ask("DELETE", f"/groups/{GROUP}")
    objects, _ = read(tenant, user={"employeeId"}, group={"displayName"})
    assert objects[ADA].deleted
    assert objects[ADA].dn == f"ada.brisling@{DOMAIN}"
    assert objects[ADA].get("employeeId") == ("E1",)
    assert objects[GROUP].deleted
    assert objects[GROUP].get("displayName") == ("sg-one",)


@pytest.mark.parametrize("asks", [True, False])
def test_what_active_directory_masters_is_synced_unless_the_cloud_manages_it(estate: Any, asks: bool) -> None:
    people = [person(n, f"person.{n}", onPremisesSyncEnabled=True if n < 3 else None) for n in (1, 2, 3)]
    tenant = estate(people)
    reply = tenant.ask("PATCH", f"/users/{GRETA}/onPremisesSyncBehavior", {"isCloudManaged": True})
    assert reply.status in (200, 204)
    tenant.asked()
    objects, _ = read(tenant, user={"isCloudManaged"} if asks else set())
    assert [objects[number(n)].synced for n in (1, 2, 3)] == [True, not asks, False]
    assert sum("onPremisesSyncBehavior" in path for path in tenant.asked()) == (2 if asks else 0)


def test_administrative_units_have_members(estate: Any) -> None:
    tenant = estate([person(1, "ada.brisling")])
    unit = tenant.ask("POST", "/directory/administrativeUnits", {"displayName": "oslo"}).body["id"]
    reference = {"@odata.id": f"https://graph.microsoft.com/v1.0/users/{ADA}"}
    assert tenant.ask("POST", f"/directory/administrativeUnits/{unit}/members/$ref", reference).status == 204
    objects, _ = read(tenant, administrative_unit={"displayName", "members"})
    assert objects[unit].object_type == "administrative_unit"
    assert objects[unit].attributes == {"displayName": ("oslo",), "members": (Ref(ADA),)}


def test_every_role_is_an_object_also_one_that_nobody_holds(estate: Any) -> None:
    tenant = estate([person(1, "ada.brisling")])
    unit = tenant.ask("POST", "/directory/administrativeUnits", {"displayName": "oslo"}).body["id"]
    for scope in ("/", f"/administrativeUnits/{unit}"):
        body = {"principalId": ADA, "roleDefinitionId": HELPDESK, "directoryScopeId": scope}
        assert tenant.ask("POST", "/roleManagement/directory/roleAssignments", body).status == 201
    objects, _ = read(tenant, role_assignment={"members"})
    assert objects[f"{HELPDESK}@/"].get("members") == (Ref(ADA),)
    assert objects[f"{HELPDESK}@/"].get("displayName") == ("Helpdesk Administrator",)
    assert objects[f"{HELPDESK}@/administrativeUnits/{unit}"].get("directoryScope") == (Ref(unit),)
    empty = [live for live in objects.values() if live.object_type == "role_assignment" and not live.get("members")]
    assert len(empty) > 20


def application(**more: Any) -> Entity:
    role = {"id": APP_ROLE, "displayName": "User", "value": "user", "isEnabled": True, "allowedMemberTypes": ["User"]}
    properties = {"appId": number(5310), "displayName": "Contoso Payroll", "appRoles": [role], **more}
    return Entity(APP, "servicePrincipal", properties)


def test_app_roles_are_objects_with_the_people_who_hold_them(estate: Any) -> None:
    tenant = estate([person(1, "ada.brisling")], others=[application()])
    body = {"principalId": ADA, "resourceId": APP, "appRoleId": APP_ROLE}
    assert tenant.ask("POST", f"/servicePrincipals/{APP}/appRoleAssignedTo", body).status == 201
    objects, _ = read(tenant, app_role_assignment={"members"})
    live = objects[f"{APP}@{APP_ROLE}"]
    assert (live.get("members"), live.get("displayName")) == ((Ref(ADA),), ("Contoso Payroll",))
    assert (live.get("appRole"), live.get("appRoleValue"), live.get("appId")) == (("User",), ("user",), (number(5310),))


def test_a_managed_scope_is_what_graph_finds_by_its_filter(estate: Any) -> None:
    tenant = estate(
        [person(1, "ada.brisling", department="IT"), person(2, "greta.hummer", department="HR's")],
        [{"id": GROUP, "displayName": "sg-one"}],
    )
    scopes = (
        Scope("it", "user", filter="department eq 'IT'"),
        Scope("hr", "user", filter="department eq 'HR''s'"),
        Scope("not-it", "user", filter="department ne 'IT'"),
        Scope("all", "user"),
        Scope("groups", "group", base=("Groups",)),
    )
    objects, _ = read(tenant, *scopes)
    assert objects[ADA].scopes == {"it", "all"}
    assert objects[GRETA].scopes == {"hr", "not-it", "all"}
    assert objects[GROUP].scopes == {"groups"}


class Broken:
    """Fails from the given request on."""

    def __init__(self, service: Any, path: str) -> None:
        self._service, self._path = service, path

    def handle(self, request: Request) -> Reply:
        if request.path.startswith(self._path):
            body = {"error": {"code": "InternalServerError", "message": "out of order"}}
            return Reply(500, body)
        reply: Reply = self._service.handle(request)
        return reply


def test_a_listing_that_breaks_off_is_no_proof(estate: Any) -> None:
    tenant = estate([person(1, "ada.brisling")], before=lambda service: Broken(service, "/groups"))
    objects, proof = read(tenant)
    assert ADA in objects
    assert not proof.complete
    assert [finding.code for finding in proof.diagnostics] == ["read-incomplete"]


def test_a_tenant_that_cannot_be_read_at_all_is_an_error(estate: Any) -> None:
    tenant = estate([person(1, "ada.brisling")], before=lambda service: Broken(service, "/users"))
    with pytest.raises(DirectoryError):
        read(tenant)


def test_objects_are_read_again_by_the_hundred_deleted_ones_included(estate: Any) -> None:
    people = [person(n, f"person.{n}", department="IT") for n in range(1, 301)]
    tenant = estate(people, [{"id": number(900), "displayName": "sg"}], [("members", number(900), ADA)])
    tenant.ask("DELETE", f"/users/{GRETA}")
    tenant.asked()
    directory = tenant.directory()
    found = directory.fetch([number(n) for n in (*range(1, 301), 777, 900)], ["department", "members"])
    assert set(found) == {number(n) for n in (*range(1, 301), 900)}
    assert found[ADA].attributes == {"department": ("IT",)}
    assert found[number(900)].get("members") == (Ref(ADA),)
    assert found[GRETA].deleted
    assert len(tenant.asked()) <= 8


def test_managers_of_many_are_read_fifteen_at_a_time(estate: Any) -> None:
    people = [person(n, f"person.{n}") for n in range(1, 47)]
    tenant = estate(people, links=[("manager", number(n), ADA) for n in range(2, 47)])
    found = tenant.directory().fetch([number(n) for n in range(1, 47)], ["manager"])
    assert found[ADA].get("manager") == ()
    assert all(found[number(n)].get("manager") == (Ref(ADA),) for n in range(2, 47))
    assert tenant.asked().count("GET /users") == 4


def test_everything_that_a_deletion_destroys_can_be_asked_for(estate: Any) -> None:
    tenant = estate(
        [person(1, "ada.brisling", city="Oslo"), person(2, "greta.hummer")],
        [{"id": GROUP, "displayName": "sg-one"}],
        [("members", GROUP, ADA), ("owners", GROUP, GRETA), ("manager", ADA, GRETA)],
    )
    found = tenant.directory().fetch([ADA, GROUP], ["*"])
    assert found[ADA].get("city") == ("Oslo",)
    assert found[ADA].get("manager") == (Ref(GRETA),)
    assert found[GROUP].get("members") == (Ref(ADA),)
    assert found[GROUP].get("owners") == (Ref(GRETA),)


def test_roles_are_read_again_by_their_anchors(estate: Any) -> None:
    tenant = estate([person(1, "ada.brisling")], others=[application()])
    body = {"principalId": ADA, "roleDefinitionId": HELPDESK, "directoryScopeId": "/"}
    tenant.ask("POST", "/roleManagement/directory/roleAssignments", body)
    tenant.ask(
        "POST",
        f"/servicePrincipals/{APP}/appRoleAssignedTo",
        {"principalId": ADA, "resourceId": APP, "appRoleId": APP_ROLE},
    )
    unit = tenant.ask("POST", "/directory/administrativeUnits", {"displayName": "oslo"}).body["id"]
    anchors = [f"{HELPDESK}@/", f"{HELPDESK}@/administrativeUnits/{unit}", f"{APP}@{APP_ROLE}", f"{number(5)}@/"]
    found = tenant.directory().fetch(anchors, ["members"])
    assert set(found) == set(anchors[:3])
    assert [found[anchor].get("members") for anchor in anchors[:3]] == [(Ref(ADA),), (), (Ref(ADA),)]


def test_applications_that_only_other_applications_use_are_left_out(estate: Any) -> None:
    role = {"id": APP_ROLE, "displayName": "Read all", "value": "read", "isEnabled": True}
    daemon = application(appRoles=[{**role, "allowedMemberTypes": ["Application"]}])
    objects, _ = read(estate(others=[daemon]), app_role_assignment={"members"})
    assert not [live for live in objects.values() if live.object_type == "app_role_assignment"]


def test_an_application_without_roles_gives_its_default_access(estate: Any) -> None:
    objects, _ = read(estate(others=[application(appRoles=[])]), app_role_assignment={"members"})
    live = objects[f"{APP}@00000000-0000-0000-0000-000000000000"]
    assert (live.get("displayName"), live.get("appRole")) == (("Contoso Payroll",), ())


class Hiding:
    """Shows people by their ids only to those who do not ask for people."""

    def __init__(self, service: Any) -> None:
        self._service = service

    def handle(self, request: Request) -> Reply:
        reply: Reply = self._service.handle(request)
        inner = request.body["requests"] if request.path == "/$batch" else []
        if any("types" in (one.get("body") or {}) for one in inner):
            for one in reply.body["responses"]:
                one["body"]["value"] = []
        return reply


def test_somebody_who_becomes_visible_between_two_requests_is_not_shown_in_part(estate: Any) -> None:
    tenant = estate([person(1, "ada.brisling", city="Oslo")], before=Hiding)
    assert tenant.directory().fetch([ADA], ["city"]) == {}
