"""One plan from one repository: read, compute, compare."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from idcode import __version__
from idcode.cli import wiring
from idcode.cli.protection import expired_allowances, guard_limits, overrides
from idcode.config.project import Repository
from idcode.directories.port import Directory
from idcode.model.desired import Hold
from idcode.model.diagnostics import Diagnostic
from idcode.model.errors import DirectoryError, UsageError
from idcode.model.plans import DirectoryState, Plan, Project, SourceState
from idcode.plan.approval import Approval
from idcode.plan.build import Options, build_plan
from idcode.store.store import Store
from idcode.sync.context import Context
from idcode.sync.engine import compute
from idcode.sync.gather import DirectoryReading, Gathered, ask_authority, gather
from idcode.sync.programs import IdentityRules, compile_rules
from idcode.sync.provenance import Explainer

if TYPE_CHECKING:
    from idcode.directories.sandbox.snapshot import Snapshot

Progress = Callable[[str, int], None]


@dataclass(frozen=True, slots=True)
class Inputs:
    """Everything that one plan is computed from; nothing more is read."""

    repository: Repository
    rules: Mapping[str, IdentityRules]
    gathered: Gathered
    directories: Mapping[str, Directory]
    warnings: tuple[Diagnostic, ...]
    as_of: datetime
    now: datetime
    only: tuple[str, ...]
    allowed: Mapping[str, int]
    rolled_back: frozenset[str]
    approval: Approval | None = None


@dataclass(slots=True)
class Planned:
    """A plan with everything it came from."""

    plan: Plan
    inputs: Inputs
    context: Context
    explainer: Explainer

    @property
    def repository(self) -> Repository:
        """The repository, resolved."""
        return self.inputs.repository

    @property
    def directories(self) -> Mapping[str, Directory]:
        """The directories that were read, still connected."""
        return self.inputs.directories

    def close(self) -> None:
        """Close the connections to the directories."""
        for directory in self.directories.values():
            directory.close()


def read_moment(text: str | None, now: datetime) -> datetime:
    """Read ``--as-of``: an ISO date (its start in UTC) or date-time. Raises ``UsageError``."""
    if text is None:
        return now.replace(microsecond=0)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(
            f"--as-of {text!r} is not a moment",
            "Write a date such as 2026-12-01 or a time such as 2026-12-01T08:00:00Z.",
        ) from None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def make_plan(
    repository: Repository,
    warnings: list[Diagnostic],
    *,
    as_of: str | None = None,
    only: tuple[str, ...] = (),
    allowed: Mapping[str, int] | None = None,
    reapply: bool = False,
    snapshot: Snapshot | None = None,
    approval: Approval | None = None,
    progress: Progress,
) -> Planned:
    """Compute the plan of a repository against its live directories, or against a snapshot of them.

    Raises ``ConfigError`` for unset environment variables and ``DirectoryError`` where a directory cannot be read
    completely: there is no plan on an incomplete read (law 2). Raises ``UsageError`` where ``only`` names nobody.
    """
    now = datetime.now(UTC)
    moment = read_moment(as_of, now)
    if snapshot is None:
        repository = wiring.for_planning(repository)
        directories = wiring.build_directories(repository)
    else:
        repository = wiring.for_snapshot(repository)
        directories = wiring.build_saved(repository, snapshot)
    try:
        rules = compile_rules(repository)
        gathered = gather(repository, rules, wiring.build_sources(repository), directories, now, progress)
        insist_on_proof(gathered.directories)
        undone = frozenset[str]() if reapply else rolled_back(repository)
        inputs = Inputs(
            repository,
            rules,
            gathered,
            directories,
            tuple(warnings),
            moment,
            now,
            only,
            allowed or {},
            undone,
            approval,
        )
        planned = plan_from(inputs)
        _insist_on_somebody(only, planned.context)
        return planned
    except BaseException:
        for directory in directories.values():
            directory.close()
        raise


def plan_from(inputs: Inputs) -> Planned:
    """Compute a plan of what was read."""
    repository, gathered = inputs.repository, inputs.gathered
    context = compute(repository, inputs.rules, gathered, inputs.as_of)
    if context.in_question:
        gathered = ask_authority(gathered, inputs.directories, context.in_question)
        inputs = replace(inputs, gathered=gathered)
        context = compute(repository, inputs.rules, gathered, inputs.as_of)
    context.state.diagnostics += [
        *inputs.warnings,
        *_unsupported(repository, inputs.directories),
        *_unasked(repository),
        *expired_allowances(repository, inputs.now.date()),
    ]
    explainer = Explainer(context)
    plan = build_plan(
        context.state,
        {name: reading.view for name, reading in gathered.directories.items()},
        inputs.directories,
        {name: str(getattr(node, "forest", None) or name) for name, node in repository.directories.items()},
        explainer.why,
        _project(repository, inputs.only),
        _directory_states(gathered),
        _source_states(gathered),
        _options(inputs, context.state.holds),
    )
    return Planned(plan, inputs, context, explainer)


def insist_on_proof(readings: Mapping[str, DirectoryReading]) -> None:
    """Raise ``DirectoryError`` where a directory was not read completely."""
    for name, reading in readings.items():
        if not reading.proof.complete:
            why = (
                "; ".join(diagnostic.message for diagnostic in reading.proof.diagnostics) or "no proof of completeness"
            )
            raise DirectoryError(
                f"directory {name} was not read completely: {why}",
                "Nothing was planned. Try again; if it stays so, look at the domain controller.",
            )


def _insist_on_somebody(only: tuple[str, ...], context: Context) -> None:
    """Raise ``UsageError`` where ``--only`` names nobody: an empty plan would read as if nothing were to do."""
    people = {
        identity.address for population in context.populations.values() for identity in population.by_key.values()
    }
    addresses = [wanted.address for wanted in context.state.objects]
    addresses += [item.address for item in context.state.frozen if item.address]
    objects = {text for address in addresses for text in (address, address.partition("@")[0])}
    for text in only:
        if text not in objects | people and text.rpartition("@")[0] not in people:
            near = difflib.get_close_matches(text, sorted(objects | people), 1)
            raise UsageError(
                f"--only {text}: there is no such person or object", f"Did you mean {near[0]}?" if near else None
            )


def _unsupported(repository: Repository, directories: Mapping[str, Directory]) -> list[Diagnostic]:
    return [
        Diagnostic(
            "warning",
            "directory-not-planned",
            f"the plan leaves out directory {name} ({getattr(node, 'type', '?')}), its rules and its objects",
            "A snapshot holds domains of AD only; plan on the live directories to see what changes here.",
            node.at,
            name,
        )
        for name, node in repository.directories.items()
        if name not in directories
    ]


def _unasked(repository: Repository) -> list[Diagnostic]:
    if repository.project.store:
        return []
    message = "the history is not asked for a plan on a snapshot: what a rollback took back is planned again here"
    return [Diagnostic("info", "history-not-asked", message)]


def _project(repository: Repository, only: tuple[str, ...]) -> Project:
    return Project(repository.project.project, git_commit(repository.root), repository.digest, only)


def git_commit(root: Path) -> str | None:
    """Return the commit that is checked out, read from the files of ``.git``; ``None`` where there is none."""
    for folder in (root, *root.parents):
        head = folder / ".git" / "HEAD"
        if not head.is_file():
            continue
        try:
            text = head.read_text(encoding="utf-8").strip()
            if not text.startswith("ref: "):
                return text
            target = folder / ".git" / text.removeprefix("ref: ")
            if target.is_file():
                return target.read_text(encoding="utf-8").strip()
            packed = folder / ".git" / "packed-refs"
            lines = packed.read_text(encoding="utf-8").splitlines() if packed.is_file() else []
            return next((line.split()[0] for line in lines if line.endswith(" " + text.removeprefix("ref: "))), None)
        except (OSError, UnicodeDecodeError):
            return None
    return None


def _directory_states(gathered: Gathered) -> dict[str, DirectoryState]:
    return {
        name: DirectoryState(
            reading.fingerprint.type,
            reading.fingerprint.identity,
            reading.fingerprint.server,
            reading.fingerprint.invocation_id,
            reading.fingerprint.usn,
            reading.proof.complete,
            sum(not live.deleted for live in reading.view.objects.values()),
            reading.fingerprint.snapshot,
        )
        for name, reading in gathered.directories.items()
    }


def _source_states(gathered: Gathered) -> dict[str, SourceState]:
    return {
        name: SourceState(
            reading.type, reading.proof.count, reading.proof.complete, reading.proof.kind, reading.proof.digest
        )
        for name, reading in gathered.sources.items()
    }


def _options(inputs: Inputs, holds: tuple[Hold, ...]) -> Options:
    project = inputs.repository.project
    return Options(
        as_of=inputs.as_of,
        now=inputs.now,
        version=__version__,
        expires=project.apply.plan_expires,
        batch_size=project.apply.batch_size,
        canary=project.apply.canary,
        min_population=project.guards.min_population,
        limits=guard_limits(inputs.repository),
        holds=holds,
        only=inputs.only,
        overrides=overrides(inputs.repository, inputs.allowed, inputs.now.date()),
        rolled_back=inputs.rolled_back,
        approval=inputs.approval,
    )


def rolled_back(repository: Repository) -> frozenset[str]:
    """Return what rollbacks undid and the files have not changed since: keys of changes, addresses of creations."""
    url = repository.project.store
    if not url:
        return frozenset()  # a plan on a snapshot asks no history elsewhere
    if url.startswith("sqlite:///") and not (repository.root / url.removeprefix("sqlite:///")).exists():
        return frozenset()
    store: Store = wiring.build_store(repository)
    try:
        return store.rolled_back(repository.digest)
    finally:
        store.close()
