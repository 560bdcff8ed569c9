"""What a read finds out on its way to the proof: diagnostics, unreadable keys, and whether it is still complete."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from idcode.model.diagnostics import Diagnostic, Severity, Span
from idcode.model.records import Proof

LISTED = 100
"""How many findings of one code are listed; a file that is wrong in every line is one problem, not 100,000."""

UNTIL_THEN = (
    "Until then nobody is created from this source, nobody counts as missing, and what it gives stays as it is."
)


def counted(number: int, noun: str) -> str:
    """Return ``1 row`` or ``3 rows``."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


class Findings:
    """Collects what is wrong with one read of ``file`` (its path relative to the project, with ``/``)."""

    def __init__(self, source: str, file: str) -> None:
        self.source = source
        self.file = file
        self.complete = True
        self.unreadable: set[str] = set()
        self._diagnostics: list[Diagnostic] = []
        self._counts: Counter[tuple[Severity, str]] = Counter()

    def say(
        self, severity: Severity, code: str, message: str, hint: str | None, line: int = 1, column: int = 1
    ) -> None:
        """Add a finding that changes nothing about the read."""
        self.add(Diagnostic(severity, code, message, hint, Span(self.file, line, column), self.source))

    def add(self, diagnostic: Diagnostic) -> None:
        """Add a finding made elsewhere."""
        kind = (diagnostic.severity, diagnostic.code)
        self._counts[kind] += 1
        if self._counts[kind] <= LISTED:
            self._diagnostics.append(diagnostic)

    def incomplete(self, code: str, message: str, hint: str, line: int = 1, column: int = 1) -> None:
        """Add an error because of which someone may be missing without being gone."""
        self.complete = False
        self.say("error", code, message, f"{hint} {UNTIL_THEN}", line, column)

    def freeze(self, keys: Iterable[str], code: str, message: str, hint: str, line: int = 1) -> None:
        """Add an error about single records; nothing is changed for ``keys`` on the strength of this read."""
        self.unreadable.update(keys)
        self.say("error", code, message, hint, line)

    def proof(self, kind: str, count: int, digest: str | None = None) -> Proof:
        """Return the proof that ends the read."""
        for (severity, code), found in self._counts.items():
            if found > LISTED:
                message = f"{found - LISTED} more findings of the kind {code} in {self.file} are not listed"
                hint = f"The first {LISTED} are; all of them have the same effect."
                self._diagnostics.append(
                    Diagnostic(severity, "source-more-findings", message, hint, Span(self.file), self.source)
                )
        return Proof(self.complete, kind, count, digest, tuple(self._diagnostics), frozenset(self.unreadable))
