"""What came of rule tests, as data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from idcode.model.diagnostics import Diagnostic, Span
from idcode.model.plans import Why

Status = Literal["passed", "failed", "error"]


@dataclass(frozen=True, slots=True)
class Said:
    """One side of a comparison: values as text, or a word for what is none (``null``, ``absent``, ``created`` …)."""

    values: tuple[str, ...] = ()
    word: str | None = None


@dataclass(frozen=True, slots=True)
class Mismatch:
    """One expectation that did not come true.

    ``subject`` is the address of a person or object, ``what`` the attribute or key that differs, ``at`` where the
    test says so, ``why`` where the value comes from that is there instead.
    """

    subject: str
    what: str
    at: Span
    expected: Said
    got: Said
    why: Why | None = None


@dataclass(frozen=True, slots=True)
class RuleTestResult:
    """What came of one test.

    ``problem`` says why it could not be run; ``diagnostics`` are those of the plan that may explain a mismatch.
    ``seconds`` is how long it took.
    """

    name: str
    at: Span
    mismatches: tuple[Mismatch, ...] = ()
    problem: str | None = None
    diagnostics: tuple[Diagnostic, ...] = ()
    seconds: float = 0.0

    @property
    def status(self) -> Status:
        """Passed, failed, or not run for an error."""
        return "error" if self.problem else "failed" if self.mismatches else "passed"
