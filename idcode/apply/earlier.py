"""What earlier attempts at a run have left in its journal, for the one that finishes it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from idcode.apply.images import decode_live
from idcode.apply.names import Known, References
from idcode.apply.preconditions import Comparison
from idcode.apply.results import REACHED, ChangeResult
from idcode.directories.port import Directory
from idcode.model.errors import DirectoryError
from idcode.model.plans import AttributeChange, Change, Plan
from idcode.model.records import LiveObject
from idcode.model.values import parse_iso
from idcode.model.writes import Outcome, Write
from idcode.plan.decoding import decode_change
from idcode.store.records import ChangeRow, WriteIntent, WriteRow


@dataclass(frozen=True, slots=True)
class Begun:
    """A change of which something was written.

    ``change`` is it as it was sent, ``before`` the object as it was then, ``anchor`` the object's, new ones included.
    ``done`` is the number of writes that were carried out, ``left`` are those still to be sent, as journalled.
    """

    row: ChangeRow
    change: Change
    before: LiveObject | None
    anchor: str | None
    done: int
    left: tuple[WriteIntent, ...]

    @property
    def is_complete(self) -> bool:
        """Whether it was brought about as it was sent, so that only what was left out of it can be missing."""
        return self.row.status in REACHED

    def with_rest(self, rest: Change) -> Change:
        """Return the change as it will have been sent, once ``rest`` is."""
        attributes = dict(self.change.attributes)
        for name, item in rest.attributes.items():
            first = attributes.get(name, AttributeChange(delta=item.delta))
            attributes[name] = replace(item, add=(*first.add, *item.add), remove=(*first.remove, *item.remove))
        return replace(self.change, attributes=attributes)

    def numbered(self, writes: Iterable[Write]) -> list[Write]:
        """Return the writes of a rest with ids that follow those of what is done."""
        change_id = self.change.id
        return [replace(write, id=f"{change_id}.{number}") for number, write in enumerate(writes, self.done + 1)]


class Earlier:
    """The journal of a run as an earlier process left it; empty for a run that begins."""

    def __init__(self, rows: Iterable[ChangeRow] = (), writes: Iterable[WriteRow] = ()) -> None:
        self._rows = {row.change_id: row for row in rows}
        self._writes: dict[str, list[WriteRow]] = defaultdict(list)
        for write in writes:
            self._writes[write.change_id].append(write)

    def finished(self, plan: Plan) -> Iterator[ChangeResult]:
        """Yield what became of the changes that stay as they are: they are done, and nothing was left out of them."""
        for change in plan.changes:
            row = self._rows.get(change.id)
            if row is not None and row.status in REACHED and not self._may_lack_members(change):
                yield ChangeResult(change.id, change.address, row.status, row.message, row.anchor)

    def _may_lack_members(self, change: Change) -> bool:
        """Whether a list was written without objects that came first and had not been brought about."""
        needed = (self._rows.get(name) for name in change.depends_on)
        return change.op == "update" and any(row is None or row.status not in REACHED for row in needed)

    def known(self, directory: Directory) -> Known:
        """Return what the run had learnt about objects of ``directory``, and remind the directory of its writes."""
        known = Known()
        comparison = Comparison(directory.schema(), known, References(known, {}))
        for row in self._rows.values():
            if row.directory != directory.name or row.intended is None:
                continue
            change, before = decode_change(row.intended), _live(row)
            done = [write for write in self._writes[row.change_id] if write.outcome == "done"]
            anchor = next((write.anchor for write in done if write.anchor), row.anchor)
            for write in done:
                directory.remember(_write(write), before, anchor, parse_iso(write.outcome_at or write.intent_at))
            if anchor and done:
                known.anchors[change.address] = anchor
            if anchor and row.status == "done":
                if before and change.new_dn:
                    known.renames.add(before.dn, change.new_dn)
                comparison.recall(change, anchor)
        return known

    def begun(self, change: Change, directory: Directory, record: Callable[[Outcome], None]) -> Begun | None:
        """Return what was begun of ``change``; ``None`` where nothing was written.

        A write whose answer never came is settled by reading; ``record`` is told where it is found done. What is not
        done is journalled anew when it is sent. Raises ``DirectoryError`` where reading does not tell.
        """
        row = self._rows.get(change.id)
        if row is None or row.intended is None:
            return None
        anchor, done, writes = row.anchor, 0, self._writes[change.id]
        for write in writes:
            outcome = _outcome(write, directory, record)
            if outcome.status != "done":
                break
            anchor, done = outcome.anchor or anchor, done + 1
        if not done:
            return None
        left = tuple(_intent(write) for write in writes[done:])
        return Begun(row, decode_change(row.intended), _live(row), anchor, done, left)

    def next_position(self, batch: int) -> int:
        """Return the first position in ``batch`` behind all writes that were journalled for it."""
        taken = (write.position for writes in self._writes.values() for write in writes if write.batch == batch)
        return 1 + max(taken, default=-1)


def _outcome(row: WriteRow, directory: Directory, record: Callable[[Outcome], None]) -> Outcome:
    if row.outcome == "done":
        return Outcome(row.write_id, "done", anchor=row.anchor)
    if row.outcome not in (None, "unknown") or row.kind == "password":
        return Outcome(row.write_id, "skipped")  # to be sent again: a password that may have been set is set anew
    outcome = directory.settle(_write(row))
    if outcome.status == "unknown":
        raise DirectoryError(f"what became of write {row.write_id} cannot be read: {outcome.message}")
    if outcome.status == "done":
        record(outcome)
    return outcome


def _live(row: ChangeRow) -> LiveObject | None:
    return decode_live(row.live) if row.live else None


def _write(row: WriteRow) -> Write:
    return Write(row.write_id, row.change_id, row.kind, row.request)


def _intent(row: WriteRow) -> WriteIntent:
    return WriteIntent(_write(row), row.position, row.batch, row.directory, row.address, row.before)
