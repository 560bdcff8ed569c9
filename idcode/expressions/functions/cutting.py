"""Parts of a text, and where they are.

Positions and lengths count characters (Unicode code points), from 1.
"""

from __future__ import annotations

from idcode.expressions.characters import lower
from idcode.expressions.errors import EvaluationError
from idcode.expressions.functions.registry import function


@function(
    "Left(source: text, count: integer) -> text",
    "The first characters; a negative count gives the whole text, null the empty one.",
    example='Left("John Doe", 3)',
    result="Joh",
)
def _left(source: str | None, count: int) -> str:
    if source is None:
        return ""
    return source if count < 0 else source[:count]


@function(
    "Right(source: text, count: integer) -> text",
    "The last characters; a negative count gives the whole text, null the empty one.",
    example='Right("John Doe", 3)',
    result="Doe",
)
def _right(source: str | None, count: int) -> str:
    if source is None or count == 0:
        return ""
    return source if count < 0 else source[-count:]


@function(
    "Mid(source: text, start: integer, length: integer) -> text",
    "Length characters from position start, cut at the end of the text; null gives the empty text.",
    example='Mid("John Doe", 3, 4)',
    result="hn D",
    dialects=("entra",),
)
def _middle(source: str | None, start: int, length: int) -> str:
    if source is None:
        return ""
    if start < 1 or length < 0:
        raise EvaluationError("Mid: start counts from 1, and length is not negative")
    return source[start - 1 : start - 1 + length]


@function(
    "Mid(source: text, start: integer, length?: integer) -> text",
    "Length characters from position start, or all; a negative length or a start outside gives the whole text, null "
    "the empty one.",
    example='Mid("SMTP:ada@contoso.com", 6)',
    result="ada@contoso.com",
    dialects=("connect",),
)
def _middle_of_connect(source: str | None, start: int, length: int | None = None) -> str:
    return source or "" if length is not None and length < 0 else _part(source, start, length)


@function(
    "Mid(source: text, start: integer, length: integer) -> text",
    "Length characters from position start; a start outside gives the whole text, a negative length and null the empty "
    "one.",
    example='Mid("Ada Brisling", 3, 5)',
    result="a Bri",
    dialects=("mim",),
)
def _middle_of_mim(source: str | None, start: int, length: int) -> str:
    return "" if length < 0 else _part(source, start, length)


def _part(source: str | None, start: int, length: int | None) -> str:
    if source is None or length == 0:
        return ""
    if not 1 <= start <= len(source):
        return source
    return source[start - 1 :] if length is None else source[start - 1 : start - 1 + length]


@function(
    "InStr(source: text, find: text, start?: integer, compare?: word) -> integer",
    "The position of find in the source, searched from start; 0 if it is not there. vbTextCompare ignores case.",
    example='InStr("The quick brown fox", "quick")',
    result=5,
)
def _position(source: str | None, find: str | None, start: int | None = None, compare: str | None = None) -> int:
    if start is not None and start < 1:
        raise EvaluationError("InStr: start counts from 1")
    source, find = _comparable(source, find, compare, "InStr")
    if not source or find is None:
        return 0
    return source.find(find, (start or 1) - 1) + 1


@function(
    "InStrRev(source: text, find: text, start?: integer, compare?: word) -> integer",
    "The position of the last find in the source, or of the last one that ends at start or before; 0 if there is none. "
    "vbTextCompare ignores case.",
    example='InStrRev("abbcdbbbef", "bb")',
    result=7,
)
def _last_position(source: str | None, find: str | None, start: int | None = None, compare: str | None = None) -> int:
    if start is not None and start < 1 and start != -1:
        raise EvaluationError("InStrRev: start counts from 1; -1 is the end")
    source, find = _comparable(source, find, compare, "InStrRev")
    if not source or find is None:
        return 0
    end = len(source) if start in (None, -1) else start
    if end > len(source):
        return 0
    return source.rfind(find, 0, end) + 1 if find else end


def _comparable(source: str | None, find: str | None, compare: str | None, use: str) -> tuple[str | None, str | None]:
    if compare not in (None, "vbBinaryCompare", "vbTextCompare"):
        raise EvaluationError(f"{use}: compare is vbBinaryCompare or vbTextCompare")
    if compare != "vbTextCompare" or source is None or find is None:
        return source, find
    return lower(source), lower(find)


@function(
    "Word(source: text, number: integer, delimiters: text) -> text",
    "The word with that number, where each of the delimiter characters ends a word; empty if there is none.",
    example='Word("The quick brown fox", 3, " ")',
    result="brown",
)
def _word(source: str | None, number: int, delimiters: str | None) -> str:
    if source is None or number < 1 or delimiters is None:
        return ""
    pieces = [""]
    for character in source:
        if character in delimiters:
            pieces.append("")
        else:
            pieces[-1] += character
    return pieces[number - 1] if number <= len(pieces) else ""
