"""Text: joining, blanks, diacritics, and other values as text. Lengths count characters (Unicode code points)."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from idcode.expressions.characters import BLANKS
from idcode.expressions.conversions import check_length, text
from idcode.expressions.errors import EvaluationError
from idcode.expressions.functions.registry import ALL, function
from idcode.model.values import Value


@function(
    "Append(source: text, suffix: text) -> text",
    "The source with the suffix behind it; null where the source is null.",
    example='Append("ada", ".test")',
    result="ada.test",
)
def _append(source: str | None, suffix: str | None) -> str | None:
    return None if source is None else glued("", (source, suffix or ""), "Append")


@function(
    "Join(separator: text, source: any, source*: any) -> text",
    "All sources with the separator between them; lists count value by value, null and empty ones are skipped.",
    example='Join(" ", "Ada", [middleName], "Brisling")',
    result="Ada Brisling",
    dialects=("entra", "mim"),
)
def _join(separator: str | None, *sources: Value) -> str:
    parts: list[str] = []
    for source in sources:
        if isinstance(source, str):
            parts.append(source)
        elif source is not None:
            values = source if isinstance(source, tuple) else (source,)
            parts += [text(value, "source of Join") or "" for value in values]
    return glued(separator or "", [part for part in parts if part], "Join")


def glued(separator: str, parts: Sequence[str], use: str) -> str:
    """Return the parts with the separator between them. Raise ``EvaluationError`` where that is too long."""
    check_length(sum(map(len, parts)) + len(separator) * len(parts), use)
    return separator.join(parts)


@function(
    "Concatenate(value: text, value*: text) -> text",
    "All values one after the other; null counts as the empty text.",
    example='Concatenate([first], " ", [last])',
    inputs={"first": "Ada", "last": "Brisling"},
    result="Ada Brisling",
)
def _concatenate(*parts: str | None) -> str:
    return glued("", [part or "" for part in parts], "Concatenate")


@function(
    "Len(source: text) -> integer",
    "The number of characters of a text, or of the digits of a number; 0 for null.",
    example='Len("John Doe")',
    result=8,
)
def _length(source: str | None) -> int:
    return len(source or "")


@function(
    "Trim(source: text) -> text",
    "The text without blanks around it, also value by value.",
    example='Trim(" Ada ")',
    result="Ada",
    maps=ALL,
)
def _trim(source: str | None) -> str | None:
    return None if source is None else source.strip(BLANKS)


@function("LTrim(source: text) -> text", "The text without blanks before it.", example='LTrim(" Ada ")', result="Ada ")
def _left_trim(source: str | None) -> str | None:
    return None if source is None else source.lstrip(BLANKS)


@function("RTrim(source: text) -> text", "The text without blanks after it.", example='RTrim(" Ada ")', result=" Ada")
def _right_trim(source: str | None) -> str | None:
    return None if source is None else source.rstrip(BLANKS)


@function(
    "StripSpaces(source: text) -> text",
    "The text without any spaces (U+0020).",
    example='StripSpaces("van der Berg")',
    result="vanderBerg",
)
def _strip_spaces(source: str | None) -> str | None:
    return None if source is None else source.replace(" ", "")


_MAX_MARKS = 100
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
    _check_marks(source)
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


def _check_marks(source: str) -> None:
    # Bringing the marks of one letter into order takes time that grows with the square of their number.
    marks = 0
    for character in source:
        marks = marks + 1 if unicodedata.combining(character) else 0
        if marks > _MAX_MARKS:
            raise EvaluationError(f"NormalizeDiacritics: a letter has at most {_MAX_MARKS} marks")


@function(
    "CStr(value: scalar) -> text",
    "The text form of a value; null stays null.",
    example="CStr(BitAnd(15, 9))",
    result="9",
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
