"""``idcode plan``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from idcode.cli import console, wiring
from idcode.cli.commands.common import PLAN_FORMATS, check_format, has_errors, read_allow, render
from idcode.cli.planning import make_plan
from idcode.directories.sandbox.snapshot import read_snapshot
from idcode.model.errors import UsageError
from idcode.plan.file import write_plan


def run(
    directory: Path | None,
    out: Path | None,
    output: str,
    as_of: str | None,
    only: tuple[str, ...],
    allow: Sequence[str] | None,
    reapply: bool,
    detailed: bool,
    strict: bool,
    full: bool,
    sandbox: bool,
    snapshot: Path | None,
) -> int:
    """Compute and show the plan; it is written even where a guard stops it."""
    check_format(output, PLAN_FORMATS)
    allowed = read_allow(allow)
    if snapshot is not None and sandbox:
        raise UsageError("--snapshot and --sandbox exclude each other", "Leave one of them out.")
    saved = read_snapshot(snapshot) if snapshot is not None else None
    repository, warnings = wiring.load(directory, check_columns=True, sandbox=sandbox)
    progress = console.Progress()
    planned = make_plan(
        repository,
        warnings,
        as_of=as_of,
        only=only,
        allowed=allowed,
        reapply=reapply,
        snapshot=saved,
        progress=progress,
    )
    planned.close()
    progress.clear()
    plan = planned.plan
    if out is not None:
        write_plan(out, plan)
    console.say(render(plan, output, repository.project.redact, full))
    if out is not None and output == "text":
        use = f"apply it with: idcode apply {out}{' --sandbox' if sandbox else ''}"
        console.note(f"written to {out}; {use if saved is None else f'look at it with: idcode show {out}'}")
    if plan.stopped:
        return 3
    if strict and has_errors(plan.diagnostics):
        return 1
    return 2 if detailed and plan.changes else 0
