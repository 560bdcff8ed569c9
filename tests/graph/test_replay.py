"""The practice tenant answers the official examples as the documentation shows it."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import pytest

from idcode.directories.sandbox.tenant.exchange import Reply
from tests.graph.replay import differences, is_served, replay
from tests.graph.routes import Route, find
from tests.graph.samples import Sample, sound
from tests.graph.schema import ABSENT, AVAILABLE

pytestmark = pytest.mark.skipif(not AVAILABLE, reason=ABSENT)

# What a practice tenant does not have: beginnings of path templates, with a method where it has others.
NOT_SERVED = (
    "/applications",
    "/contacts",
    "/devices",
    "/directory/attributeSets",
    "/directory/customSecurityAttributeDefinitions",
    "/directory/deviceLocalCredentials",
    "/directory/onPremisesSynchronization",
    "/directory/subscriptions",
    "/directoryObjects/delta()",
    "/directoryObjects/getAvailableExtensionProperties",
    "/directoryObjects/validateProperties",
    "/directoryRoles",
    "/directoryRoleTemplates",
    "/domains/{domain-id}/",
    "/groupLifecyclePolicies",
    "/groupSettings",
    "/groupSettingTemplates",
    "/groups/{group-id}/acceptedSenders",
    "/groups/{group-id}/groupLifecyclePolicies",
    "/groups/{group-id}/permissionGrants",
    "/groups/{group-id}/rejectedSenders",
    "/groups/{group-id}/renew",
    "/groups/{group-id}/retryServiceProvisioning",
    "/groups/{group-id}/settings",
    "/groups/{group-id}/validateProperties",
    "/identityGovernance",
    "/oauth2PermissionGrants",
    "/policies",
    "/roleManagement/directory/roleAssignmentSchedule",
    "/roleManagement/directory/roleEligibilitySchedule",
    "/roleManagement/entitlementManagement",
    "/schemaExtensions",
    "/servicePrincipals/$count",
    "/servicePrincipals/{servicePrincipal-id}/",
    "/users/{user-id}/oauth2PermissionGrants",
    "/users/{user-id}/retryServiceProvisioning",
    "DELETE /directory/administrativeUnits/{administrativeUnit-id}/scopedRoleMembers",
    "DELETE /domains",
    "DELETE /roleManagement/directory/roleDefinitions",
    "DELETE /servicePrincipals",
    "PATCH /domains",
    "PATCH /organization",
    "PATCH /roleManagement/directory/roleDefinitions",
    "PATCH /servicePrincipals",
    "POST /directory/administrativeUnits/{administrativeUnit-id}/members",
    "POST /domains",
    "POST /roleManagement/directory/roleDefinitions",
)
# Where the answer differs from the example for a reason.
_SEARCH = '$count=true&$orderby=displayName&$search="displayName:tier"&$select=displayName,id'
DIFFERENT = {
    f"GET /groups/{{id}}/transitiveMembers/microsoft.graph.user?{_SEARCH}": "no word of the name that it shows begins so",
    "GET /users/{id}/memberOf/microsoft.graph.group?$filter=appRoleAssignments/$count gt 0&$select=id,displayName": (
        "the tenant does not filter by the number of links"
    ),
    "GET /groups/{id}/transitiveMembers/microsoft.graph.group?$count=true": "shows organizationId, where others do not",
    "GET /users/4562bcc8-c436-4f95-b7c0-4f8ce89dca5e?$select=ext55gb1l09_msLearnCourses": "no schema extensions here",
    "GET /users?$select=ext55gb1l09_msLearnCourses": "no schema extensions here",
    "POST /users/cde330e5-2150-4c11-9c5b-14bfdc948c79/appRoleAssignments": "201 is what the same for groups shows",
    "PATCH /users/{usersId}": "204 is what the page Update user says",
}


@cache
def _replayed() -> list[tuple[Sample, str, Reply]]:
    found = []
    for sample in sound():
        route = find(sample.method, sample.path)
        assert isinstance(route, Route)
        found.append((sample, route.template, replay(sample)))
    return found


def test_examples_of_what_the_tenant_has_are_answered_as_documented(
    record_property: Callable[[str, object], None],
) -> None:
    served = [(sample, reply) for sample, _, reply in _replayed() if is_served(reply)]
    found = {sample.title: list(differences(sample, reply)) for sample, reply in served}
    wrong = {title: problems for title, problems in found.items() if problems}
    record_property("replayed", len(served))
    record_property("not served", len(_replayed()) - len(served))
    assert {title: problems for title, problems in wrong.items() if title not in DIFFERENT} == {}
    assert DIFFERENT.keys() <= wrong.keys()
    assert len(served) >= 110


def test_what_the_tenant_does_not_have_is_known() -> None:
    missing = {f"{sample.method} {template}" for sample, template, reply in _replayed() if not is_served(reply)}
    known = {title for title in missing for start in NOT_SERVED if title.startswith(start) or f" {start}" in title}
    assert missing - known == set()
