"""What several commands share: options in text form, questions, rendering of plans."""

from __future__ import annotations

import sys
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from idcode.cli import console
from idcode.model.diagnostics import Diagnostic
from idcode.model.errors import UsageError
from idcode.model.plans import Plan

PLAN_FORMATS = ("text", "json", "markdown", "html")


def check_format(output: str, known: Sequence[str]) -> None:
    """Raise ``UsageError`` for a ``--format`` that there is not."""
    if output not in known:
        raise UsageError(f"--format {output} is not known", f"Use one of {', '.join(known)}.")


def read_allow(given: Sequence[str] | None) -> dict[str, int]:
    """Read ``GUARD=N`` options. Raises ``UsageError`` for an unknown guard or a bad number."""
    from idcode.config.models.project import GUARDS

    allowed = {}
    for text in given or ():
        name, equals, number = text.partition("=")
        if name not in GUARDS or not equals or not number.isdecimal():
            raise UsageError(
                f"--allow {text!r} is not GUARD=N", f"Such as --allow delete=12; the guards are {', '.join(GUARDS)}."
            )
        allowed[name] = int(number)
    return allowed


def confirm(question: str) -> bool:
    """Ask on the terminal; ``UsageError`` where there is none, so that nothing passes by accident."""
    if not sys.stdin.isatty():
        raise UsageError(f"there is no terminal to ask on: {question}", "Pass --yes where the answer is yes.")
    console.note(f"{question} Only 'yes' is accepted.")
    sys.stderr.write("> ")
    sys.stderr.flush()
    return sys.stdin.readline().strip() == "yes"


def render(plan: Plan, output: str, redact: Collection[str], full: bool) -> str:
    """Render a plan in one of :data:`PLAN_FORMATS`."""
    if output == "json":
        from idcode.plan.encoding import encode

        return render_document(encode(plan), redact)
    if output == "markdown":
        from idcode.report import markdown

        return markdown.render_plan(plan, redact=redact)
    if output == "html":
        from idcode.report import html

        return html.render_plan(plan, redact=redact)
    from idcode.report import text

    limit = None if full else 20
    return text.render_plan(plan, color=console.color(), width=console.width(), limit=limit, redact=redact)


def render_document(document: Mapping[str, Any], redact: Collection[str]) -> str:
    """Render a plan that is JSON already: as it is, or for reading only where values have to be hidden."""
    from idcode.plan.file import to_text
    from idcode.report.redaction import redacted
    from idcode.report.visible import visible_json

    return visible_json(to_text(redacted(document, redact) if redact else document))


def has_errors(diagnostics: Collection[Diagnostic]) -> bool:
    """Whether any diagnostic is an error."""
    return any(diagnostic.severity == "error" for diagnostic in diagnostics)
