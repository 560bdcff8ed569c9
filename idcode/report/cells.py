"""Measuring and breaking text in terminal cells."""

from __future__ import annotations

import re
import unicodedata

_TOKEN = re.compile(r" +|[^ ]+")


def width(text: str) -> int:
    """Return how many terminal cells ``text`` takes: wide characters two (UAX 11), combining marks none."""
    if text.isascii():
        return len(text)
    return sum(_cells(char) for char in text)


def pad(text: str, cells: int) -> str:
    """Fill ``text`` with spaces up to ``cells``; longer text stays as it is."""
    return text + " " * (cells - width(text))


def wrap(text: str, cells: int) -> list[str]:
    """Break ``text`` at spaces into lines of at most ``cells`` (two or more); longer words are cut.

    Spaces where a line is broken are dropped; there is always at least one line.
    """
    lines, line, used = [], "", 0
    for token in _TOKEN.findall(text):
        size = width(token)
        if used + size > cells and line:
            lines.append(line.rstrip(" "))
            line, used = "", 0
            if token[0] == " ":
                continue
        while size > cells:
            head = _head(token, cells)
            lines.append(head)
            token = token[len(head) :]
            size = width(token)
        line, used = line + token, used + size
    return [*lines, line.rstrip(" ")] if line.strip(" ") or not lines else lines


def clip(text: str, cells: int) -> str:
    """Return ``text``, or as much of it as fits in ``cells`` with an ellipsis at the end."""
    return text if width(text) <= cells else _head(text, cells - 1) + "…"


def _head(text: str, cells: int) -> str:
    """Return the longest beginning of ``text`` of at most ``cells``, one character at least."""
    used = 0
    for index, char in enumerate(text):
        used += _cells(char)
        if used > cells and index:
            return text[:index]
    return text


def _cells(char: str) -> int:
    if unicodedata.category(char) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in ("W", "F") else 1
