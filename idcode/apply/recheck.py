"""Whether a plan that was made earlier is still within what guards, holds and protection allow, by the same rules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from idcode.apply.restraint import Restraints, draft_of, named, protected
from idcode.directories.port import Directory
from idcode.model.desired import DesiredObject, DesiredState
from idcode.model.errors import GuardStopped, PlanRefused
from idcode.model.plans import GuardResult, Override, Plan
from idcode.model.records import LiveObject
from idcode.model.values import Ref
from idcode.plan.guards import check, permitted
from idcode.plan.holds import hold_back

_HINT = "make a new plan, which leaves that out: idcode plan --out FILE"


def check_verdict(plan: Plan, overrides: Sequence[Override]) -> None:
    """Raise :class:`GuardStopped` where a guard stopped ``plan`` when it was made, and no override lets it pass now."""
    _insist_on_passing([guard for guard in plan.guards if guard.status == "stopped"], overrides)


def recheck(plan: Plan, directories: Mapping[str, Directory], restraints: Restraints, today: date) -> None:
    """Raise :class:`PlanRefused` where a hold or protection forbids something of ``plan`` today.

    Raises :class:`GuardStopped` where it exceeds a guard by more than the overrides of ``restraints`` and those that
    were named on the command line when it was made let pass. Who has power is what the directories say now.
    """
    given = effective(plan, restraints)
    drafts = [draft_of(change) for change in plan.changes]
    holds = named(restraints.holds, plan.changes, directories)
    state = DesiredState(list(_members(plan)), protected=protected(plan.changes, directories, restraints.protection))
    _, _, held = hold_back(drafts, holds, state, (), today)
    if held:
        more = f", and {len(held) - 1} more" if len(held) > 1 else ""
        raise PlanRefused(f"{held[0].label} must not be touched: {held[0].reason}{more}", _HINT)
    results, _ = check(
        restraints.limits,
        [draft_of(change) for change in plan.changes],
        plan.populations,
        restraints.min_population,
        given,
        lambda name: directories[name].privileges(),
        undoing=plan.kind == "rollback",
    )
    _insist_on_passing([guard for guard in results if guard.status in ("stopped", "held")], given)


def effective(plan: Plan, restraints: Restraints) -> list[Override]:
    """Return the overrides that count: those of now, and the plan's own that were named on the command line."""
    return [*restraints.overrides, *(override for override in plan.overrides if override.reason is None)]


def _insist_on_passing(tripped: Sequence[GuardResult], given: Sequence[Override]) -> None:
    for name in dict.fromkeys(guard.name for guard in tripped):
        over = {guard.scope: guard.count for guard in tripped if guard.name == name}
        left = over.keys() - permitted(name, over, given).keys()
        guard = next((guard for guard in tripped if guard.name == name and guard.scope in left), None)
        if guard is not None:
            needed = sum(over[scope] for scope in left)
            raise GuardStopped(
                f"guard {name} stopped the plan: {guard.message or f'{guard.count} changes in {guard.scope}'}",
                hint=f"check the changes; to let them pass: --allow {name}={needed}",
            )


def _members(plan: Plan) -> Iterator[DesiredObject]:
    """Yield who loses memberships, by what the plan itself says of them."""
    for change in plan.changes:
        for item in change.attributes.values():
            for value in item.remove:
                known = plan.references.get(value.target) if isinstance(value, Ref) else None
                if isinstance(value, Ref) and known is not None:
                    live = LiveObject(value.target, known.dn, "user", {})
                    yield DesiredObject(known.address or "", change.directory, "user", known.label, "", live)
