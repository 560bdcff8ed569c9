"""``apply --approved``: what an approved plan has to be, and what it allows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from idcode.apply.checks import check_same_directories, check_usable
from idcode.cli import wiring
from idcode.cli.commands.applying import check_fits
from idcode.cli.signing import trusted_keys
from idcode.config.project import Repository
from idcode.model.errors import PlanRefused, UsageError
from idcode.model.plans import Plan
from idcode.plan.approval import Approval
from idcode.plan.file import plan_in, read_document


@dataclass(frozen=True, slots=True)
class Approved:
    """An approved plan, and what of it a plan of now may do."""

    plan: Plan
    approval: Approval

    def insist_on_its_directories(self, planned: Plan) -> None:
        """Raise ``PlanRefused`` where ``planned`` is for other domains or tenants than the approved plan."""
        check_same_directories(self.plan, planned)


def check_alone(plan_file: Path | None, as_of: str | None, only: tuple[str, ...]) -> None:
    """Raise ``UsageError`` for what cannot stand beside ``--approved``, which says itself what is planned."""
    if plan_file is not None:
        raise UsageError(
            "--approved plans anew, and a plan file is applied as it is: give one of them",
            "To apply the file itself: idcode apply PLAN",
        )
    if as_of or only:
        raise UsageError(
            "--as-of and --only do not go with --approved: what was approved decides what is applied",
            "Leave them out; to narrow the plan, pass them to idcode plan and have that approved.",
        )


def read_approved(path: Path, repository: Repository) -> Approved:
    """Read an approved plan. Raises ``PlanRefused`` where ``apply`` would not take it either, guards aside.

    Those count what is left of it. A rollback cannot be planned anew from the files, and approves nothing.
    """
    document = read_document(path, strict=True)
    plan = plan_in(document, path, strict=True, keys=trusted_keys(repository))
    if plan.kind == "rollback":
        raise PlanRefused(
            f"{path} is a rollback, which is not planned anew from the files", f"apply it as it is: idcode apply {path}"
        )
    check_fits(plan, repository)
    store = wiring.build_store(wiring.with_store(repository))
    try:
        check_usable(plan, store, repository.digest, datetime.now(UTC))
    finally:
        store.close()
    return Approved(plan, Approval(plan.plan_id, document["digest"], plan.changes))
