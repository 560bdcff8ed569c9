"""What a plan leaves out although the files ask for it: holds, protected objects, what a rollback undid."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import date

from idcode.model.desired import DesiredState, Hold
from idcode.model.plans import Reported
from idcode.model.schema import MEMBERS, Kind
from idcode.model.syntax import key
from idcode.model.values import Ref, Scalar
from idcode.plan.drafts import Draft
from idcode.plan.encoding import change_key


def forbidden(draft: Draft) -> set[str]:
    """Return the words of ``forbid:`` that a draft falls under: its op, and ``release`` where it takes access away."""
    words: set[str] = {"create" if draft.op == "restore" else draft.op}
    if draft.phase == "release" or any(change.remove for change in draft.attributes.values()):
        words.add("release")
    return words


def hold_back(
    drafts: Iterable[Draft], holds: Iterable[Hold], state: DesiredState, rolled_back: Collection[str], today: date
) -> tuple[list[Draft], list[Draft], list[Reported]]:
    """Split drafts into those that proceed and those held back; a group change loses only the held members.

    ``rolled_back`` holds the keys of changes, and the addresses of objects whose creation was undone.
    """
    active = [hold for hold in holds if hold.until is None or today <= hold.until]
    kept_in = _kept_members(active, state)
    emptied = _groups_with(kept_in, state)
    proceed: list[Draft] = []
    held: list[Draft] = []
    reports: list[Reported] = []
    for draft in drafts:
        reports += _spare_members(draft, kept_in)
        if draft.op == "update" and not draft.attributes:
            continue
        reason = _reason(draft, active, state, rolled_back) or emptied.get(draft.anchor or "")
        if reason is None:
            proceed.append(draft)
            continue
        held.append(draft)
        reports.append(Reported(draft.directory, draft.address, draft.label, reason, draft.anchor, draft.attributes))
    return proceed, held, reports


def _reason(draft: Draft, holds: list[Hold], state: DesiredState, rolled_back: Collection[str]) -> str | None:
    if draft.anchor in state.protected:
        return f"{draft.op}: {state.protected[draft.anchor]}"
    for hold in holds:
        if names(hold, draft) and forbidden(draft) & hold.forbid:
            until = f" until {hold.until.isoformat()}" if hold.until else ""
            return f"{draft.op} is on hold{until}: {hold.reason}"
    created = draft.op in ("create", "restore") and draft.address in rolled_back
    if created or change_key(draft.directory, draft.address, draft.op, draft.attributes) in rolled_back:
        return f"{draft.op} was rolled back; it waits until the files change (or apply --reapply)"
    return None


def _kept_members(holds: list[Hold], state: DesiredState) -> dict[Scalar, str]:
    """Return the objects that lose no membership while their person is on hold, with the reason."""
    releases = [hold for hold in holds if "release" in hold.forbid]
    kept: dict[Scalar, str] = {}
    for wanted in state.objects if releases else ():
        for hold in releases:
            person = wanted.address.partition("@")[0] if wanted.object_type in ("user", "contact") else ""
            if wanted.live is None:
                continue
            meant = (wanted.address, person, f"{wanted.directory}/{wanted.live.anchor}")
            if hold.object.lower() in {text.lower() for text in meant}:
                kept[Ref(wanted.live.anchor)] = f"{wanted.label} is on hold: {hold.reason}"
    return kept


def _groups_with(kept: dict[Scalar, str], state: DesiredState) -> dict[str, str]:
    """Return the groups (by anchor) whose deletion would take a membership from somebody on hold."""
    by_name = {}
    for wanted in state.objects:
        if wanted.live is not None and Ref(wanted.live.anchor) in kept:
            # Members are named by DN or by anchor.
            for name in (wanted.live.dn, wanted.live.anchor):
                by_name[key(Ref(name), Kind.REFERENCE)] = kept[Ref(wanted.live.anchor)]
    found = {}
    for wanted in state.objects if by_name else ():
        if wanted.action == "delete" and wanted.live is not None:
            members = [value for name in MEMBERS for value in wanted.live.get(name)]
            reasons = [by_name[named] for value in members if (named := key(value, Kind.REFERENCE)) in by_name]
            if reasons:
                found[wanted.live.anchor] = f"delete: {reasons[0]}"
    return found


def _spare_members(draft: Draft, kept: dict[Scalar, str]) -> list[Reported]:
    """Take members on hold out of what a group loses, and report it."""
    name = next((name for name in draft.attributes if name in MEMBERS), "")
    change = draft.attributes.get(name)
    spared = [value for value in change.remove if value in kept] if change else []
    if change is None or not spared:
        return []
    left = replace(change, remove=tuple(value for value in change.remove if value not in kept))
    draft.attributes[name] = left
    if not left.add and not left.remove:
        del draft.attributes[name]
    held = replace(change, add=(), remove=tuple(spared))
    reason = "; ".join(sorted({kept[value] for value in spared}))
    return [Reported(draft.directory, draft.address, draft.label, reason, draft.anchor, {name: held})]


def names(hold: Hold, draft: Draft) -> bool:
    """Whether a hold is about the draft's object: its address, its person, or ``directory/anchor``; in any case."""
    person = draft.address.partition("@")[0] if draft.object_type in ("user", "contact") else draft.address
    declared = draft.address.rpartition("@")[0]
    meant = {draft.address, person, f"{draft.directory}/{draft.anchor}", declared}
    return hold.object.lower() in {text.lower() for text in meant}
