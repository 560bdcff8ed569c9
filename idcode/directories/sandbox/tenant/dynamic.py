"""Groups and administrative units whose members a rule selects.

A rule is worked off ``Switches.rule_seconds`` of the tenant's time after it, or somebody it may select, has changed.
While its processing is paused, members stay as they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from idcode.directories.sandbox.tenant.entities import Change, Entity, Link
from idcode.directories.sandbox.tenant.errors import bad_request
from idcode.directories.sandbox.tenant.licensing import assignments_of, plans_in_force
from idcode.directories.sandbox.tenant.members import is_dynamic as is_dynamic_group
from idcode.directories.sandbox.tenant.rule_text import RuleError
from idcode.directories.sandbox.tenant.rules import Person, Rule, parse_rule, person_of
from idcode.directories.sandbox.tenant.view import View
from idcode.directories.sandbox.tenant.work import Moment

_RULED = ("group", "administrativeUnit")
_RUNS, _ALL = "rules", "all"
"""Links of this kind go from ``all`` to each object whose rule is being processed."""
_WAITING = "rulesWaiting"
"""Type and id of the object that is there while people wait to be asked about; no client sees it."""


def is_dynamic(entity: Entity) -> bool:
    """Whether a rule selects the members of a group or administrative unit."""
    if entity.type == "group":
        return is_dynamic_group(entity)
    return str(entity.get("membershipType", "")).lower() == "dynamic"


def follow(moment: Moment, changes: Sequence[Change]) -> None:
    """Order what has to be worked off after these changes.

    Raises ``GraphError`` for a dynamic group or unit without a rule, or with one that is not understood.
    """
    people = False
    for change in changes:
        if isinstance(change, Link):
            people = people or change.kind == "manager"
        elif change.after is not None and change.after.type in _RULED:
            _follow_rule(moment, change.before, change.after)
        else:
            people = people or (change.after is not None and change.after.type == "user")
    if people and moment.draft.view.targets(_RUNS, _ALL) and moment.draft.view.get(_WAITING) is None:
        moment.draft.put(Entity(_WAITING, _WAITING))
        moment.draft.later("rules.people", _due(moment), since=moment.state.number)


def rule_changed(moment: Moment, data: Mapping[str, Any]) -> None:
    """Ask a rule about everybody."""
    ruled = moment.draft.view.live(data["id"], *_RULED)
    if ruled is not None and _runs(ruled):
        people = [_person(moment.draft.view, each) for each in moment.draft.view.of_type("user")]
        _select(moment, ruled, people)


def people_changed(moment: Moment, data: Mapping[str, Any]) -> None:
    """Ask all rules about those who have changed."""
    moment.draft.remove(_WAITING)
    changed = sorted(set(_touched(moment, data["since"])))
    users = [user for user in (moment.draft.view.live(each, "user") for each in changed) if user is not None]
    people = [_person(moment.draft.view, user) for user in users]
    for ruled_id in list(moment.draft.view.targets(_RUNS, _ALL)):
        ruled = moment.draft.view.live(ruled_id, *_RULED)
        if ruled is not None:
            _select(moment, ruled, people)


def _follow_rule(moment: Moment, before: Entity | None, after: Entity) -> None:
    if is_dynamic(after) and (before is None or _text(before) != _text(after) or not is_dynamic(before)):
        _parsed(after)
    if not _runs(after):
        moment.draft.unlink(_RUNS, _ALL, after.id)
    elif before is None or not _runs(before) or _text(before) != _text(after):
        moment.draft.link(_RUNS, _ALL, after.id)
        moment.draft.later("rules.changed", _due(moment), id=after.id)


def _runs(ruled: Entity) -> bool:
    return is_dynamic(ruled) and not ruled.deleted and ruled.get("membershipRuleProcessingState") == "On"


def _text(ruled: Entity) -> Any:
    return ruled.get("membershipRule")


def _parsed(ruled: Entity) -> Rule:
    text = _text(ruled)
    if not text:
        raise bad_request("Dynamic membership rule validation error: a rule is required.")
    try:
        return parse_rule(text)
    except RuleError as error:
        raise bad_request(f"Dynamic membership rule validation error: {error}.") from None


def _select(moment: Moment, ruled: Entity, people: Iterable[Person]) -> None:
    rule = _parsed(ruled)
    for person in people:
        edit = moment.draft.link if rule.selects(person) else moment.draft.unlink
        edit("members", ruled.id, person["id"])


def _person(view: View, user: Entity) -> Person:
    plans = plans_in_force(view, assignments_of(user))
    properties = {
        **user.properties,
        "assignedPlans": [{"servicePlanId": plan, "capabilityStatus": "Enabled"} for plan in sorted(plans)],
    }
    return person_of(properties, user.id, next(iter(view.targets("manager", user.id)), None))


def _touched(moment: Moment, since: int) -> Iterator[str]:
    """Yield the ids of the users that have changed after transaction ``since``; all, where nobody knows any more."""
    log = moment.state.since(since)
    if not log or log[0].number > since + 1:
        yield from moment.draft.view.ids("user")
        return
    for transaction in log:
        for change in transaction.changes:
            if isinstance(change, Link):
                if change.kind == "manager":
                    yield change.source
            elif change.after is not None and change.after.type == "user":
                yield change.id


def _due(moment: Moment) -> Any:
    return moment.now + timedelta(seconds=moment.switches.rule_seconds)


TASKS = {"rules.changed": rule_changed, "rules.people": people_changed}
REACTIONS = (follow,)
