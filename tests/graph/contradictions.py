"""Official examples that contradict the published metadata, each with the reason; nothing else may fail."""

from __future__ import annotations

_GOVERNANCE = "/identityGovernance/entitlementManagement"
_ACCESS = "/identityGovernance/privilegedAccess/group"
_ROLES = "/roleManagement/directory/roleAssignments"
_UNIT = "/directory/administrativeUnits"

_BY_REASON = {
    "the function is bound to the collection, but the published paths have it not": [
        f"GET {_GOVERNANCE}/assignments/additionalAccess(accessPackageId='2506aef1-3929-4d24-a61e-7c8b83d95e6f',"
        "incompatibleAccessPackageId='d5d99728-8c0b-4ede-83d2-cf9b0e8dabfb')?$expand=target",
        f"GET {_GOVERNANCE}/assignmentRequests/filterByCurrentUser(on='target')",
        f"GET {_GOVERNANCE}/accessPackages/filterByCurrentUser(on='allowedRequestor')",
        f"GET {_GOVERNANCE}/assignments/filterByCurrentUser(on='target')",
        "GET /devices/delta",
    ],
    "a path or method that the published paths do not have": [
        "POST /servicePrincipals/{servicePrincipalId}/synchronization/jobs/{jobId}/bulkUpload",
        "PUT /servicePrincipals/{id}/synchronization/jobs/{jobId}/schema",
        "POST /directory/deletedItems/getUserOwnedObjects",
    ],
    "letter case differs from the metadata": [
        "GET /directory/deletedItems/microsoft.graph.group?$count=true&$orderby=deletedDateTime asc"
        "&$select=id,DisplayName,deletedDateTime",
        "GET /serviceprincipals?$filter=owners/$count eq 0 or owners/$count eq 1&$count=true&$select=id,displayName",
        "POST /directory/deleteditems/78bf875b-9343-4edc-9130-0d3958113563/restore",
        "GET /oauth2PermissionGrants/delta",
        f"GET {_ACCESS}/assignmentScheduleRequests/filterByCurrentUser(on='principal')"
        "?$filter=status eq 'PendingApproval' and groupId eq 'd5f0ad2e-6b34-401b-b6da-0c8fc2c5a3fc'",
        "GET /devices?$filter=startswith(displayName, 'a')&$count=true&$top=1&$orderby=displayName",
        'GET /devices?$search="displayName:Android"&$count=true',
        "GET /devices",
    ],
    "a slip in the query": [
        'GET /users?$search="displayName:wa" OR "displayName:ad"&$orderbydisplayName&$count=true',
        f"GET {_ROLES}?$filter = principalId eq '5bde3e51-d13b-4db1-9948-fe4b109d11a7'",
        "GET /directoryObjects/delta?filter=isof('microsoft.graph.user') or isof('microsoft.graph.group')",
    ],
    "a property that the metadata has not, or not any more": [
        'GET /servicePrincipals?$search="displayName:Team"&$count=true'
        "&$select=accountEnabled,displayName,publisherName,servicePrincipalType,signInAudience",
        f"GET {_GOVERNANCE}/assignmentPolicies/4540a08f-8ab5-43f6-a923-015275799197"
        "?$expand=customExtensionStageSettings($expand=customExtension)",
        f"GET {_GOVERNANCE}/accessPackages/{{id}}?$expand=resourceRoleScopes($expand=role,scope)",
        f"POST {_GOVERNANCE}/assignmentRequests",
        f"GET {_ROLES}?$filter=roleDefinitionId eq '62e90394-69f5-4237-9190-012177145e10'&$expand=principal",
        f"GET {_UNIT}/{{id}}/scopedRoleMembers/{{id}}",
        f"GET {_UNIT}/8a07f5a8-edc9-4847-bbf2-dde106594bf4/scopedRoleMembers",
        f"POST {_UNIT}/{{id}}/scopedRoleMembers",
        "GET /devices?$filter=extensionAttributes/extensionAttribute1 eq 'BYOD-Device'&$count=true",
        "GET /domains/contoso.com/domainNameReferences",
        "GET /servicePrincipals/00063ffc-54e9-405d-b8f3-56124728e051",
        "GET /applications/delta",
        "POST /servicePrincipals",
        "GET /contacts/25caf6a2-d5cb-470d-8940-20ba795ef62d",
    ],
    "an @odata.type without its number sign, or with a context in its place": [
        f"POST {_ACCESS}/assignmentScheduleRequests",
        f"GET {_GOVERNANCE}/assignmentRequests/{{accessPackageAssignmentRequestId}}",
        f"GET {_GOVERNANCE}/assignmentRequests",
        f"GET {_GOVERNANCE}/assignments",
    ],
    "one entity wrapped in a value": [
        "GET /directory/federationConfigurations/graph.samlOrWsFedExternalDomainFederation"
        "?$filter=domains/any(x: x/id eq 'contoso.com')",
        "GET /directory/federationConfigurations/graph.samlOrWsFedExternalDomainFederation",
        "GET /organization/{organizationId}",
        "GET /users/{usersId}",
    ],
    "a placeholder where a value belongs": [
        "GET /users?$select=displayName,userPrincipalName,signInActivity",
        "POST /users/047dd774-f1c4-40f2-82f0-278de79f9b83/reprocessLicenseAssignment",
        "GET /servicePrincipals/delta",
    ],
    "properties that come only with $select": [
        "GET /devices/{id}/registeredUsers",
        "GET /groups/02bd9fd6-8f93-4758-87c3-1fb73740a315/owners",
    ],
    "no body where the action returns a value": [
        "POST /groupLifecyclePolicies/{id}/removeGroup",
        "POST /groupLifecyclePolicies/{id}/addGroup",
    ],
    "201 for a GET": ["GET /groups/05aa6a98-956a-45c0-b13b-88076a23f2cd/settings"],
}

CONTRADICTIONS = {example: reason for reason, found in _BY_REASON.items() for example in found}
