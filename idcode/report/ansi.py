"""Colour, and the only place that knows about it. Everything reads the same without."""

from __future__ import annotations

from typing import Literal

Tone = Literal["plain", "bold", "dim", "good", "change", "move", "danger", "warning"]

_CODES: dict[Tone, str] = {
    "bold": "1",
    "dim": "2",
    "good": "32",
    "change": "33",
    "move": "36",
    "danger": "1;31",
    "warning": "35",
}


class Painter:
    """Wraps text in ANSI SGR codes (ECMA-48, 8.3.117), or returns it as it is where colour is off."""

    def __init__(self, color: bool) -> None:
        self._color = color

    def __call__(self, text: str, tone: Tone) -> str:
        """Return ``text`` in ``tone``; ``text`` must be one line without escapes of its own."""
        code = _CODES.get(tone)
        return f"\x1b[{code}m{text}\x1b[0m" if self._color and code and text else text
