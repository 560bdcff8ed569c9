"""Diagnostics: findings about files, records and people, collected rather than raised one by one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning", "info"]


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A place in a file of the repository.

    ``file`` is relative to the project's root with ``/``; ``line`` and ``column`` count from 1, columns in
    characters (Unicode code points); ``length`` is the number of characters to underline.
    """

    file: str
    line: int = 1
    column: int = 1
    length: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding: what and why (``message``), what to do (``hint``), where (``span``), about whom (``subject``).

    ``code`` is a stable kebab-case name that ``docs/diagnostics.md`` explains. ``subject`` is an address, or
    the name of a source or directory. ``excerpt`` is the source line (or the expression) that ``span`` points
    into, for the caret line of the text format.
    """

    severity: Severity
    code: str
    message: str
    hint: str | None = None
    span: Span | None = None
    subject: str | None = None
    excerpt: str | None = None

    @property
    def sort_key(self) -> tuple[str, int, int, str, str, str]:
        """Order in which findings are shown: by place, then subject, then code."""
        span = self.span or Span("", 0, 0)
        return (span.file, span.line, span.column, self.subject or "", self.code, self.message)

    def to_json(self) -> dict[str, object]:
        """Return the object of ``idcode.diagnostics/1`` and of a plan's ``diagnostics``."""
        return {
            "severity": self.severity,
            "code": self.code,
            "message": self.message,
            "hint": self.hint,
            "file": self.span.file if self.span else None,
            "line": self.span.line if self.span else None,
            "column": self.span.column if self.span else None,
            "subject": self.subject,
        }
