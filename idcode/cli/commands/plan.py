"""``idcode plan``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from idcode.cli import console, wiring
from idcode.cli.commands.common import PLAN_FORMATS, check_format, has_errors, read_allow, render
from idcode.cli.planning import make_plan
from idcode.cli.proving import is_cheap, proved
from idcode.cli.signing import save, signing_key
from idcode.directories.sandbox.snapshot import read_snapshot
from idcode.model.errors import UsageError
from idcode.model.plans import Plan


@dataclass(frozen=True, slots=True)
class Arguments:
    """What was typed after ``idcode plan``; ``prove`` is ``None`` where nothing was said about it."""

    directory: Path | None
    out: Path | None
    output: str
    as_of: str | None
    only: tuple[str, ...]
    allow: Sequence[str]
    reapply: bool
    detailed: bool
    strict: bool
    full: bool
    sandbox: bool
    snapshot: Path | None
    prove: bool | None


def run(asked: Arguments) -> int:
    """Compute and show the plan; it is written even where a guard stops it or its proof fails."""
    check_format(asked.output, PLAN_FORMATS)
    allowed = read_allow(asked.allow)
    if asked.snapshot is not None and asked.sandbox:
        raise UsageError("--snapshot and --sandbox exclude each other", "Leave one of them out.")
    saved = read_snapshot(asked.snapshot) if asked.snapshot is not None else None
    repository, warnings = wiring.load(asked.directory, check_columns=True, sandbox=asked.sandbox)
    if saved is not None and saved.project != repository.project.project:
        raise UsageError(
            f"the snapshot is of project {saved.project}, and this is {repository.project.project}",
            "Take a snapshot in this repository: idcode snapshot",
        )
    key = signing_key(repository) if asked.out is not None else None
    progress = console.Progress()
    planned = make_plan(
        repository,
        warnings,
        as_of=asked.as_of,
        only=asked.only,
        allowed=allowed,
        reapply=asked.reapply,
        snapshot=saved,
        progress=progress,
    )
    wanted = is_cheap(planned) if asked.prove is None else asked.prove
    plan = proved(planned, progress) if wanted else planned.plan
    planned.close()
    progress.clear()
    accepted = asked.out is None or save(plan, asked.out, repository, key)
    console.say(render(plan, asked.output, repository.project.redact, asked.full))
    if asked.out is not None and asked.output == "text":
        console.note(f"written to {asked.out}; {_next(asked.out, plan, asked, accepted)}")
    return _exit_code(plan, asked)


def _next(out: Path, plan: Plan, asked: Arguments, accepted: bool) -> str:
    if asked.snapshot is not None or plan.proof == "failed" or not accepted:
        return f"look at it with: idcode show {out}"
    return f"apply it with: idcode apply {out}{' --sandbox' if asked.sandbox else ''}"


def _exit_code(plan: Plan, asked: Arguments) -> int:
    if plan.stopped:
        return 3
    if plan.proof == "failed" or (asked.prove and plan.proof is None and plan.changes):
        return 1
    if asked.strict and has_errors(plan.diagnostics):
        return 1
    return 2 if asked.detailed and plan.changes else 0
