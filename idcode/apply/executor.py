"""One run of a plan, from the checks to its last batch; and the rest of a run that did not come so far."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Mapping

from idcode.apply.batches import Runner
from idcode.apply.checks import check_directories, check_plan, check_resumption
from idcode.apply.credentials import NoSink
from idcode.apply.earlier import Earlier
from idcode.apply.interrupts import graceful
from idcode.apply.recheck import recheck
from idcode.apply.results import REACHED, Options, Progress, RunResult
from idcode.directories.port import Directory, Secrets
from idcode.model.errors import DirectoryError, IdcodeError, StoreError
from idcode.model.plans import Plan
from idcode.plan.decoding import decode
from idcode.plan.encoding import encode
from idcode.store.records import RunStatus
from idcode.store.store import Store


def apply_plan(
    plan: Plan,
    directories: Mapping[str, Directory],
    store: Store,
    secrets: Secrets | None,
    options: Options,
    progress: Progress,
) -> RunResult:
    """Bring about ``plan``, batch by batch, and return what became of it.

    Changes whose objects are no longer as planned are skipped with a reason, and so is what depends on them; the
    rest proceeds. Raises before any write: ``PlanRefused`` (used, expired, damaged, of other files or another
    directory), ``GuardStopped``, ``StoreError`` (locked, not writable), ``DirectoryError``, and ``IdcodeError``
    where passwords have nowhere to go. A ``StoreError`` may also end a run midway: without a journal nothing
    more is written. However a run ends, the history says that it has.
    """
    check_plan(plan, store, secrets, options)
    run_id = store.new_run_id()
    with store.lock({batch.directory for batch in plan.batches}, run_id), graceful() as stop:
        check_directories(plan, directories)
        recheck(plan, directories, options.restraints, options.now.date())
        store.begin_run(run_id, encode(plan), options.allow)
        runner = Runner(plan, run_id, store, directories, secrets or NoSink(), progress, stop, options.redact)
        return _carry_out(runner, store, options)


def plan_of_run(run_id: str, store: Store) -> Plan:
    """Return the plan that a run carries out, as it was when the run began. Raises :class:`StoreError` for no run."""
    return decode(store.plan_document(store.run(run_id).run_id), strict=True)


def resume_run(
    run_id: str,
    plan: Plan,
    directories: Mapping[str, Directory],
    store: Store,
    secrets: Secrets | None,
    options: Options,
    progress: Progress,
) -> RunResult:
    """Finish a run of ``plan`` that was killed or ended early, and return what became of the whole of it.

    What is done stays; what was begun is settled by reading and goes on with the writes that were journalled; the rest
    is taken up as by :func:`apply_plan`. Raises as that does, ``PlanRefused`` also for a run that is done or was rolled
    back, and ``StoreError`` for one that is still going on.
    """
    with store.lock({batch.directory for batch in plan.batches}, run_id), graceful() as stop:
        check_resumption(store.run(run_id), plan, store, secrets, options)
        check_directories(plan, directories)
        earlier = Earlier(store.changes(run_id), store.writes(run_id))
        runner = Runner(plan, run_id, store, directories, secrets or NoSink(), progress, stop, options.redact, earlier)
        store.begin_again(run_id)
        return _carry_out(runner, store, options)


def _carry_out(runner: Runner, store: Store, options: Options) -> RunResult:
    try:
        runner.progress.run_started(runner.run_id, runner.plan)
        message = _run_batches(runner, options)
    except BaseException as error:
        # Whatever it was, the history must not say for ever that the run is going on.
        with contextlib.suppress(StoreError):
            _finish(runner, store, _last_words(error), broken=True)
        raise
    return _finish(runner, store, message)


def _last_words(error: BaseException) -> str:
    """Return why a run broke off; of a defect only its kind, because its text may hold personal data."""
    return str(error) if isinstance(error, IdcodeError) else f"it broke off: {type(error).__name__}"


def _run_batches(runner: Runner, options: Options) -> str | None:
    """Run the batches in order; return why the rest was not reached, if so."""
    for batch in runner.plan.batches:
        if options.stop_after_batch is not None and batch.number > options.stop_after_batch:
            return f"stopped after batch {options.stop_after_batch}, as asked"
        try:
            runner.run(batch)
        except KeyboardInterrupt:
            runner.interrupted = True
        except DirectoryError as error:
            return str(error)
        runner.interrupted = runner.interrupted or runner.stop()
        if runner.interrupted:
            return "interrupted"
        if runner.trouble:
            return runner.trouble
        statuses = Counter(result.status for result in runner.results.values())
        if statuses["unknown"]:
            return "the directory stopped answering; what became of some writes is not known"
        if statuses["failed"] > options.max_failures:
            return f"stopped after {statuses['failed']} failures ({options.max_failures} are allowed)"
    return None


def _finish(runner: Runner, store: Store, message: str | None, broken: bool = False) -> RunResult:
    results = runner.results
    counts: Counter[str] = Counter(result.status for result in results.values())
    counts["remaining"] = len(runner.plan.changes) - len(results)
    status = _status(runner, counts, broken)
    if message == "interrupted" and status == "done":
        message = None
    numbers = {name: counts[name] for name in _COUNTED}
    store.finish_run(runner.run_id, status, numbers, message)
    reached = (results[change.id] for change in runner.plan.changes if change.id in results)
    problems = tuple(result for result in reached if result.status not in REACHED)
    return RunResult(runner.run_id, status, numbers, problems, message)


_COUNTED = ("done", "already", "stale", "failed", "skipped", "unknown", "remaining")


def _status(runner: Runner, counts: Mapping[str, int], broken: bool) -> RunStatus:
    if not broken and sum(counts.values()) == counts["done"] + counts["already"]:
        return "done"
    if runner.interrupted:
        return "interrupted"
    return "partial" if counts["done"] else "failed"
