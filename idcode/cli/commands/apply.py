"""``idcode apply``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from idcode.cli import console, wiring
from idcode.cli.approving import Approved, check_alone, read_approved
from idcode.cli.commands.applying import carry_out, check_fits
from idcode.cli.commands.common import confirm, read_allow, render
from idcode.cli.planning import make_plan
from idcode.cli.signing import insist_on_key, read_trusted
from idcode.config.project import Repository
from idcode.model.diagnostics import Diagnostic
from idcode.model.errors import UsageError


def run(
    directory: Path | None,
    plan_file: Path | None,
    yes: bool,
    stop_after_batch: int | None,
    allow: Sequence[str] | None,
    as_of: str | None,
    only: tuple[str, ...],
    reapply: bool,
    sandbox: bool,
    approved: Path | None,
) -> int:
    """Apply a saved plan, what is left of an approved one, or plan now, show it and ask."""
    allowed = read_allow(allow)
    if approved is not None:
        check_alone(plan_file, as_of, only)
        repository, warnings = wiring.load(directory, check_columns=True, sandbox=sandbox)
        basis = read_approved(approved, repository)
        only = basis.plan.project.only
        return _plan_and_apply(repository, warnings, True, stop_after_batch, allowed, None, only, reapply, basis)
    if plan_file is not None and (as_of or only or reapply):
        raise UsageError(
            "--as-of, --only and --reapply belong to planning; the saved plan has its own",
            "Pass them to idcode plan, or leave the plan file out.",
        )
    if plan_file is None:
        repository, warnings = wiring.load(directory, check_columns=True, sandbox=sandbox)
        insist_on_key(repository)
        return _plan_and_apply(repository, warnings, yes, stop_after_batch, allowed, as_of, only, reapply)
    repository, _ = wiring.load(directory, sandbox=sandbox)
    plan = read_trusted(plan_file, repository)
    check_fits(plan, repository)
    repository = wiring.for_directories(repository, {change.directory for change in plan.changes})
    store = wiring.build_store(repository)
    directories = wiring.build_directories(repository)
    try:
        return carry_out(plan, repository, directories, store, allow=allowed, stop_after_batch=stop_after_batch)
    finally:
        for adapter in directories.values():
            adapter.close()
        store.close()


def _plan_and_apply(
    repository: Repository,
    warnings: list[Diagnostic],
    yes: bool,
    stop_after_batch: int | None,
    allowed: Mapping[str, int],
    as_of: str | None,
    only: tuple[str, ...],
    reapply: bool,
    approved: Approved | None = None,
) -> int:
    progress = console.Progress()
    planned = make_plan(
        repository,
        warnings,
        as_of=as_of,
        only=only,
        allowed=allowed,
        reapply=reapply,
        approval=approved.approval if approved else None,
        progress=progress,
    )
    progress.clear()
    try:
        plan = planned.plan
        if approved is not None:
            approved.insist_on_its_directories(plan)
        console.say(render(plan, "text", repository.project.redact, full=approved is not None))
        if not plan.changes:
            return 0
        if plan.stopped:
            return 3
        if not yes and not confirm(f"Apply these {len(plan.changes)} changes?"):
            console.note("Nothing was applied.")
            return 1
        store = wiring.build_store(planned.repository)
        try:
            return carry_out(
                plan, planned.repository, planned.directories, store, allow=allowed, stop_after_batch=stop_after_batch
            )
        finally:
            store.close()
    finally:
        planned.close()
