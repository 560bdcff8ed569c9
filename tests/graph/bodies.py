"""Whether the body of a request is one that its operation takes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.graph.routes import Route, check_reference
from tests.graph.schema import Property, Type, schema
from tests.graph.values import Occasion, check_object, check_value

# What the pages of these creations call required.
_REQUIRED = {
    "/users": {"accountEnabled", "displayName", "mailNickname", "passwordProfile", "userPrincipalName"},
    "/groups": {"displayName", "mailEnabled", "mailNickname", "securityEnabled"},
    "/directory/administrativeUnits": {"displayName"},
    "/roleManagement/directory/roleAssignments": {"principalId", "roleDefinitionId", "directoryScopeId"},
    "/invitations": {"invitedUserEmailAddress", "inviteRedirectUrl"},
    "/directoryRoles": {"roleTemplateId"},
}
_ASSIGNMENT = {"principalId", "resourceId", "appRoleId"}
# The members and owners that one request can add ("Create group", "Add members").
_MOST_LINKS = 20


def check_body(route: Route, body: Any) -> Iterator[str]:
    """Yield what is wrong with the body of a request, ``None`` for none."""
    if route.method in ("GET", "DELETE"):
        if body is not None:
            yield f"a body with {route.method}"
    elif route.kind == "ref":
        yield from _check_reference_body(route, body)
    elif route.kind == "action":
        yield from _check_parameters(route, body)
    elif not isinstance(body, dict):
        yield f"{body!r} where a JSON object belongs"
    elif (kind := _sent(route)) is not None:
        yield from check_object(body, kind, kind.name, Occasion(sent=True))
        yield from _check_links(body)
        if route.method == "POST":
            required = _ASSIGNMENT if kind.name == "appRoleAssignment" else _REQUIRED.get(route.template, set())
            if missing := required - {name for name, value in body.items() if value is not None}:
                yield f"{kind.name}: lacks {', '.join(sorted(missing))}"


def _sent(route: Route) -> Type | None:
    return schema().type(route.body[0].lower() + route.body[1:]) if route.body else None


def _check_links(body: dict[str, Any]) -> Iterator[str]:
    links = sum(len(value) for name, value in body.items() if name.endswith("@odata.bind") and isinstance(value, list))
    if links > _MOST_LINKS:
        yield f"@odata.bind: {links} links, {_MOST_LINKS} are the most"


def _check_reference_body(route: Route, body: Any) -> Iterator[str]:
    if not isinstance(body, dict) or body.keys() != {"@odata.id"}:
        yield f"{body!r} where only an @odata.id belongs"
        return
    # Each relationship that is written by $ref refers to directory objects or heirs of them.
    yield from check_reference(body["@odata.id"], Property("@odata.id", "directoryObject"), "@odata.id")


def _check_parameters(route: Route, body: Any) -> Iterator[str]:
    operation = route.operation
    assert operation is not None
    given = {} if body is None else body
    if not isinstance(given, dict):
        yield f"{body!r} where the parameters of {operation.name} belong"
        return
    for name in given.keys() - operation.parameters.keys():
        yield f"{operation.name}: no parameter {name}"
    for name, declared in operation.parameters.items():
        if name in given:
            yield from check_value(given[name], declared, f"{operation.name}.{name}", Occasion(sent=True))
        elif not declared.nullable:
            yield f"{operation.name}: lacks the parameter {name}"
