"""Guards over a rollback: it may do as much harm as any other plan."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from idcode.model.desired import DesiredState, GuardLimit
from idcode.model.plans import Change, GuardResult, Reported
from idcode.plan.drafts import Draft
from idcode.plan.guards import check


@dataclass(frozen=True, slots=True)
class Restrained:
    """The batches without what a guard holds back, what the guards found, and what they hold."""

    batches: list[list[Change]]
    guards: tuple[GuardResult, ...]
    held: tuple[Reported, ...]


def restrain(
    batches: Sequence[Sequence[Change]],
    guards: Iterable[Mapping[str, Any]],
    limits: Iterable[GuardLimit],
    min_population: int,
    allowed: Mapping[str, int],
) -> Restrained:
    """Compare the inverses with the limits; ``guards`` are those of the plan that is undone.

    From them comes how many objects each rule manages, which percentages are of.
    """
    populations: dict[str, int] = {}
    for guard in guards:
        if not guard["name"].startswith("membership"):
            populations[guard["scope"]] = max(guard["population"], populations.get(guard["scope"], 0))
    drafts = {change.id: _draft(change) for batch in batches for change in batch}
    state = DesiredState(populations=populations)
    results, stopped = check(limits, drafts.values(), state, min_population, allowed)
    held = {change_id for change_id, draft in drafts.items() if draft in stopped}
    kept: list[list[Change]] = []
    reported: list[Reported] = []
    for batch in batches:
        # What needs a change that is held back (the memberships of a restored person) waits with it.
        held |= {change.id for change in batch if held.intersection(change.depends_on)}
        kept.append([change for change in batch if change.id not in held])
        reported += [_report(change) for change in batch if change.id in held]
    return Restrained(kept, tuple(results), tuple(reported))


def _report(change: Change) -> Reported:
    reason = "held back by a guard"
    return Reported(change.directory, change.address, change.object.label, reason, change.object.anchor)


def _draft(change: Change) -> Draft:
    return Draft(
        change.directory,
        change.object_type,
        change.address,
        change.object.label,
        change.object.anchor,
        change.object.dn,
        change.op,
        change.phase,
        change.scope or change.directory,
        dict(change.attributes),
    )
