"""Members and owners of groups (Graph pages group-post-members, group-delete-members, and the same for owners)."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from idcode.directories.sandbox.tenant.authority import check_authority
from idcode.directories.sandbox.tenant.entities import Entity
from idcode.directories.sandbox.tenant.errors import (
    denied,
    invalid_value,
    last_owner,
    link_quota,
    mail_enabled_group,
    not_found,
    references_exist,
    unsupported_target,
)
from idcode.directories.sandbox.tenant.exchange import Reply
from idcode.directories.sandbox.tenant.names import is_microsoft365
from idcode.directories.sandbox.tenant.references import reference
from idcode.directories.sandbox.tenant.routes import Route
from idcode.directories.sandbox.tenant.work import Moment, Work

MOST_OWNERS = 100
_IN_SECURITY = ("user", "group", "device", "servicePrincipal", "orgContact")


def is_dynamic(group: Entity) -> bool:
    """Whether a rule decides who is a member."""
    return "DynamicMembership" in group.get("groupTypes", ())


def add_links(moment: Moment, group: Entity, relation: str, others: Iterable[Entity]) -> None:
    """Add ``members`` or ``owners`` to a group. Raises ``GraphError``, also where one of them is there already."""
    others = list(others)
    if not others:
        return
    _check_writable(group, relation)
    for other in others:
        if other.type not in _allowed(group, relation):
            raise invalid_value(relation, "Group")
    there = moment.draft.view.targets(relation, group.id)
    if relation == "owners" and len(there) + len(others) > MOST_OWNERS:
        raise link_quota(len(there) + len(others), MOST_OWNERS, relation)
    for other in others:
        if other.id == group.id:
            raise invalid_value(relation, "Group")
        if not moment.draft.link(relation, group.id, other.id):
            raise references_exist(relation)


def _check_writable(group: Entity, relation: str) -> None:
    check_authority(group, (relation,))
    if group.get("mailEnabled") and not is_microsoft365(group):
        raise mail_enabled_group()
    if relation == "members" and is_dynamic(group):
        raise denied()


def _allowed(group: Entity, relation: str) -> tuple[str, ...]:
    if relation == "owners":
        return ("user", "servicePrincipal")
    if is_microsoft365(group):
        return ("user",)
    return ("user", "servicePrincipal") if group.get("isAssignableToRole") else _IN_SECURITY


def _add(relation: str) -> Callable[[Work], Reply]:
    def add(work: Work) -> Reply:
        group = work.target(work.param("id"), "group")
        add_links(work, group, relation, (reference(work),))
        return Reply(204)

    return add


def _remove(relation: str) -> Callable[[Work], Reply]:
    def remove(work: Work) -> Reply:
        group = work.target(work.param("id"), "group")
        _check_writable(group, relation)
        other = work.param("other").lower()
        there = work.draft.view.targets(relation, group.id)
        if relation == "owners" and is_microsoft365(group) and list(there) == [other]:
            raise last_owner()
        # A link that reads do not show yet can be removed as little as an object that they do not show.
        if not work.reading.linked(relation, group.id, other) or not work.draft.unlink(relation, group.id, other):
            raise not_found(work.param("other"))
        return Reply(204)

    return remove


def _refuse(_: Work) -> Reply:
    raise unsupported_target()


ROUTES = tuple(
    route
    for relation in ("members", "owners")
    for route in (
        Route("POST", f"/groups/{{id}}/{relation}/$ref", _add(relation)),
        Route("PATCH", f"/groups/{{id}}/{relation}/$ref", _refuse),
        Route("DELETE", f"/groups/{{id}}/{relation}/{{other}}/$ref", _remove(relation)),
    )
)
