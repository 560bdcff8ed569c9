"""Whether a plan may be applied: its form, its age, its configuration, its guards, and its directories."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

from idcode.apply.credentials import NO_SINK
from idcode.apply.recheck import check_verdict, effective
from idcode.apply.results import Options
from idcode.directories.port import Directory, Secrets
from idcode.model.errors import IdcodeError, PlanRefused, StoreError
from idcode.model.plans import DirectoryState, Plan
from idcode.model.records import Fingerprint
from idcode.model.values import iso, parse_iso
from idcode.store.records import RunRow
from idcode.store.store import Store

_CLOCKS_DIFFER = timedelta(minutes=5)
"""By how much the clocks of two machines may differ."""
_AGAIN = "make a new plan and review it: idcode plan --out FILE"
RESET = "a practice directory that was reset is a new one, and what was in the old one is gone"


def check_plan(plan: Plan, store: Store, secrets: Secrets | None, options: Options) -> None:
    """Raise :class:`PlanRefused` or :class:`GuardStopped` where ``plan`` must not be applied now.

    Raises :class:`IdcodeError` where it sets passwords and there is no sink to receive them.
    """
    check_usable(plan, store, options.config_digest, options.now)
    check_verdict(plan, effective(plan, options.restraints))
    if secrets is None and any(change.password for change in plan.changes):
        raise IdcodeError(*NO_SINK)


def check_usable(plan: Plan, store: Store, config_digest: str, now: datetime) -> None:
    """Raise :class:`PlanRefused` where ``plan`` is neither to be applied now nor to approve what is.

    ``config_digest`` is that of the files as they are now.
    """
    _check_form(plan)
    _check_live(plan)
    if plan.proof == "failed":
        raise PlanRefused("the plan failed its proof: on a copy of what was read it does not hold", _AGAIN)
    if plan.project.config_digest != config_digest:
        raise PlanRefused("the files have changed since the plan was made", _AGAIN)
    if run := store.plan_used(plan.plan_id):
        raise PlanRefused(f"the plan was applied before, by run {run}", _AGAIN)
    if _moment(plan.expires_at, "when it expires") < now:
        raise PlanRefused(f"the plan has expired at {plan.expires_at}", _AGAIN)
    if _moment(plan.created_at, "when it was made") > now + _CLOCKS_DIFFER:
        raise PlanRefused(
            f"the plan was made at {plan.created_at}, and by the clock of this machine it is {iso(now)} now: whether "
            "it has expired cannot be told",
            f"set the clock that is wrong; if it is the one the plan was made by, {_AGAIN}",
        )


def _moment(text: str, what: str) -> datetime:
    try:
        return parse_iso(text)
    except ValueError:
        raise PlanRefused(f"the plan says {text!r} where it should say {what}", _AGAIN) from None


def check_resumption(run: RunRow, plan: Plan, store: Store, secrets: Secrets | None, options: Options) -> None:
    """Raise :class:`PlanRefused` where ``run``, which carried out ``plan``, must not be taken up again now.

    The plan was checked when the run began: its age and its guards do not count again. Raises :class:`IdcodeError`
    where it sets passwords and there is no sink to receive them.
    """
    if run.status == "done":
        raise PlanRefused(f"run {run.run_id} is done: nothing is left to resume", f"see it: idcode runs {run.run_id}")
    if undone := [other.run_id for other in store.runs() if other.rolls_back == run.run_id]:
        raise PlanRefused(f"run {run.run_id} was rolled back by run {undone[0]}", _AGAIN)
    if run.config_digest != options.config_digest:
        raise PlanRefused(
            "the files have changed since the run began",
            f"resume it with the files as they were; or undo it: idcode rollback {run.run_id}; or {_AGAIN}",
        )
    if secrets is None and any(change.password for change in plan.changes):
        raise IdcodeError(*NO_SINK)


def _check_form(plan: Plan) -> None:
    """Refuse a plan whose parts do not fit together: its order would not be the one that was reviewed."""
    batch_of: dict[str, int] = {}
    directories = {change.id: change.directory for change in plan.changes}
    numbers = [batch.number for batch in plan.batches]
    if numbers != sorted(set(numbers)) or len(directories) != len(plan.changes):
        raise PlanRefused("the plan is damaged: its batches or changes are not numbered one by one", _AGAIN)
    for batch in plan.batches:
        for change_id in batch.changes:
            if change_id in batch_of or directories.get(change_id) != batch.directory:
                raise PlanRefused(
                    f"the plan is damaged: batch {batch.number} and change {change_id} do not fit", _AGAIN
                )
            batch_of[change_id] = batch.number
    for change in plan.changes:
        if batch_of.get(change.id) != change.batch:
            raise PlanRefused(f"the plan is damaged: change {change.id} is not in batch {change.batch}", _AGAIN)
        for needed in change.depends_on:
            if batch_of.get(needed, change.batch) >= change.batch:
                raise PlanRefused(f"the plan is damaged: {change.id} does not come after {needed}", _AGAIN)


def _check_live(plan: Plan) -> None:
    for name, state in sorted(plan.directories.items()):
        if state.snapshot is not None:
            raise PlanRefused(
                f"the plan was made from a snapshot of {name} taken at {state.snapshot}, not from the live directory",
                "plan again on the live directory and review it: idcode plan --out FILE",
            )


def check_directories(plan: Plan, directories: Mapping[str, Directory]) -> None:
    """Raise :class:`PlanRefused` where a directory is not the one the plan was made for, or lags behind it."""
    for name in sorted({batch.directory for batch in plan.batches}):
        state, directory = plan.directories.get(name), directories.get(name)
        if state is None or directory is None:
            raise PlanRefused(f"the plan changes directory {name}, which the files do not have", _AGAIN)
        if not state.complete:
            raise PlanRefused(f"the plan rests on an incomplete read of {name}", _AGAIN)
        _check_fingerprint(name, state, directory.fingerprint())


def check_same_directories(approved: Plan, planned: Plan) -> None:
    """Raise :class:`PlanRefused` where ``planned`` is for another domain or tenant than the plan that was approved."""
    for name in sorted({change.directory for change in approved.changes}):
        then, now = approved.directories.get(name), planned.directories.get(name)
        if then is None or now is None or then.fingerprint != now.fingerprint:
            raise PlanRefused(f"{name} is not the directory that the approved plan was made for", _AGAIN)


def _check_fingerprint(name: str, planned: DirectoryState, now: Fingerprint) -> None:
    if now.identity != planned.fingerprint:
        raise PlanRefused(
            f"{name} is another directory than the plan was made for: {now.identity} ({now.server}), then "
            f"{planned.fingerprint}",
            f"{RESET}; {_AGAIN} --sandbox" if planned.type == "sandbox" else _AGAIN,
        )
    # USNs count per domain controller, and anew after it is restored (MS-ADTS, 3.1.1.1.9), so only the database
    # that the plan read can be known to hold what it read.
    if now.invocation_id != planned.invocation_id:
        raise PlanRefused(
            f"{name} is reached through {now.server}, the plan was made from {planned.server}",
            f"put {planned.server} first among the servers of {name}, or " + _AGAIN,
        )
    if planned.usn is not None and (now.usn is None or now.usn < planned.usn):
        raise PlanRefused(f"{now.server} has gone back to a state before the plan was made", _AGAIN)


_PIPELINES = ("CI", "TF_BUILD")
"""What is set in a pipeline: by nearly all of them, and by Azure DevOps."""
_WORKSPACES = ("GITHUB_WORKSPACE", "CI_PROJECT_DIR", "BUILD_SOURCESDIRECTORY")
"""Where GitHub, GitLab and Azure DevOps say what is thrown away with the runner."""


def check_store_survives(plan: Plan, store_path: Path | None, root: Path, environ: Mapping[str, str]) -> None:
    """Raise :class:`StoreError` where a pipeline's history would die with its runner.

    That is in a pipeline, where the plan is for a real directory, and the store is a file inside ``root`` or what it
    checked out around it. The practice directories of type ``sandbox`` may be used anywhere.
    """
    real = any(state.type != "sandbox" for state in plan.directories.values())
    if not any(environ.get(name) for name in _PIPELINES) or not real or store_path is None:
        return
    workspaces = [root, *(Path(environ[name]) for name in _WORKSPACES if environ.get(name))]
    if any(store_path.resolve().is_relative_to(folder.resolve()) for folder in workspaces):
        raise StoreError(
            f"the history would be lost with this runner: {store_path} is in the workspace",
            hint="set store: in idcode.yaml to a PostgreSQL database, or to a file outside the workspace",
        )
