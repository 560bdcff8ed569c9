"""From the desired state to a plan: diff, what is left out, order, batches, guards."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from idcode.model import dn
from idcode.model.desired import DesiredState, DirectoryView, GuardLimit, Hold
from idcode.model.diagnostics import Diagnostic
from idcode.model.plans import (
    SUMMARY_KEYS,
    Batch,
    Change,
    DirectoryState,
    Expect,
    GuardResult,
    Override,
    Plan,
    Population,
    Project,
    Reference,
    Reported,
    SourceState,
)
from idcode.model.privileges import Privileges
from idcode.model.values import Ref, iso
from idcode.model.writes import Write
from idcode.plan.approval import Approval, vanished
from idcode.plan.diff import Differ, WhyFunction
from idcode.plan.drafts import Draft, change_of
from idcode.plan.guards import check, populations_of
from idcode.plan.holds import hold_back
from idcode.plan.leaving import approved, report, without
from idcode.plan.order import ordered


class Adapter(Protocol):
    """What planning asks of a directory: whether it would take a change, and in how many writes."""

    def reject(self, change: Change) -> list[Diagnostic]:
        """Return what the directory would refuse."""

    def lower(self, change: Change, anchors: Mapping[str, str]) -> list[Write]:
        """Return the writes of a change."""

    def privileges(self) -> Privileges:
        """Return who has power over the directory now."""

    def review(self, changes: Sequence[Change]) -> list[Diagnostic]:
        """Return what is to be said of all changes together."""


@dataclass(frozen=True, slots=True)
class Options:
    """How a plan is made. ``only`` are addresses of people or objects; ``overrides`` let guards pass, today.

    ``rolled_back`` holds what a rollback undid: keys of changes, and addresses of objects it took away again. With an
    ``approval`` only what it allows is planned, under the id of the approved plan.
    """

    as_of: datetime
    now: datetime
    version: str
    expires: timedelta
    batch_size: int
    canary: int
    min_population: int
    limits: tuple[GuardLimit, ...] = ()
    holds: tuple[Hold, ...] = ()
    only: tuple[str, ...] = ()
    overrides: tuple[Override, ...] = ()
    rolled_back: frozenset[str] = frozenset()
    approval: Approval | None = None


def build_plan(
    state: DesiredState,
    views: Mapping[str, DirectoryView],
    adapters: Mapping[str, Adapter],
    forests: Mapping[str, str],
    why: WhyFunction,
    project: Project,
    directories: Mapping[str, DirectoryState],
    sources: Mapping[str, SourceState],
    options: Options,
) -> Plan:
    """Compute the plan; ``adapters`` may lack directories, whose changes are then neither checked nor counted."""
    differs = _differs(state, views, forests, why)
    drafts, shadow, unchanged = _diff(state, differs)
    drafts = _only(drafts, options.only)
    kept, held, refused, diagnostics = _leave_out(drafts, state, adapters, options)
    populations = populations_of(state)
    kept, by_guard, guards = _guarded(kept, populations, adapters, options)
    held += by_guard
    sequence, needs = ordered(kept)
    _follow_renames(sequence, differs)
    changes = _number(sequence, needs, adapters)
    batches, changes = _batch(changes, options)
    for name, adapter in sorted(adapters.items()):
        diagnostics += adapter.review([change for change in changes if change.directory == name])
    plan = Plan(
        plan_id=options.approval.plan_id if options.approval else str(uuid.uuid4()),
        created_at=iso(options.now.replace(microsecond=0)),
        expires_at=iso((options.now + options.expires).replace(microsecond=0)),
        as_of=iso(options.as_of),
        idcode_version=options.version,
        project=project,
        directories=directories,
        sources=sources,
        summary={},
        changes=tuple(changes),
        batches=tuple(batches),
        guards=tuple(guards),
        shadow=tuple(shadow),
        orphans=tuple(state.orphans),
        frozen=(*state.frozen, *refused),
        missing=tuple(state.missing),
        held=(*state.held, *held),
        awaiting_sync=tuple(state.awaiting),
        diagnostics=tuple(sorted({*state.diagnostics, *diagnostics}, key=lambda d: d.sort_key)),
        references=_references(changes, (*shadow, *state.held, *held), state, views),
        populations=populations,
        overrides=options.overrides,
        approved=options.approval.digest if options.approval else None,
    )
    return replace(plan, summary=_summary(plan, unchanged))


def _guarded(
    drafts: list[Draft], populations: Mapping[str, Population], adapters: Mapping[str, Adapter], options: Options
) -> tuple[list[Draft], list[Reported], list[GuardResult]]:
    """Take out what guards hold back, and what depends on it; return also what all guards found."""

    def powers(name: str) -> Privileges:
        return adapters[name].privileges() if name in adapters else Privileges()

    results, held = check(options.limits, drafts, populations, options.min_population, options.overrides, powers)
    if not held:
        return drafts, [], results
    remaining = [draft for draft in drafts if draft not in held]
    kept, waiting = without(remaining, held, "waits for what a guard holds back")
    return kept, [*(report(draft, reason) for draft, reason in held.items()), *waiting], results


def _differs(
    state: DesiredState, views: Mapping[str, DirectoryView], forests: Mapping[str, str], why: WhyFunction
) -> dict[str, Differ]:
    return {
        name: Differ(view, [w for w in state.objects if w.directory == name], forests.get(name, name), why)
        for name, view in views.items()
    }


def _diff(state: DesiredState, differs: Mapping[str, Differ]) -> tuple[list[Draft], list[Reported], int]:
    drafts: list[Draft] = []
    shadow: list[Reported] = []
    unchanged = 0
    for wanted in sorted(state.objects, key=lambda w: (w.directory, w.address)):
        differ = differs[wanted.directory]
        found = [] if wanted.shadow else differ.drafts(wanted)
        drafts += found
        unchanged += not found and wanted.live is not None and not wanted.shadow
        shown = differ.shadow(wanted)
        if shown:
            anchor = wanted.live.anchor if wanted.live else None
            shadow.append(Reported(wanted.directory, wanted.address, wanted.label, "shadow", anchor, shown))
    return drafts, shadow, unchanged


def _only(drafts: list[Draft], only: tuple[str, ...]) -> list[Draft]:
    """Keep the changes of the named people and objects, and what those need."""
    if not only:
        return drafts
    chosen = {draft for draft in drafts if draft.address in only or draft.address.partition("@")[0] in only}
    grown = True
    while grown:
        needed = {token for draft in chosen for token in draft.needs}
        more = {draft for draft in drafts if draft not in chosen and draft.provides & needed}
        chosen |= more
        grown = bool(more)
    return [draft for draft in drafts if draft in chosen]


def _leave_out(
    drafts: list[Draft], state: DesiredState, adapters: Mapping[str, Adapter], options: Options
) -> tuple[list[Draft], list[Reported], list[Reported], list[Diagnostic]]:
    """Return what remains without what is held, refused or not approved; the held; the refused; the findings."""
    kept, held_drafts, held = hold_back(drafts, options.holds, state, options.rolled_back, options.as_of.date())
    kept, waiting = without(kept, held_drafts, "waits for what is held")
    kept, refused, diagnostics = _refuse(kept, adapters)
    unapproved: list[Reported] = []
    if options.approval is not None:
        diagnostics += vanished(options.approval, [change_of(draft, "") for draft in kept])
        kept, unapproved = approved(kept, options.approval)
    return kept, [*held, *waiting, *unapproved], refused, diagnostics


def _refuse(
    drafts: list[Draft], adapters: Mapping[str, Adapter]
) -> tuple[list[Draft], list[Reported], list[Diagnostic]]:
    """Take out what the directory would refuse, so that it is known before anything is written."""
    diagnostics: list[Diagnostic] = []
    refused: list[Draft] = []
    for draft in drafts:
        adapter = adapters.get(draft.directory)
        found = adapter.reject(change_of(draft, "")) if adapter else []
        if found:
            diagnostics += found
            refused.append(draft)
    gone = set(refused)
    remaining = [draft for draft in drafts if draft not in gone]
    kept, waiting = without(remaining, refused, "waits for what the directory would refuse")
    return kept, [*(report(d, "the directory would refuse it") for d in refused), *waiting], diagnostics


def _follow_renames(sequence: Sequence[Draft], differs: Mapping[str, Differ]) -> None:
    """Bring each expected DN to what it will be when its turn comes: containers are renamed on the way."""
    done: dict[str, dn.Relocation] = {name: dn.Relocation() for name in differs}
    for draft in sequence:
        relocation = done[draft.directory]
        if draft.expect.dn is not None:
            expected = relocation.after(draft.expect.dn)
            draft.expect = Expect(expected, draft.expect.enabled, draft.expect.attributes)
            if draft.op == "move" and draft.new_dn is not None:
                relocation.add(expected, draft.new_dn)


def _number(
    sequence: Sequence[Draft], needs: Mapping[Draft, set[Draft]], adapters: Mapping[str, Adapter]
) -> list[Change]:
    names = {draft: f"c{number}" for number, draft in enumerate(sequence, 1)}
    changes = []
    for draft in sequence:
        change = change_of(draft, names[draft])
        before = sorted((names[other] for other in needs[draft]), key=lambda name: int(name[1:]))
        adapter = adapters.get(draft.directory)
        writes = len(adapter.lower(change, {})) if adapter else 1
        changes.append(replace(change, depends_on=tuple(before), writes=writes))
    return changes


def _batch(changes: list[Change], options: Options) -> tuple[list[Batch], list[Change]]:
    """Group neighbours of one directory and phase that do not need each other; first a canary, then full batches."""
    batches: list[Batch] = []
    current: dict[str, Change] = {}
    anchors: set[str] = set()
    seen: set[tuple[str, str]] = set()

    def close() -> None:
        if current:
            first = next(iter(current.values()))
            batches.append(Batch(len(batches) + 1, first.directory, first.phase, tuple(current)))
            seen.add((first.directory, first.phase))
            current.clear()
            anchors.clear()

    before: tuple[str, str] | None = None
    for change in changes:
        place = (change.directory, change.phase)
        size = options.canary if options.canary and place not in seen else options.batch_size
        needs = any(name in current for name in change.depends_on)
        if place != before or change.object.anchor in anchors or len(current) >= size or needs:
            close()
        current[change.id] = change
        before = place
        if change.object.anchor is not None:
            anchors.add(change.object.anchor)
    close()
    numbers = {name: batch.number for batch in batches for name in batch.changes}
    return batches, [replace(change, batch=numbers[change.id]) for change in changes]


def _references(
    changes: Sequence[Change],
    reported: Iterable[Reported],
    state: DesiredState,
    views: Mapping[str, DirectoryView],
) -> dict[str, Reference]:
    """Name the objects that values refer to, so that a plan reads without the directory."""
    owners = {w.live.anchor: w for w in state.objects if w.live is not None}
    shown: list[Change | Reported] = [*changes, *reported]
    targets = {
        (item.directory, value.target)
        for item in shown
        if item.directory is not None
        for attribute in item.attributes.values()
        for value in (*attribute.before, *attribute.after, *attribute.add, *attribute.remove)
        if isinstance(value, Ref)
    }
    found = {}
    for directory, target in sorted(targets):
        live = views[directory].objects.get(target)
        if live is not None:
            owner = owners.get(target)
            label = owner.label if owner else dn.name_of(live.dn)
            found[target] = Reference(owner.address if owner else None, live.dn, label)
    created = {change.address: change for change in changes if change.op in ("create", "restore")}
    for _, target in sorted(targets):
        change = created.get(target)
        if change is not None:
            found[target] = Reference(change.address, change.new_dn or change.object.dn, change.object.label)
    return found


def _summary(plan: Plan, unchanged: int) -> dict[str, int]:
    counts = dict.fromkeys(SUMMARY_KEYS, 0)
    for op in ("create", "update", "move", "enable", "disable", "delete", "restore"):
        counts[op] = len({change.address for change in plan.changes if change.op == op})
    # A creation's late references are part of the creation, not an update of something that was there.
    created = {change.address for change in plan.changes if change.op in ("create", "restore")}
    counts["update"] -= len({c.address for c in plan.changes if c.op == "update" and c.address in created})
    counts["unchanged"] = unchanged
    for name, listed in (("shadow", plan.shadow), ("orphan", plan.orphans), ("missing", plan.missing)):
        counts[name] = len(listed)
    counts["frozen"] = len({(item.directory, item.address) for item in plan.frozen})
    counts["awaiting_sync"] = len(plan.awaiting_sync)
    counts["held"] = len({(item.directory, item.address) for item in plan.held})
    return counts
