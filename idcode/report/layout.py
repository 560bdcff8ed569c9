"""Laying out lines in a terminal: indents, wrapping, colour. Knows nothing of plans."""

from __future__ import annotations

from idcode.report.ansi import Painter, Tone
from idcode.report.cells import width, wrap

NARROWEST = 40
"""Narrower terminals get lines of this many cells; there is no room for columns below that."""


class Page:
    """Collects lines of at most ``cells`` terminal cells.

    Every text given to it must be visible already (:func:`idcode.report.visible.visible`).
    """

    def __init__(self, cells: int, color: bool) -> None:
        self.cells = max(cells, NARROWEST)
        self._paint = Painter(color)
        self._lines: list[str] = []

    def blank(self) -> None:
        """Leave a line free, unless one is or the page is empty."""
        if self._lines and self._lines[-1]:
            self._lines.append("")

    def heading(self, text: str) -> None:
        """Start a section."""
        self.blank()
        self.write(text, "bold")

    def write(self, text: str, tone: Tone = "plain", *, indent: int = 0, hanging: int = 0) -> None:
        """Write ``text`` over as many lines as it takes; the second and later ones stand ``hanging`` further in."""
        self.labelled("", text, tone, indent=indent, column=indent, hanging=hanging)

    def labelled(
        self, label: str, text: str, tone: Tone = "plain", *, indent: int, column: int, hanging: int = 0,
        label_tone: Tone = "plain",
    ) -> None:  # fmt: skip
        """Write ``label`` at ``indent`` and ``text`` from ``column`` on; a longer label gets lines of its own."""
        lead = " " * indent + self._paint(label, label_tone)
        room = column - indent
        if label and width(label) >= room:
            for part in wrap(label, self.cells - indent):
                self._lines.append(" " * indent + self._paint(part, label_tone))
            lead, room = " " * column, 0
        first, *rest = wrap(text, self.cells - column)
        if hanging and rest:
            rest = wrap(text[len(first) :].lstrip(" "), self.cells - column - hanging)
        line = lead + " " * max(0, room - width(label)) + self._paint(first, tone)
        self._lines.append(line.rstrip(" "))
        self._lines += [" " * (column + hanging) + self._paint(part, tone) for part in rest]

    def with_aside(self, text: str, aside: str, at: int, *, indent: int, tone: Tone = "plain") -> None:
        """Write ``text`` at ``indent`` and ``aside`` dimmed from column ``at``; both must fit on the line."""
        gap = " " * (at - indent - width(text))
        self._lines.append(" " * indent + self._paint(text, tone) + gap + self._paint(aside, "dim"))

    def text(self) -> str:
        """Return the page; it ends in a newline."""
        return "\n".join(self._lines).rstrip("\n") + "\n"
