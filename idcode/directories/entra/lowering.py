"""From a change to the writes that carry it out: pure, deterministic, and without secrets.

Every request is JSON with ``op`` and a ``target``: its ``type`` and, of objects that exist, the ``id``; of those this
change creates the ``name`` they are found by. References are ``{"$ref": id}``; ``performing.py`` carries requests out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from idcode.directories.entra.granting import assignments
from idcode.directories.entra.licences import Skus, sku_key
from idcode.directories.entra.objects import MARK_DISABLED, MARK_NEW
from idcode.directories.entra.requests import (
    PSEUDO,
    Attributes,
    Request,
    difference,
    first,
    flag,
    given_mark,
    is_guest,
    json_value,
    references,
    resolved,
)
from idcode.directories.entra.schema import RELATIONS, EntraSchema, container_of
from idcode.directories.entra.tenant import Tenant
from idcode.model.errors import DirectoryError
from idcode.model.plans import AttributeChange, Change
from idcode.model.schema import Kind
from idcode.model.syntax import key, text_of
from idcode.model.values import Scalar
from idcode.model.writes import Write

LINKS_PER_REQUEST = 20
"""How many references one request takes (pages *Create group* and *Add members*)."""
_NOT_IN_BODIES = PSEUDO | RELATIONS | {"licences", "category", "isCloudManaged"}
"""What is written by requests of its own, or made into other properties."""
_DEFAULT_SIGN_IN = "https://myapplications.microsoft.com"
"""Where an invited guest lands; every tenant has this page."""


@dataclass(frozen=True, slots=True)
class Lowering:
    """Lowers changes of one tenant. ``mark_in`` is the attribute of users that holds idcode's mark.

    ``first_sign_in`` says what a new user gets: a ``password`` or a ``temporary-access-pass``.
    """

    schema: EntraSchema
    tenant: Tenant
    mark_in: str
    first_sign_in: str = "password"

    def lower(self, change: Change, anchors: Mapping[str, str]) -> list[Write]:
        """Return the writes of ``change`` in order; see the port.

        Raises ``DirectoryError`` for values that ``reject`` would have refused, such as an unknown SKU.
        """
        try:
            requests = list(self._requests(change, anchors))
        except (ValueError, KeyError) as error:
            raise DirectoryError(f"{change.address} cannot be written: {error}") from None
        return [
            Write(f"{change.id}.{number}", change.id, str(request["op"]), request)
            for number, request in enumerate(requests, 1)
        ]

    def _requests(self, change: Change, anchors: Mapping[str, str]) -> Iterator[Request]:
        attributes = {
            self.schema.attributes.spelled(name): resolved(item, anchors)
            for name, item in sorted(change.attributes.items())
        }
        if change.object_type in ("role_assignment", "app_role_assignment"):
            yield from assignments(self.tenant, change, attributes)
            return
        target = self._target(change, attributes)
        if change.op == "create":
            yield from self._create(change, target, attributes)
        elif change.op == "restore":
            yield from self._restore(change, target, attributes)
        elif change.op == "delete":
            yield from self._delete(change, target)
        else:
            yield from self._update(change, target, attributes)

    def _target(self, change: Change, attributes: Attributes) -> Request:
        if change.object.anchor:
            return {"type": change.object_type, "id": change.object.anchor}
        # Addressed by name until the run knows the id: the writes of one change follow each other.
        if change.object_type == "user":
            name = first(attributes, "mail" if is_guest(attributes) else "userPrincipalName")
        elif change.object_type == "group":
            name = first(attributes, "uniqueName") or first(attributes, "mailNickname")
        else:
            name = first(attributes, "displayName")
        return {"type": change.object_type, "name": name or change.object.dn}

    # --- users, groups, administrative units ---

    def _delete(self, change: Change, target: Request) -> Iterator[Request]:
        """A group is refused deletion as long as it gives licences (page *Assign licenses to a group*)."""
        held = change.expect.attributes.get("licences", ()) if change.object_type == "group" else ()
        if held:
            yield from _licences(target, AttributeChange(held, single=False), self.tenant.skus)
        yield {"op": "delete", "target": target}

    def _create(self, change: Change, target: Request, attributes: Attributes) -> Iterator[Request]:
        body = self._body(attributes, born=True)
        body = {name: value for name, value in body.items() if value not in (None, [])}
        bound: Request = {}
        match change.object_type:
            case "user" if is_guest(attributes):
                yield from self._invite(target, attributes, body)
            case "user":
                yield from self._new_user(change, target, attributes, body)
            case "group":
                bound = _born_with(attributes)
                yield {"op": "create", "target": target, "body": {**_group(attributes), **body}, **bound}
            case _:
                yield {"op": "create", "target": target, "body": {**_unit(attributes), **body}}
        yield from self._links(target, {name: _without(item, bound.get(name, [])) for name, item in attributes.items()})
        yield from self._single(target, attributes)

    def _new_user(self, change: Change, target: Request, attributes: Attributes, body: Request) -> Iterator[Request]:
        """An account begins disabled where somebody is to be handed its password: first that, then access."""
        enabled = flag(attributes, "enabled") is True
        body["accountEnabled"] = enabled and not change.password
        body.setdefault("mailNickname", text_of(target["name"]).partition("@")[0])
        if not body["accountEnabled"]:
            self._mark(body, MARK_NEW)
        yield {"op": "create", "target": target, "body": body}
        if change.password:
            yield self._password(change, target)
            yield self._account(target, enabled, None if enabled else MARK_DISABLED)

    def _invite(self, target: Request, attributes: Attributes, body: Request) -> Iterator[Request]:
        """A guest is invited, and then given what an invitation has no place for; Graph makes the UPN."""
        invitation: Request = {
            "invitedUserEmailAddress": body.pop("mail"),
            "inviteRedirectUrl": _DEFAULT_SIGN_IN,
            "sendInvitationMessage": False,
        }
        for name in ("userPrincipalName", "userType", "mailNickname"):
            body.pop(name, None)
        if "displayName" in body:
            invitation["invitedUserDisplayName"] = body.pop("displayName")
        yield {"op": "invite", "target": target, "body": invitation}
        if flag(attributes, "enabled") is False:
            body["accountEnabled"] = False
            self._mark(body, MARK_DISABLED)
        if body:
            yield {"op": "update", "target": target, "body": body}

    def _restore(self, change: Change, target: Request, attributes: Attributes) -> Iterator[Request]:
        """Bring a deleted object back with its id, links and password, and write what it is to be by now."""
        written = {name: item for name, item in attributes.items() if name not in self.schema.fixed}
        body = self._body(written, born=True)
        enabled = flag(attributes, "enabled")
        if change.object_type == "user" and enabled is not None:
            body["accountEnabled"] = enabled and not change.password
            if change.password:
                self._mark(body, MARK_NEW)
            elif enabled:
                self._mark(body, None)
            else:
                self._mark(body, given_mark(attributes, MARK_DISABLED))
        yield {"op": "restore", "target": target, **_renamed(change, attributes)}
        if body:
            yield {"op": "update", "target": target, "body": body}
        if change.password:
            yield self._password(change, target)
            yield self._account(target, bool(enabled), None if enabled else MARK_DISABLED)
        yield from self._links(target, {name: _added(item) for name, item in attributes.items()})
        yield from self._single(target, attributes)

    def _update(self, change: Change, target: Request, attributes: Attributes) -> Iterator[Request]:
        body = self._body(attributes)
        merge = self._merge(attributes)
        _turn(change, attributes, body, merge)
        enabled = flag(attributes, "enabled")
        if enabled is None and change.op in ("enable", "disable"):
            enabled = change.op == "enable"
        if change.password:
            yield self._password(change, target)
        if enabled is not None:
            body["accountEnabled"] = enabled
            self._mark(body, given_mark(attributes, None if enabled else MARK_DISABLED))
        elif "mark" in attributes:
            self._mark(body, given_mark(attributes, None))
        if body or merge:
            request: Request = {"op": "update" if enabled is None else "account", "target": target, "body": body}
            yield request | ({"merge": merge} if merge else {})
        yield from self._links(target, attributes)
        yield from self._single(target, attributes)
        if "isCloudManaged" in attributes:
            yield {"op": "authority", "target": target, "cloud": flag(attributes, "isCloudManaged") is True}

    def _body(self, attributes: Attributes, *, born: bool = False) -> Request:
        """Return what goes into the body of one request, as Graph names it.

        Values to add to a list are the whole list of an object that is ``born`` with them.
        """
        body: Request = {}
        for name, item in attributes.items():
            if name not in _NOT_IN_BODIES | self.schema.apart and (born or not item.delta):
                self._put(body, name, self._json(name, item.add if item.delta else item.after))
        return body

    def _merge(self, attributes: Attributes) -> Request:
        """Return the values to add to lists and to take off, which Graph only replaces as a whole."""
        merge: Request = {}
        for name, item in attributes.items():
            if item.delta and name not in _NOT_IN_BODIES | self.schema.apart:
                merge[name] = self._merged(name, item)
        return merge

    def _merged(self, name: str, item: AttributeChange) -> Request:
        return {"add": self._many(name, item.add), "remove": self._many(name, item.remove)}

    def _put(self, body: Request, name: str, value: Any) -> None:
        container = container_of(name)
        if container is None:
            body[name] = value
        else:
            body.setdefault(container, {})[name] = value

    def _mark(self, body: Request, mark: str | None) -> None:
        self._put(body, self.mark_in, mark)

    def _json(self, name: str, values: Sequence[Scalar]) -> Any:
        """Return an attribute as Graph takes it: ``[]`` clears a list, ``null`` everything else."""
        known = self.schema.attributes.find(name)
        if known is not None and not known.single:
            return self._many(name, values)
        return json_value(values[0], self.schema.attributes.kind(name)) if values else None

    def _many(self, name: str, values: Sequence[Scalar]) -> list[Any]:
        return [json_value(value, self.schema.attributes.kind(name)) for value in values]

    def _single(self, target: Request, attributes: Attributes) -> Iterator[Request]:
        """Yield the properties that Graph refuses in company, each in a request of its own."""
        for name in sorted(attributes.keys() & self.schema.apart - _NOT_IN_BODIES):
            item = attributes[name]
            if item.delta:
                yield {"op": "update", "target": target, "body": {}, "merge": {name: self._merged(name, item)}}
            else:
                yield {"op": "update", "target": target, "body": {name: self._json(name, item.after)}}

    def _password(self, change: Change, target: Request) -> Request:
        account = {"address": change.address, "directory": change.directory}
        return {"op": "password", "target": target, "account": account, "as": self.first_sign_in}

    def _account(self, target: Request, enabled: bool, mark: str | None) -> Request:
        body: Request = {"accountEnabled": enabled}
        self._mark(body, mark)
        return {"op": "account", "target": target, "body": body}

    # --- links ---

    def _links(self, target: Request, attributes: Attributes) -> Iterator[Request]:
        if "manager" in attributes:
            manager = references(attributes["manager"].after)
            yield {"op": "manager", "target": target, "to": manager[0] if manager else None}
        if "licences" in attributes:
            yield from _licences(target, attributes["licences"], self.tenant.skus)
        for name in ("owners", "members"):
            if name in attributes:
                yield from _list(target, name, attributes[name])


def _group(attributes: Attributes) -> Request:
    """Return what makes a group of the wanted kind (page *Create group*, groupTypes)."""
    unified = first(attributes, "category") == "microsoft365"
    dynamic = bool(first(attributes, "membershipRule"))
    body: Request = {
        "groupTypes": ["Unified"] * unified + ["DynamicMembership"] * dynamic,
        "mailEnabled": unified,
        "securityEnabled": not unified or flag(attributes, "isAssignableToRole") is True,
    }
    if first(attributes, "mailNickname"):
        body["displayName"] = first(attributes, "mailNickname")
    if dynamic:
        body["membershipRuleProcessingState"] = "On"
    return body


def _turn(change: Change, attributes: Attributes, body: Request, merge: Request) -> None:
    """Make dynamic what gets a rule, and static again what loses it.

    Groups say so in ``groupTypes``, administrative units in ``membershipType`` (pages *Update group*, *Update
    administrativeUnit*).
    """
    rule = attributes.get("membershipRule")
    if rule is None or bool(rule.before) == bool(rule.after):
        return
    if change.object_type == "group":
        kind = ["DynamicMembership"]
        merge["groupTypes"] = {"add": kind if rule.after else [], "remove": [] if rule.after else kind}
    else:
        body["membershipType"] = "Dynamic" if rule.after else "Assigned"
    body["membershipRuleProcessingState"] = "On" if rule.after else "Paused"


def _renamed(change: Change, attributes: Attributes) -> Request:
    """Return the name to restore a user under: the former one may be somebody else's by now."""
    name = first(attributes, "userPrincipalName")
    return {"name": name} if name and name.lower() != change.object.dn.lower() else {}


def _unit(attributes: Attributes) -> Request:
    if not first(attributes, "membershipRule"):
        return {}
    return {"membershipType": "Dynamic", "membershipRuleProcessingState": "On"}


def _born_with(attributes: Attributes) -> Request:
    """Return the first owners and members, as many as one request takes."""
    room = LINKS_PER_REQUEST
    found: Request = {}
    for name in ("owners", "members"):
        item = attributes.get(name)
        some = references((item.add if item.delta else item.after)[:room]) if item else []
        room -= len(some)
        if some:
            found[name] = some
    return found


def _without(item: AttributeChange, given: Sequence[Request]) -> AttributeChange:
    done = {reference["$ref"] for reference in given}
    left = tuple(value for value in (item.add if item.delta else item.after) if text_of(value) not in done)
    return AttributeChange(add=left, delta=True, single=False) if given else item


def _added(item: AttributeChange) -> AttributeChange:
    """Return a whole list as values to add: what a restored object has got back may be there already."""
    if item.single:
        return item
    return AttributeChange(add=item.add or item.after, delta=True, single=False)


def _list(target: Request, name: str, item: AttributeChange) -> Iterator[Request]:
    """Add by twenties, then take away one by one: a group must not be without owners in between."""
    added, removed = (references(values) for values in difference(item))
    size = 1 if target["type"] == "administrative_unit" else LINKS_PER_REQUEST
    for start in range(0, len(added), size):
        yield {"op": "link", "target": target, "attribute": name, "add": added[start : start + size]}
    for reference in removed:
        yield {"op": "unlink", "target": target, "attribute": name, "remove": reference}


def _licences(target: Request, item: AttributeChange, skus: Skus) -> Iterator[Request]:
    """Put all that changes into one request; parallel ones of the same object are refused."""
    if item.delta:
        added, removed = list(item.add), list(item.remove)
    else:
        there = {key(value, Kind.LICENCE) for value in item.before}
        added, removed = [v for v in item.after if key(v, Kind.LICENCE) not in there], list(item.before)
    kept = {sku_key(value) for value in (*added, *(() if item.delta else item.after))}
    gone = sorted({skus.sku_id(value) for value in removed if sku_key(value) not in kept})
    wanted = sorted((skus.assignment(value) for value in added), key=lambda one: str(one["skuId"]))
    if wanted or gone:
        yield {"op": "licences", "target": target, "add": wanted, "remove": gone}
