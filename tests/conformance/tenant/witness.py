"""A tenant as text, one object a line, read by plain requests."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from tests.conformance.tenant import text
from tests.conformance.tenant.hands import PAGE, Hands

_ROLES = "/roleManagement/directory"
_UNITS = "/directory/administrativeUnits"
_DEFAULT_ACCESS = "00000000-0000-0000-0000-000000000000"
_USERS = ",".join(
    [
        *("id", "accountEnabled", "employeeOrgData", "licenseAssignmentStates"),
        *("onPremisesExtensionAttributes", "onPremisesSyncEnabled"),
        *text.OF_USERS,
    ]
)
_GROUPS = ",".join(
    [
        *("id", "assignedLicenses", "groupTypes", "isAssignableToRole", "mailEnabled"),
        *("onPremisesSyncEnabled", "securityEnabled", "visibility"),
        *text.OF_GROUPS,
    ]
)

Item = Mapping[str, Any]
Words = Iterator[str]


def describe(hands: Hands) -> dict[str, str]:
    """Return a line for every object by its id, by kind and name, deleted ones last; roles only where they are held."""
    return _Witness(hands).describe()


class _Witness:
    def __init__(self, hands: Hands) -> None:
        self.hands = hands
        self.users = hands.all("/users", select=_USERS, expand="manager($select=id)", top=PAGE)
        self.groups = hands.all("/groups", select=_GROUPS, top=PAGE)
        self.units = hands.all(_UNITS, select=",".join(("id", *text.OF_UNITS)), top=PAGE)
        self.apps = hands.all("/servicePrincipals", top=PAGE)
        self.skus = {str(item["skuId"]): item for item in hands.all("/subscribedSkus")}
        named = (*self.groups, *self.units, *self.apps)
        self.names = {str(item["id"]): str(item["displayName"]) for item in named}
        self.names |= {str(item["id"]): _user_name(item) for item in self.users}

    def describe(self) -> dict[str, str]:
        found = dict(self._lines())
        return dict(sorted(found.items(), key=lambda item: _place(item[1])))

    def _lines(self) -> Iterator[tuple[str, str]]:
        for sku in self.skus.values():
            yield sku["id"], _joined(f"sku {sku['skuPartNumber']}", [f"units={sku['prepaidUnits']['enabled']}"])
        for app in self.apps:
            roles = sorted(f"role={role['displayName']}" for role in app["appRoles"])
            yield app["id"], _joined(f"app {app['displayName']}", roles)
            yield from self._accesses(app)
        for user in self.users:
            yield user["id"], _joined(_head(_user_kind(user), _user_name(user), user), self._of_user(user))
        for group in self.groups:
            yield group["id"], _joined(_head("group", group["displayName"], group), self._of_group(group))
        for unit in self.units:
            words = [*_texts(unit, ("description", "membershipRule")), *self._links(f"{_UNITS}/{unit['id']}/members")]
            yield unit["id"], _joined(f"unit {unit['displayName']}", words)
        yield from self._roles()
        yield from self._deleted()

    def _of_user(self, user: Item) -> Words:
        yield from _own_texts(user)
        for name, value in (user["onPremisesExtensionAttributes"] or {}).items():
            yield from [f"{name}={value}"] if value is not None else []
        for name, value in (user["employeeOrgData"] or {}).items():
            yield from [f"{name}={value}"] if value is not None else []
        if user.get("manager"):
            yield f"manager={self.names[user['manager']['id']]}"
        for state in user["licenseAssignmentStates"] or ():
            given, licence = state["assignedByGroup"], self._licence(state)
            failed = "" if state["state"] == "Active" else f" ({state['error']})"
            yield f"inherited={licence} by {self.names[given]}{failed}" if given else f"licences={licence}"
        alone = self.hands.send("GET", f"/users/{user['id']}", select=",".join(("id", *text.ALONE)))
        yield from _texts(alone, (name for name in text.ALONE if alone[name] != text.BORN))
        yield from [] if user["accountEnabled"] else ["disabled"]
        yield from self._authority("users", user)

    def _of_group(self, group: Item) -> Words:
        name = group["displayName"]
        unified = "Unified" in group["groupTypes"]
        yield from _texts(group, (each for each in text.OF_GROUPS if each != "displayName" and group[each] != name))
        yield from [f"uniqueName={name}"] if group["uniqueName"] == name else []
        yield from [f"visibility={group['visibility']}"] if group["visibility"] not in (None, "Public") else []
        yield from (f"licences={self._licence(item)}" for item in group["assignedLicenses"] or ())
        yield from self._links(f"/groups/{group['id']}/members")
        yield from self._links(f"/groups/{group['id']}/owners")
        if unified:
            later = self.hands.send("GET", f"/groups/{group['id']}", select=",".join(("id", *text.SET_LATER)))
            yield from _texts(later, (each for each in text.SET_LATER if later[each]))
        yield from ["role-assignable"] if group["isAssignableToRole"] else []
        if unified or group["mailEnabled"]:
            yield "microsoft365" if unified else "mail-enabled" if group["securityEnabled"] else "distribution"
        yield from self._authority("groups", group)

    def _authority(self, collection: str, item: Item) -> Words:
        if item["onPremisesSyncEnabled"]:
            behaviour = self.hands.send("GET", f"/{collection}/{item['id']}/onPremisesSyncBehavior")
            yield from ["cloud-managed"] if behaviour["isCloudManaged"] else []

    def _links(self, path: str) -> Words:
        name = path.rpartition("/")[2]
        found = self.hands.all(path, select="id", top=PAGE)
        yield from (f"{name}={self.names[item['id']]}" for item in found)

    def _licence(self, item: Item) -> str:
        sku = self.skus[item["skuId"]]
        names = {plan["servicePlanId"]: plan["servicePlanName"] for plan in sku["servicePlans"]}
        return " ".join([sku["skuPartNumber"], *sorted(f"-{names[plan]}" for plan in item["disabledPlans"])])

    def _roles(self) -> Iterator[tuple[str, str]]:
        roles = {item["id"]: str(item["displayName"]) for item in self.hands.all(f"{_ROLES}/roleDefinitions")}
        holders: dict[tuple[str, str], list[str]] = {}
        for item in self.hands.all(f"{_ROLES}/roleAssignments"):
            key = (item["roleDefinitionId"], item["directoryScopeId"])
            holders.setdefault(key, []).append(f"members={self.names[item['principalId']]}")
        for (role, scope), words in holders.items():
            unit = f" in {self.names[scope.rpartition('/')[2]]}" if scope != "/" else ""
            yield f"{role}@{scope}", _joined(f"role {roles[role]}{unit}", words)

    def _accesses(self, app: Item) -> Iterator[tuple[str, str]]:
        roles = {role["id"]: f": {role['displayName']}" for role in app["appRoles"]} | {_DEFAULT_ACCESS: ""}
        holders: dict[str, list[str]] = {}
        for item in self.hands.all(f"/servicePrincipals/{app['id']}/appRoleAssignedTo"):
            holders.setdefault(item["appRoleId"], []).append(f"members={self.names[item['principalId']]}")
        for role, words in holders.items():
            yield f"{app['id']}@{role}", _joined(f"access {app['displayName']}{roles[role]}", words)

    def _deleted(self) -> Iterator[tuple[str, str]]:
        bin_ = "/directory/deletedItems/microsoft.graph"
        for user in self.hands.all(f"{bin_}.user", select=_USERS, top=PAGE):
            yield user["id"], _joined(f"deleted {_user_kind(user)} {_user_name(user)}", _own_texts(user))
        for group in self.hands.all(f"{bin_}.group", select=_GROUPS, top=PAGE):
            yield group["id"], f"deleted group {group['displayName']}"
        for unit in self.hands.all(f"{bin_}.administrativeUnit", top=PAGE):
            yield unit["id"], f"deleted unit {unit['displayName']}"


def _head(kind: str, name: str, item: Item) -> str:
    return f"{'synced ' if item['onPremisesSyncEnabled'] else ''}{kind} {name}"


def _user_kind(user: Item) -> str:
    return "guest" if user["userType"] == "Guest" else "user"


def _user_name(user: Item) -> str:
    if user["userType"] == "Guest":
        return str(user["mail"])
    return re.sub(f"^{user['id'].replace('-', '')}", "", user["userPrincipalName"])


def _own_texts(user: Item) -> Words:
    """Yield the words of a user's plain properties, without those that its name says already."""
    name = _user_name(user)
    local = name.partition("@")[0]
    hidden = {"userPrincipalName", "userType"}
    if user["userType"] == "Guest":
        hidden |= {"mail", "mailNickname", *(["otherMails"] if user["otherMails"] == [name] else [])}
    hidden |= {each for each in ("displayName", "mailNickname") if user[each] in (local, name)}
    yield from _texts(user, (each for each in text.OF_USERS if each not in hidden))


def _texts(item: Item, names: Iterable[str]) -> Words:
    for name in names:
        values = item[name] if isinstance(item[name], list) else [item[name]]
        for value in values:
            if value is not None:
                yield f"{name}={str(value).lower() if isinstance(value, bool) else value}"


def _joined(head: str, words: Iterable[str]) -> str:
    """Return a line: attributes in order, flags behind them."""
    found = sorted(words, key=lambda word: ("=" not in word, word.lower()))
    return " | ".join([head, *found])


def _place(line: str) -> tuple[object, ...]:
    read = text.read_line(line)
    return (read.state == "deleted", text.KINDS.index(read.kind), read.name.lower(), line)
