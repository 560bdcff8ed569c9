"""Signs, words and colours for what a plan does."""

from __future__ import annotations

from dataclasses import dataclass

from idcode.model.plans import Op
from idcode.report.ansi import Tone


@dataclass(frozen=True, slots=True)
class Mark:
    """How an operation is shown: one ASCII sign, a verb, a tone."""

    sign: str
    verb: str
    tone: Tone


MARKS: dict[Op, Mark] = {
    "create": Mark("+", "create", "good"),
    "update": Mark("~", "update", "change"),
    "move": Mark(">", "move", "move"),
    "enable": Mark("^", "enable", "good"),
    "disable": Mark("x", "disable", "danger"),
    "delete": Mark("-", "delete", "danger"),
    "restore": Mark("r", "restore", "good"),
}
ATTENTION = "!"
"""The sign of what deserves a second look although its operation looks harmless."""
LEGEND = ", ".join(f"{mark.sign} {mark.verb}" for mark in MARKS.values()) + f", {ATTENTION} look twice"
