"""Licences of users and groups.

A group's licences reach its members later: what a call, a new member or one that leaves has changed is worked off after
``Switches.licence_seconds`` of the tenant's time. Members of groups within the group inherit nothing (Entra page
"Group-based licensing: limitations").
"""

from __future__ import annotations

import base64
import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from idcode.directories.sandbox.tenant.assigning import assign, inherit, read_request, settle
from idcode.directories.sandbox.tenant.entities import Change, Entity, Link, Put
from idcode.directories.sandbox.tenant.errors import bad_request
from idcode.directories.sandbox.tenant.exchange import Reply
from idcode.directories.sandbox.tenant.licensing import Assignment, assignments_of, in_force
from idcode.directories.sandbox.tenant.listing import Collection, listed
from idcode.directories.sandbox.tenant.navigation import CONTEXT
from idcode.directories.sandbox.tenant.properties import DIRECTORY_OBJECT, shown
from idcode.directories.sandbox.tenant.routes import Route
from idcode.directories.sandbox.tenant.skus import LICENCES, has_room, subscription_to
from idcode.directories.sandbox.tenant.view import View
from idcode.directories.sandbox.tenant.work import Moment, Work

INHERIT = "inheritLicences"
"""Links of this kind go from a group to each user who has, or was refused, a licence from it."""
_QUEUED, _BUSY, _DONE = "QueuedForProcessing", "ProcessingInProgress", "ProcessingComplete"


def assign_to_user(work: Work) -> Reply:
    """``assignLicense`` of a user: done at once."""
    user = work.target(work.param("id"), "user")
    added, removed = read_request(work.draft.view, work.body())
    return _shown(work, assign(work, user, added, removed), "users", 200)


def assign_to_group(work: Work) -> Reply:
    """``assignLicense`` of a group: the group has them at once, its members after a while (202)."""
    group = work.target(work.param("id"), "group")
    added, removed = read_request(work.draft.view, work.body())
    if not group.get("securityEnabled"):
        raise bad_request("Licenses cannot be assigned to a group that is not security enabled.")
    there = {each["skuId"]: each for each in group.get("assignedLicenses", ())}
    for sku_id in removed:
        if there.pop(sku_id, None) is None:
            raise bad_request("Group does not have a corresponding license.")
    there |= {sku_id: {"skuId": sku_id, "disabledPlans": sorted(plans)} for sku_id, plans in added.items()}
    group = work.draft.put(group.having(assignedLicenses=[there[each] for each in sorted(there)] or None))
    _order(work, group)
    return _shown(work, group, "groups", 202)


def reprocess(work: Work) -> Reply:
    """``reprocessLicenseAssignment``: try again what the user's groups could not give."""
    user = work.target(work.param("id"), "user")
    view = work.draft.view
    for group_id in sorted({*view.sources("members", user.id), *view.sources(INHERIT, user.id)}):
        group = view.live(group_id, "group")
        if group is not None:
            _give(work, group, view.linked("members", group_id, user.id), user.id)
    return _shown(work, work.target(user.id, "user"), "users", 200)


def licence_details(work: Work) -> Reply:
    """``licenseDetails``: the user's SKUs with all their plans and which of them are switched off."""
    user = work.found(work.param("id"), "user")
    held = in_force(assignments_of(user))
    context = f"{work.request.base}/$metadata#users('{user.id}')/licenseDetails"
    details = [_details(work.reading, user, sku_id, held[sku_id]) for sku_id in sorted(held)]
    return Reply(200, {"@odata.context": context, "value": details})


def members_with_errors(work: Work) -> Reply:
    """``membersWithLicenseErrors``: those to whom the group could not give all it has."""
    group = work.found(work.param("id"), "group")
    users = [work.reading.live(each, "user") for each in work.reading.targets(INHERIT, group.id)]
    ids = [each.id for each in users if each and _failed(each, group.id)]
    return listed(work, Collection(ids, DIRECTORY_OBJECT, CONTEXT))


def follow(moment: Moment, changes: Sequence[Change]) -> None:
    """See to the licences of those who come into groups, leave them, are deleted or restored."""
    for change in changes:
        if isinstance(change, Link) and change.kind == "members":
            group = moment.draft.view.live(change.source, "group")
            if group is not None and group.get("assignedLicenses"):
                _order(moment, group)
        elif isinstance(change, Put) and change.before is not None:
            _follow_put(moment, change.before, change.after)


def begin(moment: Moment, data: Mapping[str, Any]) -> None:
    """Start to work off what is queued for a group."""
    group = moment.draft.view.live(data["group"], "group")
    if group is not None:
        moment.draft.put(group.having(licenseProcessingState={"state": _BUSY}))


def finish(moment: Moment, data: Mapping[str, Any]) -> None:
    """Give members what the group has, and take it from those who are members no longer."""
    view = moment.draft.view
    group = view.get(data["group"])
    if group is None:
        return
    # A group can be deleted once its licences are taken away, before its members have lost them.
    members = set() if group.deleted else set(view.targets("members", group.id))
    # First those who lose: their units may be what others wait for.
    for user_id in sorted(set(view.targets(INHERIT, group.id)) - members):
        _give(moment, group, False, user_id)
    for user_id in sorted(members):
        _give(moment, group, True, user_id)
    state = (group.get("licenseProcessingState") or {}).get("state")
    if state == _BUSY:  # otherwise more is queued already
        moment.draft.put(group.having(licenseProcessingState={"state": _DONE}))


def _shown(work: Work, entity: Entity, context: str, status: int) -> Reply:
    return Reply(status, {"@odata.context": f"{work.request.base}/$metadata#{context}/$entity", **shown(entity)})


def _give(moment: Moment, group: Entity, member: bool, user_id: str) -> None:
    user = moment.draft.view.live(user_id, "user")
    if user is None:
        return
    licences = group.get("assignedLicenses", ()) if member else ()
    wanted = {each["skuId"]: each["disabledPlans"] for each in licences}
    user = inherit(moment, user, group.id, wanted)
    if any(each["assignedByGroup"] == group.id for each in assignments_of(user)):
        moment.draft.link(INHERIT, group.id, user.id)
    else:
        moment.draft.unlink(INHERIT, group.id, user.id)


def _order(moment: Moment, group: Entity) -> None:
    """Queue a group, unless it is queued: what has changed since is worked off with the rest."""
    if (group.get("licenseProcessingState") or {}).get("state") != _QUEUED:
        moment.draft.put(group.having(licenseProcessingState={"state": _QUEUED}))
        seconds = moment.switches.licence_seconds
        moment.draft.later("licences.begin", moment.now + timedelta(seconds=seconds / 2), group=group.id)
        moment.draft.later("licences.finish", moment.now + timedelta(seconds=seconds), group=group.id)


def _follow_put(moment: Moment, before: Entity, after: Entity | None) -> None:
    goes = not before.deleted and (after is None or after.deleted)
    comes_back = before.deleted and after is not None and not after.deleted
    if before.type == "user" and goes:
        for sku_id in list(moment.draft.view.targets(LICENCES, before.id)):
            moment.draft.unlink(LICENCES, before.id, sku_id)
    if before.type == "user" and comes_back and after is not None:
        _bring_back(moment, after)


def _bring_back(moment: Moment, user: Entity) -> None:
    """Give a restored user the direct licences that units are left of, and let groups see to theirs."""
    view = moment.draft.view
    kept = [each for each in assignments_of(user) if each["assignedByGroup"] is None and _there_is(view, each)]
    settle(moment.draft, user, kept)
    for group_id in view.sources("members", user.id):
        group = view.live(group_id, "group")
        if group is not None and group.get("assignedLicenses"):
            _order(moment, group)


def _there_is(view: View, assignment: Assignment) -> bool:
    sku = subscription_to(view, assignment["skuId"])
    return sku is not None and has_room(view, sku)


def _failed(user: Entity, group_id: str) -> bool:
    return any(each["assignedByGroup"] == group_id and each["state"] == "Error" for each in assignments_of(user))


def _details(view: View, user: Entity, sku_id: str, disabled: Iterable[str]) -> dict[str, Any]:
    sku = subscription_to(view, sku_id)
    assert sku is not None
    both = uuid.UUID(user.id).bytes_le + uuid.UUID(sku_id).bytes_le
    return {
        "id": base64.urlsafe_b64encode(both).decode("ascii").rstrip("="),
        "skuId": sku_id,
        "skuPartNumber": sku.get("skuPartNumber"),
        "servicePlans": [
            {**plan, "provisioningStatus": "Disabled" if plan["servicePlanId"] in set(disabled) else "Success"}
            for plan in sku.get("servicePlans")
        ],
    }


ROUTES = (
    Route("POST", "/users/{id}/assignLicense", assign_to_user),
    Route("POST", "/groups/{id}/assignLicense", assign_to_group),
    Route("POST", "/users/{id}/reprocessLicenseAssignment", reprocess),
    Route("GET", "/users/{id}/licenseDetails", licence_details),
    Route("GET", "/groups/{id}/membersWithLicenseErrors", members_with_errors),
)
TASKS = {"licences.begin": begin, "licences.finish": finish}
REACTIONS = (follow,)
