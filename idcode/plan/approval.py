"""What an approved plan allows another one to do, which was made later of the same files."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from idcode.model.diagnostics import Diagnostic
from idcode.model.plans import Change
from idcode.plan.encoding import change_key

Deed = tuple[str, str, str | None, str | None, bool]
"""What a change does, and to which object."""


@dataclass(frozen=True, slots=True)
class Approval:
    """An approved plan: its id, the digest of its file, and the changes that may be made."""

    plan_id: str
    digest: str
    changes: tuple[Change, ...]


def deed(change: Change) -> Deed:
    """Return what ``change`` does, the same in every plan that does the same to the same object.

    The key is computed again, so that it is the content that counts and not what a file says of it. It alone is not
    enough: another object may have the same address by now, and the same values another place.
    """
    key = change_key(change.directory, change.address, change.op, change.attributes)
    return key, change.op, change.object.anchor, change.new_dn, change.password


def why_not(change: Change, approval: Approval) -> str:
    """Return why ``change``, which was not approved, waits: it is new, or another one than was approved."""
    same = any(_place(other) == _place(change) for other in approval.changes)
    return "it is not what was approved" if same else "it is not in the approved plan"


def vanished(approval: Approval, planned: Collection[Change]) -> Iterable[Diagnostic]:
    """Yield a finding for each approved change that is not among ``planned``."""
    deeds = {deed(change) for change in planned}
    places = {_place(change) for change in planned}
    for change in approval.changes:
        if deed(change) not in deeds:
            now = "planned otherwise" if _place(change) in places else "not planned"
            message = f"{change.op} of {change.object.label} was approved, and is {now} now"
            yield Diagnostic("warning", "approved-not-planned", message, subject=change.address)


def _place(change: Change) -> tuple[str, str, str]:
    return change.directory, change.address, change.op
