"""YAML nodes that know where they stand.

The loader builds them, the models keep the spans they need, and nothing else ever re-reads a file to find a
position. Every scalar stays the text that was written; null is the only other scalar.
"""

from __future__ import annotations

from typing import Any, Literal

from idcode.model.diagnostics import Span

ScalarStyle = Literal["plain", "single", "double", "literal", "folded"]


class LocatedStr(str):
    """A scalar as written (quotes and folding resolved).

    ``span`` is where its first character (or opening quote) stands, ``style`` how it was quoted, ``raw`` the source
    text from there, for mapping an offset in the value to a line and column (see ``positions.py``).
    """

    __slots__ = ("raw", "span", "style")
    span: Span
    style: ScalarStyle
    raw: str

    @classmethod
    def make(cls, text: str, span: Span, style: ScalarStyle, raw: str) -> LocatedStr:
        """Attach a place to a text."""
        self = cls(text)
        self.span, self.style, self.raw = span, style, raw
        return self


class LocatedList(list[Any]):
    """A sequence; ``span`` is its first line and column."""

    __slots__ = ("span",)
    span: Span


class LocatedDict(dict[str, Any]):
    """A mapping; ``span`` is its first key (or brace), ``keys_at`` where each key stands."""

    __slots__ = ("keys_at", "span")
    span: Span
    keys_at: dict[str, Span]
