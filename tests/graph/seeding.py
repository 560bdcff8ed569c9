"""The objects that an official example shows or speaks of, put into a practice tenant."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from idcode.directories.sandbox.tenant.born import organization
from idcode.directories.sandbox.tenant.entities import Entity
from idcode.directories.sandbox.tenant.state import Draft
from tests.graph.routes import GUID, Route, find
from tests.graph.samples import Sample
from tests.graph.schema import schema

SOMEONE = "0b6f7a3c-51de-4d3b-8a57-3f5a1e9c2d44"
"""A user beside those of the example, for whom requests are made."""
# Relationship → the link that it goes along, and whether from the object that has it.
_LINKS = {
    "members": ("members", True),
    "transitiveMembers": ("members", True),
    "memberOf": ("members", False),
    "transitiveMemberOf": ("members", False),
    "owners": ("owners", True),
    "ownedObjects": ("owners", False),
    "manager": ("manager", True),
    "directReports": ("manager", False),
    "sponsors": ("sponsors", True),
    "appRoleAssignments": ("appRoleAssignments", True),
    "appRoleAssignedTo": ("appRoleAssignedTo", True),
    "temporaryAccessPassMethods": ("temporaryAccessPassMethods", True),
}
# What filters and actions of the examples need, and their replies do not show.
_BESIDES: Mapping[str, Mapping[str, Any]] = {
    "/users": {"identities": [{"issuerAssignedId": "j.smith@yahoo.com", "issuer": "My B2C tenant"}]}
    | {"userPrincipalName": "jo#EXT#@contoso.com"},
    "/groups": {"membershipRuleProcessingState": "On", "hasMembersWithLicenseErrors": True},
}
_TENANT = "84841066-274d-4ec0-a5c1-276be684bdd3"


@dataclass(frozen=True, slots=True)
class Shown:
    """An object that an example shows: what is put into the tenant, and what has to come back."""

    id: str
    type: str
    item: Mapping[str, Any]


def shown_in(sample: Sample) -> list[Shown]:
    """Return the objects in the reply of an example."""
    route = find(sample.method, sample.path)
    if not isinstance(route, Route) or route.result is None or not isinstance(sample.body, dict):
        return []
    items = sample.body.get("value", []) if route.result.collection else [sample.body]
    found = []
    for index, item in enumerate(items):
        if not isinstance(item, dict) or "@removed" in item:
            continue
        stated = str(item.get("@odata.type", "")).removeprefix("#microsoft.graph.")
        kind = schema().type(stated or route.result.type)
        if kind is not None and kind.entity:
            name = _guessed(item, route.template) if kind.name == "directoryObject" else kind.name
            found.append(Shown(_id(sample, item, index, listed=route.result.collection), name, item))
    return found


def _id(sample: Sample, item: Mapping[str, Any], index: int, *, listed: bool) -> str:
    last = sample.path.rsplit("/", 1)[1]
    if not listed and GUID.fullmatch(last):
        return last
    stated = item.get("id")
    placeholder = not isinstance(stated, str) or "value" in stated or stated == "id"
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{sample.title} {index}")) if placeholder else str(stated)


def _guessed(item: Mapping[str, Any], template: str) -> str:
    groups = "securityEnabled" in item or "groupTypes" in item or template.lower().endswith("memberof")
    return "group" if groups else "user"


def seed(draft: Draft, sample: Sample) -> None:
    """Put the objects of an example, those in its path and the links between them into a new tenant."""
    for entity in organization("Contoso", _TENANT, ["contoso.com"], "2026-01-01T00:00:00Z"):
        draft.put(entity)
    shown = shown_in(sample)
    route = find(sample.method, sample.path)
    assert isinstance(route, Route)
    besides = _BESIDES.get(route.template, {})
    deleted = "/directory/deletedItems" in sample.path
    for one in shown:
        _put_mentioned(draft, one.item)
        if sample.method != "POST":
            _put(draft, one.type, one.id, {**besides, **one.item}, deleted=deleted)
    _put(draft, "user", SOMEONE, {"userPrincipalName": "somebody@contoso.com", "usageLocation": "SE"})
    _put_path(draft, sample, route, besides, shown)


def _put_path(draft: Draft, sample: Sample, route: Route, besides: Mapping[str, Any], shown: list[Shown]) -> None:
    template, owner = route.template.split("/"), None
    for index, step in enumerate(sample.path.split("/")):
        if template[index].startswith("{"):
            parent = template[index - 1]
            if draft.view.get(step) is None:
                type_name = _type_at(template[: index + 1])
                if type_name == "directoryObject":
                    type_name = shown[0].type if shown and sample.method == "POST" else "user"
                _put(draft, type_name, step, besides, deleted=parent == "deletedItems")
            if owner is not None and _LINKS.get(parent, ("", False))[1]:
                draft.link(_LINKS[parent][0], owner, step)
            owner = step
        elif owner is not None and step in _LINKS:
            kind, forward = _LINKS[step]
            others = [one.id for one in shown] if sample.method == "GET" else []
            others += [SOMEONE] if sample.method == "DELETE" and step == "manager" else []
            for other in others:
                draft.link(kind, *((owner, other) if forward else (other, owner)))


def _type_at(template: list[str]) -> str:
    methods = schema().paths.get("/".join(template), {})
    returned: str = methods.get("GET", {}).get("returns", "DirectoryObject")
    return returned[0].lower() + returned[1:]


def _put(draft: Draft, type_name: str, key: str, item: Mapping[str, Any], *, deleted: bool = False) -> None:
    kind = schema().type(type_name)
    known = kind.properties if kind else {}
    values = {"displayName": "Somebody", "userPrincipalName": f"u{key}@contoso.com", "accountEnabled": True}
    values |= {"mailNickname": "somebody", "groupTypes": [], "mailEnabled": False, "securityEnabled": True}
    values |= {"deletedDateTime": "2026-11-20T08:00:00Z"} if deleted else {}
    values |= item
    held = {n: v for n, v in values.items() if n in known and n != "id" and v is not None and not known[n].navigation}
    draft.put(Entity(key, type_name, held))


def _put_mentioned(draft: Draft, item: Mapping[str, Any]) -> None:
    """Put the principals, roles and applications that an assignment refers to."""
    principal = str(item.get("principalType", "User"))
    for name, type_name in (
        ("principalId", principal[0].lower() + principal[1:]),
        ("roleDefinitionId", "unifiedRoleDefinition"),
        ("resourceId", "servicePrincipal"),
    ):
        key = item.get(name)
        if isinstance(key, str) and GUID.fullmatch(key):
            members = ["User", "Application"]
            role = {"id": item.get("appRoleId"), "isEnabled": True, "allowedMemberTypes": members}
            _put(draft, type_name, key, {"appRoles": [role], "isAssignableToRole": True})
