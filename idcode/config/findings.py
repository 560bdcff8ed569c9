"""Collects what is wrong with a repository, each finding with its source line."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from idcode.config.text import SourceText, mask_secrets
from idcode.model.diagnostics import Diagnostic, Severity, Span


class Findings:
    """Diagnostics of one load; ``texts`` are the files read so far, by their path relative to the root."""

    def __init__(self) -> None:
        self.texts: dict[str, SourceText] = {}
        self._found: dict[Diagnostic, None] = {}

    def add(self, severity: Severity, code: str, message: str, span: Span, hint: str | None = None) -> None:
        """Add a finding; the excerpt is looked up here. One said before is not said again."""
        self.extend([Diagnostic(severity, code, message, hint, span)])

    def error(self, code: str, message: str, span: Span, hint: str | None = None) -> None:
        """Add an error."""
        self.add("error", code, message, span, hint)

    def warning(self, code: str, message: str, span: Span, hint: str | None = None) -> None:
        """Add a warning."""
        self.add("warning", code, message, span, hint)

    def extend(self, diagnostics: Iterable[Diagnostic]) -> None:
        """Add diagnostics made elsewhere."""
        for finding in diagnostics:
            text = self.texts.get(finding.span.file) if finding.span else None
            if text and finding.span and finding.excerpt is None:
                finding = replace(finding, excerpt=mask_secrets(text.line(finding.span.line)))
            self._found[finding] = None

    @property
    def failed(self) -> bool:
        """Whether there is an error among the findings."""
        return any(finding.severity == "error" for finding in self._found)

    def sorted(self) -> list[Diagnostic]:
        """Return all findings in the order of their places."""
        return sorted(self._found, key=lambda finding: finding.sort_key)
