"""What an apply is asked to do, tells on the way, and returns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from idcode.apply.restraint import Restraints
from idcode.model.plans import Batch, Change, Plan
from idcode.model.writes import Outcome
from idcode.store.records import ChangeRow, ChangeStatus, RunStatus, WriteIntent

REACHED: tuple[ChangeStatus, ...] = ("done", "already")
"""The object is as the plan wants it."""


@dataclass(frozen=True, slots=True)
class Options:
    """What the command and the configuration say about an apply.

    ``config_digest`` is that of the files as they are now, ``now`` the wall clock. More than ``max_failures`` failed
    changes end the run after the batch, as ``stop_after_batch`` does. ``restraints`` are the guards, holds and
    protected objects of the files as they are now. ``redact`` names attributes, in any case, whose values are in no
    message.
    """

    config_digest: str
    now: datetime
    max_failures: int = 10
    stop_after_batch: int | None = None
    restraints: Restraints = Restraints()
    redact: tuple[str, ...] = ()

    @property
    def allow(self) -> dict[str, int]:
        """What the command lets pass, by guard; for the history."""
        return {override.guard: override.max for override in self.restraints.overrides if override.reason is None}


@dataclass(frozen=True, slots=True)
class ChangeResult:
    """What became of one change, and why where it was not done."""

    change_id: str
    address: str
    status: ChangeStatus
    message: str | None = None
    anchor: str | None = None


@dataclass(frozen=True, slots=True)
class RunResult:
    """What became of a run. ``counts`` has a number for every status, ``remaining`` for changes never reached.

    ``problems`` are the changes that were not brought about, in the order of the plan; ``message`` says why the run
    ended early.
    """

    run_id: str
    status: RunStatus
    counts: Mapping[str, int]
    problems: tuple[ChangeResult, ...] = ()
    message: str | None = None

    @property
    def exit_code(self) -> int:
        """The exit code of the command (DESIGN.md, section 5)."""
        return {"done": 0, "interrupted": 130}.get(self.status, 4)


class Journal(Protocol):
    """Where intents and outcomes are written down as a run goes on; :class:`idcode.store.store.Store` is one."""

    def record_intents(self, run_id: str, changes: Iterable[ChangeRow], writes: Iterable[WriteIntent]) -> None:
        """Write down what is about to be sent, with what is there now."""

    def record_outcome(self, run_id: str, outcome: Outcome) -> None:
        """Write down what became of a write."""

    def record_changes(self, run_id: str, changes: Iterable[ChangeRow]) -> None:
        """Write down where changes stand."""


class Progress(Protocol):
    """Hears what an apply is doing."""

    def run_started(self, run_id: str, plan: Plan) -> None:
        """The checks are passed; the first batch comes next."""

    def batch_started(self, batch: Batch) -> None:
        """The changes of ``batch`` are read again and written now."""

    def change_finished(self, change: Change, result: ChangeResult) -> None:
        """A change was done, found done, or not done for a reason."""
