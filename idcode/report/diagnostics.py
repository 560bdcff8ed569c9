"""Diagnostics as text with carets, as GitHub annotations, and as ``idcode.diagnostics/1``."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from idcode.model.diagnostics import Diagnostic, Severity, Span
from idcode.report.ansi import Painter, Tone
from idcode.report.cells import clip, width
from idcode.report.findings import count_severities
from idcode.report.visible import visible, visible_json

FORMAT = "idcode.diagnostics/1"
_TONES: dict[Severity, Tone] = {"error": "danger", "warning": "change", "info": "move"}
_COMMANDS: dict[Severity, str] = {"error": "error", "warning": "warning", "info": "notice"}
_CONTEXT = 20  # cells of an excerpt shown before the caret where the line is too long


def render_text(diagnostics: Iterable[Diagnostic], *, color: bool, width: int = 100) -> str:
    """Return all diagnostics in order of place, each with its line and a caret, and a count at the end.

    The first line of each is ``file:line:column: severity code: message``, as compilers write it, and is never
    broken; excerpts are cut to ``width`` terminal cells.
    """
    found = sorted(diagnostics, key=lambda diagnostic: diagnostic.sort_key)
    paint = Painter(color)
    lines: list[str] = []
    for diagnostic in found:
        lines += _diagnostic(diagnostic, paint, width)
    return "\n".join([*lines, paint(count_severities(found), "bold")]) + "\n"


def _diagnostic(diagnostic: Diagnostic, paint: Painter, cells: int) -> list[str]:
    place = f"{visible(str(diagnostic.span))}: " if diagnostic.span else ""
    subject = f"{visible(diagnostic.subject)}: " if diagnostic.subject else ""
    head = paint(f"{diagnostic.severity} {visible(diagnostic.code)}", _TONES[diagnostic.severity])
    lines = [f"{place}{head}: {subject}{visible(diagnostic.message)}"]
    if diagnostic.excerpt and diagnostic.span:
        lines += _excerpt(diagnostic.excerpt, diagnostic.span, paint, _TONES[diagnostic.severity], cells)
    if diagnostic.hint:
        lines.append(paint(f"  hint: {visible(diagnostic.hint)}", "dim"))
    return [*lines, ""]


def _excerpt(excerpt: str, span: Span, paint: Painter, tone: Tone, cells: int) -> list[str]:
    """Show the line and underline the span; a span that the line does not hold is left without a caret."""
    source = excerpt.split("\n", 1)[0]
    gutter = f"{span.line:>5} | "
    room = max(cells - len(gutter), 2 * _CONTEXT)
    start = span.column - 1
    if not 0 <= start <= len(source):
        return [paint(gutter, "dim") + clip(visible(source), room)]
    before, marked, after = source[:start], source[start : start + span.length], source[start + span.length :]
    lead = visible(before)
    if width(lead + visible(marked)) > room:
        while width(lead) > _CONTEXT - 1:
            lead = lead[1:]
        lead = "…" + lead
    shown = clip(lead + visible(marked) + visible(after), room)
    carets = "^" * max(1, min(width(visible(marked)), room - width(lead)))
    return [
        paint(gutter, "dim") + shown,
        paint(" " * (len(gutter) - 2) + "| ", "dim") + " " * width(lead) + paint(carets, tone),
    ]


def render_github(diagnostics: Iterable[Diagnostic]) -> str:
    """Return one workflow command a diagnostic, which GitHub shows as an annotation at the line.

    Properties and message are escaped as GitHub's toolkit does (``@actions/core``, command): nothing in a message
    can end the command or begin another one.
    """
    lines = []
    for diagnostic in sorted(diagnostics, key=lambda found: found.sort_key):
        properties = {"title": visible(diagnostic.code)}
        if diagnostic.span:
            span = diagnostic.span
            end = span.column + max(span.length, 1) - 1
            properties |= {"file": visible(span.file), "line": str(span.line), "col": str(span.column)}
            properties |= {"endColumn": str(end)}
        message = f"{diagnostic.subject}: {diagnostic.message}" if diagnostic.subject else diagnostic.message
        data = _data(visible(message))
        if diagnostic.hint:
            data += "%0A" + _data(f"hint: {visible(diagnostic.hint)}")
        listed = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
        lines.append(f"::{_COMMANDS[diagnostic.severity]} {listed}::{data}")
    return "".join(line + "\n" for line in lines)


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def to_document(diagnostics: Iterable[Diagnostic]) -> dict[str, object]:
    """Return the JSON document ``idcode.diagnostics/1``: the diagnostics in order, and counts by severity."""
    found: Sequence[Diagnostic] = sorted(diagnostics, key=lambda diagnostic: diagnostic.sort_key)
    counts = {severity: sum(1 for one in found if one.severity == severity) for severity in _TONES}
    return {"format": FORMAT, "counts": counts, "diagnostics": [diagnostic.to_json() for diagnostic in found]}


def render_json(diagnostics: Iterable[Diagnostic]) -> str:
    """Return :func:`to_document` as readable JSON, ending in a newline."""
    return visible_json(json.dumps(to_document(diagnostics), indent=2, ensure_ascii=False)) + "\n"
