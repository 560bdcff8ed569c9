"""One batch: read again, decide, journal, send, verify."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from idcode.apply.earlier import Begun, Earlier
from idcode.apply.names import Known, References, referenced
from idcode.apply.preconditions import PLACES, STATES, Comparison, decide, why_not_again
from idcode.apply.preparing import Prepared, prepare
from idcode.apply.results import REACHED, ChangeResult, Journal, Progress
from idcode.apply.sending import Journey, Sending
from idcode.apply.verify import mismatch
from idcode.directories.port import Directory, Secrets
from idcode.model.errors import DirectoryError, IdcodeError
from idcode.model.plans import AttributeChange, Batch, Change, Plan
from idcode.model.records import LiveObject
from idcode.model.values import Ref
from idcode.model.writes import Outcome
from idcode.store.records import ChangeRow, ChangeStatus

EVERYTHING = "*"
"""Asks a directory for all attributes of an object, links from other objects included: what a delete destroys."""
_STOPPED = "the run was stopped while its writes were under way"
_UNSEEN = "acknowledged by the directory, which does not show it yet"


@dataclass
class Runner:
    """Carries out the batches of one run.

    ``earlier`` is what the journal of the run holds already. ``results`` has the changes that are finished by that, and
    grows with every change that is reached. ``interrupted`` and ``trouble`` say why no further batch should begin: the
    user asked to stop, or the directory cannot be reached any more.
    """

    plan: Plan
    run_id: str
    store: Journal
    directories: Mapping[str, Directory]
    secrets: Secrets
    progress: Progress
    stop: Callable[[], bool]
    redact: Collection[str] = ()
    earlier: Earlier = field(default_factory=Earlier)
    results: dict[str, ChangeResult] = field(default_factory=dict)
    interrupted: bool = False
    trouble: str | None = None

    def __post_init__(self) -> None:
        self._changes = {change.id: change for change in self.plan.changes}
        self._known = {name: self.earlier.known(directory) for name, directory in self.directories.items()}
        self.results.update({result.change_id: result for result in self.earlier.finished(self.plan)})
        self._names: dict[str, set[str]] = {}
        for change in self.plan.changes:
            names = self._names.setdefault(change.address, set())
            names.update({*change.attributes, *change.expect.attributes} - PLACES - STATES)

    def run(self, batch: Batch) -> None:
        """Bring about the changes of ``batch`` as far as they can be; what became of them is in ``results``.

        Raises ``DirectoryError`` where the objects cannot be read again, and ``StoreError``; nothing is sent then.
        """
        planned = [self._changes[name] for name in batch.changes if name not in self.results]
        if not planned:
            return
        self.progress.batch_started(batch)
        directory, known = self.directories[batch.directory], self._known[batch.directory]
        begun = self._begun(directory, known, planned)
        changes = self._ready(planned, begun)
        live, comparison = self._look(directory, known, changes)
        going = self._decide(changes, live, comparison, begun)
        prepared = self._prepare(batch, directory, known, going, live, begun)
        self._send(directory, known, prepared, begun)
        self.store.record_changes(self.run_id, [self._row(change) for change in planned])

    def _begun(self, directory: Directory, known: Known, planned: Iterable[Change]) -> dict[str, Begun]:
        """Return what an earlier process began of ``planned``, by change id."""
        found = {change.id: self.earlier.begun(change, directory, self._record) for change in planned}
        begun = {change_id: item for change_id, item in found.items() if item}
        known.anchors.update({item.change.address: item.anchor for item in begun.values() if item.anchor})
        return begun

    def _ready(self, changes: Iterable[Change], begun: Mapping[str, Begun]) -> list[Change]:
        """Leave out changes that depend on one that was not brought about; a group only loses that member.

        What has begun had what it needs, and goes on as it was sent.
        """
        ready = []
        for change in changes:
            if change.id in begun and not begun[change.id].is_complete:
                ready.append(begun[change.id].change)
                continue
            broken = [name for name in change.depends_on if self.results[name].status not in REACHED]
            if broken:
                absent = {self._changes[name].address for name in broken}
                rest = _without_members(change, absent)
                if rest is None:
                    cause = self.results[broken[0]]
                    self._finish(change, "skipped", f"{cause.address} comes first and was not done ({cause.status})")
                    continue
                change = rest
            ready.append(change)
        return ready

    def _look(
        self, directory: Directory, known: Known, changes: Sequence[Change]
    ) -> tuple[dict[str, LiveObject], Comparison]:
        """Read the objects of ``changes`` again, and those they refer to; hundreds per request."""
        doomed = {known.anchor_of(change) for change in changes if change.op == "delete"} - {None}
        others = {known.anchor_of(change) for change in changes if change.op != "delete"} - {None} - doomed
        names = sorted(set[str]().union(*(self._names[change.address] for change in changes)))
        live: dict[str, LiveObject] = {}
        for anchors, attributes in ((doomed, [EVERYTHING, *names]), (others, names)):
            if anchors:
                live.update(directory.fetch(sorted(anchor for anchor in anchors if anchor), attributes))
        further = referenced(changes, known) - set(live)
        targets = {**live, **(directory.fetch(sorted(further), []) if further else {})}
        return live, Comparison(directory.schema(), known, References(known, targets), self.redact)

    def _decide(
        self,
        changes: Sequence[Change],
        live: Mapping[str, LiveObject],
        comparison: Comparison,
        begun: Mapping[str, Begun],
    ) -> list[Change]:
        going = []
        for change in changes:
            anchor, earlier = comparison.known.anchor_of(change), begun.get(change.id)
            if earlier and not earlier.is_complete:
                reason = why_not_again(self._changes[change.id], live.get(anchor or ""), comparison)
                if reason is None:
                    going.append(change)
                else:
                    self._finish(change, "stale", f"done in part only: {reason}", anchor)
                continue
            decision = decide(change, live.get(anchor or ""), comparison)
            if decision.verdict == "go":
                going.append(decision.change)
            elif earlier and decision.verdict == "already":
                self._finish(change, earlier.row.status, earlier.row.message, anchor)
            else:
                self._finish(change, decision.verdict, decision.message, anchor)
        return going

    def _prepare(
        self,
        batch: Batch,
        directory: Directory,
        known: Known,
        going: Sequence[Change],
        live: Mapping[str, LiveObject],
        begun: Mapping[str, Begun],
    ) -> list[Prepared]:
        """Journal what is about to be sent."""
        prepared: list[Prepared] = []
        position = self.earlier.next_position(batch.number)
        for change in going:
            anchor = known.anchor_of(change)
            now = live.get(anchor or "")
            try:
                prepared.append(prepare(change, begun.get(change.id), directory, known, now, position))
            except IdcodeError as error:
                self._finish(change, "failed", str(error), anchor)
            else:
                position += len(prepared[-1].intents)
        if prepared:
            intents = [intent for item in prepared for intent in item.intents]
            self.store.record_intents(self.run_id, [item.row for item in prepared], intents)
        return prepared

    def _send(
        self, directory: Directory, known: Known, prepared: Sequence[Prepared], begun: Mapping[str, Begun]
    ) -> None:
        sending = Sending(directory, self.secrets, self._record, self.stop)
        try:
            journeys = sending.send({item.change.id: item.writes for item in prepared})
        except KeyboardInterrupt:
            self.interrupted = True
            for item in prepared:
                self._finish(item.change, "unknown", _STOPPED, known.anchor_of(item.change))
            return
        self.interrupted = self.interrupted or sending.interrupted
        for change_id in begun:
            if change_id in journeys:
                journeys[change_id].begun = True
        self._conclude(directory, known, prepared, journeys)

    def _record(self, outcome: Outcome) -> None:
        self.store.record_outcome(self.run_id, outcome)

    def _conclude(
        self, directory: Directory, known: Known, prepared: Sequence[Prepared], journeys: Mapping[str, Journey]
    ) -> None:
        """Note what became of the changes that were sent; those that are done are read back first."""
        done: list[Prepared] = []
        for item in prepared:
            journey = journeys[item.change.id]
            if journey.anchor:
                known.anchors[item.change.address] = journey.anchor
            if journey.is_done:
                done.append(item)
            else:
                self._finish(item.change, *_of_journey(journey), known.anchor_of(item.change))
        if not done:
            return
        try:
            after, comparison = self._look(directory, known, [item.change for item in done])
        except DirectoryError as error:
            self.trouble = str(error)
            for item in done:
                self._finish(item.change, "done", f"not read back: {error}", known.anchor_of(item.change))
            return
        unseen = directory.unseen(sorted({known.anchor_of(item.change) or "" for item in done}))
        for item in done:
            change, anchor = item.change, known.anchor_of(item.change)
            live = after.get(anchor or "")
            if live:
                known.renames.add(item.before.dn if item.before else live.dn, live.dn)
            differs = mismatch(change, live, comparison)
            if live and not differs:
                comparison.remember(change, live)
                if anchor in unseen:
                    self._finish(change, "done", _UNSEEN, anchor)
                    continue
            self._finish(change, "failed" if differs else "done", differs, anchor)

    def _finish(self, change: Change, status: ChangeStatus, message: str | None, anchor: str | None = None) -> None:
        result = ChangeResult(change.id, change.address, status, message, anchor)
        self.results[change.id] = result
        self.progress.change_finished(change, result)

    def _row(self, change: Change) -> ChangeRow:
        result = self.results[change.id]
        place = (change.batch, change.directory, change.address, change.op)
        return ChangeRow(change.id, change.key, *place, result.status, result.message, result.anchor)


def _of_journey(journey: Journey) -> tuple[ChangeStatus, str | None]:
    """Return the status and message of a change whose writes are not all done."""
    outcome = journey.outcome
    assert outcome is not None
    message = ": ".join(part for part in (outcome.code, outcome.message) if part)
    if outcome.status == "skipped" and journey.begun:
        return "failed", f"done in part only; the rest was {message}"
    return outcome.status, message


def _without_members(change: Change, absent: set[str]) -> Change | None:
    """Return ``change`` without the references to objects that were not created; ``None`` where it needs them."""
    attributes: dict[str, AttributeChange] = {}
    dropped: set[str] = set()
    for name, item in change.attributes.items():
        lost = {value.target for value in item.add if isinstance(value, Ref) and value.target in absent}
        dropped |= lost
        kept = tuple(value for value in item.add if not (isinstance(value, Ref) and value.target in lost))
        if not item.delta or kept or item.remove:
            attributes[name] = replace(item, add=kept)
    return replace(change, attributes=attributes) if attributes and dropped == absent else None
