"""Carrying out a plan on copies, batch by batch, by the code that applies it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from idcode.apply.batches import Runner
from idcode.apply.credentials import PracticeSink
from idcode.apply.results import REACHED, ChangeResult
from idcode.directories.port import Directory
from idcode.model.desired import DirectoryView
from idcode.model.diagnostics import Diagnostic
from idcode.model.errors import DirectoryError
from idcode.model.plans import Batch, Change, Plan
from idcode.model.writes import Outcome
from idcode.prove.invariants import Watch
from idcode.store.records import ChangeRow, WriteIntent


def rehearse(
    plan: Plan,
    copies: Mapping[str, Directory],
    views: Mapping[str, DirectoryView],
    redact: Collection[str] = (),
) -> list[Diagnostic]:
    """Carry out ``plan`` on ``copies`` and return what it breaks, by change; nothing where it holds.

    ``views`` are the directories as they were read, which ``copies`` begin as. A change that is refused, or does not
    come out as planned, is a finding; those that only wait for it are not. ``redact`` names attributes whose values
    must be in no message.
    """
    named = {(guard.name, guard.scope) for guard in plan.guards if guard.status == "overridden"}
    watches = {name: Watch(view, _changes_in(plan, name), named) for name, view in views.items()}
    runner = Runner(plan, "proof", _NoJournal(), copies, PracticeSink(), _Silence(), lambda: False, redact)
    findings: list[Diagnostic] = []
    changes = {change.id: change for change in plan.changes}
    for batch in plan.batches:
        try:
            runner.run(batch)
            done = [changes[name] for name in batch.changes]
            findings += _refusals(done, batch, runner)
            findings += _broken(done, batch, runner, watches[batch.directory], copies[batch.directory])
        except DirectoryError as error:
            return [*findings, _finding(batch, None, str(error))]
    return findings


def left_over(plan: Plan, again: Plan) -> list[Diagnostic]:
    """Return a finding for each change that the plan after ``plan`` still has (DESIGN.md, law 9).

    Those are errors, but for new objects' values that the directory itself gives, such as ``objectGUID``: rules that
    read them back can do so only afterwards. What ``plan`` holds back is left over by intention.
    """
    created = {change.address for change in plan.changes if change.op == "create"}
    held: dict[str | None, set[str]] = {}
    for item in plan.held:
        held.setdefault(item.address, set()).update(item.attributes)
    findings = []
    for change in again.changes:
        what = ", ".join(sorted(change.attributes)) or change.op
        if change.address in held and change.attributes.keys() <= held[change.address]:
            continue
        if change.address in created and change.op == "update" and _is_read_back(change):
            message = f"the next plan writes {what}: only then can be read what {change.directory} gave to a new object"
            findings.append(Diagnostic("info", "read-back-next", message, subject=change.address))
        else:
            findings.append(_problem(change.address, f"the plan after this one would still {change.op} it: {what}"))
    return findings


def _is_read_back(change: Change) -> bool:
    """Whether all that a change writes rests on what its own directory says."""
    return all(
        item.why is not None and any(origin.source == change.directory for origin in item.why.origins)
        for item in change.attributes.values()
    )


def _changes_in(plan: Plan, directory: str) -> list[Change]:
    return [change for change in plan.changes if change.directory == directory]


def _refusals(changes: Iterable[Change], batch: Batch, runner: Runner) -> Iterator[Diagnostic]:
    for change in changes:
        result = runner.results[change.id]
        if result.status not in REACHED and result.status != "skipped":
            yield _finding(batch, change, f"{result.status}: {result.message or 'no reason given'}")


def _broken(
    changes: Iterable[Change], batch: Batch, runner: Runner, watch: Watch, copy: Directory
) -> Iterator[Diagnostic]:
    anchors = {
        change.id: anchor
        for change in changes
        if runner.results[change.id].status in REACHED and (anchor := runner.results[change.id].anchor)
    }
    live = copy.fetch(sorted(set(anchors.values())), watch.attributes)
    for change, message in watch.after([c for c in changes if c.id in anchors], anchors, live):
        yield _finding(batch, change, message)


def _finding(batch: Batch, change: Change | None, message: str) -> Diagnostic:
    what = f"{change.op} ({change.id}) in " if change else ""
    return _problem(change.address if change else batch.directory, f"{what}batch {batch.number}: {message}")


def _problem(subject: str, message: str) -> Diagnostic:
    hint = "Nothing was written. Look at this change; idcode plan --no-prove leaves the proof out."
    return Diagnostic("error", "not-proved", message, hint, subject=subject)


class _NoJournal:
    """Takes the place of the history: a copy needs no rollback."""

    def record_intents(self, run_id: str, changes: Iterable[ChangeRow], writes: Iterable[WriteIntent]) -> None:
        """Forget it."""

    def record_outcome(self, run_id: str, outcome: Outcome) -> None:
        """Forget it."""

    def record_changes(self, run_id: str, changes: Iterable[ChangeRow]) -> None:
        """Forget it."""


class _Silence:
    """Tells nobody how the rehearsal goes."""

    def run_started(self, run_id: str, plan: Plan) -> None:
        """Say nothing."""

    def batch_started(self, batch: Batch) -> None:
        """Say nothing."""

    def change_finished(self, change: Change, result: ChangeResult) -> None:
        """Say nothing."""
