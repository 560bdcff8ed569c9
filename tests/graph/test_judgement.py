"""What the judge says of single requests and replies."""

from __future__ import annotations

from typing import Any

import pytest

from tests.graph.official import check_reply, check_request
from tests.graph.schema import ABSENT, AVAILABLE

pytestmark = pytest.mark.skipif(not AVAILABLE, reason=ABSENT)

ADA = "87d349ed-44d7-43e1-9a83-5f2406dee5bd"
CREWS = "02bd9fd6-8f93-4758-87c3-1fb73740a315"
JSON = {"content-type": "application/json"}
ADVANCED = {"consistencylevel": "eventual"}

# --- requests ----------------------------------------------------------------------------------------------------------

USER = {
    "accountEnabled": True,
    "displayName": "Ada Brisling",
    "mailNickname": "ada",
    "passwordProfile": {"password": "not-a-real-one", "forceChangePasswordNextSignIn": True},
    "userPrincipalName": "ada@contoso.example",
}
GROUP = {"displayName": "Crews", "mailEnabled": False, "mailNickname": "crews", "securityEnabled": True}
LINK = f"https://graph.microsoft.com/v1.0/directoryObjects/{ADA}"

RIGHT: dict[str, tuple[Any, ...]] = {
    "users with a page size": ("GET", "/users", {"$select": "id,department", "$top": "999"}, {}, None),
    "managers on the way": ("GET", "/users", {"$select": "id", "$expand": "manager($select=id)"}, {}, None),
    "a user by name": ("GET", "/users/ada@contoso.example", {}, {}, None),
    "an advanced query": ("GET", "/users", {"$filter": "department ne 'Sales'", "$count": "true"}, ADVANCED, None),
    "relations in a delta": ("GET", "/groups/delta", {"$select": "displayName,members,owners"}, {}, None),
    "members of one type": ("GET", f"/groups/{CREWS}/members/microsoft.graph.user", {"$select": "id"}, {}, None),
    "a new user": ("POST", "/users", {}, JSON, USER),
    "an extension attribute": (
        "PATCH",
        f"/users/{ADA}",
        {},
        JSON,
        {"onPremisesExtensionAttributes": {"extensionAttribute1": "x"}},
    ),
    "clearing a list": ("PATCH", f"/users/{ADA}", {}, JSON, {"businessPhones": []}),
    "a new group with members": ("POST", "/groups", {}, JSON, GROUP | {"members@odata.bind": [LINK]}),
    "a group by its unique name": (
        "PATCH",
        "/groups(uniqueName='crews')",
        {},
        JSON | {"prefer": "create-if-missing"},
        GROUP,
    ),
    "a manager": ("PUT", f"/users/{ADA}/manager/$ref", {}, JSON, {"@odata.id": LINK}),
    "licences": (
        "POST",
        f"/users/{ADA}/assignLicense",
        {},
        JSON,
        {"addLicenses": [{"skuId": ADA, "disabledPlans": []}], "removeLicenses": []},
    ),
    "a role": (
        "POST",
        "/roleManagement/directory/roleAssignments",
        {},
        JSON,
        {"principalId": ADA, "roleDefinitionId": CREWS, "directoryScopeId": "/"},
    ),
    "its source of authority": ("PATCH", f"/users/{ADA}/onPremisesSyncBehavior", {}, JSON, {"isCloudManaged": True}),
    "many by id": ("POST", "/directoryObjects/getByIds", {"$select": "id"}, JSON, {"ids": [ADA], "types": ["user"]}),
    "a batch": (
        "POST",
        "/$batch",
        {},
        JSON,
        {"requests": [{"id": "1", "method": "GET", "url": f"/users/{ADA}?$select=id"}]},
    ),
}


@pytest.mark.parametrize("name", RIGHT)
def test_a_request_as_documented_passes(name: str) -> None:
    assert check_request(*RIGHT[name]) == []


WRONG: dict[str, tuple[Any, ...]] = {
    "skipping users": ("GET", "/users", {"$skip": "100"}, {}, None, "$skip"),
    "too large a page": ("GET", "/users", {"$top": "1000"}, {}, None, "999"),
    "no such property": ("GET", "/users", {"$select": "id,departmnet"}, {}, None, "departmnet"),
    "selecting a relationship": ("GET", "/users", {"$select": "manager"}, {}, None, "manager"),
    "two relationships": ("GET", "/groups", {"$expand": "members,owners"}, {}, None, "one relationship"),
    "a page size in a delta": ("GET", "/users/delta", {"$top": "5"}, {}, None, "$top"),
    "a filter that a delta knows not": (
        "GET",
        "/users/delta",
        {"$filter": "department eq 'x'"},
        {},
        None,
        "id eq only",
    ),
    "an advanced query without its header": (
        "GET",
        "/users",
        {"$filter": "department ne 'x'", "$count": "true"},
        {},
        None,
        "ConsistencyLevel",
    ),
    "an advanced query that is not counted": (
        "GET",
        "/users",
        {"$filter": "endswith(mail,'x')"},
        ADVANCED,
        None,
        "$count=true",
    ),
    "an operator that the property knows not": (
        "GET",
        "/groups",
        {"$filter": "startswith(groupTypes,'U')"},
        {},
        None,
        "startswith",
    ),
    "a filter by no property": ("GET", "/users", {"$filter": "departmnet eq 'x'"}, {}, None, "departmnet"),
    "a key that is none": ("GET", "/users/ada", {}, {}, None, "no such path"),
    "a method that is none": ("PUT", f"/users/{ADA}", {}, JSON, {}, "has only"),
    "PATCH of a link": ("PATCH", f"/groups/{CREWS}/members/$ref", {}, JSON, {"@odata.id": LINK}, "has only"),
    "a user without a password": (
        "POST",
        "/users",
        {},
        JSON,
        {k: v for k, v in USER.items() if k != "passwordProfile"},
        "passwordProfile",
    ),
    "null for a list": ("PATCH", f"/users/{ADA}", {}, JSON, {"businessPhones": None}, "list"),
    "what is read-only": (
        "PATCH",
        f"/users/{ADA}",
        {},
        JSON,
        {"proxyAddresses": ["SMTP:ada@contoso.example"]},
        "read-only",
    ),
    "a relationship as a property": ("PATCH", f"/users/{ADA}", {}, JSON, {"manager": {"id": ADA}}, "relationship"),
    "too long a name": ("PATCH", f"/users/{ADA}", {}, JSON, {"displayName": "x" * 257}, "256"),
    "twenty-one members": ("PATCH", f"/groups/{CREWS}", {}, JSON, {"members@odata.bind": [LINK] * 21}, "20"),
    "a member that is no address": ("POST", f"/groups/{CREWS}/members/$ref", {}, JSON, {"@odata.id": ADA}, "address"),
    "a member that is a list": (
        "POST",
        f"/groups/{CREWS}/members/$ref",
        {},
        JSON,
        {"@odata.id": LINK.replace(f"/{ADA}", "")},
        "single",
    ),
    "licences to add only": ("POST", f"/users/{ADA}/assignLicense", {}, JSON, {"addLicenses": []}, "removeLicenses"),
    "a licence by name": (
        "POST",
        f"/users/{ADA}/assignLicense",
        {},
        JSON,
        {"addLicenses": [{"skuId": "E5"}], "removeLicenses": []},
        "Edm.Guid",
    ),
    "a body with DELETE": ("DELETE", f"/users/{ADA}", {}, JSON, {}, "a body"),
    "twenty-one requests": (
        "POST",
        "/$batch",
        {},
        JSON,
        {"requests": [{"id": str(i), "method": "GET", "url": "/users"} for i in range(21)]},
        "20",
    ),
    "the same id twice": (
        "POST",
        "/$batch",
        {},
        JSON,
        {"requests": [{"id": "a", "method": "GET", "url": "/users"}, {"id": "A", "method": "GET", "url": "/users"}]},
        "id of its own",
    ),
    "a dependency that follows": (
        "POST",
        "/$batch",
        {},
        JSON,
        {
            "requests": [
                {"id": "1", "method": "GET", "url": "/users", "dependsOn": ["2"]},
                {"id": "2", "method": "GET", "url": "/users"},
            ]
        },
        "depends",
    ),
    "what is wrong inside a batch": (
        "POST",
        "/$batch",
        {},
        JSON,
        {"requests": [{"id": "1", "method": "GET", "url": "/users?$top=1000"}]},
        "999",
    ),
    "a batched body without its type": (
        "POST",
        "/$batch",
        {},
        JSON,
        {"requests": [{"id": "1", "method": "PATCH", "url": f"/users/{ADA}", "body": {}}]},
        "Content-Type",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_request_that_graph_refuses_is_found(name: str) -> None:
    *request, word = WRONG[name]
    problems = check_request(*request)
    assert len(problems) == 1
    assert word in problems[0]


# --- replies -----------------------------------------------------------------------------------------------------------

CONTEXT = {"@odata.context": "https://graph.microsoft.com/v1.0/$metadata#users"}
NEXT = "https://graph.microsoft.com/v1.0/users?$skiptoken=abc"
DELTA = "https://graph.microsoft.com/v1.0/users/delta?$deltatoken=abc"
ONLY = {"$select": "displayName"}
NAMED = {"id": ADA, "displayName": "Ada Brisling"}
INNER = {"date": "2026-11-23T10:17:06", "request-id": ADA, "client-request-id": ADA}

REPLIES: dict[str, tuple[Any, ...]] = {
    "a page": ("/users", 200, CONTEXT | {"value": [NAMED], "@odata.nextLink": NEXT}, ONLY, ""),
    "a page of a delta": (
        "/users/delta",
        200,
        CONTEXT | {"value": [{"id": ADA, "@removed": {"reason": "changed"}}], "@odata.deltaLink": DELTA},
        ONLY,
        "",
    ),
    "members in a delta": (
        "/groups/delta",
        200,
        CONTEXT
        | {
            "value": [{"id": CREWS, "members@delta": [{"@odata.type": "#microsoft.graph.user", "id": ADA}]}],
            "@odata.deltaLink": DELTA.replace("users", "groups"),
        },
        {"$select": "members"},
        "",
    ),
    "an error": (
        "/users",
        404,
        {"error": {"code": "Request_ResourceNotFound", "message": "…", "innerError": INNER}},
        {},
        "",
    ),
    "what was not selected": ("/users", 200, CONTEXT | {"value": [NAMED | {"mail": None}]}, ONLY, "nobody asked"),
    "what was selected is left out": ("/users", 200, CONTEXT | {"value": [{"id": ADA}]}, ONLY, "lacks displayName"),
    "what comes only with $select": (
        f"/servicePrincipals/{CREWS}",
        200,
        CONTEXT | {"id": CREWS, "customSecurityAttributes": {}},
        {},
        "customSecurityAttributes",
    ),
    "a null list": (
        "/users",
        200,
        CONTEXT | {"value": [{"id": ADA, "businessPhones": None}]},
        {"$select": "businessPhones"},
        "list",
    ),
    "no context": ("/users", 200, {"value": [NAMED]}, ONLY, "@odata.context"),
    "members of no type": (
        f"/groups/{CREWS}/members",
        200,
        CONTEXT | {"value": [{"id": ADA}]},
        {"$select": "id"},
        "@odata.type",
    ),
    "a member that is none": (
        f"/groups/{CREWS}/members",
        200,
        CONTEXT | {"value": [{"@odata.type": "#microsoft.graph.subscribedSku", "id": ADA}]},
        {"$select": "id"},
        "directoryObject",
    ),
    "a count unasked": ("/users", 200, CONTEXT | {"value": [NAMED], "@odata.count": 1}, ONLY, "@odata.count"),
    "a count forgotten": ("/users", 200, CONTEXT | {"value": [NAMED]}, ONLY | {"$count": "true"}, "@odata.count"),
    "a next link elsewhere": (
        "/users",
        200,
        CONTEXT | {"value": [NAMED], "@odata.nextLink": NEXT.replace("users", "groups")},
        ONLY,
        "nextLink",
    ),
    "a delta without its link": ("/users/delta", 200, CONTEXT | {"value": []}, {}, "delta link"),
    "a removal outside a delta": (
        "/users",
        200,
        CONTEXT | {"value": [NAMED | {"@removed": {"reason": "changed"}}]},
        ONLY,
        "delta",
    ),
    "a removal without a reason": (
        "/users/delta",
        200,
        CONTEXT | {"value": [{"id": ADA, "@removed": {}}], "@odata.deltaLink": DELTA},
        {},
        "reason",
    ),
    "another status": ("/users", 201, CONTEXT | {"value": []}, {}, "not 200"),
    "an error of another form": ("/users", 400, {"message": "no"}, {}, "no error"),
    "an error without its inner part": ("/users", 400, {"error": {"code": "c", "message": "m"}}, {}, "innerError"),
}


@pytest.mark.parametrize("name", REPLIES)
def test_a_reply_is_judged(name: str) -> None:
    path, status, body, query, word = REPLIES[name]
    problems = check_reply("GET", path, status, body, query)
    assert len(problems) == bool(word), problems
    assert all(word in problem for problem in problems)
