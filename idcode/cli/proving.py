"""The proof of a plan: it is carried out on copies of what was read, and the plan after it has to be empty."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from idcode.cli.planning import Inputs, Planned, Progress, plan_from
from idcode.directories.port import Directory
from idcode.model.diagnostics import Diagnostic
from idcode.model.errors import DirectoryError
from idcode.model.plans import Plan, Verdict
from idcode.prove.rehearsal import left_over, rehearse
from idcode.sync.gather import Gathered, read_directory
from idcode.sync.queries import queries

CHEAP_OBJECTS = 300
CHEAP_CHANGES = 30
"""Up to here a proof costs less than a tenth of planning on a domain controller (benchmarks/proof.py)."""


def is_cheap(planned: Planned) -> bool:
    """Whether a plan is proved unasked: by counts and not by the clock, so that the outcome is always the same.

    A tenant is not copied, so that a plan which changes one is not proved.
    """
    if any(planned.inputs.gathered.directories[change.directory].view.flat for change in planned.plan.changes):
        return False
    objects = sum(len(reading.view.objects) for reading in planned.inputs.gathered.directories.values())
    return objects <= CHEAP_OBJECTS and len(planned.plan.changes) <= CHEAP_CHANGES


def proved(planned: Planned, progress: Progress) -> Plan:
    """Return the plan with the outcome of its proof, and what it breaks among its diagnostics.

    An empty plan needs no proof. Where what was read cannot be copied, or does not say who is an administrator, there
    is a warning and no proof.
    """
    inputs, plan = planned.inputs, planned.plan
    if not plan.changes:
        return plan
    progress("proof: changes", len(plan.changes))
    try:
        _insist_on_privileges(inputs)
        copies = _copies(inputs, {change.directory for change in plan.changes})
    except DirectoryError as error:
        warning = Diagnostic("warning", "proof-impossible", f"the plan cannot be proved: {error}", error.hint)
        return replace(plan, diagnostics=(*plan.diagnostics, warning))
    views = {name: inputs.gathered.directories[name].view for name in copies}
    findings = rehearse(plan, copies, views, inputs.repository.project.redact)
    findings = findings or left_over(plan, plan_from(_again(inputs, copies)).plan)
    verdict: Verdict = "failed" if any(finding.severity == "error" for finding in findings) else "proved"
    return replace(plan, proof=verdict, diagnostics=(*plan.diagnostics, *findings))


def _insist_on_privileges(inputs: Inputs) -> None:
    """Raise ``DirectoryError`` where a snapshot leaves out who is an administrator: unknown is not nobody (law 4)."""
    for name, reading in inputs.gathered.directories.items():
        unknown = sorted(reading.view.unread.get("group", frozenset()) & {"member", "objectSid"})
        if unknown:
            raise DirectoryError(
                f"{' and '.join(unknown)} of the groups of {name} were not read: who is an administrator is not known",
                "Take them out of redact and take a new snapshot, or prove the plan on the live directory.",
            )


def _copies(inputs: Inputs, changed: Collection[str]) -> dict[str, Directory]:
    """Return copies of the directories that the plan changes; the others stay as they were read."""
    from idcode.directories.sandbox.copying import copy_of

    return {
        name: copy_of(inputs.directories[name], reading.view, reading.fingerprint.identity)
        for name, reading in inputs.gathered.directories.items()
        if name in changed
    }


def _again(inputs: Inputs, copies: Mapping[str, Directory]) -> Inputs:
    """Return the inputs of the next plan: the same sources and moment, the copies in place of the directories."""
    wanted = queries(inputs.repository, inputs.rules)
    readings = {
        name: read_directory(inputs.repository, copy, wanted[name], lambda *_: None) for name, copy in copies.items()
    }
    # What was not read is no more known after the changes than before.
    known = {name: reading.view.unread for name, reading in inputs.gathered.directories.items()}
    readings = {
        name: replace(reading, view=replace(reading.view, unread=known[name])) for name, reading in readings.items()
    }
    both = {**inputs.gathered.directories, **readings}
    gathered = Gathered(inputs.gathered.sources, both, inputs.gathered.diagnostics)
    return replace(inputs, gathered=gathered, directories={**inputs.directories, **copies})
