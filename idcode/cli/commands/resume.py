"""``idcode apply --resume``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from idcode.apply.executor import plan_of_run
from idcode.cli import wiring
from idcode.cli.commands.applying import carry_out, check_fits
from idcode.directories.port import Directory
from idcode.model.errors import UsageError


def run(
    directory: Path | None, run_id: str, stop_after_batch: int | None, sandbox: bool, others: Mapping[str, object]
) -> int:
    """Finish a run that was killed or ended early; ``others`` are the options that belong to beginning one."""
    if given := [name for name, value in others.items() if value]:
        raise UsageError(
            f"--resume finishes a run with the plan that it began with, and {given[0]} belongs to a new one",
            f"Leave {given[0]} out, or apply a new plan without --resume.",
        )
    repository, _ = wiring.load(directory, sandbox=sandbox)
    store = wiring.build_store(wiring.with_store(repository))
    directories: dict[str, Directory] = {}
    try:
        plan = plan_of_run(run_id, store)
        check_fits(plan, repository)
        repository = wiring.for_directories(repository, {batch.directory for batch in plan.batches})
        directories |= wiring.build_directories(repository)
        return carry_out(
            plan, repository, directories, store, allow={}, stop_after_batch=stop_after_batch, resume=run_id
        )
    finally:
        for adapter in directories.values():
            adapter.close()
        store.close()
