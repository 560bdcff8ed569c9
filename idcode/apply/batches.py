"""One batch: read again, decide, journal, send, verify."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from idcode.apply.images import encode_live
from idcode.apply.names import Known, References, referenced
from idcode.apply.preconditions import PLACES, STATES, Comparison, decide
from idcode.apply.results import REACHED, ChangeResult, Journal, Progress
from idcode.apply.sending import Journey, Sending
from idcode.apply.verify import mismatch
from idcode.directories.port import Directory, Secrets
from idcode.model.errors import DirectoryError, IdcodeError
from idcode.model.plans import AttributeChange, Batch, Change, Plan
from idcode.model.records import LiveObject
from idcode.model.values import Ref
from idcode.model.writes import Outcome, Write
from idcode.plan.encoding import encode_change
from idcode.store.records import ChangeRow, ChangeStatus, WriteIntent

EVERYTHING = "*"
"""Asks a directory for all attributes of an object, links from other objects included: what a delete destroys."""
_UNSEEN = "acknowledged by the directory, which does not show it yet"


@dataclass
class Runner:
    """Carries out the batches of one run.

    ``results`` grows with every change that was reached. ``interrupted`` and ``trouble`` say why no further batch
    should begin: the user asked to stop, or the directory cannot be reached any more.
    """

    plan: Plan
    run_id: str
    store: Journal
    directories: Mapping[str, Directory]
    secrets: Secrets
    progress: Progress
    stop: Callable[[], bool]
    redact: Collection[str] = ()
    results: dict[str, ChangeResult] = field(default_factory=dict)
    interrupted: bool = False
    trouble: str | None = None

    def __post_init__(self) -> None:
        self._changes = {change.id: change for change in self.plan.changes}
        self._known = {name: Known() for name in self.directories}
        self._names: dict[str, set[str]] = {}
        for change in self.plan.changes:
            names = self._names.setdefault(change.address, set())
            names.update({*change.attributes, *change.expect.attributes} - PLACES - STATES)

    def run(self, batch: Batch) -> None:
        """Bring about the changes of ``batch`` as far as they can be; what became of them is in ``results``.

        Raises ``DirectoryError`` where the objects cannot be read again, and ``StoreError``; nothing is sent then.
        """
        self.progress.batch_started(batch)
        directory, known = self.directories[batch.directory], self._known[batch.directory]
        changes = self._ready(self._changes[change_id] for change_id in batch.changes)
        live, comparison = self._look(directory, known, changes)
        going = self._decide(changes, live, comparison)
        lowered = self._lower(directory, known, going)
        sent = [change for change in going if change.id in lowered]
        self._journal(directory, sent, lowered, live, known)
        sending = Sending(directory, self.secrets, self._record, self.stop)
        journeys = sending.send(lowered)
        self.interrupted = self.interrupted or sending.interrupted
        self._conclude(directory, known, sent, journeys, live)
        self.store.record_changes(self.run_id, [self._row(self._changes[name]) for name in batch.changes])

    def _ready(self, changes: Iterable[Change]) -> list[Change]:
        """Leave out changes that depend on one that was not brought about; a group only loses that member."""
        ready = []
        for change in changes:
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
        self, changes: Sequence[Change], live: Mapping[str, LiveObject], comparison: Comparison
    ) -> list[Change]:
        going = []
        for change in changes:
            anchor = comparison.known.anchor_of(change)
            decision = decide(change, live.get(anchor or ""), comparison)
            if decision.verdict == "go":
                going.append(decision.change)
            else:
                self._finish(change, decision.verdict, decision.message, anchor)
        return going

    def _lower(self, directory: Directory, known: Known, going: Sequence[Change]) -> dict[str, list[Write]]:
        lowered: dict[str, list[Write]] = {}
        for change in going:
            target = replace(change.object, anchor=known.anchor_of(change))
            try:
                lowered[change.id] = directory.lower(replace(change, object=target), known.anchors)
            except IdcodeError as error:
                self._finish(change, "failed", str(error), target.anchor)
        return lowered

    def _journal(
        self,
        directory: Directory,
        sent: Sequence[Change],
        lowered: Mapping[str, Sequence[Write]],
        live: Mapping[str, LiveObject],
        known: Known,
    ) -> None:
        rows: list[ChangeRow] = []
        intents: list[WriteIntent] = []
        for change in sent:
            before = live.get(known.anchor_of(change) or "")
            image = encode_live(before) if before else None
            row = self._row(change, "intended", known.anchor_of(change))
            rows.append(replace(row, intended=encode_change(change), live=image))
            for write in lowered[change.id]:
                place = (len(intents), change.batch, change.directory, change.address)
                intents.append(WriteIntent(write, *place, directory.before_image(write, before)))
        if rows:
            self.store.record_intents(self.run_id, rows, intents)

    def _record(self, outcome: Outcome) -> None:
        self.store.record_outcome(self.run_id, outcome)

    def _conclude(
        self,
        directory: Directory,
        known: Known,
        sent: Sequence[Change],
        journeys: Mapping[str, Journey],
        before: Mapping[str, LiveObject],
    ) -> None:
        """Note what became of the changes that were sent; those that are done are read back first."""
        done = []
        for change in sent:
            journey = journeys[change.id]
            if journey.anchor:
                known.anchors[change.address] = journey.anchor
            if journey.outcome and journey.outcome.status == "done":
                done.append(change)
            else:
                self._finish(change, *_of_journey(journey), known.anchor_of(change))
        if not done:
            return
        try:
            after, comparison = self._look(directory, known, done)
        except DirectoryError as error:
            self.trouble = str(error)
            for change in done:
                self._finish(change, "done", f"not read back: {error}", known.anchor_of(change))
            return
        unseen = directory.unseen(sorted({known.anchor_of(change) or "" for change in done}))
        for change in done:
            anchor = known.anchor_of(change)
            live = after.get(anchor or "")
            if anchor and live:
                known.renames.add(before[anchor].dn if anchor in before else live.dn, live.dn)
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

    def _row(self, change: Change, status: ChangeStatus | None = None, anchor: str | None = None) -> ChangeRow:
        result = self.results.get(change.id)
        place = (change.batch, change.directory, change.address, change.op)
        if status or result is None:
            return ChangeRow(change.id, change.key, *place, status or "skipped", None, anchor)
        return ChangeRow(change.id, change.key, *place, result.status, result.message, result.anchor)


def _of_journey(journey: Journey) -> tuple[ChangeStatus, str | None]:
    """Return the status and message of a change whose writes are not all done."""
    outcome = journey.outcome
    if outcome is None or outcome.status == "done":
        return "done", None
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
