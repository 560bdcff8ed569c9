"""Text: cutting, joining, case, blanks, diacritics.

Positions and lengths count characters (Unicode code points), from 1.
"""

from __future__ import annotations

import unicodedata

from idcode.expressions.conversions import is_empty, text
from idcode.expressions.errors import EvaluationError
from idcode.expressions.functions.registry import function
from idcode.model.values import Value


@function(
    "Append(source: text, suffix: text) -> text",
    "The source with the suffix behind it; null where the source is null.",
    example='Append("ada", ".test")',
    result="ada.test",
)
def _append(source: str | None, suffix: str | None) -> str | None:
    return None if source is None else source + (suffix or "")


@function(
    "Join(separator: text, source: any, source*: any) -> text",
    "All sources with the separator between them; lists count value by value, null and empty ones are skipped.",
    example='Join(" ", "Ada", [middleName], "Brisling")',
    result="Ada Brisling",
    dialects=("entra", "mim"),
)
def _join(separator: str | None, *sources: Value) -> str:
    parts = []
    for source in sources:
        for value in source if isinstance(source, tuple) else (source,):
            if not is_empty(value):
                parts.append(text(value, "source of Join"))
    return (separator or "").join([part for part in parts if part])


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
def _mid(source: str | None, start: int, length: int) -> str:
    if source is None:
        return ""
    if start < 1 or length < 0:
        raise EvaluationError("Mid: start counts from 1, and length is not negative")
    return source[start - 1 : start - 1 + length]


@function(
    "Len(source: text) -> integer",
    "The number of characters of a text, or of the digits of a number; 0 for null.",
    example='Len("John Doe")',
    result=8,
    dialects=("entra", "mim"),
)
def _length(source: str | None) -> int:
    return len(source or "")


@function("Trim(source: text) -> text", "The text without blanks around it.", example='Trim(" Ada ")', result="Ada")
def _trim(source: str | None) -> str | None:
    return None if source is None else source.strip()


@function("LTrim(source: text) -> text", "The text without blanks before it.", example='LTrim(" Ada ")', result="Ada ")
def _left_trim(source: str | None) -> str | None:
    return None if source is None else source.lstrip()


@function("RTrim(source: text) -> text", "The text without blanks after it.", example='RTrim(" Ada ")', result=" Ada")
def _right_trim(source: str | None) -> str | None:
    return None if source is None else source.rstrip()


@function(
    "StripSpaces(source: text) -> text",
    "The text without any spaces (U+0020).",
    example='StripSpaces("van der Berg")',
    result="vanderBerg",
)
def _strip_spaces(source: str | None) -> str | None:
    return None if source is None else source.replace(" ", "")


@function(
    "ToLower(source: text, culture?: text) -> text",
    "The text in lower case; culture tr or az treats the Turkish i.",
    example='ToLower("Ada")',
    result="ada",
)
def _to_lower(source: str | None, culture: str | None = None) -> str | None:
    if source is None:
        return None
    if _is_turkic(culture):
        source = source.replace("İ", "i").replace("I", "ı")
    return lower(source)


@function(
    "ToUpper(source: text, culture?: text) -> text",
    "The text in upper case; culture tr or az treats the Turkish i.",
    example='ToUpper("Ada")',
    result="ADA",
)
def _to_upper(source: str | None, culture: str | None = None) -> str | None:
    if source is None:
        return None
    if _is_turkic(culture):
        source = source.replace("i", "İ").replace("ı", "I")
    return upper(source)


def _is_turkic(culture: str | None) -> bool:
    return bool(culture) and str(culture).lower().split("-")[0] in ("tr", "az")


def lower(source: str) -> str:
    """Map every character to lower case on its own; one that has no single counterpart stays, as in .NET."""
    return source.lower() if source.isascii() else "".join([_single(c, c.lower()) for c in source])


def upper(source: str) -> str:
    """Map every character to upper case on its own; ``ß`` stays, as in .NET."""
    return source.upper() if source.isascii() else "".join([_single(c, c.upper()) for c in source])


def _single(character: str, mapped: str) -> str:
    return mapped if len(mapped) == 1 else character


@function(
    "PCase(source: text, separators?: text) -> text",
    "Every word with a capital and the rest in lower case; words end at blanks, punctuation and symbols, or at the "
    "given separators only.",
    example='PCase("ADA KING-BRISLING")',
    result="Ada King-Brisling",
    dialects=("entra", "mim"),
)
def _proper_case(source: str | None, separators: str | None = None) -> str | None:
    if source is None:
        return None
    out, begins = [], True
    for character in source:
        out.append(upper(character) if begins else lower(character))
        begins = character in separators if separators is not None else _separates(character)
    return "".join(out)


def _separates(character: str) -> bool:
    category = unicodedata.category(character)
    return category[0] in "ZP" or category in ("Cc", "Sm", "Sc", "So")


_REPLACED = {"æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "ø": "oe", "Ø": "OE", "ß": "ss", "ł": "l", "Ł": "L", "ı": "i"}


@function(
    "NormalizeDiacritics(source: text) -> text",
    "Latin letters without their accents: é becomes e, ø oe, ß ss; other characters stay.",
    example='NormalizeDiacritics("Zoë Ångström")',
    result="Zoe Angstrom",
)
def _normalize_diacritics(source: str | None) -> str | None:
    if source is None or source.isascii():
        return source
    out: list[str] = []
    latin = False  # whether marks follow a Latin letter; those of other scripts are part of the letter
    for character in unicodedata.normalize("NFD", source):
        if unicodedata.category(character) == "Mn":
            if not latin:
                out.append(character)
            continue
        latin = unicodedata.name(character, "").startswith("LATIN ")
        out.append(_REPLACED.get(character, character))
    return unicodedata.normalize("NFC", "".join(out))


@function(
    "InStr(source: text, find: text, start?: integer, compare?: word) -> integer",
    "The position of find in the source, searched from start; 0 if it is not there. vbTextCompare ignores case.",
    example='InStr("The quick brown fox", "quick")',
    result=5,
)
def _position(source: str | None, find: str | None, start: int | None = None, compare: str | None = None) -> int:
    if source is None or find is None:
        return 0
    if start is not None and start < 1:
        raise EvaluationError("InStr: start counts from 1")
    if compare not in (None, "vbBinaryCompare", "vbTextCompare"):
        raise EvaluationError("InStr: compare is vbBinaryCompare or vbTextCompare")
    if compare == "vbTextCompare":
        source, find = lower(source), lower(find)
    return source.find(find, (start or 1) - 1) + 1


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


@function(
    "CStr(value: any) -> text", "The text form of a value; null stays null.", example="CStr(BitAnd(15, 9))", result="9"
)
def _to_text(value: Value) -> str | None:
    return text(value, "CStr")


@function(
    "IsString(value: any) -> condition",
    "Whether the value has a text form: not for null and binary data.",
    example='IsString("")',
    result=True,
)
def _is_string(value: Value) -> bool:
    return value is not None and not any(isinstance(part, bytes) for part in _values(value))


def _values(value: Value) -> tuple[Value, ...]:
    return value if isinstance(value, tuple) else (value,)
