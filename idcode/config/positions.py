"""From an offset inside a scalar's value to the line and column where that character was written.

YAML folds lines, strips indentation and resolves escapes, but it never reorders or invents anything other than
spaces and line breaks. So the characters of the value that are not blank stand in the source text in the same
order, and can be paired off one by one; blanks are placed by their neighbours.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator

from idcode.config.located import LocatedStr
from idcode.model.diagnostics import Span

_BLANK = " \t\n\r"
_BREAK = re.compile(r"\r\n|\n|\r")
_ESCAPE = re.compile(r"\\(?:x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|\r\n|.)", re.DOTALL)
_BLANK_ESCAPES = frozenset("tnr \t\n\r")
_BLANK_CODES = frozenset(map(ord, _BLANK))


def locate(scalar: LocatedStr, offset: int, length: int = 1) -> Span:
    """Return where character ``offset`` of ``scalar`` stands in its file.

    An offset at (or past) the end is placed right after the last character. ``length`` counts characters of the value;
    the span is cut at the end of the line.
    """
    units = list(_written(scalar))
    solid = [index for index, character in enumerate(scalar) if character not in _BLANK]
    if len(units) != len(solid):
        return scalar.span
    start = _raw_offset(scalar, units, solid, min(max(offset, 0), len(scalar)))
    last = min(offset + max(length, 1), len(scalar)) - 1
    end = _raw_end(scalar, units, solid, last) if last >= offset else start + 1
    return _span(scalar, start, max(end, start + 1))


def _written(scalar: LocatedStr) -> Iterator[tuple[int, int]]:
    """Yield (start, end) in ``raw`` of everything that gave a character which is not blank."""
    raw, start, end = scalar.raw, 0, len(scalar.raw)
    if scalar.style in ("literal", "folded"):
        header = _BREAK.search(raw)
        start = header.end() if header else end
    elif scalar.style in ("single", "double"):
        start, end = 1, end - 1
    index = start
    while index < end:
        character = raw[index]
        if scalar.style == "single" and raw.startswith("''", index):
            yield index, index + 2
            index += 2
        elif scalar.style == "double" and character == "\\" and (escape := _ESCAPE.match(raw, index)):
            if not _gives_blank(escape[0][1:]):
                yield index, escape.end()
            index = escape.end()
        else:
            if character not in _BLANK:
                yield index, index + 1
            index += 1


def _gives_blank(escape: str) -> bool:
    if escape[0] in "xuU" and len(escape) > 1:
        return int(escape[1:], 16) in _BLANK_CODES
    return escape[0] in _BLANK_ESCAPES


def _raw_offset(scalar: LocatedStr, units: list[tuple[int, int]], solid: list[int], offset: int) -> int:
    following = bisect_left(solid, offset)
    if following < len(solid) and solid[following] == offset:
        return units[following][0]
    if following < len(solid):
        # A blank before a character: step back from it while the source has blanks there on the same line.
        distance = solid[following] - offset
        start = units[following][0] - distance
        if start >= 0 and scalar.raw[start : units[following][0]].strip(" \t") == "":
            return start
    if following == 0:
        return 0
    after = units[following - 1][1]
    return min(after + offset - solid[following - 1] - 1, len(scalar.raw)) if following == len(solid) else after


def _raw_end(scalar: LocatedStr, units: list[tuple[int, int]], solid: list[int], last: int) -> int:
    index = bisect_left(solid, last)
    if index < len(solid) and solid[index] == last:
        return units[index][1]
    return _raw_offset(scalar, units, solid, last) + 1


def _span(scalar: LocatedStr, start: int, end: int) -> Span:
    breaks = list(_BREAK.finditer(scalar.raw, 0, start))
    following = _BREAK.search(scalar.raw, start)
    if following:
        end = min(end, following.start())
    if not breaks:
        column = scalar.span.column + start
    else:
        column = start - breaks[-1].end() + 1
    return Span(scalar.span.file, scalar.span.line + len(breaks), column, max(1, end - start))
