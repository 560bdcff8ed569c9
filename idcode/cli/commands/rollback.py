"""``idcode rollback``."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from idcode import __version__
from idcode.apply.rollback import RollbackOptions, plan_rollback
from idcode.cli import console, wiring
from idcode.cli.commands.applying import carry_out
from idcode.cli.commands.common import PLAN_FORMATS, check_format, confirm, read_allow, render
from idcode.cli.planning import git_commit
from idcode.cli.protection import restraints
from idcode.cli.signing import insist_on_key, save, signing_key
from idcode.config.project import Repository
from idcode.directories.port import Directory


def run(
    directory: Path | None,
    run_id: str,
    to_batch: int | None,
    out: Path | None,
    output: str,
    allow: Sequence[str] | None,
    yes: bool,
    sandbox: bool,
) -> int:
    """Plan the inverse of a run; write it to a file for ``apply``, or show it, ask, and apply it."""
    check_format(output, PLAN_FORMATS)
    allowed = read_allow(allow)
    repository, _ = wiring.load(directory, sandbox=sandbox)
    key = signing_key(repository)
    if out is None:
        insist_on_key(repository)
    store = wiring.build_store(wiring.with_store(repository))
    directories: dict[str, Directory] = {}
    try:
        repository = wiring.for_directories(repository, store.directories_of(run_id))
        directories |= wiring.build_directories(repository)
        plan = plan_rollback(run_id, store, directories, _options(repository, to_batch, allowed))
        if out is not None:
            accepted = save(plan, out, repository, key)
        console.say(render(plan, output, repository.project.redact, full=False))
        if out is not None:
            step = f"apply it with: idcode apply {out}{' --sandbox' if sandbox else ''}"
            console.note(f"written to {out}; {step if accepted else f'look at it with: idcode show {out}'}")
        if plan.stopped:
            return 3
        if out is not None or not plan.changes:
            return 0
        if not yes and not confirm(f"Undo run {run_id} with these {len(plan.changes)} changes?"):
            console.note("Nothing was undone.")
            return 1
        return carry_out(plan, repository, directories, store, allow=allowed)
    finally:
        for adapter in directories.values():
            adapter.close()
        store.close()


def _options(repository: Repository, to_batch: int | None, allowed: dict[str, int]) -> RollbackOptions:
    project, now = repository.project, datetime.now(UTC)
    return RollbackOptions(
        project=project.project,
        commit=git_commit(repository.root),
        config_digest=repository.digest,
        now=now,
        expires=project.apply.plan_expires,
        version=__version__,
        to_batch=to_batch or 0,
        redact=tuple(project.redact),
        restraints=restraints(repository, allowed, now),
    )
