"""From text to rows (RFC 4180): fields in double quotes may hold delimiters, line ends and doubled quotes.

The module ``csv`` of the standard library does the reading, in its strict mode. It is exact where it matters here:
it tells a file that ends inside quotes, and text after a closing quote, from what is whole.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from typing import NamedTuple

DELIMITERS = {";": "semicolon", ",": "comma", "\t": "tab", "|": "vertical bar"}
"""What is tried where the delimiter is not configured, in this order where there is nothing to choose between."""
_CUT = "unexpected end of data"
_LINE = re.compile(r"[^\r\n]*")


class Row(NamedTuple):
    """The fields of one row as written, and the line on which it begins."""

    line: int
    fields: tuple[str, ...]


class BadRow(NamedTuple):
    """What cannot be told apart into fields: the lines from ``line`` to ``last``, and why."""

    line: int
    last: int
    reason: str
    cut: bool


class LastLine(NamedTuple):
    """The last line that is not blank: where it begins in the text, its number, and its text without line end."""

    start: int
    line: int
    text: str


def rows(text: str, delimiter: str) -> Iterator[Row | BadRow]:
    """Yield the rows of ``text`` in order; blank lines are none. After a bad row it goes on with the next line."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield BadRow(line, reader.line_num, str(error), cut=str(error) == _CUT)
            continue
        if fields and not (len(fields) == 1 and fields[0].isspace()):
            yield Row(line, tuple(fields))


def guess_delimiter(text: str, key: str) -> str:
    """Return the delimiter under which the first row names ``key``, and of several the one that gives most columns."""

    def fitness(delimiter: str) -> tuple[bool, int]:
        first = next(rows(text, delimiter), None)
        return (key in first.fields, len(first.fields)) if isinstance(first, Row) else (False, 0)

    return max(DELIMITERS, key=fitness)


def last_line(text: str) -> LastLine | None:
    """Return the last line that is not blank, or ``None`` where all are."""
    content = text.rstrip()
    if not content:
        return None
    start = max(content.rfind("\n"), content.rfind("\r")) + 1
    match = _LINE.match(text, start)
    lines_before = text.count("\n", 0, start) + len(re.findall(r"\r(?!\n)", text[:start]))
    return LastLine(start, lines_before + 1, match[0] if match else "")
