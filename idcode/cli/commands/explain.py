"""``idcode explain``."""

from __future__ import annotations

from pathlib import Path

from idcode.cli import console, wiring
from idcode.cli.planning import make_plan
from idcode.report.explain import render_explanation
from idcode.sync.explanation import explain, named


def run(directory: Path | None, address: str, attribute: str | None, as_of: str | None, sandbox: bool) -> int:
    """Compute the plan without showing it, and tell where the values of one address come from."""
    repository, warnings = wiring.load(directory, check_columns=True, sandbox=sandbox)
    progress = console.Progress()
    planned = make_plan(repository, warnings, as_of=as_of, progress=progress)
    planned.close()
    progress.clear()
    explanation = explain(planned.context, planned.explainer, address, attribute)
    console.say(
        render_explanation(
            explanation,
            color=console.color(),
            width=console.width(),
            references={**planned.plan.references, **named(planned.context, explanation)},
            redact=repository.project.redact,
        )
    )
    return 0
