"""The text of a tenant brought about: by requests, and by hand what no request can do (syncs, Exchange, purchases)."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from idcode.directories.sandbox.tenant.entities import Entity
from idcode.directories.sandbox.tenant.skus import subscription
from tests.conformance.tenant.hands import Hands
from tests.conformance.tenant.text import (
    ALONE,
    DERIVED,
    EXTENSIONS,
    IN_ORGANISATION,
    LINKS,
    MANY,
    SET_LATER,
    Line,
    read_line,
)

PASSWORD = "Practice-4711-only"
_V1 = "https://graph.microsoft.com/v1.0"
_REDIRECT = "https://myapplications.microsoft.com"
_NOT_IN_BODY = {*ALONE, *SET_LATER, *LINKS, *DERIVED, "licences"}


def seed(hands: Hands, lines: Iterable[str]) -> None:
    """Make the objects of a text, the deleted ones first, since others may have their names; then what refers to what.

    Who is synced becomes so last: nobody could change them then.
    """
    found = sorted(map(read_line, lines), key=lambda line: line.state != "deleted")
    planter = _Planter(hands, str(hands.all("/organization", select="id")[0]["id"]))
    anchors = [planter.made(line) for line in found]
    for line, anchor in zip(found, anchors, strict=True):
        planter.link(line, anchor)
    for line, anchor in zip(found, anchors, strict=True):
        planter.finish(line, anchor)


class _Planter:
    """Makes one object after the other. ``ids`` are those with a name."""

    def __init__(self, hands: Hands, tenant_id: str) -> None:
        self.hands, self.tenant_id = hands, tenant_id
        self.ids: dict[str, list[str]] = {}

    def made(self, line: Line) -> str:
        """Make an object, and return its id; roles are none, they are held by others."""
        if line.kind not in _MAKERS:
            return ""
        anchor = _MAKERS[line.kind](self, line)
        if line.state == "deleted":
            self.hands.send("DELETE", f"/{_collection(line)}/{anchor}")
        else:
            self.ids.setdefault(line.name, []).append(anchor)
        return anchor

    def only(self, name: str) -> str:
        """Return the id of the one object that is called so."""
        (found,) = self.ids[name]
        return found

    def sku(self, line: Line) -> str:
        """Buy licences."""
        entity = subscription(self.tenant_id, line.name, int(line.first("units")))
        self.hands.plant(entity)
        return entity.id

    def app(self, line: Line) -> str:
        """Add an enterprise application with its app roles."""
        roles = [
            {"id": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{line.name} {role}")), "displayName": role, "value": role}
            | {"isEnabled": True, "allowedMemberTypes": ["User"], "description": role}
            for role in line.values.get("role", ())
        ]
        facts = {"displayName": line.name, "appId": str(uuid.uuid4()), "appRoles": roles, "accountEnabled": True}
        entity = Entity(str(uuid.uuid4()), "servicePrincipal", {**facts, "servicePrincipalType": "Application"})
        self.hands.plant(entity)
        return entity.id

    def user(self, line: Line) -> str:
        """Create a user."""
        local = line.name.partition("@")[0]
        body = {"userPrincipalName": line.name, "displayName": local, "mailNickname": local, **_body(line)}
        body |= {"accountEnabled": "disabled" not in line.flags, "passwordProfile": {"password": PASSWORD}}
        return self._alone("/users", str(self.hands.send("POST", "/users", body)["id"]), line, ALONE)

    def guest(self, line: Line) -> str:
        """Invite somebody."""
        invitation = {"invitedUserEmailAddress": line.name, "inviteRedirectUrl": _REDIRECT}
        invited = self.hands.send("POST", "/invitations", invitation | {"sendInvitationMessage": False})
        anchor = str(invited["invitedUser"]["id"])
        body = _body(line) | ({"accountEnabled": False} if "disabled" in line.flags else {})
        if body:
            self.hands.send("PATCH", f"/users/{anchor}", body)
        return anchor

    def group(self, line: Line) -> str:
        """Create a group."""
        unified, dynamic = "microsoft365" in line.flags, "membershipRule" in line.values
        body = {"displayName": line.name, "mailNickname": line.name, "mailEnabled": unified}
        body |= {"securityEnabled": not unified, "groupTypes": ["Unified"] * unified + ["DynamicMembership"] * dynamic}
        body |= {"membershipRuleProcessingState": "On"} if dynamic else {}
        body |= {"isAssignableToRole": True} if "role-assignable" in line.flags else {}
        return self._alone(
            "/groups", str(self.hands.send("POST", "/groups", body | _body(line))["id"]), line, SET_LATER
        )

    def unit(self, line: Line) -> str:
        """Create an administrative unit."""
        dynamic = {"membershipType": "Dynamic", "membershipRuleProcessingState": "On"}
        body = {"displayName": line.name, **_body(line), **(dynamic if "membershipRule" in line.values else {})}
        return str(self.hands.send("POST", "/directory/administrativeUnits", body)["id"])

    def _alone(self, path: str, anchor: str, line: Line, names: Iterable[str]) -> str:
        for name in names:
            if name in line.values:
                self.hands.send("PATCH", f"{path}/{anchor}", {name: _value(name, line.values[name])})
        return anchor

    def link(self, line: Line, anchor: str) -> None:
        """Let an object refer to others, and have its licences."""
        if line.kind == "role":
            self._hold_role(line)
        elif line.kind == "access":
            self._hold_access(line)
        else:
            for name in ("manager", "owners", *(() if "membershipRule" in line.values else ("members",))):
                for other in line.values.get(name, ()):
                    self._refer(line.kind, anchor, name, self.only(other))
            if "licences" in line.values:
                licences = [self._licence(text) for text in line.values["licences"]]
                body = {"addLicenses": licences, "removeLicenses": []}
                self.hands.send("POST", f"/{_collection(line)}/{anchor}/assignLicense", body)

    def _refer(self, kind: str, anchor: str, name: str, other: str) -> None:
        body = {"@odata.id": f"{_V1}/directoryObjects/{other}"}
        if name == "manager":
            self.hands.send("PUT", f"/users/{anchor}/manager/$ref", body)
        else:
            place = "/directory/administrativeUnits" if kind == "unit" else "/groups"
            self.hands.send("POST", f"{place}/{anchor}/{name}/$ref", body)

    def _licence(self, text: str) -> dict[str, Any]:
        name, *off = text.split()
        known = {item["skuPartNumber"]: item for item in self.hands.all("/subscribedSkus")}
        plans = {plan["servicePlanName"]: plan["servicePlanId"] for plan in known[name]["servicePlans"]}
        return {"skuId": known[name]["skuId"], "disabledPlans": [plans[plan.removeprefix("-")] for plan in off]}

    def _hold_role(self, line: Line) -> None:
        name, _, unit = line.name.partition(" in ")
        url = "/roleManagement/directory"
        known = {item["displayName"]: item["id"] for item in self.hands.all(f"{url}/roleDefinitions")}
        scope = f"/administrativeUnits/{self.only(unit)}" if unit else "/"
        for holder in line.values["members"]:
            body = {"principalId": self.only(holder), "roleDefinitionId": known[name], "directoryScopeId": scope}
            self.hands.send("POST", f"{url}/roleAssignments", body)

    def _hold_access(self, line: Line) -> None:
        name, _, role = line.name.partition(": ")
        app = self.hands.send("GET", f"/servicePrincipals/{self.only(name)}")
        roles = {item["displayName"]: item["id"] for item in app["appRoles"]}
        role_id = roles[role] if role else str(uuid.UUID(int=0))
        for holder in line.values["members"]:
            body = {"principalId": self.only(holder), "resourceId": app["id"], "appRoleId": role_id}
            self.hands.send("POST", f"/servicePrincipals/{app['id']}/appRoleAssignedTo", body)

    def finish(self, line: Line, anchor: str) -> None:
        """Let an object be Exchange's, or be synced."""
        if line.flags & {"mail-enabled", "distribution"}:
            mail = {"mailEnabled": True, "mail": f"{line.name}@contoso.com"}
            self.hands.change(anchor, **mail, securityEnabled="mail-enabled" in line.flags)
        if line.state == "synced":
            domain = {"onPremisesDomainName": "corp.contoso.com", "onPremisesSamAccountName": line.name.split("@")[0]}
            self.hands.change(anchor, onPremisesSyncEnabled=True, **domain)
            if "cloud-managed" in line.flags:
                url = f"/{_collection(line)}/{anchor}/onPremisesSyncBehavior"
                self.hands.send("PATCH", url, {"isCloudManaged": True})


_MAKERS: Mapping[str, Callable[[_Planter, Line], str]] = {
    "app": _Planter.app,
    "sku": _Planter.sku,
    "user": _Planter.user,
    "guest": _Planter.guest,
    "group": _Planter.group,
    "unit": _Planter.unit,
}


def _collection(line: Line) -> str:
    return "groups" if line.kind == "group" else "users"


def _body(line: Line) -> dict[str, Any]:
    body: dict[str, Any] = {}
    for name, values in line.values.items():
        if name in EXTENSIONS:
            body.setdefault("onPremisesExtensionAttributes", {})[name] = values[0]
        elif name in IN_ORGANISATION:
            body.setdefault("employeeOrgData", {})[name] = values[0]
        elif name not in _NOT_IN_BODY:
            body[name] = _value(name, values)
    return body


def _value(name: str, values: tuple[str, ...]) -> Any:
    if name in MANY:
        return list(values)
    return values[0] == "true" if values[0] in ("true", "false") else values[0]
