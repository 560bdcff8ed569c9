"""Carrying a plan out on behalf of ``apply`` and ``rollback``: the checks before, progress, and the result in words."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial

from idcode.apply.checks import check_store_survives
from idcode.apply.credentials import CommandSink
from idcode.apply.executor import apply_plan, resume_run
from idcode.apply.results import ChangeResult, Options, RunResult
from idcode.cli import console, wiring
from idcode.cli.protection import restraints
from idcode.config.project import Repository
from idcode.directories.port import Directory
from idcode.model.errors import PlanRefused
from idcode.model.plans import Batch, Change, Plan
from idcode.report.runs import next_steps
from idcode.report.visible import visible
from idcode.store.store import Store


class Reporter:
    """Says on stderr what an apply is doing: every batch, and every change that was not simply done."""

    def __init__(self) -> None:
        self.run_id: str | None = None
        self._plan: Plan | None = None
        self._done = 0
        self._line = console.Progress()

    def run_started(self, run_id: str, plan: Plan) -> None:
        """Name the run, so that it can be resumed or rolled back even if this process ends now."""
        self.run_id, self._plan = run_id, plan
        changes, batches = len(plan.changes), len(plan.batches)
        console.note(
            f"run {run_id}: {changes} {'change' if changes == 1 else 'changes'}"
            f" in {batches} {'batch' if batches == 1 else 'batches'}"
        )

    def batch_started(self, batch: Batch) -> None:
        """Show which batch comes next."""
        self.clear()
        last = len(self._plan.batches) if self._plan else batch.number
        console.note(f"  batch {batch.number}/{last}  {batch.directory}  {batch.phase}  ({len(batch.changes)})")

    def change_finished(self, change: Change, result: ChangeResult) -> None:
        """Count, and show what was not done and why."""
        self._done += 1
        if result.status in ("done", "already"):
            self._line("changes done", self._done)
            return
        self.clear()
        what = f"{change.op} {visible(change.object.label)} ({visible(change.address)})"
        console.note(f"    {result.status}: {what}: {visible(result.message or '')}")

    def clear(self) -> None:
        """Take the line with the count away, so that what comes next has one of its own."""
        self._line.clear()


def carry_out(
    plan: Plan,
    repository: Repository,
    directories: Mapping[str, Directory],
    store: Store,
    *,
    allow: Mapping[str, int],
    stop_after_batch: int | None = None,
    resume: str | None = None,
) -> int:
    """Apply ``plan``, or finish the run ``resume`` of it, and say what came of it; return the exit code.

    Raises what :func:`apply_plan` and :func:`resume_run` raise.
    """
    check_store_survives(plan, store.path, repository.root, os.environ)
    secrets = wiring.build_secrets(repository)
    if isinstance(secrets, CommandSink) and any(change.password for change in plan.changes):
        secrets.check()
    now = datetime.now(UTC)
    options = Options(
        config_digest=repository.digest,
        now=now,
        max_failures=repository.project.apply.max_failures,
        stop_after_batch=stop_after_batch,
        restraints=restraints(repository, allow, now),
        redact=tuple(repository.project.redact),
    )
    reporter = Reporter()
    bring_about = partial(resume_run, resume, plan) if resume else partial(apply_plan, plan)
    flag = " --sandbox" if wiring.is_practice(repository) else ""
    try:
        result = bring_about(directories, store, secrets, options, reporter)
    except BaseException:
        reporter.clear()
        if reporter.run_id:
            for line in next_steps(reporter.run_id, flag):
                console.note(line)
        raise
    reporter.clear()
    console.say(_words(result, plan, flag))
    return result.exit_code


def check_fits(plan: Plan, repository: Repository) -> None:
    """Refuse another project's plan, a practice plan for a live directory, and the other way round.

    Raises ``PlanRefused``, before any password is needed.
    """
    project = repository.project.project
    if plan.project.name != project:
        raise PlanRefused(
            f"the plan is for the project {visible(plan.project.name)}, and these are the files of {visible(project)}",
            "Apply it where it was made, or name that folder with --dir.",
        )
    for name in {change.directory for change in plan.changes}:
        state, node = plan.directories.get(name), repository.directories.get(name)
        if state is None or node is None:
            continue  # the checks of apply say what is wrong
        planned, now = state.type == "sandbox", getattr(node, "type", "") in wiring.PRACTICE_TYPES
        if planned and not now:
            raise PlanRefused(f"the plan was made on a sandbox, and {name} is not one", "Apply it there: --sandbox")
        if now and not planned:
            raise PlanRefused(
                f"the plan was made for the live directory {name}", "Leave --sandbox out, or plan with it as well."
            )


def _words(result: RunResult, plan: Plan, flag: str) -> str:
    counts = result.counts
    named = (("done", "done"), ("already", "already as wanted"), ("stale", "stale"), ("failed", "failed"),
             ("skipped", "skipped"), ("unknown", "of unknown outcome"), ("remaining", "not reached"))  # fmt: skip
    told = ", ".join(f"{counts[name]} {words}" for name, words in named if counts.get(name)) or "nothing to do"
    lines = [f"Run {result.run_id}: {result.status}: {told}."]
    if result.message:
        lines.append(f"It ended early: {visible(result.message)}.")
    if result.status == "done":
        return "\n".join([*lines, f"To undo it: idcode rollback {result.run_id}{flag}"])
    lines += [*next_steps(result.run_id, flag), f"To see each write: idcode runs {result.run_id}{flag}"]
    if counts.get("stale"):
        # What a rollback left is held (see store/held.py): no plan would take it up.
        again = f"idcode rollback {plan.rolls_back}{flag}" if plan.rolls_back else "a new plan"
        lines.append(f"What is stale was changed meanwhile: {again} takes it up as it is now.")
    return "\n".join(lines)
