"""What is about to be sent of a change, and how the journal will tell of it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from idcode.apply.earlier import Begun
from idcode.apply.images import encode_live
from idcode.apply.names import Known
from idcode.directories.port import Directory
from idcode.model.plans import Change
from idcode.model.records import LiveObject
from idcode.model.writes import Write
from idcode.plan.encoding import encode_change
from idcode.store.records import ChangeRow, WriteIntent


@dataclass(frozen=True, slots=True)
class Prepared:
    """A change with its journal entries.

    ``before`` is the object as it was before the run wrote anything of this change to it; ``None`` for a new one.
    """

    change: Change
    before: LiveObject | None
    row: ChangeRow
    intents: tuple[WriteIntent, ...]

    @property
    def writes(self) -> list[Write]:
        """The writes, in order."""
        return [intent.write for intent in self.intents]


def prepare(
    change: Change, begun: Begun | None, directory: Directory, known: Known, live: LiveObject | None, position: int
) -> Prepared:
    """Lower ``change`` to writes; what has begun goes on with the writes that were journalled for it.

    ``live`` is the object as it is now. New writes have positions in the batch from ``position`` on. Raises
    ``IdcodeError`` where the change cannot be lowered.
    """
    anchor = known.anchor_of(change)
    if begun and not begun.is_complete:
        row = replace(begun.row, status="intended", message=None, anchor=anchor)
        return Prepared(change, begun.before, row, begun.left)
    writes = directory.lower(replace(change, object=replace(change.object, anchor=anchor)), known.anchors)
    whole, before = change, live
    if begun:
        writes, whole, before = begun.numbered(writes), begun.with_rest(change), begun.before
    where = (change.batch, change.directory, change.address)
    intents = tuple(
        WriteIntent(write, number, *where, directory.before_image(write, live))
        for number, write in enumerate(writes, position)
    )
    image = encode_live(before) if before else None
    row = ChangeRow(change.id, change.key, *where, change.op, "intended", None, anchor, encode_change(whole), image)
    return Prepared(change, before, row, intents)
