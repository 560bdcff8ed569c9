"""Groups (Graph pages group-post-groups, group-update, group-upsert, group-delete, group-list)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from idcode.directories.sandbox.tenant import deleted
from idcode.directories.sandbox.tenant.authority import check_authority, synced
from idcode.directories.sandbox.tenant.born import new_id, security_identifier
from idcode.directories.sandbox.tenant.clock import stamp
from idcode.directories.sandbox.tenant.entities import Entity
from idcode.directories.sandbox.tenant.errors import (
    bad_request,
    invalid_value,
    mail_enabled_group,
    missing_property,
    not_found,
    on_premises_mastered,
    read_only,
)
from idcode.directories.sandbox.tenant.exchange import Reply
from idcode.directories.sandbox.tenant.listing import Collection, counted, listed, single
from idcode.directories.sandbox.tenant.members import add_links, is_dynamic
from idcode.directories.sandbox.tenant.names import (
    check_free,
    check_nickname,
    is_microsoft365,
    verified_domains,
)
from idcode.directories.sandbox.tenant.navigation import relation_routes
from idcode.directories.sandbox.tenant.references import bound
from idcode.directories.sandbox.tenant.routes import Route
from idcode.directories.sandbox.tenant.values import checked
from idcode.directories.sandbox.tenant.work import Work

_REQUIRED = ("displayName", "mailEnabled", "mailNickname", "securityEnabled")
_LATER = frozenset(
    (
        "allowExternalSenders",
        "autoSubscribeNewMembers",
        "hideFromAddressLists",
        "hideFromOutlookClients",
        "isSubscribedByMail",
        "unseenCount",
    )
)
"""Set by an update of nothing else (group-update)."""
_FIXED = ("isAssignableToRole", "mailEnabled", "resourceBehaviorOptions", "resourceProvisioningOptions", "uniqueName")
"""Set at creation only."""
_TYPES = ("Unified", "DynamicMembership")
_VISIBILITIES = ("Public", "Private", "HiddenMembership")


def create(work: Work) -> Reply:
    """Answer ``POST /groups``: 201 with the properties that are there by default."""
    return _create(work, work.body())


def _create(work: Work, body: Mapping[str, Any]) -> Reply:
    values = checked("group", body)
    for name in _REQUIRED:
        if values.get(name) in (None, ""):
            raise missing_property(name)
    if _LATER & values.keys():
        raise invalid_value(min(_LATER & values.keys()), "Group")
    links = bound(work, dict(body))
    group = _born(work, values)
    _check_kind(group)
    _check(work, group, values)
    work.draft.put(group)
    for relation, others in links.items():
        add_links(work, group, relation, others)
    reply = single(work, group, "groups")
    return Reply(201, reply.body, {"Location": f"{work.request.base}/groups/{group.id}"})


def _born(work: Work, values: Mapping[str, Any]) -> Entity:
    group_id, now = new_id(), stamp(work.now)
    group = Entity(group_id, "group").having(
        createdDateTime=now, renewedDateTime=now, securityIdentifier=security_identifier(group_id)
    )
    group = group.having(**{name: value for name, value in values.items() if value != []})
    if is_microsoft365(group):
        mail = f"{values['mailNickname']}@{verified_domains(work.draft.view)[0].id}"
        group = group.having(mail=mail, proxyAddresses=[f"SMTP:{mail}"])
        group = group.having(visibility=group.get("visibility", "Public"))
    return group


def _check_kind(group: Entity) -> None:
    """Raise ``GraphError`` for a kind of group that cannot be made through Graph."""
    mail, security = group.get("mailEnabled"), group.get("securityEnabled")
    if mail and not is_microsoft365(group):
        raise bad_request("Cannot Create a mail-enabled security groups and or distribution list.")
    if is_microsoft365(group) and not mail:
        raise invalid_value("mailEnabled", "Group")
    if not mail and not security:
        raise invalid_value("securityEnabled", "Group")
    if group.get("isAssignableToRole") and (not security or is_dynamic(group)):
        raise invalid_value("isAssignableToRole", "Group")


def _check(work: Work, group: Entity, values: Mapping[str, Any]) -> None:
    """Raise ``GraphError`` for values that a group cannot have, or another one has."""
    if any(each not in _TYPES for each in group.get("groupTypes", ())):
        raise invalid_value("groupTypes", "Group")
    if "mailNickname" in values:
        check_nickname(values["mailNickname"] or "", "Group")
    if group.get("visibility", "Public") not in _VISIBILITIES:
        raise invalid_value("visibility", "Group")
    if group.get("visibility") == "HiddenMembership" and not is_microsoft365(group):
        raise invalid_value("visibility", "Group")
    _check_rule(group)
    check_free(work.draft.view, group)


def _check_rule(group: Entity) -> None:
    rule, state = group.get("membershipRule"), group.get("membershipRuleProcessingState")
    if not is_dynamic(group):
        if state not in (None, "Paused"):
            raise invalid_value("membershipRuleProcessingState", "Group")
        return
    if not rule:
        raise missing_property("membershipRule")
    if state not in ("On", "Paused"):
        raise invalid_value("membershipRuleProcessingState", "Group")


def update(work: Work) -> Reply:
    """Answer ``PATCH /groups/{id}``: 204, or 200 with the group for the properties that are only set alone."""
    return _update(work, work.target(work.param("id"), "group"))


def _update(work: Work, group: Entity) -> Reply:
    body = work.body()
    values = checked("group", body)
    links = bound(work, body)
    check_authority(group, {*values, *(relation for relation, others in links.items() if others)})
    if group.get("mailEnabled") and not is_microsoft365(group):
        raise mail_enabled_group()
    _check_fixed(group, values)
    if _LATER & values.keys() and (values.keys() - _LATER or any(links.values())):
        raise bad_request(f"The property '{min(_LATER & values.keys())}' cannot be updated together with others.")
    changed = group.having(**{name: None if value == [] else value for name, value in values.items()})
    _check(work, changed, values)
    work.draft.put(changed)
    for relation, others in links.items():
        add_links(work, changed, relation, others)
    return single(work, changed, "groups") if _LATER & values.keys() else Reply(204)


def _check_fixed(group: Entity, values: Mapping[str, Any]) -> None:
    for name in _FIXED:
        if name in values and (values[name] or None) != (group.get(name) or None):
            raise read_only(name, "Group")
    if "groupTypes" in values and ("Unified" in values["groupTypes"]) != is_microsoft365(group):
        raise invalid_value("groupTypes", "Group")
    if group.get("isAssignableToRole") and "DynamicMembership" in values.get("groupTypes", ()):
        raise invalid_value("groupTypes", "Group")
    hidden = "HiddenMembership"
    if "visibility" in values and (values["visibility"] == hidden) != (group.get("visibility") == hidden):
        raise invalid_value("visibility", "Group")
    for name in ("displayName", "securityEnabled", "mailNickname"):
        if name in values and values[name] in (None, ""):
            raise invalid_value(name, "Group")


def _named(work: Work) -> Entity | None:
    """Return the group with the path's unique name, in its newest form: an upsert creates no second one."""
    for each in work.draft.view.find("uniqueName", work.param("name"), "group"):
        if not each.deleted:
            return each
    return None


def upsert(work: Work) -> Reply:
    """Answer ``PATCH /groups(uniqueName='…')``: 204; 201 for a new group where ``Prefer: create-if-missing`` asks."""
    group = _named(work)
    if group is not None:
        return _update(work, group)
    if not work.prefers("create-if-missing"):
        raise not_found(work.param("name"))
    body = work.body()
    if body.get("uniqueName", work.param("name")) != work.param("name"):
        raise invalid_value("uniqueName", "Group")
    return _create(work, {**body, "uniqueName": work.param("name")})


def show(work: Work) -> Reply:
    """Answer ``GET /groups/{id}``."""
    return single(work, work.found(work.param("id"), "group"), "groups")


def show_named(work: Work) -> Reply:
    """Answer ``GET /groups(uniqueName='…')``."""
    for each in work.reading.find("uniqueName", work.param("name"), "group"):
        if not each.deleted:
            return single(work, each, "groups")
    raise not_found(work.param("name"))


def _collection(work: Work) -> Collection:
    return Collection(work.reading.ids("group"), "group", "groups")


def delete(work: Work) -> Reply:
    """Answer ``DELETE /groups/{id}``: 204; the group can be restored for 30 days."""
    group = work.target(work.param("id"), "group")
    if synced(group):
        raise on_premises_mastered()
    if group.get("mailEnabled") and not is_microsoft365(group):
        raise mail_enabled_group()
    if group.get("assignedLicenses"):
        raise bad_request("The group cannot be deleted because it has active license assignments.")
    deleted.soft_delete(work, group)
    return Reply(204)


ROUTES = (
    Route("POST", "/groups", create),
    Route("GET", "/groups", lambda work: listed(work, _collection(work))),
    Route("GET", "/groups/$count", lambda work: counted(work, _collection(work))),
    Route("GET", "/groups/{id}", show),
    Route("PATCH", "/groups/{id}", update),
    Route("DELETE", "/groups/{id}", delete),
    Route("GET", "/groups(uniqueName='{name}')", show_named),
    Route("PATCH", "/groups(uniqueName='{name}')", upsert),
    *relation_routes("group", "/groups/{id}"),
)
