"""What keeps a rollback from doing harm: the holds, protected objects and guards of every other plan."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Protocol

from idcode.directories.port import Directory
from idcode.model.desired import SIGN_IN, DesiredState, GuardLimit, Hold
from idcode.model.identifiers import is_guid
from idcode.model.plans import Change, GuardResult, Override, Population, Reported
from idcode.model.privileges import Privileges
from idcode.model.records import LiveObject
from idcode.model.schema import MEMBERS, DirectorySchema
from idcode.model.values import Ref
from idcode.plan.drafts import Draft
from idcode.plan.encoding import change_key
from idcode.plan.guards import check
from idcode.plan.holds import hold_back


class Protection(Protocol):
    """Tells which objects nothing may touch (``guards.protect``)."""

    @property
    def attributes(self) -> frozenset[str]:
        """The attributes it has to see."""

    def reason(self, live: LiveObject, schema: DirectorySchema) -> str | None:
        """Return why ``live``, read with :attr:`attributes`, is protected; ``None`` where it is not."""


@dataclass(frozen=True, slots=True)
class Restraints:
    """What the files forbid, and what they and the command let pass all the same, today."""

    limits: tuple[GuardLimit, ...] = ()
    min_population: int = 10
    overrides: tuple[Override, ...] = ()
    holds: tuple[Hold, ...] = ()
    protection: Protection | None = None


@dataclass(frozen=True, slots=True)
class Restrained:
    """The changes that proceed, what the guards found, and what is held back."""

    changes: list[Change]
    guards: tuple[GuardResult, ...]
    held: tuple[Reported, ...]


def restrain(
    changes: Sequence[Change],
    state: DesiredState,
    populations: Mapping[str, Population],
    restraints: Restraints,
    today: date,
    privileges: Callable[[str], Privileges],
) -> Restrained:
    """Hold back what holds, protection and guards forbid of ``changes``, and what depends on it.

    An object that was to be deleted and is held keeps its memberships: half of what the run made would be no use.
    ``changes`` are in order. ``state`` says who the objects are that groups lose (``objects``), and what is
    protected; ``populations`` how many objects each guard scope has now; ``privileges`` who has power over a directory.
    """
    drafts = {change.id: draft_of(change) for change in changes}
    proceed, _, reported = hold_back(drafts.values(), restraints.holds, state, (), today)
    kept, waiting = _without(changes, proceed, drafts)
    remaining = [drafts[change.id] for change in kept]
    results, stopped = check(
        restraints.limits,
        remaining,
        populations,
        restraints.min_population,
        restraints.overrides,
        privileges,
        undoing=True,
    )
    by_guard = [_report(change, stopped[draft]) for change in kept if (draft := drafts[change.id]) in stopped]
    kept, later = _without(kept, [draft for draft in remaining if draft not in stopped], drafts)
    changed = [_changed(change, drafts[change.id]) for change in kept]
    going = {change.id for change in kept}
    staying = {
        Ref(change.object.anchor or "") for change in changes if change.op == "delete" and change.id not in going
    }
    changed, spared = _keep_memberships(changed, staying)
    return Restrained(changed, tuple(results), (*reported, *waiting, *by_guard, *later, *spared))


def named(holds: Sequence[Hold], changes: Sequence[Change], directories: Mapping[str, Directory]) -> tuple[Hold, ...]:
    """Return ``holds``, and those by name also with the anchors of the objects that ``changes`` touch.

    Touched is also who loses a membership. Reads these objects again, where a hold is by name.
    """
    found = list(holds)
    for name in sorted({change.directory for change in changes}):
        mine = [hold for hold in holds if hold.object.lower().startswith(f"{name.lower()}/")]
        if not mine:
            continue
        touched = {anchor for change in changes if change.directory == name for anchor in _touched(change)}
        for live in directories[name].fetch(sorted(touched), SIGN_IN).values():
            found += [replace(hold, object=f"{name}/{live.anchor}") for hold in mine if hold.is_about(name, live)]
    return tuple(found)


def _touched(change: Change) -> Iterator[str]:
    if change.object.anchor is not None:
        yield change.object.anchor
    for item in change.attributes.values():
        yield from (value.target for value in item.remove if isinstance(value, Ref) and is_guid(value.target))


def protected(
    changes: Sequence[Change], directories: Mapping[str, Directory], protection: Protection | None
) -> dict[str, str]:
    """Return the objects of ``changes`` that nothing may touch, with the reason; reads them again."""
    found: dict[str, str] = {}
    if protection is None:
        return found
    for name in sorted({change.directory for change in changes}):
        directory = directories[name]
        anchors = {change.object.anchor for change in changes if change.directory == name and change.object.anchor}
        for anchor, live in directory.fetch(sorted(anchors), sorted(protection.attributes)).items():
            reason = protection.reason(live, directory.schema())
            if reason is not None:
                found[anchor] = reason
    return found


def populations_left(
    recorded: Mapping[str, Population], done: Iterable[tuple[Change, LiveObject | None]]
) -> dict[str, Population]:
    """Return what each guard scope holds after a run, from the numbers before it and the changes it carried out.

    Each change comes with its object as it was before. Scopes without numbers stay without.
    """
    left = dict(recorded)
    for change, before in done:
        if change.scope not in left:
            continue
        objects = {"create": 1, "restore": 1, "delete": -1}.get(change.op, 0)
        members = 0
        if change.op == "delete" and before is not None:
            members = -sum(len(before.get(name)) for name in MEMBERS)
        for item in (item for name, item in change.attributes.items() if name in MEMBERS):
            members += len(item.add) - len(item.remove) + len(item.after) - len(item.before)
        known = left[change.scope]
        left[change.scope] = Population(max(0, known.objects + objects), max(0, known.memberships + members))
    return left


def _without(
    changes: Sequence[Change], proceed: Collection[Draft], drafts: Mapping[str, Draft]
) -> tuple[list[Change], list[Reported]]:
    """Return the changes that proceed and wait for none that does not, and reports of those that wait."""
    going = set(proceed)
    gone: set[str] = set()
    kept: list[Change] = []
    waiting: list[Reported] = []
    for change in changes:
        if drafts[change.id] not in going:
            gone.add(change.id)
        elif gone.intersection(change.depends_on):
            gone.add(change.id)
            waiting.append(_report(change, "waits for what is held"))
        else:
            kept.append(change)
    return kept, waiting


def _keep_memberships(changes: Sequence[Change], staying: Collection[Ref]) -> tuple[list[Change], list[Reported]]:
    """Return the changes without the removal of members that stay, and reports of what is left out."""
    kept: list[Change] = []
    spared: list[Reported] = []
    for change in changes:
        name = next((name for name in change.attributes if name in MEMBERS), "")
        item = change.attributes.get(name)
        lost = tuple(value for value in item.remove if value in staying) if item else ()
        if item is None or not lost:
            kept.append(change)
            continue
        report = _report(change, "its member is not deleted, because that is held")
        spared.append(replace(report, attributes={name: replace(item, add=(), remove=lost)}))
        left = replace(item, remove=tuple(value for value in item.remove if value not in staying))
        attributes = {other: values for other, values in change.attributes.items() if other != name}
        if left.add or left.remove:
            attributes[name] = left
        if attributes or change.op != "update":
            key = change_key(change.directory, change.address, change.op, attributes)
            kept.append(replace(change, attributes=attributes, key=key))
    there = {change.id for change in kept}
    return [
        replace(change, depends_on=tuple(name for name in change.depends_on if name in there)) for change in kept
    ], spared


def _changed(change: Change, draft: Draft) -> Change:
    """Return ``change`` without the members that a hold keeps."""
    if draft.attributes == change.attributes:
        return change
    key = change_key(change.directory, change.address, change.op, draft.attributes)
    return replace(change, attributes=draft.attributes, key=key)


def _report(change: Change, reason: str) -> Reported:
    return Reported(
        change.directory, change.address, change.object.label, f"{change.op}: {reason}", change.object.anchor
    )


def draft_of(change: Change) -> Draft:
    """Return the draft that a change of a plan was, as far as guards and holds look at it."""
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
        password=change.password,
    )
