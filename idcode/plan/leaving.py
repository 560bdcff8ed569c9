"""What is left out of a plan, and what is left out with it because it needs it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from idcode.model.plans import Reported
from idcode.model.schema import MEMBERS
from idcode.model.values import Ref
from idcode.plan.approval import Approval, deed, why_not
from idcode.plan.diff import BORN_WITH_LINKS
from idcode.plan.drafts import Draft, change_of
from idcode.plan.order import dependants


def without(drafts: list[Draft], gone: Collection[Draft], reason: str) -> tuple[list[Draft], list[Reported]]:
    """Take out what depends on changes that are left out; a group only loses the members that are not created."""
    out = set(gone)
    reports: list[Reported] = []
    while True:
        missing = {Ref(draft.address) for draft in out if draft.op in ("create", "restore")}
        for draft in drafts:
            if draft not in out:
                reports += _spare_references(draft, missing, reason)
        drafts = [draft for draft in drafts if not _is_nothing(draft)]
        more = dependants([*drafts, *gone], out) - out
        reports += [report(draft, reason) for draft in drafts if draft in more]
        if not more:
            return [draft for draft in drafts if draft not in out], reports
        out |= more


def _spare_references(draft: Draft, missing: Collection[Ref], reason: str) -> list[Reported]:
    """Take references to objects that will not be there out of a draft, and report them."""
    spared = {}
    for name, change in list(draft.attributes.items()):
        lost = tuple(value for value in (*change.add, *change.after) if value in missing)
        if not lost:
            continue
        partly = change.delta or (draft.op == "create" and not change.single)
        add, after = (tuple(value for value in values if value not in lost) for values in (change.add, change.after))
        left = replace(change, add=add, after=after)
        if partly:
            spared[name] = replace(change, add=lost, remove=()) if change.delta else replace(change, after=lost)
        else:
            spared[name] = change
        if partly and (left.add or left.remove or left.after):
            draft.attributes[name] = left
        else:
            del draft.attributes[name]
        draft.needs -= {("object", value.target) for value in lost if isinstance(value, Ref)}
    if not spared:
        return []
    return [Reported(draft.directory, draft.address, draft.label, f"{draft.op}: {reason}", draft.anchor, spared)]


def _is_nothing(draft: Draft) -> bool:
    """Whether a draft that has lost references has nothing left to do; a role without holders is nothing."""
    if draft.op == "create" and draft.object_type in BORN_WITH_LINKS:
        return not MEMBERS & draft.attributes.keys()
    return draft.op == "update" and not draft.attributes


def report(draft: Draft, reason: str) -> Reported:
    """Return ``draft`` as something that the plan shows and does not do."""
    return Reported(
        draft.directory, draft.address, draft.label, f"{draft.op}: {reason}", draft.anchor, draft.attributes
    )


def approved(drafts: list[Draft], approval: Approval) -> tuple[list[Draft], list[Reported]]:
    """Take out what was not approved, and what depends on it.

    New objects go first: a group that was approved with or without one of them as a member may still change.
    """
    deeds = {deed(change) for change in approval.changes}
    allowed = {draft for draft in drafts if deed(change_of(draft, "")) in deeds}
    new = [draft for draft in drafts if draft not in allowed and draft.op in ("create", "restore")]
    kept, held = _unapproved(drafts, new, approval)
    others = [draft for draft in kept if draft not in allowed and deed(change_of(draft, "")) not in deeds]
    kept, later = _unapproved(kept, others, approval)
    return kept, [*held, *later]


def _unapproved(drafts: list[Draft], gone: Collection[Draft], approval: Approval) -> tuple[list[Draft], list[Reported]]:
    reports = [report(draft, why_not(change_of(draft, ""), approval)) for draft in gone]
    kept, waiting = without([d for d in drafts if d not in gone], gone, "waits for what was not approved")
    return kept, [*reports, *waiting]
