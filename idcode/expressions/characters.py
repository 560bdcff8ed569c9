"""Blanks and letter case as .NET has them: by character, of no culture."""

from __future__ import annotations

BLANKS = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
"""White space. Python's own idea of it has four control characters more."""


def lower(source: str) -> str:
    """Map every character to lower case on its own; one that has no single counterpart stays."""
    return source.lower() if source.isascii() else "".join([_single(c, c.lower()) for c in source])


def upper(source: str) -> str:
    """Map every character to upper case on its own; ``ß`` stays, and so does the dotless ``ı``."""
    return source.upper() if source.isascii() else "".join([c if c == "ı" else _single(c, c.upper()) for c in source])


def _single(character: str, mapped: str) -> str:
    return mapped if len(mapped) == 1 else character
